"""Columns: what a row of a file says about one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from demandflow.domain.values import Category, Place
from demandflow.errors import InvalidValue, brief, listed


@dataclass(frozen=True)
class Row:
    """The fields of a row by column, unchanged from the file."""

    fields: Mapping[str, str]
    zone: ZoneInfo
    formats: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        return self.fields[column]


class Value(Protocol):
    """What a row says about one thing; `columns` are those it needs."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""

    def of(self, row: Row) -> Any:
        """The value; None if the row says nothing. Raises InvalidValue."""


@dataclass(frozen=True)
class Column:
    """A column's text without blanks at its ends; None, or `blank`, where it is empty.

    `choices` translates texts as they are in the file, with their blanks; other texts are not translated.
    """

    name: str
    blank: Any = None
    choices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.name,)

    def of(self, row: Row) -> Any:
        """The text, translated or stripped."""
        text = row[self.name]
        return self.choices[text] if text in self.choices else text.strip() or self.blank


@dataclass(frozen=True)
class Constant:
    """The same for every row."""

    value: Any
    columns: tuple[str, ...] = ()

    def of(self, row: Row) -> Any:
        """The value."""
        return self.value


@dataclass(frozen=True)
class Timestamp:
    """A column's time in the mapping's zone, by the one of its formats that fits; None where it is empty.

    Of an hour that comes twice the first is meant; an hour that the clocks skip is refused.
    """

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.name,)

    def of(self, row: Row) -> datetime | None:
        """The moment in UTC. Raises InvalidValue for what fits no format, or two that disagree."""
        text = row[self.name].strip()
        if not text:
            return None
        parsed = (_parsed(self.name, text, form, row.zone) for form in row.formats)
        times = {time for time in parsed if time is not None}
        if len(times) == 1:
            return _in_utc(self.name, text, times.pop(), row.zone)
        if times:
            raise InvalidValue(self.name, f"{brief(text)} may be {listed(sorted(map(str, times)))}; declare one format")
        raise InvalidValue(self.name, f"{brief(text)} is no time of the form {listed(row.formats)}")


@dataclass(frozen=True)
class PathOf:
    """A place or category of several names, widest first; those that say nothing are left out, None if all do."""

    kind: type[Place] | type[Category]
    parts: tuple[Value | str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of its parts."""
        return tuple(name for part in self.parts if not isinstance(part, str) for name in part.columns)

    def of(self, row: Row) -> Place | Category | None:
        """The path."""
        names = [part if isinstance(part, str) else part.of(row) for part in self.parts]
        named = [name for name in names if name]
        return self.kind.of(*named) if named else None


@dataclass(frozen=True)
class Made:
    """Whatever a function makes of a row (its columns are named, so that the header can be checked)."""

    columns: tuple[str, ...]
    make: Callable[[Row], Any]

    def of(self, row: Row) -> Any:
        """What the function returns."""
        return self.make(row)


def check_value(what: str, value: object) -> None:
    """Raise InvalidValue for what is no Value."""
    if not hasattr(value, "of") or not isinstance(getattr(value, "columns", None), tuple):
        raise InvalidValue(what, f"give a Column, Constant, Timestamp, PathOf or Made, got {brief(value)}")


def _parsed(what: str, text: str, form: str, zone: ZoneInfo) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    if not 1900 < time.year < 2199:
        raise InvalidValue(what, f"{brief(text)} is no time that is recorded (possible: 1901 to 2198)")
    return time if time.tzinfo is not None else time.replace(tzinfo=zone)


def _in_utc(name: str, text: str, time: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC, if the clocks of the zone showed it."""
    moment = time.astimezone(UTC)
    if time.tzinfo is zone and moment.astimezone(zone).replace(tzinfo=None) != time.replace(tzinfo=None):
        raise InvalidValue(name, f"{brief(text)} was skipped by the clocks of {zone.key}")
    return moment
