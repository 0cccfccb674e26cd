"""How an event is written down as a row, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import TypeAdapter, ValidationError

from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.facts import STANDARD_FACTS, Fact, UnknownFact, extended
from demandflow.domain.texts import has_control_characters
from demandflow.domain.values import STORED
from demandflow.errors import HistoryIncomplete, InvalidValue, UnreadableEvent, brief
from demandflow.store.holes import Hole

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stored row that cannot be read: whose it is, as far as that can be told, and why.

    Rows that went are one of it, with the `hole` that they left.
    """

    demand: UUID | None
    version: int
    topic: str
    reason: str
    hole: Hole | None = None

    def error(self) -> UnreadableEvent | HistoryIncomplete:
        """What whoever needs this event is told."""
        if self.hole is not None:
            return HistoryIncomplete((self.hole,))
        return UnreadableEvent(str(self.demand), self.version, self.topic, self.reason)

    def __str__(self) -> str:
        return str(self.error())


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

    def row(self, event: Event) -> tuple[str, int, str, bytes]:
        """The event as a row of the log. Raises InvalidValue if it could not be read back."""
        stored = self.to_stored_event(event)
        return event.demand.hex, event.version, stored.topic, stored.state

    def event(self, demand: UUID | str, version: int, topic: str, state: bytes) -> Event:
        """The event of a row. Raises UnreadableEvent."""
        return self.to_domain_event(StoredEvent(demand, version, topic, state))

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event as it was recorded. Raises UnreadableEvent.

        A fact whose class is not known is read as the standard fact that it extends, so that the figures are the same
        whoever reads the log; if it extends none, as UnknownFact.
        """
        topic, version, demand = stored_event.topic, stored_event.originator_version, stored_event.originator_id
        if not (isinstance(demand, UUID) and type(version) is int and version > 0 and isinstance(topic, str)):
            raise UnreadableEvent(str(demand), version, str(topic), "it is none of ours")
        adapter = self._bodies.get(topic, self._unknown)
        try:
            body = adapter.validate_json(stored_event.state, context=STORED)
            fact = body.fact
            if adapter is self._unknown:
                if body.extends in self._bodies:
                    return self.to_domain_event(replace(stored_event, topic=body.extends))
                fact = UnknownFact(topic=topic, body=json.dumps(fact, ensure_ascii=False))
            return Event(demand, version, fact, body.meta, body.stamp)
        except UnreadableEvent:
            raise
        except Exception as error:  # what a community's own class may raise is not known
            raise UnreadableEvent(str(demand), version, topic, _why(error)) from None

    def read(self, stored_event: StoredEvent) -> Event | Unreadable:
        """The event as it was recorded, or why it cannot be read."""
        try:
            return self.to_domain_event(stored_event)
        except UnreadableEvent as error:
            demand, version = stored_event.originator_id, stored_event.originator_version
            whose = demand if isinstance(demand, UUID) else None
            return Unreadable(whose, version if type(version) is int else 0, error.topic, error.reason)


def readable(page: Sequence[tuple[int, Event | Unreadable]]) -> list[tuple[int, Event]]:
    """The page, if each of its rows can be read; else UnreadableEvent for the first that cannot."""
    events = []
    for position, row in page:
        if isinstance(row, Unreadable):
            raise row.error()
        events.append((position, row))
    return events


def facts_by_topic(facts: Iterable[type[Fact]]) -> Mapping[str, type[Fact]]:
    """The catalogue of facts; InvalidValue if two classes share a topic."""
    catalogue: dict[str, type[Fact]] = {}
    for fact in facts:
        if catalogue.setdefault(fact.TOPIC, fact) is not fact:
            names = f"{catalogue[fact.TOPIC].__name__} and {fact.__name__}"
            raise InvalidValue("workflows", f"{names} share the topic {fact.TOPIC!r}; give each fact its own")
    return catalogue


def _why(error: Exception) -> str:
    """Which field of the fact is wrong, and how; not the stored text itself."""
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {brief(str(error))}"
    problems = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'the text'}: {problem['msg']}" for problem in problems)
