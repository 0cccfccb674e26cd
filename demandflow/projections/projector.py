"""From the log to the tables: a page's effect and the new position are written in one transaction."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.arguments import yes_or_no, zone_of
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, StorageBusy, brief
from demandflow.projections import board, ledger, stays, totals
from demandflow.projections.entries import booked, booked_by_correction
from demandflow.projections.periods import number_of
from demandflow.projections.standing import DEFINITIONS_VERSION
from demandflow.projections.taken import Taken
from demandflow.store import cursor
from demandflow.store.cursor import Cursor, Effect, Position, Row
from demandflow.store.mapper import Unreadable
from demandflow.store.parking import Parking, unreadable, unusable, waiting
from demandflow.tables import BUSY_SECONDS, Tables, tables_of

KEPT = 10_000
SCHEMA = "".join((board.SCHEMA, stays.SCHEMA, totals.SCHEMA, ledger.SCHEMA))
TABLES = tables_of(SCHEMA)
READER = "figures"
OF_EARLIER_RELEASES = ("demandflow_position", "demandflow_schema")

Progress = Callable[[int, int], None]
"""Is told how many events are done, of how many."""


class Source(cursor.Source, Protocol):
    """What the projector needs of a log."""

    @property
    def zone(self) -> str:
        """The time zone in which the days of the log end."""

    def number_missing(self) -> int:
        """How many events went, by decision."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""


