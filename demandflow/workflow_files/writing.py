"""A workflow as what a file says, and that as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from demandflow.domain.moves import Move, State
from demandflow.domain.standard.grades import FIVE_GRADES
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, listed
from demandflow.workflow_files.timing import named_calendars, said_of_calendars, said_of_clock
from demandflow.workflow_files.vocabulary import Vocabulary

WIDTH = 120
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def said_of(workflow: Workflow, vocabulary: Vocabulary) -> dict[str, Any]:
    """What a file says of the workflow. Raises InvalidValue with all that the vocabulary has no name for."""
    if nameless := tuple(dict.fromkeys(_nameless(workflow, vocabulary))):
        remedy = "name them: vocabulary.with_(facts=…, rules=…, conditions=…)"
        raise InvalidValue(workflow.key, f"cannot be written down; not registered: {listed(nameless)}; {remedy}")
    if workflow.grades != FIVE_GRADES:
        raise InvalidValue(
            workflow.key, "cannot be written down: a file cannot say grades of one's own; keep it in Python"
        )
    said: dict[str, Any] = {"name": workflow.name, "version": workflow.version}
    if workflow.tells_nobody:
        said["tells_nobody"] = True
    states, moves = [_state(state) for state in workflow.states], [_move(move, vocabulary) for move in workflow.moves]
    named = named_calendars(tuple(workflow.clocks), vocabulary)
    names = {clock.name: name for clock in workflow.clocks for name, one in named.items() if one == clock.calendar}
    clocks = [said_of_clock(clock, names[clock.name]) for clock in workflow.clocks]
    timed = {"clocks": clocks, "calendars": said_of_calendars(named, vocabulary)}
    return {**said, "states": states, "moves": moves, **{key: value for key, value in timed.items() if value}}


def _nameless(workflow: Workflow, vocabulary: Vocabulary) -> Iterator[str]:
    for move in workflow.moves:
        if vocabulary.name_of(move.fact) is None:
            yield f"fact {move.fact.__name__}"
        for rule in move.rules:
            if vocabulary.say_rule(rule) is None:
                yield f"rule {getattr(rule, '__name__', repr(rule))}"
        if move.when is not None and vocabulary.say_condition(move.when) is None:
            yield f"condition {getattr(move.when, '__name__', repr(move.when))}"


def _state(state: State) -> dict[str, Any]:
    said = {"name": state.name, "waits_for": state.waits_for.value, "owner": state.owner, "ended_as": state.ended_as}
    return {key: _plain(value) for key, value in said.items() if value is not None}


def _move(move: Move, vocabulary: Vocabulary) -> dict[str, Any]:
    said = {
        "name": move.name,
        "fact": vocabulary.name_of(move.fact),
        "from": _plain(move.from_),
        "to": _plain(move.to),
        "by": _plain(move.by),
        "when": None if move.when is None else vocabulary.say_condition(move.when),
        "means": _plain(move.means) or None,
        "rules": [vocabulary.say_rule(rule) for rule in move.rules] or None,
        "silent": move.silent or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _plain(value: Any) -> Any:
    """A word as a text, several as a list, and START, BACK and the like by their names."""
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, str) else repr(value)


def json_of(said: dict[str, Any]) -> str:
    """What a file says, as JSON."""
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def toml_of(said: dict[str, Any]) -> str:
    """What a file says, as TOML: plain values first, then each list of tables, then tables of tables."""
    return "\n".join(_table("", said)).lstrip("\n") + "\n"


def _table(path: str, said: dict[str, Any]) -> Iterator[str]:
    """A table with its values; what is a list of tables, or a table that has a heading, comes after the plain ones."""
    headed = {key: value for key, value in said.items() if _is_tables(value) or _has_headings(value, path)}
    yield from (_line(key, value) for key, value in said.items() if key not in headed)
    for key, value in headed.items():
        here = f"{path}{_key(key)}"
        for table in value if isinstance(value, list) else ():
            yield from ("", f"[[{here}]]", *(_line(one, inner) for one, inner in table.items()))
        if isinstance(value, dict) and path:
            yield from ("", f"[{here}]")
        if isinstance(value, dict):
            yield from _table(f"{here}.", value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _has_headings(value: Any, path: str) -> bool:
    """Whether a table is written under a heading: one of tables, and all in it."""
    return isinstance(value, dict) and (
        bool(path) or (bool(value) and all(isinstance(one, dict) for one in value.values()))
    )


def _line(key: str, value: Any) -> str:
    line = f"{_key(key)} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        return line
    return "\n".join([f"{_key(key)} = [", *(f"  {_value(one)}," for one in value), "]"])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{"".join(map(_sign, value))}"'
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inside = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
            return f"{{{inside}}}"
        case _:
            raise InvalidValue("TOML", f"{value!r} is not written")


def _sign(sign: str) -> str:
    if sign in ESCAPES or sign.isprintable() or "\ud800" <= sign <= "\udfff":
        return ESCAPES.get(sign, sign)
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
