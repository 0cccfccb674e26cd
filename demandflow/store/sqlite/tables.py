"""Tables made from the log, in its file or in memory: one connection, one thread at a time."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import count
from threading import RLock
from typing import Any, NamedTuple, overload

from demandflow.store.sqlite.failures import table_errors
from demandflow.store.statements import Answer, Statements, plans

BUSY_SECONDS, CACHE_KIB = 5, 32 * 1024
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master"


class Shape(NamedTuple):
    """A table or an index as SQLite keeps it."""

    type: str
    name: str
    table: str
    sql: str | None

    @property
    def meant(self) -> tuple[str, str, str | None]:
        """What matters when shapes are compared: an index may have any name, and a renamed table has quotes."""
        if self.sql is None or self.type != "index":
            return self.type, self.table, self.sql and self.sql.replace('"', "")
        return self.type, self.table, self.sql.replace('"', "").replace(f" {self.name} ", " ", 1)


class Beside:
    """Runs statements about the tables of a schema on those that are made beside them."""

    def __init__(self, connection: Statements, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Answer:
        """Run a statement."""
        return self._connection.execute(beside_of(sql, self._schema), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        """Run a statement for each of these rows of values."""
        return self._connection.executemany(beside_of(sql, self._schema), parameters)


class Tables:
    """A connection to tables that can be rebuilt from the log."""

    def __init__(self, path: str | None) -> None:
        self.lock, self._closed = RLock(), False
        self.connection = sqlite3.connect(
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
            self.connection.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One thread at a time; an interruption leaves no transaction open."""
        with self.lock, table_errors():
            try:
                yield
            finally:
                self.leave()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all that is written in the block, or nothing."""
        with table_errors():
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
        return list(dict.fromkeys(shape.table for shape in _shapes(schema) if shape.meant not in present))

    def make(self, schema: str, tables: Iterable[str]) -> None:
        """Make these tables of the schema, empty, and drop what has their names now; within a transaction."""
        for table in tables:
            self._drop(table)
            used = {shape.name for shape in self._present()}
            for shape in _shapes(schema):
                if shape.table == table and shape.sql is not None:
                    # an index of tables that were made beside these may have the name
                    free = (name for number in count(2) if (name := f"{shape.name}_{number}") not in used)
                    name = next(free) if shape.name in used else shape.name
                    self.connection.execute(re.sub(rf"\b{shape.name}\b", name, shape.sql, count=1))

    def put_in_place(self, schema: str) -> None:
        """Replace the tables of the schema by those that were made beside them; within a transaction."""
        for table in tables_of(schema):
            self._drop(table)
            self.connection.execute(f"ALTER TABLE {beside(table)} RENAME TO {table}")

    def _present(self) -> list[Shape]:
        return [Shape._make(row) for row in self.connection.execute(MASTER).fetchall()]

    def _drop(self, name: str) -> None:
        for shape in self._present():
            if shape.name == name:
                self.connection.execute(f"DROP {shape.type} {name}")

    def leave(self) -> None:
        """End an open transaction. The lock is ours, so an interruption left it open."""
        if not self._closed and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


@cache
def _shapes(schema: str) -> tuple[Shape, ...]:
    """The shapes of these tables as SQLite keeps them, each table before its indexes."""
    with closing(sqlite3.connect(":memory:")) as blank:
        blank.executescript(schema)
        shapes = [Shape._make(row) for row in blank.execute(MASTER)]
    return tuple(sorted(shapes, key=lambda shape: (shape.table, shape.type != "table")))


def beside(table: str) -> str:
    """The name of the table that is made beside this one."""
    return table.replace("demandflow_", "demandflow_new_", 1)


@lru_cache(1000)
def beside_of(sql: str, schema: str) -> str:
    """The same statement, or the same schema, for the tables made beside those of the schema."""
    names = "|".join(tables_of(schema))
    return re.sub(rf"\b(?:{names})\b", lambda match: beside(match[0]), sql)


def index_names(connection: Statements, table: str) -> dict[str, str]:
    """The indexes of a table by their names in the schema; one that was made beside another has a number as well."""
    if plans(connection):
        return {}
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (table,))
    return {re.sub(r"_\d+$", "", name): name for (name,) in rows}


def tables_of(schema: str) -> tuple[str, ...]:
    """The names of the tables of a schema."""
    return tuple(shape.name for shape in _shapes(schema) if shape.type == "table")


@overload
def microseconds(at: datetime) -> int: ...
@overload
def microseconds(at: datetime | None) -> int | None: ...
def microseconds(at: datetime | None) -> int | None:
    """A moment as the tables made from the log keep it: microseconds since 1970 in UTC."""
    return None if at is None else (at - EPOCH) // MICROSECOND


@overload
def at_microseconds(number: int) -> datetime: ...
@overload
def at_microseconds(number: int | None) -> datetime | None: ...
def at_microseconds(number: int | None) -> datetime | None:
    """The moment of such a number, in UTC."""
    return None if number is None else EPOCH + number * MICROSECOND


def written(at: datetime | None) -> str | None:
    """A moment as other tables keep it: a text of fixed width, so that texts sort as moments do."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment of such a text."""
    return datetime.fromisoformat(text)
