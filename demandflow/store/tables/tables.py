"""A connection to tables that are made from the log: what SQLite's and PostgreSQL's have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from typing import Protocol

from demandflow.errors import StorageError
from demandflow.store.statements import RowRefused, Statements


class Connection(Statements, Protocol):
    """A connection of one's own."""

    def close(self) -> None:
        """Close it for good."""


@contextmanager
def refusals() -> Iterator[None]:
    """Raise what the database does not take as an error for the caller."""
    try:
        yield
    except RowRefused as error:
        raise StorageError(f"the tables cannot be used: {error}") from error


class Tables:
    """A connection to tables that can be rebuilt from the log, for one thread at a time."""

    connection: Connection

    def __init__(self) -> None:
        self.lock = RLock()

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            self.connection.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One thread at a time; an interruption leaves no transaction open."""
        with self.lock, self.errors():
            try:
                yield
            finally:
                self.leave()

    def errors(self) -> AbstractContextManager[None]:
        """Raise what fails in this block as an error for the caller."""
        return refusals()

    def transaction(self) -> AbstractContextManager[None]:
        """Store all that is written in the block, or nothing; one process at a time."""
        raise NotImplementedError

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything in the block as of one moment."""
        raise NotImplementedError

    def begin_reading(self, schema: str) -> None:
        """From now on, until leave(), read the tables of the schema as of this moment."""
        raise NotImplementedError

    def leave(self) -> None:
        """End an open transaction. The lock is ours, so an interruption left it open."""
        raise NotImplementedError

    def altered(self, schema: str) -> list[str]:
        """The tables of the schema that are missing, have another shape, or lack an index."""
        raise NotImplementedError

    def make(self, schema: str, tables: Iterable[str]) -> None:
        """Make these tables of the schema, empty, and drop what has their names now; within a transaction."""
        raise NotImplementedError

    def put_in_place(self, schema: str) -> None:
        """Replace the tables of the schema by those that were made beside them; within a transaction."""
        raise NotImplementedError
