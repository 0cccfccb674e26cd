"""Sequences of attempts on one stream of any kind, by the pure domain; and events that nothing decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow import Actor, Event, Proposal, Role, Stamp, Workflow
from demandflow.domain.decide import decide
from demandflow.domain.events import Meta
from demandflow.domain.evolve import evolve
from demandflow.domain.stream import Stream
from demandflow.errors import Refusal
from demandflow.facts import Fact
from demandflow.testing import facts

S = TypeVar("S", bound=Stream)

T0 = datetime(2025, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
ID = UUID(int=7)
NAMES = ("zhang", "li", "wang", "zhao", "sun")
"""So few that the same people come again and again."""

ORGANISER = Actor("hua", "organiser")
CLERK = Actor("ming", Role.GRID_ADMINISTRATOR)
AUDITOR = Actor("chen", Role.AUDITOR)


def volunteer(who: str) -> Actor:
    return Actor(who, "volunteer")


@dataclass(frozen=True)
class Attempt:
    """A move that somebody tries, so long after the attempt before it."""

    move: str
    fact: Fact
    by: Actor
    later: timedelta = timedelta()


class Player(Generic[S]):
    """One stream, moved on by attempts; what is refused changes nothing."""

    def __init__(self, workflow: Workflow, kind: type[S]) -> None:
        self.workflow, self.kind, self.now = workflow, kind, T0
        self.stream: S = kind(ID)
        self.events: list[Event] = []

    def tell(self, move: str, fact: Fact, by: Actor, later: timedelta = timedelta()) -> S:
        """The stream after this move. Raises a Refusal."""
        self.now += later
        event = decide(self.workflow, self.stream, Proposal(move, fact, by, self.now))
        self.events.append(event)
        self.stream = evolve(self.stream, event, self.kind)
        return self.stream

    def attempt(self, attempt: Attempt) -> bool:
        """Whether the attempt was recorded."""
        before = self.stream
        known = (hash(before), repr(before))
        try:
            self.tell(attempt.move, attempt.fact, attempt.by, attempt.later)
        except Refusal as refusal:
            assert str(refusal)
            assert self.stream is before
            return False
        finally:
            assert (hash(before), repr(before)) == known  # nothing is changed in its place
        return True

    def replayed(self) -> S:
        """The stream folded again from all its events."""
        again: S | None = None
        for event in self.events:
            again = evolve(again, event, self.kind)
        return self.kind(ID) if again is None else again


def people(*more: Actor) -> SearchStrategy[Actor]:
    """Those who act: volunteers, members and residents, and the same people as officers."""
    roles = ("volunteer", "member", "resident", "organiser", "grid_administrator", "auditor", "supervisor")
    everybody = [Actor(who, role) for who in NAMES for role in roles]
    return st.sampled_from((*more, ORGANISER, CLERK, AUDITOR)) | st.sampled_from(everybody)


def attempts(
    facts_of: Mapping[str, SearchStrategy[Any]],
    whose_turn: Callable[[Any], Actor],
    moves: Sequence[str] = (),
    least: int = 0,
    most: int = 4,
    hours: Sequence[int] = (0,),
) -> SearchStrategy[list[Attempt]]:
    """Attempts at these moves, mostly by those who may make them: then it is the rest that decides."""
    later = st.sampled_from(hours).map(lambda hours: hours * HOUR)

    def of(move: str) -> SearchStrategy[Attempt]:
        fact = facts_of[move]
        fitting = st.builds(lambda fact, later: Attempt(move, fact, whose_turn(fact), later), fact, later)
        free = st.builds(Attempt, st.just(move), fact, people(), later)
        return st.one_of(fitting, fitting, free)

    return st.lists(st.sampled_from(moves or tuple(facts_of)).flatmap(of), min_size=least, max_size=most)


def undecided(kinds: Sequence[type[Fact]], states: Sequence[str], *more: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Events of any facts in any order, with stamps that no workflow would give."""
    ours = st.one_of(*more)  # of few people, so that the same is said again
    fact = st.one_of(ours, ours, *map(facts, kinds))
    stamp = st.builds(Stamp, st.just("?"), st.sampled_from(states), st.just("audit"), st.integers(0, 3))
    entry = st.tuples(fact, stamp, people(), st.integers(-3, 3))

    def numbered(entries: list[Any]) -> list[Event]:
        return [
            Event(ID, number, fact, Meta(by, T0 + hours * HOUR, T0, "?@1"), stamp)
            for number, (fact, stamp, by, hours) in enumerate(entries, start=1)
        ]

    return st.lists(entry, max_size=30).map(numbered)
