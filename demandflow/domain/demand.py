"""Demand: what is known of one, folded from its events (evolve.py), and nothing that decides.

What belongs together is one value: what was asked for, who works on it, and what happened in the present round.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from demandflow.domain.clock_states import RUNNING, Ticking
from demandflow.domain.events import Stamp
from demandflow.domain.facts import Fact
from demandflow.domain.values import Category, Channel, Grade, Place, Urgency

NOBODY: frozenset[str] = frozenset()

T = TypeVar("T")

if TYPE_CHECKING:

    class reads(Generic[T]):  # noqa: N801
        """What one of its parts holds, read by a name of the demand's own."""

        def __init__(self, path: str) -> None: ...
        @overload
        def __get__(self, demand: None, kind: type[Demand]) -> Self: ...
        @overload
        def __get__(self, demand: Demand, kind: type[Demand]) -> T: ...
        def __get__(self, demand: Demand | None, kind: type[Demand]) -> Self | T: ...
else:

    class reads:  # noqa: N801
        """The same, read without a call in Python."""

        def __class_getitem__(cls, kind: Any) -> Any:
            return lambda path: property(attrgetter(path))


class Subject(Struct, frozen=True):
    """What was asked for, where, and for whom. `*_from` is the version of the event that said so."""

    text: str = ""
    channel: Channel | None = None
    place: Place | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    resident: str | None = None
    representative: str | None = None
    shared_with: tuple[str, ...] = ()
    source: str | None = None
    reference: str | None = None
    place_from: int = 0
    category_from: int = 0


class Work(Struct, frozen=True):
    """Who was given the work, and who did it.

    `contractor` was given it and has not handed it back; `lead` is who was given it last, by the event
    `contractor_from`. `contracts` are all who were ever given it, each with the version of the event. `workers` are the
    people who worked on it and those for whom they did, whatever a correction says later.
    """

    contractor: str | None = None
    lead: str | None = None
    co_handlers: tuple[str, ...] = ()
    contracts: tuple[tuple[int, str], ...] = ()
    workers: frozenset[str] = NOBODY
    handbacks: int = 0
    contractor_from: int = 0


class Round(Struct, frozen=True):
    """What happened in one go at it. The next begins empty, so that nothing has to lapse."""

    told_at: datetime | None = None
    asked: bool = False
    missed_callbacks: int = 0
    missed_at: datetime | None = None
    escalated: bool = False
    extension_asked: datetime | None = None
    reported_resolved: bool | None = None
    evaluated: bool = False
    resolved: bool | None = None
    grade: Grade | None = None
    report_from: int = 0
    evaluation_from: int = 0


class Demand(Struct, frozen=True):
    """What a resident asks for and where it stands. Moments are in UTC; rounds and versions count from 1.

    `stamp` is what its last event meant: its state is empty before registration. `recorded` is the latest moment of
    recording, `last` the latest of happening. `due` is the moment that a fact named for the whole of it; `next_due`
    also looks at its `clocks`. `auditors` are all who audited it, `evaluators` all who evaluated it or wrote that down,
    `clerks` all who registered it for somebody else or told its outcome. `joined` are the residents of the demands that
    it took in, each with the demand. `facts` are those of its events; `missing` are the versions (from, to) of events
    that went from the log, if any did. `commands` are the ids of the commands that led to its events.
    """

    id: UUID
    version: int = 0
    workflow: str = ""
    stamp: Stamp = Stamp("", "", "", 0)
    declares: tuple[str, ...] = ()
    came_from: str | None = None
    received: datetime | None = None
    since: datetime | None = None
    last: datetime | None = None
    recorded: datetime | None = None
    ended: datetime | None = None
    review: datetime | None = None
    clocks: tuple[Ticking, ...] = ()
    subject: Subject = Subject()
    work: Work = Work()
    this_round: Round = Round()
    audited: bool = False
    taken_over: bool = False
    auditors: frozenset[str] = NOBODY
    evaluators: frozenset[str] = NOBODY
    clerks: frozenset[str] = NOBODY
    merged_into: UUID | None = None
    took_in: tuple[UUID, ...] = ()
    joined: tuple[tuple[UUID, str], ...] = ()
    facts: tuple[type[Fact], ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    commands: tuple[tuple[str, int], ...] = ()
    _attributes: dict[str, Any] = {}

    # what rules ask for by a shorter name
    state = reads[str]("stamp.state")
    stage = reads[str]("stamp.stage")
    round = reads[int]("stamp.round")
    ended_as = reads[str | None]("stamp.ended_as")
    due = reads[datetime | None]("stamp.due")
    text = reads[str]("subject.text")
    channel = reads[Channel | None]("subject.channel")
    place = reads[Place | None]("subject.place")
    category = reads[Category | None]("subject.category")
    urgency = reads[Urgency | None]("subject.urgency")
    resident = reads[str | None]("subject.resident")
    representative = reads[str | None]("subject.representative")
    shared_with = reads[tuple[str, ...]]("subject.shared_with")
    source = reads[str | None]("subject.source")
    reference = reads[str | None]("subject.reference")
    contractor = reads[str | None]("work.contractor")
    lead = reads[str | None]("work.lead")
    co_handlers = reads[tuple[str, ...]]("work.co_handlers")
    contracts = reads[tuple[tuple[int, str], ...]]("work.contracts")
    workers = reads[frozenset[str]]("work.workers")
    handbacks = reads[int]("work.handbacks")
    told_at = reads[datetime | None]("this_round.told_at")
    asked = reads[bool]("this_round.asked")
    missed_callbacks = reads[int]("this_round.missed_callbacks")
    missed_at = reads[datetime | None]("this_round.missed_at")
    escalated = reads[bool]("this_round.escalated")
    extension_asked = reads[datetime | None]("this_round.extension_asked")
    reported_resolved = reads[bool | None]("this_round.reported_resolved")
    evaluated = reads[bool]("this_round.evaluated")
    resolved = reads[bool | None]("this_round.resolved")
    grade = reads[Grade | None]("this_round.grade")

    @property
    def told(self) -> bool:
        """Whether the outcome was told in this round."""
        return self.this_round.told_at is not None

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
        place = version - 1
        for first, last in self.missing:  # where versions went, the places of all later facts are others
            if first <= version <= last:
                return None
            if last < version:
                place -= last - first + 1
        return self.facts[place] if 0 <= place < len(self.facts) else None

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

    def __hash__(self) -> int:
        return hash((self.id, self.version))


def _due_then_name(one: Ticking) -> tuple[datetime, str]:
    return one.due or one.began, one.clock


_PART_OF = {
    name: part
    for part, kind in (("stamp", Stamp), ("subject", Subject), ("work", Work), ("this_round", Round))
    for name in kind.__struct_fields__
}
"""Which part of a demand holds what."""


Change = dict[str, Any]
"""What will be otherwise of a demand, by the names of its fields."""


def set_part(was: Demand, change: Change, part: str, **fields: Any) -> None:
    """Let these fields of one of its parts be otherwise, beside what will be otherwise already."""
    change[part] = replace(change.get(part) or getattr(was, part), **fields)


S = TypeVar("S", bound=Struct)


def as_if(value: S, **fields: Any) -> S:
    """The demand (or event, or part of one) as if these of its fields were otherwise, whichever part holds them."""
    change: dict[str, Any] = {}
    for name, other in fields.items():
        part = _PART_OF.get(name) if isinstance(value, Demand) else None
        if part is None:
            change[name] = other
        else:
            change[part] = replace(change.get(part) or getattr(value, part), **{name: other})
    return replace(value, **change)
