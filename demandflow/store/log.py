"""Log: all events of one tenant, in the order of recording."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import DomainEventProtocol, EventSourcingError
from eventsourcing.persistence import IntegrityError, Mapper, StoredEvent
from eventsourcing.utils import Environment, EnvType

from demandflow.domain.events import Event
from demandflow.domain.facts import Fact
from demandflow.errors import InvalidValue, StorageBusy, StorageError, UnreadableEvent, WrongTenant, brief
from demandflow.store.mapper import FactMapper, Unreadable


class VersionTaken(StorageError):
    """Somebody else recorded that version of the demand first; the recorder loads again and decides again."""


class _Store(Application[UUID]):
    """The library's event store with our mapper; it does not read the process environment."""

    name = "demandflow"

    def __init__(self, env: EnvType, facts: Iterable[type[Fact]]) -> None:
        self._facts = tuple(facts)
        super().__init__(env)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        return Environment(name, dict(env or {}))

    def construct_mapper(self) -> Mapper[UUID]:
        return FactMapper(self._facts)


class Log:
    """All events of one tenant, in the order in which they were recorded; safe from several threads."""

    def __init__(self, url: str, facts: Iterable[type[Fact]], tenant: str | None = None) -> None:
        """Open the log at `memory:` or `sqlite:///path`; raises InvalidValue, StorageError or WrongTenant."""
        self.path = file_of(url)
        self._closed = False
        env = {"PERSISTENCE_MODULE": "eventsourcing.popo"}
        if self.path is not None:
            env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": self.path}
        with storage_errors():
            # before the library opens the file: on what is no database it would leave a connection open
            self.id = str(uuid4()) if self.path is None else _claim(self.path, tenant)
            self._store = _Store(env, facts)

    def check(self, events: Iterable[Event]) -> None:
        """Raise InvalidValue unless each event can be written down and read back."""
        for event in events:
            self._store.mapper.to_stored_event(event)

    def append(self, events: Sequence[Event]) -> None:
        """Record these events in one transaction; raises VersionTaken if a version is there already."""
        with self._opened():
            self._store.events.put(list(events))

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events by version: those after one, up to and including another."""
        with self._opened():
            return [_ours(event) for event in self._store.events.get(demand, gt=after or None, lte=upto)]

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands with their positions in the log; positions rise but may have gaps.

        A row that cannot be read stops nobody: it comes as Unreadable.
        """
        with self._opened():
            rows = self._store.recorder.select_notifications(after, limit, inclusive_of_start=False)
            return [(row.id, self._read(row)) for row in rows]

    def last_position(self) -> int:
        """The position of the newest event; 0 if there is none."""
        with self._opened():
            return self._store.recorder.max_notification_id() or 0

    def close(self) -> None:
        """Close the storage; doing so twice is harmless."""
        self._closed = True
        self._store.close()

    def _read(self, row: StoredEvent) -> Event | Unreadable:
        try:
            return _ours(self._store.mapper.to_domain_event(row))
        except UnreadableEvent as error:
            assert isinstance(row.originator_id, UUID)  # noqa: S101
            return Unreadable(row.originator_id, error.version, error.topic, error.reason)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        if self._closed:
            raise StorageError("the storage cannot be used: it is closed")
        with storage_errors():
            yield


def _ours(event: DomainEventProtocol[UUID]) -> Event:
    assert isinstance(event, Event)  # noqa: S101
    return event


def file_of(url: str) -> str | None:
    """The file that the URL names; None for memory. Raises InvalidValue or StorageError."""
    if url == "memory:":
        return None
    path_given = isinstance(url, str) and re.fullmatch(r"sqlite:///[^?#\x00]+", url) and ":memory:" not in url
    if not path_given:
        problem = f"{brief(url)} is not understood (possible: memory:, sqlite:///path, sqlite:////absolute/path)"
        raise InvalidValue("url", problem)
    path = Path(url.removeprefix("sqlite:///"))
    if not path.parent.is_dir():
        raise StorageError(f"the folder {path.parent} does not exist; create it first")
    if path.is_dir():
        raise StorageError(f"{path} is a folder; name a file in it")
    return str(path.absolute())


def _claim(path: str, tenant: str | None) -> str:
    """The id of the log in this file; the first to open it says whose it is."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE IF NOT EXISTS demandflow_log (id TEXT NOT NULL, tenant TEXT)")
        row = connection.execute("SELECT id, tenant FROM demandflow_log").fetchone()
        if row is None:
            row = (str(uuid4()), tenant)
            connection.execute("INSERT INTO demandflow_log VALUES (?, ?)", row)
        connection.execute("COMMIT")
    finally:
        connection.close()
    if row[1] != tenant:
        raise WrongTenant(tenant, row[1])
    return str(row[0])


@contextmanager
def storage_errors() -> Iterator[None]:
    """No exception of a library crosses the border."""
    try:
        yield
    except IntegrityError as error:
        raise VersionTaken(str(error)) from error
    except (EventSourcingError, sqlite3.Error) as error:
        if "locked" in str(error) or "busy" in str(error) or isinstance(error, TimeoutError):
            raise StorageBusy(f"the storage is held by somebody else ({error}); try again") from error
        raise StorageError(f"the storage cannot be used: {str(error) or type(error).__name__}") from error
