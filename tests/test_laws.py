"""The laws, played by the testing kit: `make laws` plays twenty times as many."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import (
    CLOSED_LOOP,
    Demand,
    DemandFlow,
    Proposal,
    Stamp,
    Workflow,
    closed_loop,
)
from demandflow.domain.admission import admit
from demandflow.testing import Tally, as_state_machine, shadow
from tests.laws import WEIGHTS, play
from tests.stories import PLAIN

FEW: Any = settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))


def test_no_law_is_broken_in_500_random_sequences() -> None:
    tally = play(500, derandomize=True)
    print(tally.table(CLOSED_LOOP))
    accepted, refused = tally.least(CLOSED_LOOP)
    assert accepted > 0, "every move was accepted"
    assert refused > 0, "every move was refused"


@pytest.mark.parametrize("workflow", [PLAIN, closed_loop("strict-loop", bound=1, missed_callbacks=1)])
def test_the_laws_hold_for_other_workflows(workflow: Workflow) -> None:
    tally = Tally()
    run_state_machine_as_test(as_state_machine(workflow, tally=tally, weights=WEIGHTS), settings=FEW)
    assert sum(tally.accepted.values()) >= FEW.max_examples


def test_the_laws_hold_in_a_file(tmp_path: Path) -> None:
    opened: list[int] = []

    def in_a_new_file(_: str, **how: Any) -> DemandFlow:
        opened.append(1)
        return DemandFlow.open(f"sqlite:///{tmp_path / f'{len(opened)}.db'}", **how)

    run_state_machine_as_test(as_state_machine(open=in_a_new_file, weights=WEIGHTS), settings=FEW)
    assert opened


def without_rules(workflow: Workflow, demand: Demand, proposal: Proposal[Any]) -> Stamp:
    moves = [replace(move, rules=()) for move in workflow.moves]
    return admit(Workflow(workflow.name, workflow.version, workflow.states, moves), demand, proposal)


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("demandflow.recording.evolve", lambda demand, event: demand),
        ("demandflow.recording.admit", without_rules),
        ("demandflow.projections.projector.booked", lambda *_: {}),
        ("demandflow.projections.projector.booked_by_correction", lambda *_: {}),
        ("demandflow.domain.demand.LAPSED", {}),
        ("demandflow.domain.demand._apply_correction", lambda *_: None),
        ("demandflow.projections.ledger.write", lambda *_: None),
    ],
)
def test_a_fault_in_the_engine_breaks_a_law(monkeypatch: pytest.MonkeyPatch, where: str, fault: Any) -> None:
    monkeypatch.setattr(where, fault)
    machine = as_state_machine(weights={**WEIGHTS, "correct": 6})
    few = settings(FEW, max_examples=200, phases=[Phase.generate], derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=few)


def test_the_shadow_does_not_ask_what_it_checks() -> None:
    source = inspect.getsource(shadow)
    assert "row_for" not in source
    assert "admit" not in source
