"""Several steps as one, each drawn after those before it."""

from __future__ import annotations

from dataclasses import replace

from demandflow.domain.demand import Demand
from demandflow.domain.facts import MovedOver
from demandflow.domain.values import Actor
from demandflow.testing.drawing.misses import ENTRIES
from demandflow.testing.drawing.steps import Steps
from demandflow.testing.model.step import NO_TIME, Step
from demandflow.testing.operations import (
    BATCH,
    BROKEN,
    ENTERED,
    MANY,
    MIGRATED,
    MIGRATION_TRIED,
    TRIED,
    UNRECORDED,
    WOULD,
    Batch,
)
from demandflow.testing.people import OFFICERS

BATCH_WAYS = (BATCH, BATCH, BATCH, BROKEN, MANY, MANY, TRIED, TRIED, MIGRATED, MIGRATION_TRIED)
RACED = 0.7
"""How often somebody else writes before it is recorded."""


def draw_batch(drawing: Steps, opener: int) -> Batch | None:
    """A few steps as one, each drawn after those before it."""
    dice, world = drawing.dice, drawing.world
    saved, steps, way = world.saved(), list[Step](), dice.choice(BATCH_WAYS)
    backdating = way in (BATCH, BROKEN) and dice.random() < 0.3
    migrating = [move for move in world.workflow.moves if move.fact is MovedOver]
    if way in (MIGRATED, MIGRATION_TRIED) and migrating and world.workflow.of is Demand:
        to, of = (dice.choice((world.workflow.key, world.twin.key)) for _ in range(2))
        by = Actor(OFFICERS[0], dice.choice((*(role for move in migrating for role in move.roles), drawing.any_role())))
        fact = MovedOver(workflow=to, reason=dice.choice((None, "…")))
        late = dice.choice((NO_TIME, drawing.environment.late_entry + dice.choice(ENTRIES)))
        return Batch((Step(0, migrating[0].name, fact, by, late=late, on=of),), way, opener=opener)
    way = MANY if way in (MIGRATED, MIGRATION_TRIED) else way
    drawing.registering = way == MANY and dice.random() < 0.3
    for _ in range(dice.randint(1, 5)):
        step = drawing.again() if steps and dice.random() < 0.1 else drawing.command()
        if step is not None:
            late = drawing.environment.late_entry + dice.choice(ENTRIES) if dice.random() < 0.2 else step.late
            how = WOULD if steps and way == BATCH and dice.random() < 0.2 else step.way
            step = replace(step, late=late, way=ENTERED if late != step.late and how != WOULD else how)
            steps.append(step)
            for one in Batch((step,), BATCH, backdating).given(world) if step.way not in UNRECORDED else ():
                world.tell(one)
    world.restore(saved)
    drawing.registering = False
    raced = way in (BATCH, MANY) and dice.random() < RACED
    return Batch(tuple(steps), way, backdating, opener, raced) if steps else None
