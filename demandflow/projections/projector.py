"""From the log to the tables: a page's effect and the new position are written in one transaction."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import RLock
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.demand import Demand, evolve, fold
from demandflow.domain.events import Event
from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, StorageBusy, StorageError
from demandflow.projections import board, ledger, totals
from demandflow.projections.entries import booked, booked_by_correction
from demandflow.projections.standing import DEFINITIONS

PAGE = 1000
KEPT = 10_000
BUSY_SECONDS = 30
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_position (
    log TEXT NOT NULL, zone TEXT NOT NULL, definitions INTEGER NOT NULL,
    last INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL
);
"""
TABLES = ("demandflow_board", "demandflow_totals", "demandflow_ledger", "demandflow_position")

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
        except (KeyError, ValueError, OSError):
            raise InvalidValue("zone", f"{zone!r} is not a time zone (for instance Asia/Shanghai)") from None
        self._source, self._lock = source, RLock()
        self._states: OrderedDict[UUID, Demand] = OrderedDict()
        self._connection = sqlite3.connect(
            source.path or ":memory:", isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        # what a crash takes from the tables is read from the log again, so they need not wait for the disk
        self._connection.execute("PRAGMA synchronous=NORMAL")
        with self._transaction():
            for table in (board, totals, ledger):
                for statement in table.SCHEMA.split(";"):
                    self._connection.execute(statement)
            self._connection.execute(SCHEMA)

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def tables(self, *, catch_up: bool = True) -> Iterator[sqlite3.Connection]:
        """The tables to read from, after catching up with the log unless told not to."""
        with self._lock, _storage_errors():
            if catch_up:
                self.catch_up()
            yield self._connection

    def catch_up(self, progress: Progress | None = None) -> None:
        """Read the log to its end, page by page. Another zone, definition or log makes the tables anew."""
        with self._lock, _storage_errors():
            if self._is_current():
                return
            if not self._matches():
                with self._transaction():
                    self._clear()
            while (position := self._next_page()) is not None:
                if progress is not None:
                    progress(position, max(position, self._source.last_position()))

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the tables anew from the log."""
        with self._lock, _storage_errors():
            with self._transaction():
                self._clear()
            self.catch_up(progress)

    def _next_page(self) -> int | None:
        """Write one page; returns the position reached, or None if there was nothing to write.

        The log is read before the tables are locked, and nothing is written if somebody else was faster: whoever
        waits for the log while holding the lock that writers wait for would wait for ever.
        """
        began = self._position()
        page = self._source.page(began[3], PAGE)
        if not page:
            return None
        demands, bookings = self._worked_out([event for _, event in page])
        last, newest = page[-1]
        with self._transaction():
            if self._position() != began:
                return began[3]
            board.write(self._connection, demands)
            totals.write(self._connection, [(line.entry, line.amount) for line in bookings])
            ledger.write(self._connection, bookings)
            self._connection.execute("DELETE FROM demandflow_position")
            row = (*self._wanted(last)[:4], newest.demand.hex, newest.version)
            self._connection.execute("INSERT INTO demandflow_position VALUES (?, ?, ?, ?, ?, ?)", row)
        return last

    def _worked_out(self, events: list[Event]) -> tuple[list[Demand], list[ledger.Booking]]:
        """What a page comes to: the demands as they stand after it, and what it books."""
        bookings: list[ledger.Booking] = []
        touched: dict[UUID, Demand] = {}
        for event in events:
            before = self._before(event)
            after = evolve(before, event)
            if isinstance(event.fact, Corrected):
                entries = booked_by_correction(self._source.events(event.demand, upto=event.version), self._day)
            else:
                entries = booked(before, after, event, self._day)
            received = self._day(after.received or event.meta.happened)
            recorded = self._day(event.meta.recorded)
            bookings += [
                ledger.Booking(event.demand, event.version, received, recorded, entry, amount)
                for entry, amount in entries.items()
            ]
            self._states[event.demand] = touched[event.demand] = after
            self._states.move_to_end(event.demand)
        while len(self._states) > KEPT:
            self._states.popitem(last=False)
        return list(touched.values()), bookings

    def _before(self, event: Event) -> Demand | None:
        """The demand just before the event: kept, or folded from the log."""
        if event.version == 1:
            return None
        kept = self._states.get(event.demand)
        if kept is not None and kept.version == event.version - 1:
            return kept
        return fold(self._source.events(event.demand, upto=event.version - 1))

    def _day(self, at: datetime) -> str:
        return at.astimezone(self.zone).date().isoformat()

    def _position(self) -> tuple[str, str, int, int, str, int]:
        row = self._connection.execute("SELECT * FROM demandflow_position").fetchone()
        return row or (*self._wanted(0)[:4], "", 0)

    def _wanted(self, last: int) -> tuple[str, str, int, int, str, int]:
        return (self._source.id, self.zone.key, DEFINITIONS, last, "", 0)

    def _is_current(self) -> bool:
        position = self._position()
        return position[:4] == self._wanted(self._source.last_position())[:4] and self._matches()

    def _matches(self) -> bool:
        """Whether the position is one in this log, in this zone, under these definitions."""
        log, zone, definitions, last, demand, version = self._position()
        if (log, zone, definitions) != self._wanted(0)[:3]:
            return False
        if last == 0:
            return True
        found = self._source.page(last - 1, 1)
        return bool(found) and (found[0][0], found[0][1].demand.hex, found[0][1].version) == (last, demand, version)

    def _clear(self) -> None:
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
        self._states.clear()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _storage_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StorageBusy(f"the tables are held by somebody else ({error}); try again") from error
        raise StorageError(f"the tables cannot be used: {error}") from error
