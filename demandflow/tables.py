"""Tables made from the log, beside it in its file or in memory: one connection, one thread at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock

from demandflow.errors import StorageBusy, StorageError

BUSY_SECONDS = 5


class Tables:
    """A connection to tables that can be made anew from the log."""

    def __init__(self, path: str | None) -> None:
        self.lock, self._closed = RLock(), False
        self.connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        # what a crash takes from the tables is read from the log again, so they need not wait for the disk
        self.connection.execute("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            self._closed = True
            self.connection.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One thread at a time; whatever interrupts it, no transaction stays open."""
        with self.lock, storage_errors():
            try:
                yield
            finally:
                self.leave()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in the block, or nothing."""
        with storage_errors():
            self.leave()
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            finally:
                self.leave()

    def leave(self) -> None:
        """End what transaction there is. The lock is ours, so one that is open was left by an interruption."""
        if not self._closed and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


@contextmanager
def storage_errors() -> Iterator[None]:
    """No exception of SQLite crosses the border."""
    try:
        yield
    except sqlite3.Error as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StorageBusy(f"the tables are held by somebody else ({error}); try again") from error
        raise StorageError(f"the tables cannot be used: {error}") from error


def written(at: datetime | None) -> str | None:
    """A moment as it is kept: fixed width, so that texts sort as moments do."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment that was written so."""
    return datetime.fromisoformat(text)
