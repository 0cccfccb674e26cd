"""Book-keeping: what a page of the log changes, both where the log is read in order and demand by demand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, brief
from demandflow.projections.board.rows import MOST
from demandflow.projections.entries import (
    Booking,
    CountedAs,
    Day,
    Own,
    Page,
    StateChange,
    booked,
    booked_by_correction,
    counted_as,
    day_of_event,
)
from demandflow.store.following.parking import unreadable, unusable, waiting
from demandflow.store.following.sources import DemandSource, Row
from demandflow.store.mapper import Unreadable

KEPT = 20_000
"""So many open demands are kept in memory between two pages."""


@dataclass(slots=True)
class _Account:
    """What is known of a demand: its state, and all its events up to then if they have been read.

    `held` means that an event of it is parked, `touched` that the page has events of it; `before` is the demand before
    the page.
    """

    demand: Demand | None = None
    before: Demand | None = None
    counted: CountedAs | None = None
    events: list[Event] | None = None
    held: bool = False
    touched: bool = False

    def is_at(self, version: int) -> bool:
        """Whether the demand is known up to the event of this version; 0 is before the first event."""
        return version == 0 or (self.demand is not None and self.demand.version == version)

    def fold(self, events: list[Event], day: Day, own: Own) -> None:
        """Set the demand from these events, all of its events so far."""
        self.events, self.demand = events, fold(events)
        self.counted = None if self.demand is None else counted_as(self.demand, day, own)


class Bookkeeping:
    """Works out what pages change; it knows the demands before, from memory or from the log."""

    def __init__(self, source: DemandSource, *, keeps: bool = True) -> None:
        """Unless it `keeps` open demands from one page to the next, every page must have whole demands."""
        self._source, self._keeps = source, keeps
        self._kept: OrderedDict[UUID, tuple[Demand, CountedAs]] = OrderedDict()
        self._day: Day | None = None
        self._own: Own = ()

    def page(self, rows: Sequence[Row], stuck: Collection[UUID], day: Day, own: Own = ()) -> Page:
        """What these rows change; the rows of a demand are in order. Demands that are stuck have parked events.

        A demand with a parked event stays as it was before that event.
        """
        if day is not self._day:  # in another zone, the demands in memory are due on other days
            self._day = day
            self._kept.clear()
        if own != self._own:
            self._own = own
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
                    self._take(page, position, event, account, day)
                except Exception as error:  # a community's fact, or a history with a hole, may raise anything
                    page.parked.append(unusable(position, event, error))
                else:
                    continue
            account.held = event.demand is not None
        touched = [account for account in accounts.values() if account.touched]
        page.demands = {account.demand.id: account.demand for account in touched if account.demand}
        page.before = {account.before.id: account.before for account in touched if account.before}
        self._keep(accounts)
        return page

    def _take(self, page: Page, position: int, event: Event, account: _Account, day: Day) -> None:
        """Book one event."""
        if not 0 <= event.stamp.round < MOST:  # else what is written would depend on where a page ends
            raise InvalidValue("round", f"must be a whole number below {MOST}, got {brief(event.stamp.round)}")
        if event.version == 1:
            account.fold([], day, self._own)
        elif not account.is_at(event.version - 1):
            if self._source.comes_later(event.demand, event.version, position):
                raise InvalidValue("position", f"{position} is before that of an earlier event of this demand")
            # read up to the event itself, so that a missing version before it is noticed
            account.fold(self._source.events(event.demand, upto=event.version)[:-1], day, self._own)
        before, was, events = account.demand, account.counted, account.events
        after = evolve(before, event)
        now = counted_as(after, day, self._own)
        if isinstance(event.fact, Corrected):
            history = self._source.events(event.demand, upto=event.version) if events is None else [*events, event]
            entries = booked_by_correction(history, day, self._own)
        else:
            entries = booked(was, now, event, day_of_event(after, event, day))
        received = day(after.received or event.meta.happened)
        # clocks may step back, but what is known stays known
        recorded = day(after.recorded or event.meta.recorded)
        page.bookings.append(Booking(event.demand, event.version, received, recorded, entries))
        if before is None or before.stamp.state != after.stamp.state:
            ended = after.stamp.ended_as is not None
            page.state_changes.append(StateChange(event.demand, event.version, after.stamp.state, after.since, ended))
        if events is not None:
            events.append(event)
        if not account.touched:
            account.before, account.touched = before, True
        account.demand, account.counted, account.events = after, now, events

    def _accounts(self, rows: Sequence[Row], stuck: Collection[UUID], day: Day) -> dict[UUID | None, _Account]:
        """The accounts of the demands of these rows; demands that are not in memory are read all at once.

        What is missing or cannot be read is noticed later, when their events are booked.
        """
        accounts: dict[UUID | None, _Account] = {}
        to_read: dict[UUID, tuple[int, int]] = {}
        for position, event in rows:
            if event.demand in accounts:
                continue
            account = accounts[event.demand] = _Account()
            if isinstance(event, Unreadable) or event.demand in stuck:
                continue
            account.demand, account.counted = self._kept.get(event.demand, (None, None))
            if not account.is_at(event.version - 1):
                to_read[event.demand] = event.version - 1, position
        for demand in stuck:
            accounts[demand].held = True
        for demand, events in (self._source.histories(to_read) if to_read else {}).items():
            with suppress(Exception):  # it comes up again when the event is booked
                accounts[demand].fold(events, day, self._own)
        return accounts

    def _keep(self, accounts: Mapping[UUID | None, _Account]) -> None:
        """Keep the open demands for the next page, and drop those that had no events for the longest time."""
        if not self._keeps:
            return
        for demand, account in accounts.items():
            if demand is not None and account.demand is not None and account.counted is not None:
                self._kept.pop(demand, None)
                if account.demand.ended_as is None:
                    self._kept[demand] = account.demand, account.counted
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
