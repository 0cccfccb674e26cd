"""The next step of a random history: mostly one that is possible, rather one that leads on, and near misses."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.moves import START, Move, sources
from demandflow.domain.stream import Stream
from demandflow.domain.values import Category
from demandflow.testing.drawing.asking import Asking
from demandflow.testing.drawing.choosing import MOST
from demandflow.testing.drawing.distances import weighted
from demandflow.testing.drawing.goals import Goals
from demandflow.testing.drawing.misses import Given, Misses
from demandflow.testing.drawing.themes import CHAIN, MERGING, POLICIES, any_theme
from demandflow.testing.drawing.turning import HOUR, US
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.ids import id_of
from demandflow.testing.model.step import NO_TIME, Step, demand_id
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    ACT,
    DRAFTED,
    INTERRUPTED,
    METHOD,
    RACED,
    WOULD,
)
from demandflow.testing.people import actors_for

PATIENCE = timedelta(days=8)
LATE = (NO_TIME,) * 6 + (timedelta(days=2), timedelta(days=35))
WAYS = (ACT,) * 6 + (METHOD,) * 5 + (WOULD, INTERRUPTED, RACED, RACED)
WAYS_BESIDE = (ACT,) * 4 + (WOULD, WOULD, INTERRUPTED, RACED)
SOURCES = ("12345", "Café", "Cafe\u0301")
BEGINS_BESIDE, DRAFTS = 0.25, 0.35
TRIED_FACTS, STUBBORN = 6, 0.1
"""How many facts are tried for a move; and how often only one is."""


class Steps(Misses):
    """Draws one step after the other; each history has a theme, favourites, and demands of its own number."""

    def __init__(
        self, world: World, dice: Random, given: Given | None = None, environment: Environment = PLAIN
    ) -> None:
        self.world, self.dice, self.given, self.environment = world, dice, given or {}, environment
        self.asking, self.goals = Asking(world, dice), Goals(world.workflow, dice)
        self.theme = any_theme(world.workflow, dice, policies=environment.policies > 0)
        if self.theme.merges:
            self.asking.weights["to_be_told"] = 12
        if self.theme.favourites:
            self.goals.go_for(self.theme.favourites, alone=self.theme.about != MERGING)
        self.prelude = self.theme.prelude
        self.registering = False
        """Whether only new demands are registered."""
        self.often, self.tried = weighted(world.workflow), list[Step]()
        self.giver = 0
        """Who died last while giving notices."""

    def draw_by(self, dice: Random) -> None:
        """Go on by other dice."""
        self.dice = self.asking.dice = self.asking.values.dice = dice

    def command(self) -> Step | None:
        """A step, however it is given, and sometimes a near miss."""
        step = self.step()
        if step is None:
            return None
        dice = self.dice
        plain = self.theme.about == POLICIES and dice.random() < 0.7
        ways = WAYS if isinstance(self.world.before(step), self.world.workflow.of) else WAYS_BESIDE
        step = replace(step, way=ACT if plain else dice.choice(ways), opener=dice.randrange(6), after=self._turn(step))
        begins = self.world.starting(step)
        if not plain and dice.random() < 0.04:
            step = replace(step, of=dice.choice(self._other_kinds(begins or type(self.world.before(step)))))
        if begins is not None:
            step = self._from_elsewhere(replace(step, way=WOULD if step.way == RACED else step.way), begins)
        else:
            step = self._near_miss(step) if not plain and dice.random() < 0.15 else step
            demand = self.world.before(step)
            if dice.random() < 0.8:
                step = replace(step, command=self._command_id(demand))
            if dice.random() < 0.1:
                step = replace(step, correlation=dice.choice(("né", "Ⅳ")), causation=dice.choice(("né", "Ⅳ")))
            if dice.random() < 0.1:
                step = replace(step, seen=dice.randint(1, demand.version))
        self.tried.append(step)
        return step

    def _from_elsewhere(self, step: Step, kind: type[Stream]) -> Step:
        """The registration on another workflow, by a command with an id, or of a demand that another system keeps."""
        dice = self.dice
        registered = (one.fact for one in self.world.log if isinstance(one.fact, Registered))
        if kind is Demand and self.theme.about == POLICIES:
            first = next(registered, step.fact)
            plain = type(first) is type(step.fact) and getattr(first, "source", None) is None
            step = replace(step, fact=self._repeat(first) if plain and dice.random() < 0.5 else step.fact)
        fact = step.fact
        if dice.random() < 0.3:
            step = replace(step, on=self._any_workflow(kind))
        if dice.random() < 0.2:
            step = replace(step, command=f"né{len(self.tried)}Ⅳ")
        if type(fact) is Registered and dice.random() < 0.3:
            said = {"source": dice.choice(SOURCES), "reference": f"Nr. {dice.randrange(4)}"}
            it = id_of(self.world, **said)
            if it not in self.world.demands or dice.random() < 0.5:
                fact, way = Registered(**{**fact.__dict__, **said}), dice.choice((step.way, METHOD))
                return replace(step, fact=fact, way=way)
        if type(fact) is Registered and step.way in (ACT, METHOD) and dice.random() < DRAFTS:
            step = replace(step, way=DRAFTED, command=f"draft {UUID(int=len(self.tried))}")
        return step

    def _repeat(self, first: Any) -> Fact:
        """What was asked for first comes again, maybe about something wider or narrower."""
        wider = None if first.category is None else first.category.level(1)
        category = self.dice.choice((first.category, first.category, wider, Category("civil_affairs/subsidy"), None))
        repeated: Fact = first.model_copy(update={"category": category})
        return repeated

    def step(self) -> Step | None:
        """A step: half of those that are possible, but not yet, wait a while longer."""
        dice, world = self.dice, self.world
        if dice.random() < self.theme.beside and (beside := self._beside()) is not None:
            return replace(beside, after=dice.choice(self.theme.pace))
        more = len(world.own) < self.theme.demands and dice.random() < self.theme.registers
        begins = not world.own or self.registering or more
        first = dice.choice(self.theme.pace)
        waits = [first, PATIENCE] if first < PATIENCE and dice.random() < 0.5 else [first]
        kind, number, turn = dice.random(), dice.randrange(MOST), dice.randrange(21)
        late, at = dice.choice(LATE), dice.choice(self.theme.turns)
        found: Step | None = None
        for waited in waits:
            world.clock.now += waited
            try:
                step = self._beginning(number, turn) if begins else self._going_on(kind, number, turn, late, at)
                possible = step is not None and self.world.is_possible(step)
            finally:
                world.clock.now -= waited
            found = found or (None if step is None else replace(step, after=waited))
            if step is None or possible:
                return None if step is None else replace(step, after=waited)
        return found

    def _beginning(self, number: int, turn: int) -> Step | None:
        workflow = self.world.workflow
        starts = tuple(move for move in workflow.moves if move.from_ is START)
        demand = workflow.of(demand_id(len(self.world.streams) + 1))
        return self._fitting([self.dice.choice(starts)], demand, number, turn, NO_TIME)

    def _beside(self) -> Step | None:
        """Something of another kind, beside the workflow."""
        world, dice, flow = self.world, self.dice, self.world.beside
        there = [one for one in world.streams.values() if isinstance(one, flow.of)]
        begins = not there or dice.random() < BEGINS_BESIDE
        stream = flow.of(demand_id(len(world.streams) + 1)) if begins else dice.choice(there)
        moves = [move for move in flow.moves if stream.state in sources(move, flow.states)]
        if not moves:
            return None
        name = dice.choice(moves).name
        moves = [move for move in moves if move.name == name]
        return self._fitting(moves, stream, dice.randrange(MOST), dice.randrange(21), NO_TIME)

    def _going_on(self, kind: float, number: int, turn: int, late: timedelta, at: int) -> Step | None:
        world, own = self.world, self.world.own
        ids = sorted(own)
        demand = own[ids[at % len(ids)] if at < 2 else self.dice.choice(ids)]
        going_on = [one for one in own.values() if one.open]
        if self.theme.restful and going_on and not demand.open:
            demand = self.dice.choice(going_on)
        taken_in = [one for one in own.values() if self.theme.about == CHAIN and one.open and one.took_in]
        demand = taken_in[0] if taken_in and at else demand
        if kind >= 0.85 and self.prelude <= 0 and self.theme.about != POLICIES:
            return self._anything(demand, number, turn, late)
        often = self.often[demand.state]
        favoured = self.goals.favoured(often, Counter(step.move for step in self.tried))
        nearer = self.goals.nearer(demand, often, self.dice) if self.dice.random() < self.theme.eager else []
        first: Step | None = None
        for moves in (favoured if self.dice.random() < self.goals.fond else [], nearer, often, often):
            if moves:
                name, states = self.dice.choice(moves).name, world.workflow.states
                there = [m for m in world.workflow.moves if m.name == name and demand.state in sources(m, states)]
                stubborn = self.dice.random() < STUBBORN
                step = self._fitting(there, demand, number, turn, late, 1 if stubborn else TRIED_FACTS)
                if step is not None and (stubborn or self.world.is_possible(step)):
                    return step
                first = first or step
        return first

    def _fitting(
        self, moves: Sequence[Move], demand: Stream, number: int, turn: int, late: timedelta, tries: int = TRIED_FACTS
    ) -> Step | None:
        """A step by one of these moves, of one name: with a fact and by somebody that fit, if a few tries find them."""
        roles = dict.fromkeys(role for move in moves for role in move.roles)
        people = [actor for role in roles for actor in actors_for(role, demand)]
        first: Step | None = None
        number_of = self.world.number_of(demand.id)
        for attempt in range(tries):
            fact = self._fact(moves[0].fact, number + attempt * 7, self._surroundings(demand))
            turned = turn % len(people)
            for by in [*people[turned:], *people[:turned]]:
                step = Step(number_of, moves[0].name, fact, by, late=NO_TIME if attempt else late)
                first = first or step
                if self.world.is_possible(step):
                    return step
        return first

    def _anything(self, demand: Stream, number: int, turn: int, late: timedelta) -> Step | None:
        """Any move by anybody: mostly impossible."""
        moves = [move for move in self.world.workflow.moves if move.from_ is not START]
        if not moves:
            return None
        move = self.dice.choice(moves)
        people = actors_for(self.dice.choice((*move.roles, self.any_role())), demand)
        kind = self.dice.choice(moves).fact if self.dice.random() < 0.3 else move.fact
        fact = self._fact(kind, number, self._surroundings(demand))
        return Step(self.world.number_of(demand.id), move.name, fact, people[turn % len(people)], late=late)

    def _turn(self, step: Step) -> timedelta:
        """When it is done: sometimes at a moment at which something turns, or just beside it."""
        if self.dice.random() < 0.8:
            return step.after
        now = self.world.clock.now
        later = [at for at in self.asking.moments() if at >= now]
        at = self.dice.choice(later) + self.dice.choice((NO_TIME, US, -US, 12 * HOUR))
        return max(at - now, NO_TIME)

    def _command_id(self, demand: Stream) -> str:
        """An id of a command: sometimes like one before, but for its case or its Unicode form."""
        before = [known for known, _ in demand.commands if not known.startswith("~")]
        if before and self.dice.random() < 0.15:
            was = self.dice.choice(before)
            return self.dice.choice(
                (was.swapcase(), unicodedata.normalize("NFD", was), unicodedata.normalize("NFKC", was))
            )
        return f"né{len(self.tried)}Ⅳ"
