"""Hours that a change of the clocks skips: a day is worked, or it is not, whichever way one asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from demandflow import Calendar, Days
from demandflow.calendars.hours import Week
from tests.unit.calendars.test_calendars import DATES, calendars

DAY = timedelta(days=1)
JUMPS = {
    "Europe/Berlin": (date(2025, 3, 30), 2),
    "America/New_York": (date(2022, 3, 13), 2),
    "America/Havana": (date(2022, 3, 13), 0),
    "Africa/Cairo": (date(2023, 4, 28), 0),
    "Pacific/Apia": (date(2011, 12, 30), 9),  # a whole date
}
"""Dates on which the clocks of a zone jumped, and the hour that was skipped."""


def begin_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@st.composite
def night_offices(draw: st.DrawFn) -> tuple[Calendar, date]:
    """An office with an hour or two at night, on and around a date on which its clocks jump."""
    zone = draw(st.sampled_from(sorted(JUMPS)))
    jump, skipped = JUMPS[zone]
    opens = max(0, skipped + draw(st.integers(-1, 1)))
    hours = ((time(opens), time(opens + draw(st.integers(1, 2)))),)
    week: Week = (hours, hours, hours, hours, hours, hours, hours)
    day = jump + draw(st.integers(-2, 2)) * DAY
    special = draw(st.sampled_from([{}, {jump: ((time(skipped), time(skipped + 1)),)}]))
    days = Days(range(2010, 2027), hours=special)
    return Calendar("night", zone, week, (days,)), day


def agrees(calendar: Calendar, day: date) -> None:
    """Every question about a date has the same answer."""
    began, ended = begin_of(day, calendar.zone), begin_of(day + DAY, calendar.zone)
    before = began - timedelta.resolution
    worked = calendar.is_working_day(day)
    assert worked == bool(calendar.hours_of(day))
    assert worked == bool(calendar.between(began, ended, "working hours"))
    assert worked == (calendar.next_opening(began) < ended)
    if began < ended:  # a date that the clocks skip has no moment
        assert worked == bool(calendar.between(before, ended - timedelta.resolution, "full working days"))
        assert worked == (calendar.add(before, "1 full working day") < ended)


@given(night_offices())
def test_a_day_whose_hours_the_clocks_skip_is_no_working_day(office: tuple[Calendar, date]) -> None:
    agrees(*office)


@given(calendars(), DATES)
def test_a_working_day_is_one_with_working_time(calendar: Calendar, day: date) -> None:
    agrees(calendar, day)


def test_a_sunday_that_opens_only_in_the_skipped_hour_is_closed() -> None:
    office = Calendar.of("night", zone="Europe/Berlin", hours="Mon,Sat,Sun 02:00-03:00")
    saturday, sunday = datetime(2025, 3, 29, 1, 0, tzinfo=UTC), date(2025, 3, 30)
    assert not office.is_working_day(sunday)
    assert office.hours_of(sunday) == ()
    assert office.add(saturday, "1 working day").date() == date(2025, 3, 31)
    assert office.between(saturday, datetime(2025, 3, 30, 20, tzinfo=UTC), "full working days") == 0
    half = Calendar.of("early", zone="Europe/Berlin", hours="Sun 02:00-04:00")
    assert half.is_working_day(sunday), "an hour of it is left"
