"""`make laws`: many random sequences of moves, and a table of what was tried."""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import CLOSED_LOOP
from demandflow.testing import Tally, as_state_machine

STEPS = 40
WEIGHTS = {
    **{"accept": 12, "contract_out": 12, "take_on": 12, "report": 8, "feed_back": 12, "evaluate": 6, "recall": 2},
    **{"hand_back": 2, "ask_extension": 8, "extend": 24, "suspend": 8, "resume": 12, "miss_callback": 8},
    **{"end_notice": 12, "unmerge": 12, "reopen": 8, "appeal": 16, "no_answer": 12, "ask_details": 3},
    **{"refuse": 2, "withdraw": 1, "merge": 3},
}


def play(sequences: int, *, derandomize: bool = False) -> Tally:
    """Play so many sequences of the closed loop; every law is checked after every step."""
    tally = Tally()
    machine = as_state_machine(CLOSED_LOOP, tally=tally, weights=WEIGHTS)
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
    return 0 if min(accepted, refused) >= sequences // 100 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
