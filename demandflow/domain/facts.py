"""What can happen to a demand.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar
from uuid import UUID

from pydantic import Strict

from demandflow.domain.fact import Fact
from demandflow.domain.standard.scores import Scores
from demandflow.domain.values import (
    Actor,
    Category,
    Channel,
    FeedbackMethod,
    Grade,
    Moment,
    Name,
    Place,
    Role,
    Text,
    Urgency,
)
from demandflow.inputs.own_values import OwnValues

# a list for a tuple is welcome: what comes from a form or from JSON has no other
_Names: TypeAlias = Annotated[tuple[Name, ...], Strict(False)]


class Registered(Fact):
    """A resident asked for something. Without a resident the demand is anonymous."""

    TOPIC: ClassVar[str] = "demand.registered"
    text: Text
    channel: Channel
    place: Place
    resident: Name | None = None
    representative: Name | None = None
    shared_with: _Names | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    source: Name | None = None
    reference: Name | None = None
    due: Moment | None = None


R = TypeVar("R", bound=Registered)


class Sorted(Fact):
    """What it is about, where and how urgent was looked at and set."""

    TOPIC: ClassVar[str] = "demand.sorted"
    category: Category | None = None
    place: Place | None = None
    urgency: Urgency | None = None


class DetailsAsked(Fact):
    """Something had to be asked of the resident before going on."""

    TOPIC: ClassVar[str] = "demand.details_asked"
    question: Text


class DetailsGiven(Fact):
    """The resident answered."""

    TOPIC: ClassVar[str] = "demand.details_given"
    answer: Text


class Accepted(Fact):
    """The audit was passed: this is for the community to see to."""

    TOPIC: ClassVar[str] = "demand.accepted"
    note: Text | None = None


class Refused(Fact):
    """The community cannot see to it: a code for the figures, words for the resident."""

    TOPIC: ClassVar[str] = "demand.refused"
    code: Text
    words: Text


class ContractedOut(Fact):
    """A unit, a team or a volunteer was given the work: one lead, maybe co-handlers."""

    TOPIC: ClassVar[str] = "demand.contracted_out"
    contractor: Name
    co_handlers: _Names | None = None
    due: Moment | None = None
    reason: Text | None = None


class TakenOn(Fact):
    """The contractor began."""

    TOPIC: ClassVar[str] = "demand.taken_on"
    note: Text | None = None


class HandedBack(Fact):
    """The contractor returned the demand: it is not theirs, and this is why."""

    TOPIC: ClassVar[str] = "demand.handed_back"
    reason: Text


class ExtensionAsked(Fact):
    """The contractor needs longer."""

    TOPIC: ClassVar[str] = "demand.extension_asked"
    until: Moment
    reason: Text


class Extended(Fact):
    """The dispatcher granted a later due moment."""

    TOPIC: ClassVar[str] = "demand.extended"
    due: Moment
    reason: Text | None = None


class Suspended(Fact):
    """The work rests until it is looked at again."""

    TOPIC: ClassVar[str] = "demand.suspended"
    reason: Text
    review: Moment | None = None


class Resumed(Fact):
    """The work goes on."""

    TOPIC: ClassVar[str] = "demand.resumed"
    note: Text | None = None


class Reported(Fact):
    """Whoever handled it says what was done, and whether that resolved it."""

    TOPIC: ClassVar[str] = "demand.reported"
    resolved: bool
    words: Text


class FedBack(Fact):
    """The outcome was told: by a call, a visit, a message, a public notice, or another way."""

    TOPIC: ClassVar[str] = "demand.fed_back"
    way: FeedbackMethod
    words: Text | None = None


class CallbackMissed(Fact):
    """The resident was called for an evaluation and could not be reached."""

    TOPIC: ClassVar[str] = "demand.callback_missed"
    note: Text | None = None


class NoticeEnded(Fact):
    """The public notice hung for its time and nobody answered."""

    TOPIC: ClassVar[str] = "demand.notice_ended"
    note: Text | None = None


class Evaluated(Fact):
    """The resident said whether it is resolved and how satisfied they are; maybe a clerk wrote it down.

    `scores` are of single sides of the work, by the names that the workflow's scale declares.
    """

    TOPIC: ClassVar[str] = "demand.evaluated"
    resolved: bool
    grade: Grade
    words: Text | None = None
    written_by: Name | None = None
    scores: Scores | None = None


class Reopened(Fact):
    """The resident asked to take it up again, or appealed a refusal."""

    TOPIC: ClassVar[str] = "demand.reopened"
    reason: Text


class Withdrawn(Fact):
    """The resident no longer asks for it; `asked_by` says whose word it was, where a clerk wrote it down."""

    TOPIC: ClassVar[str] = "demand.withdrawn"
    reason: Text | None = None
    asked_by: Name | None = None


class Merged(Fact):
    """It is about the same thing as another demand and goes on there."""

    TOPIC: ClassVar[str] = "demand.merged"
    into: UUID
    reason: Text | None = None


class TookIn(Fact):
    """The other side of Merged; `residents` are all whose demand the other was."""

    TOPIC: ClassVar[str] = "demand.took_in"
    demand: UUID
    residents: _Names | None = None


class Unmerged(Fact):
    """It was not the same thing after all and goes on by itself."""

    TOPIC: ClassVar[str] = "demand.unmerged"
    reason: Text


class LetGo(Fact):
    """The other side of Unmerged."""

    TOPIC: ClassVar[str] = "demand.let_go"
    demand: UUID


class Supported(Fact):
    """Somebody else wants the same: `who` is told what becomes of it as well."""

    TOPIC: ClassVar[str] = "demand.supported"
    who: Name


class SupportEnded(Fact):
    """Somebody took their support back."""

    TOPIC: ClassVar[str] = "demand.support_ended"
    who: Name


class Escalated(Fact):
    """Somebody higher up was made aware of it."""

    TOPIC: ClassVar[str] = "demand.escalated"
    reason: Text


class Corrected(Fact):
    """What an earlier event of this demand said was wrong: the fields given here replace its own.

    `event` is the version of the event that is corrected. The correction holds from that event's day on. `confirmed_by`
    names the resident, or another second person, whose word confirms it. `scores` replaces those of the same names,
    and `own` the fields that the event's class has beyond those of ours: `own={"rooms": 4}`.
    """

    TOPIC: ClassVar[str] = "demand.corrected"
    event: int
    reason: Text
    category: Category | None = None
    place: Place | None = None
    channel: Channel | None = None
    contractor: Name | None = None
    resolved: bool | None = None
    grade: Grade | None = None
    confirmed_by: Name | None = None
    scores: Scores | None = None
    own: OwnValues | None = None

    @property
    def replaced(self) -> dict[str, Any]:
        """The fields of ours that are replaced, with what they should have said; `own` are the others."""
        names = ("event", "reason", "confirmed_by", "own")
        return {name: value for name, value in self.__dict__.items() if name not in names and value is not None}


class MovedOver(Fact):
    """It goes on under another workflow, or another version of its own."""

    TOPIC: ClassVar[str] = "demand.moved_over"
    workflow: Name
    reason: Text | None = None


class Noted(Fact):
    """Something worth remembering that changes nothing."""

    TOPIC: ClassVar[str] = "demand.noted"
    text: Text


class Notified(Fact):
    """Somebody was given notice of something: in which role, maybe who, of what kind, and in words.

    That it is to be told is recorded here; telling it is for the importing system.
    """

    TOPIC: ClassVar[str] = "demand.notified"
    to: Name
    kind: Name
    what: Text
    whom: Name | None = None


class Stepped(Fact):
    """A step that needs no fact of its own; its move says which."""

    TOPIC: ClassVar[str] = "demand.stepped"
    note: Text | None = None


class UnknownFact(Fact):
    """A stored fact whose class was not given to open(): it still folds, by its stamp."""

    TOPIC: ClassVar[str] = "demand.unknown"
    topic: str
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """Its fields, as they were stored."""
        try:
            fields = json.loads(self.body)
        except ValueError:
            return {}
        return fields if isinstance(fields, dict) else {}


# fmt: off
STANDARD_FACTS: tuple[type[Fact], ...] = (
    Registered, Sorted, DetailsAsked, DetailsGiven, Accepted, Refused, ContractedOut, TakenOn, HandedBack,
    ExtensionAsked, Extended, Suspended, Resumed, Reported, FedBack, CallbackMissed, NoticeEnded, Evaluated,
    Reopened, Withdrawn, Merged, TookIn, Unmerged, LetGo, Escalated, Corrected, MovedOver, Noted, Notified,
    Stepped, Supported, SupportEnded,
)
# fmt: on


def in_their_own_name(fact: R, by: Actor) -> R:
    """What is registered: a resident who registers and names nobody asks for themselves."""
    if by.role != Role.RESIDENT or fact.resident is not None or fact.representative is not None:
        return fact
    return fact.model_copy(update={"resident": by.id})


OTHER_SIDE: dict[type[Fact], type[Fact]] = {Merged: TookIn, Unmerged: LetGo}
OTHER_SIDES: tuple[type[Fact], ...] = tuple(OTHER_SIDE.values())
"""Recorded together with Merged and Unmerged on the other demand, never by themselves."""

GRADED = (Evaluated, Corrected)
"""Facts that may say a grade."""
CORRECTABLE: dict[type[Fact], tuple[str, ...]] = {
    Registered: ("category", "place", "channel"),
    Sorted: ("category", "place"),
    ContractedOut: ("contractor",),
    Reported: ("resolved",),
    Evaluated: ("resolved", "grade", "scores"),
}


def extended(fact: type[Fact]) -> type[Fact] | None:
    """The standard fact that a community's own class extends, if it does."""
    return next((base for base in fact.__mro__[1:] if base in STANDARD_FACTS), None)


def correctable(fact: type[Fact]) -> tuple[str, ...]:
    """The fields of such a fact that a correction may replace."""
    return next((fields for kind, fields in CORRECTABLE.items() if issubclass(fact, kind)), ())
