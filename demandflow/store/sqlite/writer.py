"""The connection by which the log is written; appends that wait for each other share a commit."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from threading import Lock
from typing import TypeVar

from demandflow.errors import InvalidValue, brief

T = TypeVar("T")
Row = tuple[str, int, str, bytes]
"""A row of the log: the demand as 32 hexadecimal digits, its version, the topic and the state."""
BUSY_SECONDS = 5
PATIENCE = 0.1
"""So many seconds an append sleeps at most before it sees for itself: whoever was to settle it may be interrupted."""
FULL, NORMAL = "FULL", "NORMAL"
INSERT = "INSERT INTO stored_events VALUES (?, ?, ?, ?)"
OF_THE_ROW = (sqlite3.Error, OverflowError, UnicodeEncodeError)
"""What is wrong with a row, or with the storage; any other exception interrupts whoever happens to write."""


class _Commit:
    """What appends that are written together share: whether they are stored, or the error that all of them get."""

    stored = False
    error: sqlite3.Error | None = None


NO_COMMIT = _Commit()


class _Append:
    """Rows to be stored, all or none; the commit that they are in, the last one's position, and their own error."""

    commit = NO_COMMIT
    last = 0
    error: Exception | None = None
    alarm: Lock | None = None
    """Where its thread sleeps: let go by whoever writes it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def is_settled(self) -> bool:
        """Whether it is known if it is stored."""
        return self.commit.stored or self.commit.error is not None


class Writer:
    """The connection that writes, for one thread at a time; whatever interrupts it, no transaction stays open.

    Python looks for signals when a function is entered and when one in C returns. So lock and transaction are left,
    and an append is taken back, where neither comes before.
    """

    def __init__(self, path: str | None, synchronous: str = FULL) -> None:
        self.lock, self.connection = Lock(), connected(path)
        self._cursor = self.connection.cursor()
        self._waiting: deque[_Append] = deque()
        self._synchronous, self._ready = synchronous, path is None

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            self.connection.close()

    def wait_for_nobody(self) -> None:
        """From now on, what others hold is not waited for."""
        with self.lock:
            self.connection.execute("PRAGMA busy_timeout=0")

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returns, once all that it wrote is stored; nothing is, if it raises."""
        with self.lock:
            self._leave()
            with self.connection as connection:  # left by its own code in C
                connection.execute("BEGIN IMMEDIATE")
                return work(connection)

    def append(self, rows: Sequence[Row]) -> int:
        """Store these rows, all or none; the position of the last. Raises sqlite3.IntegrityError for a version taken.

        Where somebody writes already, the first of those who wait writes next, for all of them.
        """
        if not self._ready:
            self.make_ready()
        if self._waiting or self.lock.locked():
            return self._append_with_others(_Append(rows))
        with self.lock:
            self._leave()
            execute = self._cursor.execute
            try:
                execute("BEGIN IMMEDIATE")
                for row in rows:
                    execute(INSERT, row)
                execute("COMMIT")
                return self._cursor.lastrowid or 0
            finally:
                if self.connection.in_transaction:
                    execute("ROLLBACK")

    def make_ready(self) -> None:
        """Let the file have its write-ahead file, so that nobody who reads waits for who writes.

        A file without events has none, by which the copy of a file that was in use is known: see files.py. Where
        somebody reads just now it has to wait until the next time. Without a write-ahead file NORMAL could tear the
        log, and where the first event did not wait for the disk, the write-ahead file itself might be gone.
        """
        with self.lock, suppress(sqlite3.OperationalError):
            ((mode,),) = self.connection.execute("PRAGMA journal_mode=WAL").fetchall()
            ready = mode == "wal"
            if ready and self._synchronous != FULL:
                ready = bool(self.connection.execute("SELECT 1 FROM stored_events LIMIT 1").fetchall())
                if ready:
                    self.connection.execute(f"PRAGMA synchronous={self._synchronous}")
            self._ready = ready

    def _append_with_others(self, mine: _Append) -> int:
        """Let somebody else write it, or write for all who wait. Interrupted, it is stored by then, or never."""
        try:
            self._waiting.append(mine)
            if not self._settled_by_others(mine):
                with self.lock:
                    if not mine.is_settled():
                        self._commit_with(mine)
        except BaseException:
            try:
                self._waiting.remove(mine)
            except ValueError:  # whoever took it may be writing it just now
                with self.lock:
                    pass
            raise
        if (error := mine.commit.error) is not None:
            raise copy(error).with_traceback(error.__traceback__)
        if mine.error is not None:
            raise mine.error
        return mine.last

    def _settled_by_others(self, mine: _Append) -> bool:
        """Sleep until somebody else has settled it; False where it is the first, or nobody does."""
        try:
            if self._waiting[0] is mine:
                return False
        except IndexError:
            pass  # all who waited were taken just now
        alarm = Lock()
        alarm.acquire()
        mine.alarm = alarm
        if mine.commit is NO_COMMIT:  # whoever takes it from now on lets go the alarm
            alarm.acquire(timeout=PATIENCE)
        return mine.is_settled()

    def _commit_with(self, mine: _Append) -> None:
        """Store this append and all that wait, in one commit that settles them.

        Interrupted before it is stored, it settles nobody: each of the others writes its own.
        """
        commit, together, written, execute = _Commit(), [mine], False, self._cursor.execute
        mine.commit, mine.error, mine.alarm = commit, None, None
        while self._waiting:
            try:
                append = self._waiting.popleft()
            except IndexError:  # it was taken back just now
                break
            if append is not mine:
                append.commit = commit
                together.append(append)
        try:
            self._leave()
            execute("BEGIN IMMEDIATE")
            for append in together:
                self._insert(append)
            written = True
            execute("COMMIT")
        except sqlite3.Error as error:
            commit.error = error
        finally:
            if self.connection.in_transaction:
                execute("ROLLBACK")
            elif written:
                commit.stored = True
            for append in together:
                if append.alarm is not None:
                    append.alarm.release()

    def _insert(self, append: _Append) -> None:
        """Insert its rows; if it cannot, the others go on without it."""
        execute, several = self._cursor.execute, len(append.rows) > 1
        try:
            if several:
                execute("SAVEPOINT append")
            for row in append.rows:
                execute(INSERT, row)
            append.last = self._cursor.lastrowid or 0
        except OF_THE_ROW as error:
            if not self.connection.in_transaction:  # the storage broke off, for all of them
                raise
            append.error = error
            if several:
                execute("ROLLBACK TO append")

    def _leave(self) -> None:
        """End what transaction there is: only a debugger can have left one, but it would last for good."""
        if self.connection.in_transaction:
            self.connection.rollback()


def connected(path: str | None) -> sqlite3.Connection:
    """A connection to the log in this file, or in memory, whose transactions are ours."""
    connection = sqlite3.connect(
        path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA synchronous=FULL")  # some builds of SQLite have another default
    except BaseException:
        connection.close()
        raise
    return connection


def check_synchronous(value: object) -> str:
    """How commits are synchronised with the disk. Raises InvalidValue."""
    if isinstance(value, str) and value in (FULL, NORMAL):
        return value
    problem = f"{brief(value)} is not understood (possible: {FULL}, every commit waits for the disk; {NORMAL}, a power"
    raise InvalidValue("synchronous", f"{problem} cut may take the last ones)")
