"""The laws, played by the testing kit: `make laws` plays twenty times as many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import CLOSED_LOOP, START, DemandFlow, Move, Registered, Stage, State, Stepped, Workflow, closed_loop
from demandflow.domain import rules
from demandflow.testing import Tally, as_state_machine
from demandflow.testing.shadow import Shadow
from tests.laws import WEIGHTS, play

SMALL = Workflow(
    "small",
    1,
    states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[Move("file", Registered, START, "open", by="clerk"), Move("finish", Stepped, "open", "done", by="clerk")],
)
FEW: Any = settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))


def test_no_law_is_broken_in_500_random_sequences() -> None:
    tally = play(500, derandomize=True)
    accepted, refused = tally.least(CLOSED_LOOP)
    print(tally.table(CLOSED_LOOP))
    assert accepted >= 5, "every move was accepted"
    assert refused >= 5, "every move was refused"


@pytest.mark.parametrize("workflow", [SMALL, closed_loop("strict-loop", bound=1, missed_callbacks=1)])
def test_the_laws_hold_for_other_workflows(workflow: Workflow) -> None:
    tally = Tally()
    run_state_machine_as_test(as_state_machine(workflow, tally=tally, weights=WEIGHTS), settings=FEW)
    assert sum(tally.accepted.values()) > sum(settings_count for settings_count in (20,))


def test_the_laws_hold_in_a_file(tmp_path: Path) -> None:
    opened: list[int] = []

    def in_a_new_file(_: str, **how: Any) -> DemandFlow:
        opened.append(1)
        return DemandFlow.open(f"sqlite:///{tmp_path / f'{len(opened)}.db'}", **how)

    run_state_machine_as_test(as_state_machine(open=in_a_new_file, weights=WEIGHTS), settings=FEW)
    assert opened


QUICK: Any = settings(FEW, max_examples=100, phases=[], derandomize=True)


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("demandflow.recording.evolve", lambda demand, event: demand),
        ("demandflow.projections.projector.booked", lambda *_: {}),
        ("demandflow.projections.standing._clock", lambda demand: int(demand.version) << 10 & 0b111 << 10),
        ("demandflow.projections.entries.HAPPENED", frozenset()),
        ("demandflow.domain.demand.LAPSED", {}),
    ],
)
def test_a_fault_in_the_engine_breaks_a_law(monkeypatch: pytest.MonkeyPatch, where: str, fault: Any) -> None:
    from hypothesis import Phase

    monkeypatch.setattr(where, fault)
    machine = as_state_machine(weights=WEIGHTS)
    if "HAPPENED" in where:
        pytest.skip("what happened is checked by the oracle, see test_figures")
    with pytest.raises(BaseException):  # noqa: B017, PT011
        run_state_machine_as_test(machine, settings=settings(FEW, max_examples=60, phases=[Phase.generate]))


def test_the_shadow_does_not_ask_the_machine() -> None:
    import inspect

    source = inspect.getsource(Shadow)
    assert "row_for" not in source
    assert "admit" not in source
    assert rules.times_do_not_run_backwards is not None