class Projector:
    """Keeps board, totals and ledger; every query catches up with the log first."""

    def __init__(self, source: Source, zone: str) -> None:
        self.zone = zone_of(zone)
        self._source = source
        self._states: OrderedDict[UUID, Demand] = OrderedDict()
        self._tables = Tables(source.path)
        self._connection = self._tables.connection
        self._cursor = Cursor(source, self._tables, READER, lambda: f"{self.zone.key} {DEFINITIONS_VERSION}")
        try:
            self._heal()
        except BaseException:
            self._tables.close()
            raise

    def _heal(self) -> None:
        """Make the tables from the log unless all are there and hold what was written to them."""
        with self._tables.snapshot():
            if self._sound():
                return
        whole_at = self._source.last_position()
        with self._tables.locked(), self._tables.transaction():
            if not self._sound():
                self._make_tables(whole_at)

    def _sound(self) -> bool:
        """Whether the tables are of today's shape, and have as many rows as were written to them."""
        if self._tables.altered(cursor.SCHEMA) or self._tables.altered(SCHEMA):
            return False
        position = self._cursor.position()
        if position is None or self._cursor.number_parked() != position.parked:
            return False
        try:
            return Taken.of(position.taken).agrees(self._connection)
        except (ValueError, TypeError):
            return False

    def _make_tables(self, whole_at: int) -> None:
        """Make the tables anew, to be filled from the log; within a transaction."""
        self._tables.make(cursor.SCHEMA, self._tables.altered(cursor.SCHEMA))
        self._tables.make(SCHEMA, TABLES)
        for table in OF_EARLIER_RELEASES:
            self._connection.execute(f"DROP TABLE IF EXISTS {table}")
        self._cursor.begin(whole_at)

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self._tables.close()

    @contextmanager
    def tables(self, *, catch_up: bool = True) -> Iterator[sqlite3.Connection]:
        """The tables to read from, as they stood at one moment: caught up with the log unless told not to."""
        with self._tables.locked():
            until = monotonic() + BUSY_SECONDS
            wanted = self._source.last_position() if yes_or_no("catch_up", catch_up) else 0
            while not self._begin_reading(wanted):
                if monotonic() > until:
                    raise StorageBusy("the tables are made anew by others all the time; try again")
                self.catch_up(upto=wanted)
            yield self._connection

    def catch_up(self, progress: Progress | None = None, upto: int | None = None) -> None:
        """Read the log page by page, to its end or so far. Another zone, definition or log makes the tables anew."""
        with self._tables.locked():
            if not self._matches():
                self._clear()
            while (position := self._next_page(upto)) is not None:
                if progress is not None:
                    progress(position, max(position, self._source.last_position()))

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the tables anew from the log."""
        if progress is not None and not callable(progress):
            raise InvalidValue("progress", f"must be a function of two numbers, got {brief(progress)}")
        with self._tables.locked():
            self._clear()
            self.catch_up(progress)

    def parked(self) -> list[Parking]:
        """The events that could not be taken in, in the order of the log."""
        with self.tables():
            return self._cursor.parked(limit=-1)

    def without(self) -> tuple[int, int]:
        """How many events the tables are made without: those that are parked, and those that went by decision."""
        return self.number_parked(), self._source.number_missing()

    def number_parked(self) -> int:
        """How many events could not be taken in; asked within tables()."""
        position = self._cursor.position()
        return 0 if position is None else position.parked

    def marked(self, page: board.BoardPage) -> board.BoardPage:
        """The page, with those of its demands that later went on in a parked event; asked within tables()."""
        if not self.number_parked():
            return page
        there = "SELECT 1 FROM demandflow_parked_events WHERE reader = ? AND demand = ?"
        demands = (row.demand for row in page.rows)
        parked = [one for one in demands if self._connection.execute(there, (READER, one.hex)).fetchone()]
        return replace(page, parked=tuple(parked))

    def retry_parked(self) -> None:
        """Try the parked events again."""
        with self._tables.locked():
            self.catch_up()
            self._cursor.retry(self)

    def _begin_reading(self, wanted: int) -> bool:
        """Begin a transaction in which the tables are ours, whole, and as far as wanted; False if there is none."""
        self._tables.leave()
        self._connection.execute("BEGIN")
        position = self._cursor.position()
        if position is not None and position.last >= max(wanted, position.whole_at) and self._matches(position):
            return True
        self._tables.leave()
        return False

    def _next_page(self, upto: int | None) -> int | None:
        return self._cursor.next_page(self, upto)

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What a page comes to: demands as they stand after it, what it books, and who entered another state.

        A demand of which an event is parked stays in the figures as it was before that event.
        """
        bookings: list[ledger.Booking] = []
        moved: list[Demand] = []
        touched: dict[UUID, Demand] = {}
        parked: list[Parking] = []
        held, began = set(stuck), 0
        for position, event in rows:
            if isinstance(event, Unreadable):
                parked.append(unreadable(position, event))
            elif event.demand in held:
                parked.append(waiting(position, event))
            else:
                try:
                    before = self._before(event)
                    after, lines = self._booked(before, event)
                except Exception as error:  # what a community's fact or a history with a hole may raise is not known
                    parked.append(unusable(position, event, error))
                else:
                    began += before is None
                    bookings += lines
                    if before is None or before.state != after.state:
                        moved.append(after)
                    self._states[event.demand] = touched[event.demand] = after
                    self._states.move_to_end(event.demand)
                    continue
            if event.demand is not None:
                held.add(event.demand)
        while len(self._states) > KEPT:
            self._states.popitem(last=False)

        def write(taken: str) -> str:
            board.write(self._connection, touched.values())
            stays.write(self._connection, moved)
            totals.write(self._connection, [(line.entry, line.amount) for line in bookings])
            ledger.write(self._connection, bookings)
            return str(Taken.of(taken).after(self._connection, began, moved))

        return Effect(write, parked)

    def _booked(self, before: Demand | None, event: Event) -> tuple[Demand, list[ledger.Booking]]:
        """The demand after the event, and what the event books."""
        if not 0 <= event.stamp.round < board.MOST:  # else it would depend on where a page ends whether it is written
            raise InvalidValue("round", f"must be a whole number below {board.MOST}, got {brief(event.stamp.round)}")
        after = evolve(before, event)
        if isinstance(event.fact, Corrected):
            entries = booked_by_correction(self._source.events(event.demand, upto=event.version), self._day)
        else:
            entries = booked(before, after, event, self._day)
        received = self._day(after.received or event.meta.happened)
        # clocks may step back, what is known does not become unknown
        recorded = self._day(after.recorded or event.meta.recorded)
        return after, [
            ledger.Booking(event.demand, event.version, received, recorded, entry, amount)
            for entry, amount in entries.items()
        ]

    def _before(self, event: Event) -> Demand | None:
        """The demand just before the event: kept, or folded from the log."""
        if event.version == 1:
            return None
        kept = self._states.get(event.demand)
        if kept is not None and kept.version == event.version - 1:
            return kept
        # up to the event itself: so a version that is missing before it is noticed
        return fold(self._source.events(event.demand, upto=event.version)[:-1])

    def _day(self, at: datetime) -> int:
        return number_of(at.astimezone(self.zone))

    def _matches(self, position: Position | None = None) -> bool:
        """Whether the position is one in this log, in this zone, under these definitions."""
        if self.zone.key != (zone := self._source.zone):
            self.zone = ZoneInfo(zone)  # somebody else changed the zone of the log
        return self._cursor.matches(position or self._cursor.position())

    def _clear(self) -> None:
        whole_at = self._source.last_position()
        with self._tables.transaction():
            self._make_tables(whole_at)
        self._states.clear()
