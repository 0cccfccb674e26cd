"""A history told to people as a story."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.testing.commanding import asked, possible
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.world import Step, World
from demandflow.testing.operations import (
    ACT,
    DROP,
    GIVE,
    RECORDED,
    RETRY,
    RUN,
    Ask,
    History,
    Operation,
    RunPolicies,
    Upset,
)

DONE_WITH_POLICIES = {
    RUN: "the policies are run",
    RETRY: "what is parked is tried again",
    DROP: "what is parked is dropped",
    GIVE: "the notices are given",
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
        case Ask():
            return f"{number:>3}. somebody asks {asked(operation)}"
        case RunPolicies():
            ago = "" if operation.ago is None else f", as of {_span(operation.ago)} ago"
            return f"{number:>3}. {DONE_WITH_POLICIES[operation.what]}{ago}"
        case Upset(what, with_what):
            return f"{number:>3}. {what}{f' ({with_what})' if with_what else ''}"


def story(history: History) -> str:
    """Where it was, what was done, when, and what had to come of it: a line each."""
    environment = history.environment
    world = World(history.workflow, environment.zone, environment.start)
    lines = [] if environment == PLAIN else [f"In {_circumstances(environment)}:"]
    for number, one in enumerate(history.operations, start=1):
        came = ""
        world.clock.now += one.after if isinstance(one, Ask | RunPolicies) else timedelta(0)
        if isinstance(one, Step) and possible(world, one):
            saved, expected = world.saved(), world.tell(one)
            came = (
                f"  refused ({expected.error})" if expected.error else f"  → {world.demands[expected.before.id].state}"
            )
            if one.way not in RECORDED:
                now = world.clock.now
                world.restore(saved)
                world.clock.now, came = now, f"{came}, if it were recorded"
        lines.append(f"{world.clock.now:%Y-%m-%d %H:%M} {told(one, number)}{came}")
    return "\n".join(lines)


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
            return str(value)
