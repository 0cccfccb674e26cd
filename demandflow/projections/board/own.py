"""Own fields, what facts of a community's own classes say: how they are kept in a column, found in it, and counted by.

The column is JSON with each field on a line of its own, so that what a field says is found by its line: a line feed
inside of a text is written otherwise. The board has one of all fields, the slices one of those that are dimensions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from demandflow.domain.fact import as_json
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import asked_text_of

Scalar = str | int | float | bool | None
LARGEST = 10**4000
"""Python writes no number that is much longer."""
SEVERAL: Sequence[object] = ()
"""What is no scalar is one part of the figures, whatever it says: `[]`."""
LIKE_JSON = re.compile(
    r'|".*|null|true|false|NaN|-?Infinity|\[\]|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?', re.DOTALL
)
"""Texts that would be taken for something else."""


def written(attributes: Mapping[str, Any]) -> str:
    """The own fields as they are kept: JSON, in the order of their names."""
    return "{\n" + "\n,\n".join(_line(name, as_json(attributes[name])) for name in sorted(attributes)) + "\n}"


def texts_of(attributes: Mapping[str, Any]) -> Iterator[str]:
    """All texts that the own fields say, as JSON has them: by themselves, or among several values."""
    for name in sorted(attributes):
        yield from _texts(as_json(attributes[name]))


def in_slice(attributes: Mapping[str, Any], dimensions: Collection[str]) -> str:
    """Those of the own fields that are dimensions, as a slice keeps them; empty if there are none."""
    values = {name: _scalar_or_several(attributes[name]) for name in dimensions if name in attributes}
    return written(values) if values else ""


def values_in(own_json: str) -> dict[str, Any]:
    """What the fields say, by their names."""
    values: dict[str, Any] = json.loads(own_json) if own_json else {}
    return values


def key_in(own_json: str, name: str) -> str:
    """The key of the part of the figures to which this belongs; empty if it has no such field."""
    values = values_in(own_json)
    return key_of(values[name]) if name in values else ""


def key_of(value: Any) -> str:
    """The key of the part with this value: a text as it is, anything else, and what looks like it, as JSON has it."""
    if isinstance(value, str) and not LIKE_JSON.fullmatch(value):
        return value
    return json.dumps(_scalar_or_several(value), ensure_ascii=False)


def asked(
    own: object, possible: Collection[str], wrong: str = "no fact has the field {name} (possible: {possible})"
) -> dict[str, Scalar]:
    """The own fields that are asked for. Raises InvalidValue for a name that is not possible, or what is no scalar."""
    if not isinstance(own, Mapping):
        raise InvalidValue("own", f'must be fields with their values, for instance {{"bins": 3}}, got {brief(own)}')
    fields: dict[str, Scalar] = {}
    for key, value in own.items():
        if (name := plain(key)) is None or name not in possible:
            raise InvalidValue("own", wrong.format(name=brief(key), possible=listed(sorted(possible))))
        fields[name] = _scalar(name, value)
    return fields


def conditions(fields: Mapping[str, Scalar]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The conditions in SQL, with their values, that own fields say this; None is for those that have no such field."""
    for name, value in fields.items():
        if value is None:
            yield "instr(own_json, ?) = 0", (beginning(name),)
        else:
            lines = lines_of(name, value)
            yield f"({' OR '.join(['instr(own_json, ?) > 0'] * len(lines))})", tuple(lines)


def lines_of(name: str, value: Scalar) -> list[str]:
    """The lines that say that the field has this value: a text as it is given, and as it would be kept."""
    values = dict.fromkeys((value, asked_text_of(value, "own"))) if isinstance(value, str) else (value,)
    return [f"\n{_line(name, one)}\n" for one in values]


def beginning(name: str) -> str:
    """How the line of the field begins, whatever it says."""
    return f"\n{json.dumps(name, ensure_ascii=False)}:"


def _line(name: str, value: Any) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _scalar_or_several(value: Any) -> Any:
    made = as_json(value)
    return made if made is None or isinstance(made, str | int | float) else SEVERAL


def _scalar(name: str, value: object) -> Scalar:
    """A text, a number, yes or no, or None. Raises InvalidValue."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and abs(number := int.__index__(value)) < LARGEST:
        return number
    if isinstance(value, float) and isfinite(fraction := float.__float__(value)):
        return int(fraction) if fraction.is_integer() else fraction
    raise InvalidValue("own", f"{name} must be a text, a number, True, False or None, got {brief(value)}")
