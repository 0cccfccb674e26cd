"""How an event changes the clocks of a demand: pure functions, whose results are stamped on the event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct

from demandflow.calendars.spans import Span
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.clocks.states import MET, MISSED, PAUSED, RUNNING, STOPPED, ClockState
from demandflow.domain.demand import Demand
from demandflow.domain.events import ClockChange
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, MovedOver, Registered, Sorted
from demandflow.domain.stream import Stream
from demandflow.domain.values import Category
from demandflow.errors import YearNotCovered
from demandflow.inputs.moments import moment


class Outcome(Struct, frozen=True, gc=False):
    """What the demand is after an event, as far as clocks need to know; `due` is the due moment that the fact names."""

    at: datetime
    state: str
    round: int
    ended_as: str | None
    means: tuple[str, ...]
    category: Category | None
    urgency: str | None
    due: datetime | None
    migrates: bool = False


def outcome_of(
    demand: Stream,
    fact: Fact,
    at: datetime,
    state: str,
    in_round: int,
    ended_as: str | None,
    means: tuple[str, ...],
) -> Outcome:
    """The outcome of recording this fact, if it leads to this state.

    Raises InvalidValue for a due moment that is no moment.
    """
    details: Any = fact
    sorts, corrects, may_name_due = _fields_of(type(fact))
    category, urgency = (demand.category, demand.urgency) if isinstance(demand, Demand) else (None, None)
    if sorts:
        category, urgency = details.category or category, details.urgency or urgency
    elif corrects and isinstance(demand, Demand) and _corrects_the_category(demand, details):
        category = details.category or category
    due = getattr(fact, "due", None) if may_name_due else None
    named = None if due is None else moment(due, "due")
    return Outcome(at, state, in_round, ended_as, means, category, urgency, named, isinstance(fact, MovedOver))


def clock_changes(clocks: Sequence[Clock], demand: Stream, outcome: Outcome) -> tuple[ClockChange, ...]:
    """The clocks that change with the event. Clocks that are no longer declared stop."""
    if not clocks and not demand.clocks:
        return ()
    declared = {clock.name for clock in clocks}
    changes = [
        ClockChange(state.clock, STOPPED, state.due)
        for state in demand.clocks
        if state.goes_on and state.clock not in declared
    ]
    for clock in clocks:
        if (change := _change(clock, _present_run(demand, clock), demand, outcome)) is not None:
            changes.append(change)
    return tuple(changes)


def demand_due(clocks: Sequence[Clock], demand: Stream, outcome: Outcome) -> datetime | None:
    """The due moment of the demand itself: the one that a fact names, unless an extensible clock takes it.

    If no fact names one, it stays; reopening removes it, rework does not. An extension extends both.
    """
    due = outcome.due
    if due is not None and not any(clock.extensible and _runs_after(clock, demand, outcome) for clock in clocks):
        return due
    if "reopened" in outcome.means:
        return None
    if due is not None and demand.due is not None and "extended" in outcome.means:
        return max(demand.due, due)
    return demand.due


def may_name_a_due(kind: type[Fact]) -> bool:
    """Whether such a fact may name a due moment."""
    return "due" in kind.model_fields or hasattr(kind, "due")


@cache
def _fields_of(kind: type[Fact]) -> tuple[bool, bool, bool]:
    """Whether such a fact sorts, corrects, may name a due moment; asking a fact for a missing field is slow."""
    return issubclass(kind, Registered | Sorted), issubclass(kind, Corrected), may_name_a_due(kind)


def _corrects_the_category(demand: Demand, fact: Corrected) -> bool:
    """Whether the corrected event was the last to say the category."""
    kind = demand.fact_of(fact.event)
    return kind is not None and demand.subject.category_from <= fact.event and issubclass(kind, Registered | Sorted)


def _present_run(demand: Stream, clock: Clock) -> ClockState | None:
    """The state of the clock, if it is running or paused."""
    state = demand.clock(clock.name)
    return state if state is not None and state.goes_on else None


def _starts_again(clock: Clock, demand: Stream, outcome: Outcome) -> bool:
    return outcome.round != demand.round or bool(set(clock.restarts) & set(outcome.means))


def _runs_after(clock: Clock, demand: Stream, outcome: Outcome) -> bool:
    """Whether the clock runs after the event."""
    if outcome.state not in clock.runs_in:
        return False
    runs_on = _present_run(demand, clock) is not None and not _starts_again(clock, demand, outcome)
    return runs_on or clock.span_for(outcome.category, outcome.urgency) is not None


def _change(clock: Clock, run: ClockState | None, demand: Stream, outcome: Outcome) -> ClockChange | None:
    starts_again = _starts_again(clock, demand, outcome)
    if outcome.state in clock.runs_in:
        if run is None or starts_again:
            return _start(clock, outcome) or (None if run is None else _end(run, outcome))
        due = _due(clock, run, outcome)
        return None if run.status == RUNNING and due == run.due else ClockChange(clock.name, RUNNING, due)
    if run is None:
        return None
    if outcome.state in clock.paused_in and not starts_again:
        return None if run.status == PAUSED else ClockChange(clock.name, PAUSED, run.due)
    return _end(run, outcome)


def _start(clock: Clock, outcome: Outcome) -> ClockChange | None:
    """A new run; None if no limit fits such a demand."""
    span = clock.span_for(outcome.category, outcome.urgency)
    if span is None:
        return None
    named = outcome.due if clock.extensible else None
    return ClockChange(clock.name, RUNNING, named or clock.due(outcome.at, span), str(span), clock.extensible or None)


def _due(clock: Clock, run: ClockState, outcome: Outcome) -> datetime | None:
    """The due moment of a run that goes on, moved by its pauses; None where the calendar does not know the year."""
    if clock.extensible and outcome.due is not None:
        return outcome.due
    if run.status == RUNNING and run.due is not None:
        return run.due
    pauses = run.pauses if run.status == RUNNING else (*run.pauses, (run.since, outcome.at))
    span = Span.of(run.span)
    try:
        due = run.known_due or clock.calendar.add(run.began, span)
        for since, until in pauses:
            due = clock.moved(due, since, until, span)
    except YearNotCovered:
        return None
    return due


def _end(run: ClockState, outcome: Outcome) -> ClockChange:
    """Met or missed; stopped if the work was not done, or nobody knows when it was due."""
    until = run.since if run.status == PAUSED else outcome.at
    status = STOPPED
    if run.due is not None and outcome.ended_as in (None, "closed") and not outcome.migrates:
        status = MET if until <= run.due else MISSED
    return ClockChange(run.clock, status, run.due)
