"""Exploring a workflow finds every place that a demand can come to, and what no condition ever lets through."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    Demand,
    Fact,
    InvalidValue,
    Move,
    Noted,
    Proposal,
    Registered,
    Stage,
    State,
    Stepped,
    Workflow,
    closed_loop,
)
from demandflow.workbench import explore


class Counted(Fact):
    """So many were counted."""

    TOPIC: ClassVar[str] = "tests.counted"
    number: int


def it_is_many(demand: Demand, proposal: Proposal[Counted]) -> bool:
    return proposal.fact.number >= 1000


def never(demand: Demand, proposal: Proposal[Any]) -> bool:
    return False


OPEN, WAITING = State("open", Stage.AUDIT, owner="clerk"), State("waiting", Stage.FEEDBACK, owner="clerk")
DONE = State("done", Stage.ENDED, ended_as="closed")
FILE = Move("file", Registered, START, "open", by="clerk")
FINISH = Move("finish", Stepped, "open", "done", by="clerk")


def small(*moves: Move) -> Workflow:
    return Workflow("small", 1, (OPEN, WAITING, DONE), (FILE, FINISH, *moves))


REST = (Move("rest", Noted, "open", "waiting", by="clerk"), Move("wake", Stepped, "waiting", BACK, by="clerk"))


def test_a_workflow_without_conditions_has_as_many_places_as_states() -> None:
    found = explore(small(*REST))
    assert [str(one) for one in found.configurations] == ["", "open", "done", "waiting (back to open)"]
    assert (found.told_apart, found.cut, found.unused) == ((), 0, ())
    assert [step.move for step in found.ways_to_ends["done"]] == ["file", "finish"]
    assert [step.move for step in found.longest] == ["file", "rest"]


def test_what_a_condition_looks_at_in_the_fact_is_tried() -> None:
    count = Move("count", Counted, "open", "waiting", by="clerk", when=it_is_many)
    found = explore(small(count, replace(count, to=STAY, when=None), *REST[1:]))
    assert not found.unused, "a million is among the samples"
    few = explore(found_by(count), facts={Counted: [Counted(number=3)]})
    assert few.unused == (("count", "open", "waiting"), ("wake", "waiting", "open"))


def found_by(count: Move) -> Workflow:
    return small(count, replace(count, to=STAY, when=None), *REST[1:])


def test_a_move_that_no_condition_lets_through_is_named() -> None:
    shut = Move("try", Noted, "open", "waiting", by="clerk", when=never)
    found = explore(small(shut, replace(shut, to=STAY, when=None), *REST))
    assert found.unused == (("try", "open", "waiting"),)
    assert "never used: try from open to waiting" in str(found)


@settings(max_examples=5, deadline=None)
@given(bound=st.integers(1, 3), calls=st.integers(1, 3))
def test_the_numbers_of_the_closed_loop_show_in_its_places(bound: int, calls: int) -> None:
    found = explore(closed_loop("numbered", bound=bound, missed_callbacks=calls), bound=bound + 1)
    taken_over = [dict(one.told_apart)["round"] for one in found.configurations if one.state == "taken_over"]
    assert min(taken_over) == bound + 1, "the supervisor takes over after as many rounds"
    missed = [dict(one.told_apart)["missed_callbacks"] for one in found.configurations]
    assert max(missed) == calls
    assert {name for name, _, _ in found.unused} == {
        name for name, number in (("evaluate", bound), ("miss_callback", calls)) if number == 1
    }, "where the first time is the last, nothing goes round"
    assert found.cut, "reopening goes on beyond every bound"


def test_every_step_leads_from_a_place_to_a_place() -> None:
    found = explore(CLOSED_LOOP, bound=2)
    places = set(found.configurations)
    assert {step.before for step in found.steps} | {step.after for step in found.steps} <= places
    reached = {step.after for step in found.steps} | {found.configurations[0]}
    assert reached == places
    assert found.way_to(lambda one: one.state == "nowhere") is None


def test_a_longer_way_is_never_taken_for_the_shortest() -> None:
    found = explore(CLOSED_LOOP, bound=2)
    for end, way in found.ways_to_ends.items():
        assert way[-1].after.state == end
        assert all(one.after == other.before for one, other in pairwise(way))
    assert len(found.ways_to_ends["withdrawn"]) == 2


@pytest.mark.parametrize(
    ("wrongly", "says"),
    [
        (lambda: explore("closed-loop"), "must be a Workflow"),  # type: ignore[arg-type]
        (lambda: explore(CLOSED_LOOP, bound=0), "must be a whole number from 1"),
        (lambda: explore(CLOSED_LOOP, most=10), "more than 10 configurations"),
    ],
)
def test_a_wrong_question_is_answered_clearly(wrongly: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        wrongly()
