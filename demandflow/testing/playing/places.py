"""Where the log of a history is: in a file, or in PostgreSQL if DEMANDFLOW_POSTGRES names a database for tests."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, Self

SERVER = "DEMANDFLOW_POSTGRES"
FILE = "sqlite:///"
WRITTEN = """INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state)
    SELECT rowid, originator_id, originator_version, topic, state FROM log.stored_events"""
EMPTY = """DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = '{0}'::regnamespace AND relkind = 'r' LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP; END $$"""
COPIED = """INSERT INTO {0}.stored_events SELECT * FROM {1}.stored_events;
    UPDATE {0}.demandflow_log SET last = (SELECT COALESCE(MAX(rowid), 0) FROM {0}.stored_events)"""
NOTHING: tuple[tuple[Any, ...], ...] = ((),)
NUMBERS = count(1)
QUIETLY = "-c client_min_messages=warning -c lock_timeout=10s"


class Place(Protocol):
    """Where a log is."""

    url: str

    @property
    def nowhere(self) -> str:
        """The URL of a log that is not there."""

    def close(self) -> None:
        """Nothing is left of it."""

    def other(self) -> Place:
        """Another place of this kind."""

    def fill(self, log: Any) -> None:
        """Put the rows of a log here, that is in a place of this kind."""

    def run(self, sql: str, rows: Iterable[tuple[Any, ...]] = NOTHING) -> None:
        """Run a statement, once for each row of values."""


class FilePlace:
    """A log in a file, in a folder that is there as long."""

    def __init__(self, url: str | None = None) -> None:
        self._folder = TemporaryDirectory(prefix="demandflow-") if url is None else None
        self.url = url or f"{FILE}{Path(self._folder.name if self._folder else '') / 'log.db'}"

    @property
    def nowhere(self) -> str:
        """The URL of a log that is not there."""
        return f"{self.url}.none"

    def close(self) -> None:
        """Nothing is left of it."""
        if self._folder is not None:
            self._folder.cleanup()

    def other(self) -> FilePlace:
        """Another file."""
        return FilePlace()

    def fill(self, log: Self) -> None:
        """Put the rows of a log here."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("ATTACH ? AS log", (log._path,))
            connection.execute(WRITTEN)

    def run(self, sql: str, rows: Iterable[tuple[Any, ...]] = NOTHING) -> None:
        """Run a statement, once for each row of values."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            for row in rows:
                connection.execute(sql, row)

    @property
    def _path(self) -> str:
        return self.url.removeprefix(FILE)


class Schemas:
    """Schemas in a database; one that is used no more is emptied for the next, since making tables takes long."""

    def __init__(self, url: str) -> None:
        self.url, self._free = url, list[str]()

    def execute(self, sql: str) -> None:
        """Run a statement on a connection of its own."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True, options=QUIETLY) as connection:
            connection.execute(sql.encode())

    def take(self) -> str:
        """The name of a schema without rows."""
        if not self._free:
            self._free.append(f"demandflow_test_{os.getpid()}_{next(NUMBERS)}")
            self.execute(f"CREATE SCHEMA {self._free[-1]}")
        return self._free.pop()

    def give_back(self, name: str) -> None:
        """It is used no more."""
        self.execute(EMPTY.format(name))
        self._free.append(name)

    def url_of(self, name: str) -> str:
        """The URL of a schema."""
        return f"{self.url}{'&' if '?' in self.url else '?'}options=-csearch_path%3D{name}"

    @contextmanager
    def schema(self) -> Iterator[str]:
        """The URL of a schema without rows. What a failure left in it stays, to be looked at."""
        name = self.take()
        yield self.url_of(name)
        self.give_back(name)

    def drop(self) -> None:
        """Leave nothing that was used."""
        for name in self._free:
            self.execute(f"DROP SCHEMA {name} CASCADE")


class SchemaPlace:
    """A log in a schema of a database."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas, self._name = schemas, schemas.take()
        self.url = schemas.url_of(self._name)

    @property
    def nowhere(self) -> str:
        """The URL of a log that is not there."""
        return f"{self.url}_none"

    def close(self) -> None:
        """Nothing is left of it."""
        self._schemas.give_back(self._name)

    def other(self) -> SchemaPlace:
        """Another schema."""
        return SchemaPlace(self._schemas)

    def fill(self, log: Self) -> None:
        """Put the rows of a log here."""
        self._schemas.execute(COPIED.format(self._name, log._name))

    def run(self, sql: str, rows: Iterable[tuple[Any, ...]] = NOTHING) -> None:
        """Run a statement, once for each row of values."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.cursor().executemany(sql.replace("?", "%s").encode(), rows)


_SERVERS: dict[str, Schemas] = {}


def place(url: str | None = None) -> Place:
    """A place for a log: this file; or a schema, if a database is named for tests; or a new file."""
    if url is None and (server := os.environ.get(SERVER)):
        return SchemaPlace(_SERVERS.setdefault(server, Schemas(server)))
    return FilePlace(url)
