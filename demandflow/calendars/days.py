"""Days that differ from the week: holidays, make-up working days, other hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from demandflow.calendars.hours import Hours, opening_hours
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of
from demandflow.inputs.moments import EARLIEST, LATEST

ALL_YEARS = range(EARLIEST.year - 1, LATEST.year + 1)
"""Every year that a moment may lie in, by any zone's wall clock."""


@dataclass(frozen=True)
class Days:
    """A source of days that differ from the week: closed, worked after all, or open at other hours.

    `years` are those that it covers: it replaces all that earlier sources said about them. What it says about other
    years are exceptions, and cover nothing.
    Raises InvalidValue for a day that is both closed and worked, and for what is no date or year.
    """

    years: frozenset[int] = frozenset()
    closed: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    hours: tuple[tuple[date, Hours], ...] = ()
    """Days that are worked at other hours, in order; a mapping is accepted."""

    def __init__(
        self,
        years: Iterable[int] = (),
        closed: Iterable[date] = (),
        working: Iterable[date] = (),
        hours: Mapping[date, object] | Iterable[tuple[date, object]] = (),
    ) -> None:
        special = dict(hours)
        fields = {
            "years": frozenset(_years(years)),
            "closed": frozenset(_dates(closed, "closed")),
            "working": frozenset(_dates(working, "working")),
            "hours": tuple((day, opening_hours(special[day], f"hours of {day}")) for day in sorted(_dates(special))),
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)
        if both := sorted(self.closed & (self.working | special.keys())):
            raise InvalidValue("days", f"{both[0]} is said to be closed and worked")
        if both := sorted(self.working & special.keys()):
            raise InvalidValue("days", f"{both[0]} is under working and under hours; hours are enough")

    @classmethod
    def none(cls, years: Iterable[int]) -> Days:
        """Years without any day that differs: they are worked by the week alone."""
        return cls(years)


def single_days(sources: Iterable[Days]) -> dict[date, Hours | None]:
    """The days that differ, later sources over earlier: no hours for a closed day, None for one that is just worked.

    A later source that covers a year replaces all that earlier ones said about it.
    """
    days: dict[date, Hours | None] = {}
    for source in sources:
        days = {day: hours for day, hours in days.items() if day.year not in source.years}
        days |= dict.fromkeys(source.closed, ())
        days |= dict.fromkeys(source.working, None)
        days |= dict(source.hours)
    return days


def _years(years: Iterable[int]) -> Iterable[int]:
    for year in each_of("years", years, "[2026]"):
        if type(year) is not int or year not in ALL_YEARS:
            raise InvalidValue("years", f"{brief(year)} is no year within 1900–2199")
        yield year


def _dates(days: Iterable[date], what: str = "hours") -> Iterable[date]:
    for day in each_of(what, days, "[date(2026, 10, 1)]"):
        if type(day) is not date:
            raise InvalidValue(what, f"{brief(day)} is no date")
        yield day
