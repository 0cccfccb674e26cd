"""Scenarios read as a story, pass where the engine does what is said, and tell what happened where it does not."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from demandflow import (
    ANYWHERE,
    CLOSED_LOOP,
    START,
    STAY,
    Actor,
    CommandConflict,
    DemandFlow,
    FeedbackMethod,
    Grade,
    InvalidValue,
    Move,
    MoveNotAllowed,
    Refusal,
    Role,
    RoleNotAllowed,
    RuleBroken,
    Stage,
    State,
    Workflow,
    closed_loop,
)
from demandflow.facts import (
    Accepted,
    ContractedOut,
    Evaluated,
    Fact,
    FedBack,
    LetGo,
    Merged,
    MovedOver,
    Noted,
    NoticeEnded,
    Refused,
    Registered,
    Reported,
    Stepped,
    TakenOn,
    TookIn,
    Unmerged,
)
from demandflow.testing import FrozenClock, History, demand_id, histories, step
from demandflow.testing.builders import a, a_demand, an_actor
from demandflow.testing.judging import all_judged, forget_unjudged
from demandflow.testing.model.streams import twin_of
from demandflow.testing.scenario import given
from tests.laws.workflows import workflows
from tests.profiles import examples

ASKED = a(Registered, resident="Anna")
REPORTED = (ASKED, a(Accepted), a(ContractedOut, contractor="水电队"), a(TakenOn), a(Reported))
TOLD = (*REPORTED, a(FedBack, way=FeedbackMethod.CALL))


class Weighed(Fact):
    """A fact of a community's own."""

    TOPIC: ClassVar[str] = "market.weighed"
    kilos: int


def a_light_one(demand: Any, proposal: Any) -> str | None:
    return None if proposal.fact.kilos < 5 else f"{proposal.fact.kilos} kilos are too heavy"


