"""Working time by examples: spans, opening hours and days as they are written, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.hours import hours_as_text, opening_hours, opening_week, since_midnight
from demandflow.calendars.spans import Span, Unit
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.standard.clocks import standard_clocks
from demandflow.domain.values import Category
from demandflow.errors import InvalidValue, YearNotCovered

TICK, HOUR = timedelta.resolution, timedelta(hours=1)
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
working_days: Any = partial(Span, unit=Unit.WORKING_DAYS)
full_working_days: Any = partial(Span, unit=Unit.FULL_WORKING_DAYS)
working_hours: Any = partial(Span, unit=Unit.WORKING_HOURS)
calendar_days: Any = partial(Span, unit=Unit.CALENDAR_DAYS)
hours: Any = partial(Span, unit=Unit.HOURS)


@pytest.mark.parametrize(
    ("text", "unit", "amount", "written"),
    [
        ("3 working days", Unit.WORKING_DAYS, 3, "3 working days"),
        (" 1 full working days ", Unit.FULL_WORKING_DAYS, 1, "1 full working day"),
        ("0 calendar days", Unit.CALENDAR_DAYS, 0, "0 calendar days"),
        ("2  hours", Unit.HOURS, 2, "2 hours"),
        ("1 hour", Unit.HOURS, 1, "1 hour"),
        ("8.50 working hours", Unit.WORKING_HOURS, Fraction(17, 2), "8.5 working hours"),
        ("0.05 hours", Unit.HOURS, Fraction(1, 20), "0.05 hours"),
        ("12.125 hours", Unit.HOURS, Fraction(97, 8), "12.125 hours"),
        ("0.008 hours", Unit.HOURS, Fraction(1, 125), "0.008 hours"),
        ("4/3 hours", Unit.HOURS, Fraction(4, 3), "4/3 hours"),
        ("1/6 working hours", Unit.WORKING_HOURS, Fraction(1, 6), "1/6 working hours"),
        ("4/2 hours", Unit.HOURS, 2, "2 hours"),
        ("90 minutes", Unit.HOURS, Fraction(3, 2), "1.5 hours"),
        ("1 minute", Unit.HOURS, Fraction(1, 60), "1/60 hours"),
        ("60 working minutes", Unit.WORKING_HOURS, 1, "1 working hour"),
        ("3 working minute", Unit.WORKING_HOURS, Fraction(1, 20), "0.05 working hours"),
        ("1000000 calendar days", Unit.CALENDAR_DAYS, 1_000_000, "1000000 calendar days"),
    ],
)
def test_a_span_is_an_exact_amount_of_one_unit(text: str, unit: Unit, amount: int | Fraction, written: str) -> None:
    span = Span.of(text)
    assert (span.unit, span.amount, str(span)) == (unit, amount, written)
    assert type(span.amount) is (int if amount == int(amount) else Fraction)
    assert span.count == (float(amount) * HOUR // TICK if unit.is_elapsed else amount)
    assert Span(amount, unit) == Span(amount, unit.value) == Span.of(span) == Span.of(written) == span  # type: ignore[arg-type]


def test_spans_that_code_makes_are_those_that_are_written() -> None:
    made = (working_days(2), full_working_days(2), calendar_days(2), hours(2), working_hours(Decimal("0.1")))
    assert [*map(str, made)] == [
        "2 working days",
        "2 full working days",
        "2 calendar days",
        "2 hours",
        "0.1 working hours",
    ]
    assert hours(Decimal("0.1")) == hours(Fraction(1, 10)) == Span.of("6 minutes")
    assert [unit.counts_working_time for unit in Unit] == [True, True, True, False, False]
    assert [unit.is_elapsed for unit in Unit] == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("said", "pairs", "written"),
    [
        ("09:00-12:00 14:00-18:00", [(time(9), time(12)), (time(14), time(18))], "09:00-12:00 14:00-18:00"),
        ("9:00-12:00 12:00-13:30", [(time(9), time(12)), (time(12), time(13, 30))], "09:00-12:00 12:00-13:30"),
        ("8:30:15-8:30:16", [(time(8, 30, 15), time(8, 30, 16))], "08:30:15-08:30:16"),
        (
            "08:30:00.25-9:00:00.000001",
            [(time(8, 30, 0, 250_000), time(9, 0, 0, 1))],
            "08:30:00.250000-09:00:00.000001",
        ),
    ],
)
def test_opening_hours_are_read_and_written(said: str, pairs: list[tuple[time, time]], written: str) -> None:
    read = opening_hours(said)
    assert read == tuple(pairs) == opening_hours(pairs) == opening_hours([list(pair) for pair in pairs])
    assert hours_as_text(read) == written
    assert opening_hours(written) == read


def test_a_closing_at_midnight_is_the_end_of_the_day() -> None:
    for said in ("00:00-24:00", "0:00-0:01 23:59-00:00", "00:00-12:00 12:00-24:00"):
        read = opening_hours(said)
        assert (read[0][0], read[-1][1]) == (time(0), time(0))
        assert opening_hours(hours_as_text(read)) == read


def test_a_clock_time_is_counted_in_microseconds() -> None:
    assert since_midnight(time(0)) == 0
    assert since_midnight(time(1, 2, 3, 4)) == 3_723_000_004


NINE, SHORT = opening_hours("09:00-17:00"), opening_hours("09:00-12:00")


@pytest.mark.parametrize(
    ("said", "week"),
    [
        ("Mon-Fri 09:00-17:00", (*[NINE] * 5, (), ())),
        ("Mon-Wed 09:00-17:00; Sat 09:00-12:00;Sun 9:00-12:00", (*[NINE] * 3, (), (), SHORT, SHORT)),
        ("Mon,Thu-Fri 09:00-17:00", (NINE, (), (), NINE, NINE, (), ())),
        ({"Tue, Thu": "09:00-17:00", "Sun": [(time(9), time(12))]}, ((), NINE, (), NINE, (), (), SHORT)),
        ((NINE, (), "09:00-12:00", (), (), (), [(time(9), time(12))]), (NINE, (), SHORT, (), (), (), SHORT)),
    ],
)
def test_a_week_of_hours_is_read(said: object, week: object) -> None:
    assert opening_week(said) == week


def test_days_are_a_value_in_order() -> None:
    first, second, third = (date(2026, 5, day) for day in (1, 2, 3))
    days = Days([2026], [second], [first], {third: "09:00-12:00", date(2026, 1, 1): SHORT})
    assert days == Days((2026,), {second}, {first}, [(date(2026, 1, 1), "09:00-12:00"), (third, SHORT)])
    assert (days.years, days.closed, days.working) == (frozenset({2026}), frozenset({second}), frozenset({first}))
    assert days.hours == ((date(2026, 1, 1), SHORT), (third, SHORT))
    assert Days() == Days((), (), (), {}) == Days.none([])
    assert Days.none([2025, 2026]) == Days([2026, 2025])
    assert Days(range(1899, 2201)).years == frozenset(range(1899, 2201))


def office(zone: str = "UTC", hours: str = "Mon-Fri 09:00-12:00 14:00-18:00", *days: Days, **more: Any) -> Calendar:
    return Calendar.of("office", zone=zone, hours=hours, days=days, **more)


def test_a_calendar_is_made_of_what_is_said() -> None:
    closed = Days([2026], [date(2026, 3, 2)])
    calendar = Calendar.of("o", zone="UTC", hours={"Tue": "09:00-17:00", "Sat": "09:00-12:00"}, days=closed)
    week = ((), NINE, (), (), (), SHORT, ())
    assert (calendar.name, calendar.zone, calendar.hours, calendar.days) == ("o", "UTC", week, (closed,))
    assert calendar.makeup_hours == NINE, "the week's first, if not said"
    assert calendar == Calendar("o", "UTC", week, closed) == Calendar("o", "UTC", week, [closed], ())  # type: ignore[arg-type]
    assert any_calendar("o", "UTC", "Tue 09:00-17:00; Sat 09:00-12:00", closed) == calendar, "as it is written"
    assert replace(calendar, makeup_hours=SHORT) == Calendar.of(
        "o", zone="UTC", hours="Tue 09:00-17:00; Sat 09:00-12:00", days=[closed], makeup_hours="09:00-12:00"
    )
    assert calendar.covered == {2026}
    assert replace(calendar, days=()).covered == frozenset(range(1899, 2201))


WORKED_SUNDAY = Days(
    [2026], [date(2026, 3, 4)], [date(2026, 3, 8), date(2026, 3, 9)], {date(2026, 3, 10): "10:00-11:00"}
)


def test_a_day_has_the_last_word_said_of_it_and_else_its_weekday_s_hours() -> None:
    calendar = office("UTC", "Mon-Tue 09:00-17:00; Wed-Sat 09:00-12:00", WORKED_SUNDAY)
    found = [hours_as_text(calendar.hours_of(date(2026, 3, day))) for day in range(3, 12)]
    assert found == [
        *("09:00-17:00", "", "09:00-12:00", "09:00-12:00", "09:00-12:00"),
        *("09:00-17:00", "09:00-17:00", "10:00-11:00", "09:00-12:00"),
    ]
    assert [calendar.is_working_day(date(2026, 3, day)) for day in (3, 4, 5)] == [True, False, True]


US, ALWAYS, NIGHTLY = (
    "America/New_York",
    "Mon-Sun 00:00-24:00",
    "Sun 00:30-01:30 02:15-02:45 03:00-04:00; Mon 01:00-23:00",
)
"""Clocks in New York went forward at 02:00 on 8 March 2026, and go back at 02:00 on 1 November."""


def moment(text: str, zone: str) -> datetime:
    """The moment that is written with an offset, or that the clock on the wall shows (the first time)."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


