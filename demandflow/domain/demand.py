"""Demand: what is known of one, folded from its events (evolve.py), and nothing that decides.

What belongs together is one value: what was asked for, who works on it, and what happened in the present round.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from demandflow.domain.events import GradeMeaning, Stamp
from demandflow.domain.standard.scores import Score
from demandflow.domain.stream import Change, Stream, reads
from demandflow.domain.values import Category, Channel, Grade, Place, Urgency

NOBODY: frozenset[str] = frozenset()


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
    """What happened in one go at it. The next begins empty, so that nothing has to lapse.

    `grade_means` is what the grade counts for, where it is none of the five of 好差评; `score_means` those of scores.
    """

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
    grade_means: GradeMeaning | None = None
    scores: tuple[Score, ...] = ()
    score_means: tuple[tuple[str, GradeMeaning], ...] = ()
    report_from: int = 0
    evaluation_from: int = 0


class Demand(Stream, frozen=True):
    """What a resident asks for and where it stands.

    `auditors` are all who audited it, `evaluators` all who evaluated it or wrote that down, `clerks` all who registered
    it for somebody else or told its outcome. `joined` are the residents of the demands that it took in, each with the
    demand. `supporters` want the same, in the order in which they said so, each by the event in `supporters_from`;
    `state_from` is the version of the event that led to the present state.
    """

    received: datetime | None = None
    review: datetime | None = None
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
    supporters: tuple[str, ...] = ()
    supporters_from: tuple[int, ...] = ()
    state_from: int = 0

    # what rules ask for by a shorter name
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
    scores = reads[tuple[Score, ...]]("this_round.scores")

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
    def to_be_told(self) -> tuple[str, ...]:
        """All who are to be told what becomes of it, each once: its residents, and then those who support it."""
        return tuple(dict.fromkeys((*self.residents, *self.supporters)))

    @property
    def anonymous(self) -> bool:
        """Nobody is known who could be asked or called back."""
        return self.resident is None


_PART_OF = {
    name: part
    for part, kind in (("stamp", Stamp), ("subject", Subject), ("work", Work), ("this_round", Round))
    for name in kind.__struct_fields__
    if name not in Demand.__struct_fields__
}
"""Which part of a demand holds what it does not hold itself."""


def set_part(was: Stream, change: Change, part: str, **fields: Any) -> None:
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
