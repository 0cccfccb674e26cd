"""A connection to PostgreSQL that takes the statements of SQLite; one that was lost is made again for the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, TypeVar

import psycopg
from psycopg import conninfo, pq
from psycopg.adapt import Buffer, Loader
from psycopg.types.numeric import Int8Dumper

from demandflow.errors import InvalidValue, StorageBusy, StorageUnreachable
from demandflow.store.postgres.dialect import copying, made_by, making, of_several, translated
from demandflow.store.postgres.failures import NO_DATABASE, failure, unreachable
from demandflow.store.statements import Answer

T = TypeVar("T")
Raw = psycopg.Connection[tuple[Any, ...]]
COPIED = 20
"""More rows than so many are copied, which is quicker than to insert them."""
TOGETHER = 100
"""So many rows are inserted by one statement, where they may be there; no two of them may have the same key."""
LOCK_SECONDS, CONNECT_SECONDS = 5, 5
SETTINGS = f"-c lock_timeout={LOCK_SECONDS}s -c client_min_messages=warning -c cursor_tuple_fraction=1"
READING = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
TAKE_TURNS = "SELECT pg_advisory_xact_lock(%s::int, hashtext(current_schema()))"
IN_TRANSACTION = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR, pq.TransactionStatus.ACTIVE)


class WholeNumber(Loader):
    """Sums of whole numbers come as whole numbers."""

    def load(self, data: Buffer) -> int:
        """The number."""
        return int(bytes(data))


def how(url: str, more: str = "") -> dict[str, Any]:
    """How to connect: what the URL says, and our settings beside its own. Raises InvalidValue."""
    try:
        said = conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise InvalidValue("url", f"cannot be understood: {' '.join(str(error).split())}") from None
    said["options"] = f"{SETTINGS} {more} {said.get('options') or ''}".strip()
    said.setdefault("connect_timeout", CONNECT_SECONDS)
    said.setdefault("application_name", "demandflow")
    return {**said, "autocommit": True, "prepare_threshold": 3}


def configured(raw: Raw) -> None:
    """Let it take and give whole numbers as the tables have them."""
    raw.adapters.register_dumper(int, Int8Dumper)
    raw.adapters.register_loader("numeric", WholeNumber)


def connect(url: str, more: str = "") -> Raw:
    """A connection of one's own. Raises StorageUnreachable, StorageBusy, or InvalidValue if there is no database."""
    try:
        raw: Raw = psycopg.connect(**how(url, more))
    except psycopg.Error as error:
        raise not_connected(error) from error
    configured(raw)
    return raw


def not_connected(error: psycopg.Error) -> Exception:
    """The error for a connection that could not be made; psycopg gives it no code."""
    if NO_DATABASE.search(str(error)):
        return InvalidValue("url", f"names no database that is there: {' '.join(str(error).split())}")
    if "too many" in str(error) or "remaining connection slots" in str(error):
        return StorageBusy(f"the database has no connection left ({error}); try again")
    return unreachable(error)


@contextmanager
def failures(raw: Raw) -> Iterator[None]:
    """Raise what fails on this connection as an error for the caller."""
    try:
        yield
    except psycopg.Error as error:
        raise failure(error, lost=raw.closed) from error


class Statements:
    """Runs statements on a connection that somebody else looks after."""

    PLANS = True
    """It chooses the indexes by itself."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Answer:
        """Run a statement. A table that is to be made if it is not there is looked for first."""
        raw = self.raw
        try:
            if (table := made_by(sql)) is None:
                return psycopg.RawCursor(raw).execute(translated(sql), parameters)
            there = raw.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if there.fetchone() == (False,):
                for statement in making(sql)[table]:
                    raw.execute(statement)
            return there
        except psycopg.Error as error:
            raise failure(error, lost=raw.closed) from error

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        """Run a statement for each of these rows of values."""
        raw, rows = self.raw, list(parameters)
        with failures(raw):
            cursor = psycopg.RawCursor(raw)
            if len(rows) > COPIED and (target := copying(sql)) is not None:
                with cursor.copy(target) as copy:
                    for row in rows:
                        copy.write_row(row)
            elif len(rows) > 1 and of_several(sql, 1) is not None:
                for begin in range(0, len(rows), TOGETHER):
                    some = rows[begin : begin + TOGETHER]
                    cursor.execute(of_several(sql, len(some)) or "", [*chain.from_iterable(some)])
            else:
                cursor.executemany(translated(sql), rows)
            return cursor

    def streamed(self, sql: str) -> Iterator[Any]:
        """The rows of a query, a page of them in memory at a time; within a transaction."""
        with failures(self.raw), psycopg.RawServerCursor(self.raw, "streamed") as cursor:
            cursor.itersize = TOGETHER * 10
            yield from cursor.execute(translated(sql))


class Connection(Statements):
    """A connection of our own for one thread at a time, made again after a loss when the next transaction begins."""

    def __init__(self, url: str) -> None:
        super().__init__(connect(url))
        self._url, self._over = url, False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return not self.raw.closed and self.raw.info.transaction_status in IN_TRANSACTION

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Answer:
        """Run a statement; outside of a transaction it is sent once more, in silence, if the connection was lost."""
        return self._repeated(lambda: super(Connection, self).execute(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        """Run a statement for each of these rows of values."""
        rows = list(parameters)
        return self._repeated(lambda: super(Connection, self).executemany(sql, rows))

    def begin(self, sql: str, *more: tuple[str, Sequence[Any]]) -> None:
        """Begin a transaction by this statement, and these in it."""

        def begin() -> None:
            with failures(self.raw):
                self.raw.execute(sql)
                for statement, values in more:
                    self.raw.execute(statement, values)

        self._repeated(begin)

    def run(self, sql: str) -> None:
        """Run a statement of PostgreSQL's own, within a transaction. Where COMMIT is lost, nobody knows its end."""
        with failures(self.raw):
            self.raw.execute(sql)

    def leave(self) -> None:
        """End an open transaction, with nothing stored; a connection that was lost has none."""
        if self.in_transaction:
            try:
                self.raw.execute("ROLLBACK")
            except psycopg.Error:
                self.raw.close()

    def close(self) -> None:
        """Close it for good."""
        self._over = True
        with suppress(psycopg.Error):
            self.raw.close()

    def _repeated(self, work: Callable[[], T]) -> T:
        within = self.in_transaction
        if self.raw.closed and not self._over:
            self.raw = connect(self._url)
        try:
            return work()
        except StorageUnreachable:
            self.raw.close()
            if within or self._over:
                raise
        self.raw = connect(self._url)
        return work()
