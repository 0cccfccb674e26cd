"""The rows of the log in SQLite, behind eventsourcing's recorder interface."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent

from demandflow.store.sqlite.writer import FULL, INSERT, Row, Writer, connected

T = TypeVar("T")
ROWS = """CREATE TABLE IF NOT EXISTS stored_events (
    originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
    PRIMARY KEY (originator_id, originator_version)
)"""
"""The table as eventsourcing's own recorder makes it; a row's position is its rowid, which VACUUM leaves alone."""
COLUMNS = ("originator_id", "originator_version", "topic", "state")
NumberedRow = tuple[int, str, int, str, bytes]
"""A row with its position before it."""
IDS_KEPT = 2_000
"""So many ids are kept: the rows of a demand are near each other, and parsing an id again is slower."""
_NUMBERED = f"SELECT rowid, {', '.join(COLUMNS)} FROM stored_events"  # noqa: S608
_PUT = f"INSERT INTO stored_events (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
_PAGE = f"{_NUMBERED} WHERE rowid > ? ORDER BY rowid LIMIT ?"
_OF_DEMAND = "SELECT originator_version, topic, state FROM stored_events WHERE originator_id = ?"
_AFTER, _UPTO, _IN_ORDER = "AND originator_version > ?", "AND originator_version <= ?", "ORDER BY originator_version"
_ALL_OF_DEMAND = f"{_OF_DEMAND} {_IN_ORDER}"
_OF_DEMAND_AFTER = f"{_OF_DEMAND} {_AFTER} {_IN_ORDER}"
_OF_DEMAND_UPTO = f"{_OF_DEMAND} {_UPTO} {_IN_ORDER}"
_OF_DEMAND_BETWEEN = f"{_OF_DEMAND} {_AFTER} {_UPTO} {_IN_ORDER}"


class SQLiteRecorder(ApplicationRecorder):
    """One connection that writes and, for a file, one that reads; an interruption leaves no transaction open."""

    def __init__(self, path: str | None, synchronous: str = FULL) -> None:
        """Rows in this file, or in memory; the table has to be made before it is used."""
        self._writer = Writer(path, synchronous)
        try:
            # a database in memory has one connection; readers of a file need not wait for the writer
            own = (self._writer.lock, self._writer.connection) if path is None else (Lock(), connected(path))
            self._reading, self._reader = own
        except BaseException:
            self._writer.close()
            raise

    def close(self) -> None:
        """Close the connections; doing so twice is harmless."""
        with self._reading:
            self._reader.close()
        self._writer.close()

    def wait_for_nobody(self) -> None:
        """From now on, do not wait for locks of others."""
        self._writer.wait_for_nobody()

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this work in a transaction and return its result; if it raises, nothing is stored."""
        return self._writer.transaction(work)

    def empty_the_write_ahead_file(self) -> None:
        """Let nothing that was erased wait there."""
        self._writer.empty_the_write_ahead_file()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, as they are stored now."""
        with self._reading:
            # no name for the cursor: if it were left half-read, later reads would see the past
            return self._reader.execute(query, values).fetchall()

    def append(self, rows: Sequence[Row], first: Callable[[sqlite3.Connection], object] | None = None) -> int:
        """Store these rows, after doing `first` in the same transaction; returns the position of the last row.

        Raises sqlite3.IntegrityError if a version is there already.
        """
        if first is None:
            return self._writer.append(rows)

        def insert(connection: sqlite3.Connection) -> int:
            first(connection)
            return [connection.execute(INSERT, row).lastrowid or 0 for row in rows][-1]

        self._writer.make_ready()
        return self._writer.transaction(insert)

    def put(self, rows: Sequence[NumberedRow], first: Callable[[sqlite3.Connection], object]) -> None:
        """Store these rows at their own positions, after doing `first` in the same transaction.

        Raises sqlite3.IntegrityError if a version or a position is there already.
        """

        def insert(connection: sqlite3.Connection) -> None:
            first(connection)
            connection.executemany(_PUT, rows)

        self._writer.make_ready()
        self._writer.transaction(insert)

    def rows_of(self, demand: str, after: int = 0, upto: int | None = None) -> list[tuple[int, str, bytes]]:
        """Version, topic and state of the demand's rows after one version, up to and including another."""
        if upto is None:
            return self.rows(_OF_DEMAND_AFTER, (demand, after)) if after else self.rows(_ALL_OF_DEMAND, (demand,))
        if after:
            return self.rows(_OF_DEMAND_BETWEEN, (demand, after, upto))
        return self.rows(_OF_DEMAND_UPTO, (demand, upto))

    def page(self, after: int, limit: int) -> list[NumberedRow]:
        """The next rows of all demands."""
        return self.rows(_PAGE, (after, limit))

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        """Write these rows; their positions. Raises eventsourcing's IntegrityError."""
        rows = [(_hex(row.originator_id), row.originator_version, row.topic, row.state) for row in stored_events]
        try:
            last = self.append(rows) if rows else 0
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        return range(last - len(rows) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The rows of one demand, by version."""
        rows = self.rows_of(_hex(originator_id), gt or 0, lte)[:: -1 if desc else 1]
        return [StoredEvent(originator_id, *row) for row in rows[:limit]]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The rows of all demands, by position. An id that is no UUID is left as it is."""
        query = f"{_NUMBERED} WHERE rowid {'>=' if inclusive_of_start else '>'} ?"
        values: list[Any] = [1 if start is None else start]
        if stop is not None:
            query, values = f"{query} AND rowid <= ?", [*values, stop]
        if topics:
            query, values = f"{query} AND topic IN ({', '.join('?' * len(topics))})", [*values, *topics]
        rows = self.rows(f"{query} ORDER BY rowid LIMIT ?", [*values, limit])
        return [Notification(id_of(demand), version, topic, state, at) for at, demand, version, topic, state in rows]

    def max_notification_id(self) -> int | None:
        """The position of the newest row."""
        ((newest,),) = self.rows("SELECT MAX(rowid) FROM stored_events")
        return newest  # type: ignore[no-any-return]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Not offered: readers follow the log page by page."""
        raise NotImplementedError


@lru_cache(IDS_KEPT, typed=True)
def id_of(text: Any) -> UUID | str:
    """The id of the demand of a row; what is no UUID as it is."""
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return str(text)


def _hex(demand: UUID | str) -> str:
    return demand.hex if isinstance(demand, UUID) else demand
