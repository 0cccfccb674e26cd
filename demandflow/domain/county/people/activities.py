"""Activities: announced, joined by many up to their places, held or cancelled; who came is written down.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from demandflow.domain.county.field_types import Length, Minutes, Number
from demandflow.domain.county.people.volunteers import (
    PEOPLE,
    Participant,
    nobody_signs_for_themselves,
    people_speak_for_themselves,
)
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import START, STAY, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Moment, Name, Place, Role, Stage, Text
from demandflow.domain.workflow import Workflow

ORGANISER = "organiser"
ORGANISING = (ORGANISER, Role.GRID_ADMINISTRATOR)


class Attendance(Struct, frozen=True, gc=False):
    """That somebody came, for how long, and their home organisation at that time."""

    who: str
    minutes: int
    home: str | None = None


# what can happen


class Announced(Fact):
    """Something will be held: what it is, where, when, for how many minutes, and for how many people at most.

    Without `places` everybody can join. When they are taken, who joins waits, unless there is no waiting list.
    """

    TOPIC: ClassVar[str] = "activity.announced"
    title: Text
    what: Name
    place: Place
    starts: Moment
    minutes: Length
    places: Number | None = None
    waiting_list: bool = True
    team: Name | None = None


class Joined(Fact):
    """Somebody wants to take part: they have a place, or wait for one."""

    TOPIC: ClassVar[str] = "activity.joined"
    who: Name
    home: Name | None = None


class Left(Fact):
    """Somebody will not take part after all; whoever has waited longest has their place."""

    TOPIC: ClassVar[str] = "activity.left"
    who: Name


class Rescheduled(Fact):
    """It starts at another moment; who joined has still joined."""

    TOPIC: ClassVar[str] = "activity.rescheduled"
    starts: Moment
    reason: Text | None = None


class Held(Fact):
    """It took place."""

    TOPIC: ClassVar[str] = "activity.held"
    note: Text | None = None


class Cancelled(Fact):
    """It does not take place, and this is why."""

    TOPIC: ClassVar[str] = "activity.cancelled"
    reason: Text


class Attended(Fact):
    """Somebody was there, whether or not they had joined, for so many minutes and for this home organisation."""

    TOPIC: ClassVar[str] = "activity.attended"
    who: Name
    minutes: Minutes
    home: Name | None = None


class AttendanceCorrected(Fact):
    """How long somebody was there had been written down wrongly; 0 minutes if they were not."""

    TOPIC: ClassVar[str] = "activity.attendance_corrected"
    who: Name
    minutes: Minutes
    reason: Text


# what is known of one


class Activity(Stream, frozen=True):
    """What is held for or by many, and who takes part.

    `asked` are all who joined and did not leave, in order: the first of them have the places, the others wait.
    """

    KIND: ClassVar[str | None] = "activity"

    title: str = ""
    what: str = ""
    place: Place | None = None
    team: str | None = None
    starts: datetime | None = None
    minutes: int = 0
    places: int | None = None
    waiting_list: bool = True
    asked: tuple[Participant, ...] = ()
    attended: tuple[Attendance, ...] = ()

    @property
    def joined(self) -> tuple[str, ...]:
        """Those who have a place, in the order in which they joined."""
        return tuple(person.who for person in self.asked[: self.places])

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those who wait for a place, the next first."""
        return () if self.places is None else tuple(person.who for person in self.asked[self.places :])

    @property
    def full(self) -> bool:
        """Whether all places are taken."""
        return self.places is not None and len(self.asked) >= self.places

    def attendance(self, who: str) -> Attendance | None:
        """How long somebody was there, as it is known now; None if nothing was written down of them."""
        return next((came for came in self.attended if came.who == who), None)

    def changes(self, event: Event, change: Change) -> None:
        """What an event of it changes."""
        fact = event.fact
        match fact:
            case Announced():
                names = ("title", "what", "place", "team", "starts", "minutes", "places", "waiting_list")
                change.update((name, getattr(fact, name)) for name in names)
            case Rescheduled():
                change["starts"] = fact.starts
            case Joined() if not _is_among(self.asked, fact.who):
                change["asked"] = (*self.asked, Participant(fact.who, fact.home))
            case Left():
                change["asked"] = tuple(person for person in self.asked if person.who != fact.who)
            case Attended() if self.attendance(fact.who) is None:
                home = next((person.home for person in self.asked if person.who == fact.who), None)
                change["attended"] = (*self.attended, Attendance(fact.who, fact.minutes, fact.home or home))
            case AttendanceCorrected():
                change["attended"] = tuple(
                    Attendance(came.who, fact.minutes, came.home) if came.who == fact.who else came
                    for came in self.attended
                )


