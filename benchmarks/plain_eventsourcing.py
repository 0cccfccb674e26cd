"""A contestant: the same life as an aggregate of plain eventsourcing, with its decorator, and pydantic events."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, event
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder
from eventsourcing.utils import get_topic, resolve_topic
from pydantic import BaseModel, ConfigDict


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)
    originator_id: UUID
    originator_version: int
    timestamp: datetime


class PydanticMapper(Mapper[UUID]):
    """Straight from pydantic to bytes and back, the fastest way that there is."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        state = domain_event.__pydantic_serializer__.to_json(domain_event)
        kind = type(domain_event)
        return StoredEvent(domain_event.originator_id, domain_event.originator_version, get_topic(kind), state)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return resolve_topic(stored_event.topic).__pydantic_validator__.validate_json(stored_event.state)


class Aggregate(BaseAggregate[UUID]):
    """An aggregate whose events are pydantic models, as the examples of eventsourcing have it."""

    class Event(_Event, CanMutateAggregate[UUID]):
        """What its events have in common."""

    class Created(Event, CanInitAggregate[UUID]):
        """The first."""

        originator_topic: str

    @staticmethod
    def create_id(*_: Any, **__: Any) -> UUID:
        """A new id."""
        return uuid4()


class Demand(Aggregate):
    """A method a command, guarded by the state and the role."""

    @event("Registered")
    def __init__(self, text: str, channel: str, place: str, resident: str, by: str, role: str) -> None:
        self.text, self.channel, self.place, self.resident = text, channel, place, resident
        self.state, self.contractor, self.resolved, self.grade = "registered", "", False, ""

    def _must_be(self, state: str, role: str, wanted: str) -> None:
        if self.state != state or role != wanted:
            raise ValueError(f"not from {self.state} by {role}")

    @event("Accepted")
    def accept(self, by: str, role: str) -> None:
        self._must_be("registered", role, "auditor")
        self.state = "accepted"

    @event("ContractedOut")
    def contract_out(self, contractor: str, by: str, role: str) -> None:
        self._must_be("accepted", role, "dispatcher")
        self.state, self.contractor = "contracted_out", contractor

    @event("TakenOn")
    def take_on(self, by: str, role: str) -> None:
        self._must_be("contracted_out", role, "contractor")
        self.state = "in_hand"

    @event("Reported")
    def report(self, words: str, by: str, role: str) -> None:
        self._must_be("in_hand", role, "contractor")
        self.state = "reported"

    @event("FedBack")
    def feed_back(self, way: str, by: str, role: str) -> None:
        self._must_be("reported", role, "grid_administrator")
        self.state = "fed_back"

    @event("Evaluated")
    def evaluate(self, resolved: bool, grade: str, by: str, role: str) -> None:
        self._must_be("fed_back", role, "resident")
        self.state, self.resolved, self.grade = "closed" if resolved else "accepted", resolved, grade


class Demands(Application[UUID]):
    """Its application: each command gets the aggregate from the repository and saves it."""

    env = {"MAPPER_TOPIC": get_topic(PydanticMapper), "PERSISTENCE_MODULE": "eventsourcing.sqlite"}

    def register(self, *said: str) -> UUID:
        demand = Demand(*said)
        self.save(demand)
        return demand.id

    def act(self, demand_id: UUID, move: str, *said: Any) -> Demand:
        demand = cast(Demand, self.repository.get(demand_id))
        getattr(demand, move)(*said)
        self.save(demand)
        return demand


class PlainEventsourcing:
    """Demands in its SQLite database; with `keep` the aggregates that it saw last are in its own cache."""

    def __init__(self, file: Path, synchronous: str, *, keep: bool) -> None:
        cache = {"AGGREGATE_CACHE_MAXSIZE": "10000"} if keep else {}
        self.app, self.ids = Demands(env={"SQLITE_DBNAME": str(file), **cache}), list[UUID]()
        with cast(SQLiteApplicationRecorder, self.app.recorder).datastore.get_connection(commit=True) as connection:
            connection.cursor().execute(f"PRAGMA synchronous={synchronous}")  # there is but one connection

    def live(self) -> None:
        """One demand, from registration to evaluation."""
        act = self.app.act
        lamp = self.app.register("路灯坏了", "hotline", "fufeng/nanguan/g3", "张三", "Li", "grid_administrator")
        act(lamp, "accept", "Wang", "auditor")
        act(lamp, "contract_out", "lighting team", "Zhao", "dispatcher")
        act(lamp, "take_on", "Chen", "contractor")
        act(lamp, "report", "A new bulb.", "Chen", "contractor")
        act(lamp, "feed_back", "call", "Li", "grid_administrator")
        act(lamp, "evaluate", True, "satisfied", "张三", "resident")
        self.ids.append(lamp)

    def check(self, demands: int, events: int) -> None:
        """All were closed and resolved, and left as many events."""
        ends = [cast(Demand, self.app.repository.get(one)) for one in self.ids]
        assert [(one.state, one.resolved) for one in ends] == [("closed", True)] * demands
        assert self.app.recorder.max_notification_id() == events

    def close(self) -> None:
        """Close its file."""
        self.app.close()
