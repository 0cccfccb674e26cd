"""Who may not be who: separations of duties hold on every move, whoever tries, and however a demand came there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import CLOSED_LOOP, Actor, DemandFlow, FeedbackMethod, Grade, Role, RuleBroken, closed_loop, rules
from demandflow.domain.standard.duties import SEPARATIONS
from demandflow.facts import ContractedOut, Corrected, Evaluated, Registered, Reported
from demandflow.testing import FrozenClock
from demandflow.testing.model.picture import BY_CONTRACTORS
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DISPATCHER, OTHER_CLERK, RESIDENT, SUPERVISOR, TEAM, Story
from tests.unit.rules.walks import tried, walk

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
SEEDS = st.integers(0, 2**64 - 1)
MANY = settings(max_examples=examples(150), deadline=None)
TEAMMATE = Actor("zhou", Role.SUPERVISOR, "repair team")
UNINVOLVED = Actor("guo", Role.AUDITOR)


@pytest.fixture
def flow(clock: FrozenClock) -> Any:
    with DemandFlow.open("memory:", clock=clock) as opened:
        yield opened


def closed(flow: DemandFlow, grade: Grade = Grade.DISSATISFIED) -> Any:
    """The id of a demand that the repair team handled, and that its resident graded."""
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.report(demand, "new lamp", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=True, grade=grade, by=RESIDENT)
    return demand


def test_the_auditors_unit_is_not_given_the_work(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.accept(demand, by=Actor("qian", Role.AUDITOR, "lamp works"))
    with pytest.raises(RuleBroken, match="lamp works audited this demand and cannot also handle it"):
        flow.contract_out(demand, "lamp works", by=DISPATCHER)
    flow.contract_out(demand, "repair team", by=DISPATCHER)


# laws, over people who act in every role


@given(SEEDS)
@MANY
def test_nobody_ever_both_audits_and_handles(seed: int) -> None:
    for step in walk(CLOSED_LOOP, seed):
        if step.accepted is not None:
            both = step.accepted.auditors & step.accepted.handlers
            assert not both, f"{both} after {step.proposal}"


@given(SEEDS)
@MANY
def test_nobody_evaluates_or_ends_what_they_handled(seed: int) -> None:
    for step in walk(CLOSED_LOOP, seed):
        by, before, after = step.proposal.by, step.before, step.accepted
        if after is None or not by.speaks_for(*before.handlers):
            continue
        assert not isinstance(step.proposal.fact, Evaluated)
        ended = after.ended_as is not None and before.ended_as is None
        theirs = after.ended_as == "withdrawn" and by.role == Role.RESIDENT and by.id == before.resident
        assert not ended or theirs, f"{by} ended their own work by {step.proposal.move}"


@given(SEEDS)
@MANY
def test_who_once_did_the_work_stays_a_handler_whatever_is_corrected(seed: int) -> None:
    did: set[str] = set()
    for step in walk(CLOSED_LOOP, seed):
        by = step.proposal.by
        if step.accepted is None:
            continue
        if isinstance(step.proposal.fact, BY_CONTRACTORS):
            theirs = {step.before.contractor, *step.before.co_handlers} & {by.id, by.unit} - {None}
            if theirs or isinstance(step.proposal.fact, Reported):
                did |= {by.id, *(name for name in theirs if name)}
        assert did <= step.accepted.handlers


@given(SEEDS)
@MANY
def test_what_the_resident_said_never_changes_by_one_persons_doing(seed: int) -> None:
    for step in walk(CLOSED_LOOP, seed):
        fact, by, before = step.proposal.fact, step.proposal.by, step.before
        if step.accepted is None or not isinstance(fact, Corrected):
            continue
        if issubclass(before.facts[fact.event - 1], Evaluated):
            assert fact.confirmed_by not in (None, by.id, by.unit)
            assert not by.speaks_for(*before.handlers, *before.clerks, *before.evaluators, *before.residents)


@given(SEEDS)
@MANY
def test_who_registered_or_told_never_answers_in_the_residents_place(seed: int) -> None:
    clerks: set[str] = set()
    for step in walk(CLOSED_LOOP, seed):
        by, fact = step.proposal.by, step.proposal.fact
        if step.accepted is None:
            continue
        answers = step.proposal.move in ("give_details", "evaluate", "withdraw", "reopen", "appeal")
        if answers and by.role == Role.RESIDENT and by.id in clerks:
            assert by.id == step.before.resident, step.proposal
        if step.proposal.move == "feed_back" or (isinstance(fact, Registered) and by.role != Role.RESIDENT):
            clerks.add(by.id)


# stated once, with all the moves that it guards


def test_whatever_means_handling_is_guarded_against_the_auditor() -> None:
    def guarded(kinds: Any, *by: Any) -> set[str]:
        return {move for rule in by for move in SEPARATIONS[rule]} & {
            move.name for move in CLOSED_LOOP.moves if issubclass(move.fact, kinds)
        }

    work = {move.name for move in CLOSED_LOOP.moves if issubclass(move.fact, BY_CONTRACTORS)}
    separated = (rules.the_auditor_does_not_do_the_work, rules.who_judged_it_does_not_act_for_the_contractor)
    assert guarded(BY_CONTRACTORS, *separated) == work
    given_work = {move.name for move in CLOSED_LOOP.moves if issubclass(move.fact, ContractedOut | Corrected)}
    assert guarded((ContractedOut, Corrected), rules.the_auditor_is_not_the_contractor) == given_work


def test_each_separation_guards_every_row_of_its_moves() -> None:
    names = {move.name for move in CLOSED_LOOP.moves}
    for rule, guards in SEPARATIONS.items():
        assert set(guards) <= names, rule.__name__
        rows = [move for move in CLOSED_LOOP.moves if rule in move.rules]
        assert rows == [move for move in CLOSED_LOOP.moves if move.name in guards], rule.__name__


@pytest.mark.parametrize("step", ["take_on", "hand_back", "ask_details", "ask_extension", "suspend", "report"])
def test_an_auditor_does_nothing_as_one_of_the_contractors_people(step: str) -> None:
    story = Story().tell(
        "register accept contract_out" if step == "take_on" else "register accept contract_out take_on"
    )
    fact, _ = Story().usual(step)
    proposal = story.proposal(step, fact, Actor(AUDITOR.id, Role.CONTRACTOR, "repair team"))
    assert isinstance(tried(CLOSED_LOOP, story.demand, proposal), RuleBroken)


def test_a_dispatcher_who_audited_may_suspend_but_not_as_one_of_the_contractors_people() -> None:
    story = Story().tell("register accept contract_out take_on")
    fact, _ = Story().usual("suspend")
    for unit, refused in ((None, False), ("office", False), ("repair team", True)):
        by = Actor(AUDITOR.id, Role.DISPATCHER, unit)
        answer = tried(CLOSED_LOOP, story.demand, story.proposal("suspend", fact, by))
        assert isinstance(answer, RuleBroken) == refused


# a correction cannot launder


def test_a_grade_cannot_be_bettered_by_correcting_the_contractor_away_and_back(flow: DemandFlow) -> None:
    demand = closed(flow)
    with pytest.raises(RuleBroken, match="cannot correct who did"):
        flow.correct(demand, 3, "wrong line", contractor="x", by=TEAMMATE)
    flow.correct(demand, 3, "wrong line", contractor="x", by=UNINVOLVED)
    with pytest.raises(RuleBroken, match="zhou handled this demand"):
        flow.correct(demand, 7, "typo", grade=Grade.VERY_SATISFIED, confirmed_by="guo", by=TEAMMATE)
    assert str(flow.figures().satisfaction()) == "0/1 = 0.0 %"
    assert "repair team" in flow.demand(demand).handlers


def test_nobody_brings_their_own_unit_in_as_the_contractor(flow: DemandFlow) -> None:
    demand = closed(flow, Grade.SATISFIED)
    with pytest.raises(RuleBroken, match="or would have"):
        flow.correct(demand, 3, "it was us", contractor="office", by=Actor("guo", Role.AUDITOR, "office"))


def test_a_name_that_was_mistyped_and_never_worked_is_no_handler(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, RESIDENT.id, by=DISPATCHER)
    flow.correct(demand, 3, "the wrong line", contractor="repair team", by=UNINVOLVED)
    assert flow.demand(demand).handlers == {"repair team"}


@pytest.mark.parametrize(
    ("by", "confirmed_by", "refused"),
    [
        (UNINVOLVED, RESIDENT.id, None),
        (UNINVOLVED, "mei", None),
        (SUPERVISOR, "mei", None),
        (UNINVOLVED, None, "on their word or a second person's"),
        (UNINVOLVED, "guo", "on their word or a second person's"),
        (Actor("guo", Role.AUDITOR, "office"), "office", "on their word or a second person's"),
        (UNINVOLVED, "chen", "chen had a part"),
        (UNINVOLVED, "li", "li had a part"),
        (Actor("li", Role.AUDITOR), RESIDENT.id, "li had a part"),
        (Actor("chen", Role.SUPERVISOR), RESIDENT.id, "chen handled"),
        (Actor(RESIDENT.id, Role.SUPERVISOR), "mei", "had a part"),
    ],
)
def test_what_the_resident_said_is_corrected_by_two(
    flow: DemandFlow, by: Actor, confirmed_by: str | None, refused: str | None
) -> None:
    demand = closed(flow)
    if refused is None:
        flow.correct(demand, 7, "typo", grade=Grade.SATISFIED, confirmed_by=confirmed_by, by=by)
        assert flow.demand(demand).grade == Grade.SATISFIED
        return
    with pytest.raises(RuleBroken, match=refused):
        flow.correct(demand, 7, "typo", grade=Grade.SATISFIED, confirmed_by=confirmed_by, by=by)
    assert flow.demand(demand).grade == Grade.DISSATISFIED


def test_what_nobody_said_for_themselves_is_corrected_by_one(flow: DemandFlow) -> None:
    demand = closed(flow)
    flow.correct(demand, 1, "next door", place="fufeng/c2", by=UNINVOLVED)
    flow.correct(demand, 5, "they had not", resolved=False, by=UNINVOLVED)
    assert flow.demand(demand).reported_resolved is False


# one clerk cannot be everybody


def test_one_clerk_cannot_register_answer_tell_and_close_as_silent(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.answer(demand, "it works", by=CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    with pytest.raises(RuleBroken, match="li handled this demand and cannot also end it"):
        flow.miss_callback(demand, by=CLERK)
    flow.miss_callback(demand, by=OTHER_CLERK)
    with pytest.raises(RuleBroken, match="call again from"):
        flow.miss_callback(demand, by=OTHER_CLERK)
    for _ in range(2):
        clock.advance(days=1)
        closed_at_last = flow.miss_callback(demand, by=OTHER_CLERK)
    assert closed_at_last.ended_as == "closed"


@pytest.mark.parametrize("as_whom", ["representative", "shared_with"])
def test_a_clerk_cannot_register_for_a_resident_and_evaluate_in_their_place(flow: DemandFlow, as_whom: str) -> None:
    named: Any = {as_whom: CLERK.id if as_whom == "representative" else (CLERK.id,)}
    demand = flow.register("dark", **PLACED, resident="Anna", by=CLERK, **named).id
    flow.answer(demand, "it works", by=OTHER_CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=OTHER_CLERK)
    with pytest.raises(RuleBroken, match="li registered this demand or told its outcome"):
        flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=Actor(CLERK.id, Role.RESIDENT))


def test_who_told_the_outcome_does_not_evaluate_as_the_representative(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident="Anna", representative="li", by=OTHER_CLERK).id
    flow.answer(demand, "it works", by=OTHER_CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    with pytest.raises(RuleBroken, match="li registered this demand or told its outcome"):
        flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=Actor("li", Role.RESIDENT))


def test_a_daughter_who_registers_for_her_mother_evaluates_for_her_too(flow: DemandFlow) -> None:
    daughter = Actor("daughter", Role.RESIDENT)
    demand = flow.register("dark", **PLACED, resident="Anna", representative="daughter", by=daughter).id
    flow.answer(demand, "it works", by=CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    assert flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=daughter).ended_as == "closed"


def test_a_village_with_one_clerk_may_take_the_rules_out(clock: FrozenClock) -> None:
    taken_out = (rules.nobody_ends_their_own_work, rules.who_registered_or_told_does_not_speak_for_the_resident)
    village = closed_loop("village", callback_hours=None, without=taken_out)
    with DemandFlow.open("memory:", workflows=[village], clock=clock) as flow:
        demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
        flow.answer(demand, "it works", by=CLERK)
        flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
        for _ in range(3):
            missed = flow.miss_callback(demand, by=CLERK)
        assert missed.ended_as == "closed"


# handling is more than one would think


def test_who_handled_it_grants_no_extension(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.ask_extension(demand, clock.now.replace(year=2027), "no lamps", by=TEAM)
    with pytest.raises(RuleBroken, match="cannot also grant it a later due moment"):
        flow.extend(demand, clock.now.replace(year=2027), by=Actor("chen", Role.DISPATCHER))


def test_who_evaluated_it_is_not_given_the_work_of_the_next_round(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident=RESIDENT.id, by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.report(demand, "new lamp", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=False, grade=Grade.DISSATISFIED, by=RESIDENT)
    for fact in ({"contractor": RESIDENT.id}, {"contractor": "x", "co_handlers": (RESIDENT.id,)}):
        with pytest.raises(RuleBroken, match="evaluated this demand and cannot also handle it"):
            flow.contract_out(demand, **fact, by=DISPATCHER)
