"""Kinds of streams for the laws: courses with places that are limited, a waiting list and a clock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from demandflow import START, STAY, Calendar, Clock, Event, Limit, Move, Proposal, Stage, State, Workflow
from demandflow.domain.stream import Change, Stream
from demandflow.facts import Extended, Fact, MovedOver, Noted

ALWAYS = Calendar.of("office", zone="Europe/Berlin", hours="Mon-Fri 09:00-12:00 14:00-18:00")


class Announced(Fact):
    TOPIC: ClassVar[str] = "course.announced"
    places: Annotated[int, Field(ge=1, le=40)]
    until: datetime | None = None


class SignedUp(Fact):
    TOPIC: ClassVar[str] = "course.signed_up"
    with_them: Annotated[int, Field(ge=0, le=3)] = 0


class SignedOff(Fact):
    TOPIC: ClassVar[str] = "course.signed_off"
    why: str | None = None


class Course(Stream, frozen=True):
    """A course that people sign up for; who comes too late waits for a place."""

    KIND: ClassVar[str | None] = "course"
    places: int = 0
    until: datetime | None = None
    there: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    counted: int = 0

    def changes(self, event: Event, change: Change) -> None:
        fact, who = event.fact, event.meta.actor.id
        if isinstance(fact, Announced):
            change["places"], change["until"] = fact.places, fact.until
        elif isinstance(fact, SignedUp) and len(self.there) < self.places:
            change["there"], change["counted"] = (*self.there, who), self.counted + 1 + fact.with_them
        elif isinstance(fact, SignedUp):
            change["waiting"] = (*self.waiting, who)
        elif isinstance(fact, SignedOff):
            there = tuple(name for name in self.there if name != who)
            waits = tuple(name for name in self.waiting if name != who)
            if len(there) < len(self.there) and waits:
                there, waits = (*there, waits[0]), waits[1:]
            change["there"], change["waiting"] = there, waits


def nobody_signs_up_twice(course: Course, proposal: Proposal[SignedUp]) -> str | None:
    """Who is on a list is on it once."""
    signed_up = proposal.by.id in (*course.there, *course.waiting)
    return f"{proposal.by.id} has signed up already" if signed_up else None


def only_who_signed_up_signs_off(course: Course, proposal: Proposal[SignedOff]) -> str | None:
    """Nobody signs off for others."""
    signed_up = proposal.by.id in (*course.there, *course.waiting)
    return None if signed_up else f"{proposal.by.id} has not signed up"


def it_is_not_too_late(course: Course, proposal: Proposal[SignedUp]) -> str | None:
    """Until the moment that was announced."""
    return "it is too late to sign up" if course.until is not None and proposal.at > course.until else None


def it_is_full_with_this_one(course: Course, proposal: Proposal[Any]) -> bool:
    return len(course.there) + 1 == course.places


def somebody_is_there(course: Course, proposal: Proposal[Any]) -> str | None:
    """No course is held without anybody."""
    return None if course.there else "nobody is there"


STATES = [
    State("open", Stage.CONTRACTING, owner="organiser"),
    State("full", Stage.FEEDBACK, owner="organiser"),
    State("held", Stage.ENDED, ended_as="closed"),
    State("cancelled", Stage.ENDED, ended_as="withdrawn"),
]
UNDERWAY = ("open", "full")
SIGNING_UP: Any = {"by": ("member", "organiser"), "rules": (nobody_signs_up_twice, it_is_not_too_late)}
MOVES = [
    Move("announce", Announced, START, "open", by="organiser"),
    Move("sign up", SignedUp, "open", "full", when=it_is_full_with_this_one, **SIGNING_UP),
    Move("sign up", SignedUp, "open", STAY, **SIGNING_UP),
    Move("sign up", SignedUp, "full", STAY, **SIGNING_UP),
    Move("sign off", SignedOff, UNDERWAY, STAY, by=("member", "organiser"), rules=(only_who_signed_up_signs_off,)),
    Move("hold", Noted, UNDERWAY, "held", by="organiser", rules=(somebody_is_there,)),
    Move("cancel", Noted, UNDERWAY, "cancelled", by=("organiser", "supervisor")),
    Move("postpone", Extended, UNDERWAY, STAY, by="organiser", means="extended"),
    Move("note", Noted, UNDERWAY, STAY, by="supervisor"),
    Move("move_over", MovedOver, UNDERWAY, STAY, by="supervisor"),
]
CLOCKS = [
    Clock("filling", "open", Limit("5 working days"), ALWAYS, extensible=True),
    Clock("holding", UNDERWAY, Limit("3 calendar days"), ALWAYS),
]
COURSES = Workflow("courses", 1, STATES, MOVES, clocks=CLOCKS, of=Course)
