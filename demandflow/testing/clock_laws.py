"""The laws of clocks: when they run and rest, what a pause does to a deadline, and which deadline is the next."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from demandflow.calendars.spans import Span, Unit
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.clocks.states import PAUSED, RUNNING, ClockState
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.errors import YearNotCovered
from demandflow.testing.law import law
from demandflow.testing.picture import next_due, picture
from demandflow.testing.playing import Played

Told = tuple[Event, Demand, Demand]
"""What was recorded, and the demand before and after it."""


@law
def a_clock_stands_as_its_states_say(played: Played) -> None:
    """A clock runs in its states and rests in its pauses; what has ended stays as it is, until it runs anew."""
    for event, before, after in _steps(played):
        declared = {clock.name: clock for clock in played.flow.workflows[after.workflow].clocks}
        for name in {*declared, *(one.clock for one in after.clocks)}:
            wrong = _wrongly(declared.get(name), before.clock(name), event, after)
            assert not wrong, f"clock {name!r} {wrong} after {event.stamp.move} led to {after.state}"


@law
def a_pause_moves_a_deadline_by_exactly_its_length(played: Played) -> None:
    """By its working time, if the clock counts that, else by its elapsed time; what was overdue stays overdue."""
    for event, before, after in _steps(played):
        for clock in played.flow.workflows[after.workflow].clocks:
            rested, now = before.clock(clock.name), after.clock(clock.name)
            named = clock.extensible and getattr(event.fact, "due", None) is not None
            if rested is None or now is None or rested.status != PAUSED or now.status != RUNNING or named:
                continue
            if now.began == rested.began and rested.due is not None and now.due is not None and after.last is not None:
                wrong = _moved_wrongly(clock, rested, now)
                assert not wrong, f"clock {clock.name!r} rested since {rested.since} to {after.last}: {wrong}"


@law
def the_next_due_moment_is_the_soonest(played: Played) -> None:
    """Of the demand and its clocks; one that rests is due only if it was so before, and one that ended no longer."""
    for demand in played.demands:
        live = played.flow.demand(demand)
        want, got = next_due(picture(played.recorded(demand))), (live.next_due, live.next_clock)
        assert got == want, f"demand {demand.int} is due next {got}, its clocks say {want}"


CLOCK_LAWS = (
    a_clock_stands_as_its_states_say,
    a_pause_moves_a_deadline_by_exactly_its_length,
    the_next_due_moment_is_the_soonest,
)


def _steps(played: Played) -> Iterator[Told]:
    """Every recorded step of a flow whose workflows have clocks."""
    if any(workflow.clocks for workflow in played.flow.workflows.values()):
        for demand in played.demands:
            yield from _of(demand, played.recorded(demand))


def _of(demand: UUID, events: list[Event]) -> Iterator[Told]:
    before = Demand(demand)
    for event in events:
        after = evolve(before, event)
        yield event, before, after
        before = after


def _wrongly(clock: Clock | None, before: ClockState | None, event: Event, after: Demand) -> str:
    """What is wrong with how a clock stands."""
    now = after.clock(clock.name if clock is not None else before.clock if before is not None else "")
    runs = clock is not None and after.state in clock.runs_in
    rests = clock is not None and after.state in clock.paused_in
    status = "never ran" if now is None else now.status
    if (status == RUNNING and not runs) or (status == PAUSED and not rests):
        return f"is {status}"
    if runs and clock is not None and status != RUNNING and clock.span_for(after.category, after.urgency) is not None:
        return f"does not run ({status})"
    if before is None or now is None:
        return ""
    if not before.goes_on and now != before and not (now.status == RUNNING and now.began == after.last):
        return f"was {before.status} and is now {status}"
    return ""


def _moved_wrongly(clock: Clock, rested: ClockState, now: ClockState) -> str:
    """How the deadline moved otherwise than by the pause, measured rather than added."""
    was, due = rested.due, now.due
    assert was is not None
    assert due is not None
    since, until = rested.since, now.since
    if since >= was:
        return "" if due == was else f"what was overdue is now due {due}"
    unit = Unit.WORKING_HOURS if Span.of(now.span).unit.counts_working_time else Unit.HOURS
    try:
        wanted, got = clock.calendar.between(since, until, unit), clock.calendar.between(was, due, unit)
    except YearNotCovered:
        return ""
    return "" if got == wanted else f"the deadline moved by {got} instead of {wanted}, to {due}"
