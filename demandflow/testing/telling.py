"""A history told to people as a story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.testing.clock import FrozenClock
from demandflow.testing.histories import Expected, History, Step


def told_step(step: Step, number: int) -> str:
    """One step as a line."""
    said = ", ".join(f"{name}: {_said(value)}" for name, value in step.fact.__dict__.items() if value is not None)
    unit = f" of {step.by.unit}" if step.by.unit else ""
    late = f", {_span(step.late)} late" if step.late else ""
    facts = f" ({said})" if said else ""
    return f"{number:>3}. {step.by.id}{unit} ({step.by.role}): {step.move} demand {step.demand}{late}{facts}"


def story(history: History, expected: Sequence[Expected]) -> str:
    """What people did, when, and what came of it: a line a step."""
    now = FrozenClock().now
    lines = []
    for number, (step, one) in enumerate(zip(history.steps, expected, strict=True), start=1):
        now += step.after
        came = f"refused ({one.error})" if one.error else f"→ {one.events[0].stamp.state}"
        lines.append(f"{now:%Y-%m-%d %H:%M} {told_step(step, number)}  {came}")
    return "\n".join(lines)


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
