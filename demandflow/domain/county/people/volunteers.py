"""Volunteers: what they can do, where and when they help, and whether the community verified it.

A member is a volunteer with a mark. The TOPICs and the field names are the storage format. Never rename one; a new
field gets a default.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct

from demandflow.domain.county.field_types import Names, Number, Places, Week
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import START, STAY, WHILE_OPEN, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Name, Place, Role, Stage, Text
from demandflow.domain.workflow import Workflow

VOLUNTEER, MEMBER = "volunteer", "member"
PEOPLE = (VOLUNTEER, MEMBER, Role.RESIDENT)
"""The roles of those who speak for themselves alone."""
COMMUNITY = (Role.GRID_ADMINISTRATOR, Role.AUDITOR)
"""Who writes down what a volunteer says, and verifies it."""


class Participant(Struct, frozen=True, gc=False):
    """Somebody on a list, and their home organisation as it was when they were put there."""

    who: str
    home: str | None = None


# what can happen


class VolunteerRegistered(Fact):
    """Somebody offers to help. Without places or times they help anywhere, at any time."""

    TOPIC: ClassVar[str] = "volunteer.registered"
    who: Name
    member: bool = False
    home: Name | None = None
    occupation: Text | None = None
    skills: Names = ()
    places: Places = ()
    times: Week | None = None
    at_once: Number | None = None


class SkillsDeclared(Fact):
    """What they can do, or what they are, is no longer what was said; what is not named stays as it is."""

    TOPIC: ClassVar[str] = "volunteer.skills_declared"
    skills: Names | None = None
    occupation: Text | None = None
    member: bool | None = None


class AvailabilityDeclared(Fact):
    """Where, when and how much they help is no longer what was said; what is not named stays as it is.

    `at_once` is how many requests they take at the same time at most.
    """

    TOPIC: ClassVar[str] = "volunteer.availability_declared"
    places: Places | None = None
    times: Week | None = None
    at_once: Number | None = None


class HomeChanged(Fact):
    """They belong to another home organisation from now on; what was recorded before keeps its own."""

    TOPIC: ClassVar[str] = "volunteer.home_changed"
    home: Name


class ReportedIn(Fact):
    """A member reported in to the community in which they live, maybe naming the organisation that they come from."""

    TOPIC: ClassVar[str] = "volunteer.reported_in"
    community: Place
    home: Name | None = None


class VolunteerVerified(Fact):
    """The community looked at what they said and found it right."""

    TOPIC: ClassVar[str] = "volunteer.verified"
    note: Text | None = None


class VolunteerWithdrew(Fact):
    """They help no longer."""

    TOPIC: ClassVar[str] = "volunteer.withdrew"
    reason: Text | None = None


class VolunteerReturned(Fact):
    """They offer to help again, and are verified again."""

    TOPIC: ClassVar[str] = "volunteer.returned"
    note: Text | None = None


# what is known of one


class Volunteer(Stream, frozen=True):
    """Who helps: what they can do, where and when, and the communities that they reported in to, in order."""

    KIND: ClassVar[str | None] = "volunteer"
    KEY: ClassVar[str | None] = "who"

    who: str = ""
    member: bool = False
    home: str | None = None
    occupation: str | None = None
    skills: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    times: str | None = None
    at_once: int | None = None
    reported_in: tuple[Place, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether they help now, and the community verified what they can do."""
        return self.state == "verified"

    def changes(self, event: Event, change: Change) -> None:
        """What an event of theirs changes."""
        fact = event.fact
        match fact:
            case VolunteerRegistered():
                change["who"] = fact.who
                self._say(fact, change, "member", "home", "occupation", "skills", "places", "times", "at_once")
            case SkillsDeclared():
                self._say(fact, change, "skills", "occupation", "member")
            case AvailabilityDeclared():
                self._say(fact, change, "places", "times", "at_once")
            case HomeChanged():
                change["home"] = fact.home
            case ReportedIn():
                self._say(fact, change, "home")
                change["reported_in"] = _once_each((*self.reported_in, fact.community))

    def _say(self, fact: Fact, change: Change, *names: str) -> None:
        """What the fact names of these; of a list each once."""
        for name in names:
            if (value := getattr(fact, name)) is not None:
                change[name] = _once_each(value) if isinstance(value, tuple) else value


