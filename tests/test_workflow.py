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
    Move,
    MoveNotAllowed,
    Noted,
    Proposal,
    Registered,
    Stage,
    State,
    Stepped,
    Workflow,
    closed_loop,
)
from demandflow.domain.admission import admit
from demandflow.domain.rules import it_never_passed_the_audit
from tests.stories import AUDITOR, CLERK, T0, A, told


class Ours(Fact):
    """A fact whose name is taken."""

    TOPIC: ClassVar[str] = "demand.noted"


class Prefixed(Fact):
    """A fact that borrows our prefix."""

    TOPIC: ClassVar[str] = "demand.prefixed"


class Nameless(Fact):
    """A fact without a name."""


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
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Ours)), "share the TOPIC"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Prefixed)), "'demand.' is ours"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Nameless)), "has no TOPIC"),
        ((OPEN, DONE), (FILE, FINISH, replace(FINISH, fact=Noted)), "record different facts"),
        ((OPEN, WAITING, DONE), (FILE, FINISH), "'waiting' cannot be reached"),
        ((OPEN, WAITING, DONE), (FILE, FINISH, Move("wait", Noted, "open", "waiting", by="clerk")), "no end can be"),
        ((OPEN, DONE), (FILE, FINISH, FINISH), "comes before others"),
        ((OPEN, DONE), (FILE, replace(FINISH, when=it_never_passed_the_audit)), "the last has a condition"),
    ],
)
def test_a_workflow_with_a_defect_is_not_built(states: tuple[State, ...], moves: tuple[Move, ...], says: str) -> None:
    with pytest.raises(InvalidWorkflow, match=says) as caught:
        build(*moves, states=states)
    assert isinstance(caught.value, ValueError)


def test_all_defects_are_told_at_once() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        build(replace(FINISH, to="x", means="y", by=()))
    assert len(caught.value.defects) == 4


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


def test_a_community_may_have_its_own_numbers() -> None:
    stricter: Any = closed_loop("strict-loop", bound=2, missed_callbacks=1)
    again = "contract_out take_on report feed_back evaluate_unresolved"
    assert told(f"register accept {again}", stricter).state == "accepted"
    assert told(f"register accept {again} {again}", stricter).state == "taken_over"
    assert told("register answer feed_back miss_callback", stricter).state == "closed"
