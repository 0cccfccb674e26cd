"""States and moves as a community declares them, and proposals that are judged by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Stage

F = TypeVar("F", bound=Fact)

# fmt: off
MEANINGS = (
    "accepted", "contracted_out", "taken_on", "handed_back", "extended", "suspended", "reported", "told", "asked",
    "evaluated", "callback_missed", "reworked", "escalated", "taken_over", "reopened", "unmerged", "corrected",
)
# fmt: on
NEW_ROUND = frozenset({"reworked", "reopened", "taken_over"})
ASKING = frozenset({"asked", "evaluated"})
ENDS = ("closed", "refused", "withdrawn", "merged")


class _Where(Enum):
    START = "(start)"
    BACK = "(where it came from)"
    STAY = "(stays)"
    ANYWHERE = "(anywhere)"
    WHILE_OPEN = "(while open)"

    def __repr__(self) -> str:
        return self.name


START, BACK, STAY, ANYWHERE, WHILE_OPEN = _Where
WORDS = tuple(_Where.__members__)


class Proposal(Struct, Generic[F], frozen=True, gc=False):
    """A proposed fact: the move, the fact, by whom, at what moment, and the other demand where there is one."""

    move: str
    fact: F
    by: Actor
    at: datetime
    other: Demand | None = None


class NotKnown(BaseException):
    """A rule asked for something that is not known yet. Not an Exception, so that no rule catches it by accident."""


class PartOfAProposal(Proposal[Any], frozen=True):
    """A proposal of which only the move and maybe the actor are known; reading anything else raises NotKnown."""

    fact: Any = NotKnown
    by: Any = NotKnown
    at: Any = NotKnown
    other: Any = NotKnown

    def __getattribute__(self, name: str) -> Any:
        if (value := super().__getattribute__(name)) is NotKnown:
            raise NotKnown(name)
        return value


Rule = Callable[[Any, Proposal[Any]], str | None]
"""From a demand (or another stream) and a proposal to an objection, which is a sentence, or None."""
Condition = Callable[[Any, Proposal[Any]], bool]


@dataclass(frozen=True)
class State:
    """A state of a demand: the stage it waits for, whose turn it is, and how it ended if it did."""

    name: str
    waits_for: Stage
    owner: str | None = None
    ended_as: str | None = None


@dataclass(frozen=True)
class Move:
    """A move that people make. Moves of one name from one state are tried in the written order.

    `from_` is a state, several, START, WHILE_OPEN or ANYWHERE; `to` is a state, BACK or STAY.
    `when` is its condition; `means` is what it means for the figures; `rules` may object to it.
    `silent` declares that it closes a demand although the resident was not asked after the report.
    """

    name: str
    fact: type[Fact]
    from_: str | _Where | tuple[str, ...]
    to: str | _Where
    by: str | tuple[str, ...]
    when: Condition | None = None
    means: str | tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    silent: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may make it."""
        return (self.by,) if isinstance(self.by, str) else self.by

    @property
    def meanings(self) -> tuple[str, ...]:
        """What it means."""
        return (self.means,) if isinstance(self.means, str) else self.means

    @property
    def leads_back(self) -> bool:
        """Whether it returns to where the demand came from."""
        return self.to is BACK


def forbidden_anyway(rule: Rule, demand: Stream, move: str, by: Actor | None) -> bool:
    """Whether the rule objects without looking at the fact, so that it objects whatever the fact says."""
    try:
        return isinstance(rule(demand, PartOfAProposal(move, by=by or NotKnown)), str)
    except (Exception, NotKnown):  # what a community's rule may raise is not known
        return False


def sources(move: Move, states: Sequence[State]) -> tuple[str, ...]:
    """The names of the states from which a declared move leads; START is the empty name."""
    match move.from_:
        case _Where.START:
            return ("",)
        case _Where.ANYWHERE:
            return tuple(state.name for state in states)
        case _Where.WHILE_OPEN:
            return tuple(state.name for state in states if state.ended_as is None)
        case str(name):
            return (name,)
        case names:
            return tuple(names)  # type: ignore[arg-type]
