"""Plain values, of JSON's own kinds, that nobody can change: the answers of a form, say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NoReturn, TypeAlias

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.texts import name_of, text_of

DEEPEST = 16
"""How many values may be in one another."""
Plain: TypeAlias = "bool | int | float | str | tuple[Plain, ...] | PlainMapping | None"


class PlainMapping(dict[str, Any]):
    """Names with plain values; it can be asked and written as JSON like any dict, and never be changed."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[PlainMapping], tuple[dict[str, Any]]]:
        return PlainMapping, (dict(self),)

    def _never(self, *_: object, **__: object) -> NoReturn:
        raise InvalidValue("mapping", "plain values are never changed; make others")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _never


def plain_mapping(value: object, what: str) -> PlainMapping:
    """The mapping as names and plain values, each text as it would be kept.

    Lists become tuples. Raises InvalidValue, with the place in the mapping, for what JSON has no kind for, and for what
    is no mapping.
    """
    if not isinstance(value, Mapping):
        raise InvalidValue(what, f"must be a mapping from names to plain values, got {brief(value)}")
    try:
        return _mapping(value, "", _text, name_of, 1)
    except InvalidValue as error:
        raise InvalidValue(what, str(error) if error.what else error.problem) from None


def frozen_mapping(value: Mapping[str, Any]) -> PlainMapping:
    """A mapping that was checked when it was recorded, as it is, but so that nobody can change it."""
    return _mapping(value, "", lambda text, _: text, lambda name, _: name, 1)


Check: TypeAlias = Callable[[str, str], str]


def _mapping(value: Mapping[Any, Any], where: str, text: Check, name: Check, depth: int) -> PlainMapping:
    a_name = f"a name in {where}" if where else "a name"
    below = f"{where}." if where else ""
    pairs = [(name(key, a_name), _plain(one, f"{below}{key}", text, name, depth)) for key, one in value.items()]
    made = PlainMapping(pairs)
    if len(made) < len(pairs):
        raise InvalidValue(where, f"two of its names are the same: {listed(sorted(key for key, _ in pairs))}")
    return made


def _plain(value: Any, where: str, text: Check, name: Check, depth: int) -> Plain:
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    if depth > DEEPEST:
        raise InvalidValue(where, f"more than {DEEPEST} values are in one another")
    match value:
        case str():
            return text(value, where)
        case float() if isfinite(value):
            return float(value)
        case list() | tuple():
            return tuple([_plain(one, f"{where}.{n}", text, name, depth + 1) for n, one in enumerate(value)])
        case Mapping():
            return _mapping(value, where, text, name, depth + 1)
    possible = "a text, a number, yes or no, nothing, or a list or mapping of these"
    raise InvalidValue(where, f"must be {possible}, got {brief(value)}")


def _text(value: str, what: str) -> str:
    """A text as it would be kept; an answer may be empty."""
    return text_of(value, what) if value.strip() else ""