ADDED = [
    # Monday is the second of March
    ("UTC", "", "2026-03-02 10:00", "1 working day", "2026-03-03 10:00"),
    ("UTC", "", "2026-03-02 09:00", "1 working day", "2026-03-03 09:00"),
    ("UTC", "", "2026-03-02 08:59", "1 working day", "2026-03-03 09:00"),
    ("UTC", "", "2026-03-02 12:00", "1 working day", "2026-03-03 14:00"),
    ("UTC", "", "2026-03-02 18:00", "1 working day", "2026-03-04 09:00"),
    ("UTC", "", "2026-03-06 17:00", "5 working days", "2026-03-13 17:00"),
    ("UTC", "", "2025-12-31 17:00", "1 working day", "2026-01-01 17:00"),
    ("UTC", "", "2025-12-31 18:00", "600 working days", "2028-04-20 09:00"),
    ("UTC", "", "2026-03-02 10:00", "0 working days", "2026-03-02 10:00"),
    ("UTC", "", "2026-03-02 12:30", "0 working days", "2026-03-02 14:00"),
    ("UTC", "Mon 08:00-20:00; Tue 09:00-10:00 11:00-12:00", "2026-03-02 10:00", "1 working day", "2026-03-03 11:00"),
    ("UTC", "Mon 08:00-20:00; Tue 09:00-10:00 11:00-12:00", "2026-03-02 11:00", "1 working day", "2026-03-03 11:00"),
    ("UTC", "Mon 08:00-20:00; Tue 09:00-10:00 11:00-12:00", "2026-03-02 12:00", "1 working day", "2026-03-03 12:00"),
    ("UTC", "Mon 08:00-20:00; Tue 09:00-10:00 11:00-12:00", "2026-03-02 19:00", "1 working day", "2026-03-03 12:00"),
    ("UTC", "Mon 08:00-20:00; Tue 09:00-10:00 11:00-12:00", "2026-03-03 09:30", "1 working day", "2026-03-09 09:30"),
    (
        "UTC",
        "Mon 08:00-20:00; Tue 09:00-10:00; Wed 09:00-22:00",
        "2025-12-29 19:00",
        "1 working day",
        "2025-12-30 10:00",
    ),
    (US, ALWAYS, "2026-03-07 02:30", "1 working day", "2026-03-08 03:00"),
    ("Europe/Berlin", ALWAYS, "2026-03-28 02:30", "1 working day", "2026-03-29 03:00"),
    (US, ALWAYS, "2026-03-07 03:30", "1 working day", "2026-03-08 03:30"),
    (US, ALWAYS, "2026-03-08 03:30", "1 working day", "2026-03-09 03:30"),
    (US, ALWAYS, "2026-03-08 23:59:59.999999", "1 working day", "2026-03-09 23:59:59.999999"),
    (US, ALWAYS, "2026-10-31 01:30", "1 working day", "2026-11-01 01:30:00-04:00"),
    (US, ALWAYS, "2026-11-01 01:30:00-04:00", "1 working day", "2026-11-02 01:30"),
    (US, ALWAYS, "2026-11-01 01:30:00-05:00", "1 working day", "2026-11-02 01:30"),
    (US, ALWAYS, "2026-11-01 12:00", "1 working day", "2026-11-02 12:00"),
    (US, NIGHTLY, "2026-03-02 01:15", "1 working day", "2026-03-08 01:15"),
    (US, NIGHTLY, "2026-03-02 02:30", "1 working day", "2026-03-08 03:00"),
    (US, NIGHTLY, "2026-03-01 02:30", "1 working day", "2026-03-02 02:30"),
    (US, NIGHTLY, "2026-11-01 01:45:00-05:00", "1 working day", "2026-11-02 02:15"),
    (US, NIGHTLY, "2026-11-01 01:15:00-05:00", "1 working day", "2026-11-02 02:15"),
    ("UTC", "", "2026-03-02 10:00", "1 full working day", "2026-03-03 18:00"),
    ("UTC", "", "2026-03-06 23:00", "1 full working day", "2026-03-09 18:00"),
    ("UTC", "", "2026-03-07 10:00", "2 full working days", "2026-03-10 18:00"),
    ("UTC", "", "2025-12-31 10:00", "1 full working day", "2026-01-01 18:00"),
    ("UTC", "", "2025-12-29 10:00", "1 full working day", "2025-12-30 18:00"),
    ("UTC", "", "2025-12-30 10:00", "2 full working days", "2026-01-01 18:00"),
    ("UTC", "", "2025-12-30 10:00", "300 full working days", "2027-02-23 18:00"),
    (US, ALWAYS, "2026-03-06 10:00", "1 full working day", "2026-03-07 23:59:59.999999"),
    ("UTC", "", "2026-03-02 08:00", "0 full working days", "2026-03-02 18:00"),
    ("UTC", "", "2026-03-02 18:00", "0 full working days", "2026-03-02 18:00"),
    ("UTC", "", "2026-03-02 18:00:00.000001", "0 full working days", "2026-03-02 23:59:59.999999"),
    ("UTC", "", "2026-03-07 10:00", "0 full working days", "2026-03-07 23:59:59.999999"),
    (US, ALWAYS, "2026-03-07 10:00", "0 full working days", "2026-03-07 23:59:59.999999"),
    ("UTC", "", "2026-03-02 11:00", "1 working hour", "2026-03-02 12:00"),
    ("UTC", "", "2026-03-02 11:00", "2 working hours", "2026-03-02 15:00"),
    ("UTC", "", "2026-03-02 12:30", "1/60 working hours", "2026-03-02 14:01"),
    ("UTC", "", "2026-03-02 12:30", "0 working hours", "2026-03-02 12:30"),
    ("UTC", "", "2026-03-02 07:00", "7 working hours", "2026-03-02 18:00"),
    ("UTC", "", "2025-12-31 17:00", "1 working hour", "2025-12-31 18:00"),
    ("UTC", "", "2025-12-31 17:00", "3000 working hours", "2027-08-24 12:00"),
    (US, ALWAYS, "2026-03-08 00:00", "3 working hours", "2026-03-08 04:00"),
    (US, ALWAYS, "2026-11-01 00:00", "3 working hours", "2026-11-01 02:00"),
    (US, NIGHTLY, "2026-03-08 01:00", "1 working hour", "2026-03-08 03:30"),
    (US, NIGHTLY, "2026-11-01 00:30", "2 working hours", "2026-11-01 03:30"),
    ("UTC", "", "2026-03-07 10:00", "1 calendar day", "2026-03-08 10:00"),
    ("UTC", "", "2026-12-31 10:00", "1 calendar day", "2027-01-01 10:00"),
    (US, "", "2026-03-07 02:30", "1 calendar day", "2026-03-08 03:00"),
    (US, "", "2026-10-31 01:30", "1 calendar day", "2026-11-01 01:30:00-04:00"),
    (US, "", "2026-11-01 01:30:00-05:00", "0 calendar days", "2026-11-01 01:30:00-05:00"),
    (US, "", "2026-11-01 01:30:00-05:00", "1 calendar day", "2026-11-02 01:30"),
    (US, "", "2025-11-02 01:30:00-05:00", "364 calendar days", "2026-11-01 01:30:00-05:00"),
    # clocks in Newfoundland went back from 00:01 to 23:01 of the day before
    ("America/St_Johns", "", "2010-11-06 23:30-03:30", "0 full working days", "2010-11-06 23:30-03:30"),
    ("UTC", "", "2026-03-07 10:00", "1.5 hours", "2026-03-07 11:30"),
    (US, "", "2026-03-08 01:30", "1 hour", "2026-03-08 03:30"),
]


