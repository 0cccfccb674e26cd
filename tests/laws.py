"""`make laws`: many random sequences of moves, and a table of what was tried."""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import CLOSED_LOOP, Event
from demandflow.testing import Played, Tally, as_state_machine

STEPS = 40


def no_contracting_without_audit(played: Played) -> None:
    """Nobody reaches contracting without an audit."""
    for demand in played.demands:
        audited = False
        event: Event
        for event in played.recorded(demand):
            means = event.stamp.means or ()
            audited |= "accepted" in means
            assert audited or "contracted_out" not in means, "contracted out without an audit"


def play(sequences: int, *, derandomize: bool = False) -> Tally:
    """Play so many sequences of the closed loop; every law is checked after every step."""
    tally = Tally()
    machine = as_state_machine(CLOSED_LOOP, tally=tally, also=[no_contracting_without_audit])
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=derandomize,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
    return tally


def main(sequences: int) -> int:
    began = time.perf_counter()
    tally = play(sequences)
    print(tally.table(CLOSED_LOOP))
    accepted, refused = tally.least(CLOSED_LOOP)
    print(f"{sequences} sequences of up to {STEPS} steps in {time.perf_counter() - began:.0f} s; no law was broken")
    print(f"the rarest move was accepted {accepted} and refused {refused} times")
    return 0 if min(accepted, refused) >= sequences // 500 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
