"""How the declared clocks of a demand change with an event. Pure; what is found is stamped on the event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


class Step(Struct, frozen=True, gc=False):
    """What an event does to a demand, as far as clocks are concerned; `due` is the moment that its fact names."""

    at: datetime
    state: str
    round: int
    ended_as: str | None
    means: tuple[str, ...]
    category: Category | None
    urgency: str | None
    due: datetime | None
    moves_over: bool = False


def ticks(clocks: Iterable[Clock], demand: Stream, step: Step) -> tuple[ClockChange, ...]:
    """The clocks that stand otherwise after the step. Clocks that are no longer declared stop."""
    declared = tuple(clocks)
    return tuple(_ticks(declared, demand, step)) if declared or demand.clocks else ()


def demand_due(clocks: Iterable[Clock], demand: Stream, step: Step) -> datetime | None:
    """The due moment of the demand as a whole: the one that a fact names, unless an extensible clock takes it.

    Without one, the demand's own; reopening takes it away, rework does not. An extension extends both.
    """
    if step.due is not None and not any(clock.extensible and _runs_on(clock, demand, step) for clock in clocks):
        return step.due
    if "reopened" in step.means:
        return None
    if step.due is not None and demand.due is not None and "extended" in step.means:
        return max(demand.due, step.due)
    return demand.due


def step_of(
    demand: Stream,
    fact: Fact,
    at: datetime,
    state: str,
    in_round: int,
    ended_as: str | None,
    means: tuple[str, ...],
) -> Step:
    """What this fact does to the demand, if it leads there. Raises InvalidValue for a due moment that is none."""
    said: Any = fact
    sorts, corrects, names_due = _what_it_says(type(fact))
    category, urgency = (demand.category, demand.urgency) if isinstance(demand, Demand) else (None, None)
    if sorts:
        category, urgency = said.category or category, said.urgency or urgency
    elif corrects and isinstance(demand, Demand) and _counts(demand, said):
        category = said.category or category
    due = getattr(fact, "due", None) if names_due else None
    named = None if due is None else moment(due, "due")
    return Step(at, state, in_round, ended_as, means, category, urgency, named, isinstance(fact, MovedOver))


@cache
def _what_it_says(kind: type[Fact]) -> tuple[bool, bool, bool]:
    """Whether such a fact sorts, corrects, may name a due moment; to ask a fact for what it does not have is dear."""
    names_due = "due" in kind.model_fields or hasattr(kind, "due")
    return issubclass(kind, Registered | Sorted), issubclass(kind, Corrected), names_due


def _ticks(clocks: tuple[Clock, ...], demand: Stream, step: Step) -> Iterator[ClockChange]:
    declared = {clock.name for clock in clocks}
    for gone in demand.clocks:
        if gone.goes_on and gone.clock not in declared:
            yield ClockChange(gone.clock, STOPPED, gone.due)
    for clock in clocks:
        if (tick := _tick(clock, _going(demand, clock), demand, step)) is not None:
            yield tick


def _counts(demand: Demand, fact: Corrected) -> bool:
    """Whether the category that a correction gives is that of the demand: nothing later has said otherwise."""
    kind = demand.fact_of(fact.event)
    return kind is not None and demand.subject.category_from <= fact.event and issubclass(kind, Registered | Sorted)


def _runs_on(clock: Clock, demand: Stream, step: Step) -> bool:
    """Whether the clock runs after the step."""
    if step.state not in clock.runs_in:
        return False
    goes_on = _going(demand, clock) is not None and not _anew(clock, demand, step)
    return goes_on or clock.span_for(step.category, step.urgency) is not None


def _anew(clock: Clock, demand: Stream, step: Step) -> bool:
    return step.round != demand.round or bool(set(clock.restarts) & set(step.means))


def _going(demand: Stream, clock: Clock) -> ClockState | None:
    before = demand.clock(clock.name)
    return before if before is not None and before.goes_on else None


def _tick(clock: Clock, going: ClockState | None, demand: Stream, step: Step) -> ClockChange | None:
    anew = _anew(clock, demand, step)
    if step.state in clock.runs_in:
        if going is None or anew:
            return _started(clock, step) or (None if going is None else _ended(going, step))
        if going.status == PAUSED:
            return ClockChange(clock.name, RUNNING, _resumed(clock, going, step))
        return _going_on(clock, going, step)
    if going is None:
        return None
    if step.state in clock.paused_in and not anew:
        return None if going.status == PAUSED else ClockChange(clock.name, PAUSED, going.due)
    return _ended(going, step)


def _started(clock: Clock, step: Step) -> ClockChange | None:
    """A new run; None if no limit fits such a demand."""
    span = clock.span_for(step.category, step.urgency)
    if span is None:
        return None
    given = step.due if clock.extensible else None
    return ClockChange(clock.name, RUNNING, given or clock.due(step.at, span), str(span), clock.extensible or None)


def _going_on(clock: Clock, going: ClockState, step: Step) -> ClockChange | None:
    """A running clock that gets another due moment, or its first one."""
    due = going.due
    if clock.extensible and step.due is not None:
        due = step.due
    elif due is None:
        due = _dated(clock, going, going.pauses)
    return None if due == going.due else ClockChange(clock.name, RUNNING, due)


def _resumed(clock: Clock, going: ClockState, step: Step) -> datetime | None:
    if clock.extensible and step.due is not None:
        return step.due
    return _dated(clock, going, (*going.pauses, (going.since, step.at)))


def _dated(clock: Clock, going: ClockState, pauses: Iterable[tuple[datetime, datetime]]) -> datetime | None:
    """The due moment after these pauses, from the last one that was known; None where the year is not known."""
    span = Span.of(going.span)
    try:
        due = going.known_due or clock.calendar.add(going.began, span)
        for since, until in pauses:
            due = clock.moved(due, since, until, span)
    except YearNotCovered:
        return None
    return due


def _ended(going: ClockState, step: Step) -> ClockChange:
    """Fixed for good: in time or not; stopped if the work was not done, or nobody knows when it was due."""
    until = going.since if going.status == PAUSED else step.at
    status = STOPPED
    if going.due is not None and step.ended_as in (None, "closed") and not step.moves_over:
        status = MET if until <= going.due else MISSED
    return ClockChange(going.clock, status, going.due)
