"""The rows of the log in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeVar

from demandflow.store.recorder import FULL, NUMBERED, PUT, RowRecorder
from demandflow.store.sqlite.writer import INSERT, Writer, connected
from demandflow.store.statements import NumberedRow, Row, Statements

T = TypeVar("T")
ROWS = """CREATE TABLE IF NOT EXISTS stored_events (
    originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
    PRIMARY KEY (originator_id, originator_version)
)"""
"""The table as eventsourcing's own recorder makes it; a row's position is its rowid, which VACUUM leaves alone."""
_PAGE = f"{NUMBERED} WHERE rowid > ? ORDER BY rowid LIMIT ?"
_OF_DEMAND = "SELECT originator_version, topic, state FROM stored_events WHERE originator_id = ?"
_AFTER, _UPTO, _IN_ORDER = "AND originator_version > ?", "AND originator_version <= ?", "ORDER BY originator_version"
_ALL_OF_DEMAND = f"{_OF_DEMAND} {_IN_ORDER}"
_OF_DEMAND_AFTER = f"{_OF_DEMAND} {_AFTER} {_IN_ORDER}"
_OF_DEMAND_UPTO = f"{_OF_DEMAND} {_UPTO} {_IN_ORDER}"
_OF_DEMAND_BETWEEN = f"{_OF_DEMAND} {_AFTER} {_UPTO} {_IN_ORDER}"


class SQLiteRecorder(RowRecorder):
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

    def erase(self, table: str, key: str) -> None:
        """Overwrite the row with this id, in the file and in the write-ahead file."""

        def delete(connection: Statements) -> None:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,))  # noqa: S608

        self._writer.transaction(delete)
        self._writer.empty_the_write_ahead_file()

    def rewind(self, connection: Statements) -> None:
        """Nothing is to be done: the next row follows the newest that is there."""

    def damage(self) -> list[str]:
        """What SQLite itself says is damaged."""
        return [line for (line,) in self.rows("PRAGMA quick_check") if line != "ok"]

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
            connection.executemany(PUT, rows)

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
