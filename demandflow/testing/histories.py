"""Histories: what people tried to do with a few demands of a workflow, and what had to come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.clocks.clock import Limit
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event, Meta
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged, MovedOver, Registered, Unmerged, in_their_own_name
from demandflow.domain.moves import Move, Proposal, sources
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.testing.choosing import MOST, Surroundings, fact_of
from demandflow.testing.clock import FrozenClock
from demandflow.testing.people import actors_for
from demandflow.testing.shadow import Shadow, Unanswered, starting_moves
from demandflow.testing.weights import weighted

STEPS = 40
MOST_DEMANDS = 3
PATIENCE = timedelta(days=8)
WAITS = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=40))
LATE = (timedelta(0),) * 6 + (timedelta(days=2), timedelta(days=35))
OTHER_LIMIT = Limit("2 working days")
TRIED = 6


@dataclass(frozen=True)
class Step:
    """Something that somebody tries: on which demand (numbered from 1), by which move, with which fact, as whom.

    `after` is how long after the step before it, `late` how long it had happened before it was written down.
    """

    demand: int
    move: str
    fact: Fact
    by: Actor
    after: timedelta = timedelta(0)
    late: timedelta = timedelta(0)


class Choice(NamedTuple):
    """Numbers that stand for a step, wherever the demands happen to be: small ones for the plainest."""

    kind: int
    demand: int
    move: int
    fact: int
    by: int
    after: int
    late: int


@dataclass(frozen=True)
class Expected:
    """What had to come of a step: the demand before it, what is proposed, the error, or the events."""

    step: Step
    proposal: Proposal[Any]
    before: Demand
    error: str | None
    events: tuple[Event, ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened, if it did."""
        return self.proposal.at


def demand_id(number: int) -> UUID:
    """The id of the demand of this number."""
    return UUID(int=number)


