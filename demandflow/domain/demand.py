"""Demand: the state folded from its events, and nothing that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from demandflow.domain.clock_states import RUNNING, Ticking, ticked
from demandflow.domain.events import Event
from demandflow.domain.facts import (
    STANDARD_FACTS,
    ContractedOut,
    Corrected,
    DetailsAsked,
    Evaluated,
    Extended,
    ExtensionAsked,
    Fact,
    HandedBack,
    LetGo,
    Merged,
    Registered,
    Reported,
    Resumed,
    Sorted,
    Suspended,
    TakenOn,
    TookIn,
    UnknownFact,
    Unmerged,
)
from demandflow.domain.values import Category, Channel, Grade, Place, Role, Stage, Urgency


@dataclass(frozen=True)
class Demand:
    """What a resident asks for and where it stands. Moments are in UTC; rounds and versions count from 1.

    `state` is empty before registration. `contractor` was given the work and has not handed it back; `lead` is who
    was given it last. `recorded` is the latest moment of recording, `last` the latest of happening.
    `due` is the moment that a fact named for the whole of it; `next_due` also looks at its `clocks`.
    `workers` are the people who worked on it and those for whom they did, whatever a correction says later; `auditors`
    are all who audited it, `evaluators` all who evaluated it or wrote that down, `clerks` all who registered it for
    somebody else or told its outcome. `joined` are the residents of the demands that it took in, each with the demand.
    `*_from` is the version of the event that said so: what a correction of that event would change.
    `facts` are those of its events; `missing` are the versions (from, to) of events that went from the log, if any did.
    """

    id: UUID
    version: int = 0
    workflow: str = ""
    declares: tuple[str, ...] = ()
    state: str = ""
    stage: str = ""
    came_from: str | None = None
    ended_as: str | None = None
    round: int = 0

    received: datetime | None = None
    since: datetime | None = None
    last: datetime | None = None
    recorded: datetime | None = None
    ended: datetime | None = None
    told_at: datetime | None = None
    due: datetime | None = None
    clocks: tuple[Ticking, ...] = ()
    review: datetime | None = None
    extension_asked: datetime | None = None

    text: str = ""
    channel: Channel | None = None
    place: Place | None = None
    place_from: int = 0
    category: Category | None = None
    category_from: int = 0
    urgency: Urgency | None = None
    resident: str | None = None
    representative: str | None = None
    shared_with: tuple[str, ...] = ()
    joined: tuple[tuple[UUID, str], ...] = ()
    source: str | None = None
    reference: str | None = None

    contractor: str | None = None
    lead: str | None = None
    contractor_from: int = 0
    co_handlers: tuple[str, ...] = ()
    contracts: tuple[tuple[int, str], ...] = ()
    workers: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    clerks: frozenset[str] = frozenset()
    handbacks: int = 0
    missed_callbacks: int = 0
    missed_at: datetime | None = None

    audited: bool = False
    told: bool = False
    asked: bool = False
    evaluated: bool = False
    resolved: bool | None = None
    grade: Grade | None = None
    evaluation_from: int = 0
    reported_resolved: bool | None = None
    report_from: int = 0
    escalated: bool = False
    taken_over: bool = False
    merged_into: UUID | None = None
    took_in: tuple[UUID, ...] = ()

    facts: tuple[type[Fact], ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    commands: tuple[tuple[str, int], ...] = ()
    evaluators: frozenset[str] = frozenset()
    _attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def handlers(self) -> frozenset[str]:
        """All who ever handled it: those it was contracted out to, who worked on it, and those for whom they did."""
        return self.workers.union(name for _, name in self.contracts)

    @property
    def residents(self) -> tuple[str, ...]:
        """All whose demand it is: who asked, who acts for them, with whom it is shared, and those who joined."""
        named = (self.resident, self.representative, *self.shared_with, *(name for _, name in self.joined))
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def anonymous(self) -> bool:
        """Nobody is known who could be asked or called back."""
        return self.resident is None

    @property
    def open(self) -> bool:
        """Registered and not ended."""
        return self.version > 0 and self.ended_as is None

    @property
    def running(self) -> tuple[Ticking, ...]:
        """The clocks that run and have a due moment, the next due first."""
        return tuple(sorted((one for one in self.clocks if one.stands == RUNNING and one.due), key=_due_then_name))

    @property
    def next_due(self) -> datetime | None:
        """The next due moment: of a clock that runs or was overdue when paused, or what a fact gave to the whole."""
        dues = (self.due, None if (clock := self._due_next) is None else clock.due)
        return min((due for due in dues if due is not None), default=None)

    @property
    def next_clock(self) -> str | None:
        """The name of the clock that has the next due moment; None where it is that of the whole, or there is none."""
        clock = self._due_next
        return clock.clock if clock is not None and clock.due == self.next_due else None

    @property
    def agreed_due(self) -> datetime | None:
        """The due moment that an extension moves: that of its extensible clock, else of the whole of it."""
        dues = [one.due for one in self.clocks if one.goes_on and one.extensible and one.due is not None]
        return max(dues, default=self.due)

    def clock(self, name: str) -> Ticking | None:
        """How the clock of this name stands; None if it never ran."""
        return next((one for one in self.clocks if one.clock == name), None)

    @property
    def _due_next(self) -> Ticking | None:
        """The soonest due of the clocks that run and of those whose pause came too late to move their due moment."""
        return min((one for one in self.clocks if one.can_be_overdue), key=_due_then_name, default=None)

    def fact_of(self, version: int) -> type[Fact] | None:
        """What the event of this version recorded; None if there is no such event."""
        return _fact_of(version, self.facts, self.missing)

    @property
    def facts_by_version(self) -> dict[int, type[Fact]]:
        """What each of its events recorded."""
        gone = {version for first, last in self.missing for version in range(first, last + 1)}
        versions = [version for version in range(1, self.version + 1) if version not in gone]
        return dict(zip(versions, self.facts, strict=False))

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What facts of a community's own classes said, the later over the earlier; read only."""
        return MappingProxyType(dict(self._attributes))


