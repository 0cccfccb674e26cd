"""The rows of the log in PostgreSQL: one row counts them, so that positions have no gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from random import uniform
from threading import Lock
from time import sleep
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from demandflow.errors import StorageError, StorageUnreachable
from demandflow.store.postgres.connection import TAKE_TURNS, Raw, Statements, configured, connect, failures, how
from demandflow.store.postgres.dialect import LOG, TELL
from demandflow.store.postgres.failures import MAY_BE, failure
from demandflow.store.recorder import FULL, NUMBERED, PUT, RowRecorder
from demandflow.store.statements import NumberedRow, Row, RowRefused, RowTaken, closed

T = TypeVar("T")
APPEND = """WITH log AS (UPDATE demandflow_log SET last = last + cardinality(%(demands)s::text[]) RETURNING last),
    new AS (INSERT INTO stored_events
        SELECT demand, version, topic, state, log.last - cardinality(%(demands)s::text[]) + number
        FROM log, unnest(%(demands)s::text[], %(versions)s::bigint[], %(topics)s::text[], %(states)b::bytea[])
            WITH ORDINALITY AS new (demand, version, topic, state, number))
    SELECT last FROM log"""
"""One statement and one round trip: no client holds a lock while it thinks, so one that stops stops nobody."""
THERE = "SELECT rowid, topic, state FROM stored_events WHERE originator_id = ? AND originator_version = ?"
_OF_DEMAND = "SELECT originator_version, topic, state FROM stored_events WHERE originator_id = ?"
_BETWEEN = f"{_OF_DEMAND} AND originator_version > ? AND originator_version <= ? ORDER BY originator_version"
LAST_VERSION = 2**62
POOL, WAIT_SECONDS = 4, 5
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""After a loss the same rows are sent again after so many seconds, more or less: in all about three."""