class Telling:
    """Tells step by step what must come of it, by the declared moves alone."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow, self.twin = workflow, twin_of(workflow)
        self.shadow = Shadow(workflow, self.twin)
        self.clock = FrozenClock()
        self.demands: dict[UUID, Demand] = {}
        self.events: dict[UUID, tuple[Event, ...]] = {}

    def tell(self, step: Step) -> Expected:
        """What must come of the step; if it is to be recorded, it has happened afterwards."""
        self.clock.now += step.after
        expected = self.expected(step)
        for event in expected.events:
            self.demands[event.demand] = evolve(self.demands.get(event.demand), event)
            self.events[event.demand] = (*self.events.get(event.demand, ()), event)
        return expected

    def expected(self, step: Step) -> Expected:
        """What must come of the step, were it tried now."""
        it = demand_id(step.demand)
        before = self.demands.get(it, Demand(it))
        proposal = self.proposal(step, before)
        move = self.shadow.expected(before, proposal)
        if isinstance(move, str):
            return Expected(step, proposal, before, move)
        moves_to = step.fact.workflow if isinstance(step.fact, MovedOver) else None
        on = moves_to or before.workflow or self.workflow.key
        meta = Meta(step.by, proposal.at, self.clock.now, on, retrospect=True if step.late else None)
        events = [self.shadow.event(before, move, proposal, meta, self.events.get(it, ()))]
        if proposal.other is not None:
            side = self.shadow.side_of(proposal, before)
            other = self.shadow.move_of_side(proposal, before)
            there = as_if(meta, workflow=proposal.other.workflow)
            events.append(self.shadow.event(proposal.other, other, side, there, self.events[proposal.other.id]))
        return Expected(step, proposal, before, None, tuple(events))

    def proposal(self, step: Step, before: Demand) -> Proposal[Any]:
        """The step as the engine must propose it."""
        fact = step.fact
        if isinstance(fact, Registered):
            fact = in_their_own_name(fact, step.by)
        into = fact.into if isinstance(fact, Merged) else before.merged_into if isinstance(fact, Unmerged) else None
        other = None if into is None else self.demands[into]
        last = [self.clock.now, *(one.last for one in (before, other) if one is not None and one.last is not None)]
        at = self.clock.now - step.late if step.late else max(last)
        return Proposal(step.move, fact, step.by, at, other)

    def step(self, choice: Choice, given: Mapping[type[Fact], Any]) -> Step | None:
        """The step that the choice stands for here; None where there is nothing to choose.

        Half of those that are possible, but not yet, wait a while longer.
        """
        waits = [WAITS[choice.after % len(WAITS)]]
        waits += [PATIENCE] if choice.kind < 12 and choice.by % 2 == 0 and waits[0] < PATIENCE else []
        first: Step | None = None
        for waited in waits:
            self.clock.now += waited
            try:
                found = self._step(choice, given, LATE[choice.late % len(LATE)])
                possible = found is not None and self.expected(found).error is None
            finally:
                self.clock.now -= waited
            if found is None or possible:
                return None if found is None else replace(found, after=waited)
            first = first or replace(found, after=waited)
        return first

    def _step(self, choice: Choice, given: Mapping[type[Fact], Any], late: timedelta) -> Step | None:
        if not self.demands or (choice.kind >= 14 and len(self.demands) < MOST_DEMANDS):
            starts = starting_moves(self.workflow)
            move = starts[choice.move % len(starts)]
            return self._fitting(choice, [move], Demand(demand_id(len(self.demands) + 1)), given, timedelta(0))
        ids = sorted(self.demands)
        demand = self.demands[ids[choice.demand % len(ids)]]
        if choice.kind < 12:
            often = weighted(self.workflow)[demand.state]
            moves = [often[choice.move % len(often)]] if often else []
            named = [m for m in self.workflow.moves if moves and m.name == moves[0].name]
            return self._fitting(choice, [m for m in named if demand.state in sources(m, self.workflow.states)], demand,
                                 given, late)  # fmt: skip
        return self._any(choice, demand, given, late)

    def _fitting(
        self, choice: Choice, moves: Sequence[Move], demand: Demand, given: Mapping[type[Fact], Any], late: timedelta
    ) -> Step | None:
        """A step by one of these moves, of one name: with a fact and by somebody that fit, if a few tries find them."""
        if not moves:
            return None
        people = [
            actor for role in dict.fromkeys(r for m in moves for r in m.roles) for actor in actors_for(role, demand)
        ]
        first: Step | None = None
        own = given[moves[0].fact]() if moves[0].fact in given else None
        for attempt in range(TRIED):
            fact = own or fact_of(moves[0].fact, choice.fact + attempt * 7, self._around(demand))
            turned = choice.by % len(people)
            for by in [*people[turned:], *people[:turned]]:
                step = Step(demand.id.int, moves[0].name, fact, by, late=timedelta(0) if attempt else late)
                first = first or step
                if self.expected(step).error is None:
                    return step
        return first

    def _any(self, choice: Choice, demand: Demand, given: Mapping[type[Fact], Any], late: timedelta) -> Step | None:
        """Any move by anybody: mostly impossible."""
        moves = [move for move in self.workflow.moves if not issubclass(move.fact, Registered)]
        if not moves:
            return None
        roles = list(dict.fromkeys(role for move in self.workflow.moves for role in move.roles))
        move = moves[choice.move % len(moves)]
        people = actors_for((*move.roles, *roles)[choice.by % (len(roles) + len(move.roles))], demand)
        kind = moves[choice.fact % len(moves)].fact if choice.kind == 13 else move.fact
        fact = given[kind]() if kind in given else fact_of(kind, choice.fact, self._around(demand))
        return Step(demand.id.int, move.name, fact, people[choice.by % len(people)], late=late)

    def _around(self, demand: Demand) -> Surroundings:
        others = [other for other in self.demands if other != demand.id] * 3 + [demand.id]
        keys = (self.twin.key, self.workflow.key, self.twin.key, "unknown@1")
        return Surroundings(demand, others, self.clock.now, keys, self.workflow.grades.words)


@dataclass(frozen=True)
class History:
    """What people tried with the demands of a workflow.

    `own_facts` are the classes of facts for which strategies were given, since samples by type will not do.
    """

    workflow: Workflow
    steps: tuple[Step, ...]
    own_facts: frozenset[type[Fact]] = frozenset()

    def told(self) -> tuple[Expected, ...]:
        """Each step with what had to come of it."""
        telling = Telling(self.workflow)
        return tuple(telling.tell(step) for step in self.steps)


class Untold(Exception):
    """A history that cannot go on, because a rule or a condition of the workflow raises."""

    def __init__(self, history: History, problem: str) -> None:
        super().__init__(history, problem)
        self.history, self.problem = history, problem


def histories(
    workflow: Workflow, *, facts: Mapping[type[Fact], SearchStrategy[Any]] | None = None, max_steps: int = STEPS
) -> SearchStrategy[History]:
    """Histories of a few demands on any workflow: mostly possible steps, rather those that lead on, some impossible.

    `facts` gives a strategy for facts of a class of your own, where samples by type will not do.
    """
    return _histories(workflow, facts or {}, max_steps)


DEMANDS = (0, 0, 0, 0, 0, 1, 1, 2)
WAITED = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4)
GOES_ON = (False, *(True,) * 19)
CHOICE = st.builds(
    Choice,
    kind=st.integers(0, 15),
    demand=st.sampled_from(DEMANDS),
    move=st.integers(0, MOST),
    fact=st.integers(0, MOST),
    by=st.integers(0, 20),
    after=st.sampled_from(WAITED),
    late=st.integers(0, len(LATE) - 1),
)


def _thrown_with(dice: Random) -> Choice:
    kind, demand, late = dice.randrange(16), dice.choice(DEMANDS), dice.randrange(len(LATE))
    move, fact, by = dice.randrange(MOST), dice.randrange(MOST), dice.randrange(21)
    return Choice(kind, demand, move, fact, by, dice.choice(WAITED), late)


THROWN = st.integers(0, 2**64 - 1).map(lambda number: _thrown_with(Random(number)))  # noqa: S311
"""A choice from a single number: less like the others than one that Hypothesis varies part by part."""


@st.composite
def _histories(
    draw: st.DrawFn, workflow: Workflow, facts: Mapping[type[Fact], SearchStrategy[Any]], max_steps: int
) -> History:
    given = {kind: partial(draw, strategy) for kind, strategy in facts.items()}
    goes_on = st.sampled_from(GOES_ON)
    return _grown(workflow, given, max_steps, lambda: draw(goes_on), lambda: draw(CHOICE))


@st.composite
def thrown(
    draw: st.DrawFn, workflow: Workflow, facts: Mapping[type[Fact], SearchStrategy[Any]], max_steps: int = STEPS
) -> History:
    """Histories from one number each: less like each other than those that Hypothesis varies, but not shrinking."""
    given = {kind: partial(draw, strategy) for kind, strategy in facts.items()}
    dice = Random(draw(st.integers(0, 2**64 - 1)))  # noqa: S311
    return _grown(workflow, given, max_steps, lambda: dice.choice(GOES_ON), lambda: _thrown_with(dice))


def _grown(
    workflow: Workflow,
    given: Mapping[type[Fact], Any],
    max_steps: int,
    goes_on: Callable[[], bool],
    choose: Callable[[], Choice],
) -> History:
    telling = Telling(workflow)
    steps: list[Step] = []
    while len(steps) < max_steps and (not steps or goes_on()):
        try:
            step = telling.step(choose(), given)
        except Unanswered as error:
            raise Untold(History(workflow, tuple(steps)), str(error)) from error
        if step is not None:
            telling.tell(step)
            steps.append(step)
    return History(workflow, tuple(steps), frozenset(given))


@lru_cache(maxsize=64)
def twin_of(workflow: Workflow) -> Workflow:
    """The same workflow in its next version, so that demands have somewhere to move over to.

    Its clocks give another time, and the last of them goes by another name: what runs there stops. So does what runs
    under a name that is now that of a clock in other states: the first and the last but one have changed names.
    """
    names = [clock.name for clock in workflow.clocks]
    if len(names) > 2:
        names[0], names[-2] = names[-2], names[0]
    names[-1:] = [f"{name} anew" for name in names[-1:]]
    named = zip(workflow.clocks, names, strict=True)
    clocks = [replace(clock, name=name, limits=(OTHER_LIMIT,)) for clock, name in named]
    return replace(workflow, version=workflow.version + 1, clocks=tuple(clocks))
