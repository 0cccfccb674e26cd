"""The standard workflow is published in versions: none is ever edited, and all of them open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
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
    rules,
)
from demandflow.domain.standard.duties import SEPARATIONS
from demandflow.domain.versions.declared import declared
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import UnknownWorkflow, WorkflowChanged
from demandflow.facts import CallbackMissed
from demandflow.testing import FrozenClock
from demandflow.workflow_files import dumps, loads
from tests.stories import AUDITOR, CLERK, DISPATCHER, SUPERVISOR, TEAM, Story
from tests.unit.recording.test_recording import PLACED
from tests.unit.rules.rule_book import check_scene
from tests.unit.rules.scenes import SCENES, Scene

DECLARED = "e77f204ad47c140e329815855654cd214f85a5262d2ba080c9469cea53e62777"
"""The hash of what the first version declares: logs hold that text, so that it never changes."""
LATER = ("withdraw_by_phone",)
"""Steps that the first version does not know."""


def test_the_first_version_is_what_was_published() -> None:
    assert sha256(declared(CLOSED_LOOP_1).encode()).hexdigest() == DECLARED


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
    text = dumps(CLOSED_LOOP_1).replace('"closed-loop"', '"our-loop"').replace("rounds = 3", "rounds = 2")
    ours = loads(text)
    assert ours.key == "our-loop@1"
    changed = [move.name for move, usual in zip(ours.moves, CLOSED_LOOP_1.moves, strict=True) if move != usual]
    assert changed == ["evaluate"]


def said_by_a_process_that(opens: str) -> list[str]:
    """Which published versions it builds: it says so after each line."""
    script = f"""
import sys, demandflow
from demandflow import Actor, DemandFlow
clerk = Actor("Li", "grid_administrator")
lamp = {{"channel": "hotline", "place": "fufeng/c1", "resident": "Anna", "by": clerk}}
with DemandFlow.open({opens!r}) as flow:
    flow.register("a lamp is out", **lamp)
    print(*flow.workflows, len(flow.workflows), "closed-loop@1" in flow.workflows)
    print("demandflow.workflow_files" in sys.modules)
    print(flow.register("a lamp is out", **lamp, workflow="closed-loop@1").workflow)
with DemandFlow.open({opens!r}) as flow:
    print(len(flow._workflows.built))
"""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split("\n")


def test_the_first_version_is_built_when_a_log_names_it_or_somebody(tmp_path: Path) -> None:
    shown = "closed-loop@2 closed-loop@1 2 True"
    assert said_by_a_process_that("memory:")[:4] == [shown, "False", "closed-loop@1", "1"]
    assert said_by_a_process_that(f"sqlite:///{tmp_path / 'log.db'}")[:4] == [shown, "False", "closed-loop@1", "2"]


@pytest.mark.parametrize("asked", ["", "closed-loop@1", "closed-loop@2", "closed-loop@3"])
def test_workflows_that_are_built_later_read_as_those_that_are_there(asked: str) -> None:
    there = Workflows({flow.key: flow for flow in (CLOSED_LOOP, CLOSED_LOOP_1)})
    questions: list[Callable[[Workflows], Any]] = [
        list,
        len,
        dict,
        lambda flows: asked in flows,
        lambda flows: flows.get(asked, "none"),
        lambda flows: [*flows.keys()],
        lambda flows: [*flows.values()],
        lambda flows: [*flows.items()],
        lambda flows: flows[asked].key if asked in flows else None,
    ]
    for question in questions:
        later = Workflows({CLOSED_LOOP.key: CLOSED_LOOP}, later={"closed-loop@1": lambda: CLOSED_LOOP_1})
        assert later.built == (CLOSED_LOOP,)
        assert question(later) == question(later) == question(there)
    with pytest.raises(UnknownWorkflow, match="given: closed-loop@2, closed-loop@1"):
        later["closed-loop@3"]


def test_a_log_of_other_rules_than_the_first_version_has_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    other = replace(CLOSED_LOOP_1, moves=CLOSED_LOOP_1.moves[:-1])
    with DemandFlow.open(url, workflows=[other]) as flow:
        flow.register("dark", **PLACED)
    with pytest.raises(WorkflowChanged, match="closed-loop@1 is not what it was"):
        DemandFlow.open(url)


def test_every_rule_of_the_first_version_is_in_the_newest() -> None:
    def names(workflow: Workflow) -> set[str]:
        return {rule.__name__ for move in workflow.moves for rule in move.rules}

    assert names(CLOSED_LOOP_1) < names(CLOSED_LOOP)


# taking rules out


@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")  # it is better left in
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