@pytest.mark.parametrize(("zone", "week", "start", "span", "due"), ADDED)
def test_so_much_later_it_is_due(zone: str, week: str, start: str, span: str, due: str) -> None:
    calendar = office(zone, week) if week else office(zone)
    found = calendar.add(moment(start, zone), span)
    assert found == moment(due, zone), found.astimezone(ZoneInfo(zone))
    assert found.tzinfo is UTC
    assert calendar.add_many([moment(start, zone)] * 2, Span.of(span)) == [found, found]


BETWEEN = [
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 10:00", "working days", 0),
    ("UTC", "", "2026-03-02 10:00", "2026-03-03 10:00", "working days", 1),
    ("UTC", "", "2026-03-02 10:00", "2026-03-03 09:59", "working days", 0),
    ("UTC", "", "2026-03-02 08:00", "2026-03-03 09:00", "working days", 1),
    ("UTC", "", "2026-03-02 18:00", "2026-03-04 09:00", "working days", 1),
    ("UTC", "", "2026-03-02 18:00", "2026-03-04 08:59", "working days", 0),
    ("UTC", "", "2026-03-07 10:00", "2026-03-08 10:00", "working days", 0),
    ("UTC", "", "2026-03-06 10:00", "2026-03-08 10:00", "working days", 0),
    ("UTC", "", "2026-03-05 10:00", "2026-03-08 10:00", "working days", 1),
    ("UTC", "", "2026-03-02 12:30", "2026-03-03 14:00", "working days", 1),
    ("UTC", "", "2026-03-02 12:30", "2026-03-03 12:30", "working days", 0),
    ("UTC", "", "2025-12-31 10:00", "2027-01-01 10:00", "working days", 262),
    ("UTC", "Mon 09:00-17:00", "2026-01-01 10:00", "2026-01-02 10:00", "working days", 0),
    ("UTC", "Mon 09:00-17:00", "2026-01-01 10:00", "2026-01-12 10:00", "working days", 1),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 23:00", "full working days", 0),
    ("UTC", "", "2026-03-02 23:00", "2026-03-03 00:00", "full working days", 1),
    ("UTC", "", "2026-03-06 10:00", "2026-03-08 10:00", "full working days", 0),
    ("UTC", "", "2026-03-06 10:00", "2026-03-10 10:00", "full working days", 2),
    ("UTC", "", "2025-12-31 10:00", "2026-01-01 10:00", "full working days", 1),
    ("UTC", "", "2025-12-30 10:00", "2027-01-01 10:00", "full working days", 263),
    (US, ALWAYS, "2026-03-07 23:59", "2026-03-09 00:00", "full working days", 2),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 10:00", "working hours", 0 * HOUR),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 11:00", "working hours", HOUR),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 12:00", "working hours", 2 * HOUR),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 13:00", "working hours", 2 * HOUR),
    ("UTC", "", "2026-03-02 08:00", "2026-03-08 10:00", "working hours", 35 * HOUR),
    ("UTC", "Mon 09:00-17:00", "2026-01-01 10:00", "2026-01-05 10:00", "working hours", HOUR),
    ("UTC", "", "2025-12-31 17:00", "2026-01-01 00:00", "working hours", HOUR),
    ("UTC", "", "2025-12-31 17:00", "2028-01-03 10:00", "working hours", (1 + 7 * 522 + 1) * HOUR),
    (US, ALWAYS, "2026-03-08 00:00", "2026-03-09 00:00", "working hours", 23 * HOUR),
    (US, NIGHTLY, "2026-03-08 00:00", "2026-03-09 00:00", "working hours", 2 * HOUR),
    (US, NIGHTLY, "2026-11-01 00:00", "2026-11-01 02:00", "working hours", HOUR),
    ("UTC", "", "2026-03-02 10:00", "2026-03-02 10:00", "calendar days", 0),
    ("UTC", "", "2026-03-02 10:00", "2026-03-03 09:59", "calendar days", 0),
    ("UTC", "", "2026-03-02 10:00", "2026-03-03 10:00", "calendar days", 1),
    ("UTC", "", "2025-03-02 10:00", "2027-03-02 11:00", "calendar days", 730),
    (US, "", "2026-03-07 02:30", "2026-03-08 03:00", "calendar days", 1),
    (US, "", "2026-03-07 02:30", "2026-03-08 01:59", "calendar days", 0),
    (US, "", "2026-10-31 01:30", "2026-11-01 01:30:00-04:00", "calendar days", 1),
    (US, "", "2026-11-01 01:30:00-04:00", "2026-11-01 01:10:00-05:00", "calendar days", 0),
    (US, "", "2026-03-07 12:00", "2026-03-08 12:00", "hours", 23 * HOUR),
]


