"""The rows of the log in SQLite, behind eventsourcing's recorder interface."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent

T = TypeVar("T")
BUSY_SECONDS = 5
ROWS = """CREATE TABLE IF NOT EXISTS stored_events (
    originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
    PRIMARY KEY (originator_id, originator_version)
)"""
"""The table as eventsourcing's own recorder makes it; a row's position is its rowid, which VACUUM leaves alone."""
COLUMNS = ("originator_id", "originator_version", "topic", "state")
_READ = f"SELECT {', '.join(COLUMNS)} FROM stored_events"  # noqa: S608
_NUMBERED = f"SELECT rowid, {', '.join(COLUMNS)} FROM stored_events"  # noqa: S608
_INSERT = "INSERT INTO stored_events VALUES (?, ?, ?, ?)"


class SQLiteRecorder(ApplicationRecorder):
    """One connection that writes and, for a file, one that reads; whatever interrupts it, no transaction stays open."""

    def __init__(self, path: str | None) -> None:
        """Rows in this file, or in memory; the table has to be there before they are used."""
        self._writing, self._writer = Lock(), _connection(path)
        try:
            # a memory belongs to its connection; readers of a file need not wait for who writes
            self._reading, self._reader = (self._writing, self._writer) if path is None else (Lock(), _connection(path))
        except BaseException:
            self._writer.close()
            raise
        self._grows_beside = path is None

    def close(self) -> None:
        """Close the connections; doing so twice is harmless."""
        for lock, connection in ((self._reading, self._reader), (self._writing, self._writer)):
            with lock:
                connection.close()

    def wait_for_nobody(self) -> None:
        """From now on, what others hold is not waited for."""
        with self._writing:
            self._writer.execute("PRAGMA busy_timeout=0")

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returns, once all that it wrote is stored; nothing is, if it raises.

        Lock and connection are left by their own code in C, which no signal can interrupt.
        """
        with self._writing:
            if self._writer.in_transaction:
                self._writer.rollback()  # only a debugger can have left it, but it would last for good
            with self._writer as connection:
                connection.execute("BEGIN IMMEDIATE")
                return work(connection)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, as they are stored now."""
        with self._reading:
            cursor = self._reader.cursor()
            try:
                return cursor.execute(query, values).fetchall()
            finally:
                cursor.close()  # one that is left half-read would show the past to all who come after

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        first: Callable[[sqlite3.Connection], object] | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """Write these rows, and before them what else belongs to them; their positions. Raises IntegrityError."""
        rows = [(_hex(row.originator_id), row.originator_version, row.topic, row.state) for row in stored_events]

        def insert(connection: sqlite3.Connection) -> list[int]:
            if first is not None:
                first(connection)
            return [connection.execute(_INSERT, row).lastrowid or 0 for row in rows]

        if not self._grows_beside:
            self._grow_beside()
        try:
            return self.transaction(insert)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error

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
        query, values = f"{_READ} WHERE originator_id = ?", list[Any]([_hex(originator_id)])
        for bound, value in (("> ?", gt), ("<= ?", lte)):
            if value is not None:
                query, values = f"{query} AND originator_version {bound}", [*values, value]
        query += f" ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT ?"
        rows = self.rows(query, [*values, -1 if limit is None else limit])
        return [StoredEvent(originator_id, version, topic, state) for _, version, topic, state in rows]

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
        """Not offered: who follows the log reads it page by page."""
        raise NotImplementedError

    def _grow_beside(self) -> None:
        """Let the file have its write-ahead file, so that nobody who reads waits for who writes.

        A file without events has none, by which the copy of a file that was in use is known: see files.py. Where
        somebody reads just now it has to wait until the next time.
        """
        with self._writing, suppress(sqlite3.OperationalError):
            ((mode,),) = self._writer.execute("PRAGMA journal_mode=WAL").fetchall()
            self._grows_beside = mode == "wal"


def id_of(text: Any) -> UUID | str:
    """The demand that a row names; what names none as it is."""
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return str(text)


def _hex(demand: UUID | str) -> str:
    return demand.hex if isinstance(demand, UUID) else demand


def _connection(path: str | None) -> sqlite3.Connection:
    # isolation_level=None: transactions are ours; synchronous stays FULL, as SQLite sets it: what is answered is stored
    return sqlite3.connect(path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
