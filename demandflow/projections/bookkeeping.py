"""What a page of the log comes to: demands as they stand after it, and what its events book.

One function serves those who read the log as it was recorded and those who read it demand by demand.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol
from uuid import UUID

from demandflow.domain.demand import Demand, evolve, fold
from demandflow.domain.events import Event
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, brief
from demandflow.projections.board import MOST
from demandflow.projections.entries import Booking, Day, Stand, booked, booked_by_correction, day_of_event, stand_of
from demandflow.projections.page import Page
from demandflow.store.cursor import Row
from demandflow.store.mapper import Unreadable
from demandflow.store.parking import unreadable, unusable, waiting

KEPT = 20_000
"""So many open demands are kept as they stand between two pages."""


class Events(Protocol):
    """Where earlier events of demands are read."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events. Raises if some of them are missing, or cannot be read."""

    def histories(self, upto: Mapping[UUID, int]) -> dict[UUID, list[Event]]:
        """The first events of several demands, each up to a version; without those that are not whole."""


class _Kept(NamedTuple):
    """A demand, and what it stands for."""

    demand: Demand
    stand: Stand


class Bookkeeping:
    """Takes pages in; knows how demands stood before, from what it kept or from the log."""

    def __init__(self, source: Events, *, keeps: bool = True) -> None:
        """Unless it `keeps` the open demands from one page to the next, each page is of whole demands."""
        self._source, self._keeps = source, keeps
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    def page(self, rows: Sequence[Row], stuck: Collection[UUID], day: Day) -> Page:
        """What these rows come to; each demand's rows are in their order. Of those that are stuck, some are parked.

        A demand of which an event is parked stays as it was before that event.
        """
        page, held = Page(), set(stuck)
        past = self._fetch(rows, held, day)
        for position, event in rows:
            if isinstance(event, Unreadable):
                page.parked.append(unreadable(position, event))
            elif event.demand in held:
                page.parked.append(waiting(position, event))
            else:
                try:
                    self._take(page, event, past, day)
                except Exception as error:  # what a community's fact or a history with a hole may raise is not known
                    page.parked.append(unusable(position, event, error))
                else:
                    continue
            if event.demand is not None:
                held.add(event.demand)
        self._keep(page.demands)
        return page

    def _take(self, page: Page, event: Event, past: dict[UUID, list[Event]], day: Day) -> None:
        """Book one event."""
        if not 0 <= event.stamp.round < MOST:  # else it would depend on where a page ends whether it is written
            raise InvalidValue("round", f"must be a whole number below {MOST}, got {brief(event.stamp.round)}")
        was = self._before(event, day)
        after = evolve(None if was is None else was.demand, event)
        stand, at = stand_of(after, day), day_of_event(after, event, day)
        if event.version == 1:
            past[event.demand] = []
        earlier = past.get(event.demand)
        if not isinstance(event.fact, Corrected):
            entries = booked(None if was is None else was.stand, stand, event, at)
        elif earlier is None or len(earlier) != event.version - 1:
            entries = booked_by_correction(self._source.events(event.demand, upto=event.version), day)
        else:
            entries = booked_by_correction([*earlier, event], day)
        received = day(after.received or event.meta.happened)
        # clocks may step back, what is known does not become unknown
        recorded = day(after.recorded or event.meta.recorded)
        for entry, amount in entries.items():
            page.bookings.append(Booking(event.demand, event.version, received, recorded, entry, amount))
        if earlier is not None:
            earlier.append(event)
        page.began += was is None
        if was is None or was.demand.state != after.state:
            page.moved.append(after)
        page.demands[event.demand] = after
        self._kept[event.demand] = _Kept(after, stand)

    def _before(self, event: Event, day: Day) -> _Kept | None:
        """The demand just before the event: kept, or folded from the log."""
        if event.version == 1:
            return None
        kept = self._kept.get(event.demand)
        if kept is not None and kept.demand.version == event.version - 1:
            return kept
        # up to the event itself: so a version that is missing before it is noticed
        events = self._source.events(event.demand, upto=event.version)[:-1]
        return _folded(events, day) if events else None

    def _fetch(self, rows: Sequence[Row], held: Collection[UUID], day: Day) -> dict[UUID, list[Event]]:
        """Read in one go what was recorded before this page of demands that are not kept; returns it.

        What is missing or cannot be read is left to be found when its demand goes on.
        """
        first: dict[UUID, int] = {}
        for _, event in rows:
            if isinstance(event, Event) and event.demand not in held:
                first.setdefault(event.demand, event.version)
        wanted = {}
        for demand, version in first.items():
            kept = self._kept.get(demand)
            if version > 1 and (kept is None or kept.demand.version != version - 1):
                wanted[demand] = version - 1
        past = self._source.histories(wanted) if wanted else {}
        for demand, events in past.items():
            with suppress(Exception):  # whatever it is, it is met again when the demand goes on
                self._kept[demand] = _folded(events, day)
        return past

    def _keep(self, demands: Mapping[UUID, Demand]) -> None:
        """Keep the open ones of these demands for the next page, and let go of those that were not touched for long."""
        for demand, stands in demands.items():
            if stands.ended_as is None:
                self._kept.move_to_end(demand)
            else:
                del self._kept[demand]
        while len(self._kept) > (KEPT if self._keeps else 0):
            self._kept.popitem(last=False)


def _folded(events: Sequence[Event], day: Day) -> _Kept:
    """The demand after these events; there is at least one."""
    demand = fold(events)
    assert demand is not None  # noqa: S101
    return _Kept(demand, stand_of(demand, day))
