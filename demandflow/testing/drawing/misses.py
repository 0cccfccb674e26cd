"""Steps with something otherwise: what came before comes again, or somebody else, another kind or moment is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Grade
from demandflow.testing.drawing.asking import Asking
from demandflow.testing.drawing.choosing import MOST, Surroundings, fact_of
from demandflow.testing.drawing.themes import CHAIN, Theme
from demandflow.testing.drawing.turning import DAY, HOUR, US
from demandflow.testing.environments import Environment
from demandflow.testing.model.step import NO_TIME, Step
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    ACT,
    ENTERED,
    METHOD,
)
from demandflow.testing.people import CONTRACTORS, OFFICERS, RESIDENTS

MINUTE = timedelta(minutes=1)
ENTRIES = (NO_TIME, US, -US, DAY)
"""How far from the limit of late entry something is said to have happened."""
TO_COME = (-4 * MINUTE, -5 * MINUTE, -5 * MINUTE - US)
Given = Mapping[type[Fact], Callable[[], Any]]


class Misses:
    """What can be otherwise of a step, and what a fact is made for."""

    world: World
    dice: Random
    given: Given
    environment: Environment
    theme: Theme
    tried: list[Step]
    asking: Asking

    def again(self) -> Step | None:
        """A command that was made comes again, maybe not quite the same."""
        made = [one for one in self.tried if not one.late and self._can_come_again(one)]
        named = [one for one in made if getattr(one.fact, "source", None) is not None]
        made = named if named and self.dice.random() < 0.5 else made
        if not made:
            return None
        step = replace(self.dice.choice(made), after=NO_TIME, way=self.dice.choice((ACT, METHOD)))
        changes: Sequence[Callable[[], Step]] = (
            lambda: step,
            lambda: step,
            lambda: replace(step, by=Actor("somebody else", step.by.role)),
            lambda: replace(step, by=Actor(step.by.id, self.any_role())),
            lambda: replace(step, fact=self._another(step)),
            lambda: replace(step, on=self._any_workflow(self.world.starting(step) or self.world.workflow.of)),
            lambda: replace(step, move=self.dice.choice(self._named_otherwise(step))),
        )
        return self.dice.choice(changes)()

    def _named_otherwise(self, step: Step) -> list[str]:
        """The moves that record such a fact."""
        kind = type(self.world.before(step))
        flows = [flow for flow in self.world.workflows.values() if flow.of is kind]
        return [move.name for flow in flows for move in flow.moves if move.fact is type(step.fact)] or [step.move]

    def _can_come_again(self, step: Step) -> bool:
        kind = self.world.starting(step)
        named = kind is not None and (kind.KEY is not None or getattr(step.fact, "source", None) is not None)
        return named or step.command is not None

    def _other_kinds(self, kind: type[Stream]) -> Sequence[Any]:
        """Kinds of which it is not; or what is no kind at all, or all of them."""
        others = [flow.of for flow in self.world.workflows.values() if flow.of is not kind]
        return (*others, Stream, "demand", Fact)

    def _any_workflow(self, kind: type[Stream]) -> str:
        """A workflow of this kind, seldom of another."""
        workflows = self.world.workflows.items()
        return self.dice.choice([*[key for key, flow in workflows if flow.of is kind] * 5, *self.world.workflows])

    def _near_miss(self, step: Step) -> Step:
        """The step with one thing otherwise."""
        dice = self.dice
        another = self.world.number_of(dice.choice(sorted(self.world.streams)))
        people, latest = (*RESIDENTS, *OFFICERS, *CONTRACTORS, "somebody"), self.environment.late_entry
        policies = () if self.world.policies is None else self.world.policies.names
        return dice.choice(
            (
                lambda: replace(step, by=Actor(step.by.id, self.any_role(), step.by.unit)),
                lambda: replace(step, by=Actor(dice.choice(people), step.by.role)),
                lambda: replace(step, by=Actor(dice.choice(people), step.by.role)),
                lambda: replace(step, by=Actor(dice.choice(people), step.by.role)),
                lambda: replace(step, fact=self._another(step)),
                lambda: self._said_otherwise(step),
                lambda: replace(step, late=dice.choice((US, HOUR, DAY))),
                lambda: replace(step, late=latest + dice.choice(ENTRIES), way=ENTERED),
                lambda: replace(step, late=latest + dice.choice(ENTRIES), way=ENTERED),
                lambda: replace(step, late=dice.choice(TO_COME), way=ENTERED),
                lambda: replace(step, by=Actor(dice.choice((*policies, "somebody")), "policy")),
                lambda: step if isinstance(step.fact, Merged) else replace(step, demand=another),
            )
        )()

    def _another(self, step: Step) -> Fact:
        """Another fact of the same class."""
        return self._fact(type(step.fact), self.dice.randrange(MOST), self._around(step))

    def _fact(self, kind: type[Fact], number: int, around: Surroundings) -> Fact:
        """A fact of the class, from whoever gives such facts."""
        fact: Any = self.given[kind]() if kind in self.given else fact_of(kind, number, around)
        return fact if isinstance(fact, Fact) else fact(around.demand)

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

    def any_role(self) -> str:
        """A role that may do something."""
        return self.dice.choice(sorted({role for move in self.world.workflow.moves for role in move.roles}))

    def _around(self, step: Step) -> Surroundings:
        return self._surroundings(self.world.before(step))

    def _surroundings(self, demand: Stream) -> Surroundings:
        world = self.world
        others = [other for other in world.demands if other != demand.id] * 3 + [demand.id]
        others += [other for other in world.streams if other not in others]
        if self.theme.merges and world.demands and isinstance(demand, Demand):
            alone = [
                it for it, one in world.demands.items() if self.theme.about == CHAIN and one.open and not one.took_in
            ]
            others = ([it for it in alone if it != demand.id] or [min(world.demands)])[:1] * 8 + others
        keys = (world.twin.key, world.workflow.key, world.twin.key, "unknown@1")
        scale = world.workflow.grades
        return Surroundings(demand, others, world.clock.now, keys, scale.words, scale.scores)
