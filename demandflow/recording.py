"""The path from a command to the log: load, admit, record; and again if somebody was faster."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from demandflow.domain.admission import admit
from demandflow.domain.demand import Demand, evolve, fold
from demandflow.domain.events import Event, Meta
from demandflow.domain.facts import (
    OTHER_SIDE,
    OTHER_SIDES,
    Fact,
    Merged,
    MovedOver,
    Registered,
    TookIn,
    Unmerged,
    checked,
)
from demandflow.domain.moves import Proposal
from demandflow.domain.moving import reasons_not_to_move
from demandflow.domain.texts import as_kept, name_of
from demandflow.domain.values import Actor, moment
from demandflow.domain.workflow import Workflow
from demandflow.errors import (
    DemandNotFound,
    IdReused,
    InvalidValue,
    Overtaken,
    Refusal,
    RuleBroken,
    StorageBusy,
    StorageError,
    UnknownWorkflow,
    brief,
)
from demandflow.history import line_of
from demandflow.storage import VersionTaken

ATTEMPTS = 50
KEPT = 10_000
ALLOWED_SKEW = timedelta(minutes=5)


class Events(Protocol):
    """What the recorder needs of a log."""

    def append(self, events: Sequence[Event]) -> None:
        """Record these events, all or none."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a caller wants recorded, and in which circumstances."""

    demand: UUID
    move: str
    fact: Fact
    by: Actor
    at: datetime | None = None
    command_id: str | None = None
    seen: Demand | None = None
    correlation: str | None = None
    causation: str | None = None
    given_id: str | None = field(default=None, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "given_id", self.command_id)
        if not isinstance(self.by, Actor):
            raise InvalidValue("by", f"must be an Actor, for instance Actor('li', Role.AUDITOR), got {brief(self.by)}")
        if not isinstance(self.fact, Fact):
            raise InvalidValue("fact", f"must be a fact, for instance Noted(text=…), got {brief(self.fact)}")
        if self.seen is not None and not isinstance(self.seen, Demand):
            raise InvalidValue("seen", f"must be a Demand as the caller saw it, got {brief(self.seen)}")
        object.__setattr__(self, "fact", checked(self.fact))
        for name in ("move", "command_id", "correlation", "causation"):
            if (value := getattr(self, name)) is not None or name == "move":
                object.__setattr__(self, name, name_of(value, name))

    @property
    def command_ids(self) -> tuple[str, ...]:
        """The command id as it was given, which is how an earlier version kept it, and as it is kept now."""
        return tuple(dict.fromkeys(one for one in (self.given_id, self.command_id) if one is not None))


