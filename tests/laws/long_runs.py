"""`make laws`: many random sequences of the closed loop, random workflows, defective ones, and killed runs."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import CLOSED_LOOP, Event
from demandflow.testing import Played, Tally, as_state_machine
from tests.laws.test_random_workflows import build_defective, play_valid
from tests.unit.policies.test_running import kill_and_start_again

STEPS = 40
WORKFLOWS = KILLS = 1_000


def no_contracting_without_audit(played: Played) -> None:
    """Nobody reaches contracting without an audit."""
    for demand in played.demands:
        audited = False
        event: Event
        for event in played.recorded(demand):
            means = event.stamp.means or ()
            audited |= "accepted" in means
            assert audited or "contracted_out" not in means, "contracted out without an audit"


def play(sequences: int, *, number: int | None = None, tally: Tally | None = None) -> Tally:
    """Play so many sequences of the closed loop (the same for the same number), laws checked after every step."""
    tally = Tally() if tally is None else tally
    machine = as_state_machine(CLOSED_LOOP, tally=tally, also=[no_contracting_without_audit])
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=False,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine if number is None else seed(number)(machine), settings=chosen)
    return tally


def since(began: float) -> int:
    return round(time.perf_counter() - began)


def main(sequences: int) -> int:
    began = time.perf_counter()
    tally = play(sequences)
    print(tally.table(CLOSED_LOOP))
    accepted, refused = tally.least(CLOSED_LOOP)
    print(f"{sequences} sequences of up to {STEPS} steps in {since(began)} s; no law was broken")
    print(f"the rarest move was accepted {accepted} and refused {refused} times")
    began = time.perf_counter()
    done = play_valid(WORKFLOWS)
    print(f"{done.histories} random valid workflows, {done.steps} steps, {since(began)} s; no law was broken")
    for name, seconds in done.seconds.items():
        print(f"{seconds * 1000 / done.histories:>8.2f} ms a history: {name}")
    began = time.perf_counter()
    kinds = build_defective(WORKFLOWS)
    print(f"{sum(kinds.values())} workflows with a planted defect, all named, {since(began)} s: {kinds}")
    began = time.perf_counter()
    with TemporaryDirectory() as folder:
        kill_and_start_again(KILLS, None)
        kill_and_start_again(KILLS, Path(folder))
    print(
        f"{KILLS} runs of the policies killed and begun again in memory, {KILLS} on SQLite, {since(began)} s: same logs"
    )
    return 0 if min(accepted, refused) >= sequences // 1000 and done.histories >= WORKFLOWS else 1
