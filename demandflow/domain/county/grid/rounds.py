"""Rounds of grid administrators, also those on which nothing was found: without them coverage cannot be told.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field, Strict

from demandflow.domain.county.field_types import Minutes
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import ANYWHERE, START, STAY, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Moment, Place, Role, Stage, Text
from demandflow.domain.workflow import Workflow

LONGEST = timedelta(days=1)
Finds: TypeAlias = Annotated[int, Field(ge=0, le=10_000)]
_Demands: TypeAlias = Annotated[tuple[UUID, ...], Strict(False)]


class Walked(Fact):
    """A grid was walked from one moment until another, and so much was found; `demands` are those finds."""

    TOPIC: ClassVar[str] = "round.walked"
    grid: Place
    since: Moment
    until: Moment
    minutes: Minutes | None = None
    found: Finds | None = None
    demands: _Demands | None = None


class RoundCorrected(Fact):
    """What was recorded of a round was wrong: what is said here replaces it, or the round never took place."""

    TOPIC: ClassVar[str] = "round.corrected"
    reason: Text
    grid: Place | None = None
    since: Moment | None = None
    until: Moment | None = None
    minutes: Minutes | None = None
    found: Finds | None = None
    demands: _Demands | None = None
    took_place: bool | None = None


class Round(Stream, frozen=True):
    """A round of a grid: who walked it, from when until when, and what they found. Minutes are those spent walking."""

    KIND: ClassVar[str | None] = "round"

    who: str = ""
    grid: str = ""
    began: datetime | None = None
    until: datetime | None = None
    minutes: int | None = None
    found: int = 0
    demands: tuple[UUID, ...] = ()
    took_place: bool = True

    def changes(self, event: Event, change: Change) -> None:
        """What is known of the round otherwise after this event."""
        fact = event.fact
        if isinstance(fact, Walked):
            change["who"] = event.meta.actor.id
        if isinstance(fact, Walked | RoundCorrected):
            change.update(_said(self, fact))


def _said(walk: Round, fact: Walked | RoundCorrected) -> dict[str, Any]:
    """What the fact says of the round, by the names of its fields; the demands found are found, counted or not."""
    named: dict[str, Any] = {"grid": fact.grid, "began": fact.since, "until": fact.until, "minutes": fact.minutes}
    named |= {"found": fact.found, "demands": fact.demands, "took_place": getattr(fact, "took_place", None)}
    said = {name: value for name, value in named.items() if value is not None}
    if fact.found is None and fact.demands is not None:
        said["found"] = len(fact.demands)
    return said


def it_is_over_when_it_is_recorded(walk: Round, proposal: Proposal[Any]) -> str | None:
    """A round begins before it ends, takes a day at most, and is recorded when it is over."""
    fact = proposal.fact
    began, until = fact.since or walk.began, fact.until or walk.until
    if began is None or until is None or began > until:
        return "a round begins before it is over; say from when until when it was"
    if until - began > LONGEST:
        return "a round takes a day at most; record several"
    return "the round is not over yet; record it afterwards" if until > proposal.at else None


def it_was_walked_while_it_lasted(walk: Round, proposal: Proposal[Any]) -> str | None:
    """Nobody walks for longer than the round takes."""
    said = _said(walk, proposal.fact)
    began, until, minutes = (said.get(name, getattr(walk, name)) for name in ("began", "until", "minutes"))
    if minutes is not None and began and until and timedelta(minutes=minutes) > until - began:
        return f"the round took {(until - began) // timedelta(minutes=1)} minutes, nobody can have walked {minutes}"
    return None


def each_demand_is_one_find(walk: Round, proposal: Proposal[Any]) -> str | None:
    """Not less is found than the demands that are named, each once."""
    said = _said(walk, proposal.fact)
    found, demands = said.get("found", walk.found), said.get("demands", walk.demands)
    if len(set(demands)) < len(demands):
        return "a demand is named twice"
    return (
        f"{len(demands)} demands are named, so {found} cannot be all that was found" if found < len(demands) else None
    )


def nobody_corrects_their_own_round(walk: Round, proposal: Proposal[RoundCorrected]) -> str | None:
    """What an administrator recorded of a round is corrected by somebody else."""
    return f"{walk.who} walked this round and cannot also correct it" if proposal.by.id == walk.who else None


def a_correction_says_something(walk: Round, proposal: Proposal[RoundCorrected]) -> str | None:
    """A correction says what was wrong."""
    changed = any(getattr(walk, name) != value for name, value in _said(walk, proposal.fact).items())
    return None if changed else "say what is otherwise than it was recorded"


RIGHT = (it_is_over_when_it_is_recorded, it_was_walked_while_it_lasted, each_demand_is_one_find)
CORRECTING = (times_do_not_run_backwards, nobody_corrects_their_own_round, a_correction_says_something, *RIGHT)

ROUND = Workflow(
    "round",
    1,
    states=(State("walked", Stage.ENDED, ended_as="closed"),),
    moves=(
        Move("walk", Walked, START, "walked", Role.GRID_ADMINISTRATOR, rules=RIGHT),
        Move("correct_round", RoundCorrected, ANYWHERE, STAY, Role.SUPERVISOR, rules=CORRECTING),
    ),
    tells_nobody=True,
    of=Round,
)