def _fact_of(version: int, facts: tuple[type[Fact], ...], missing: tuple[tuple[int, int], ...]) -> type[Fact] | None:
    """By version, not by place: where versions went, the places of all later facts are others."""
    place = version - 1
    for first, last in missing:
        if first <= version <= last:
            return None
        if last < version:
            place -= last - first + 1
    return facts[place] if 0 <= place < len(facts) else None


def _due_then_name(one: Ticking) -> tuple[datetime, str]:
    return one.due or one.began, one.clock


# fmt: off
LAPSED: dict[str, Any] = {
    "told": False, "told_at": None, "asked": False, "missed_callbacks": 0, "missed_at": None, "escalated": False,
    "evaluated": False, "resolved": None, "grade": None, "evaluation_from": 0,
    "reported_resolved": None, "report_from": 0, "extension_asked": None,
}
# fmt: on
"""What is of one round only and lapses when the round changes."""

WORK = (TakenOn, HandedBack, DetailsAsked, ExtensionAsked, Suspended, Resumed, Reported)
"""What a contractor's people do: who does it for the contractor has worked on the demand."""

_OURS = frozenset((*STANDARD_FACTS, UnknownFact))


def evolve(demand: Demand | None, event: Event) -> Demand:
    """The demand after one more event. Refuses nothing and cannot fail, whatever the event says."""
    before = demand or Demand(event.demand)
    meta, stamp = event.meta, event.stamp
    at = meta.happened if before.last is None or meta.happened > before.last else before.last
    after: dict[str, Any] = {
        **before.__dict__,
        "version": event.version,
        "workflow": meta.workflow,
        "last": at,
        "recorded": max(meta.recorded, before.recorded or meta.recorded),
        "round": stamp.round,
        "state": stamp.state,
        "stage": stamp.stage,
        "ended_as": stamp.ended_as,
        "due": stamp.due,
        "facts": (*before.facts, type(event.fact)),
    }
    if event.version > before.version + 1:
        after["missing"] = (*before.missing, (before.version + 1, event.version - 1))
    if stamp.state != before.state:
        after |= {"came_from": before.state, "since": at, "review": None}
    if stamp.ended_as is None:
        after["ended"] = None
    elif stamp.ended_as != before.ended_as:
        after["ended"] = at
    if stamp.clocks is not None:
        after["clocks"] = ticked(before.clocks, stamp.clocks, at)
    if stamp.declares is not None:
        after["declares"] = stamp.declares
    if (command := meta.command) is not None:
        after["commands"] = (*before.commands, (command, event.version))
    if isinstance(event.fact, WORK):
        given = (name for name in (before.contractor, *before.co_handlers) if name is not None)
        if theirs := [name for name in given if meta.actor.speaks_for(name)]:
            after["workers"] |= {meta.actor.id, *theirs}
    _apply_meaning(after, event, at)
    _apply_fact(after, event, at)
    if stamp.round != before.round and before.version:
        after |= LAPSED
        after["audited"] = after["audited"] and stamp.stage != Stage.AUDIT
    changed = object.__new__(Demand)
    changed.__dict__.update(after)
    return changed


def fold(events: Iterable[Event], demand: Demand | None = None) -> Demand | None:
    """The demand after these events; None if there are none."""
    for event in events:
        demand = evolve(demand, event)
    return demand


def other_side(fact: Fact, demand: Demand) -> Fact:
    """What a merge or an un-merge of this demand records on the other: whose demand it is goes with it."""
    if isinstance(fact, Unmerged):
        return LetGo(demand=demand.id)
    return TookIn(demand=demand.id, residents=demand.residents or None)


