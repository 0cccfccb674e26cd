"""Teams of volunteers: founded, joined and left, and the practical things that they do for the community.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

from typing import ClassVar

from demandflow.domain.county.field_types import Minutes, Names
from demandflow.domain.county.people.activities import ORGANISER, ORGANISING
from demandflow.domain.county.people.volunteers import (
    MEMBER,
    VOLUNTEER,
    Participant,
    nobody_signs_for_themselves,
    people_speak_for_themselves,
)
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import START, STAY, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Name, Place, Stage, Text
from demandflow.domain.workflow import Workflow
from demandflow.errors import listed

# what can happen


class TeamFounded(Fact):
    """A team of volunteers came together, with what it can do and maybe its home organisation."""

    TOPIC: ClassVar[str] = "team.founded"
    team: Name
    skills: Names = ()
    home: Name | None = None


class TeamJoined(Fact):
    """A volunteer joined the team, for this home organisation."""

    TOPIC: ClassVar[str] = "team.joined"
    who: Name
    home: Name | None = None


class TeamLeft(Fact):
    """A volunteer left the team."""

    TOPIC: ClassVar[str] = "team.left"
    who: Name


class Done(Fact):
    """A practical thing was done for the community: what, where, by whom of the team, and for how many minutes each."""

    TOPIC: ClassVar[str] = "team.done"
    text: Text
    place: Place
    who: Names = ()
    minutes: Minutes | None = None


class TeamDissolved(Fact):
    """The team is no more."""

    TOPIC: ClassVar[str] = "team.dissolved"
    reason: Text | None = None


# what is known of one


class Team(Stream, frozen=True):
    """A team of volunteers: its people in the order in which they joined, and how many practical things it did."""

    KIND: ClassVar[str | None] = "team"
    KEY: ClassVar[str | None] = "team"

    team: str = ""
    skills: tuple[str, ...] = ()
    home: str | None = None
    people: tuple[Participant, ...] = ()
    done: int = 0

    @property
    def members(self) -> tuple[str, ...]:
        """Who is on the team now."""
        return tuple(person.who for person in self.people)

    def changes(self, event: Event, change: Change) -> None:
        """What an event of it changes."""
        fact = event.fact
        match fact:
            case TeamFounded():
                change.update(team=fact.team, skills=tuple(dict.fromkeys(fact.skills)), home=fact.home)
            case TeamJoined() if fact.who not in self.members:
                change["people"] = (*self.people, Participant(fact.who, fact.home))
            case TeamLeft():
                change["people"] = tuple(person for person in self.people if person.who != fact.who)
            case Done():
                change["done"] = self.done + 1


# rules


def nobody_joins_a_team_twice(team: Team, proposal: Proposal[TeamJoined]) -> str | None:
    """Everybody joins once."""
    who = proposal.fact.who
    return f"{who} is on the team already" if who in team.members else None


def only_who_is_on_the_team_leaves_it(team: Team, proposal: Proposal[TeamLeft]) -> str | None:
    """Nobody leaves a team that they are not on."""
    who = proposal.fact.who
    return None if who in team.members else f"{who} is not on the team"


def it_was_done_by_the_team(team: Team, proposal: Proposal[Done]) -> str | None:
    """Those who took part are on the team, each named once."""
    who = proposal.fact.who
    if strangers := [name for name in who if name not in team.members]:
        return f"{listed(strangers)} did not join the team; let them join first"
    return None if len({*who}) == len(who) else f"somebody is named twice in {listed(who)}"


# the table

_IN_ORDER = times_do_not_run_backwards
_JOINING = (VOLUNTEER, MEMBER, *ORGANISING)
_SPEAKING = (_IN_ORDER, people_speak_for_themselves)

# fmt: off
TEAM = Workflow(
    "team", 1, of=Team, tells_nobody=True,
    states=(
        State("founded", waits_for=Stage.CONTRACTING, owner=ORGANISER),
        State("dissolved", waits_for=Stage.ENDED, ended_as="withdrawn"),
    ),
    moves=(
        # name, what happened, from, to, by whom
        Move("found", TeamFounded, START, "founded", ORGANISING),
        Move("join", TeamJoined, "founded", STAY, _JOINING, rules=(*_SPEAKING, nobody_joins_a_team_twice)),
        Move("leave", TeamLeft, "founded", STAY, _JOINING, rules=(*_SPEAKING, only_who_is_on_the_team_leaves_it)),
        Move("do", Done, "founded", STAY, ORGANISING,
             rules=(_IN_ORDER, it_was_done_by_the_team, nobody_signs_for_themselves)),
        Move("dissolve", TeamDissolved, "founded", "dissolved", ORGANISING, rules=(_IN_ORDER,)),
    ),
)
# fmt: on
