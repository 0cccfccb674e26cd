"""Tables made from the log, in its file or in memory: one connection, one thread at a time."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Container, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

from demandflow.store.sqlite.failures import table_errors
from demandflow.store.tables.schemas import MASTER, Shape, beside, shapes_of, tables_of
from demandflow.store.tables.tables import Tables

BUSY_SECONDS, CACHE_KIB = 5, 32 * 1024


class SQLiteTables(Tables):
    """A connection to tables that can be rebuilt from the log."""

    def __init__(self, path: str | None) -> None:
        super().__init__()
        self._closed = False
        self.connection: sqlite3.Connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        # what the tables lose in a crash is read from the log again, so they need not wait for the disk
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        # otherwise somebody else's view of a missing table would prevent renaming
        self.connection.execute("PRAGMA legacy_alter_table=ON")

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            self._closed = True
            super().close()

    def errors(self) -> AbstractContextManager[None]:
        """Raise what fails in this block as an error for the caller."""
        return table_errors()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all that is written in the block, or nothing."""
        with self.errors():
            self.leave()
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            finally:
                self.leave()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in the block as of one moment."""
        with self.locked():
            self.leave()
            self.connection.execute("BEGIN")
            yield

    def begin_reading(self, schema: str) -> None:
        """From now on, until leave(), read the tables of the schema as of this moment."""
        self.leave()
        self.connection.execute("BEGIN")

    def altered(self, schema: str) -> list[str]:
        """The tables of the schema that are missing, have another shape, or lack an index."""
        present = {shape.meant for shape in self._present()}
        return list(dict.fromkeys(shape.table for shape in shapes_of(schema) if shape.meant not in present))

    def make(self, schema: str, tables: Iterable[str]) -> None:
        """Make these tables of the schema, empty, and drop what has their names now; within a transaction."""
        names = frozenset(tables)
        self._drop(names)
        used = {shape.name for shape in self._present()}
        for shape in shapes_of(schema):
            if shape.table in names and shape.sql is not None:
                # an index of tables that were made beside these may have the name
                free = (name for number in count(2) if (name := f"{shape.name}_{number}") not in used)
                name = next(free) if shape.name in used else shape.name
                self.connection.execute(re.sub(rf"\b{shape.name}\b", name, shape.sql, count=1))

    def put_in_place(self, schema: str) -> None:
        """Replace the tables of the schema by those that were made beside them; within a transaction."""
        tables = tables_of(schema)
        self._drop(tables)
        for table in tables:
            self.connection.execute(f"ALTER TABLE {beside(table)} RENAME TO {table}")

    def _present(self) -> list[Shape]:
        return [Shape._make(row) for row in self.connection.execute(MASTER).fetchall()]

    def _drop(self, names: Container[str]) -> None:
        for shape in self._present():
            if shape.name in names:  # an index may be gone with a table that was dropped just now
                self.connection.execute(f"DROP {shape.type} IF EXISTS {shape.name}")

    def leave(self) -> None:
        """End an open transaction. The lock is ours, so an interruption left it open."""
        if not self._closed and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
