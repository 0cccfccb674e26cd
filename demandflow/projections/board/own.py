"""Own fields, what facts of a community's own classes say: how they are kept in a column of the board, and found in it.

The column is JSON with each field on a line of its own, so that what a field says is found by its line: a line feed
inside of a text is written otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from demandflow.domain.fact import as_json
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import asked_text_of

Scalar = str | int | float | bool | None
LARGEST = 10**4000
"""Python writes no number that is much longer."""


def written(attributes: Mapping[str, Any]) -> str:
    """The own fields as they are kept: JSON, in the order of their names."""
    return "{\n" + "\n,\n".join(_line(name, as_json(attributes[name])) for name in sorted(attributes)) + "\n}"


def asked(own: object, possible: Collection[str]) -> dict[str, Scalar]:
    """The own fields that are asked for. Raises InvalidValue for a name that no fact has, and for what is no scalar."""
    if not isinstance(own, Mapping):
        raise InvalidValue("own", f'must be fields with their values, for instance {{"bins": 3}}, got {brief(own)}')
    fields: dict[str, Scalar] = {}
    for key, value in own.items():
        if (name := plain(key)) is None or name not in possible:
            raise InvalidValue("own", f"no fact has the field {brief(key)} (possible: {listed(sorted(possible))})")
        fields[name] = _scalar(name, value)
    return fields


def lines_of(name: str, value: Scalar) -> list[str]:
    """The lines that say that the field has this value: a text as it is given, and as it would be kept."""
    values = dict.fromkeys((value, asked_text_of(value, "own"))) if isinstance(value, str) else (value,)
    return [f"\n{_line(name, one)}\n" for one in values]


def beginning(name: str) -> str:
    """How the line of the field begins, whatever it says."""
    return f"\n{json.dumps(name, ensure_ascii=False)}:"


def _line(name: str, value: Any) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"


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
