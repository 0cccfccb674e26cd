"""From the log to the tables: a page's effect and the new position are written in one transaction."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.demand import Demand, evolve, fold
from demandflow.domain.events import Event
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, StorageBusy, brief
from demandflow.projections import board, ledger, stays, totals
from demandflow.projections.entries import booked, booked_by_correction
from demandflow.projections.periods import number_of
from demandflow.projections.standing import DEFINITIONS_VERSION
from demandflow.tables import BUSY_SECONDS, Tables

PAGE = 1000
KEPT = 10_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_position (
    log TEXT NOT NULL, zone TEXT NOT NULL, definitions INTEGER NOT NULL,
    whole_at INTEGER NOT NULL, last INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL
);
"""
TABLES = (
    "demandflow_board",
    "demandflow_stays",
    "demandflow_totals",
    "demandflow_slices",
    "demandflow_clocks",
    "demandflow_dues",
    "demandflow_ledger",
    "demandflow_position",
)


class Position(NamedTuple):
    """How far the tables have come: in which log, zone and definitions, and to which event.

    Tables that are being made anew are whole again at `whole_at`; until then nobody reads them.
    """

    log: str
    zone: str
    definitions: int
    whole_at: int = 0
    last: int = 0
    demand: str = ""
    version: int = 0


Progress = Callable[[int, int], None]
"""Is told how many events are done, of how many."""


class Source(Protocol):
    """What the projector needs of a log."""

    id: str
    path: str | None

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""

    def page(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events of all demands, with their positions."""

    def last_position(self) -> int:
        """The position of the newest event; 0 if there is none."""


class Projector:
    """Keeps board, totals and ledger; every query catches up with the log first."""

    def __init__(self, source: Source, zone: str) -> None:
        try:
            self.zone = ZoneInfo(zone)
        except (KeyError, ValueError, OSError, TypeError, AttributeError):
            raise InvalidValue("zone", f"{zone!r} is not a time zone (for instance Asia/Shanghai)") from None
        self._source = source
        self._states: OrderedDict[UUID, Demand] = OrderedDict()
        self._tables = Tables(source.path)
        self._connection = self._tables.connection
        try:
            whole_at = source.last_position()
            with self._tables.transaction():
                self._make_tables(whole_at)
        except BaseException:
            self._tables.close()
            raise

    def _make_tables(self, whole_at: int) -> None:
        """Make the tables if they are not there; those of another make are dropped, to be made anew from the log."""
        schema = "".join((board.SCHEMA, stays.SCHEMA, totals.SCHEMA, ledger.SCHEMA, SCHEMA))
        self._connection.execute("CREATE TABLE IF NOT EXISTS demandflow_schema (text TEXT NOT NULL)")
        if self._connection.execute("SELECT text FROM demandflow_schema").fetchall() != [(schema,)]:
            for table in TABLES:
                self._connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in schema.split(";"):
                self._connection.execute(statement)
            self._connection.execute("DELETE FROM demandflow_schema")
            self._connection.execute("INSERT INTO demandflow_schema VALUES (?)", (schema,))
            self._move(self._start._replace(whole_at=whole_at))

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self._tables.close()

    @contextmanager
    def tables(self, *, catch_up: bool = True) -> Iterator[sqlite3.Connection]:
        """The tables to read from, as they stood at one moment: caught up with the log unless told not to."""
        with self._tables.locked():
            until = monotonic() + BUSY_SECONDS
            wanted = self._source.last_position() if catch_up else 0
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

    def _begin_reading(self, wanted: int) -> bool:
        """Begin a transaction in which the tables are ours, whole, and as far as wanted; False if there is none."""
        self._tables.leave()
        self._connection.execute("BEGIN")
        position = self._position()
        if position.last >= max(wanted, position.whole_at) and self._matches(position):
            return True
        self._tables.leave()
        return False

    def _next_page(self, upto: int | None) -> int | None:
        """Write one page; returns the position reached, or None if there was nothing to write.

        The log is read before the tables are locked, and nothing is written if somebody else was faster: whoever
        waits for the log while holding the lock that writers wait for would wait for ever.
        """
        began = self._position()
        if began[:3] != self._start[:3]:
            return None  # somebody made them anew in another zone or by other definitions
        if upto is not None and began.last >= max(upto, began.whole_at):
            return None
        page = self._source.page(began.last, PAGE)
        if not page:
            return None
        demands, bookings, moved = self._worked_out([event for _, event in page])
        last, newest = page[-1]
        with self._tables.transaction():
            if self._position() != began:
                return began.last
            board.write(self._connection, demands)
            stays.write(self._connection, moved)
            totals.write(self._connection, [(line.entry, line.amount) for line in bookings])
            ledger.write(self._connection, bookings)
            self._move(began._replace(last=last, demand=newest.demand.hex, version=newest.version))
        return last

    def _worked_out(self, events: list[Event]) -> tuple[list[Demand], list[ledger.Booking], list[Demand]]:
        """What a page comes to: the demands as they stand after it, what it books, and who entered another state."""
        bookings: list[ledger.Booking] = []
        moved: list[Demand] = []
        touched: dict[UUID, Demand] = {}
        for event in events:
            before = self._before(event)
            after = evolve(before, event)
            if isinstance(event.fact, Corrected):
                entries = booked_by_correction(self._source.events(event.demand, upto=event.version), self._day)
            else:
                entries = booked(before, after, event, self._day)
            if before is None or before.state != after.state:
                moved.append(after)
            received = self._day(after.received or event.meta.happened)
            # clocks may step back, what is known does not become unknown
            recorded = self._day(after.recorded or event.meta.recorded)
            bookings += [
                ledger.Booking(event.demand, event.version, received, recorded, entry, amount)
                for entry, amount in entries.items()
            ]
            self._states[event.demand] = touched[event.demand] = after
            self._states.move_to_end(event.demand)
        while len(self._states) > KEPT:
            self._states.popitem(last=False)
        return list(touched.values()), bookings, moved

    def _before(self, event: Event) -> Demand | None:
        """The demand just before the event: kept, or folded from the log."""
        if event.version == 1:
            return None
        kept = self._states.get(event.demand)
        if kept is not None and kept.version == event.version - 1:
            return kept
        return fold(self._source.events(event.demand, upto=event.version - 1))

    def _day(self, at: datetime) -> int:
        return number_of(at.astimezone(self.zone))

    @property
    def _start(self) -> Position:
        return Position(self._source.id, self.zone.key, DEFINITIONS_VERSION)

    def _position(self) -> Position:
        row = self._connection.execute("SELECT * FROM demandflow_position").fetchone()
        return Position(*row) if row else self._start

    def _move(self, position: Position) -> None:
        self._connection.execute("DELETE FROM demandflow_position")
        marks = ", ".join("?" * len(position))
        self._connection.execute(f"INSERT INTO demandflow_position VALUES ({marks})", position)  # noqa: S608

    def _matches(self, position: Position | None = None) -> bool:
        """Whether the position is one in this log, in this zone, under these definitions."""
        position = position or self._position()
        if position[:3] != self._start[:3]:
            return False
        if position.last == 0:
            return True
        found = self._source.page(position.last - 1, 1)
        keys = [(at, event.demand.hex, event.version) for at, event in found]
        return keys == [(position.last, position.demand, position.version)]

    def _clear(self) -> None:
        whole_at = self._source.last_position()
        with self._tables.transaction():
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
            self._move(self._start._replace(whole_at=whole_at))
        self._states.clear()