def _is_among(people: tuple[Participant, ...], who: str) -> bool:
    return any(person.who == who for person in people)


# rules


def it_starts_later(activity: Activity, proposal: Proposal[Announced | Rescheduled]) -> str | None:
    """Nobody can come to what has begun before it is announced."""
    starts = proposal.fact.starts
    if starts > proposal.at:
        return None
    return (
        f"it would start {_when(starts)}, before this is said, {_when(proposal.at)}; if it was said earlier, say when"
    )


def it_has_not_begun(activity: Activity, proposal: Proposal[Any]) -> str | None:
    """Once it begins, people come or do not come."""
    if activity.starts is not None and proposal.at >= activity.starts:
        return f"it began {_when(activity.starts)}"
    return None


def it_has_begun(activity: Activity, proposal: Proposal[Any]) -> str | None:
    """Nothing was held that has not begun."""
    if activity.starts is None or proposal.at >= activity.starts:
        return None
    return f"it only begins {_when(activity.starts)}"


def there_is_a_place_or_a_waiting_list(activity: Activity, proposal: Proposal[Any]) -> str | None:
    """No more join than there are places; others wait, where there is a waiting list."""
    if activity.full and not activity.waiting_list:
        return f"all {activity.places} places are taken, and there is no waiting list"
    return None


def nobody_joins_twice(activity: Activity, proposal: Proposal[Joined]) -> str | None:
    """Everybody joins once."""
    who = proposal.fact.who
    return f"{who} has joined already" if _is_among(activity.asked, who) else None


def only_who_joined_leaves(activity: Activity, proposal: Proposal[Left]) -> str | None:
    """Nobody leaves who has neither a place nor waits."""
    who = proposal.fact.who
    return None if _is_among(activity.asked, who) else f"{who} has not joined"


def attendance_is_written_down_once(activity: Activity, proposal: Proposal[Attended]) -> str | None:
    """What was written down is corrected, not written again."""
    who = proposal.fact.who
    came = activity.attendance(who)
    return None if came is None else f"{who} is written down with {came.minutes} minutes; correct that"


def it_was_written_down(activity: Activity, proposal: Proposal[AttendanceCorrected]) -> str | None:
    """Only what was written down can be wrong."""
    who = proposal.fact.who
    return f"nothing is written down of {who}" if activity.attendance(who) is None else None


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


# the table

_IN_ORDER = times_do_not_run_backwards
_JOINING = (*PEOPLE, *ORGANISING)
_SPEAKING = (_IN_ORDER, people_speak_for_themselves, it_has_not_begun)

# fmt: off
ACTIVITY = Workflow(
    "activity", 1, of=Activity, tells_nobody=True,
    states=(
        State("announced", waits_for=Stage.REGISTRATION, owner=ORGANISER),
        State("held", waits_for=Stage.ENDED, ended_as="closed"),
        State("cancelled", waits_for=Stage.ENDED, ended_as="withdrawn"),
    ),
    moves=(
        # name, what happened, from, to, by whom
        Move("announce", Announced, START, "announced", ORGANISING, rules=(it_starts_later,)),
        Move("join", Joined, "announced", STAY, _JOINING,
             rules=(*_SPEAKING, nobody_joins_twice, there_is_a_place_or_a_waiting_list)),
        Move("leave", Left, "announced", STAY, _JOINING, rules=(*_SPEAKING, only_who_joined_leaves)),
        Move("reschedule", Rescheduled, "announced", STAY, ORGANISING,
             rules=(_IN_ORDER, it_has_not_begun, it_starts_later)),
        Move("hold", Held, "announced", "held", ORGANISING, rules=(_IN_ORDER, it_has_begun)),
        Move("cancel", Cancelled, "announced", "cancelled", ORGANISING, rules=(_IN_ORDER,)),
        Move("attend", Attended, "held", STAY, ORGANISING,
             rules=(_IN_ORDER, attendance_is_written_down_once, nobody_signs_for_themselves)),
        Move("correct_attendance", AttendanceCorrected, "held", STAY, (Role.AUDITOR, Role.SUPERVISOR),
             rules=(it_was_written_down, nobody_signs_for_themselves)),
    ),
)
# fmt: on
