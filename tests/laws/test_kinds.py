"""The laws for streams of other kinds: those of the tests, those of the kit, and what is wrong with an engine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import Workflow
from demandflow.testing import (
    Tally,
    as_state_machine,
    as_test_case,
    check,
)
from demandflow.testing.beside import TREES
from tests.laws.kinds import COURSES
from tests.profiles import SHARE, examples
from tests.unit.recording.test_kinds import BENCHES
from tests.unit.recording.test_kinds import TREES as TREES_OF_TESTS

SOME = 8 if SHARE == 1 else 3
FEW: Any = settings(max_examples=SOME, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("workflow", [COURSES, TREES, TREES_OF_TESTS, BENCHES], ids=str)
def test_the_laws_hold_for_other_kinds(workflow: Workflow) -> None:
    done = check(workflow, max_examples=examples(30))
    assert all(done.tally.accepted[move.name] for move in workflow.moves), done
    assert done.advice == ()


TestCourses = as_test_case(COURSES, max_examples=SOME)


def test_a_state_machine_plays_another_kind() -> None:
    tally = Tally()
    run_state_machine_as_test(as_state_machine(COURSES, tally=tally), settings=FEW)
    assert sum(tally.accepted.values()) >= FEW.max_examples
