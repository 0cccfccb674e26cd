"""What runs statements: a connection to SQLite or to PostgreSQL, in the SQL that both understand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from demandflow.errors import StorageError


def replacing(table: str, columns: Sequence[str], key: str) -> str:
    """The statement that writes a row of these columns in the place of the one that has the same key."""
    marks, new = ", ".join("?" * len(columns)), (f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(new)}"
    )


def plans(connection: Statements) -> bool:
    """Whether the database chooses by itself by which index it reads; SQLite without statistics often errs."""
    return getattr(connection, "PLANS", False)


def streamed(connection: Statements, sql: str) -> Iterator[Any]:
    """The rows of a query, few of them in memory at a time; within a transaction, and read to their end."""
    return iter(getattr(connection, "streamed", connection.execute)(sql))


class Answer(Protocol):
    """The answer to a statement: its rows, or how many rows it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row; None if there are no more."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left."""


class Statements(Protocol):
    """What runs statements: a connection, or Beside."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Answer:
        """Run a statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        """Run a statement for each of these rows of values."""


class Recorder(Protocol):
    """The rows of a log, wherever they are."""

    def close(self) -> None:
        """Close the connections; doing so twice is harmless."""

    def wait_for_nobody(self) -> None:
        """From now on, do not wait for locks of others."""

    def transaction(self, work: Callable[[Statements], Any]) -> Any:
        """Do this work in a transaction and return its result; if it raises, nothing is stored."""

    def rows(self, query: str, values: Sequence[Any] = ...) -> list[Any]:
        """All rows of a query, as they are stored now."""

    def append(self, rows: Sequence[Row], first: Callable[[Statements], object] | None = None) -> int:
        """Store these rows, after doing `first` in the same transaction; returns the position of the last row."""

    def put(self, rows: Sequence[NumberedRow], first: Callable[[Statements], object]) -> None:
        """Store these rows at their own positions, after doing `first` in the same transaction."""

    def rows_of(self, demand: str, after: int = 0, upto: int | None = None) -> list[tuple[int, str, bytes]]:
        """Version, topic and state of the demand's rows after one version, up to and including another."""

    def page(self, after: int, limit: int) -> list[NumberedRow]:
        """The next rows of all demands."""

    def erase(self, table: str, key: str) -> None:
        """Delete the row with this id so that nothing of it is left, as far as the database can."""

    def rewind(self, connection: Statements) -> None:
        """Let the next row follow the newest that is there; within a transaction."""

    def damage(self) -> list[str]:
        """What the database itself says is damaged."""


Row = tuple[str, int, str, bytes]
"""A row of the log: the demand as 32 hexadecimal digits, its version, the topic and the state."""
NumberedRow = tuple[int, str, int, str, bytes]
"""A row with its position before it."""


class RowRefused(Exception):
    """The database does not take what was to be written: it is the fault of the row."""


class RowTaken(RowRefused):
    """A row with this key is there already: of the log, a version of the demand."""


def closed() -> StorageError:
    """The error for use after closing."""
    return StorageError("the storage cannot be used: it is closed")
