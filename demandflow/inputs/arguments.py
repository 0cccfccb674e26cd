"""Arguments, looked at in one place: whatever is given, what is wrong with it is said as InvalidValue.

What somebody else's object raises when it is compared, hashed, counted or shown is not known. So a value's class is
asked about first, and only what is plainly a text or a number is compared with anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from demandflow.errors import InvalidValue, brief, listed


def plain(value: object) -> str | None:
    """The value as a text of Python's own, whatever its class makes of itself; None if it is no text."""
    return str.__str__(value) if isinstance(value, str) else None


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


def each_of(what: str, values: object, example: str) -> Iterator[Any]:
    """The values one by one. Raises InvalidValue for what does not hold several, or cannot be gone through.

    What a caller's own iterator raises on the way is the caller's, and passes.
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
