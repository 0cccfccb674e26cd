"""Periods: all days from a first to a last day, as a community counts them."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import word_among

EVERY = ("day", "week", "month", "quarter", "year")
_WRITTEN = {
    "day": re.compile(r"(\d{4})-(\d\d)-(\d\d)"),
    "week": re.compile(r"(\d{4})-W(\d\d)"),
    "month": re.compile(r"(\d{4})-(\d\d)"),
    "quarter": re.compile(r"(\d{4})-Q(\d)"),
    "year": re.compile(r"(\d{4})"),
}
FORMS = "2026, 2026-Q1, 2026-03, 2026-W12, 2026-03-05 or 2026-03-01/2026-03-10"


@dataclass(frozen=True, order=True)
class Period:
    """All days from `first` to `last`, both included, in the community's time zone. Weeks are those of ISO 8601.

    Raises InvalidValue if it ends before it begins.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        for what in ("first", "last"):
            as_day(getattr(self, what), what)
        if self.last < self.first:
            raise InvalidValue("period", f"it ends on {self.last}, before it begins on {self.first}")

    @classmethod
    def of(cls, written: str | date | Self) -> Self:
        """A period as people write it: `2026`, `2026-Q1`, `2026-03`, `2026-W12`, `2026-03-05`, `2026-03-01/2026-03-10`.

        A date is that day. Raises InvalidValue for what is none.
        """
        if isinstance(written, cls):
            return written
        if isinstance(written, date) and not isinstance(written, datetime):
            return cls(written, written)
        if not isinstance(written, str):
            raise InvalidValue("period", f"{brief(written)} is none; write {FORMS}")
        first, slash, last = written.partition("/")
        try:
            period = cls._plain(first)
            return cls(period.first, cls._plain(last).last) if slash else period
        except (ValueError, OverflowError) as wrong:
            if isinstance(wrong, InvalidValue):
                raise
            raise InvalidValue("period", f"{brief(written)} is none ({wrong}); write {FORMS}") from None

    @classmethod
    def around(cls, day: date, every: str) -> Self:
        """The day, week, month, quarter or year in which a day falls."""
        match as_every(every):
            case "week":
                first = day - timedelta(days=day.weekday())
                return cls(first, first + timedelta(days=6))
            case "month":
                return cls._months(day.year, day.month, 1)
            case "quarter":
                return cls._months(day.year, 3 * ((day.month - 1) // 3) + 1, 3)
            case "year":
                return cls._months(day.year, 1, 12)
        return cls(day, day)

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The moment at which it begins, and that at which it is over, in this zone.

        Raises InvalidValue for the last day that a date can be.
        """
        if self.last == date.max:
            raise InvalidValue("period", f"{self} has no day after it")
        midnight, after = datetime.min.time(), self.last + timedelta(days=1)
        return datetime.combine(self.first, midnight, zone), datetime.combine(after, midnight, zone)

    @classmethod
    def _plain(cls, written: str) -> Self:
        for every, form in _WRITTEN.items():
            if (match := form.fullmatch(written)) is not None:
                year, number, day = (*map(int, match.groups()), 1, 1)[:3]
                if every == "week":
                    return cls.around(date.fromisocalendar(year, number, 1), every)
                return cls.around(date(year, 3 * number - 2 if every == "quarter" else number, day), every)
        raise ValueError("not understood")

    @classmethod
    def _months(cls, year: int, month: int, number: int) -> Self:
        last = month + number - 1
        return cls(date(year, month, 1), date(year, last, monthrange(year, last)[1]))

    def __str__(self) -> str:
        for every in ("day", "month", "quarter", "year", "week"):
            if self == Period.around(self.first, every):
                return _name(self.first, every)
        return f"{self.first}/{self.last}"


def as_day(value: object, what: str) -> date:
    """The value, if it is a day and no moment; InvalidValue otherwise."""
    if isinstance(value, str) and _WRITTEN["day"].fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as wrong:
            raise InvalidValue(what, f"{brief(value)} is no day ({wrong})") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValue(what, f"must be a day, for instance date(2026, 3, 31) or 2026-03-31, got {brief(value)}")
    return value


def as_every(value: object) -> str:
    """The value, if it is a kind of period; InvalidValue otherwise."""
    return word_among("every", value, EVERY)


def number_of(day: date) -> int:
    """A day as the tables keep it: 20260305; these numbers sort as days do."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of such a number."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def _name(day: date, every: str) -> str:
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if every == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[every]]