MARKET = Workflow(
    "market",
    1,
    states=[State("open", Stage.FEEDBACK, owner="weigher"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("file", Registered, START, "open", by="clerk"),
        Move("weigh", Weighed, "open", "done", by="weigher", rules=(a_light_one,)),
        Move("remark", Stepped, "open", STAY, by="clerk"),
        Move("stamp", Stepped, "open", STAY, by="clerk"),
        Move("note", Noted, ANYWHERE, STAY, by=("clerk", "weigher")),
    ],
)


def fails(test: Callable[[], object]) -> str:
    """The words with which the test fails."""
    with pytest.raises(AssertionError) as failed:
        test()
    return str(failed.value)


@settings(max_examples=examples(30))
@given_any(histories(CLOSED_LOOP))
def test_a_scenario_records_what_the_same_steps_record_elsewhere(history: History) -> None:
    told = History(CLOSED_LOOP, tuple(replace(one, late=timedelta(0)) for one in history.steps)).told()
    waited, attempts = timedelta(0), []
    for one in told:
        waited += one.step.after
        if one.error is None:
            move = None if isinstance(one.step.fact, Registered) else one.step.move
            attempts.append(step(one.step.fact, by=one.step.by, move=move, after=waited, demand=one.step.demand))
            waited = timedelta(0)
    situation = given(*attempts, workflow=(CLOSED_LOOP, twin_of(CLOSED_LOOP)))
    assert situation.events == tuple(event for one in told for event in one.events)


def test_a_scenario_says_what_had_happened_what_is_done_and_what_is_recorded() -> None:
    good = a(Evaluated, resolved=True)
    outcome = given(*TOLD).when(good).then(good)
    assert (outcome.demand.state, outcome.demand.resolved) == ("closed", True)
    assert outcome.part.by == Actor("Anna", Role.RESIDENT), "whoever may: the resident"


def test_nobody_need_say_who_did_it_but_anybody_can() -> None:
    chen = Actor("chen", Role.AUDITOR)
    outcome = given(ASKED).when(a(Accepted), by=chen).then(a(Accepted))
    assert outcome.demand.auditors == {"chen"}
    given(ASKED).when(a(Accepted), by=an_actor(Role.CONTRACTOR, unit="水电队")).refused(RoleNotAllowed)
    auditor_works = given(ASKED, step(a(Accepted), by=chen), a(ContractedOut, contractor="水电队"))
    liu = Actor("chen", Role.CONTRACTOR, "水电队")
    auditor_works.when(a(TakenOn), by=liu).refused(RuleBroken, match="chen")
    assert auditor_works.when(a(TakenOn)).then(a(TakenOn)).part.by.id == "liu", "somebody to whom no rule objects"


def test_what_is_not_possible_from_there_is_refused_as_the_engine_refuses_it() -> None:
    given(ASKED).when(a(Evaluated)).refused(MoveNotAllowed, match="cannot evaluate a demand that is registered")
    given(ASKED).when(a(Evaluated)).refused()
    given(*TOLD).when(a(Registered)).then(a(Registered))


def test_the_same_command_twice_is_accepted_and_records_nothing() -> None:
    once = given(ASKED, step(a(Accepted), command_id="c1"))
    again = once.when(a(Accepted), command_id="c1").nothing()
    assert again.demand.version == 2
    assert again.part == ("accept", once.events[1].meta.actor), "by whom and by which move are those of the first time"
    once.when(a(Accepted, note="otherwise"), command_id="c1").refused(CommandConflict, match="note")
    given(step(ASKED, command_id="r")).when(ASKED, command_id="r").nothing()


def test_a_merge_and_its_undoing_record_both_sides() -> None:
    two = given(ASKED, a(Registered, resident="张三"))
    into = a(Merged, into=demand_id(2))
    merged = two.when(into).then(into, TookIn(demand=demand_id(1), residents=("Anna",)))
    assert merged.demand.merged_into == demand_id(2)
    undone = a(Unmerged)
    merged.when(undone).then(undone, LetGo(demand=demand_id(1)))
    says = fails(lambda: two.when(into).then(into))
    assert "but this was:\n  Merged(into=UUID(int=2))\n  TookIn(demand=UUID(int=1), residents=('Anna',))" in says


def test_a_step_can_concern_another_demand_and_come_later() -> None:
    two = given(ASKED, a(Registered), step(a(Accepted), demand=2, after=timedelta(days=2)))
    assert [one.state for one in two.demands] == ["registered", "accepted"]
    assert two.demand.state == "registered"
    assert two.demands[1].last == FrozenClock().now + timedelta(days=2, minutes=2)
    assert two.when(a(ContractedOut, contractor="x"), demand=2).demand.contractor == "x"


def test_time_passes_as_said() -> None:
    hung = given(a(Registered), *REPORTED[1:], a(FedBack, way=FeedbackMethod.PUBLIC_NOTICE))
    hung.when(a(NoticeEnded), after=timedelta(days=6)).refused(RuleBroken)
    hung.when(a(NoticeEnded), after=timedelta(days=7)).then(a(NoticeEnded))


def test_a_scenario_goes_on_only_from_what_was_accepted_or_said_to_be_refused() -> None:
    begun = given(ASKED)
    assert begun.when(a(Accepted)).when(a(ContractedOut, contractor="x")).demand.state == "contracted_out"
    says = fails(lambda: begun.when(a(TakenOn)).when(a(Accepted)))
    assert "to be accepted, since the scenario goes on\nbut it was refused (MoveNotAllowed): cannot take_on" in says
    begun.when(a(TakenOn)).refused().when(a(Accepted)).then(a(Accepted))
    refused = begun.when(a(TakenOn))
    refused.refused()
    refused.when(a(Accepted)).then(a(Accepted))


def test_a_situation_never_changes_whatever_is_tried_from_it() -> None:
    begun = given(ASKED)
    events = begun.events
    for fact in (a(Accepted), a(Refused), a(Evaluated)):
        begun.when(fact)
    assert begun.events == events
    assert begun.when(a(Accepted)).then(a(Accepted)).demand.state == "accepted"
    forget_unjudged()
    with pytest.raises(AttributeError):
        begun.events = ()  # type: ignore[misc]


def test_the_failure_says_what_was_expected_what_happened_and_the_history() -> None:
    good, bad = a(Evaluated, resolved=True), a(Evaluated, resolved=False)
    says = fails(lambda: given(*TOLD).when(good).then(bad))
    assert says.startswith("when as Anna (resident) tried to evaluate: Evaluated(resolved=True, grade='very_satisfied'")
    assert "expected to be recorded:\n  Evaluated(resolved=False, " in says
    assert "but this was:\n  Evaluated(resolved=True, " in says
    assert "Evaluated.resolved: expected False, got True" in says
    assert "The history before it:\n  1  2025-03-01 08:01  " in says
    assert "feed_back → fed_back  way: call" in says


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (
            lambda it: it.refused(),
            "expected to be refused (Refusal)\nbut it was accepted, and recorded was:\n  Accepted()",
        ),
        (lambda it: it.nothing(), "expected nothing to be recorded\nbut recorded was:\n  Accepted()"),
        (lambda it: it.then(), "expected to be recorded: nothing\nbut this was:\n  Accepted()"),
        (
            lambda it: it.then(a(Accepted), a(Accepted)),
            "expected to be recorded:\n  Accepted()\n  Accepted()\nbut this",
        ),
        (lambda it: it.then(a(Refused)), "expected to be recorded:\n  Refused("),
    ],
)
def test_what_was_accepted_is_neither_refused_nor_nothing_nor_something_else(
    judge: Callable[[Any], object], words: str
) -> None:
    assert words in fails(lambda: judge(given(ASKED).when(a(Accepted))))


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (
            lambda it: it.then(a(TakenOn)),
            "but it was refused (MoveNotAllowed): cannot take_on a demand that is",
        ),
        (lambda it: it.nothing(), "expected to be accepted, and nothing recorded\nbut it was refused"),
        (lambda it: it.demand, "expected to be accepted\nbut it was refused"),
        (lambda it: it.refused(RuleBroken), "expected to be refused (RuleBroken)\nbut it was MoveNotAllowed: cannot"),
        (lambda it: it.refused(match="rain"), "with words matching 'rain'\nbut they were: cannot take_on"),
    ],
)
def test_what_was_refused_is_not_recorded_and_refused_for_no_other_reason(
    judge: Callable[[Any], object], words: str
) -> None:
    assert words in fails(lambda: judge(given(ASKED).when(a(TakenOn))))