class Recorder:
    """Admits what is proposed and records it. Keeps the states it saw; the version insert decides."""

    def __init__(
        self,
        log: Events,
        workflows: Mapping[str, Workflow],
        clock: Callable[[], datetime],
        known: Recorder | None = None,
    ) -> None:
        """`known` is another recorder of the same log: what it has seen is only brought up to date here."""
        self._log, self._workflows, self._clock, self._known = log, workflows, clock, known
        self._kept: OrderedDict[UUID, Demand] = OrderedDict()
        self._lock = Lock()

    def events(self, demand: UUID) -> list[Event]:
        """All events of the demand. Raises DemandNotFound."""
        found = self._log.events(demand)
        if not found:
            raise DemandNotFound(str(demand))
        return found

    def knows(self, demand: UUID) -> bool:
        """Whether anything is recorded of the demand."""
        return bool(self._log.events(demand, upto=1))

    def forget(self, demands: Iterable[UUID]) -> None:
        """Load these anew: what was seen of them is no longer so."""
        with self._lock:
            for demand in demands:
                self._kept.pop(demand, None)

    def workflow_of(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on; raises UnknownWorkflow if it was not given to open()."""
        if demand.workflow not in self._workflows:
            raise UnknownWorkflow(demand.workflow, tuple(self._workflows))
        return self._workflows[demand.workflow]

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now. Raises DemandNotFound."""
        kept = self._kept.get(demand)
        if kept is None and self._known is not None:
            kept = self._known._kept.get(demand)
        return self._refreshed(kept, demand)

    def start(self, intent: Intent, workflow: Workflow, *, derived: bool, chosen: bool = False) -> Demand:
        """Register a demand; the same one again changes nothing. Raises IdReused if it said something else.

        `derived` ids come again with the same reference or command; `chosen` says that the caller named the workflow.
        """
        for _ in range(ATTEMPTS):
            if derived and (first := self._log.events(intent.demand, upto=1)):
                reference = _reference(intent.fact)
                what = f"command {intent.command_id!r}" if reference is None else f"reference {reference!r}"
                on = workflow.key if chosen else None
                return self._the_same(first[-1], intent, what, actor=reference is None, workflow=on)
            blank = Demand(intent.demand, workflow=workflow.key)
            recorded, at = self._moments(intent, blank)
            event = self._admitted(workflow, blank, intent, recorded, at)
            try:
                return self._appended([(blank, event)])
            except VersionTaken:
                if self._log.events(intent.demand, upto=1) == [event]:
                    return self.current(intent.demand)  # stored, though the answer was lost
                if not derived:
                    raise StorageError(f"new_id made {intent.demand}, which is in the log already") from None
        raise StorageBusy(f"demand {intent.demand} could not be registered in {ATTEMPTS} attempts")

    def record(self, intent: Intent) -> Demand:
        """Record one fact, and its other side where it has one; returns the demand after it.

        Raises a Refusal (with who did what meanwhile, if somebody was faster), DemandNotFound or IdReused.
        """
        if isinstance(intent.fact, OTHER_SIDES):
            side = "Merged" if isinstance(intent.fact, TookIn) else "Unmerged"
            raise InvalidValue(type(intent.fact).__name__, f"is the other side of {side} and is recorded with it")
        began: dict[UUID, int] = {} if intent.seen is None else {intent.seen.id: intent.seen.version}
        for _ in range(ATTEMPTS):
            demand = self._kept.get(intent.demand) or self.current(intent.demand)
            other = self._other(demand, intent.fact)
            try:
                known = dict(demand.commands)
                if (version := next((known[one] for one in intent.command_ids if one in known), None)) is not None:
                    event = self._log.events(demand.id, after=version - 1, upto=version)[0]
                    return self._the_same(event, intent, f"command {intent.command_id!r}", actor=True)
                proposed = self._proposed(demand, other, intent)
            except Refusal as refusal:
                if self._overtaken(demand, other):
                    continue
                refusal.meanwhile = tuple(line for one, after in began.items() for line in self._since(one, after))
                raise
            try:
                return self._appended(proposed)
            except VersionTaken:
                for one, _event in proposed:
                    began.setdefault(one.id, one.version)
                if not self._overtaken(demand, other):
                    raise StorageError(f"demand {demand.id} cannot be written, though nobody else wrote it") from None
        busy = f"demand {intent.demand} is written by others all the time"
        raise StorageBusy(f"{busy}; gave up after {ATTEMPTS} attempts")

    def _proposed(self, demand: Demand, other: Demand | None, intent: Intent) -> list[tuple[Demand, Event]]:
        """The events to record: one, or one on each side of a merge, at the same moment."""
        if (seen := intent.seen) is not None and seen.id != demand.id:
            raise InvalidValue("seen", f"is demand {seen.id}, not {demand.id}")
        if seen is not None and _standing(seen) != _standing(demand):
            raise Overtaken(intent.move, f"you saw {_standing(seen)}, now it is {_standing(demand)}")
        recorded, at = self._moments(intent, demand, other)
        workflow = self._goes_on_under(demand, intent)
        proposed = [(demand, self._admitted(workflow, demand, intent, recorded, at, other))]
        if other is not None and other.id == demand.id:
            raise InvalidValue("into", "a demand cannot be merged into itself")
        if other is not None:
            workflow = self.workflow_of(other)
            side = OTHER_SIDE[type(intent.fact)](demand=demand.id)  # type: ignore[call-arg]
            move = workflow.move_of(type(side), other.state) or side.TOPIC.rpartition(".")[2]
            answer = Intent(other.id, move, side, intent.by)
            proposed.append((other, self._admitted(workflow, other, answer, recorded, at)))
        return proposed

    def _goes_on_under(self, demand: Demand, intent: Intent) -> Workflow:
        """The workflow that the demand is on, or the one to which it is to move over."""
        if not isinstance(intent.fact, MovedOver):
            return self.workflow_of(demand)
        if (key := intent.fact.workflow) not in self._workflows:
            raise UnknownWorkflow(key, tuple(self._workflows))
        if reasons := reasons_not_to_move(demand, self._workflows[key]):
            raise RuleBroken(intent.move, tuple((reasons_not_to_move.__name__, reason) for reason in reasons))
        return self._workflows[key]

    def _moments(self, intent: Intent, *demands: Demand | None) -> tuple[datetime, datetime]:
        """When it is recorded, and when it happened: as given, or now, but not before what happened last."""
        recorded = moment(self._clock(), "clock")
        last = max([recorded, *(one.last for one in demands if one is not None and one.last is not None)])
        if intent.at is None:
            return recorded, last
        at = moment(intent.at, "at")
        if at > last + ALLOWED_SKEW:
            problem = f"{at:%Y-%m-%d %H:%M:%S} UTC is in the future; a fact is recorded once it has happened"
            raise InvalidValue("at", problem)
        return recorded, at

    def _admitted(
        self,
        workflow: Workflow,
        demand: Demand,
        intent: Intent,
        recorded: datetime,
        at: datetime,
        other: Demand | None = None,
    ) -> Event:
        stamp = admit(workflow, demand, Proposal(intent.move, intent.fact, intent.by, at, other))
        meta = Meta(
            actor=intent.by,
            happened=at,
            recorded=recorded,
            workflow=workflow.key,
            command_id=intent.command_id,
            correlation=intent.correlation,
            causation=intent.causation,
        )
        return Event(demand.id, demand.version + 1, intent.fact, meta, stamp)

    def _appended(self, proposed: list[tuple[Demand, Event]]) -> Demand:
        self._log.append([event for _, event in proposed])
        after = [evolve(demand, event) for demand, event in proposed]
        for demand in after:
            self._keep(demand)
        return after[0]

    def _other(self, demand: Demand, fact: Fact) -> Demand | None:
        """The other demand of a merge or an un-merge."""
        into = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
        if into is None:
            return None
        return self._kept.get(into) or self.current(into)

    def _the_same(self, event: Event, intent: Intent, what: str, *, actor: bool, workflow: str | None = None) -> Demand:
        """What was recorded when this came first; IdReused if it now says something else."""
        was, now = ({name: as_kept(value) for name, value in one.__dict__.items()} for one in (event.fact, intent.fact))
        pairs: dict[str, tuple[Any, Any]] = {"fact": (type(event.fact).__name__, type(intent.fact).__name__)}
        pairs |= {name: (was.get(name), now.get(name)) for name in {**was, **now}}
        pairs["move"] = (event.stamp.move, intent.move)
        if intent.at is not None:
            pairs["at"] = (event.meta.happened, moment(intent.at, "at"))
        if workflow is not None:
            pairs["workflow"] = (event.meta.workflow, workflow)
        if actor:
            pairs["by"] = (event.meta.actor, intent.by)
        if different := tuple(f"{name}: {a!s} ≠ {b!s}" for name, (a, b) in pairs.items() if a != b):
            raise IdReused(what, str(event.demand), different)
        demand = fold(self._log.events(event.demand, upto=event.version))
        assert demand is not None  # noqa: S101
        return demand

    def _overtaken(self, *demands: Demand | None) -> bool:
        """Whether any of these is no longer as stored; what was stored meanwhile is kept."""
        return any(
            self._refreshed(demand, demand.id).version != demand.version for demand in demands if demand is not None
        )

    def _refreshed(self, kept: Demand | None, demand: UUID) -> Demand:
        fresh = fold(self._log.events(demand, after=kept.version if kept else 0), kept)
        if fresh is None:
            raise DemandNotFound(str(demand))
        self._keep(fresh)
        return fresh

    def _since(self, demand: UUID, version: int) -> list[str]:
        return [line_of(event).summary for event in self._log.events(demand, after=version)]

    def _keep(self, demand: Demand) -> None:
        with self._lock:
            kept = self._kept.get(demand.id)
            if kept is None or kept.version < demand.version:
                self._kept[demand.id] = demand
            self._kept.move_to_end(demand.id)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def _reference(fact: Fact) -> str | None:
    """Where another system keeps it, if it says so; whoever brings that again brings the same."""
    return f"{fact.source}/{fact.reference}" if isinstance(fact, Registered) and fact.source is not None else None


def _standing(demand: Demand) -> str:
    """What somebody who decides has seen."""
    with_whom = f" with {demand.contractor}" if demand.contractor else ""
    return f"{demand.state}{with_whom} in round {demand.round}"
