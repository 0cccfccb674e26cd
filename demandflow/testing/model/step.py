"""A step: what somebody tries, and what had to come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Actor

NO_TIME = timedelta(0)
ENTERED = "entered"
"""A way of a step: see operations.py."""


@dataclass(frozen=True)
class Step:
    """Something that somebody tries: on which demand (numbered from 1), by which move, with which fact, as whom.

    `after` is how long after what was before it, `late` how long it had happened before it was written down. `way` says
    how it is given (see operations.py), `command` is the command's id, `seen` the version of the demand on which
    it was decided, `opener` who of those that have the log open records it. `correlation` and `causation` are kept.
    `on` is the workflow on which a demand is registered, if it is not the first. `of` is the kind of stream that is
    said, if that is not the right one; a stream that is known by a word has the number of the step that began it.
    """

    demand: int
    move: str
    fact: Fact
    by: Actor
    after: timedelta = NO_TIME
    late: timedelta = NO_TIME
    way: str = "act"
    command: str | None = None
    seen: int | None = None
    opener: int = 0
    correlation: str | None = None
    causation: str | None = None
    on: str | None = None
    of: Any = None


@dataclass(frozen=True)
class Expected:
    """What had to come of a step: the demand before it, what is proposed, the error, or the events."""

    step: Step
    proposal: Proposal[Any]
    before: Any
    error: str | None
    events: tuple[Event, ...] = ()
    again: int = 0
    """The version that the same command led to, where it came before."""
    begins: bool = False
    """Whether something begins by it."""
    named: bool = False
    """Whether no id is made for what begins: it follows from what is said, or that is wrong."""

    @property
    def of(self) -> Any:
        """The kind of stream that is said."""
        return type(self.before) if self.step.of is None else self.step.of

    @property
    def version(self) -> int:
        """The version of the demand that must be answered."""
        return self.again or self.events[0].version

    @property
    def at(self) -> datetime:
        """When it happened, if it did."""
        return self.proposal.at

    @property
    def given(self) -> datetime | None:
        """When it is said to have happened, if that is said."""
        return self.at if self.step.late or self.step.way == ENTERED else None


def demand_id(number: int) -> UUID:
    """The id of the demand of this number."""
    return UUID(int=number)
