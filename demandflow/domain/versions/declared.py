"""What a workflow declares, as a text that is the same in every process, so that a log recognises its workflows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import partial
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.hours import WEEKDAYS, hours_as_text
from demandflow.calendars.spans import Span
from demandflow.domain.fact import Fact
from demandflow.domain.moves import Move, sources
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow

SETS = {"rules", "runs_in", "paused_in", "restarts"}
"""Fields whose order means nothing."""
MOST = 8
"""How many differences are named."""


def declared(workflow: Workflow) -> str:
    """States, moves and clocks; facts by their topics, rules and conditions by name and numbers, calendars by hours.

    Defaults are left out, so that the text stays the same when a later release adds a field.
    """
    moves: dict[str, list[Any]] = {}
    for move in workflow.moves:
        moves.setdefault(move.name, []).append(_move(move, workflow))
    parts = {
        "state": {state.name: _fields(state) for state in workflow.states},
        "move": {f"{name} ({at})": move for name, several in moves.items() for at, move in enumerate(several, start=1)},
        "clock": {clock.name: _fields(clock) for clock in workflow.clocks},
        **_fields(workflow, apart=("name", "version", "states", "moves", "clocks")),
    }
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def differences(before: str, now: str) -> tuple[str, ...]:
    """The first few differences between two such texts, in words."""
    try:
        kept = json.loads(before)
    except ValueError:
        return ("what the log keeps of it cannot be read",)
    lines = list(_differences("", kept, json.loads(now)))
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return (*lines[:MOST], *more)


def _differences(where: str, before: Any, now: Any) -> Iterator[str]:
    if before == now:
        return
    if not (isinstance(before, dict) and isinstance(now, dict)):
        yield f"{where}: {_shown(before)} → {_shown(now)}"
        return
    for name in dict.fromkeys((*before, *now)):
        yield from _differences(f"{where} {name}".strip(), before.get(name), now.get(name))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    return "none" if value is None else "given" if isinstance(value, dict) else str(value)


def _move(move: Move, workflow: Workflow) -> dict[str, Any]:
    """The fields of a move; sources, roles and meanings, which can each be written in several ways, as sorted lists."""
    lists = {"from_": sources(move, workflow.states), "by": move.roles}
    if move.meanings:
        lists["means"] = move.meanings
    return _fields(move, apart=("name", *lists)) | {name: sorted(words) for name, words in lists.items()}


def _fields(value: Any, apart: tuple[str, ...] = ()) -> dict[str, Any]:
    compared = [field for field in fields(value) if field.compare and field.name not in apart]
    values = [(field, getattr(value, field.name)) for field in compared]
    return {field.name: _plain(given, field.name in SETS) for field, given in values if given != _default(field)}


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _plain(value: Any, unordered: bool = False) -> Any:
    """The value as JSON, the same in every process."""
    match value:
        case None | bool() | int() | float() | str():
            return value if not isinstance(value, Enum) else value.value
        case Enum():
            return value.name
        case Span():
            return str(value)
        case Calendar():
            # holidays are added every year, which makes no other workflow
            week = "; ".join(f"{day} {hours_as_text(hours)}" for day, hours in zip(WEEKDAYS, value.hours, strict=True))
            return {"name": value.name, "zone": value.zone, "hours": week, "makeup": hours_as_text(value.makeup_hours)}
        case tuple() | list() | set() | frozenset():
            several = [_plain(item) for item in value]
            return sorted(several, key=str) if unordered or isinstance(value, set | frozenset) else several
        case type() if issubclass(value, Fact):
            return value.TOPIC
        case type() if issubclass(value, Stream):
            return value.KIND
        case _ if is_dataclass(value):
            return _fields(value)
        case _:
            return _named(value)


def _named(function: Any) -> str:
    """A rule or condition by its name, and the numbers that it was made with."""
    if isinstance(function, partial):
        return f"{_named(function.func)}({', '.join(str(_plain(value)) for value in function.args)})"
    name = getattr(function, "__name__", type(function).__name__)
    numbers = ", ".join(f"{what}={number}" for what, number in getattr(function, "made_with", {}).items())
    return f"{name}({numbers})" if numbers else str(name)
