"""A workflow is checked when it is built, and asked ever after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from demandflow import (
    ANYWHERE,
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    Accepted,
    Actor,
    Demand,
    Fact,
    InvalidValue,
    InvalidWorkflow,
    Merged,
    Move,
    MoveNotAllowed,
    Noted,
    Proposal,
    Refused,
    Registered,
    Stage,
    State,
    Stepped,
    Workflow,
    closed_loop,
)
from demandflow.domain.admission import admit
from demandflow.domain.rules import it_has_not_passed_the_audit
from tests.stories import AUDITOR, CLERK, T0, A, Story, told


class Ours(Fact):
    """A fact whose name is taken."""

    TOPIC: ClassVar[str] = "demand.noted"


class Prefixed(Fact):
    """A fact that borrows our prefix."""

    TOPIC: ClassVar[str] = "demand.prefixed"


class Numbered(Fact):
    """A fact with a number for a name."""

    TOPIC: ClassVar[Any] = 3


class Nameless(Fact):
    """A fact without a name."""


wrongly: Any = replace
OPEN, WAITING = State("open", Stage.AUDIT, owner="clerk"), State("waiting", Stage.FEEDBACK, owner="clerk")
DONE = State("done", Stage.ENDED, ended_as="closed")
FILE = Move("file", Registered, START, "open", by="clerk")
FINISH = Move("finish", Stepped, "open", "done", by="clerk")


def build(*moves: Move, states: tuple[State, ...] = (OPEN, DONE)) -> Workflow:
    return Workflow("small", 1, states, moves)


@pytest.mark.parametrize(
    ("states", "moves", "says"),
    [
        ((OPEN, OPEN, DONE), (FILE, FINISH), "declared 2 times"),
        ((OPEN, DONE, State(" ", Stage.AUDIT)), (FILE, FINISH), "without blanks"),
        ((OPEN, DONE), (FILE, replace(FINISH, to="dome")), "'dome' that is not declared"),
        ((OPEN, DONE), (FILE, replace(FINISH, from_="opne")), "'opne' that is not declared"),
        ((OPEN, replace(DONE, ended_as="finished")), (FILE, FINISH), "say one of closed"),
        ((OPEN, replace(DONE, ended_as=None)), (FILE, FINISH), "go together"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="happy")), "say some of accepted"),
        ((OPEN, DONE), (FILE, replace(FINISH, by=())), "made by nobody"),
        ((OPEN, DONE), (FINISH,), "no move registers"),
        ((OPEN, DONE), (replace(FILE, fact=Noted), FINISH), "use Registered"),
        ((OPEN, DONE), (replace(FILE, to=STAY), FINISH), "leads to no state"),
        ((OPEN, DONE), (FILE, replace(FILE, name="import"), FINISH), "both start with Registered"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Registered)), "is registered already"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="evaluated")), "use Evaluated or a subclass"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="reported")), "use Reported or a subclass"),
        ((OPEN, DONE), (FILE, FINISH, Move("merge", Merged, "open", "done", by="clerk")), "add one with TookIn"),
        ((State("open", "audit"), DONE), (FILE, FINISH), "say a Stage"),  # type: ignore[arg-type]
        (("open", DONE), (FILE, FINISH), "is no State"),
        ((State("open", Stage.AUDIT, owner=["x"]), DONE), (FILE, FINISH), "owner is a role"),  # type: ignore[arg-type]
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Numbered)), "has no TOPIC"),
        ((OPEN, DONE), (FILE, "finish"), "is no Move"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, fact="Noted")), "give a class of facts"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, from_=None)), "leads from None"),
        ((OPEN, DONE), (FILE, replace(FINISH, from_=BACK)), "leads from BACK"),
        ((OPEN, DONE), (FILE, replace(FINISH, to=START)), "leads to START"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, rules=("x",))), "a tuple of functions"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, when=3)), "when is a function"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, means=5)), "means is a word"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, by=3)), "by is a word"),
        ((OPEN, DONE), (FILE, replace(FINISH, by="")), "made by nobody"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Ours)), "share the TOPIC"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Prefixed)), "'demand.' is ours"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Nameless)), "has no TOPIC"),
        ((OPEN, DONE), (FILE, FINISH, replace(FINISH, fact=Noted)), "record different facts"),
        ((OPEN, WAITING, DONE), (FILE, FINISH), "'waiting' cannot be reached"),
        ((OPEN, WAITING, DONE), (FILE, FINISH, Move("wait", Noted, "open", "waiting", by="clerk")), "no end can be"),
        ((OPEN, DONE), (FILE, FINISH, FINISH), "comes before others"),
        ((OPEN, DONE), (FILE, replace(FINISH, when=it_has_not_passed_the_audit)), "the last has a condition"),
    ],
)
def test_a_workflow_with_a_defect_is_not_built(states: Any, moves: Any, says: str) -> None:
    with pytest.raises(InvalidWorkflow, match=says) as caught:
        build(*moves, states=states)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("name", "version"), [("", 1), ("a@b", 1), (3, 1), ("x", 0), ("x", "1"), ("x", True)])
def test_a_workflow_has_a_name_and_a_version(name: Any, version: Any) -> None:
    with pytest.raises(InvalidWorkflow, match=r"give a (printable name|whole number)"):
        Workflow(name, version, (OPEN, DONE), (FILE, FINISH))


def test_a_workflow_that_is_no_list_says_so() -> None:
    with pytest.raises(InvalidWorkflow, match="None is no State"):
        Workflow("x", 1, None, FINISH)  # type: ignore[arg-type]


def test_all_defects_are_told_at_once() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        build(replace(FINISH, to="x", means="y", by=()))
    assert len(caught.value.defects) == 4


def test_back_somewhere_else_does_not_excuse_a_condition() -> None:
    rest = Move("rest", Noted, "open", "resting", by="clerk")
    back = Move("finish", Stepped, "resting", BACK, by="clerk")
    conditional = replace(FINISH, when=it_has_not_passed_the_audit)
    with pytest.raises(InvalidWorkflow, match="the last has a condition"):
        build(FILE, rest, back, conditional, states=(OPEN, State("resting", Stage.AUDIT, "clerk"), DONE))


def test_back_leads_where_the_demand_came_from_and_nowhere_else() -> None:
    rest = Move("rest", Stepped, ("open", "waiting"), "resting", by="clerk")
    wait = Move("wait", Noted, "open", "waiting", by="clerk")
    wake = Move("wake", Accepted, "resting", BACK, by="clerk")
    end = Move("finish", Stepped, ("open", "waiting"), "done", by="clerk")
    small = build(FILE, rest, wait, wake, end, states=(OPEN, WAITING, State("resting", Stage.AUDIT, "clerk"), DONE))
    clerk = Actor("li", "clerk")
    for came_from in ("open", "waiting"):
        resting = Demand(A, version=2, state="resting", came_from=came_from, round=1)
        assert admit(small, resting, Proposal("wake", Accepted(), clerk, T0)).state == came_from
        assert [move.leads_to for move in small.possible(resting)] == [(came_from,)]
    lost = Demand(A, version=2, state="resting", came_from="nowhere", round=1)
    with pytest.raises(MoveNotAllowed):
        admit(small, lost, Proposal("wake", Accepted(), clerk, T0))


def test_a_move_takes_its_own_fact() -> None:
    with pytest.raises(InvalidValue, match="records Accepted, not Noted"):
        admit(CLOSED_LOOP, told("register"), Proposal("accept", Noted(text="x"), AUDITOR, T0.replace(year=2026)))


@pytest.mark.parametrize("move", ["evaluate", "feed_back"])
def test_a_wrong_fact_is_told_before_a_condition_asks_it(move: str) -> None:
    demand = told("register answer feed_back") if move == "evaluate" else told("register answer")
    by = Actor("张三", "resident") if move == "evaluate" else CLERK
    with pytest.raises(InvalidValue, match="not Noted"):
        admit(CLOSED_LOOP, demand, Proposal(move, Noted(text="x"), by, T0.replace(year=2026)))


@pytest.mark.parametrize("answer", [True, False, 3, ["x"], ""])
def test_a_rule_that_does_not_speak_is_a_defect(answer: Any) -> None:
    def speechless(demand: Demand, proposal: Proposal[Any]) -> Any:
        return answer

    small = build(FILE, replace(FINISH, rules=(speechless,)))
    standing = Demand(A, version=1, state="open", round=1)
    with pytest.raises(InvalidWorkflow, match="rule speechless must return a sentence or None, it returned"):
        admit(small, standing, Proposal("finish", Stepped(), Actor("li", "clerk"), T0))


def test_a_state_that_the_workflow_does_not_have_has_no_moves() -> None:
    lost = Demand(A, version=1, state="renamed", round=1)
    assert CLOSED_LOOP.possible(lost) == ()
    with pytest.raises(MoveNotAllowed, match="cannot accept a demand that is renamed"):
        admit(CLOSED_LOOP, lost, Proposal("accept", Accepted(), AUDITOR, T0))


def test_what_is_possible_names_moves_and_roles() -> None:
    reported = told("register answer")
    assert [str(move) for move in CLOSED_LOOP.possible(reported, CLERK)] == [
        "feed_back (grid_administrator)",
        "note (grid_administrator)",
    ]
    assert CLOSED_LOOP.states_owned_by("resident") == ("details_asked", "fed_back")
    assert repr(ANYWHERE) == "ANYWHERE"
    assert repr(STAY) == "STAY"


@pytest.mark.parametrize("number", ["bound", "missed_callbacks", "notice_days", "reopening_days"])
def test_the_numbers_of_the_closed_loop_are_checked(number: str) -> None:
    with pytest.raises(InvalidValue, match=number):
        closed_loop(**{number: 0})  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=number):
        closed_loop(**{number: "3"})  # type: ignore[arg-type]


def test_a_community_may_have_its_own_numbers() -> None:
    stricter: Any = closed_loop("strict-loop", bound=2, missed_callbacks=1)
    again = "contract_out take_on report feed_back evaluate_unresolved"
    assert told(f"register accept {again}", stricter).state == "accepted"
    assert told(f"register accept {again} {again}", stricter).state == "taken_over"
    assert told("register answer feed_back miss_callback", stricter).state == "closed"
    once: Any = closed_loop("once", bound=1)
    assert told("register answer feed_back evaluate_unresolved", once).state == "taken_over"


def test_an_appeal_is_audited_even_by_a_way_round() -> None:
    path = "register accept contract_out hand_back"
    story = Story().tell(path)
    story.step("refuse", Refused(code="x", words="y"), Actor("zhao", "dispatcher"))
    story.tell("appeal withdraw reopen")
    assert (story.demand.state, story.demand.audited) == ("registered", False)
