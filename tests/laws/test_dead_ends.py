"""A rule that leaves no way to an end is found, with the shortest story; no healthy workflow is blamed."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from demandflow import (
    CLOSED_LOOP,
    CLOSED_LOOP_1,
    START,
    STAY,
    Actor,
    Demand,
    FeedbackMethod,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
    closed_loop,
    rules,
)
from demandflow.domain.moves import BACK
from demandflow.facts import Evaluated, Fact, FedBack, Merged, Noted, Registered, Reported, Stepped, TookIn
from demandflow.testing import (
    History,
    LawBroken,
    Step,
    as_state_machine,
    as_test_case,
    check,
    histories,
    law_named,
    play,
)
from demandflow.testing.laws.ahead import Ahead
from tests.laws.workflows import workflows
from tests.profiles import examples

pytestmark = pytest.mark.long

GENERATE = [Phase.explicit, Phase.generate]
few = settings(
    max_examples=examples(8), deadline=None, database=None, phases=GENERATE, suppress_health_check=list(HealthCheck)
)
LAW = law_named("no dead end made by a rule")
ASKED, TOLD = State("asked", Stage.FEEDBACK, "clerk"), State("told", Stage.EVALUATION, "resident")
DONE = State("done", Stage.ENDED, ended_as="closed")
ASK = Move("ask", Registered, START, "asked", by=("resident", "clerk"))
TELL = Move("tell", Reported, "asked", "told", by="clerk", means=("reported", "told", "asked"))
JUDGE = Move("judge", Evaluated, "told", "done", by="resident", means="evaluated")
CLERK, ANNA = Actor("Li", "clerk"), Actor("Anna", "resident")
WHERE: Any = {"channel": "hotline", "place": "fufeng/c1"}
NAMED, ANONYMOUS = (Registered(text="a lamp is out", resident=name, **WHERE) for name in ("Anna", None))


def workflow(*moves: Move, states: tuple[State, ...] = (ASKED, TOLD, DONE)) -> Workflow:
    by_resident = any(move.from_ == "told" and "resident" in move.roles for move in moves)
    owned = [replace(one, owner="clerk") if one == TOLD and not by_resident else one for one in states]
    return Workflow("small", 1, owned, (ASK, TELL, *moves))


def judged_by(*guards: Any, **more: Any) -> Workflow:
    """The small workflow, in which these rules guard the only way to the end."""
    return workflow(replace(JUDGE, rules=guards, **more))


def nobody_may(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Never."""
    return "nobody may"


