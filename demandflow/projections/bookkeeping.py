"""What a page of the log comes to: demands as they stand after it, and what its events book.

One function serves those who read the log as it was recorded and those who read it demand by demand.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, brief
from demandflow.projections.board.rows import MOST
from demandflow.projections.entries import (
    Booking,
    Day,
    Entered,
    Page,
    Stand,
    booked,
    booked_by_correction,
    day_of_event,
    stand_of,
)
from demandflow.store.mapper import Unreadable
from demandflow.store.parking import unreadable, unusable, waiting
from demandflow.store.sources import Row

KEPT = 20_000
"""So many open demands are kept as they stand between two pages."""


class Events(Protocol):
    """Where earlier events of demands are read."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events. Raises if some of them are missing, or cannot be read."""

    def histories(self, upto: Mapping[UUID, int]) -> dict[UUID, list[Event]]:
        """The first events of several demands, each up to a version; without those that are not whole."""


@dataclass(slots=True)
class _Account:
    """What is known of a demand: how it stands, and all its events up to then where they are at hand.

    It is `held` once an event of it is parked, and `touched` where the page goes on with it; `before` is how it stood
    before the page.
    """

    demand: Demand | None = None
    before: Demand | None = None
    stand: Stand | None = None
    events: list[Event] | None = None
    held: bool = False
    touched: bool = False

    def is_at(self, version: int) -> bool:
        """Whether the demand stands as after the event of this version, or as before the first."""
        return version == 0 or (self.demand is not None and self.demand.version == version)

    def fold(self, events: list[Event], day: Day) -> None:
        """Stand as after these events, which are all up to then."""
        self.events, self.demand = events, fold(events)
        self.stand = None if self.demand is None else stand_of(self.demand, day)


class Bookkeeping:
    """Takes pages in; knows how demands stood before, from what it kept or from the log."""

    def __init__(self, source: Events, *, keeps: bool = True) -> None:
        """Unless it `keeps` the open demands from one page to the next, each page is of whole demands."""
        self._source, self._keeps = source, keeps
        self._kept: OrderedDict[UUID, tuple[Demand, Stand]] = OrderedDict()
        self._day: Day | None = None

    def page(self, rows: Sequence[Row], stuck: Collection[UUID], day: Day) -> Page:
        """What these rows come to; each demand's rows are in their order. Of those that are stuck, some are parked.

        A demand of which an event is parked stays as it was before that event.
        """
        if day is not self._day:  # in another zone, what is kept is due on other days
            self._day = day
            self._kept.clear()
        page, accounts = Page(), self._accounts(rows, stuck, day)
        for position, event in rows:
            account = accounts[event.demand]
            if isinstance(event, Unreadable):
                page.parked.append(unreadable(position, event))
            elif account.held:
                page.parked.append(waiting(position, event))
            else:
                try:
                    self._take(page, event, account, day)
                except Exception as error:  # what a community's fact or a history with a hole may raise is not known
                    page.parked.append(unusable(position, event, error))
                else:
                    continue
            account.held = event.demand is not None
        touched = [one for one in accounts.values() if one.touched]
        page.demands = {one.demand.id: one.demand for one in touched if one.demand}
        page.before = {one.before.id: one.before for one in touched if one.before}
        self._keep(accounts)
        return page

    def _take(self, page: Page, event: Event, account: _Account, day: Day) -> None:
        """Book one event."""
        if not 0 <= event.stamp.round < MOST:  # else it would depend on where a page ends whether it is written
            raise InvalidValue("round", f"must be a whole number below {MOST}, got {brief(event.stamp.round)}")
        if event.version == 1:
            account.fold([], day)
        elif not account.is_at(event.version - 1):
            # up to the event itself: so a version that is missing before it is noticed
            account.fold(self._source.events(event.demand, upto=event.version)[:-1], day)
        before, was, events = account.demand, account.stand, account.events
        after = evolve(before, event)
        stand = stand_of(after, day)
        if isinstance(event.fact, Corrected):
            whole = self._source.events(event.demand, upto=event.version) if events is None else [*events, event]
            entries = booked_by_correction(whole, day)
        else:
            entries = booked(was, stand, event, day_of_event(after, event, day))
        received = day(after.received or event.meta.happened)
        # clocks may step back, what is known does not become unknown
        recorded = day(after.recorded or event.meta.recorded)
        page.bookings.append(Booking(event.demand, event.version, received, recorded, entries))
        if before is None or before.stamp.state != after.stamp.state:
            ended = after.stamp.ended_as is not None
            page.moved.append(Entered(event.demand, event.version, after.stamp.state, after.since, ended))
        if events is not None:
            events.append(event)
        if not account.touched:
            account.before, account.touched = before, True
        account.demand, account.stand, account.events = after, stand, events

    def _accounts(self, rows: Sequence[Row], stuck: Collection[UUID], day: Day) -> dict[UUID | None, _Account]:
        """The accounts of the demands of these rows; those that are not kept are read in one go.

        What is missing of them or cannot be read is left to be met when they go on.
        """
        accounts: dict[UUID | None, _Account] = {}
        to_read: dict[UUID, int] = {}
        for _, event in rows:
            if event.demand in accounts:
                continue
            account = accounts[event.demand] = _Account()
            if isinstance(event, Unreadable) or event.demand in stuck:
                continue
            account.demand, account.stand = self._kept.get(event.demand, (None, None))
            if not account.is_at(event.version - 1):
                to_read[event.demand] = event.version - 1
        for demand in stuck:
            accounts[demand].held = True
        for demand, events in (self._source.histories(to_read) if to_read else {}).items():
            with suppress(Exception):  # whatever it is, it is met again
                accounts[demand].fold(events, day)
        return accounts

    def _keep(self, accounts: Mapping[UUID | None, _Account]) -> None:
        """Keep the open demands among these for the next page, and let go of those that were not touched for long."""
        if not self._keeps:
            return
        for demand, account in accounts.items():
            if demand is not None and account.demand is not None and account.stand is not None:
                self._kept.pop(demand, None)
                if account.demand.ended_as is None:
                    self._kept[demand] = account.demand, account.stand
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