@pytest.mark.parametrize(("zone", "week", "one", "other", "unit", "found"), BETWEEN)
def test_so_much_lies_between(zone: str, week: str, one: str, other: str, unit: str, found: int | timedelta) -> None:
    calendar = office(zone, week) if week else office(zone)
    a, b = moment(one, zone), moment(other, zone)
    assert calendar.between(a, b, unit) == found
    assert calendar.between(b, a, Unit(unit)) == -found


BEFORE = [
    ("UTC", "", "2026-03-03 10:00", "1 working day", "2026-03-02 10:00"),
    ("UTC", "", "2026-03-03 14:00", "1 working day", "2026-03-02 14:00"),
    ("UTC", "", "2026-03-03 13:00", "1 working day", "2026-03-02 11:59:59.999999"),
    ("UTC", "", "2026-03-08 10:00", "1 working day", "2026-03-05 17:59:59.999999"),
    ("UTC", "", "2026-01-01 10:00", "1 working day", "2025-12-31 10:00"),
    ("UTC", "", "2026-03-03 10:00", "0 working days", "2026-03-03 10:00"),
    (US, ALWAYS, "2026-03-08 03:00", "1 working day", "2026-03-07 03:00"),
    (US, ALWAYS, "2026-03-09 02:30", "1 working day", "2026-03-08 01:59:59.999999"),
    ("UTC", "", "2026-03-03 18:00", "1 full working day", "2026-03-02 23:59:59.999999"),
    ("UTC", "", "2026-03-03 17:59", "1 full working day", "2026-03-01 23:59:59.999999"),
    ("UTC", "", "2025-12-31 17:00", "1 working day", "2025-12-30 17:00"),
    ("UTC", "Mon 09:00-17:00", "2026-03-08 10:00", "1 working day", "2026-02-23 16:59:59.999999"),
    ("UTC", "", "2026-03-03 18:00", "0 full working days", "2026-03-03 18:00"),
    ("UTC", "", "2026-03-03 18:01", "0 full working days", "2026-03-03 18:00"),
    ("UTC", "", "2026-03-03 18:01", "0 calendar days", "2026-03-03 18:01"),
    ("UTC", "", "2026-03-03 10:00", "1 calendar day", "2026-03-02 10:00"),
    ("UTC", "", "2026-03-03 10:00", "90 calendar days", "2025-12-03 10:00"),
    (US, "", "2026-03-08 03:00", "1 calendar day", "2026-03-07 03:00"),
    ("UTC", "", "2026-03-03 15:00", "2 working hours", "2026-03-03 11:00"),
    ("UTC", "", "2026-03-03 14:00", "2 working hours", "2026-03-03 10:00"),
    ("UTC", "", "2026-03-03 14:00", "3 working hours", "2026-03-03 09:00"),
    ("UTC", "", "2026-03-03 14:00", "1/60 working hours", "2026-03-03 11:59"),
    ("UTC", "", "2026-03-03 13:00", "0 working hours", "2026-03-03 13:00"),
    ("UTC", "", "2026-03-03 09:00", "7 working hours", "2026-03-02 09:00"),
    ("UTC", "", "2026-01-01 10:00", "1 working hour", "2026-01-01 09:00"),
    ("UTC", "", "2026-01-01 10:00", "2 working hours", "2025-12-31 17:00"),
    ("UTC", "", "2026-01-01 10:00", "2000 working hours", "2024-11-27 14:00"),
    (US, "", "2026-03-08 03:30", "1 hour", "2026-03-08 01:30"),
]


