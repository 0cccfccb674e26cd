"""Defective workflows, each with one mistake: refused when built, warned of, or found by `check` as it comes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import Any

import pytest

from demandflow import (
    BACK,
    START,
    STAY,
    WHILE_OPEN,
    Calendar,
    Clock,
    Days,
    Demand,
    DemandFlow,
    InvalidWorkflow,
    Limit,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.errors import WorkflowAdvice
from demandflow.facts import (
    Accepted,
    ContractedOut,
    Escalated,
    Evaluated,
    FedBack,
    Merged,
    Noted,
    Notified,
    Registered,
    Reported,
    Stepped,
)
from demandflow.policies import Remind, Reminders
from demandflow.testing import Checked, LawBroken, check
from tests.profiles import examples

pytestmark = pytest.mark.long

NO_YEARS = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days())
OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days(range(2020, 2050)))
RECEIVED, ACCEPTED = State("received", Stage.AUDIT, "auditor"), State("accepted", Stage.CONTRACTING, "dispatcher")
IN_HAND, REPORTED = State("in hand", Stage.FEEDBACK, "contractor"), State("reported", Stage.FEEDBACK, "clerk")
TOLD, DONE = State("told", Stage.EVALUATION, "resident"), State("done", Stage.ENDED, ended_as="closed")
STATES = (RECEIVED, ACCEPTED, IN_HAND, REPORTED, TOLD, DONE)
REGISTER = Move("register", Registered, START, "received", by=("resident", "clerk"))
ACCEPT = Move("accept", Accepted, "received", "accepted", by="auditor", means="accepted")
CONTRACT = Move("contract out", ContractedOut, "accepted", "in hand", by="dispatcher", means="contracted_out",
                rules=(rules.the_auditor_is_not_the_contractor,))  # fmt: skip
REPORT = Move("report", Reported, "in hand", "reported", by="contractor", means="reported",
              rules=(rules.a_contractor_acts_on_their_own_work, rules.the_auditor_does_not_do_the_work))  # fmt: skip
TELL = Move("tell", FedBack, "reported", "told", by="clerk", means=("told", "asked"))
EVALUATE = Move("evaluate", Evaluated, "told", "done", by="resident", means="evaluated",
                rules=(rules.nobody_evaluates_their_own_work,))  # fmt: skip
NOTE = Move("note", Noted, WHILE_OPEN, STAY, by="clerk")
SOUND = (REGISTER, ACCEPT, CONTRACT, REPORT, TELL, EVALUATE, NOTE)
"""The moves of a workflow without defects: each defective one differs from it in one thing."""


@dataclass(frozen=True)
class Refused:
    """The workflow is refused when it is built, with a defect of this kind."""

    kind: str


@dataclass(frozen=True)
class Warned:
    """The workflow is built with an advice of this kind; `by` does what warns, if that is not building it."""

    kind: str
    by: Callable[[Workflow], Any] | None = None


@dataclass(frozen=True)
class Found:
    """`check` as it comes finds a history that breaks this law, and these words are in its report."""

    law: str
    says: str


def workflow(*changed: Move, states: tuple[State, ...] = STATES, **more: Any) -> dict[str, Any]:
    """The parts of the sound workflow, with these moves instead of those of their names, or beside them."""
    names = {move.name for move in changed}
    kept = [move for move in SOUND if move.name not in names]
    at = {move.name: number for number, move in enumerate(SOUND)}
    moves = sorted((*kept, *changed), key=lambda move: at.get(move.name, len(at)))
    return {"name": "defective", "version": 1, "states": states, "moves": moves, **more}


def with_rule(move: Move, *guards: Any) -> dict[str, Any]:
    return workflow(replace(move, rules=(*move.rules, *guards)))


def without(name: str, *changed: Move, **more: Any) -> dict[str, Any]:
    parts = workflow(*changed, **more)
    return {**parts, "moves": [move for move in parts["moves"] if move.name != name]}


OPEN = ("received", "accepted", "in hand", "reported", "told")


def clock(runs_in: Any = OPEN, **more: Any) -> Clock:
    fields = {"name": "answer", "limits": "5 working days", "calendar": OFFICE, **more}
    return Clock(runs_in=runs_in, **fields)


def state(was: State, **fields: Any) -> tuple[State, ...]:
    return tuple(replace(one, **fields) if one == was else one for one in STATES)


# rules and conditions as people get them wrong


def nobody_may(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "nobody may"


def only_its_resident(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if proposal.by.id == demand.resident else "only its resident may"


def not_its_resident(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "its resident may not" if proposal.by.id == demand.resident else None


def it_was_told_before(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if demand.told else "tell the resident first"


def only_on_the_first_day(demand: Demand, proposal: Proposal[Any]) -> str | None:
    late = demand.received is not None and (proposal.at - demand.received).days >= 1
    return "the day is over" if late else None


def one_note_is_enough(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "there was a note" if Noted in demand.facts else None


def its_cost_is_known(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if demand.attributes.get("cost") else "say first what it costs"


def by_a_contractor_named_like_none(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if proposal.fact.contractor == f"{demand.contractor} & sons" else "only by their sons"


def it_raises(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return f"{demand.nonsense}"  # type: ignore[attr-defined]


def it_raises_of_the_anonymous(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if demand.resident.strip() else "who?"  # type: ignore[union-attr]


def it_answers_no(demand: Demand, proposal: Proposal[Any]) -> Any:
    return demand.version > 3


def it_answers_yes_after_a_day(demand: Demand, proposal: Proposal[Any]) -> Any:
    late = demand.received is not None and (proposal.at - demand.received).days >= 1
    return True if late else None


def never(demand: Demand, proposal: Proposal[Any]) -> bool:
    return demand.round < 0


def it_says_why(demand: Demand, proposal: Proposal[Any]) -> Any:
    return "it is resolved" if proposal.fact.resolved else None


def resolved(demand: Demand, proposal: Proposal[Any]) -> bool:
    return bool(proposal.fact.resolved)


def in_the_first_half_of_the_hour(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if datetime.now(UTC).minute < 30 else "come back in the next hour"


def before_the_year_is_over(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None if time() < 2e12 else "the year is over"


ASKED: list[int] = []


def every_second_time(demand: Demand, proposal: Proposal[Any]) -> str | None:
    ASKED.append(len(ASKED))
    return "ask again" if len(ASKED) % 2 else None


KNOWN: set[str] = set()


def nobody_twice(demand: Demand, proposal: Proposal[Any]) -> str | None:
    if str(demand.id) in KNOWN:
        return "you were here before"
    KNOWN.add(str(demand.id))
    return None


async def it_answers_later(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None


REST, STUCK = State("resting", Stage.FEEDBACK, "clerk"), State("stuck", Stage.FEEDBACK, "clerk")
MAYOR, MERGED = State("with the mayor", Stage.CONTRACTING, "mayor"), State("merged", Stage.ENDED, ended_as="merged")
SETTLE = Move("settle", Stepped, "with the mayor", "done", by="mayor")
AGAIN = replace(EVALUATE, to="accepted", means=("evaluated", "reworked"))
GET_STUCK = Move("shelve", Stepped, "accepted", "stuck", by="clerk")


def opened_with(*policies: Any) -> Callable[[Workflow], Any]:
    def opening(built: Workflow) -> None:
        with DemandFlow.open("memory:", workflows=[built], policies=policies):
            pass

    return opening


def checked(built: Workflow) -> Checked:
    return check(built, max_examples=examples(50))


NOTIFY = Move("notify", Notified, WHILE_OPEN, STAY, by="policy")
ONE, TWO = clock(("received", "accepted"), name="audit"), clock(("in hand", "reported", "told"), name="work")
DEAD_END, MODEL = "no dead end made by a rule", "demandflow does what the model says"
ANSWERS, SAME = "rules and conditions answer", "a rule answers the same when it is asked again"

DEFECTIVE: dict[str, tuple[dict[str, Any], Any]] = {
    # states and ways
    "a state that cannot be reached": (workflow(states=(*STATES, REST)), Refused("unreachable")),
    "a state without a way on": (workflow(GET_STUCK, states=(*STATES, STUCK)), Refused("dead-end")),
    "a loop with no way out": (
        workflow(
            GET_STUCK,
            Move("rest", Stepped, "stuck", "resting", by="clerk"),
            Move("rise", Stepped, "resting", "stuck", by="clerk"),
            states=(*STATES, STUCK, REST),
        ),
        Refused("loop"),
    ),
    "a way that leads only into a trap": (
        workflow(
            GET_STUCK,
            Move("rest", Stepped, "in hand", "resting", by="clerk"),
            Move("sink", Stepped, "resting", "stuck", by="clerk"),
            states=(*STATES, STUCK, REST),
        ),
        Refused("no-end"),
    ),
    "BACK where nothing leads from": (
        workflow(
            replace(REGISTER, to="resting"), Move("rise", Stepped, "resting", BACK, by="clerk"), states=(*STATES, REST)
        ),
        Refused("dead-end"),
    ),
    "no beginning": (without("register"), Refused("start")),
    "two beginnings with one fact": (
        workflow(Move("import", Registered, START, "accepted", by="clerk")),
        Refused("start"),
    ),
    "a misspelt goal": (workflow(replace(ACCEPT, to="acepted")), Refused("undeclared")),
    "a misspelt source": (workflow(replace(TELL, from_="reportet")), Refused("undeclared")),
    "a misspelt meaning": (workflow(replace(ACCEPT, means="acepted")), Refused("word")),
    "an end that does not say how": (workflow(states=state(DONE, ended_as=None)), Refused("end-unsaid")),
    "an ended demand that goes on": (
        workflow(Move("undo", Stepped, "done", "accepted", by="clerk")),
        Refused("way-out"),
    ),
    "one ended as another": (
        workflow(
            Move("lose", Stepped, "done", "gone", by="clerk"),
            states=(*STATES, State("gone", Stage.ENDED, ended_as="withdrawn")),
        ),
        Refused("way-out"),
    ),
    "a merge without its other side": (
        workflow(Move("merge", Merged, "received", "merged", by="auditor"), states=(*STATES, MERGED)),
        Refused("fact"),
    ),
    "a merge that closes": (workflow(Move("merge", Merged, "received", "done", by="auditor")), Refused("way-out")),
    # who
    "a state in which it is nobody's turn": (workflow(states=state(ACCEPTED, owner=None)), Refused("no-owner")),
    "a move that nobody may make": (workflow(replace(ACCEPT, by=())), Refused("nobody")),
    "a state that waits for who can do nothing": (workflow(states=state(ACCEPTED, owner="boss")), Warned("idle-owner")),
    "two words for one role": (workflow(replace(ACCEPT, by=("auditor", "auditer"))), Warned("alike")),
    "handling and evaluating by one person": (workflow(replace(EVALUATE, rules=())), Warned("separation")),
    "handling and evaluating by one person, who must be the resident": (
        workflow(replace(EVALUATE, rules=(rules.a_resident_acts_for_their_own_demand,))),
        Warned("separation"),
    ),
    "reporting and evaluating in one role": (
        without(
            "contract out",
            replace(ACCEPT, to="in hand"),
            replace(REPORT, by="clerk", rules=()),
            replace(EVALUATE, by="clerk", rules=()),
            states=tuple(replace(one, owner="clerk") for one in STATES if one != ACCEPTED),
        ),
        Warned("separation"),
    ),
    "auditing and handling by one person": (
        workflow(replace(CONTRACT, rules=()), replace(REPORT, rules=(rules.a_contractor_acts_on_their_own_work,))),
        Warned("separation"),
    ),
    # alternatives
    "two moves of one name in the wrong order": (
        workflow(EVALUATE, replace(EVALUATE, when=resolved)),
        Refused("order"),
    ),
    "alternatives without a fallback": (workflow(replace(EVALUATE, when=resolved)), Refused("order")),
    "two facts under one name": (workflow(NOTE, replace(NOTE, fact=Escalated, by="boss")), Refused("fact")),
    "a condition that never holds beside a fallback": (
        workflow(
            replace(EVALUATE, to="with the mayor", when=never),
            EVALUATE,
            SETTLE,
            Move("appeal", Stepped, "told", "with the mayor", by="clerk"),
            states=(*STATES, MAYOR),
        ),
        Warned("idle-move", checked),
    ),
    "a condition that never holds, so that all go the long way": (
        workflow(
            replace(EVALUATE, when=never), replace(EVALUATE, to="with the mayor"), SETTLE, states=(*STATES, MAYOR)
        ),
        Warned("idle-move", checked),
    ),
    "a condition that always holds before a fallback": (
        workflow(
            replace(EVALUATE, when=lambda demand, proposal: not never(demand, proposal)),
            replace(EVALUATE, to="with the mayor"),
            SETTLE,
            Move("appeal", Stepped, "told", "with the mayor", by="clerk"),
            states=(*STATES, MAYOR),
        ),
        Warned("idle-move", checked),
    ),
    "a condition that answers with a sentence": (
        workflow(replace(EVALUATE, when=it_says_why), EVALUATE),
        Warned("answer"),
    ),
    # feedback and rework
    "reported and closed, and nobody asked": (
        without(
            "evaluate",
            replace(TELL, fact=Stepped, means=(), to="done"),
            states=tuple(one for one in STATES if one != TOLD),
        ),
        Refused("past-feedback"),
    ),
    "a way past feedback beside the right one": (
        workflow(Move("shelve", Stepped, "reported", "done", by="clerk")),
        Refused("past-feedback"),
    ),
    "telling nobody, and telling": (workflow(tells_nobody=True), Refused("telling")),
    "silent for nothing": (workflow(replace(ACCEPT, silent=True)), Refused("silent")),
    "rework without a bound": (workflow(replace(EVALUATE, when=resolved), AGAIN), Refused("unbounded")),
    "rework that is not called so": (
        workflow(replace(EVALUATE, when=resolved), replace(AGAIN, means="evaluated")),
        Refused("unbounded"),
    ),
    "taking over without a bound": (
        workflow(replace(EVALUATE, when=resolved), replace(AGAIN, means=("evaluated", "taken_over"))),
        Refused("unbounded"),
    ),
    "a report that is not called so": (workflow(replace(REPORT, means=())), Warned("unmeant")),
    # rules
    "a rule that always objects on the only way": (with_rule(REPORT, nobody_may), Found(DEAD_END, "nobody may")),
    "a rule that always objects beside other ways": (
        workflow(Move("withdraw", Stepped, "received", "done", by="clerk", rules=(nobody_may,))),
        Warned("idle-move", checked),
    ),
    "a rule that always objects at the beginning": (with_rule(REGISTER, nobody_may), Warned("idle-move", checked)),
    "rules that contradict each other": (
        with_rule(EVALUATE, only_its_resident, not_its_resident),
        Found(DEAD_END, "evaluate from told is refused"),
    ),
    "a rule that asks for what can only come later": (
        with_rule(REPORT, it_was_told_before),
        Found(DEAD_END, "tell the resident first"),
    ),
    "an anonymous demand that cannot go on": (
        with_rule(EVALUATE, rules.a_resident_acts_for_their_own_demand),
        Found(DEAD_END, "evaluate from told is refused"),
    ),
    "an anonymous demand of which nobody can be told": (
        with_rule(TELL, rules.the_anonymous_cannot_be_asked),
        Found(DEAD_END, "the demand is anonymous"),
    ),
    "a demand that is lost after a day": (with_rule(ACCEPT, only_on_the_first_day), Found(DEAD_END, "the day is over")),
    "a demand that a note stops for good": (with_rule(TELL, one_note_is_enough), Found(DEAD_END, "there was a note")),
    "a rule about a field that nobody can fill": (
        with_rule(CONTRACT, its_cost_is_known),
        Found(DEAD_END, "say first what it costs"),
    ),
    "a rule that is never satisfied by any fact": (
        workflow(replace(CONTRACT, rules=(by_a_contractor_named_like_none, *CONTRACT.rules))),
        Found(DEAD_END, "only by their sons"),
    ),
    "a rule that raises": (with_rule(NOTE, it_raises), Found(ANSWERS, "it_raises")),
    "a rule that raises of the anonymous": (
        with_rule(EVALUATE, it_raises_of_the_anonymous),
        Found(f"{DEAD_END}|rules and conditions answer", "AttributeError"),
    ),
    "a rule that answers True": (with_rule(ACCEPT, it_answers_no), Refused("answer")),
    "a rule that answers True now and then": (
        with_rule(NOTE, it_answers_yes_after_a_day),
        Found(MODEL, "note of demand"),
    ),
    "a rule that answers later": (with_rule(ACCEPT, it_answers_later), Refused("type")),
    "a rule that is yet to be made": (with_rule(ACCEPT, rules.the_bound_is_reached), Refused("type")),
    "a rule that asks what time it is": (with_rule(ACCEPT, in_the_first_half_of_the_hour), Warned("unsteady")),
    "a rule that asks for the time of the machine": (with_rule(ACCEPT, before_the_year_is_over), Warned("unsteady")),
    "a rule that counts how often it was asked": (
        with_rule(ACCEPT, every_second_time),
        Found(SAME, "every_second_time"),
    ),
    "a rule that remembers whom it saw": (with_rule(ACCEPT, nobody_twice), Found(DEAD_END, "you were here before")),
    # clocks
    "a clock in a misspelt state": (workflow(clocks=[clock(("recieved", "in hand"))]), Refused("clock")),
    "a clock that runs after the end": (workflow(clocks=[clock(("told", "done"))]), Refused("clock")),
    "a limit that is never tried": (
        workflow(clocks=[clock(limits=("5 working days", Limit("1 hour", urgency="urgent")))]),
        Refused("clock"),
    ),
    "a clock by a calendar without years": (workflow(clocks=[clock(calendar=NO_YEARS)]), Refused("clock")),
    "a state that no clock watches": (workflow(clocks=[ONE]), Warned("no-clock")),
    "a clock that never rests": (workflow(clocks=[clock(OPEN[1:], paused_in="received")]), Warned("idle-clock")),
    "a clock that is never extended": (
        workflow(clocks=[clock(("reported", "told"), name="feedback", extensible=True), clock(OPEN[:3])]),
        Warned("idle-clock"),
    ),
    "a clock that no policy watches": (
        workflow(NOTIFY, clocks=[ONE, TWO]),
        Warned("unwatched", opened_with(Reminders((Remind(clocks=("audit",)),)))),
    ),
}


def told_by(act: Callable[[], Any]) -> list[str]:
    """The kinds of advice that this warns of; that it does so keeps nothing from happening."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        act()
    return [warning.message.advice.kind for warning in seen if isinstance(warning.message, WorkflowAdvice)]


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize("name", DEFECTIVE)
def test_a_defective_workflow_is_refused_warned_of_or_found(name: str) -> None:
    parts, expected = DEFECTIVE[name]
    if isinstance(expected, Refused):
        with pytest.raises(InvalidWorkflow) as refused:
            Workflow(**parts)
        assert expected.kind in {defect.kind for defect in refused.value.defects}
    elif isinstance(expected, Warned) and expected.by is not None:
        assert told_by(partial(expected.by, Workflow(**parts))) == [expected.kind]
    elif isinstance(expected, Warned):
        assert expected.kind in told_by(lambda: Workflow(**parts))
    else:
        with pytest.raises(LawBroken, match=expected.law) as found:
            check(Workflow(**parts))
        assert expected.says in str(found.value)


def test_there_are_many_kinds_of_them() -> None:
    assert len(DEFECTIVE) >= 60
    kinds = {expected.law if isinstance(expected, Found) else expected.kind for _, expected in DEFECTIVE.values()}
    assert len(kinds) >= 25


def test_the_workflow_without_defects_is_built_checked_and_opened_without_a_word() -> None:
    built = Workflow(**workflow(NOTIFY, clocks=[ONE, TWO]))
    assert checked(built).advice == ()
    for policies in ((), (Reminders((Remind(),)),), (Reminders((Remind(clocks=("audit", "work")),)),)):
        assert not told_by(partial(opened_with(*policies), built))
