"""Running demands move to a new version of their workflow; a log is judged by rules that are not in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from demandflow import (
    CLOSED_LOOP,
    START,
    Channel,
    DemandFlow,
    FeedbackMethod,
    InvalidValue,
    Move,
    Place,
    Recorded,
    Registration,
    Rejected,
    RoleNotAllowed,
    RuleBroken,
    Stage,
    State,
    Workflow,
    closed_loop,
)
from demandflow.analysis.comparison import diff
from demandflow.analysis.replay import replay_check
from demandflow.domain.demand import as_if
from demandflow.domain.versions.migration import reasons_not_to_move
from demandflow.errors import UnknownWorkflow
from demandflow.facts import MovedOver, Registered, Stepped
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, SUPERVISOR, TEAM, UNRESOLVED
from tests.unit.recording.test_recording import PLACED

OLD = CLOSED_LOOP
STRICTER = closed_loop(version=3, bound=1)
FEWER = replace(
    STRICTER,
    version=4,
    states=[state for state in OLD.states if state.name != "suspended"],
    moves=[
        replace(move, from_=tuple(one for one in move.from_ if one != "suspended"))
        if isinstance(move.from_, tuple)
        else move
        for move in OLD.moves
        if move.name not in ("suspend", "resume")
    ],
)


def in_hand(flow: DemandFlow, **more: Any) -> Any:
    it = flow.register("路灯坏了", **PLACED, **more).id
    flow.accept(it, by=AUDITOR)
    flow.contract_out(it, TEAM.unit or "", by=DISPATCHER)
    return flow.take_on(it, by=TEAM)


@pytest.fixture
def flow(clock: FrozenClock) -> Any:
    with DemandFlow.open("memory:", workflows=(OLD, STRICTER, FEWER), clock=clock) as opened:
        yield opened


def test_a_demand_that_moved_over_goes_on_under_the_new_rules(flow: DemandFlow) -> None:
    it = in_hand(flow)
    moved = flow.migrate(it.id, "closed-loop@3", by=SUPERVISOR, reason="the bound is lower now")
    assert (moved.workflow, moved.state, moved.contractor) == ("closed-loop@3", "in_hand", it.contractor)
    flow.report(it.id, "tried", resolved=False, by=TEAM)
    flow.feed_back(it.id, FeedbackMethod.CALL, by=CLERK)
    after = flow.act(it.id, "evaluate", UNRESOLVED, by=RESIDENT)
    assert after.state == "taken_over", "by the old rules it would have gone round again"
    assert flow.figures_by("workflow")["closed-loop@3"].count("received") == 1
    assert "closed-loop@2" not in flow.figures_by("workflow") or not flow.figures(workflow=OLD.key).count("received")
    assert flow.figures().adds_up


def test_a_demand_stays_where_its_state_is_not_known(flow: DemandFlow, clock: FrozenClock) -> None:
    it = in_hand(flow)
    waiting = flow.suspend(it.id, "frost", review=clock.now.replace(year=2026), by=DISPATCHER)
    assert reasons_not_to_move(waiting, FEWER)
    before = len(flow.events(it.id))
    with pytest.raises(RuleBroken, match="has no state 'suspended'"):
        flow.migrate(it.id, FEWER.key, by=SUPERVISOR)
    with pytest.raises(UnknownWorkflow):
        flow.migrate(it.id, "closed-loop@9", by=SUPERVISOR)
    with pytest.raises(RuleBroken, match="is on closed-loop@2 already"):
        flow.migrate(it.id, OLD.key, by=SUPERVISOR)
    with pytest.raises(RoleNotAllowed):
        flow.migrate(it.id, STRICTER.key, by=CLERK)
    assert len(flow.events(it.id)) == before


def test_a_demand_does_not_move_where_it_would_be_open_again_or_could_not_go_back(flow: DemandFlow) -> None:
    it = flow.register("x", **PLACED).id
    refused = flow.refuse(it, code="x", words="y", by=AUDITOR)
    assert reasons_not_to_move(refused, STRICTER) == ("it has ended as refused; only running demands move over",)
    asked = flow.ask_details(flow.register("x", **PLACED).id, "where?", by=AUDITOR)
    assert not reasons_not_to_move(asked, STRICTER)
    assert reasons_not_to_move(as_if(asked, came_from="elsewhere"), STRICTER)


def test_why_a_demand_cannot_move_is_told_in_full(flow: DemandFlow) -> None:
    it = flow.register("x", **PLACED).id
    asked = flow.ask_details(it, "where?", by=AUDITOR)
    assert reasons_not_to_move(as_if(asked, came_from="elsewhere"), STRICTER) == (
        "under closed-loop@3 it could not go back by 'give_details' to 'elsewhere', where it came from",
    )
    nowhere = replace(STRICTER, moves=[move for move in OLD.moves if move.fact is not MovedOver])
    remedy = 'declare one: Move("move_over", MovedOver, WHILE_OPEN, STAY, by=…)'
    assert reasons_not_to_move(asked, nowhere) == (
        f"closed-loop@3 has no move that records MovedOver in 'details_asked'; {remedy}",
    )
    states = [State("open", Stage.AUDIT, owner="clerk"), State("in_hand", Stage.ENDED, ended_as="closed")]
    moves = [Move("file", Registered, START, "open", by="clerk"), Move("end", Stepped, "open", "in_hand", by="clerk")]
    other = Workflow("other", 1, states, moves)
    assert reasons_not_to_move(in_hand(flow), other) == (
        "in state 'in_hand' it would be closed, but it is open",
        f"other@1 has no move that records MovedOver in 'in_hand'; {remedy}",
    )
    assert reasons_not_to_move(asked, other) == ("other@1 has no state 'details_asked' (it has open, in_hand)",)


def test_a_workflow_must_say_who_may_move_demands_to_it(clock: FrozenClock) -> None:
    closed = replace(OLD, version=3, moves=[move for move in OLD.moves if move.fact is not MovedOver])
    with DemandFlow.open("memory:", workflows=(OLD, closed), clock=clock) as flow:
        it = in_hand(flow)
        with pytest.raises(RuleBroken, match="no move that records MovedOver"):
            flow.migrate(it.id, closed.key, by=SUPERVISOR)


def test_all_running_demands_move_together_after_a_dry_run(flow: DemandFlow, clock: FrozenClock) -> None:
    ids = [in_hand(flow).id for _ in range(3)]
    flow.suspend(ids[1], "frost", review=clock.now.replace(year=2026), by=DISPATCHER)
    ended = flow.withdraw(ids[2], by=RESIDENT).id
    tried = flow.migrate_all(FEWER.key, of=OLD.key, by=SUPERVISOR, dry_run=True)
    assert [type(one) for one in tried] == [Recorded, Rejected]
    assert {flow.demand(one).workflow for one in ids} == {OLD.key}, "a dry run records nothing"
    done = flow.migrate_all(FEWER.key, of=OLD.key, by=SUPERVISOR)
    assert [type(one) for one in done] == [type(one) for one in tried]
    assert [flow.demand(one).workflow for one in ids] == [FEWER.key, OLD.key, OLD.key]
    assert flow.demand(ended).workflow == OLD.key
    assert flow.migrate_all(FEWER.key, of=FEWER.key, by=SUPERVISOR)[0].reason  # type: ignore[union-attr]


def test_all_that_are_open_move_however_many(flow: DemandFlow) -> None:
    lamp = Registered(text="x", channel=Channel.HOTLINE, place=Place("fufeng"))
    flow.register_many(Registration(fact=lamp, by=CLERK, workflow=OLD.key) for _ in range(60))  # a page has 50
    assert len(flow.migrate_all(FEWER.key, of=OLD.key, by=SUPERVISOR)) == 60
    assert flow.figures(workflow=FEWER.key).count("open") == 60


def test_a_log_is_sound_by_the_rules_under_which_it_was_recorded(flow: DemandFlow) -> None:
    in_hand(flow)
    judged = replay_check(flow, OLD)
    assert judged.sound
    assert not judged.led_elsewhere
    assert (judged.demands, judged.steps) == (1, 4)


def test_what_new_rules_would_have_refused_is_listed_step_by_step(flow: DemandFlow) -> None:
    it = in_hand(flow)
    judged = replay_check(flow, replace(OLD, version=5, moves=[_only_supervisors(move) for move in OLD.moves]))
    assert [(one.demand, one.version, one.move) for one in judged.refused] == [(it.id, 2, "accept")]
    assert judged.by_reason == {("accept", "RoleNotAllowed"): 1}
    assert "auditor may not accept" in str(judged)
    assert not judged.sound
    assert judged.as_dict()["refused"][0]["move"] == "accept"


def _only_supervisors(move: Any) -> Any:
    return replace(move, by="supervisor") if move.name == "accept" else move


def test_what_new_rules_lead_elsewhere_is_listed_apart(flow: DemandFlow) -> None:
    it = in_hand(flow).id
    flow.report(it, "tried", resolved=False, by=TEAM)
    flow.feed_back(it, FeedbackMethod.CALL, by=CLERK)
    flow.act(it, "evaluate", UNRESOLVED, by=RESIDENT)
    judged = replay_check(flow, STRICTER)
    assert judged.sound
    assert ["to taken_over instead of accepted" in one.reason for one in judged.led_elsewhere] == [True]


def test_a_log_without_such_demands_says_so(flow: DemandFlow) -> None:
    in_hand(flow)
    other = replace(OLD, name="other-loop")
    with pytest.raises(ValueError, match="no demand on any version of other-loop"):
        replay_check(flow, other)
    assert not replay_check(flow, other, of=OLD.key).refused


def test_what_is_led_elsewhere_is_named_so_in_a_document(flow: DemandFlow) -> None:
    in_hand(flow)
    assert replay_check(flow, OLD).as_dict()["led_elsewhere"] == []


@pytest.mark.parametrize(
    ("given", "of", "says"),
    [
        (5, None, "flow: must be an open DemandFlow or events in their order, got 5"),
        ("log", None, "flow: must be an open DemandFlow or events in their order, got 'log'"),
        ([1], None, "flow: must give events, got 1"),
        ([], 5, "of: must be name@version, or several, got 5"),
        ([], [[]], "of: must be name@version, or several, got [[]]"),
        ([], [], "of: must be name@version, or several, got []"),
    ],
)
def test_a_wrong_question_about_a_log_is_answered_clearly(given: Any, of: Any, says: str) -> None:
    with pytest.raises(InvalidValue) as error:
        replay_check(given, OLD, of=of)
    assert str(error.value) == says


def test_a_merge_is_judged_with_both_its_sides(flow: DemandFlow) -> None:
    one, two = (flow.register("x", **PLACED).id for _ in range(2))
    flow.merge(one, into=two, by=AUDITOR)
    flow.unmerge(one, reason="another lamp", by=AUDITOR)
    assert replay_check(flow, OLD).sound


def test_the_differences_of_two_versions_are_sentences() -> None:
    assert not diff(OLD, closed_loop(version=7))
    assert "the_bound_is_reached(rounds=3) → the_bound_is_reached(rounds=1)" in str(diff(OLD, STRICTER))
    fewer = diff(OLD, FEWER).lines
    assert "state 'suspended' is gone: a demand in it cannot be migrated" in fewer
    assert "move 'suspend' from in_hand is gone" in fewer
    changed = replace(OLD, moves=[_only_supervisors(move) for move in OLD.moves])
    assert diff(OLD, changed).lines == ("move 'accept' from registered: by +supervisor −auditor",)
