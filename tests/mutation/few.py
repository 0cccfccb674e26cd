"""The kit with few examples, for where it is run thousands of times, by `make mutants`."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from demandflow import Workflow
from demandflow.domain.standard.closed_loop import closed_loop
from demandflow.testing import check
from demandflow.workflow_files import load
from tests.laws.planting import DEFECTS, Defective, defective_workflows
from tests.laws.test_random_workflows import check_named
from tests.laws.workflows import workflows
from tests.paths import ROOT
from tests.small_workflow import desk, yard

few = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)


@pytest.mark.parametrize("built", [closed_loop, yard, desk])
def test_the_laws_hold(built: Callable[[], Workflow]) -> None:
    check(built(), max_examples=12)


def test_the_closed_loop_is_the_one_in_the_file() -> None:
    assert closed_loop() == load(ROOT / "docs" / "closed-loop.toml")


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_planted_defect_is_named(kind: str) -> None:
    @few
    @given(defective_workflows(kind))
    def named(defective: Defective) -> None:
        check_named(defective)

    named()


@given(workflows())
@few
def test_valid_workflows_are_built_without_advice(workflow: Workflow) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = Workflow(
            workflow.name, workflow.version, workflow.states, workflow.moves, workflow.tells_nobody, workflow.clocks
        )
    assert again == workflow
    assert again.advice == ()
