"""The law of calendars: each answers as its twin does that counts day by day, also where the clocks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Calendar, Days
from demandflow.errors import InvalidValue
from demandflow.testing.model.calendars import NaiveCalendar
from tests.profiles import examples

US, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Shanghai", "UTC")
TURNS = (
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 10, 26, 1, tzinfo=UTC),
    datetime(2025, 3, 9, 6, tzinfo=UTC),
    datetime(2025, 11, 2, 5, tzinfo=UTC),
    datetime(2025, 4, 5, 15, tzinfo=UTC),
    datetime(2025, 10, 4, 15, 30, tzinfo=UTC),
    datetime(2025, 1, 1, tzinfo=UTC),
    datetime(2025, 12, 31, 20, tzinfo=UTC),
)
"""Changes of the clock in these zones, and of the year."""
HOURS = (
    "09:00-12:00 14:00-18:00",
    "00:00-24:00",
    "01:30-03:30",
    "02:00-03:00",
    "22:00-24:00",
    "00:00-02:30 02:30-05:00",
    "00:00-02:30 14:00-18:00",
    "02:10-02:20 02:40-03:10",
    "08:30-17:00",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNITS = ("working days", "full working days", "working hours", "calendar days", "hours")
QUESTIONS = 12


@settings(max_examples=examples(300))
@given(st.integers(0, 2**32))
def test_a_calendar_counts_as_one_would_day_by_day(seed: int) -> None:
    dice = Random(seed)
    calendar = drawn_calendar(dice)
    twin = NaiveCalendar(calendar)
    for _ in range(QUESTIONS):
        question, given = drawn_question(dice)
        asked = f"{calendar!r}.{question}{given!r}"
        assert answer(getattr(calendar, question), given) == answer(getattr(twin, question), given), asked


def answer(question: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """The answer, or the kind of error."""
    try:
        return question(*given)
    except InvalidValue as error:
        return type(error)


def drawn_calendar(dice: Random) -> Calendar:
    """A calendar by lot: often of the week alone, sometimes of one that knows few years."""
    week: Any = {day: dice.choice(HOURS) for day in WEEKDAYS if dice.random() < 0.7} or {"Mon": HOURS[0]}
    if dice.random() < 0.4:
        week = f"Mon-Fri {HOURS[0]}"
    some = [date(2025, 1, 1) + timedelta(days=dice.randrange(365)) for _ in range(30)]
    closed, working = some[:10], [day for day in some[10:15] if day not in some[:10]]
    special = {day: dice.choice(HOURS) for day in some[15:20] if day not in some[:15]}
    years = dice.choice(([2024, 2025, 2026], [2025]))
    sources = [Days(years, closed, working, special)]
    if dice.random() < 0.4:
        sources.append(Days(dice.choice(([2025], [])), closed=some[20:23]))
    days = sources if dice.random() < 0.8 else []
    makeup = dice.choice(("", "10:00-11:00"))
    return Calendar.of("office", zone=dice.choice(ZONES), hours=week, days=days, makeup_hours=makeup)


def drawn_question(dice: Random) -> tuple[str, tuple[Any, ...]]:
    """A method and its arguments."""
    began, unit = drawn_moment(dice), dice.choice(UNITS)
    in_hours = unit.endswith("hours")
    amount = dice.choice((0, 1, "0.5", "1/3", 8, 40) if in_hours else (0, 1, 1, 2, 5, 20))
    ended = began + timedelta(days=dice.randrange(-30, 30), minutes=dice.randrange(0, 1440, 30))
    span, earlier = f"{amount} {unit}", min(began, ended)
    questions: dict[str, tuple[Any, ...]] = {
        "add": (began, span),
        "before": (began, span),
        "between": (began, ended, unit),
        "shifted": (began, earlier - 3 * DAY, earlier, unit),
        "is_open": (began,),
        "next_opening": (began,),
        "is_working_day": (began.date(),),
    }
    question = dice.choice(("add", *questions))
    return question, questions[question]


def drawn_moment(dice: Random) -> datetime:
    """A moment of 2025, often where the clocks change or beside it."""
    base = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * dice.randrange(17500))
    if dice.random() < 0.5:
        base = dice.choice(TURNS)
    beside = (timedelta(0), US, -US, timedelta(minutes=dice.randrange(-180, 180)), HOUR * dice.randrange(-60, 60))
    return base + dice.choice(beside)
