"""The envelope in which a fact is kept: which demand, by whom, when, and what it meant.

The field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct, field

from demandflow.domain.fact import Earlier, Fact
from demandflow.domain.values import Actor, Role

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in UTC; one that is stored without a time zone cannot be read."""

REACTION = "~"
"""What the command ids of policies' reactions begin with, and nobody else's."""


class Meta(Struct, frozen=True, omit_defaults=True, gc=False):
    """By whom, when it happened, when it was recorded, under which workflow, on whose command.

    `retrospect` is set where it was entered later than clocks may differ: it happened before it was recorded.
    """

    actor: Actor
    happened: Moment
    recorded: Moment
    workflow: str
    command_id: str | None = None
    correlation: str | None = None
    causation: str | None = None
    retrospect: bool | None = None

    @property
    def command(self) -> str | None:
        """The command id under which the event is looked up: nobody but a policy has those of its reactions.

        Logs of before wrote them without their mark, and let others have it: those are known by the actor's role.
        """
        if self.command_id is None:
            return None
        if self.actor.role == Role.POLICY and self.command_id.startswith(f"{self.actor.id}: "):
            return REACTION + self.command_id
        theirs = self.actor.role == Role.POLICY or not self.command_id.startswith(REACTION)
        return self.command_id if theirs else None


class ClockChange(Struct, frozen=True, omit_defaults=True, gc=False):
    """How a clock stands from this event on: running, paused, met, missed or stopped.

    `span` is set where a run begins; without a due moment, the calendar did not know the year.
    """

    clock: str
    status: str = field(name="stands")
    due: Moment | None = None
    span: str | None = None
    extensible: bool | None = None


class GradeMeaning(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a grade counts for: its weight in hundredths, and whether it counts as satisfied."""

    weight: Annotated[int, msgspec.Meta(ge=0, le=100)]
    satisfied: bool = False


class Stamp(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the event meant when it was admitted, so that nobody has to ask the workflow again.

    `declares` is set at registration, and when a demand moves over: all that its workflow can ever mean (else a figure
    is n/a). `clocks` are those that stand otherwise from here on. `kind` says of which kind of stream it is; a demand's
    has none. `grade_means` is set where the fact says a grade that is none of the five of 好差评, and `score_means` has
    what its scores with such grades count for, by name.
    """

    move: str
    state: str
    stage: str
    round: int
    ended_as: str | None = None
    means: tuple[str, ...] | None = None
    due: Moment | None = None
    declares: tuple[str, ...] | None = None
    clocks: tuple[ClockChange, ...] | None = None
    kind: str | None = None
    grade_means: GradeMeaning | None = None
    score_means: tuple[tuple[str, GradeMeaning], ...] | None = None


class Event(Struct, frozen=True, gc=False):
    """One recorded fact of one demand; versions count from 1. `earlier` is how it was stored by an older class."""

    demand: UUID
    version: int
    fact: Fact
    meta: Meta
    stamp: Stamp
    earlier: Earlier | None = None

    @property
    def originator_id(self) -> UUID:
        """The demand, under the name that the event store uses."""
        return self.demand

    @property
    def originator_version(self) -> int:
        """The version, under the name that the event store uses."""
        return self.version