@pytest.mark.parametrize(("zone", "week", "due", "span", "start"), BEFORE)
def test_so_much_before_it_had_to_begin(zone: str, week: str, due: str, span: str, start: str) -> None:
    calendar = office(zone, week) if week else office(zone)
    found = calendar.before(moment(due, zone), span)
    assert found == moment(start, zone), found.astimezone(ZoneInfo(zone))
    assert calendar.before(moment(due, zone), Span.of(span)) == found, "asked again"
    assert calendar.add(found, span) <= moment(due, zone) < calendar.add(found + TICK, span)


@pytest.mark.parametrize(
    ("due", "span", "start"),
    [
        ("2025-12-31 20:00", "1 working day", "2025-12-30 16:59:59.999999"),  # a later start is due in 2026
        ("2025-12-31 20:00", "0 working hours", "2025-12-31 20:00"),
        ("2025-01-06 20:00", "3 full working days", "2025-01-01 23:59:59.999999"),  # the halving begins in 2024
    ],
)
def test_how_much_before_is_known_where_only_what_lies_around_is_not(due: str, span: str, start: str) -> None:
    calendar = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days.none([2025]))
    assert calendar.before(moment(due, "UTC"), span) == moment(start, "UTC")
    with pytest.raises(YearNotCovered):
        calendar.before(moment("2025-01-02 16:00", "UTC"), "2 working days")


def test_a_pause_is_as_long_as_its_unit_says() -> None:
    calendar, due = office(), moment("2026-03-10 15:00", "UTC")
    began, ended = moment("2026-03-06 17:00", "UTC"), moment("2026-03-09 10:00", "UTC")
    for unit in Unit:
        later = timedelta(hours=2) if unit.counts_working_time else ended - began
        assert calendar.shifted(due, began, ended, unit) == due + later
        assert calendar.shifted(due, began, ended, Span(1, unit)) == due + later
        assert calendar.shifted(due, began, began, unit.value) == due


def test_it_is_open_from_an_opening_up_to_a_closing() -> None:
    calendar = office()
    for text, is_open, opening in (
        ("2026-03-02 08:59:59.999999", False, "2026-03-02 09:00"),
        ("2026-03-02 09:00", True, "2026-03-02 09:00"),
        ("2026-03-02 11:59:59.999999", True, "2026-03-02 11:59:59.999999"),
        ("2026-03-02 12:00", False, "2026-03-02 14:00"),
        ("2026-03-07 10:00", False, "2026-03-09 09:00"),
        ("2026-01-01 00:00", False, "2026-01-01 09:00"),
        ("2026-12-31 18:00", False, "2027-01-01 09:00"),
    ):
        at = moment(text, "UTC")
        assert (calendar.is_open(at), calendar.next_opening(at)) == (is_open, moment(opening, "UTC")), text
        fresh = replace(calendar)
        assert (fresh.next_opening(at), fresh.is_open(at)) == (moment(opening, "UTC"), is_open), text


def test_a_year_begins_where_the_one_before_ends() -> None:
    calendar = office("UTC", ALWAYS, Days.none([2025, 2026]))
    for _ in range(2):
        assert calendar.is_open(datetime(2025, 6, 1, tzinfo=UTC))
        assert calendar.is_open(datetime(2026, 1, 1, tzinfo=UTC))


def test_what_was_asked_before_changes_no_answer() -> None:
    covered = Days.none([*range(2015, 2018), *range(2019, 2027)])

    def asked(calendar: Calendar, year: int) -> tuple[object, ...]:
        a, b = (datetime(year, 6, day, 10, tzinfo=UTC) for day in (1, 18))
        units = ("working days", "full working days", "working hours")
        added = [calendar.add(a, f"9 {unit}") for unit in units]
        return (*added, *(calendar.between(a, b, unit) for unit in units), calendar.before(b, "9 working hours"))

    years = (2015, 2016, 2017, 2019, 2020, 2026)
    alone = {year: asked(office("UTC", "Mon-Sat 09:00-17:00", covered), year) for year in years}
    for order in (years, years[::-1], (2020, 2026, 2016, 2015, 2019, 2017)):
        calendar = office("UTC", "Mon-Sat 09:00-17:00", covered)
        assert {year: asked(calendar, year) for year in order} == alone, order
        for unknown in (2014, 2018, 2027):
            with pytest.raises(YearNotCovered):
                calendar.is_open(datetime(unknown, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("year", "ask"),
    [
        (2027, lambda calendar, at: calendar.add(at(2026, 12, 31, 17), "2 working hours")),
        (2027, lambda calendar, at: calendar.add(at(2026, 6, 1), "200 working days")),
        (2027, lambda calendar, at: calendar.add(at(2026, 6, 1), "200 full working days")),
        (2027, lambda calendar, at: calendar.add(at(2027, 1, 1), "0 full working days")),
        (2027, lambda calendar, at: calendar.next_opening(at(2026, 12, 31, 18))),
        (2027, lambda calendar, at: calendar.between(at(2025, 1, 1), at(2027, 1, 1), "working hours")),
        (2027, lambda calendar, at: calendar.between(at(2025, 1, 1), at(2027, 1, 1), "working days")),
        (2027, lambda calendar, at: calendar.between(at(2025, 1, 1), at(2027, 1, 1), "full working days")),
        (
            2027,
            lambda calendar, at: calendar.shifted(at(2026, 12, 31, 17), at(2026, 3, 2), at(2026, 3, 3), "working days"),
        ),
        (2024, lambda calendar, at: calendar.before(at(2025, 1, 1, 9), "1 working hour")),
        (2024, lambda calendar, at: calendar.before(at(2025, 1, 1, 9), "1 working day")),
        (2024, lambda calendar, at: calendar.is_open(at(2024, 12, 31, 23))),
        (2024, lambda calendar, at: [calendar.is_open(at(year, 6, 1)) for year in (2026, 2025, 2024)]),
        (2024, lambda calendar, at: calendar.hours_of(date(2024, 12, 31))),
        (2027, lambda calendar, at: calendar.is_working_day(date(2027, 1, 1))),
    ],
)
def test_a_year_of_which_nothing_is_known_is_not_guessed(year: int, ask: Callable[..., object]) -> None:
    calendar = office("UTC", "Mon-Fri 09:00-12:00 14:00-18:00", Days.none([2025, 2026]))
    with pytest.raises(YearNotCovered) as caught:
        ask(calendar, lambda *when: datetime(*when).replace(tzinfo=UTC))  # noqa: DTZ001
    assert (caught.value.calendar, caught.value.year, caught.value.covered) == ("office", year, (2025, 2026))


def test_what_needs_no_other_year_asks_for_none() -> None:
    calendar = office("UTC", "Mon-Sun 00:00-24:00", Days.none([2026]))
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC) - TICK
    assert calendar.is_open(first)
    assert calendar.is_open(last)
    assert calendar.add(first, working_hours(365 * 24)) == last + TICK
    assert calendar.add(first, working_days(364)) == last + TICK - 24 * HOUR
    assert calendar.add(first, full_working_days(364)) == last
    assert calendar.before(last, working_hours(0)) == last
    assert calendar.before(last + TICK - HOUR, working_hours(365 * 24 - 1)) == first
    assert calendar.between(first, last, "working hours") == last - first
    assert calendar.between(first, last, "full working days") == 364
    assert calendar.between(last, first, "working days") == -364
    assert calendar.shifted(first, first, last, "working hours") == last


