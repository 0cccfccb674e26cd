"""The next step of a random history: mostly one that is possible, rather one that leads on, and near misses."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged, Registered
from demandflow.domain.moves import Move, sources
from demandflow.domain.values import Actor, Category, Grade
from demandflow.testing.drawing.asking import Asking
from demandflow.testing.drawing.choosing import MOST, Surroundings, fact_of
from demandflow.testing.drawing.distances import weighted
from demandflow.testing.drawing.goals import Goals
from demandflow.testing.drawing.themes import CHAIN, MERGING, POLICIES, any_theme
from demandflow.testing.drawing.turning import DAY, HOUR, US
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.ids import id_of
from demandflow.testing.model.step import NO_TIME, Step, demand_id
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    ACT,
    ENTERED,
    INTERRUPTED,
    METHOD,
    RACED,
    WOULD,
)
from demandflow.testing.people import CONTRACTORS, OFFICERS, RESIDENTS, actors_for

MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(days=8)
LATE = (NO_TIME,) * 6 + (timedelta(days=2), timedelta(days=35))
WAYS = (ACT,) * 6 + (METHOD,) * 5 + (WOULD, INTERRUPTED, RACED, RACED)
ENTRIES = (NO_TIME, US, -US, DAY)
"""How far from the limit of late entry something is said to have happened."""
TO_COME = (-4 * MINUTE, -5 * MINUTE, -5 * MINUTE - US)
SOURCES = ("12345", "Café", "Cafe\u0301")
TRIED_FACTS, STUBBORN = 6, 0.1
"""How many facts are tried for a move; and how often only one is."""
Given = Mapping[type[Fact], Callable[[], Any]]


class Steps:
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
        step = replace(step, way=ACT if plain else dice.choice(WAYS), opener=dice.randrange(6), after=self._turn(step))
        if isinstance(step.fact, Registered):
            step = self._from_elsewhere(replace(step, way=WOULD if step.way == RACED else step.way))
        if not isinstance(step.fact, Registered):
            step = self._near_miss(step) if not plain and dice.random() < 0.12 else step
            demand = self.world.demands[demand_id(step.demand)]
            if dice.random() < 0.8:
                step = replace(step, command=self._command_id(demand))
            if dice.random() < 0.1:
                step = replace(step, correlation=dice.choice(("né", "Ⅳ")), causation=dice.choice(("né", "Ⅳ")))
            if dice.random() < 0.1:
                step = replace(step, seen=dice.randint(1, demand.version))
        self.tried.append(step)
        return step

    def _from_elsewhere(self, step: Step) -> Step:
        """The registration on another workflow, or of a demand that another system keeps."""
        dice, first = self.dice, next((one.fact for one in self.world.log), step.fact)
        if self.theme.about == POLICIES and type(first) is type(step.fact) and getattr(first, "source", None) is None:
            step = replace(step, fact=self._repeat(first) if dice.random() < 0.5 else step.fact)
        fact = step.fact
        if dice.random() < 0.3:
            step = replace(step, on=dice.choice(tuple(self.world.workflows)))
        if type(fact) is Registered and dice.random() < 0.3:
            said = {"source": dice.choice(SOURCES), "reference": f"Nr. {dice.randrange(4)}"}
            it = id_of(self.world, **said)
            if it not in self.world.demands or dice.random() < 0.5:
                fact, way = Registered(**{**fact.__dict__, **said}), dice.choice((step.way, METHOD))
                return replace(step, fact=fact, demand=it.int, way=way)
        return step

    def _repeat(self, first: Any) -> Fact:
        """What was asked for first comes again, maybe about something wider or narrower."""
        wider = None if first.category is None else first.category.level(1)
        category = self.dice.choice((first.category, first.category, wider, Category("civil_affairs/subsidy"), None))
        repeated: Fact = first.model_copy(update={"category": category})
        return repeated

    def again(self) -> Step | None:
        """A command that was made comes again, maybe not quite the same."""
        made = [one for one in self.tried if (one.command or getattr(one.fact, "source", None)) and not one.late]
        if not made:
            return None
        step = replace(self.dice.choice(made), after=NO_TIME, way=self.dice.choice((ACT, METHOD)))
        changes: Sequence[Callable[[], Step]] = (
            lambda: step,
            lambda: step,
            lambda: replace(step, by=Actor("somebody else", step.by.role)),
            lambda: replace(step, by=Actor(step.by.id, self.any_role())),
            lambda: replace(step, fact=self._another(step)),
            lambda: replace(step, on=self.dice.choice(tuple(self.world.workflows))),
            lambda: replace(step, move=self.dice.choice(self._named_otherwise(step))),
        )
        return self.dice.choice(changes)()

    def _named_otherwise(self, step: Step) -> list[str]:
        """The moves that record such a fact."""
        return [move.name for move in self.world.workflow.moves if move.fact is type(step.fact)]

    def step(self) -> Step | None:
        """A step: half of those that are possible, but not yet, wait a while longer."""
        dice, world = self.dice, self.world
        more = len(world.demands) < self.theme.demands and dice.random() < self.theme.registers
        begins = not world.demands or self.registering or more
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
        starts = tuple(move for move in self.world.workflow.moves if issubclass(move.fact, Registered))
        demand = Demand(demand_id(len(self.world.demands) + 1))
        return self._fitting([self.dice.choice(starts)], demand, number, turn, NO_TIME)

    def _going_on(self, kind: float, number: int, turn: int, late: timedelta, at: int) -> Step | None:
        world, ids = self.world, sorted(self.world.demands)
        demand = world.demands[ids[at % len(ids)] if at < 2 else self.dice.choice(ids)]
        going_on = [one for one in world.demands.values() if one.open]
        if self.theme.restful and going_on and not demand.open:
            demand = self.dice.choice(going_on)
        taken_in = [one for one in world.demands.values() if self.theme.about == CHAIN and one.open and one.took_in]
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
        self, moves: Sequence[Move], demand: Demand, number: int, turn: int, late: timedelta, tries: int = TRIED_FACTS
    ) -> Step | None:
        """A step by one of these moves, of one name: with a fact and by somebody that fit, if a few tries find them."""
        roles = dict.fromkeys(role for move in moves for role in move.roles)
        people = [actor for role in roles for actor in actors_for(role, demand)]
        first: Step | None = None
        own = self.given[moves[0].fact]() if moves[0].fact in self.given else None
        for attempt in range(tries):
            fact = own or fact_of(moves[0].fact, number + attempt * 7, self._surroundings(demand))
            turned = turn % len(people)
            for by in [*people[turned:], *people[:turned]]:
                step = Step(demand.id.int, moves[0].name, fact, by, late=NO_TIME if attempt else late)
                first = first or step
                if self.world.is_possible(step):
                    return step
        return first

    def _anything(self, demand: Demand, number: int, turn: int, late: timedelta) -> Step | None:
        """Any move by anybody: mostly impossible."""
        moves = [move for move in self.world.workflow.moves if not issubclass(move.fact, Registered)]
        if not moves:
            return None
        move = self.dice.choice(moves)
        people = actors_for(self.dice.choice((*move.roles, self.any_role())), demand)
        kind = self.dice.choice(moves).fact if self.dice.random() < 0.3 else move.fact
        fact = self._fact(kind, number, self._surroundings(demand))
        return Step(demand.id.int, move.name, fact, people[turn % len(people)], late=late)

    def _near_miss(self, step: Step) -> Step:
        """The step with one thing otherwise."""
        dice, demands = self.dice, self.world.demands
        people, latest = (*RESIDENTS, *OFFICERS, *CONTRACTORS, "somebody"), self.environment.late_entry
        policies = () if self.world.policies is None else self.world.policies.names
        return dice.choice(
            (
                lambda: replace(step, by=Actor(step.by.id, self.any_role(), step.by.unit)),
                lambda: replace(step, by=Actor(dice.choice(people), step.by.role)),
                lambda: replace(step, fact=self._another(step)),
                lambda: self._said_otherwise(step),
                lambda: replace(step, late=dice.choice((US, HOUR, DAY))),
                lambda: replace(step, late=latest + dice.choice(ENTRIES), way=ENTERED),
                lambda: replace(step, late=latest + dice.choice(ENTRIES), way=ENTERED),
                lambda: replace(step, late=dice.choice(TO_COME), way=ENTERED),
                lambda: replace(step, by=Actor(dice.choice((*policies, "somebody")), "policy")),
                lambda: (
                    step if isinstance(step.fact, Merged) else replace(step, demand=dice.choice(sorted(demands)).int)
                ),
            )
        )()

    def _another(self, step: Step) -> Fact:
        """Another fact of the same class."""
        return self._fact(type(step.fact), self.dice.randrange(MOST), self._around(step))

    def _fact(self, kind: type[Fact], number: int, around: Surroundings) -> Fact:
        """A fact of the class, from whoever gives such facts."""
        fact: Fact = self.given[kind]() if kind in self.given else fact_of(kind, number, around)
        return fact

    def _said_otherwise(self, step: Step) -> Step:
        """The step with a fact that names a moment at which something turns, or a grade that is in no scale."""
        said = {name: value for name, value in step.fact.__dict__.items() if isinstance(value, datetime | Grade)}
        if not said or type(step.fact) in self.given:
            return step
        name = self.dice.choice([*said])
        other: Any = Grade("so-so")
        if isinstance(said[name], datetime):
            other = self.dice.choice(self.asking.moments()) + self.dice.choice((NO_TIME, US, -US))
        return replace(step, fact=type(step.fact)(**{**step.fact.__dict__, name: other}))

    def _turn(self, step: Step) -> timedelta:
        """When it is done: sometimes at a moment at which something turns, or just beside it."""
        if self.dice.random() < 0.8:
            return step.after
        now = self.world.clock.now
        later = [at for at in self.asking.moments() if at >= now]
        at = self.dice.choice(later) + self.dice.choice((NO_TIME, US, -US, 12 * HOUR))
        return max(at - now, NO_TIME)

    def _command_id(self, demand: Demand) -> str:
        """An id of a command: sometimes like one before, but for its case or its Unicode form."""
        before = [known for known, _ in demand.commands if not known.startswith("~")]
        if before and self.dice.random() < 0.15:
            was = self.dice.choice(before)
            return self.dice.choice(
                (was.swapcase(), unicodedata.normalize("NFD", was), unicodedata.normalize("NFKC", was))
            )
        return f"né{len(self.tried)}Ⅳ"

    def any_role(self) -> str:
        """A role that may do something."""
        return self.dice.choice(sorted({role for move in self.world.workflow.moves for role in move.roles}))

    def _around(self, step: Step) -> Surroundings:
        it = demand_id(step.demand)
        return self._surroundings(self.world.demands.get(it, Demand(it)))

    def _surroundings(self, demand: Demand) -> Surroundings:
        world = self.world
        others = [other for other in world.demands if other != demand.id] * 3 + [demand.id]
        if self.theme.merges and world.demands:
            alone = [
                it for it, one in world.demands.items() if self.theme.about == CHAIN and one.open and not one.took_in
            ]
            others = ([it for it in alone if it != demand.id] or [min(world.demands)])[:1] * 8 + others
        keys = (world.twin.key, world.workflow.key, world.twin.key, "unknown@1")
        return Surroundings(demand, others, world.clock.now, keys, (scale := world.workflow.grades).words, scale.scores)
