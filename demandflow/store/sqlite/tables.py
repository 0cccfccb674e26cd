"""Tables made from the log, beside it in its file or in memory: one connection, one thread at a time."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import count
from threading import RLock
from typing import Any, NamedTuple, Protocol, overload

from demandflow.store.sqlite.failures import table_errors

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
        """What matters of it: an index may have any name, and a table that got another name has it in quotes."""
        if self.sql is None or self.type != "index":
            return self.type, self.table, self.sql and self.sql.replace('"', "")
        return self.type, self.table, self.sql.replace('"', "").replace(f" {self.name} ", " ", 1)


class Statements(Protocol):
    """Whatever statements are given to: a connection, or one that puts them to the tables made beside."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> sqlite3.Cursor:
        """Do one."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        """Do one for each of these values."""


class Beside:
    """Puts statements about the tables of a schema to those that are made beside them."""

    def __init__(self, connection: sqlite3.Connection, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """Do one."""
        return self._connection.execute(beside_of(sql, self._schema), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        """Do one for each of these values."""
        return self._connection.executemany(beside_of(sql, self._schema), parameters)


class Tables:
    """A connection to tables that can be made anew from the log."""

    def __init__(self, path: str | None) -> None:
        self.lock, self._closed = RLock(), False
        self.connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        # what a crash takes from the tables is read from the log again, so they need not wait for the disk
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        # else a view of somebody else's that lacks its table would keep tables from being put in their place
        self.connection.execute("PRAGMA legacy_alter_table=ON")

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            self._closed = True
            self.connection.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One thread at a time; whatever interrupts it, no transaction stays open."""
        with self.lock, table_errors():
            try:
                yield
            finally:
                self.leave()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in the block, or nothing."""
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
        """All that is read in the block is of one moment."""
        with self.locked():
            self.leave()
            self.connection.execute("BEGIN")
            yield

    def altered(self, schema: str) -> list[str]:
        """The tables of the schema that are missing, have another shape, or lack an index."""
        there = {shape.meant for shape in self._there()}
        return list(dict.fromkeys(shape.table for shape in _shapes(schema) if shape.meant not in there))

    def make(self, schema: str, tables: Iterable[str]) -> None:
        """Make these tables of the schema, empty, in the place of what has their names now; within a transaction."""
        for table in tables:
            self._drop(table)
            taken = {shape.name for shape in self._there()}
            for shape in _shapes(schema):
                if shape.table == table and shape.sql is not None:
                    # an index of tables that were made beside these may have the name
                    free = (name for number in count(2) if (name := f"{shape.name}_{number}") not in taken)
                    name = next(free) if shape.name in taken else shape.name
                    self.connection.execute(re.sub(rf"\b{shape.name}\b", name, shape.sql, count=1))

    def put_in_place(self, schema: str) -> None:
        """Give what was made beside the tables of the schema their names, in their place; within a transaction."""
        for table in tables_of(schema):
            self._drop(table)
            self.connection.execute(f"ALTER TABLE {beside(table)} RENAME TO {table}")

    def _there(self) -> list[Shape]:
        return [Shape._make(row) for row in self.connection.execute(MASTER).fetchall()]

    def _drop(self, name: str) -> None:
        for shape in self._there():
            if shape.name == name:
                self.connection.execute(f"DROP {shape.type} {name}")

    def leave(self) -> None:
        """End what transaction there is. The lock is ours, so one that is open was left by an interruption."""
        if not self._closed and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


@cache
def _shapes(schema: str) -> tuple[Shape, ...]:
    """What SQLite keeps of these tables once they are made, each table before its indexes."""
    with closing(sqlite3.connect(":memory:")) as blank:
        blank.executescript(schema)
        shapes = [Shape._make(row) for row in blank.execute(MASTER)]
    return tuple(sorted(shapes, key=lambda shape: (shape.table, shape.type != "table")))


def beside(table: str) -> str:
    """The name under which a table is made beside the one that has its name."""
    return table.replace("demandflow_", "demandflow_new_", 1)


@lru_cache(1000)
def beside_of(sql: str, schema: str) -> str:
    """The same statement, or the same schema, about the tables made beside those of the schema."""
    names = "|".join(tables_of(schema))
    return re.sub(rf"\b(?:{names})\b", lambda found: beside(found[0]), sql)


def index_names(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """The indexes of a table by the names that its schema gives them: one made beside another has a number as well."""
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
    """A moment as it is kept in what is made from the log: microseconds since 1970 in UTC."""
    return None if at is None else (at - EPOCH) // MICROSECOND


@overload
def at_microseconds(number: int) -> datetime: ...
@overload
def at_microseconds(number: int | None) -> datetime | None: ...
def at_microseconds(number: int | None) -> datetime | None:
    """The moment that is kept as this number, in UTC."""
    return None if number is None else EPOCH + number * MICROSECOND


def written(at: datetime | None) -> str | None:
    """A moment as it is kept in what is not made from the log: fixed width, so that texts sort as moments do."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment that was written so."""
    return datetime.fromisoformat(text)