def test_of_limits_the_first_that_fits_says_how_long() -> None:
    noise, loud = Category("noise"), Category("noise/dogs")
    for limit, said, fitting in (
        (Limit("2 hours"), "2 hours", [True] * 6),
        (Limit(hours(2), "noise"), "2 hours (noise)", [True, True, True, True, False, False]),
        (Limit("2 hours", "noise/dogs"), "2 hours (noise/dogs)", [False, False, True, True, False, False]),
        (Limit("2 hours", urgency="urgent"), "2 hours (urgent)", [False, True, False, True, False, True]),
        (Limit("2 hours", "noise", "urgent"), "2 hours (noise, urgent)", [False, True, False, True, False, False]),
    ):
        demands = [(category, urgency) for category in (noise, loud, None) for urgency in (None, "urgent")]
        assert [limit.fits(*one) for one in demands] == fitting
        assert str(limit) == said
        assert limit.span == hours(2)
        assert limit.for_all == all(fitting)
    assert Limit("1 hour", "Cafe\N{COMBINING ACUTE ACCENT}").category == "Café", "one spelling"
    assert type(Limit("1 hour", Category("noise")).category) is str, "as a file says it"
    tried = Clock("c", "open", (Limit("1 hour", "noise", "urgent"), Limit("2 hours", "noise"), "3 hours"), office())
    asked = ((loud, "urgent"), (noise, "urgent"), (noise, "routine"), (None, "urgent"), (None, None))
    assert [str(tried.span_for(*one)) for one in asked] == ["1 hour", "1 hour", "2 hours", "3 hours", "3 hours"]
    assert Clock("c", "open", Limit("1 hour", "noise"), office()).span_for(None, None) is None


def test_a_clock_is_a_value() -> None:
    calendar = office()
    one = Clock("c", "open", "1 hour", calendar, "waiting", "extended", True)
    other = Clock("c", ("open",), (Limit(hours(1)),), office(), ["waiting"], ["extended"], extensible=True)  # type: ignore[arg-type]
    assert one == other
    assert (one.name, one.runs_in, one.limits, one.calendar) == ("c", ("open",), (Limit("1 hour"),), calendar)
    assert (one.paused_in, one.restarts, one.extensible) == (("waiting",), ("extended",), True)
    plain = Clock("c", ("open", "told"), ("1 hour", hours(2)), calendar)
    assert (plain.runs_in, plain.limits) == (("open", "told"), (Limit("1 hour"), Limit("2 hours")))
    assert (plain.paused_in, plain.restarts, plain.extensible) == ((), (), False)


def test_a_clock_is_due_and_moved_by_its_calendar() -> None:
    known = Clock("c", "open", "1 hour", office("UTC", "Mon-Fri 09:00-17:00", Days.none([2026])))
    at, span = moment("2026-03-02 16:00", "UTC"), working_hours(2)
    assert known.due(at, span) == moment("2026-03-03 10:00", "UTC")
    assert known.due(moment("2026-12-31 16:00", "UTC"), span) is None
    due = moment("2026-03-03 10:00", "UTC")
    assert known.moved(due, at, at + 2 * HOUR, span) == due + HOUR
    assert known.moved(due, at, at + 2 * HOUR, hours(1)) == due + 2 * HOUR
    assert known.moved(due, due, due + HOUR, span) == due
    assert known.moved(due, due - TICK, due + HOUR, hours(1)) == due + HOUR + TICK
    with pytest.raises(YearNotCovered):
        known.moved(due, at, at + timedelta(days=400), span)


def test_the_clocks_of_the_closed_loop_are_these() -> None:
    calendar = office()
    table = [
        (one.name, *map(" ".join, (one.runs_in, one.paused_in, one.restarts)), *map(str, one.limits), one.extensible)
        for one in standard_clocks(calendar)
    ]
    assert table == [
        ("accept", "registered", "details_asked", "", "1 working day", False),
        ("details", "details_asked", "", "", "10 calendar days", False),
        ("dispatch", "accepted handed_back taken_over", "", "", "1 working day", False),
        ("take_on", "contracted_out", "", "contracted_out", "1 working day", False),
        (
            "finish",
            "accepted contracted_out handed_back in_hand taken_over",
            "suspended details_asked",
            "",
            "5 working days",
            True,
        ),
        ("feed_back", "reported", "", "", "1 working day", False),
        ("evaluate", "fed_back", "", "", "15 calendar days", False),
    ]
    assert all(one.calendar is calendar for one in standard_clocks(calendar))
    names = [one.name for one in standard_clocks(calendar)]
    ours = standard_clocks(calendar, **{name: f"{n} hours" for n, name in enumerate(names, 2)})
    assert [str(*one.limits) for one in ours] == [f"{n} hours" for n in range(2, 9)]


LATE_IN_2199 = datetime(2199, 12, 31, 23, tzinfo=UTC)
UNITS = "working days, full working days, working hours, calendar days, hours"
WRITE, POSSIBLE = f'write a number and one of {UNITS}, as in "3 working days"', f"(possible: {UNITS})"
NO_TIME = 'is no opening and closing time; write it as "08:30-17:00"'
NO_DAY = 'names no weekdays (possible: Mon, Tue, Wed, Thu, Fri, Sat, Sun, as in "Mon-Fri" or "Mon,Wed")'
EXACT = "the amount must be a whole number, a Fraction or a Decimal, got"
NO_ZONE = "is no time zone of this system (such as Asia/Shanghai; or install tzdata)"
NO_HOURS = 'must be hours such as "09:00-12:00 14:00-18:00", got'
NO_PAIR = "must be pairs of an opening and a closing time, got"
CLOSED = "closes before it opens; split what crosses midnight at 24:00"

