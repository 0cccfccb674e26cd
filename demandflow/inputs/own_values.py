"""What own fields should have said, as a correction says it: names with values as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Strict
from pydantic_core import to_json, to_jsonable_python

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import pairs_of, plain
from demandflow.inputs.texts import has_control_characters


class OwnValue(NamedTuple):
    """What a field of a community's own fact should have said: `rooms`, `4`. Several values are a tuple."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name}: {json.dumps(self.value, ensure_ascii=False)}"


def own_values_of(values: Mapping[str, Any]) -> tuple[OwnValue, ...]:
    """Values as JSON has them, by the names of their fields; so that the same values are the same."""
    return tuple(OwnValue(name, _fixed(values[name])) for name in sorted(values))


def _read(text: str) -> tuple[str, Any]:
    """Of `rooms: 4` the name and the value."""
    name, _, word = text.partition(":")
    try:
        return name.strip(), json.loads(word)
    except ValueError:
        return name.strip(), word.strip()


def _as_json(values: Iterable[OwnValue]) -> tuple[OwnValue, ...]:
    """As JSON has them. Raises InvalidValue for none, a name that comes twice, and what JSON has no word for."""
    made: dict[str, Any] = {}
    for name, value in values:
        if (word := plain(name)) is None or word in made:
            raise InvalidValue("own", f"{brief(name)} is named twice")
        if value is None:
            raise InvalidValue("own", f"{word}: say what it should have said; that it said nothing cannot be recorded")
        made[word] = _jsonable(word, value)
    if not made:
        said = listed(made, none="none")
        raise InvalidValue("own", f"give at least one field with its value, got {said}; or leave it out")
    return own_values_of(made)


def _jsonable(name: str, value: Any) -> Any:
    try:
        if isinstance(value, set | frozenset):
            value = sorted((to_jsonable_python(one) for one in value), key=to_json)
        made = _fixed(to_jsonable_python(value))
        json.dumps(made, allow_nan=False)
        written = to_json(made)
    except Exception as error:  # what a value of somebody else's class raises when it is looked at is not known
        raise InvalidValue("own", f"{name} cannot be written down ({brief(error)})") from None
    if has_control_characters(written):
        raise InvalidValue("own", f"{name} has control characters, got {brief(value)}; take them out")
    return made


def _fixed(value: Any) -> Any:
    """The same with tuples instead of lists, and line feeds between the lines of texts."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, list | tuple):
        return tuple(map(_fixed, value))
    return {name: _fixed(one) for name, one in value.items()} if isinstance(value, dict) else value


OwnValues = Annotated[
    tuple[OwnValue, ...], Strict(False), BeforeValidator(partial(pairs_of, read=_read)), AfterValidator(_as_json)
]
"""Several of them, by name; given as a mapping, too: `{"rooms": 4}`."""