def test_what_was_given_must_be_possible() -> None:
    says = fails(lambda: given(ASKED, a(TakenOn)))
    assert says.startswith("given 2, TakenOn(): was refused, as ")
    assert "cannot take_on a demand that is registered (possible now: sort, " in says
    assert "The history so far:\n  1  2025-03-01 08:01" in says
    light = given(a(Registered), workflow=MARKET)
    light.when(Weighed(kilos=3)).then(Weighed(kilos=3))
    light.when(Weighed(kilos=7)).refused(RuleBroken, match="7 kilos are too heavy")
    assert "7 kilos are too heavy" in fails(lambda: given(a(Registered), Weighed(kilos=7), workflow=MARKET))


def test_a_move_is_chosen_only_where_there_is_one() -> None:
    market = given(a(Registered), workflow=MARKET)
    several = fails(lambda: market.when(a(Stepped)))
    assert several == "several moves of market@1 record Stepped from 'open': remark, stamp; say which: step(…, move=…)"
    assert market.when(a(Stepped), move="stamp").then(a(Stepped)).part == ("stamp", Actor("王芳", "clerk"))
    assert "no move of market@1 records Accepted() (it records Registered, Weighed" in fails(
        lambda: market.when(a(Accepted))
    )
    market.when(a(Stepped), move="sing").refused(MoveNotAllowed, match="cannot sing")
    given(workflow=MARKET).when(a(Registered), by=an_actor(Role.AUDITOR)).refused(RoleNotAllowed)


def test_demands_can_go_on_under_another_workflow_of_the_scenario() -> None:
    new = closed_loop(version=3, bound=2)
    over = MovedOver(workflow="closed-loop@3")
    moved = given(ASKED, workflow=(CLOSED_LOOP, new)).when(over).then(over)
    assert moved.demand.workflow == "closed-loop@3"
    moved.when(a(Accepted)).then(a(Accepted))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: given(Accepted),  # type: ignore[arg-type]
        lambda: given(a(Accepted)),
        lambda: given(ASKED).when(a(Accepted), demand=2),
        lambda: given(ASKED).when(step(a(Accepted)), by=an_actor(Role.AUDITOR)),
        lambda: given(ASKED).when(a(Accepted), colour="red"),  # type: ignore[call-arg]
        lambda: given(ASKED).when(a(Accepted), after=5),  # type: ignore[arg-type]
        lambda: given(ASKED).when(a(Accepted), after=timedelta(-1)),
        lambda: given(step(ASKED, move="register")),
        lambda: given(ASKED).when(a(Accepted)).then(Accepted),  # type: ignore[arg-type]
        lambda: given(ASKED).when(a(Accepted)).refused(ValueError),  # type: ignore[arg-type]
        lambda: given(ASKED).when(a(Accepted)).refused("not so"),  # type: ignore[arg-type]
        lambda: given().demand,
        lambda: a(Actor),  # type: ignore[type-var]
        lambda: a(Accepted, colour="red"),
        lambda: an_actor("  "),
        lambda: a_demand(CLOSED_LOOP, "lost"),
        lambda: a_demand("closed-loop"),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_said_to_be_none(wrong: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue):
        wrong()
    forget_unjudged()


