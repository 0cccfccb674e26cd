"""Checks of arguments: whatever is given, the error is an InvalidValue that says what is wrong with it.

Another library's object may raise anything when it is compared, hashed, counted or shown. So the class of a value is
checked first, and only a plain text or number is compared with anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from demandflow.errors import InvalidValue, brief, listed


def plain(value: object) -> str | None:
    """The value as a plain `str`, even if its class is a subclass of it; None if it is no text."""
    return str.__str__(value) if isinstance(value, str) else None


def plain_text(what: str, value: object) -> str:
    """The value as a plain `str`. Raises InvalidValue for what is no text."""
    if not isinstance(value, str):
        raise InvalidValue(what, f"must be a text, got {brief(value)}")
    return str.__str__(value)


def word_among(what: str, value: object, possible: Collection[object]) -> str:
    """The value, if it is one of these words. Raises InvalidValue that lists them."""
    word = plain(value)
    if word is None or word not in possible:
        raise InvalidValue(what, f"{brief(value)} is none (possible: {listed(map(str, possible))})")
    return word


def whole_number(what: str, value: object, least: int, most: int) -> int:
    """The value, if it is a whole number within these bounds. Raises InvalidValue."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidValue(what, f"must be a whole number from {least} to {most}, got {brief(value)}")
    return value


def yes_or_no(what: str, value: object) -> bool:
    """The value, if it is True or False. Raises InvalidValue."""
    if not isinstance(value, bool):
        raise InvalidValue(what, f"must be True or False, got {brief(value)}")
    return value


def a_function(what: str, value: object, of: str) -> None:
    """Raise InvalidValue for what cannot be called; `of` says with what it would be called."""
    if not callable(value):
        raise InvalidValue(what, f"must be a function of {of}, got {brief(value)}")


def each_of(what: str, values: object, example: str) -> Iterator[Any]:
    """The values one by one. Raises InvalidValue for a single value, and for one that cannot be iterated.

    What the caller's own iterator raises later is not caught.
    """
    if not isinstance(values, str | bytes) and isinstance(values, Iterable):
        try:
            return iter(values)
        except Exception as error:
            raise InvalidValue(what, f"cannot be gone through ({brief(error)})") from None
    raise InvalidValue(what, f"must be several, for instance {example}, got {brief(values)}")


def zone_of(value: object, what: str = "zone") -> ZoneInfo:
    """The time zone of this name. Raises InvalidValue."""
    try:
        return ZoneInfo(plain(value) or "")
    except Exception:  # a name may also be a path that is too long, or leads elsewhere
        problem = f"{brief(value)} is no time zone of this system (such as Asia/Shanghai; or install tzdata)"
        raise InvalidValue(what, problem) from None


def pairs_of(value: Any, read: Callable[[str], tuple[str, Any]]) -> Any:
    """A mapping, or a list of pairs and of texts that are pairs when they are read, as pairs; all else as it is."""
    if isinstance(value, Mapping):
        return tuple(value.items())
    return (
        tuple(read(one) if isinstance(one, str) else one for one in value) if isinstance(value, list | tuple) else value
    )
