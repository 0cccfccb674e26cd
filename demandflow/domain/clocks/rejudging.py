"""What was recorded, judged by other clocks than those in force at the time. The log is not touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from demandflow.domain.clocks.changes import demand_due, step_of, ticks
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve


def rejudged(events: Iterable[Event], clocks: Iterable[Clock]) -> Iterator[Event]:
    """The events of one demand, in order, stamped as if these clocks had been declared from the start.

    `fold(rejudged(flow.events(demand), stricter.clocks))` is the demand with its clocks judged anew.
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
    step = step_of(before, event.fact, at, stamp.state, stamp.round, stamp.ended_as, stamp.means or ())
    found, due = ticks(clocks, before, step) or None, demand_due(clocks, before, step)
    return as_if(event, stamp=as_if(stamp, clocks=found, due=due))