def _once_each(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


# rules


def people_speak_for_themselves(stream: Stream, proposal: Proposal[Any]) -> str | None:
    """A volunteer, a member or a resident says this of themselves; who acts for the community, of anybody."""
    by = proposal.by
    if by.role in PEOPLE and by.id != proposal.fact.who:
        return f"{by.id} cannot do this for {proposal.fact.who}, who does it for themselves"
    return None


def nobody_signs_for_themselves(stream: Stream, proposal: Proposal[Any]) -> str | None:
    """What somebody took part in is written down by another."""
    if proposal.by.speaks_for(*_named(proposal.fact.who)):
        return f"{proposal.by.id} took part; somebody else writes that down"
    return None


def _named(who: str | tuple[str, ...]) -> tuple[str, ...]:
    return (who,) if isinstance(who, str) else who


def it_is_their_own(volunteer: Volunteer, proposal: Proposal[Any]) -> str | None:
    """Volunteers act for themselves, not for each other."""
    by = proposal.by
    return f"{by.id} is not {volunteer.who}" if by.role in PEOPLE and by.id != volunteer.who else None


def nobody_verifies_themselves(volunteer: Volunteer, proposal: Proposal[Any]) -> str | None:
    """Somebody else looks at what they said."""
    if proposal.by.speaks_for(volunteer.who):
        return f"{proposal.by.id} cannot verify themselves; somebody else of the community does"
    return None


def it_says_something(volunteer: Volunteer, proposal: Proposal[Any]) -> str | None:
    """A declaration names at least one thing."""
    fact = proposal.fact
    if any(value is not None for value in fact.__dict__.values()):
        return None
    return f"say at least one of {', '.join(type(fact).model_fields)}"


def only_members_report_in(volunteer: Volunteer, proposal: Proposal[Any]) -> str | None:
    """It is members who report in to the community in which they live."""
    return None if volunteer.member else f"{volunteer.who} is no member, and only members report in"


def once_a_community(volunteer: Volunteer, proposal: Proposal[ReportedIn]) -> str | None:
    """Nobody reports in to the same community twice."""
    community = proposal.fact.community
    return f"{volunteer.who} has reported in to {community}" if community in volunteer.reported_in else None


def nothing_is_left_to_verify(volunteer: Volunteer, proposal: Proposal[SkillsDeclared]) -> bool:
    """Somebody else of the community says it, or it claims nothing that was not verified already."""
    fact = proposal.fact
    more = not {*(fact.skills or ())} <= {*volunteer.skills}
    other = fact.occupation not in (None, volunteer.occupation)
    return not proposal.by.speaks_for(volunteer.who) or not (more or other or (fact.member and not volunteer.member))


# the table

_IN_ORDER = (times_do_not_run_backwards, it_is_their_own)
_SAYING = (VOLUNTEER, MEMBER, *COMMUNITY)

# fmt: off
VOLUNTEERING = Workflow(
    "volunteer", 1, of=Volunteer, tells_nobody=True,
    states=(
        State("registered", waits_for=Stage.AUDIT, owner=Role.AUDITOR),
        State("verified", waits_for=Stage.CONTRACTING, owner=VOLUNTEER),
        State("withdrawn", waits_for=Stage.ENDED, ended_as="withdrawn"),
    ),
    moves=(
        # name, what happened, from, to, by whom
        Move("register", VolunteerRegistered, START, "registered", _SAYING,
             rules=(people_speak_for_themselves,)),
        Move("verify", VolunteerVerified, "registered", "verified", COMMUNITY,
             rules=(times_do_not_run_backwards, nobody_verifies_themselves)),
        Move("declare_skills", SkillsDeclared, "verified", STAY, _SAYING, when=nothing_is_left_to_verify,
             rules=(*_IN_ORDER, it_says_something)),
        Move("declare_skills", SkillsDeclared, ("registered", "verified"), "registered", _SAYING,
             rules=(*_IN_ORDER, it_says_something)),
        Move("declare_availability", AvailabilityDeclared, WHILE_OPEN, STAY, _SAYING,
             rules=(*_IN_ORDER, it_says_something)),
        Move("change_home", HomeChanged, WHILE_OPEN, STAY, _SAYING, rules=_IN_ORDER),
        Move("report_in", ReportedIn, WHILE_OPEN, STAY, _SAYING,
             rules=(*_IN_ORDER, only_members_report_in, once_a_community)),
        Move("withdraw", VolunteerWithdrew, WHILE_OPEN, "withdrawn", _SAYING, rules=_IN_ORDER),
        Move("return", VolunteerReturned, "withdrawn", "registered", _SAYING, means="reopened", rules=_IN_ORDER),
    ),
)
# fmt: on
