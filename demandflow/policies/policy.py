"""What a policy is: whenever X, then Y. It only proposes; the runner records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import REACTION, Event
from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import name_of

LONGEST_CAUSE = 300


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment at which a policy wants to be asked about a demand, and the cause, which names it for good.

    A policy never reacts twice to the same cause of a demand. A cause that is an event is named by its version; the
    moment is then that of the event, and the policy is asked at once. The moment is kept in UTC; the cause is one line
    of at most 300 characters. Raises InvalidValue.
    """

    at: datetime
    cause: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", moment(self.at, "timer"))
        object.__setattr__(self, "cause", name_of(self.cause, "cause", longest=LONGEST_CAUSE))


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a policy proposes: a fact, and the move that records it (else the one that does so from the demand's state).

    Reactions of one `correlation` belong together; it is kept with the event. Raises InvalidValue.
    """

    fact: Fact
    move: str | None = None
    correlation: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.fact, Fact):
            raise InvalidValue("reaction", f"must be a fact, for instance Noted(text=…), got {brief(self.fact)}")
        for what, value in (("move", self.move), ("correlation", self.correlation)):
            if value is not None:
                object.__setattr__(self, what, name_of(value, f"reaction's {what}"))


@dataclass(frozen=True, slots=True)
class OpenDemand:
    """What a policy may see of another demand."""

    demand: UUID
    text: str
    place: str
    category: str | None
    contractor: str | None
    received: datetime
    state: str


def command_of(policy: str, cause: str, number: int = 0) -> str:
    """The command id of a reaction: the same for the same cause, whoever runs the policies and whenever."""
    return f"{REACTION}{policy}: {cause}" + (f" #{number + 1}" if number else "")


def cause_of(policy: str, event: Event) -> str | None:
    """The cause of a policy's reaction, by its command id; None if the event is not one of this policy's."""
    ours, command = f"{REACTION}{policy}: ", event.meta.command
    return command.removeprefix(ours) if command is not None and command.startswith(ours) else None


class PolicyContext(Protocol):
    """What a policy may look up when it is asked."""

    @property
    def now(self) -> datetime:
        """The moment of this run."""

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on."""

    def load(self, contractor: str) -> int:
        """How many open demands this contractor has in hand; helpers are not counted."""

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The open demands at this place and below it that were received since, in the order of receipt."""


class Policy(Protocol):
    """Whenever X, then Y. It reads no clock, keeps nothing, and proposes the same when it is asked the same.

    If it also has a method `check(workflows)`, that is called when a log is opened; it raises InvalidValue if the
    policy cannot act under these workflows. If it has a method `watches(clock)`, that says whether it looks after the
    clock of this name; opening warns of clocks after which nobody looks, where others are looked after.
    """

    @property
    def name(self) -> str:
        """The name under which it acts, in the role `policy`; no two policies have the same."""

    @property
    def on(self) -> bool:
        """Whether it acts at all."""

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """The facts that it may propose: a workflow must have a move for each that the role `policy` may make."""

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """When it wants to be asked about the demand as it is, in the past or in the future."""

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """What it proposes at that moment, or nothing."""


def as_cause(text: str) -> str:
    """A text as a cause; if it is too long or cannot be printed, its beginning and a digest."""
    if text.isprintable() and len(text) <= LONGEST_CAUSE:
        return text
    digest = sha256(text.encode()).hexdigest()[:16]
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{line[: LONGEST_CAUSE - len(digest) - 2]}… {digest}"
