"""Periods as people write them: the days that are spelt so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Days = tuple[date, date]
"""The first and the last day, both included."""
DAY = timedelta(days=1)
KINDS = ("day", "month", "quarter", "year", "week")


def spelt(day: date, kind: str) -> str:
    """The day, month, quarter, year or week of ISO 8601 in which it falls, as people write it."""
    if kind == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if kind == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[kind]]


def days_of(written: Any) -> Days:
    """The first and the last day of a period: of a day, of what people write, or of what has a first and a last day."""
    if isinstance(written, date):
        return written, written
    if not isinstance(written, str):
        return written.first, written.last
    first, _, last = written.partition("/")
    return _days_spelt(first)[0], _days_spelt(last or first)[1]


@lru_cache(maxsize=1_000)
def _days_spelt(written: str) -> Days:
    """The first and the last of the days that are spelt so; a week may reach into the year before or after."""
    year = int(written[:4])
    near = [date(year, 1, 1) + n * DAY for n in range(-4, 370)]
    found = [day for day in near if written in [spelt(day, kind) for kind in KINDS]]
    return found[0], found[-1]


def name_of(days: Days) -> str:
    """The shortest name of a period."""
    around = [spelt(days[0], kind) for kind in KINDS]
    return next((name for name in around if _days_spelt(name) == days), f"{days[0]}/{days[1]}")


def day_of(said: Any) -> date | None:
    """A day that is given as such, or written; None if none is."""
    return date.fromisoformat(said) if isinstance(said, str) else said


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day is over there: the midnight after it."""
    return datetime.combine(day + DAY, time(), zone)