def test_what_nobody_judged_is_found() -> None:
    given(ASKED).when(a(Accepted, note="quite silently"))
    gc.collect()
    with pytest.raises(AssertionError, match=r"nobody said .*\n  when\(Accepted\(note='quite silently'\)\)"):
        all_judged()
    all_judged()
    for judged in (
        lambda: given(ASKED).when(a(Accepted)).then(a(Accepted)),
        lambda: given(ASKED).when(a(TakenOn)).refused(),
        lambda: given(ASKED).when(a(Accepted)).demand,
        lambda: given(ASKED).when(a(Accepted)).when(a(Noted)).then(a(Noted)),
    ):
        judged()
        all_judged()


@given_any(st.sampled_from([state.name for state in CLOSED_LOOP.states]))
def test_a_demand_comes_to_any_state_by_a_way_that_no_rule_objects_to(state: str) -> None:
    assert a_demand(CLOSED_LOOP, state).state == state


@settings(max_examples=examples(25))
@given_any(workflows(), st.data())
def test_a_demand_comes_to_any_state_of_any_workflow(workflow: Workflow, data: st.DataObject) -> None:
    state = data.draw(st.sampled_from([one.name for one in workflow.states]))
    assert a_demand(workflow, state).state == state


def test_a_demand_comes_there_the_shortest_way() -> None:
    assert a_demand(CLOSED_LOOP).facts == (Registered, Accepted, ContractedOut, TakenOn)
    assert a_demand(CLOSED_LOOP, "closed").facts == (Registered, Reported, FedBack, Evaluated)


def test_a_demand_is_recorded_in_the_flow_that_is_given_and_ends_its_way_now() -> None:
    clock = FrozenClock(datetime(2031, 5, 5, tzinfo=UTC))
    with DemandFlow.open("memory:", workflows=(CLOSED_LOOP, MARKET), clock=clock) as flow:
        for state in ("suspended", "merged", "taken_over"):
            demand = a_demand(flow, state)
            assert flow.demand(demand.id) == demand
            assert demand.last == clock.now
        suspended = flow.board(state="suspended").rows[0]
        assert suspended.review is not None
        assert suspended.review > clock.now, "its moments are of now too"
        assert flow.figures().count("received") == 4, "and the one into which another is merged"
        assert a_demand(flow, "done", workflow="market@1").attributes == {"kilos": 1}
        with pytest.raises(InvalidValue, match=r"possible: closed-loop@2, market@1"):
            a_demand(flow, workflow="fair@1")
    with DemandFlow.open("memory:") as flow:
        assert a_demand(flow, "closed").state == "closed", "with the clock on the wall, too"


def test_a_state_that_waits_for_its_time_is_come_to() -> None:
    late = Workflow(
        "late",
        1,
        states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
        moves=[
            Move("file", Registered, START, "open", by="clerk"),
            Move("end", Noted, "open", "done", by="clerk", rules=(after_a_week,)),
        ],
    )
    assert a_demand(late, "done").state == "done"
    never = Workflow(
        "never", 1, late.states, [late.moves[0], Move("end", Noted, "open", "done", by="clerk", rules=(forbidden,))]
    )
    with pytest.raises(InvalidValue, match="no way of never@1 to 'done' was found that no rule objects to"):
        a_demand(never, "done")


def after_a_week(demand: Any, proposal: Any) -> str | None:
    return None if proposal.at - demand.received >= timedelta(days=7) else "too early"


def forbidden(demand: Any, proposal: Any) -> str | None:
    return "never"


@given_any(st.sampled_from(list(Grade.USUAL)), st.booleans())
def test_builders_fill_in_what_is_not_given_and_keep_what_is(grade: Grade, resolved: bool) -> None:
    fact = a(Evaluated, grade=grade, resolved=resolved)
    assert (fact.grade, fact.resolved, fact.words) == (grade, resolved, None)
    assert an_actor("usher", id="li", unit="hall") == Actor("li", "usher", "hall")
    assert issubclass(MoveNotAllowed, Refusal)
