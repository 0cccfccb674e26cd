"""A history told to people: as a story, and as a test to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.domain.facts import STANDARD_FACTS, Fact
from demandflow.domain.values import Actor
from demandflow.testing.clock import FrozenClock
from demandflow.testing.histories import Expected, History, Step
from demandflow.testing.law import Law

ZERO = timedelta(0)


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


def as_test(history: History, law: Law, workflow: str) -> str:
    """A test that plays the same steps and checks the same law, to be copied into a test file."""
    used = {type(step.fact) for step in history.steps}
    imports: dict[str, set[str]] = {"demandflow": {"Actor", *_enums(history)}, "demandflow.testing": {"Step", "play"}}
    for kind in used:
        imports.setdefault("demandflow" if kind in STANDARD_FACTS else kind.__module__, set()).add(kind.__name__)
    call, _, inside = law.code.partition("(")
    imports["demandflow.testing"].add(call)
    if law.module != "demandflow.testing":
        imports.setdefault(law.module, set()).add(re.split(r"\W", inside)[0])
    for name, needed in _modules(history).items():
        if needed:
            imports.setdefault(_HOME[name], set()).add(name)
    lines = [f"from {home} import {', '.join(sorted(names))}" for home, names in sorted(imports.items())]
    name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in law.name)
    lines += [
        "",
        f"# {workflow} is the workflow that was checked",
        "",
        "",
        f"def test_{name}() -> None:",
        "    steps = [",
    ]
    lines += [f"        {_code_of_step(step)}," for step in history.steps]
    lines += ["    ]", f"    with play({workflow}, steps) as played:", f"        {law.code}.holds(played)"]
    return "\n".join(lines)


_HOME = {"timedelta": "datetime", "datetime": "datetime", "date": "datetime", "UTC": "datetime", "UUID": "uuid"}


def _modules(history: History) -> dict[str, bool]:
    values = [value for step in history.steps for value in _all_values(step.fact)]
    spans = any(step.after or step.late for step in history.steps)
    moments = any(isinstance(value, datetime) for value in values)
    return {
        "timedelta": spans,
        "datetime": moments,
        "UTC": moments,
        "date": any(type(value) is date for value in values),
        "UUID": any(isinstance(value, UUID) for value in values),
    }


def _enums(history: History) -> set[str]:
    values = (value for step in history.steps for value in _all_values(step.fact))
    return {type(value).__name__ for value in values if isinstance(value, Enum)}


def _all_values(fact: Fact) -> Iterable[Any]:
    for value in fact.__dict__.values():
        yield from value if isinstance(value, tuple | list) else (value,)


def _code_of_step(step: Step) -> str:
    parts = [str(step.demand), repr(step.move), code_of(step.fact), code_of(step.by)]
    parts += [f"after={code_of(step.after)}"] if step.after else []
    parts += [f"late={code_of(step.late)}"] if step.late else []
    return f"Step({', '.join(parts)})"


def code_of(value: Any) -> str:
    """The value as it is written in Python."""
    match value:
        case Fact():
            said = ", ".join(f"{name}={code_of(one)}" for name, one in value.__dict__.items() if one is not None)
            return f"{type(value).__name__}({said})"
        case Actor():
            return (
                f"Actor({', '.join(repr(one) for one in (value.id, str(value.role), value.unit) if one is not None)})"
            )
        case Enum():
            return f"{type(value).__name__}.{value.name}"
        case UUID():
            return f"UUID(int={value.int})"
        case datetime():
            at = value.astimezone(UTC)
            numbers = [at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond]
            while numbers[-1] == 0 and len(numbers) > 3:
                numbers.pop()
            return f"datetime({', '.join(map(str, numbers))}, tzinfo=UTC)"
        case timedelta():
            return _code_of_span(value)
        case str():
            return repr(str(value))
        case tuple():
            return f"({', '.join(map(code_of, value))}{',' if len(value) == 1 else ''})"
        case _:
            return repr(value)


def _code_of_span(span: timedelta) -> str:
    parts = {"days": span.days, "seconds": span.seconds, "microseconds": span.microseconds}
    if span.seconds % 3600 == 0:
        parts |= {"hours": span.seconds // 3600, "seconds": 0}
    return f"timedelta({', '.join(f'{name}={number}' for name, number in parts.items() if number)})"


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