def only_within_two_weeks(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Later there is no point."""
    late = demand.told_at is not None and proposal.at > demand.told_at + timedelta(days=14)
    return "two weeks are over" if late else None


def only_the_resident(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if proposal.by.id == demand.resident else "only the resident"


def not_the_resident(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "not the resident" if proposal.by.id == demand.resident else None


def broken(of: Workflow, *steps: Step) -> str:
    """What the law says of these steps; empty if it holds."""
    with play(of, steps) as played:
        try:
            LAW.holds(played)
        except AssertionError as problem:
            return str(problem)
    return ""


def told(fact: Registered = NAMED, **later: Any) -> tuple[Step, ...]:
    """A demand that was registered and answered."""
    return Step(1, "ask", fact, CLERK), Step(1, "tell", Reported(resolved=True, words="mended"), CLERK, **later)


def forbidden(at: Workflow) -> Workflow:
    """The same workflow, in which a rule forbids every move that leads to an end."""
    ends = {state.name for state in at.states if state.ended_as is not None}
    moves = [replace(move, rules=(*move.rules, nobody_may)) if move.to in ends else move for move in at.moves]
    return replace(at, moves=moves)


OWN = judged_by(rules.a_resident_acts_for_their_own_demand)


def test_an_anonymous_demand_that_only_its_resident_can_end_is_a_dead_end() -> None:
    with pytest.raises(LawBroken, match="no dead end made by a rule") as caught:
        check(OWN, max_examples=100)
    assert caught.value.story.count("\n") == 0, "registered, and already lost"
    assert "judge from told is refused: the demand is anonymous" in str(caught.value)
    names: dict[str, Any] = {"SMALL": OWN}
    exec(caught.value.test, names)  # the test of the report runs as it stands, and fails in the same way
    with pytest.raises(AssertionError, match="demand is anonymous"):
        names["test_no_dead_end_made_by_a_rule"]()
    assert not broken(OWN, *told(NAMED)), "whose resident is known can end it"


@pytest.mark.usefixtures("as_found")
def test_the_test_case_and_the_state_machine_find_it_too() -> None:
    case: Any = as_test_case(OWN, max_examples=20)
    result = unittest.TestResult()
    case("test_no_dead_end_made_by_a_rule").run(result)
    assert len(result.failures) == 1
    assert "the demand is anonymous" in result.failures[0][1]
    found = settings(max_examples=15, stateful_step_count=10, deadline=None, phases=GENERATE)
    with pytest.raises(AssertionError, match="nobody can bring it to an end"):
        run_state_machine_as_test(as_state_machine(OWN), settings=found)


@pytest.mark.parametrize(
    ("dead", "steps", "says"),
    [
        (judged_by(nobody_may), told(), "judge from told is refused: nobody may"),
        (judged_by(only_the_resident, not_the_resident), told(), "refused"),
        (judged_by(only_within_two_weeks), (*told(), Step(1, "later", Noted(text="x"), CLERK, timedelta(days=20))),
         "judge from told is refused: two weeks are over"),
        (workflow(replace(JUDGE, rules=(nobody_may,)), Move("again", Stepped, "told", "asked", by="clerk")), told(),
         "judge from told is refused: nobody may"),
    ],
)  # fmt: skip
def test_a_rule_that_leaves_no_way_is_named(dead: Workflow, steps: tuple[Step, ...], says: str) -> None:
    noted = replace(dead, moves=(*dead.moves, Move("later", Noted, "told", STAY, by="clerk")))
    assert says in broken(noted, *steps)


def test_a_rule_that_always_objects_on_the_closed_loop_s_only_way_out_for_the_anonymous_is_found() -> None:
    moves = [replace(m, rules=(*m.rules, nobody_may)) if m.name == "end_notice" else m for m in CLOSED_LOOP_1.moves]
    shut = replace(CLOSED_LOOP_1, name="shut", moves=moves)  # in the second version who joined it may evaluate it
    clerk, answer = Actor("Li", "grid_administrator"), Reported(resolved=True, words="mended")
    steps = Step(1, "register", ANONYMOUS, clerk), Step(1, "answer", answer, clerk)
    assert "end_notice from fed_back is refused: nobody may" in broken(shut, *steps)
    assert not broken(CLOSED_LOOP, *steps)


# what is healthy is never blamed


class Weighed(Fact):
    """It was put on the scales, under a number."""

    TOPIC: ClassVar[str] = "tests.weighed_under"
    ticket: str


class Released(Fact):
    """It was handed out against its ticket."""

    TOPIC: ClassVar[str] = "tests.released"
    ticket: str


def against_its_ticket(demand: Demand, proposal: Proposal[Released]) -> str | None:
    known = demand.attributes.get("ticket")
    return None if proposal.fact.ticket == known else f"the ticket is {known}"


def it_adds_up(demand: Demand, proposal: Proposal[Released]) -> str | None:
    """As a check digit does."""
    return None if sum(map(ord, proposal.fact.ticket)) % 97 == 13 else "the ticket does not add up"


def after_a_note(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if Noted in demand.facts else "say first why"


def after_a_year(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if demand.told_at and proposal.at > demand.told_at + timedelta(days=365) else "it hangs for a year"


def on_the_fourth_day(demand: Demand, proposal: Proposal[Any]) -> str | None:
    told_at = demand.told_at or proposal.at
    return None if timedelta(days=3) <= proposal.at - told_at < timedelta(days=5) else "come on the fourth day"


def thirty_times_round(demand: Demand, proposal: Proposal[Any]) -> bool:
    return demand.round >= 30


def by_two_others(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Whoever worked on it does not end it."""
    return "you worked on it" if proposal.by.speaks_for(*demand.handlers) else None


BACK_TO_WORK = replace(JUDGE, to="asked", means=("evaluated", "reworked"))
NOTE = Move("note", Noted, "told", STAY, by="clerk")
REST = (Move("rest", Stepped, "told", "asked", by="clerk"), Move("wake", Stepped, "asked", BACK, by="clerk"))
RELEASE = Move("release", Released, "told", "done", by="clerk", rules=(against_its_ticket,))
WEIGH = Move("weigh", Weighed, "asked", STAY, by="clerk")
MERGED = State("merged", Stage.ENDED, ended_as="merged")
MERGE = Move("merge", Merged, "told", "merged", by="clerk", rules=(rules.the_merge_target_is_open,))
TAKE_IN = Move("take in", TookIn, ("asked", "told"), STAY, by="clerk")


@pytest.mark.parametrize(
    ("healthy", "before"),
    [
        (judged_by(after_a_year), ()),
        (workflow(replace(JUDGE, rules=(on_the_fourth_day,)), *REST), ()),
        (workflow(replace(JUDGE, rules=(after_a_note,)), NOTE), ()),
        (workflow(replace(JUDGE, when=thirty_times_round), BACK_TO_WORK), ()),
        (judged_by(by_two_others, by="clerk"), ()),
        (workflow(RELEASE, WEIGH), (Step(1, "weigh", Weighed(ticket="Q17"), CLERK),)),
        (workflow(MERGE, TAKE_IN, states=(ASKED, TOLD, MERGED)), ()),
        (judged_by(only_within_two_weeks), ()),
    ],
    ids=lambda value: "",
)  # fmt: skip
def test_a_way_that_takes_time_help_or_knowledge_is_found(healthy: Workflow, before: tuple[Step, ...]) -> None:
    first, second = told()
    assert not broken(healthy, first, *before, second)


def test_of_facts_that_only_their_strategy_can_make_nothing_is_claimed() -> None:
    guarded = workflow(replace(RELEASE, rules=(it_adds_up,)))
    with play(guarded, told()) as played:
        with pytest.raises(AssertionError, match="does not add up"):
            LAW.holds(played)
        played.history = replace(played.history, own_facts=frozenset([Released]))
        LAW.holds(played)
    fitting = st.just(Released(ticket="Q17")) | st.text("abc", min_size=4, max_size=6).map(lambda t: Released(ticket=t))
    assert check(guarded, facts={Released: fitting}, max_examples=10).histories == 10


@pytest.mark.parametrize("build", [closed_loop, lambda: closed_loop("x", bound=1, notice_days=60, callback_hours=24)])
def test_the_closed_loop_has_no_dead_end(build: Callable[[], Workflow]) -> None:
    @few
    @given(histories(build()))
    def holds(history: History) -> None:
        assert not broken(history.workflow, *history.steps)

    holds()


@few
@given(workflows().flatmap(lambda one: histories(one, max_steps=12)))
def test_no_random_workflow_is_blamed_until_every_end_is_forbidden(history: History) -> None:
    assert not broken(history.workflow, *history.steps)
    shut = forbidden(history.workflow)
    with play(shut, history.steps) as played:
        demands = [played.flow.demand(number) for number in played.demands]
        for demand in (one for one in demands if one.open):
            assert Ahead(shut).outlook(demand, played.clock.now).way is None


def test_public_notices_end_even_where_nobody_can_be_called() -> None:
    clerk, answer = Actor("Li", "grid_administrator"), Reported(resolved=True, words="mended")
    hung = FedBack(way=FeedbackMethod.PUBLIC_NOTICE)
    steps = [
        Step(1, move, fact, clerk) for move, fact in (("register", ANONYMOUS), ("answer", answer), ("feed_back", hung))
    ]
    assert not broken(CLOSED_LOOP, *steps)
