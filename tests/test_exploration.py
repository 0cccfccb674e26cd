"""Exploring a workflow finds every place that a demand can come to, and what no condition ever lets through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
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
    Escalated,
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
    taken_over = [dict(one.values)["round"] for one in found.configurations if one.state == "taken_over"]
    assert min(taken_over) == bound + 1, "the supervisor takes over after as many rounds"
    missed = [dict(one.values)["missed_callbacks"] for one in found.configurations]
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


def it_came_from_the_detour(demand: Demand, proposal: Proposal[Any]) -> bool:
    return demand.came_from == "detour"


NOTE = Move("note", Noted, "open", STAY, by="clerk")
ESCALATE = Move("escalate", Escalated, "open", STAY, by="clerk", means="escalated")


def asking(condition: Any) -> Workflow:
    """A workflow in which `asked` is come to only on this condition."""
    choose = Move("choose", Stepped, "open", "asked", by="clerk", when=condition)
    left = Move("leave", Stepped, "asked", "done", by="clerk")
    states = (OPEN, WAITING, State("asked", Stage.AUDIT, owner="clerk"), DONE)
    on = (Move("rest", Noted, "open", "waiting", by="clerk"), Move("go on", Stepped, "waiting", "done", by="clerk"))
    return Workflow(
        "asking", 1, states, (FILE, FINISH, *on, NOTE, ESCALATE, choose, replace(choose, to=STAY, when=None), left)
    )


@pytest.mark.parametrize(
    ("condition", "uncertain"),
    [
        (lambda demand, proposal: Escalated in demand.facts, "facts"),
        (lambda demand, proposal: demand.version >= 60, "version"),
        (lambda demand, proposal: proposal.at - demand.received > timedelta(days=90), "received"),
        (lambda demand, proposal: proposal.at.year > 2030, "at"),
        (lambda demand, proposal: proposal.other is not None, "other"),
        (lambda demand, proposal: demand.channel == "hotline", "channel"),
        (lambda demand, proposal: demand.due is not None, "due"),
        (lambda demand, proposal: "Anna" in demand.workers, "workers"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_of_a_move_that_depends_on_what_cannot_be_tried_nothing_is_claimed(condition: Any, uncertain: str) -> None:
    found = explore(asking(condition))
    assert uncertain in found.uncertain
    assert found.unused == ()
    assert found.undecided == (("choose", "open", "asked"), ("leave", "asked", "done"))
    assert f"{uncertain}): choose from open to asked" in str(found)
    assert "never used" not in str(found)


def test_what_is_told_apart_is_certain() -> None:
    found = explore(asking(lambda demand, proposal: demand.taken_over or demand.anonymous is None or not demand.open))
    assert (found.uncertain, found.undecided) == ((), ())
    assert found.unused == (("choose", "open", "asked"), ("leave", "asked", "done"))


def test_a_condition_may_ask_where_a_demand_came_from() -> None:
    detour = State("detour", Stage.FEEDBACK, owner="clerk")
    ways = (
        Move("go round", Stepped, "open", "detour", by="clerk"),
        Move("rest", Noted, ("open", "detour"), "waiting", by="clerk"),
        Move("choose", Stepped, "waiting", "done", by="clerk", when=it_came_from_the_detour),
        Move("choose", Stepped, "waiting", "open", by="clerk"),
    )
    found = explore(Workflow("two ways", 1, (OPEN, detour, WAITING, DONE), (FILE, FINISH, *ways)))
    assert found.told_apart == ("came_from",)
    assert (found.unused, found.undecided, found.uncertain) == ((), (), ())
    assert "came_from" not in explore(small(*REST)).told_apart, "the table asks for itself"


@settings(max_examples=3, deadline=None)
@given(bound=st.integers(1, 7), calls=st.integers(2, 5))
def test_the_bound_lies_beyond_the_numbers_of_the_workflow(bound: int, calls: int) -> None:
    found = explore(closed_loop("numbered", bound=bound + 1, missed_callbacks=calls))
    assert found.bound == max(6, bound + 4, calls + 3)
    assert found.unused == ()


def test_at_the_bound_nothing_is_never() -> None:
    found = explore(closed_loop(bound=8), bound=6)
    assert ("evaluate", "fed_back", "taken_over") in found.unused
    assert "not used within the bound of 6: evaluate from fed_back to taken_over" in str(found)
    assert "never used" not in str(found)


def test_facts_that_can_be_read_once_only_are_tried_on_every_walk() -> None:
    count = Move("count", Counted, "open", "waiting", by="clerk", when=lambda demand, proposal: demand.escalated)
    workflow = found_by(count)
    once = explore(workflow, facts={Counted: (Counted(number=number) for number in (3, 4))})
    assert once == explore(workflow, facts={Counted: [Counted(number=3), Counted(number=4)]})
    some = explore(found_by(replace(count, when=escalated_and_many)), facts={Counted: iter([Counted(number=3)])})
    assert ("count", "open", "waiting") in some.unused


def escalated_and_many(demand: Demand, proposal: Proposal[Counted]) -> bool:
    return not demand.escalated and it_is_many(demand, proposal)


@pytest.mark.parametrize(
    ("wrongly", "says"),
    [
        (lambda: explore("closed-loop"), "must be a Workflow"),  # type: ignore[arg-type]
        (lambda: explore(CLOSED_LOOP, bound=0), "must be a whole number from 1"),
        (lambda: explore(CLOSED_LOOP, most=10), "more than 10 configurations"),
        (lambda: explore(CLOSED_LOOP, most="x"), "most: must be a whole number from 1, got 'x'"),  # type: ignore[arg-type]
        (lambda: explore(CLOSED_LOOP, facts=5), "facts: must give facts for classes of facts, got 5"),  # type: ignore[arg-type]
        (lambda: explore(CLOSED_LOOP, facts={Noted: 5}), "facts: must be several for Noted, got 5"),  # type: ignore[dict-item]
        (lambda: explore(CLOSED_LOOP, facts={Noted: [5]}), "facts: 5 is no Noted"),  # type: ignore[list-item]
        (lambda: explore(CLOSED_LOOP, facts={Counted: []}), "closed-loop@2 records no .*Counted"),
    ],
)
def test_a_wrong_question_is_answered_clearly(wrongly: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        wrongly()


def nobody_may(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "nobody may"


def test_a_way_that_a_rule_forbids_is_not_given() -> None:
    detour = (Move("rest", Noted, "open", "waiting", by="clerk"), Move("go on", Stepped, "waiting", "done", by="clerk"))
    workflow = small(*detour)
    assert [step.move for step in explore(workflow).ways_to_ends["done"]] == ["file", "finish"]
    shut = replace(
        workflow, moves=[replace(m, rules=(nobody_may,)) if m.name == "finish" else m for m in workflow.moves]
    )
    found = explore(shut)
    assert [step.move for step in found.ways_to_ends["done"]] == ["file", "rest", "go on"]
    assert found.closed_off == ()
    assert "finish" not in str(found)


def test_an_end_that_rules_close_off_is_said_to_be_closed_off() -> None:
    shut = replace(
        small(*REST), moves=[replace(m, rules=(nobody_may,)) if m.name == "finish" else m for m in small(*REST).moves]
    )
    found = explore(shut)
    assert found.ways_to_ends == {}
    assert found.closed_off == ("done",)
    assert "no way to done was found on which no rule objects" in str(found)
    assert [step.move for step in found.longest] == ["file", "rest"]
    nobody = explore(replace(shut, moves=[replace(m, rules=(nobody_may,)) for m in shut.moves]))
    assert (nobody.longest, nobody.closed_off) == ((), ("done",))


def test_the_ways_of_the_closed_loop_can_be_gone() -> None:
    found = explore(CLOSED_LOOP, bound=2)
    assert found.closed_off == ()
    assert set(found.ways_to_ends) == {"closed", "refused", "withdrawn", "merged"}
    assert len(found.longest) > 5
