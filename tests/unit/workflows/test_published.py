"""The standard workflow is published in versions: none is ever edited, and all of them open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from demandflow import (
    CLOSED_LOOP,
    CLOSED_LOOP_1,
    DemandFlow,
    InvalidValue,
    RuleBroken,
    Workflow,
    closed_loop,
    closed_loop_1,
    rules,
)
from demandflow.analysis.comparison import diff
from demandflow.domain.standard.closed_loop import SEPARATIONS
from demandflow.facts import CallbackMissed
from demandflow.testing import FrozenClock
from demandflow.workflow_files import dumps
from tests.stories import AUDITOR, CLERK, DISPATCHER, SUPERVISOR, TEAM, Story
from tests.unit.recording.test_recording import PLACED
from tests.unit.rules.rule_book import check_scene
from tests.unit.rules.scenes import SCENES, Scene

FIRST = Path(__file__).parent / "closed-loop-1.toml"
LATER = ("withdraw_by_phone",)
"""Steps that the first version does not know."""


def test_the_first_version_is_what_was_published() -> None:
    assert dumps(CLOSED_LOOP_1) == FIRST.read_text(encoding="utf-8")


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.step not in LATER], ids=str)
def test_what_led_somewhere_in_the_first_version_still_leads_there(scene: Scene) -> None:
    check_scene(scene, CLOSED_LOOP_1)


def test_new_demands_start_on_the_newest_version_and_those_on_the_first_go_on(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow:
        assert list(flow.workflows) == ["closed-loop@2", "closed-loop@1"]
        old = flow.register("dark", **PLACED, workflow="closed-loop@1").id
        new = flow.register("dark", **PLACED)
        assert new.workflow == "closed-loop@2"
        for demand in (old, new.id):
            flow.accept(demand, by=AUDITOR)
            flow.contract_out(demand, "repair team", by=DISPATCHER)
            flow.take_on(demand, by=TEAM)
        assert flow.demand(old).workflow == "closed-loop@1"
        assert flow.figures_by("workflow").keys() == {"closed-loop@1", "closed-loop@2"}


@pytest.mark.parametrize("state", [state.name for state in CLOSED_LOOP_1.states if state.ended_as is None])
def test_a_running_demand_moves_over_to_the_newest_version_from_wherever_it_stands(
    state: str, clock: FrozenClock
) -> None:
    again = "contract_out take_on report feed_back evaluate_unresolved "
    steps = {
        "registered": "",
        "details_asked": "ask_details",
        "accepted": "accept",
        "contracted_out": "accept contract_out",
        "handed_back": "accept contract_out hand_back",
        "in_hand": "accept contract_out take_on",
        "suspended": "accept contract_out take_on suspend",
        "reported": "answer",
        "fed_back": "answer feed_back",
        "taken_over": f"accept {again * 3}",
    }[state]
    story = Story(CLOSED_LOOP_1).tell(f"register {steps}")
    clock.now = story.now
    with DemandFlow.open("memory:", clock=clock) as flow:
        flow._log.append(story.events)
        moved = flow.migrate(story.demand.id, "closed-loop@2", by=SUPERVISOR)
        assert (moved.workflow, moved.state) == ("closed-loop@2", state)


def test_the_key_of_the_first_version_is_not_given_to_other_rules() -> None:
    with pytest.raises(InvalidValue, match=r"closed-loop@1 was published with other rules; take CLOSED_LOOP_1"):
        closed_loop("closed-loop", 1)
    assert closed_loop("our-loop", 1).key == "our-loop@1"


def test_a_communitys_own_numbers_of_the_first_version_go_on_under_their_own_name() -> None:
    ours = closed_loop_1("our-loop", bound=2, callback_hours=12)
    assert ours.key == "our-loop@1"
    assert not diff(CLOSED_LOOP_1, closed_loop_1("our-loop"))
    with pytest.raises(InvalidValue, match="callback_hours"):
        closed_loop_1(callback_hours=0)


def test_every_rule_of_the_first_version_is_in_the_newest() -> None:
    def names(workflow: Workflow) -> set[str]:
        return {rule.__name__ for move in workflow.moves for rule in move.rules}

    assert names(CLOSED_LOOP_1) < names(CLOSED_LOOP)


# taking rules out


@pytest.mark.parametrize("rule", [*SEPARATIONS, rules.callbacks_are_spread], ids=lambda rule: rule.__name__)
def test_a_community_may_take_a_rule_out_wherever_it_stands(rule: Any) -> None:
    ours = closed_loop("ours", without=[rule])
    taken_out = {rule.__name__}
    for move, usual in zip(ours.moves, CLOSED_LOOP.moves, strict=True):
        assert [one for one in usual.rules if one.__name__ not in taken_out] == list(move.rules)
    assert ours.moves != CLOSED_LOOP.moves


@pytest.mark.parametrize("wrong", [(rules.the_bound_is_reached,), (sorted,), ("nobody",), 3])
def test_only_rules_of_the_closed_loop_can_be_taken_out_of_it(wrong: Any) -> None:
    with pytest.raises(InvalidValue, match="without"):
        closed_loop("ours", without=wrong)


def test_callbacks_are_a_day_apart_unless_a_community_says_otherwise(clock: FrozenClock) -> None:
    at_once = closed_loop("at-once", callback_hours=None)
    with DemandFlow.open("memory:", workflows=[CLOSED_LOOP, at_once], clock=clock) as flow:
        for workflow, missed in (("closed-loop@2", 1), ("at-once@2", 2)):
            demand = flow.register("dark", **PLACED, workflow=workflow).id
            flow.accept(demand, by=AUDITOR)
            flow.contract_out(demand, "repair team", by=DISPATCHER)
            flow.take_on(demand, by=TEAM)
            flow.report(demand, "new lamp", by=TEAM)
            flow.feed_back(demand, "call", by=CLERK)
            for _ in range(2):
                try:
                    flow.act(demand, "miss_callback", CallbackMissed(), by=CLERK)
                except RuleBroken as refusal:
                    assert refusal.rules == ("callbacks_are_spread",)
            assert flow.demand(demand).missed_callbacks == missed
