"""Comparing two workflows tells everything that differs between them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demandflow import (
    START,
    STAY,
    Calendar,
    Clock,
    Days,
    Demand,
    InvalidWorkflow,
    Limit,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
)
from demandflow.analysis import diff
from demandflow.domain.moves import sources
from demandflow.facts import Noted, Registered, Stepped
from demandflow.testing.strategies import clocks
from tests.laws.workflows import workflows
from tests.profiles import examples

many = settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
pytestmark = pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")


def table(workflow: Workflow) -> Any:
    """All that a workflow says, without its name and version, each move apart by where it leads from."""
    moves: dict[Any, list[Any]] = {}
    for move in workflow.moves:
        said = {**vars(move), "from_": None, "by": set(move.roles), "means": set(move.meanings)}
        for source in sources(move, workflow.states):
            moves.setdefault((move.name, source), []).append(said)
    timed = {
        clock.name: {
            **vars(clock),
            **{what: set(getattr(clock, what)) for what in ("runs_in", "paused_in", "restarts")},
        }
        for clock in workflow.clocks
    }
    return {state.name: state for state in workflow.states}, moves, workflow.tells_nobody, timed


def rule_named(name: str) -> Callable[[Demand, Proposal[Any]], str | None]:
    def rule(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return None

    rule.__name__ = name
    return rule


@st.composite
def retold(draw: st.DrawFn, workflow: Workflow) -> Workflow:
    """The same workflow in other words: another order of what has none, a move for several states as several moves."""
    moves = [
        replace(one, by=tuple(draw(st.permutations(one.roles))), means=tuple(draw(st.permutations(one.meanings))))
        for move in workflow.moves
        for one in ([replace(move, from_=name) for name in move.from_] if isinstance(move.from_, tuple) else [move])
    ]
    names = draw(st.permutations(list(dict.fromkeys(move.name for move in moves))))
    states = draw(st.permutations(workflow.states))
    ordered = [move for name in names for move in moves if move.name == name]
    again = [
        replace_clock(one, runs_in=draw(st.permutations(one.runs_in)), restarts=draw(st.permutations(one.restarts)))
        for one in draw(st.permutations(workflow.clocks))
    ]
    parts: dict[str, Any] = {"states": states, "moves": ordered, "clocks": again}
    return replace(workflow, name="retold", version=draw(st.integers(1, 9)), **parts)


def replace_clock(clock: Clock, **parts: Any) -> Clock:
    return Clock(**{**{one.name: getattr(clock, one.name) for one in fields(clock)}, **parts})


@st.composite
def with_other_clocks(draw: st.DrawFn, workflow: Workflow) -> Workflow:
    """The workflow with one clock changed in one thing, or another in its place."""
    other = draw(clocks([state.name for state in workflow.states if state.ended_as is None], "another clock"))
    if not workflow.clocks or draw(st.integers(0, 3)) == 0:
        return replace(workflow, clocks=(*workflow.clocks[1:], other))
    one = workflow.clocks[0]
    what = draw(st.sampled_from([field.name for field in fields(Clock)]))
    changed = replace_clock(one, **{what: getattr(other, what)})
    try:
        return replace(workflow, clocks=(changed, *workflow.clocks[1:]))
    except InvalidWorkflow:  # it runs where it is paused
        return workflow


@st.composite
def changed(draw: st.DrawFn, workflow: Workflow) -> Workflow:
    """The workflow with one thing changed that leaves it valid."""
    at = draw(st.integers(0, len(workflow.moves) - 1))
    move, here = workflow.moves[at], draw(st.sampled_from(workflow.states))
    of_a_name = rule_named(move.rules[0].__name__ if move.rules else "unheard of")
    note = Move("a note {more}", Noted, here.name, STAY, by=("clerk", "{clerk}"), rules=(of_a_name,))
    others: dict[str, Any] = {
        "rules": (*move.rules, of_a_name),
        "by": (*move.roles, "another role"),
        "means": () if "extended" in move.meanings else (*move.meanings, "extended"),
    }
    what = draw(st.sampled_from((*others, "rule", "twice", "owner", "more", "fewer")))
    states, moves = list(workflow.states), list(workflow.moves)
    if what in others:
        moves[at] = replace(move, **{what: others[what]})
    elif what == "rule":
        moves[at] = replace(move, rules=(of_a_name, *move.rules[1:]))
    elif what == "twice":
        moves[at] = replace(move, rules=move.rules * 2)
    elif what == "owner":
        states = [replace(one, owner="another role") if one.owner and one == here else one for one in states]
    elif what == "more":
        moves.append(note)
    else:
        optional = [one for one in moves if one.name in ("note", "correct", "weigh", "call", "withdraw")]
        moves = [one for one in moves if one not in optional[:1]]
    return _built(workflow, states, moves)


def _built(workflow: Workflow, states: Iterable[State], moves: Iterable[Move]) -> Workflow:
    try:
        return replace(workflow, states=tuple(states), moves=tuple(moves))
    except ValueError:
        return workflow


@many
@given(workflows().flatmap(lambda one: st.tuples(st.just(one), retold(one))))
def test_what_says_the_same_does_not_differ(pair: tuple[Workflow, Workflow]) -> None:
    one, other = pair
    assert table(one) == table(other)
    assert not diff(one, other)
    assert not diff(other, one)


def assert_told(one: Workflow, other: Workflow) -> None:
    """There is a difference if and only if something else is said, and each is told by a sentence with an end."""
    differ = table(one) != table(other)
    for found in (diff(one, other), diff(other, one)):
        assert bool(found) == differ
        assert not any(line.endswith(": ") for line in found.lines)


@settings(many, max_examples=examples(200))
@given(workflows().flatmap(lambda one: st.tuples(st.just(one), changed(one))))
def test_whatever_is_changed_is_told(pair: tuple[Workflow, Workflow]) -> None:
    assert_told(*pair)


@many
@given(workflows().flatmap(lambda one: st.tuples(st.just(one), with_other_clocks(one))))
def test_whatever_is_changed_about_clocks_is_told(pair: tuple[Workflow, Workflow]) -> None:
    assert_told(*pair)


@many
@given(workflows(), workflows())
def test_any_two_workflows_differ_if_and_only_if_they_say_something_else(one: Workflow, other: Workflow) -> None:
    assert_told(one, other)


def test_every_field_is_compared() -> None:
    """A field that is added to states, moves or clocks must be told too."""
    assert {one.name for one in fields(State)} == {"name", "waits_for", "owner", "ended_as"}
    said = {"name", "fact", "from_", "to", "by", "when", "means", "rules", "silent"}
    assert {one.name for one in fields(Move)} == said
    said = {"name", "runs_in", "limits", "calendar", "paused_in", "restarts", "extensible"}
    assert {one.name for one in fields(Clock)} == said
    assert {one.name for one in fields(Calendar)} == {"name", "zone", "hours", "days", "makeup_hours"}
    compared = {one.name for one in fields(Workflow) if one.compare}
    assert compared == {"name", "version", "states", "moves", "tells_nobody", "clocks", "of", "grades"}


OPEN = State("open", Stage.AUDIT, owner="clerk")
MOVES = (
    Move("file", Registered, START, "open", by="clerk"),
    Move("finish", Stepped, "open", "done", by="clerk"),
)


def small(*moves: Move, without: tuple[str, ...] = ()) -> Workflow:
    names = ("zebra", "yak", "xerus", "wolf")
    more = [State(name, Stage.AUDIT, owner="clerk") for name in names if name not in without]
    ways = [Move(f"to {one.name}", Noted, "open", one.name, by="clerk") for one in more]
    back = [Move(f"from {one.name}", Noted, one.name, "done", by="clerk") for one in more]
    states = (OPEN, *more, State("done", Stage.ENDED, ended_as="closed"))
    return Workflow("small", 1, states, (*MOVES, *ways, *back, *moves))


R, ANOTHER_R, G = rule_named("r"), rule_named("r"), rule_named("g")


def it_is_escalated(demand: Demand, proposal: Proposal[Any]) -> bool:
    return demand.escalated


LOOK = Move("look", Noted, "open", STAY, by="clerk", rules=(R,), means="escalated")
AWAY = Move("look", Noted, "open", "done", by="clerk", when=it_is_escalated)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ([LOOK], [replace(LOOK, rules=(ANOTHER_R, G))], "rules +r (another function) +g −r"),
        ([LOOK], [replace(LOOK, rules=(ANOTHER_R,))], "rules +r (another function) −r"),
        ([LOOK], [replace(LOOK, rules=(R, R))], "rules +r"),
        ([replace(LOOK, rules=(R, G))], [replace(LOOK, rules=(G, R))], "rules in another order: g, r"),
        (
            [LOOK],
            [AWAY, replace(LOOK, rules=(), means=())],
            "to STAY by clerk, records Noted, means escalated, rules r → "
            "to done by clerk when it_is_escalated, records Noted or to STAY by clerk, records Noted",
        ),
        (
            [LOOK],
            [AWAY, replace(LOOK, rules=(ANOTHER_R,))],
            "to STAY by clerk, records Noted, means escalated, rules r → "
            "to done by clerk when it_is_escalated, records Noted or "
            "to STAY by clerk, records Noted, means escalated, rules r (another function)",
        ),
    ],
)
def test_a_difference_is_told_as_what_it_is(was: list[Move], now: list[Move], says: str) -> None:
    assert diff(small(*was), small(*now)).lines == (f"move 'look' from open: {says}",)


def test_a_move_that_is_new_is_told_in_full() -> None:
    [line] = diff(small(), small(LOOK)).lines
    assert line == "move 'look' from open is new: to STAY by clerk, records Noted, means escalated, rules r"


def test_moves_that_changed_places_are_told_so() -> None:
    one, other = replace(AWAY, to="yak"), replace(AWAY, when=lambda demand, _: demand.told)
    [line] = diff(small(one, other, LOOK), small(other, one, LOOK)).lines
    assert line.startswith("move 'look' from open: tried in another order: to done")


def test_any_name_can_be_told() -> None:
    braced = Move("a{b}", Noted, "open", STAY, by="{clerk}")
    assert diff(small(braced), small()).lines == ("move 'a{b}' from open is gone",)
    assert "{clerk}" in str(diff(small(), small(braced)))


def test_states_that_are_gone_are_told_in_their_order() -> None:
    lines = diff(small(), small(without=("yak", "wolf", "zebra", "xerus"))).lines
    gone = [line.split("'")[1] for line in lines if line.startswith("state")]
    assert gone == ["zebra", "yak", "xerus", "wolf"]


OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00")
ANSWER = Clock("answer", ("open", "yak"), (Limit("1 working day", "noise"), Limit("3 working days")), OFFICE)
SHUT = [date(2026, 3, 2) + timedelta(days=day) for day in range(7)]


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ((), "clock 'answer' is gone"),
        (
            (ANSWER, replace_clock(ANSWER, name="more", paused_in="wolf", restarts="extended", extensible=True)),
            "clock 'more' is new: 1 working day (noise), else 3 working days by the calendar 'office', "
            "runs in open, yak, paused in wolf, restarts with extended, extensible",
        ),
        (
            (replace_clock(ANSWER, limits="2 hours"),),
            "clock 'answer': gives 1 working day (noise), else 3 working days → 2 hours",
        ),
        (
            (replace_clock(ANSWER, runs_in=("open", "wolf"), paused_in="yak", restarts="extended", extensible=True),),
            "clock 'answer': runs in +wolf −yak; paused in +yak; restarts with +extended; extensible now",
        ),
        (
            (replace_clock(ANSWER, calendar=Calendar.of("desk", zone="Asia/Shanghai", hours="Mon-Sat 09:00-17:00")),),
            "calendar of answer: name office → desk; zone UTC → Asia/Shanghai; Sat closed → 09:00-17:00",
        ),
        (
            (replace_clock(ANSWER, calendar=replace(OFFICE, days=(Days([2026, 2027, 2029], SHUT),))),),
            "calendar of answer: years all → 2026–2027, 2029; 2026-03-02 as the week → closed; "
            "2026-03-03 as the week → closed; 2026-03-04 as the week → closed; 2026-03-05 as the week → closed; "
            "2026-03-06 as the week → closed; and 2 more days until 2026-03-08",
        ),
    ],
)
def test_a_change_of_a_clock_is_told_as_what_it_is(now: tuple[Clock, ...], says: str) -> None:
    found = diff(replace(small(), clocks=(ANSWER,)), replace(small(), clocks=now))
    assert found.lines == (says,)
    assert found.as_dict()["lines"] == [says]


def test_a_calendar_of_several_clocks_is_told_once() -> None:
    both = (ANSWER, replace_clock(ANSWER, name="second"))
    split = replace(OFFICE, days=(Days([2026], SHUT[:3]), Days(closed=SHUT[3:])))
    joined = replace(OFFICE, days=(Days([2026], SHUT),))
    was, now = ([replace_clock(one, calendar=calendar) for one in both] for calendar in (split, joined))
    assert diff(replace(small(), clocks=was), replace(small(), clocks=now)).lines == (
        "calendar of answer, second: the same days, said otherwise",
    )
