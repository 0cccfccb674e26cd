"""Several steps as one: how they are drawn, and how they are given as items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from demandflow.application import DemandFlow
from demandflow.batches import Action, Recorded, Registration, Rejected
from demandflow.domain.facts import MovedOver, Registered
from demandflow.domain.values import Actor
from demandflow.testing.commanding import circumstances, same_answer
from demandflow.testing.model.world import NO_TIME, Expected, Step
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
from demandflow.testing.steps import ENTRIES, Steps

BATCH_WAYS = (BATCH, BATCH, BATCH, BROKEN, MANY, MANY, TRIED, TRIED, MIGRATED, MIGRATION_TRIED)


def draw_batch(drawing: Steps, opener: int) -> Batch | None:
    """A few steps as one, each drawn after those before it."""
    dice, world = drawing.dice, drawing.world
    saved, steps, way = world.saved(), list[Step](), dice.choice(BATCH_WAYS)
    backdating = way in (BATCH, BROKEN) and dice.random() < 0.3
    migrating = [move for move in world.workflow.moves if move.fact is MovedOver]
    if way in (MIGRATED, MIGRATION_TRIED) and migrating:
        to, of = (dice.choice(tuple(world.workflows)) for _ in range(2))
        by = Actor(OFFICERS[0], dice.choice((*migrating[0].roles, drawing.any_role())))
        fact = MovedOver(workflow=to, reason=dice.choice((None, "…")))
        late = dice.choice((NO_TIME, drawing.environment.late_entry + dice.choice(ENTRIES)))
        return Batch((Step(0, migrating[0].name, fact, by, late=late, on=of),), way, opener=opener)
    way = MANY if way in (MIGRATED, MIGRATION_TRIED) else way
    drawing.registering = way == MANY and dice.random() < 0.3
    for _ in range(dice.randint(1, 5)):
        step = drawing.again() if steps and dice.random() < 0.1 else drawing.command()
        if step is not None:
            late = drawing.environment.late_entry + dice.choice(ENTRIES) if dice.random() < 0.2 else step.late
            step = replace(step, late=late, way=ENTERED if late != step.late and step.way != WOULD else step.way)
            steps.append(step)
            for one in Batch((step,), BATCH, backdating).given(world) if step.way not in UNRECORDED else ():
                world.tell(one)
    world.restore(saved)
    drawing.registering = False
    return Batch(tuple(steps), way, backdating, opener) if steps else None


def answers_of(flow: DemandFlow, batch: Batch, expected: Sequence[Expected]) -> tuple[Recorded | Rejected, ...]:
    """Give these as items; or as what is done with all demands of a workflow. Raises Differs if others come back."""
    first, fact = batch.steps[0], batch.steps[0].fact
    if batch.migrates and isinstance(fact, MovedOver):
        at = next((one.given for one in expected), None)
        how: dict[str, Any] = {"of": first.on, "dry_run": batch.way == MIGRATION_TRIED, "reason": fact.reason}
        return flow.migrate_all(fact.workflow, by=first.by, at=at, **how)
    items = [_item(one) for one in expected]
    give: Any = flow.register_many if batch.registers else flow.try_many if batch.way == TRIED else flow.act_many
    answers: tuple[Recorded | Rejected, ...] = give(items)
    same_answer(f"{batch.way}: the items", [answer.item for answer in answers], items)
    return answers


def _item(expected: Expected) -> Any:
    """What has to come of it, as an item of many."""
    step = expected.step
    how: dict[str, Any] = {"fact": step.fact, "by": step.by, "at": expected.given, **circumstances(step)}
    if isinstance(step.fact, Registered):
        how.pop("seen", None)
        return Registration(workflow=step.on, **how)
    return Action(demand=expected.before.id, move=step.move, **how)
