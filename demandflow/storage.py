"""How facts are written down and read back: URL → event store, mapper, errors."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, Self, TypeVar
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import DomainEventProtocol, EventSourcingError
from eventsourcing.persistence import (
    IntegrityError,
    JSONTranscoder,
    Mapper,
    StoredEvent,
)
from eventsourcing.utils import Environment, EnvType
from pydantic import TypeAdapter, ValidationError

from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.facts import STANDARD_FACTS, Fact, UnknownFact, extended
from demandflow.domain.texts import has_control_characters
from demandflow.domain.values import STORED
from demandflow.errors import InvalidValue, StorageBusy, StorageError, WrongTenant, brief

F = TypeVar("F")
COLUMNS = ("originator_id", "originator_version", "topic", "state")
"""How the library's recorder writes an event down."""


class VersionTaken(StorageError):
    """Somebody else recorded that version of the demand first; the recorder loads again and decides again."""


@dataclass(frozen=True, slots=True)
class _Body(Generic[F]):
    """What is stored of an event beside its demand, its version and its topic."""

    fact: F
    meta: Meta
    stamp: Stamp
    extends: str | None = None


@cache
def _adapter(fact: type[Fact]) -> TypeAdapter[_Body[Any]]:
    return TypeAdapter(_Body[fact])  # type: ignore[valid-type]