class PostgresRecorder(RowRecorder):
    """The rows of a log, over a few connections that threads share."""

    def __init__(self, url: str, synchronous: str = FULL) -> None:
        """Rows in the database that the URL names. Raises StorageUnreachable, or InvalidValue."""
        self._url, self._over, self._used, self._counting = url, False, 0, Lock()
        self._more = "" if synchronous == FULL else "-c synchronous_commit=off"
        connect(url).close()  # says why, if that is impossible
        self._pool: ConnectionPool[Raw] = ConnectionPool(
            kwargs=how(url, self._more),
            configure=configured,
            min_size=0,
            max_size=POOL,
            timeout=WAIT_SECONDS,
            reconnect_timeout=WAIT_SECONDS,
            num_workers=1,
            open=True,
            name="demandflow",
        )

    def close(self) -> None:
        """Close the connections; doing so twice is harmless."""
        self._over = True
        self._pool.close()

    def wait_for_nobody(self) -> None:
        """Nothing is to be done: nobody holds a lock for long."""

    def transaction(self, work: Callable[[Any], T]) -> T:
        """Do this work in a transaction and return its result; if it raises, nothing is stored. One at a time."""
        with self._connection() as raw:
            return _in_turn(raw, work)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, as they are stored now; asked once more, in silence, if the connection was lost."""
        try:
            with self._connection() as raw:
                return Statements(raw).execute(query, values).fetchall()
        except StorageUnreachable:
            self._pool.check()  # others were probably lost with it
        with self._connection() as raw:
            return Statements(raw).execute(query, values).fetchall()

    def append(self, rows: Sequence[Row], first: Callable[[Any], object] | None = None) -> int:
        """Store these rows, after doing `first` in the same transaction; returns the position of the last row.

        After a loss nobody knows whether they are stored. So the very same rows are sent again: if a version is there
        then, with the same bytes, they were stored the first time. Raises RowTaken, or StorageUnreachable.
        """
        demands, versions, topics, states = (list(column) for column in zip(*rows, strict=True))
        values = {"demands": demands, "versions": versions, "topics": topics, "states": states}

        def insert(raw: Raw) -> int:
            with failures(raw):
                (last,) = raw.execute(APPEND, values).fetchone() or (0,)
            return int(last)

        lost: StorageUnreachable | None = None
        unknown = False
        for pause in (0.0, *PAUSES):
            try:
                if pause:
                    sleep(pause * uniform(0.5, 1.5))  # noqa: S311
                    connect(self._url).close()  # the pool would wait for a server that is away
                with self._connection() as raw:
                    if first is None:
                        last = insert(raw)
                    else:
                        last = _in_turn(raw, lambda connection: (first(connection), insert(connection.raw))[1])
                    _tell(raw)
                return last
            except RowTaken:
                if lost is not None and (there := self._stored(rows)) is not None:
                    return there
                raise
            except RowRefused as error:
                raise StorageError(f"the storage cannot be used: {error}; nothing was recorded") from error
            except StorageUnreachable as error:
                lost, unknown = error, unknown or MAY_BE in str(error)
                self._pool.check()
        raise StorageUnreachable(f"{lost}; {MAY_BE}" if unknown and MAY_BE not in str(lost) else str(lost)) from lost

    def put(self, rows: Sequence[NumberedRow], first: Callable[[Any], object]) -> None:
        """Store these rows at their own positions, after doing `first` in the same transaction. Raises RowTaken."""

        def insert(connection: Any) -> None:
            connection.execute("SELECT last FROM demandflow_log FOR UPDATE")  # nobody appends meanwhile
            first(connection)
            connection.executemany(PUT, rows)
            connection.execute("UPDATE demandflow_log SET last = ?", (rows[-1][0],))

        self.transaction(insert)

    def rows_of(self, demand: str, after: int = 0, upto: int | None = None) -> list[tuple[int, str, bytes]]:
        """Version, topic and state of the demand's rows after one version, up to and including another."""
        return self.rows(_BETWEEN, (demand, after, LAST_VERSION if upto is None else upto))

    def page(self, after: int, limit: int) -> list[NumberedRow]:
        """The next rows of all demands."""
        return self.rows(f"{NUMBERED} WHERE rowid > ? ORDER BY rowid LIMIT ?", (after, limit))

    def erase(self, table: str, key: str) -> None:
        """Delete the row with this id, and let the database use its place again, if that may be asked of it."""
        self.transaction(lambda connection: connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,)))  # noqa: S608
        with self._connection() as raw, failures(raw):
            raw.execute(f"VACUUM {table}")

    def rewind(self, connection: Any) -> None:
        """Count from the newest row that is there; within a transaction."""
        connection.execute("SELECT last FROM demandflow_log FOR UPDATE")
        connection.execute("UPDATE demandflow_log SET last = (SELECT COALESCE(MAX(rowid), 0) FROM stored_events)")

    def damage(self) -> list[str]:
        """Nothing: the server looks after its files itself (`pg_amcheck` looks at them on demand)."""
        return []

    def _stored(self, rows: Sequence[Row]) -> int | None:
        """The position of the last of these rows if they are there as they are; None if not."""
        there = [self.rows(THERE, row[:2]) for row in rows]
        same = all(
            found and tuple(found[0][1:]) == (topic, bytes(state))
            for found, (_, _, topic, state) in zip(there, rows, strict=True)
        )
        return int(there[-1][0][0]) if same else None

    @contextmanager
    def _connection(self) -> Iterator[Raw]:
        """One of the connections, for a while."""
        if self._over:
            raise closed()
        pool: ConnectionPool[Raw] | None = self._pool
        try:
            raw = self._pool.getconn()
        except PoolTimeout as error:
            if self._used >= POOL:
                raise failure(error, lost=False) from error
            # after a loss it would wait longer and longer; this one says why, if there is no server
            raw, pool = connect(self._url, self._more), None
        except psycopg.Error as error:
            raise failure(error, lost=True) from error
        with self._counting:
            self._used += 1
        try:
            yield raw
        except StorageUnreachable:
            raw.close()  # also one to a server that takes no more writes
            raise
        finally:
            with self._counting:
                self._used -= 1
            if pool is None:
                raw.close()
            else:
                pool.putconn(raw)


def _tell(raw: Raw) -> None:
    """Tell whoever follows that something was recorded, which it is, whatever becomes of this.

    In a statement of its own: in that of the rows, all logs of a server would wait for each other's commits.
    """
    with suppress(psycopg.Error):
        raw.execute(TELL)


def _in_turn(raw: Raw, work: Callable[[Any], T]) -> T:
    """Do this work in a transaction, while nobody else does such work."""
    with failures(raw):
        try:
            raw.execute("BEGIN")
            raw.execute(TAKE_TURNS, (LOG,))
            result = work(Statements(raw))
            raw.execute("COMMIT")
            return result
        except BaseException:
            if not raw.closed:
                raw.execute("ROLLBACK")
            raise
