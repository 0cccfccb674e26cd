"""The connection that writes the log; appends that wait for each other share a commit."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from threading import Lock
from typing import TypeVar

from demandflow.store.recorder import FULL
from demandflow.store.statements import Row

T = TypeVar("T")
BUSY_SECONDS = 5
PATIENCE = 0.1
"""An append sleeps at most so many seconds before it looks again: the thread that settles it may be interrupted."""
INSERT = "INSERT INTO stored_events VALUES (?, ?, ?, ?)"
OF_THE_ROW = (sqlite3.Error, OverflowError, UnicodeEncodeError)
"""Errors of a row or of the storage; any other exception interrupts the thread that writes."""


class _Commit:
    """What appends of one commit share: whether they are stored, or the error that all of them get."""

    stored = False
    error: sqlite3.Error | None = None


NO_COMMIT = _Commit()


class _Append:
    """Rows to be stored, all or none; with their commit, the position of the last row, and their own error."""

    commit = NO_COMMIT
    last = 0
    error: Exception | None = None
    alarm: Lock | None = None
    """The lock on which its thread sleeps, released by the thread that writes it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def is_settled(self) -> bool:
        """Whether it is stored or failed."""
        return self.commit.stored or self.commit.error is not None


class Writer:
    """The connection that writes, for one thread at a time; an interruption leaves no transaction open.

    Python looks for signals when a function is entered and when a function in C returns. So locks and transactions are
    left, and an append is taken back, where neither comes in between.
    """

    def __init__(self, path: str | None, synchronous: str = FULL) -> None:
        self.lock, self.connection = Lock(), connected(path)
        self._cursor = self.connection.cursor()
        self._waiting: deque[_Append] = deque()
        self._synchronous, self._ready = synchronous, path is None

    def close(self) -> None:
        """Close the connection; doing so twice is harmless."""
        with self.lock:
            # a first event that could not be stored left a write-ahead file: see make_ready
            with suppress(sqlite3.Error):
                if not self._holds_rows():
                    self.connection.execute("PRAGMA journal_mode=DELETE")
            self.connection.close()

    def wait_for_nobody(self) -> None:
        """From now on, do not wait for locks of others."""
        with self.lock:
            self.connection.execute("PRAGMA busy_timeout=0")

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this work in a transaction and return its result; if it raises, nothing is stored."""
        with self.lock:
            self._leave()
            with self.connection as connection:  # left by its own code in C
                connection.execute("BEGIN IMMEDIATE")
                return work(connection)

    def empty_the_write_ahead_file(self) -> None:
        """Put all that waits there into the file and overwrite it; somebody who reads for long may put that off."""
        with self.lock:
            self._leave()
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def append(self, rows: Sequence[Row]) -> int:
        """Store these rows, all or none; returns the position of the last. Raises IntegrityError for a version taken.

        If another thread is writing, the first of the waiting threads writes next, for all of them.
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
        """Give the file its write-ahead file, so that readers do not wait for the writer.

        A file without events has none, by which the copy of a file in use is recognised: see files.py. If somebody is
        reading, it has to wait until the next time. Without a write-ahead file NORMAL could tear the log, and if the
        first event did not wait for the disk, the write-ahead file itself might be lost.
        """
        with self.lock, suppress(sqlite3.OperationalError):
            ((mode,),) = self.connection.execute("PRAGMA journal_mode=WAL").fetchall()
            ready = mode == "wal"
            if ready and self._synchronous != FULL:
                ready = self._holds_rows()
                if ready:
                    self.connection.execute(f"PRAGMA synchronous={self._synchronous}")
            self._ready = ready

    def _holds_rows(self) -> bool:
        return bool(self.connection.execute("SELECT 1 FROM stored_events LIMIT 1").fetchall())

    def _append_with_others(self, own: _Append) -> int:
        """Let another thread write it, or write for all that wait. If interrupted, it is stored by then, or never."""
        try:
            self._waiting.append(own)
            if not self._settled_by_others(own):
                with self.lock:
                    if not own.is_settled():
                        self._commit_with(own)
        except BaseException:
            try:
                self._waiting.remove(own)
            except ValueError:  # another thread took it, and may be writing it just now
                with self.lock:
                    pass
            raise
        if (error := own.commit.error) is not None:
            raise copy(error).with_traceback(error.__traceback__)
        if own.error is not None:
            raise own.error
        return own.last

    def _settled_by_others(self, own: _Append) -> bool:
        """Sleep until another thread has settled it; False if it is the first, or no thread did."""
        try:
            if self._waiting[0] is own:
                return False
        except IndexError:
            pass  # all that waited were taken just now
        alarm = Lock()
        alarm.acquire()
        own.alarm = alarm
        if own.commit is NO_COMMIT:  # the thread that takes it from now on releases the alarm
            alarm.acquire(timeout=PATIENCE)
        return own.is_settled()

    def _commit_with(self, own: _Append) -> None:
        """Store this append and all that wait, in one commit that settles them.

        If interrupted before it is stored, it settles none of them: each of the others writes its own.
        """
        commit, batch, written, execute = _Commit(), [own], False, self._cursor.execute
        own.commit, own.error, own.alarm = commit, None, None
        while self._waiting:
            try:
                append = self._waiting.popleft()
            except IndexError:  # it was taken back just now
                break
            if append is not own:
                append.commit = commit
                batch.append(append)
        try:
            self._leave()
            execute("BEGIN IMMEDIATE")
            for append in batch:
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
            for append in batch:
                if append.alarm is not None:
                    append.alarm.release()

    def _insert(self, append: _Append) -> None:
        """Insert its rows; if that fails, the others go on without it."""
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
        """End an open transaction: only a debugger can have left it open, but it would stay open for good."""
        if self.connection.in_transaction:
            self.connection.rollback()


def connected(path: str | None) -> sqlite3.Connection:
    """A connection to the log in this file, or in memory, without automatic transactions."""
    connection = sqlite3.connect(
        path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA synchronous=FULL")  # some builds of SQLite have another default
    except BaseException:
        connection.close()
        raise
    return connection
