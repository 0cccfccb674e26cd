"""From words to values: the words of a form, a file or a web request, as values for the fields of a fact.

A blank word is left out. A time without an offset is in the given zone; yes and no, lists and ids are read as people
write them. All problems are reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import zone_of

YES = frozenset({"yes", "y", "true", "1", "是"})
NO = frozenset({"no", "n", "false", "0", "否"})
_BETWEEN = re.compile(r"[,;、，；\n]")
"""What separates the items of a list."""


def read(
    fields: Mapping[str, Any], words: Mapping[str, object], zone: str | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of these words, by field, and the problems of those that cannot be read.

    A value that is no text is taken as it is. Raises InvalidValue for what is no mapping, or no zone.
    """
    local = None if zone is None else zone_of(zone)
    if not isinstance(words, Mapping):
        raise InvalidValue("words", f"must be a mapping from field to word, got {brief(words)}")
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, word in dict(words).items():
        if name not in fields:
            problems[brief(name)] = f"there is no such field (possible: {listed(fields)})"
        elif isinstance(word, str) and word.strip():
            try:
                values[name] = _read(fields[name].annotation, word, local)
            except InvalidValue as error:
                problems[name] = error.problem
        elif word is not None and not isinstance(word, str):
            values[name] = word
    return values, problems


def local_moment(text: str, zone: ZoneInfo | None) -> datetime:
    """The moment of an ISO text, in UTC; without an offset it is in the zone.

    A time that the clocks show twice is the first; one that they skip is refused. Raises InvalidValue.
    """
    try:
        written = datetime.fromisoformat(text.strip())
        if written.tzinfo is None:
            if zone is None:
                raise InvalidValue("time", f"{brief(text)} has no offset; name the zone it is of (zone=…)")
            written = written.replace(tzinfo=zone)
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue("time", f"{brief(text)} is no time, for instance 2026-03-05 09:30") from None
    if written.tzinfo is zone and moment.astimezone(zone).replace(tzinfo=None) != written.replace(tzinfo=None):
        raise InvalidValue("time", f"{brief(text)} was skipped by the clocks of {zone}")
    return moment


def _read(wanted: Any, word: str, zone: ZoneInfo | None) -> Any:
    """The word as a value of the field's type; a text stays a text, and is checked by the fact."""
    for kind in _kinds(wanted):
        if get_origin(kind) in (tuple, list):
            item = get_args(kind)[0]
            return tuple(_read(item, part.strip(), zone) for part in _BETWEEN.split(word) if part.strip())
        if isinstance(kind, type) and (read := _READERS.get(kind)) is not None:
            return read(word.strip())
        if kind is datetime:
            return local_moment(word, zone)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return word.strip()
    return word


def _kinds(wanted: Any) -> Iterator[Any]:
    """The types that a field may have, without None and annotations."""
    if get_origin(wanted) is Annotated:
        yield from _kinds(get_args(wanted)[0])
    elif get_origin(wanted) in (Union, UnionType):
        for part in get_args(wanted):
            yield from _kinds(part)
    elif wanted is not NoneType:
        yield wanted


def _yes_or_no(word: str) -> bool:
    if word.lower() not in YES | NO:
        raise InvalidValue(
            "word", f"{brief(word)} is neither yes nor no (possible: yes, no, true, false, 1, 0, 是, 否)"
        )
    return word.lower() in YES


def _number(word: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", word, re.ASCII):
        raise InvalidValue("word", f"{brief(word)} is no whole number")
    return int(word)


def _fraction(word: str) -> float:
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", word, re.ASCII):
        raise InvalidValue("word", f"{brief(word)} is no number")
    return float(word)


def _id(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise InvalidValue("word", f"{brief(word)} is no id (a UUID)") from None


_READERS: dict[type, Callable[[str], Any]] = {bool: _yes_or_no, int: _number, float: _fraction, UUID: _id}
