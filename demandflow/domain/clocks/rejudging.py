"""Recorded events, judged by other clocks than those in force at the time. The log is not touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from demandflow.domain.clocks.changes import clock_changes, demand_due, outcome_of
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve


def rejudged(events: Iterable[Event], clocks: Iterable[Clock]) -> Iterator[Event]:
    """The events of one demand, in order, stamped as if these clocks had been declared from the start.

    `fold(rejudged(flow.events(demand), stricter.clocks))` is the demand as these clocks judge it.
    """
    declared = tuple(clocks)
    demand: Demand | None = None
    for event in events:
        judged = judged_by(demand, event, declared)
        demand = evolve(demand, judged)
        yield judged


def judged_by(demand: Demand | None, event: Event, clocks: Sequence[Clock]) -> Event:
    """The event that comes next to this demand, stamped as these clocks say."""
    before, stamp = demand or Demand(event.demand), event.stamp
    at = event.meta.happened if before.last is None else max(event.meta.happened, before.last)
    outcome = outcome_of(before, event.fact, at, stamp.state, stamp.round, stamp.ended_as, stamp.means or ())
    changes, due = clock_changes(clocks, before, outcome), demand_due(clocks, before, outcome)
    return as_if(event, stamp=as_if(stamp, clocks=changes or None, due=due))
