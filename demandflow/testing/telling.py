"""A history told to people as a story."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.errors import listed
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.step import Step
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    ACT,
    DIE,
    DROP,
    FOLLOW,
    GIVE,
    RETRY,
    RUN,
    UNRECORDED,
    Ask,
    Batch,
    History,
    Operation,
    RunPolicies,
    Upset,
    possible,
    steps_of,
)
from demandflow.testing.playing.commanding import asked

DONE_WITH_POLICIES = {
    RUN: "the policies are run",
    FOLLOW: "the policies are followed, and the notices given",
    RETRY: "what is parked is tried again",
    DROP: "what is parked is dropped",
    GIVE: "the notices are given",
    DIE: "the process dies while it gives the notices",
}


def told_step(step: Step, number: int) -> str:
    """One step as a line."""
    said = ", ".join(f"{name}: {_said(value)}" for name, value in step.fact.__dict__.items() if value is not None)
    unit = f" of {step.by.unit}" if step.by.unit else ""
    late = f", {_span(step.late)} late" if step.late else ""
    facts = f" ({said})" if said else ""
    way = f" [{step.way}]" if step.way != ACT else ""
    return f"{number:>3}. {step.by.id}{unit} ({step.by.role}): {step.move} demand {step.demand}{late}{facts}{way}"


def told(operation: Operation, number: int) -> str:
    """What is done, as a line."""
    match operation:
        case Step():
            return told_step(operation, number)
        case Batch():
            right = ", with the right to backdate" if operation.backdating else ""
            right += ", while somebody else writes" if operation.raced else ""
            steps = (f"\n     {told_step(step, at)}" for at, step in enumerate(operation.steps, 1))
            return f"{number:>3}. together [{operation.way}{right}]:{''.join(steps)}"
        case Ask():
            return f"{number:>3}. somebody asks {asked(operation)}"
        case RunPolicies():
            ago = "" if operation.ago is None else f", as of {_span(operation.ago)} ago"
            given = ("number", "hook", "begin") if operation.what in (GIVE, DIE) else ("number",)
            more = [f"{name} {said}" for name in given if (said := getattr(operation, name)) not in (0, None)]
            return f"{number:>3}. {DONE_WITH_POLICIES[operation.what]}{ago}{f' ({listed(more)})' if more else ''}"
        case Upset(what, with_what):
            return f"{number:>3}. {what}{f' ({with_what})' if with_what else ''}"


def story(history: History) -> str:
    """Where it was, what was done, when, and what had to come of it: a line each."""
    environment = history.environment
    world = World(history.workflow, environment)
    policies = Policies(world, environment.policies) if environment.policies else None
    lines = [] if environment == PLAIN else [f"In {_circumstances(environment)}:"]
    for number, one in enumerate(history.operations, start=1):
        world.clock.now += one.after if isinstance(one, Ask | RunPolicies) else timedelta(0)
        saved = world.saved()
        if isinstance(one, Batch):
            came = [f"     {step.move} demand {step.demand}{_came(world, step)}" for step in one.given(world)]
        else:
            came = [_came(world, step) for step in steps_of(one)]
        first = f"{world.clock.now:%Y-%m-%d %H:%M} {told(one, number)}"
        lines += [first, *came] if isinstance(one, Batch) else [first + "".join(came)]
        if isinstance(one, RunPolicies) and one.what in (RUN, FOLLOW) and policies is not None:
            policies.reacted(world.clock.now - (one.ago or timedelta(0)))
        if isinstance(one, Batch | Step) and one.way in UNRECORDED:
            world.restore(saved)
    return "\n".join(lines)


def _came(world: World, step: Step) -> str:
    """What had to come of the step; it has happened afterwards."""
    if not possible(world, step):
        return ""
    expected = world.tell(step)
    if expected.error is not None:
        return f"  refused ({expected.error})"
    return f"  → {world.streams[expected.before.id].state}"


def _circumstances(environment: Environment) -> str:
    pairs = ((one.name, getattr(environment, one.name), one.default) for one in fields(environment))
    return ", ".join(f"{name} {value}" for name, value, plain in pairs if value != plain)


def _span(span: timedelta) -> str:
    return f"{span.days} days" if span.days else f"{span.seconds // 3600} hours"


def _said(value: Any) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case Enum():
            return str(value.value)
        case UUID() if value.int < 1000:
            return f"demand {value.int}"
        case bool():
            return "yes" if value else "no"
        case _:
            return " ".join(str(value).splitlines())