any_calendar: Any = Calendar
any_clock: Any = Clock
any_days: Any = Days
any_hours: Any = hours
any_limit: Any = Limit
any_office: Any = office
any_span: Any = Span
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Unit.named("weeks"), f"unit: 'weeks' is none {POSSIBLE}"),
    (lambda: Unit.named(["hours"]), f"unit: ['hours'] is none {POSSIBLE}"),
    (lambda: any_span.of(3), "span: must be a text, got 3"),
    (lambda: Span.of("soon"), f"span: 'soon' is none; {WRITE}"),
    (lambda: Span.of("3 weeks"), f"span: '3 weeks' is none; {WRITE}"),
    (lambda: Span.of("3 working  days"), f"span: '3 working  days' is none; {WRITE}"),
    (lambda: Span.of("1/00 hours"), "span: '1/00 hours' divides by zero"),
    (lambda: Span.of("1.5 working days"), "span: working days are counted whole, got 1.5; hours may be split"),
    (lambda: Span.of("1/7 hours"), "span: 1/7 hours is no whole number of microseconds"),
    (lambda: any_span(1, "years"), f"unit: 'years' is none {POSSIBLE}"),
    (lambda: any_span(-1, "hours"), "span: -1 hours lies outside 0–1000000"),
    (lambda: any_span(Fraction(-1, 2), "hours"), "span: Fraction(-1, 2) hours lies outside 0–1000000"),
    (lambda: any_span(1_000_001, "hours"), "span: 1000001 hours lies outside 0–1000000"),
    (
        lambda: any_span(Fraction(1, 2), "calendar days"),
        "span: calendar days are counted whole, got 0.5; hours may be split",
    ),
    (
        lambda: any_span(Fraction(1, 3), "working days"),
        "span: working days are counted whole, got 1/3; hours may be split",
    ),
    (lambda: working_days(True), f"span: {EXACT} True"),
    (lambda: any_hours(0.5), f"span: {EXACT} 0.5"),
    (lambda: hours(Decimal("Infinity")), f"span: {EXACT} Decimal('Infinity')"),
    (lambda: any_hours("3"), f"span: {EXACT} '3'"),
    (lambda: opening_hours(3), f"hours: {NO_HOURS} 3"),
    (lambda: opening_hours("", "hours of Mon"), f"hours of Mon: {NO_HOURS} ''"),
    (lambda: opening_hours(()), f"hours: {NO_HOURS} ()"),
    (lambda: opening_hours([3], "makeup_hours"), f"makeup_hours: {NO_PAIR} 3"),
    (lambda: opening_hours([(time(9), "12:00")]), f"hours: {NO_PAIR} (datetime.time(9, 0), '12:00')"),
    (lambda: opening_hours([(time(9),)]), f"hours: {NO_PAIR} (datetime.time(9, 0),)"),
    (
        lambda: opening_hours([(time(9, tzinfo=UTC), time(12))]),
        "hours: are by the clock on the wall; the calendar has the time zone",
    ),
    (
        lambda: opening_hours([(time(9), time(12, tzinfo=UTC))]),
        "hours: are by the clock on the wall; the calendar has the time zone",
    ),
    (lambda: opening_hours("12:00-09:00"), f"hours: 12:00-09:00 {CLOSED}"),
    (lambda: opening_hours("09:00-09:00"), f"hours: 09:00-09:00 {CLOSED}"),
    (
        lambda: opening_hours("09:00-12:00 11:59-13:00"),
        "hours: 11:59-13:00 overlaps the hours before it, or is out of order",
    ),
    (
        lambda: opening_hours("09:00-12:00 08:00-08:30", "hours of Sun"),
        "hours of Sun: 08:00-08:30 overlaps the hours before it, or is out of order",
    ),
    (lambda: opening_hours("9-12"), f"hours: '9-12' {NO_TIME}"),
    (lambda: opening_hours("09:00"), f"hours: '09:00' {NO_TIME}"),
    (lambda: opening_hours("09:5-12:00"), f"hours: '09:5-12:00' {NO_TIME}"),
    (lambda: opening_hours("25:00-26:00", "hours of Sun"), f"hours of Sun: '25:00-26:00' {NO_TIME}"),
    (lambda: opening_hours("09:00-12:60"), f"hours: '09:00-12:60' {NO_TIME}"),
    (lambda: opening_hours("24:00-24:00"), f"hours: '24:00-24:00' {NO_TIME}"),
    (lambda: opening_week(3), 'hours: must be a text such as "Mon-Fri 08:30-17:00" or a mapping, got 3'),
    (lambda: opening_week("Day 09:00-12:00"), f"hours: 'Day' {NO_DAY}"),
    (lambda: opening_week("Mon-Day 09:00-12:00"), f"hours: 'Mon-Day' {NO_DAY}"),
    (lambda: opening_week("Fri-Mon 09:00-12:00"), "hours: Fri-Mon runs backwards; the week begins on Mon"),
    (lambda: opening_week({3: "09:00-12:00"}), f"hours: 3 {NO_DAY}"),
    (lambda: opening_week("Mon-Wed 09:00-12:00; Tue 09:00-12:00"), "hours: Tue is named twice"),
    (lambda: opening_week("Mon-Wed noon-night"), f"hours of Mon-Wed: 'noon-night' {NO_TIME}"),
    (lambda: opening_week({"Mon,Sun-Sat": "09:00-12:00"}), "hours: Sun-Sat runs backwards; the week begins on Mon"),
    (lambda: opening_week(("noon", (), (), (), (), (), ())), f"hours of Mon: 'noon' {NO_TIME}"),
    (lambda: opening_week(((), (), (), (), (), (), 3)), f"hours of Sun: {NO_HOURS} 3"),
    (lambda: any_days([1898]), "years: 1898 is no year within 1900–2199"),
    (lambda: any_days([2201]), "years: 2201 is no year within 1900–2199"),
    (lambda: any_days(["2026"]), "years: '2026' is no year within 1900–2199"),
    (lambda: any_days([True]), "years: True is no year within 1900–2199"),
    (
        lambda: any_days(closed=[BEGIN]),
        "closed: datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.timezone.utc) is no date",
    ),
    (lambda: any_days(working=["2026-01-01"]), "working: '2026-01-01' is no date"),
    (lambda: any_days(hours={"2026-01-01": "09:00-12:00"}), "hours: '2026-01-01' is no date"),
    (lambda: any_days(hours={date(2026, 1, 1): "noon"}), f"hours of 2026-01-01: 'noon' {NO_TIME}"),
    (
        lambda: any_days(closed=[date(2026, 1, 2), date(2026, 1, 1)], working=[date(2026, 1, 1), date(2026, 1, 2)]),
        "days: 2026-01-01 is said to be closed and worked",
    ),
    (
        lambda: any_days(closed=[date(2026, 1, 1)], hours={date(2026, 1, 1): "09:00-12:00"}),
        "days: 2026-01-01 is said to be closed and worked",
    ),
    (
        lambda: any_days(
            working=[date(2026, 1, 2), date(2026, 1, 1)], hours={date(2026, 1, n): "09:00-12:00" for n in (1, 2)}
        ),
        "days: 2026-01-01 is under working and under hours; hours are enough",
    ),
    (lambda: any_calendar(3, "UTC", (NINE,) * 7), "calendar: must be a text, got 3"),
    (lambda: any_calendar(" ", "UTC", (NINE,) * 7), "calendar: ' ' is empty or has blanks at its ends"),
    (
        lambda: any_calendar("a\nb", "UTC", (NINE,) * 7),
        "calendar: 'a\\nb' has the control character '\\n'; a name is one line",
    ),
    (lambda: office("Mars"), f"zone: 'Mars' {NO_ZONE}"),
    (lambda: office("../etc"), f"zone: '../etc' {NO_ZONE}"),
    (lambda: any_office(3), f"zone: 3 {NO_ZONE}"),
    (lambda: office(hours="Mon 09:00-12:00", makeup_hours="noon"), f"makeup_hours: 'noon' {NO_TIME}"),
    (lambda: any_calendar("o", "UTC", (NINE,) * 7, (), "noon"), f"makeup_hours: 'noon' {NO_TIME}"),
    (lambda: any_calendar("o", "UTC", (NINE,) * 7, (any_days(), "2026")), "days: must be sources of days, got '2026'"),
    (lambda: any_calendar("o", "UTC", ((),) * 7), "hours: no weekday has any; such a calendar never opens"),
    (lambda: any_office(hours={}), "hours: no weekday has any; such a calendar never opens"),
    (
        lambda: any_office().add(BEGIN.replace(tzinfo=None), "1 hour"),
        "start: 2026-03-02T09:00:00 has no time zone; give it one (for instance tzinfo=UTC)",
    ),
    (lambda: any_office().add(3, "1 hour"), "start: must be a datetime, got 3"),
    (lambda: any_office().add_many([BEGIN, 3], "1 hour"), "start: must be a datetime, got 3"),
    (lambda: any_office().add(BEGIN, "soon"), f"span: 'soon' is none; {WRITE}"),
    (lambda: any_office().is_open(3), "at: must be a datetime, got 3"),
    (lambda: any_office().next_opening(3), "at: must be a datetime, got 3"),
    (lambda: any_office().between(3, BEGIN, "hours"), "a: must be a datetime, got 3"),
    (lambda: any_office().between(BEGIN, 3, "hours"), "b: must be a datetime, got 3"),
    (lambda: any_office().between(BEGIN, BEGIN, "weeks"), f"unit: 'weeks' is none {POSSIBLE}"),
    (lambda: any_office().before(3, "1 hour"), "due: must be a datetime, got 3"),
    (lambda: any_office().shifted(3, BEGIN, BEGIN, "hours"), "due: must be a datetime, got 3"),
    (lambda: any_office().shifted(BEGIN, 3, BEGIN, "hours"), "pause: must be a datetime, got 3"),
    (lambda: any_office().shifted(BEGIN, BEGIN, 3, "hours"), "pause: must be a datetime, got 3"),
    (
        lambda: any_office().shifted(BEGIN, BEGIN, BEGIN - HOUR, "hours"),
        "pause: ends (2026-03-02T08:00:00+00:00) before it begins (2026-03-02T09:00:00+00:00)",
    ),
    (lambda: any_office().shifted(BEGIN, BEGIN, BEGIN, "weeks"), f"unit: 'weeks' is none {POSSIBLE}"),
    (
        lambda: any_office().hours_of(BEGIN),
        "day: must be a date, got datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.timezone.utc)",
    ),
    (lambda: any_office().is_working_day("2026-03-02"), "day: must be a date, got '2026-03-02'"),
    (lambda: any_office().add(BEGIN, "100000 calendar days"), "end: lies outside 1900–2199"),
    (lambda: any_office().add(BEGIN, "1000000 calendar days"), "end: lies outside 1900–2199"),
    (lambda: any_office().add(LATE_IN_2199, "1 hour"), "end: lies outside 1900–2199"),
    (lambda: any_office().add(LATE_IN_2199, "300 working days"), "office: the end lies outside 1900–2199"),
    (lambda: any_office().add(LATE_IN_2199, "300 full working days"), "office: the end lies outside 1900–2199"),
    (lambda: any_office().add(LATE_IN_2199, "1 working hour"), "end: lies outside 1900–2199"),
    (lambda: any_limit("soon"), f"span: 'soon' is none; {WRITE}"),
    (lambda: any_limit("1 hour", category=""), "category: '' is empty or has blanks at its ends"),
    (lambda: any_limit("1 hour", urgency=""), "urgency: '' is empty or has blanks at its ends"),
    (lambda: any_limit("1 hour", urgency=3), "urgency: must be a text, got 3"),
    (lambda: any_clock("c", 3, "1 hour", office()), "clock: runs_in is one or a tuple of several, got 3"),
    (lambda: any_clock("c", ("a", 3), "1 hour", office()), "clock: runs_in is one or a tuple of several, got ('a', 3)"),
    (lambda: any_clock("c", "a", 3, office()), "clock: limits is one or a tuple of several, got 3"),
    (
        lambda: any_clock("c", "a", ("1 hour", 3), office()),
        "clock: limits is one or a tuple of several, got ('1 hour', 3)",
    ),
    (
        lambda: any_clock("c", "a", "1 hour", office(), paused_in=3),
        "clock: paused_in is one or a tuple of several, got 3",
    ),
    (
        lambda: any_clock("c", "a", "1 hour", office(), restarts={"x"}),
        "clock: restarts is one or a tuple of several, got {'x'}",
    ),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_what_is_refused_is_told_in_these_words(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        make()
    assert str(caught.value) == says
