"""How an event is written as a row, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from msgspec import MsgspecError, Raw, Struct
from msgspec.json import Decoder, Encoder
from pydantic import ValidationError

from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.fact import Earlier, Fact, readers, stored_topic, stored_topics
from demandflow.domain.facts import UnknownFact, extended
from demandflow.domain.own_fields import OURS
from demandflow.domain.values import STORED
from demandflow.errors import HistoryIncomplete, InvalidValue, UnreadableEvent, brief, printable
from demandflow.inputs.texts import has_control_characters
from demandflow.store.holes import Hole
from demandflow.store.statements import Row


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stored row that cannot be read: its demand, as far as that is known, and the reason.

    Missing rows are one of these together, with the `hole` that they left.
    """

    demand: UUID | None
    version: int
    topic: str
    reason: str
    hole: Hole | None = None

    def error(self) -> UnreadableEvent | HistoryIncomplete:
        """The error for whoever needs this event."""
        if self.hole is not None:
            return HistoryIncomplete((self.hole,))
        return UnreadableEvent(str(self.demand), self.version, self.topic, self.reason)

    def __str__(self) -> str:
        return str(self.error())


class _Body(Struct, frozen=True, omit_defaults=True, gc=False):
    """The stored JSON of an event; the fact is written and read by its own class."""

    fact: Raw
    meta: Meta
    stamp: Stamp
    extends: str | None = None


class FactMapper(Mapper[UUID]):
    """Writes events as readable JSON without nulls and reads them back; the topic names the fact."""

    def __init__(self, facts: Iterable[type[Fact]]) -> None:
        super().__init__(JSONTranscoder())
        classes = tuple(dict.fromkeys(facts))
        self._read = {topic: read for fact in classes for topic, read in readers(fact).items()}
        self._earlier = {topic for fact in classes for topic in stored_topics(fact)[:-1]}
        self._stored = {fact.TOPIC: stored_topic(fact) for fact in classes}
        self._write = {fact.TOPIC: fact.__pydantic_serializer__.to_json for fact in classes}
        self._encode, self._decode = Encoder().encode, Decoder(_Body).decode

    def row(self, event: Event) -> Row:
        """The event as it is stored: the id of the demand in hex, the version, the topic, and the rest as JSON.

        Raises InvalidValue for what cannot be written and read back.
        """
        fact, kind = event.fact, type(event.fact)
        topic = fact.TOPIC
        try:
            body = Raw(self._write[topic](fact, exclude_none=True))
            base = None if kind in OURS else self._checked(fact, body)
            state = self._encode(_Body(body, event.meta, event.stamp, base))
        except (ValueError, MsgspecError) as error:  # pydantic raises ValueError
            problem = f"cannot be written down and read back ({brief(str(error).splitlines()[0])})"
            raise InvalidValue(kind.__name__, problem) from None
        return event.demand.hex, event.version, self._stored[topic], state

    def event(self, demand: UUID | str, version: int, topic: str, state: bytes) -> Event:
        """The event as it was recorded. Raises UnreadableEvent.

        A fact of an unknown class is read as the standard fact that it extends, with its other fields beside it, so
        that the figures are the same for every reader of the log; if it extends none, as UnknownFact.
        """
        if not (isinstance(demand, UUID) and type(version) is int and version > 0 and isinstance(topic, str)):
            raise UnreadableEvent(str(demand), version, str(topic), "it is none of ours")
        try:
            body = self._decode(state)
            read, written = self._read.get(topic), bytes(body.fact)
            fact = self._unknown(topic, body.extends, written) if read is None else read(written, context=STORED)
            earlier = Earlier(topic, json.loads(written)) if topic in self._earlier else None
            return Event(demand, version, fact, body.meta, body.stamp, earlier)
        except Exception as error:  # a community's own class may raise anything
            raise UnreadableEvent(str(demand), version, topic, _why(error)) from None

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The event as the eventsourcing library keeps it."""
        assert isinstance(domain_event, Event)  # noqa: S101
        _, version, topic, state = self.row(domain_event)
        return StoredEvent(domain_event.demand, version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event as it was recorded. Raises UnreadableEvent."""
        stored = stored_event
        return self.event(stored.originator_id, stored.originator_version, stored.topic, stored.state)

    def _unknown(self, topic: str, extends: str | None, written: bytes) -> Fact:
        """A fact of an unknown class, with all its fields."""
        fields: dict[str, Any] = json.loads(written)
        if (read := self._read.get(extends or "")) is None:
            return UnknownFact(topic=topic, body=json.dumps(fields, ensure_ascii=False))
        fact: Fact = read(written, context=STORED)
        if others := {name: value for name, value in fields.items() if name not in type(fact).model_fields}:
            # where pydantic keeps what a class has no field for
            object.__setattr__(fact, "__pydantic_extra__", others)
        return fact

    def _checked(self, fact: Fact, body: Raw) -> str | None:
        """The topic of the standard fact that a community's fact extends, if any. Raises if it reads back otherwise."""
        written = bytes(body)
        if self._read[self._stored[fact.TOPIC]](written, context=STORED) != fact:
            raise ValueError("it reads back as something else")
        if has_control_characters(written):
            raise ValueError("a text in it has control characters; declare it as Text, or take them out")
        if (base := extended(type(fact))) is None:
            return None
        self._read[topic := stored_topic(base)](written, context=STORED)
        return topic


def readable(page: Sequence[tuple[int, Event | Unreadable]]) -> list[tuple[int, Event]]:
    """The page, if all its rows can be read; else the error of the first that cannot."""
    events = []
    for position, row in page:
        if isinstance(row, Unreadable):
            raise row.error()
        events.append((position, row))
    return events


def facts_by_topic(facts: Iterable[type[Fact]]) -> Mapping[str, type[Fact]]:
    """The catalogue of facts by all topics, also earlier ones; InvalidValue if two classes share a topic."""
    catalogue: dict[str, type[Fact]] = {}
    for fact in facts:
        for topic in (fact.TOPIC, *stored_topics(fact)):
            if catalogue.setdefault(topic, fact) is not fact:
                names = f"{catalogue[topic].__name__} and {fact.__name__}"
                raise InvalidValue("workflows", f"{names} share the topic {topic!r}; give each fact its own")
    return catalogue


def _why(error: Exception) -> str:
    """Which field is wrong, and how; not the stored text itself."""
    if isinstance(error, MsgspecError):
        return printable(str(error))
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {brief(str(error))}"
    problems = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, ('fact', *problem['loc'])))}: {problem['msg']}" for problem in problems)