def _apply_meaning(after: dict[str, Any], event: Event, at: datetime) -> None:
    for meaning in event.stamp.means or ():
        match meaning:
            case "accepted":
                actor = event.meta.actor
                after["audited"] = True
                after["auditors"] |= {actor.id, actor.unit or actor.id}
            case "told":
                after |= {"told": True, "told_at": at, "clerks": after["clerks"] | {event.meta.actor.id}}
            case "asked":
                after["asked"] = True
            case "evaluated":
                after |= {"evaluated": True, "asked": True}
            case "callback_missed":
                after |= {"missed_callbacks": after["missed_callbacks"] + 1, "missed_at": at}
            case "escalated":
                after["escalated"] = True
            case "taken_over":
                after["taken_over"] = True
            case "reopened":
                after["taken_over"] = False


@cache
def _own_fields(kind: type[Fact]) -> tuple[str, ...]:
    """The fields that a community's own class has beyond those of ours that it extends."""
    ours = {name for base in kind.__mro__ if base in _OURS for name in base.model_fields}  # type: ignore[attr-defined]
    return tuple(name for name in kind.model_fields if name not in ours)


def _apply_fact(after: dict[str, Any], event: Event, at: datetime) -> None:
    version = event.version
    if type(event.fact) not in _OURS:
        own = {name: getattr(event.fact, name) for name in _own_fields(type(event.fact))}
        said = {name: value for name, value in own.items() if value is not None}
        after["_attributes"] = {**after["_attributes"], **said}
    match fact := event.fact:
        case Registered():
            after |= {"received": at, "text": fact.text, "channel": fact.channel, "urgency": fact.urgency}
            after |= {"place": fact.place, "place_from": version}
            after |= {"category": fact.category, "category_from": version}
            after |= {"resident": fact.resident, "representative": fact.representative}
            after |= {"shared_with": fact.shared_with or (), "source": fact.source, "reference": fact.reference}
            if event.meta.actor.role != Role.RESIDENT:
                after["clerks"] |= {event.meta.actor.id}
        case Sorted():
            if fact.category is not None:
                after |= {"category": fact.category, "category_from": version}
            if fact.place is not None:
                after |= {"place": fact.place, "place_from": version}
            after["urgency"] = fact.urgency or after["urgency"]
        case ContractedOut():
            co_handlers = fact.co_handlers or ()
            after |= {"contractor": fact.contractor, "lead": fact.contractor, "contractor_from": version}
            after |= {"co_handlers": co_handlers, "extension_asked": None}
            after["contracts"] = (*after["contracts"], (version, fact.contractor))
            after["workers"] |= set(co_handlers)
        case HandedBack():
            after |= {"contractor": None, "co_handlers": (), "handbacks": after["handbacks"] + 1}
        case ExtensionAsked():
            after["extension_asked"] = fact.until
        case Extended():
            after["extension_asked"] = None
        case Suspended():
            after["review"] = fact.review
        case Reported():
            after |= {"reported_resolved": fact.resolved, "report_from": version}
            after["workers"] |= {event.meta.actor.id}
        case Evaluated():
            after |= {"resolved": fact.resolved, "grade": fact.grade, "evaluation_from": version}
            actor = event.meta.actor
            after["evaluators"] |= {actor.id, actor.unit or actor.id, fact.written_by or actor.id}
        case Merged():
            after["merged_into"] = fact.into
        case Unmerged():
            after["merged_into"] = None
        case TookIn():
            after["took_in"] = (*after["took_in"], fact.demand)
            after["joined"] = (*after["joined"], *((fact.demand, name) for name in fact.residents or ()))
        case LetGo():
            after["took_in"] = tuple(other for other in after["took_in"] if other != fact.demand)
            after["joined"] = tuple(pair for pair in after["joined"] if pair[0] != fact.demand)
        case Corrected():
            _apply_correction(after, fact)


def _apply_correction(after: dict[str, Any], fact: Corrected) -> None:
    """A correction counts only where nothing later has said otherwise."""
    named = fact.event
    kind = _fact_of(named, after["facts"], after["missing"])
    if kind is None:
        return
    if fact.channel is not None and issubclass(kind, Registered):
        after["channel"] = fact.channel
    if issubclass(kind, Registered | Sorted):
        if fact.place is not None and named >= after["place_from"]:
            after |= {"place": fact.place, "place_from": named}
        if fact.category is not None and named >= after["category_from"]:
            after |= {"category": fact.category, "category_from": named}
    if fact.contractor is not None and issubclass(kind, ContractedOut):
        contracts = after["contracts"]
        after["contracts"] = tuple((at, fact.contractor if at == named else name) for at, name in contracts)
        if named == after["contractor_from"]:
            after["lead"] = fact.contractor
            after["contractor"] = fact.contractor if after["contractor"] is not None else None
    if fact.resolved is not None and named == after["report_from"]:
        after["reported_resolved"] = fact.resolved
    if named == after["evaluation_from"]:
        after["resolved"] = after["resolved"] if fact.resolved is None else fact.resolved
        after["grade"] = fact.grade or after["grade"]
