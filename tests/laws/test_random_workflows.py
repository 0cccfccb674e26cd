"""Random valid workflows keep all laws; those with a planted defect are refused, and the defect is named."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demandflow import InvalidWorkflow, Workflow
from demandflow.testing import LAWS, Checked
from demandflow.testing.checking import Broken, hold_by_lot, report
from demandflow.testing.drawing.drawing import LOT, STEPS
from demandflow.workflow_files import STANDARD_VOCABULARY, dumps, loads
from tests.laws.planting import DEFECTS, Defective, defective_workflows
from tests.laws.workflows import (
    Filed,
    Inspected,
    Weighed,
    it_is_heavy,
    it_is_heavy_again,
    it_is_resolved,
    nothing_weighs_less_than_nothing,
    workflows,
)
from tests.profiles import examples

pytestmark = pytest.mark.long

KIT = STANDARD_VOCABULARY.with_(
    facts=[Filed, Inspected, Weighed],
    rules=[nothing_weighs_less_than_nothing],
    conditions=[it_is_heavy, it_is_heavy_again, it_is_resolved],
)


def many(number: int) -> settings:
    return settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def play_valid(number: int) -> Checked:
    """So many random valid workflows, a random history on each, all laws held against it."""
    done: Any = Checked(None)  # type: ignore[arg-type]

    @many(number)
    @given(workflows(), LOT)
    def all_laws_hold(workflow: Workflow, lot: int) -> None:
        hold_by_lot(lot, workflow, {}, STEPS, LAWS, done)

    try:
        all_laws_hold()
    except Broken as broken:
        raise report(broken) from None
    return done  # type: ignore[no-any-return]


def build_defective(number: int) -> dict[str, int]:
    """So many workflows with a planted defect, all refused naming it; how many of each kind."""
    kinds: dict[str, int] = {}

    @many(number)
    @given(defective_workflows())
    def the_defect_is_named(defective: Defective) -> None:
        check_named(defective)
        kinds[defective.kind] = kinds.get(defective.kind, 0) + 1

    the_defect_is_named()
    return kinds


def check_named(defective: Defective) -> None:
    try:
        defective.build()
    except InvalidWorkflow as refused:
        named = [defect for defect in refused.defects if defective.is_named_by(defect)]
        assert named, f"{defective.kind} of {defective.names} is not named:\n{refused}"
        assert all(defect.says and defect.remedy for defect in refused.defects)
    else:
        raise AssertionError(f"{defective.kind} of {defective.names} goes unnoticed")


def test_random_valid_workflows_keep_all_laws() -> None:
    done = play_valid(examples(40))
    assert done.histories >= examples(40)


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_planted_defect_is_named(kind: str) -> None:
    @many(examples(40))
    @given(defective_workflows(kind))
    def named(defective: Defective) -> None:
        check_named(defective)

    named()


@given(defective_workflows("no-owner"), st.data())
@many(examples(30))
def test_two_defects_are_told_at_once(defective: Defective, data: st.DataObject) -> None:
    second = data.draw(st.sampled_from(("nobody", "word:means", "silent", "fact:prefix", "order:late")))
    draw: Any = data.draw
    names = DEFECTS[second](draw, defective.parts)
    with pytest.raises(InvalidWorkflow) as refused:
        defective.build()
    other = Defective(second.partition(":")[0], names, defective.parts)
    for planted in (defective, other):
        assert any(planted.is_named_by(defect) for defect in refused.value.defects)


@given(workflows())
@many(examples(40))
def test_valid_workflows_are_built_without_advice(workflow: Workflow) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = Workflow(workflow.name, 9, workflow.states, workflow.moves, workflow.tells_nobody, workflow.clocks)
    assert again.advice == ()


@given(workflows(), st.sampled_from(("toml", "json")))
@many(examples(60))
def test_what_is_written_to_a_file_is_read_back_equal(workflow: Workflow, form: str) -> None:
    assert loads(dumps(workflow, form, KIT), form, KIT) == workflow
