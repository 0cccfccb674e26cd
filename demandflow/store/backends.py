"""Which database a log is in: an SQLite file, or PostgreSQL by its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

from demandflow.errors import StorageError
from demandflow.store.recorder import FULL
from demandflow.store.sqlite.files import no_log
from demandflow.store.sqlite.tables import SQLiteTables
from demandflow.store.statements import Recorder
from demandflow.store.tables.tables import Tables

Wait = Callable[[float, Event], object]
"""Waits until something may have been recorded, the event is set, or so many seconds have passed."""


def is_postgres(url: object) -> bool:
    """Whether this is the URL of a PostgreSQL database."""
    return isinstance(url, str) and url.startswith("postgresql://")


def postgres_recorder(url: str, synchronous: str = FULL) -> Recorder:
    """The rows of a log in PostgreSQL. Raises StorageError, or InvalidValue."""
    try:
        from demandflow.store.postgres.recorder import PostgresRecorder
    except ImportError as error:
        raise StorageError(f"postgresql:// needs psycopg: pip install 'demandflow[postgres]' ({error})") from error
    return PostgresRecorder(url, synchronous)


def check_there(recorder: Recorder) -> None:
    """Close the recorder and raise InvalidValue, if there is no log."""
    made = recorder.rows("SELECT 1 WHERE to_regclass('demandflow_log') IS NOT NULL")
    if not made or not recorder.rows("SELECT 1 FROM demandflow_log"):
        recorder.close()
        raise no_log("url")


def only_to_read(recorder: Recorder) -> bool:
    """Whether there is a log in PostgreSQL in a database that takes no writes, a standby for instance."""
    read_only = "current_setting('transaction_read_only') = 'on'"
    return bool(recorder.rows(f"SELECT 1 WHERE {read_only} AND to_regclass('demandflow_log') IS NOT NULL"))


def tables_at(path: str | None) -> Tables:
    """The tables beside the log at a path, which is a file, or the URL of a database; in memory for None."""
    if path is not None and is_postgres(path):
        from demandflow.store.postgres.tables import PostgresTables

        return PostgresTables(path)
    return SQLiteTables(path)


@contextmanager
def waiting_at(path: str | None) -> Iterator[Wait]:
    """How to wait for what is recorded in the log at a path: a server of PostgreSQL tells, else the time passes."""
    if path is not None and is_postgres(path):
        from demandflow.store.postgres.listening import Listener

        with closing(Listener(path)) as listener:
            yield listener.wait
    else:
        yield lambda seconds, stop: stop.wait(seconds)