class FactMapper(Mapper[UUID]):
    """Writes events as readable JSON without nulls and reads them through pydantic; the topic names the fact."""

    def __init__(self, facts: Iterable[type[Fact]]) -> None:
        super().__init__(JSONTranscoder())
        self._bodies = {fact.TOPIC: _adapter(fact) for fact in facts}
        self._unknown: TypeAdapter[_Body[Any]] = TypeAdapter(_Body[Any])

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The event as it is stored."""
        assert isinstance(domain_event, Event)  # noqa: S101
        topic = domain_event.fact.TOPIC
        kind = type(domain_event.fact)
        base = None if kind in STANDARD_FACTS else extended(kind)
        extends = None if base is None else base.TOPIC
        body = _Body(domain_event.fact, domain_event.meta, domain_event.stamp, extends)
        try:
            state = self._bodies[topic].dump_json(body, exclude_none=True)
            if kind not in STANDARD_FACTS:
                if self._bodies[topic].validate_json(state, context=STORED) != body:
                    raise ValueError("it reads back as something else")
                if has_control_characters(state):
                    raise ValueError("a text in it has control characters; declare it as Text, or take them out")
            if extends is not None:
                self._bodies[extends].validate_json(state, context=STORED)
        except ValueError as error:  # pydantic's errors are such
            problem = f"cannot be written down and read back ({brief(str(error).splitlines()[0])})"
            raise InvalidValue(kind.__name__, problem) from None
        return StoredEvent(domain_event.demand, domain_event.version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event as it was recorded.

        A fact whose class is not known is read as the standard fact that it extends, so that the figures are the same
        whoever reads the log; if it extends none, as UnknownFact.
        """
        topic, version, demand = stored_event.topic, stored_event.originator_version, stored_event.originator_id
        adapter = self._bodies.get(topic, self._unknown)
        try:
            body = adapter.validate_json(stored_event.state, context=STORED)
        except ValidationError as error:
            raise StorageError(f"event {version} of demand {demand} ({topic}) cannot be read: {error}") from None
        fact = body.fact
        if adapter is self._unknown:
            if body.extends in self._bodies:
                return self.to_domain_event(replace(stored_event, topic=body.extends))
            fact = UnknownFact(topic=topic, body=json.dumps(fact, ensure_ascii=False))
        assert isinstance(demand, UUID)  # noqa: S101
        return Event(demand, version, fact, body.meta, body.stamp)


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
        self.path = _path(url)
        self._closed = False
        env = {"PERSISTENCE_MODULE": "eventsourcing.popo"}
        if self.path is not None:
            env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": self.path}
        with _storage_errors():
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

    def page(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events of all demands with their positions in the log; positions rise but may have gaps."""
        with self._opened():
            found = self._store.recorder.select_notifications(after, limit, inclusive_of_start=False)
            return [(one.id, _ours(self._store.mapper.to_domain_event(one))) for one in found]

    def last_position(self) -> int:
        """The position of the newest event; 0 if there is none."""
        with self._opened():
            return self._store.recorder.max_notification_id() or 0

    def close(self) -> None:
        """Close the storage; doing so twice is harmless."""
        self._closed = True
        self._store.close()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        if self._closed:
            raise StorageError("the storage cannot be used: it is closed")
        with _storage_errors():
            yield


class PendingLog:
    """A log seen together with events that are not recorded yet: what a batch works on."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._over, self._torn = False, False
        self.pending: list[Event] = []
        self._by_demand: dict[UUID, list[Event]] = {}

    def check(self, events: Iterable[Event]) -> None:
        """Raise InvalidValue unless each event can be written down and read back."""
        self._log.check(events)

    def append(self, events: Sequence[Event]) -> None:
        """Remember these events."""
        if self._over:
            raise StorageError("this batch is over, nothing more can be recorded in it; begin another")
        self._check_whole()
        self._log.check(events)
        for event in events:
            if any(other.version == event.version for other in self._by_demand.get(event.demand, ())):
                raise VersionTaken(f"{event.demand} has a version {event.version} in this batch already")
        self._torn = True
        self.pending.extend(events)
        for event in events:
            self._by_demand.setdefault(event.demand, []).append(event)
        self._torn = False

    def take_back(self, began: int) -> set[UUID]:
        """Forget all but so many of the events; returns the demands concerned."""
        if began == len(self.pending) and not self._torn:
            return set()
        self._torn = True
        taken = {event.demand for event in self.pending[began:]}
        del self.pending[began:]
        kept: dict[UUID, list[Event]] = {demand: [] for demand in taken}
        for event in self.pending:
            if event.demand in taken:
                kept[event.demand].append(event)
        self._by_demand |= kept
        self._torn = False
        return taken

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events, recorded and pending."""
        pending = self._by_demand.get(demand, ())
        mine = [event for event in pending if after < event.version <= (upto or event.version)]
        return [*self._log.events(demand, after=after, upto=upto), *mine]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over = True
        if kind is None and self.pending:
            self._check_whole()
            self._log.append(self.pending)

    def _check_whole(self) -> None:
        """Raise StorageError where something was interrupted while it was remembered: half of it is not recorded."""
        if self._torn:
            raise StorageError("this batch was interrupted in the middle; nothing of it is recorded, begin another")


def recorded_events(url: str, facts: Iterable[type[Fact]], tenant: str | None = None) -> Iterator[Event]:
    """All events of a log at `sqlite:///path`, in the order of their recording; nothing is made and nothing written.

    Raises InvalidValue where there is no log, StorageError for what cannot be read, or WrongTenant.
    """
    file, mapper = Path(_path(url) or ""), FactMapper(facts)
    if not file.is_file():
        raise _no_log(url)
    # where nobody has the log open, SQLite is told so: else it would leave files of its own beside it
    how = "mode=ro" if Path(f"{file}-wal").exists() else "immutable=1"
    began = file.stat().st_mtime_ns
    with _storage_errors(), closing(sqlite3.connect(f"{file.as_uri()}?{how}", uri=True)) as connection:
        known = {table: _columns(connection, table) for table in ("stored_events", "demandflow_log")}
        whose = connection.execute("SELECT tenant FROM demandflow_log").fetchone() if known["demandflow_log"] else None
        if whose is None or not known["stored_events"] >= set(COLUMNS):
            raise _no_log(url)
        if whose[0] != tenant:
            raise WrongTenant(tenant, whose[0])
        for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM stored_events ORDER BY rowid"):  # noqa: S608
            yield mapper.to_domain_event(_stored(*row))
    if how == "immutable=1" and file.stat().st_mtime_ns != began:
        raise StorageBusy("somebody wrote to the log while it was read; try again")


def facts_by_topic(facts: Iterable[type[Fact]]) -> Mapping[str, type[Fact]]:
    """The catalogue of facts; InvalidValue if two classes share a topic."""
    catalogue: dict[str, type[Fact]] = {}
    for fact in facts:
        if catalogue.setdefault(fact.TOPIC, fact) is not fact:
            names = f"{catalogue[fact.TOPIC].__name__} and {fact.__name__}"
            raise InvalidValue("workflows", f"{names} share the topic {fact.TOPIC!r}; give each fact its own")
    return catalogue


def _ours(event: DomainEventProtocol[UUID]) -> Event:
    assert isinstance(event, Event)  # noqa: S101
    return event


def _path(url: str) -> str | None:
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


def _no_log(url: str) -> InvalidValue:
    return InvalidValue(url, "there is no such log; name one that was recorded")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _stored(demand: Any, version: Any, topic: Any, state: Any) -> StoredEvent:
    """A row of the log. Raises StorageError for what we never wrote."""
    try:
        return StoredEvent(UUID(demand), int(version), str(topic), state)
    except (ValueError, TypeError, AttributeError):
        raise StorageError(f"event {brief(version)} of demand {brief(demand)} is none of ours") from None


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
def _storage_errors() -> Iterator[None]:
    """No exception of a library crosses the border."""
    try:
        yield
    except IntegrityError as error:
        raise VersionTaken(str(error)) from error
    except (EventSourcingError, sqlite3.Error) as error:
        if "locked" in str(error) or "busy" in str(error) or isinstance(error, TimeoutError):
            raise StorageBusy(f"the storage is held by somebody else ({error}); try again") from error
        raise StorageError(f"the storage cannot be used: {str(error) or type(error).__name__}") from error
