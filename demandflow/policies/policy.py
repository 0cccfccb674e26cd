"""What a policy is: whenever X, then Y. Pure: it is asked, and proposes; the runner records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Fact
from demandflow.domain.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Wake:
    """A moment at which a policy wants to be asked about a demand, and the cause, which names it for good.

    Causes are of one demand and one policy; the same cause is never reacted to twice. A cause that is an event is
    named by its version: the moment is then that of the event, and the policy is asked at once.
    """

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a policy proposes: a fact, and the move that records it (else the one that does from where it stands).

    `gathering` is kept as the event's correlation: reactions of one gathering belong together.
    """

    fact: Fact
    move: str | None = None
    gathering: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Another demand, as far as a policy may look at it."""

    demand: UUID
    text: str
    place: str
    category: str | None
    contractor: str | None
    received: datetime
    state: str


class Look(Protocol):
    """What a policy may look up when it is asked, as it is after all that was recorded before."""

    @property
    def now(self) -> datetime:
        """The moment of this run."""

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on."""

    def load(self, contractor: str) -> int:
        """How many open demands this contractor has in hand, or helps with."""

    def open_demands(self, place: str, received_since: datetime) -> tuple[Seen, ...]:
        """The open demands at this place and below it that were received since, in the order of receipt."""


class Policy(Protocol):
    """Whenever X, then Y. It reads no clock, keeps nothing, and proposes the same when it is asked the same."""

    @property
    def name(self) -> str:
        """As whom it acts, in the role `policy`; one name for one policy."""

    @property
    def on(self) -> bool:
        """Whether it acts at all."""

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """The facts that it may propose: a workflow must have a move for each that the role `policy` may make."""

    def wakes(self, demand: Demand, workflow: Workflow) -> Iterable[Wake]:
        """When it wants to be asked about the demand as it stands, whether that is past or to come."""

    def then(self, wake: Wake, demand: Demand, look: Look) -> Iterable[Reaction]:
        """What it proposes now that the moment has come; nothing, if there is nothing to be done."""
