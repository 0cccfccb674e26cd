"""Working time: the laws of adding, measuring and pausing; a slow oracle; sources and files."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from demandflow.calendars import as_table, calendar_of, chinese_days, days_from_ics, holidays_of, read_calendar
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.hours import Hours, Week
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import DemandFlowError, InvalidValue, YearNotCovered
from demandflow.inputs.documents import as_toml

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana")
YEARS = range(2020, 2027)
BEGIN = datetime(2021, 1, 1, tzinfo=UTC)
working_days: Any = partial(Span, unit=Unit.WORKING_DAYS)
full_working_days: Any = partial(Span, unit=Unit.FULL_WORKING_DAYS)
working_hours: Any = partial(Span, unit=Unit.WORKING_HOURS)
calendar_days: Any = partial(Span, unit=Unit.CALENDAR_DAYS)
hours: Any = partial(Span, unit=Unit.HOURS)
CHANGES = {
    "America/New_York": ("2022-03-13", "2022-11-06"),
    "Europe/Berlin": ("2022-03-27", "2022-10-30"),
    "Australia/Lord_Howe": ("2022-04-03", "2022-10-02"),
    "America/Havana": ("2022-03-13", "2022-11-06"),
}
"""When clocks were changed in some zones: by an hour or half of one, at night or at midnight."""
CHANGED = sorted(day for days in CHANGES.values() for day in days)


@st.composite
def openings(draw: st.DrawFn) -> Hours:
    """The hours of a day, sometimes in the small hours in which clocks are changed, sometimes around the clock."""
    if draw(st.integers(0, 5)) == 0:
        return ((time(0), time(0)),)
    cuts = sorted(draw(st.sets(st.integers(0, 48) | st.integers(0, 7), min_size=2, max_size=4)))
    edges = [time(cut * 30 // 60 % 24, cut * 30 % 60) for cut in cuts]
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    first = draw(openings())
    second: Hours = draw(st.sampled_from([first, ()]) | openings())
    monday, tuesday, wednesday, thursday, friday = (draw(st.sampled_from([first, first, second])) for _ in range(5))
    week = (monday, tuesday, wednesday, thursday, friday, second, ())
    assume(any(week))
    return week


DATES = st.dates(date(2020, 12, 1), date(2024, 2, 1)) | st.sampled_from(CHANGED).map(date.fromisoformat)


@st.composite
def sources(draw: st.DrawFn, dates: st.SearchStrategy[date] = DATES) -> Days:
    closed, working = draw(st.sets(dates, max_size=6)), draw(st.sets(dates, max_size=4))
    special = draw(st.dictionaries(dates, openings(), max_size=3))
    return Days(YEARS, closed - working - special.keys(), working - special.keys(), special)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    return Calendar("office", draw(st.sampled_from(ZONES)), draw(weeks()), tuple(draw(st.lists(sources(), max_size=2))))


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Any microsecond of two years, often a whole half hour, often near a change of the clocks."""
    if draw(st.booleans()):
        day = datetime.fromisoformat(draw(st.sampled_from(CHANGED))).replace(tzinfo=UTC)
        return day + draw(st.integers(-24, 72)) * HOUR / 2
    near = BEGIN + draw(st.integers(0, 2 * 365 * 48)) * HOUR / 2
    return near + draw(st.sampled_from([0, 0, 1]) | st.integers(-(10**9), 10**9)) * timedelta.resolution


AMOUNTS = st.integers(0, 12)
SPANS = st.builds(Span, AMOUNTS, st.sampled_from(Unit)) | st.builds(
    Span,
    st.integers(0, 60 * 3600 * 10**6).map(lambda ticks: Fraction(ticks, 3600 * 10**6)),
    st.sampled_from([Unit.WORKING_HOURS, Unit.HOURS]),
)


def clock_on_the_wall(calendar: Calendar, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)


def runs_on(calendar: Calendar, at: datetime) -> bool:
    """Whether what the clock shows then is shown but once."""
    local = at.astimezone(ZoneInfo(calendar.zone))
    return local.utcoffset() == local.replace(fold=not local.fold).utcoffset()


class TestLaws:
    @given(calendars(), moments(), SPANS)
    def test_adding_then_measuring_gives_back_the_span(self, calendar: Calendar, start: datetime, span: Span) -> None:
        due = calendar.add(start, span)
        assert due >= start
        found = calendar.between(start, due, span.unit)
        assert found == (span.count * timedelta.resolution if span.unit.is_elapsed else span.count)
        assert calendar.between(due, start, span.unit) == -found

    @given(calendars(), moments(), moments(), SPANS)
    def test_what_starts_later_is_not_due_earlier(
        self, calendar: Calendar, one: datetime, other: datetime, span: Span
    ) -> None:
        first, second = sorted((one, other))
        if span.unit in (Unit.CALENDAR_DAYS, Unit.WORKING_DAYS):  # same clock time: when clocks go back, so does it
            assume(runs_on(calendar, first) and runs_on(calendar, second))
        assert calendar.add(first, span) <= calendar.add(second, span)

    @given(calendars(), moments(), SPANS)
    def test_before_is_the_latest_moment_from_which_a_span_does_not_reach_past(
        self, calendar: Calendar, due: datetime, span: Span
    ) -> None:
        found = calendar.before(due, span)
        if span.unit in (Unit.CALENDAR_DAYS, Unit.WORKING_DAYS):
            assume(runs_on(calendar, found) and runs_on(calendar, due))
        assert calendar.add(found, span) <= due
        assert calendar.add(found + timedelta.resolution, span) > due

    @pytest.mark.parametrize("span", ["1 working day", "1 calendar day"])
    def test_the_latest_moment_is_the_second_time_where_the_clocks_go_back(self, span: str) -> None:
        calendar = Calendar.of("watch", zone="Europe/Berlin", hours="Mon-Sun 00:00-24:00")
        due = datetime(2025, 10, 27, 1, 30, tzinfo=UTC)  # at 02:30, which the day before came twice
        assert calendar.before(due, span) == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)

    def test_the_first_days_of_1900_can_be_looked_back_to(self) -> None:
        calendar = Calendar.of("watch", zone="UTC", hours="Mon-Sun 00:00-24:00")
        due, first = datetime(1900, 1, 2, 5, tzinfo=UTC), datetime(1900, 1, 1, 5, tzinfo=UTC)
        assert calendar.before(due, "1 calendar day") == first
        with pytest.raises(InvalidValue):
            calendar.before(first, "1 calendar day")

    @given(calendars(), moments(), AMOUNTS, AMOUNTS, st.sampled_from(Unit))
    def test_more_is_not_due_earlier(
        self, calendar: Calendar, start: datetime, less: int, more: int, unit: Unit
    ) -> None:
        less, more = sorted((less, more))
        assert calendar.add(start, Span(less, unit)) <= calendar.add(start, Span(more, unit))

    @given(calendars(), moments(), SPANS, st.sets(DATES, max_size=20))
    def test_more_holidays_never_make_it_due_earlier(
        self, calendar: Calendar, start: datetime, span: Span, closed: set[date]
    ) -> None:
        exceptions = Days(() if calendar.days else YEARS, closed)
        more = replace(calendar, days=(*calendar.days, exceptions))
        assert calendar.add(start, span) <= more.add(start, span)

    @given(calendars(), st.lists(moments(), min_size=3, max_size=3))
    def test_working_time_splits(self, calendar: Calendar, three: list[datetime]) -> None:
        a, b, c = three
        whole = calendar.between(a, c, "working hours")
        assert whole == calendar.between(a, b, "working hours") + calendar.between(b, c, "working hours")

    @given(calendars(), moments(), st.integers(0, 10**11), st.integers(0, 10**11))
    def test_working_time_added_in_two_parts_is_added_at_once(
        self, calendar: Calendar, start: datetime, one: int, two: int
    ) -> None:
        first, second, both = (working_hours(Fraction(ticks, 3600 * 10**6)) for ticks in (one, two, one + two))
        assert calendar.add(calendar.add(start, first), second) == calendar.add(start, both)

    @given(calendars(), moments(), moments(), moments(), st.sampled_from(Unit))
    def test_a_pause_moves_a_deadline_by_exactly_its_length(
        self, calendar: Calendar, due: datetime, one: datetime, other: datetime, unit: Unit
    ) -> None:
        began, ended = sorted((one, other))
        later = calendar.shifted(due, began, ended, unit)
        measure = "working hours" if "working" in unit else "hours"
        assert calendar.between(due, later, measure) == calendar.between(began, ended, measure)
        half = began + (ended - began) // 2
        in_two = calendar.shifted(calendar.shifted(due, began, half, unit), half, ended, unit)
        assert in_two == later, "two pauses in a row are one"

    @given(calendars(), moments())
    def test_the_next_opening_is_open_and_nothing_before_it(self, calendar: Calendar, at: datetime) -> None:
        opening = calendar.next_opening(at)
        assert opening >= at
        assert calendar.is_open(opening)
        assert calendar.is_open(at) == (opening == at)
        assert not calendar.between(at, opening, "working hours")
        assert calendar.add(at, working_days(0)) == opening

    @given(calendars(), moments(), st.integers(1, 12))
    def test_full_working_days_end_on_a_working_day_at_its_close(
        self, calendar: Calendar, start: datetime, days: int
    ) -> None:
        due = calendar.add(start, full_working_days(days))
        assert calendar.is_working_day(clock_on_the_wall(calendar, due).date())
        assert calendar.add(due, full_working_days(0)) == due

    @given(calendars(), st.lists(moments(), max_size=5), SPANS)
    def test_many_are_added_as_one_by_one(self, calendar: Calendar, starts: list[datetime], span: Span) -> None:
        again = pickle.loads(pickle.dumps(calendar))
        assert again.add_many(starts, span) == [calendar.add(start, span) for start in starts]


class Oracle:
    """Working time by looking at the clock on the wall every minute, as somebody would who has no arithmetic.

    Knows of the calendar its zone, its week and its days, and nothing that the calendar computed.
    """

    def __init__(self, calendar: Calendar, begin: datetime, minutes: int) -> None:
        self.zone, self.calendar = ZoneInfo(calendar.zone), calendar
        self.known: dict[date, Hours] = {}
        self.minutes: list[tuple[datetime, datetime, bool]] = []
        shown = datetime.min  # noqa: DTZ901
        for number in range(minutes):
            at = begin + number * MINUTE
            wall = at.astimezone(self.zone).replace(tzinfo=None)
            shown = max(shown, wall)  # while clocks show a time again, all stays as it was when they went back
            self.minutes.append((at, wall, self.open(shown)))
        self.worked_dates = {wall.date() for _, wall, is_open in self.minutes if is_open}

    def hours(self, day: date) -> Hours:
        if day not in self.known:
            self.known[day] = self.said_of(day)
        return self.known[day]

    def said_of(self, day: date) -> Hours:
        found: Hours = self.calendar.hours[day.weekday()]
        for source in self.calendar.days:
            if day.year in source.years:
                found = self.calendar.hours[day.weekday()]
            if day in source.closed:
                found = ()
            if day in source.working:
                found = self.calendar.hours[day.weekday()] or self.calendar.makeup_hours
            found = dict(source.hours).get(day, found)
        return found

    def open(self, wall: datetime) -> bool:
        clock = wall.time()
        return any(a <= clock and (clock < b or b == time(0)) for a, b in self.hours(wall.date()))

    def worked(self, a: datetime, b: datetime) -> timedelta:
        return sum(is_open and a <= at < b for at, _, is_open in self.minutes) * MINUTE

    def after(self, start: datetime, minutes: int) -> datetime | None:
        """The end of that many open minutes."""
        if not minutes:
            return start
        for at, _, is_open in self.minutes:
            if at >= start and is_open:
                minutes -= 1
                if not minutes:
                    return at + MINUTE
        return None

    def full_days(self, a: datetime, b: datetime) -> int:
        first, last = (at.astimezone(self.zone).date() for at in (a, b))
        return sum(first + n * DAY in self.worked_dates for n in range(1, (last - first).days + 1))

    def working_days(self, start: datetime, days: int) -> datetime | None:
        """The first minute of the target day that shows the clock time or a later one while open, else its close."""
        began = next(((at, wall) for at, wall, is_open in self.minutes if at >= start and is_open), None)
        if began is None or not days:
            return began and began[0]
        day, seen_until = began[1].date(), self.minutes[-1][1].date()
        while days and day < seen_until:
            day += DAY
            days -= day in self.worked_dates
        if day >= seen_until:  # not seen to its end
            return None
        open_then = [(at, wall) for at, wall, is_open in self.minutes if is_open and wall.date() == day]
        for at, wall in open_then:
            if wall.time() >= began[1].time():
                return at
        return open_then[-1][0] + MINUTE if open_then else None


class TestOracle:
    """Seven days, minute by minute, around a change of the clocks."""

    @given(weeks(), st.sampled_from(sorted(CHANGES)), st.data())
    def test_against_looking_at_the_clock(self, week: Week, zone: str, data: st.DataObject) -> None:
        day = date.fromisoformat(data.draw(st.sampled_from(CHANGES[zone])))
        days = data.draw(st.lists(sources(st.dates(day - 2 * DAY, day + 4 * DAY)), max_size=2))
        calendar, around = Calendar("office", zone, week, tuple(days)), datetime.combine(day, time(), UTC)
        oracle = Oracle(calendar, around - 2 * DAY, 7 * 24 * 60)
        for _ in range(8):
            a, b = sorted(around + data.draw(st.integers(-40 * 60, 60 * 60)) * MINUTE for _ in range(2))
            assert calendar.between(a, b, "working hours") == oracle.worked(a, b)
            assert calendar.between(a, b, "full working days") == max(0, oracle.full_days(a, b))
            minutes = data.draw(st.integers(0, 1000))
            if (due := oracle.after(a, minutes)) is not None:
                assert calendar.add(a, working_hours(Fraction(minutes, 60))) == due
            amount = data.draw(st.integers(0, 3))
            if runs_on(calendar, a) and (due := oracle.working_days(a, amount)) is not None:
                assert calendar.add(a, working_days(amount)) == due


OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
NEW_YORK = Calendar.of("city", zone="America/New_York", hours="Mon-Fri 08:30-17:00")
NIGHT = Calendar.of("night", zone="America/New_York", hours="Mon-Sun 00:00-24:00")


def at(calendar: Calendar, text: str, fold: int = 0) -> datetime:
    """The moment at which this was shown, in UTC: moments in two zones are never equal while clocks repeat a time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(calendar.zone), fold=fold).astimezone(UTC)


def shown(calendar: Calendar, moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return f"{clock_on_the_wall(calendar, moment).isoformat(' ', 'minutes')}"


class TestAdding:
    @pytest.mark.parametrize(
        ("calendar", "start", "span", "due"),
        [
            (NEW_YORK, "2026-03-03 17:09", "1 working day", "2026-03-05 08:30"),  # counts from Wednesday's opening
            (NEW_YORK, "2026-03-03 10:00", "1 working day", "2026-03-04 10:00"),
            (NEW_YORK, "2026-03-03 17:00", "0 working days", "2026-03-04 08:30"),
            (NEW_YORK, "2026-03-06 16:59", "1 working day", "2026-03-09 16:59"),
            (OFFICE, "2026-03-06 10:00", "3 full working days", "2026-03-11 18:00"),
            (OFFICE, "2026-03-07 10:00", "1 full working day", "2026-03-09 18:00"),
            (OFFICE, "2026-03-06 10:00", "0 full working days", "2026-03-06 18:00"),
            (OFFICE, "2026-03-06 18:01", "0 full working days", "2026-03-06 23:59"),
            (OFFICE, "2026-03-06 17:00", "1 working hour", "2026-03-06 18:00"),
            (OFFICE, "2026-03-06 11:00", "8.5 working hours", "2026-03-09 14:30"),
            (OFFICE, "2026-03-06 19:00", "0 working hours", "2026-03-06 19:00"),
            (OFFICE, "2026-03-06 19:00", "15 calendar days", "2026-03-21 19:00"),
            (NIGHT, "2026-03-06 19:00", "1 full working day", "2026-03-07 23:59"),
        ],
    )
    def test_of_each_unit(self, calendar: Calendar, start: str, span: str, due: str) -> None:
        assert shown(calendar, calendar.add(at(calendar, start), span)) == due

    def test_a_day_without_the_clock_time_gives_its_next_opening_or_its_close(self) -> None:
        short = Calendar.of("s", zone="UTC", hours="Mon 08:00-18:00; Tue 09:00-10:00 11:00-12:00")
        for start, due in (("08:10", "09:00"), ("09:30", "09:30"), ("10:30", "11:00"), ("15:00", "12:00")):
            assert shown(short, short.add(at(short, f"2026-03-02 {start}"), "1 working day")) == f"2026-03-03 {due}"

    def test_where_clocks_go_forward_a_skipped_time_is_the_jump(self) -> None:
        start = at(NIGHT, "2026-03-07 02:30")
        assert shown(NIGHT, NIGHT.add(start, calendar_days(1))) == "2026-03-08 03:00"
        assert shown(NIGHT, NIGHT.add(start, working_days(1))) == "2026-03-08 03:00"
        assert shown(NIGHT, NIGHT.add(start, hours(24))) == "2026-03-08 03:30"
        assert NIGHT.between(at(NIGHT, "2026-03-08"), at(NIGHT, "2026-03-09"), "working hours") == 23 * HOUR

    def test_where_clocks_go_back_a_repeated_time_is_the_first_or_stays_the_second(self) -> None:
        assert NIGHT.add(at(NIGHT, "2026-10-31 01:30"), calendar_days(1)) == at(NIGHT, "2026-11-01 01:30")
        second = at(NIGHT, "2026-11-01 01:30", fold=1)
        assert NIGHT.add(second, calendar_days(0)) == second
        assert NIGHT.add(second, calendar_days(1)) == at(NIGHT, "2026-11-02 01:30")
        assert NIGHT.between(at(NIGHT, "2026-11-01"), at(NIGHT, "2026-11-02"), "working hours") == 25 * HOUR
        assert NIGHT.add(at(NIGHT, "2026-11-01"), hours(3)) == at(NIGHT, "2026-11-01 02:00")

    def test_to_the_microsecond(self) -> None:
        close = at(OFFICE, "2026-03-06 18:00")
        tick = timedelta.resolution
        assert OFFICE.add(close - tick, working_hours(Fraction(1, 3600 * 10**6))) == close
        assert (
            OFFICE.add(close - tick, working_hours(Fraction(2, 3600 * 10**6))) == at(OFFICE, "2026-03-09 09:00") + tick
        )

    def test_a_pause_of_a_weekend_moves_working_time_by_nothing(self) -> None:
        due, friday, monday = (at(OFFICE, f"2026-03-{day}") for day in ("10 15:00", "06 18:00", "09 09:00"))
        assert OFFICE.shifted(due, friday, monday, working_days(3)) == due
        assert OFFICE.shifted(due, friday, monday, "hours") == due + (monday - friday)

    @pytest.mark.long
    @pytest.mark.parametrize("unit", Unit)
    def test_beyond_2199_there_is_no_end(self, unit: Unit) -> None:
        with pytest.raises(InvalidValue, match="outside 1900–2199"):
            OFFICE.add(datetime(2199, 12, 30, tzinfo=UTC), Span(100_000, unit))


class TestDays:
    def test_later_sources_are_over_earlier_ones(self) -> None:
        sunday, monday, tuesday = (date(2026, 3, day) for day in (8, 9, 10))
        holidays = Days([2026], closed=[monday, tuesday], working=[sunday])
        ours = Days(working=[monday], hours={tuesday: "10:00-11:00"})
        calendar = Calendar.of("o", zone="UTC", hours="Mon-Fri 09:00-17:00; Sat 09:00-12:00", days=[holidays, ours])
        assert calendar.hours_of(sunday) == calendar.hours[0], "worked at the first hours of the week"
        assert calendar.hours_of(monday) == calendar.hours[0]
        assert calendar.hours_of(tuesday) == ((time(10), time(11)),)
        assert replace(calendar, days=(ours, holidays)).hours_of(tuesday) == ()
        assert replace(calendar, makeup_hours=((time(1), time(2)),)).hours_of(sunday) == ((time(1), time(2)),)

    def test_a_year_is_covered_if_a_source_says_all_about_it(self) -> None:
        calendar = replace(OFFICE, days=(Days.none([2025]), Days([2026]), Days(closed=[date(2027, 1, 1)])))
        assert calendar.covered == {2025, 2026}
        assert not calendar.is_open(at(OFFICE, "2026-12-31 20:00"))
        last = at(OFFICE, "2026-12-31 17:00")
        assert calendar.add(last, working_hours(1)) == at(OFFICE, "2026-12-31 18:00")
        assert calendar.add(last, calendar_days(30)) == last + 30 * DAY, "dates need no source"
        assert calendar.between(last, last + 6 * HOUR, "working days") == 0
        wanting: list[Callable[[], object]] = [
            lambda: calendar.add(last, working_days(1)),
            lambda: calendar.add(last, full_working_days(1)),
            lambda: calendar.add(last, working_hours(2)),
            lambda: calendar.between(last, last + 2 * DAY, "working hours"),
            lambda: calendar.between(last, last + 2 * DAY, "full working days"),
            lambda: calendar.next_opening(last + 2 * HOUR),
            lambda: calendar.is_working_day(date(2027, 1, 1)),
        ]
        for each in wanting:
            with pytest.raises(YearNotCovered) as caught:
                each()
            assert str(caught.value).startswith(
                "office: the year 2027 is not covered (covered: 2025–2026); add a source"
            )
            again = pickle.loads(pickle.dumps(caught.value))
            assert (again.calendar, again.year, again.covered) == ("office", 2027, (2025, 2026))
            assert isinstance(again, InvalidValue)
        with pytest.raises(YearNotCovered, match="2024"):
            calendar.is_open(at(OFFICE, "2024-06-01 09:00"))

    def test_years_apart_are_known_apart(self) -> None:
        calendar = replace(NIGHT, days=(Days.none([2011, 2012, 2020, 2026]),))
        for year in (2012, 2026, 2011, 2020, 2012):
            assert calendar.add(at(NIGHT, f"{year}-03-06 10:00"), working_hours(1)) == at(NIGHT, f"{year}-03-06 11:00")
        with pytest.raises(YearNotCovered, match=r"2013 is not covered \(covered: 2011–2012, 2020, 2026\)"):
            calendar.between(at(NIGHT, "2012-03-06"), at(NIGHT, "2020-03-06"), "working days")

    def test_calendars_are_values(self) -> None:
        one, other = (Calendar.of("o", zone="UTC", hours="Mon 9:00-12:00", days=Days.none([2026])) for _ in range(2))
        one.is_open(datetime(2026, 1, 1, tzinfo=UTC))
        assert one == other == pickle.loads(pickle.dumps(one))
        assert len({one, other, pickle.loads(pickle.dumps(one))}) == 1
        assert one != replace(one, zone="Asia/Shanghai")
        assert one != replace(one, days=())
        assert Calendar.of("o", zone="UTC", hours={"Mon": "09:00-12:00"}, days=[Days.none([2026])]) == one

    @pytest.mark.long
    def test_threads_share_a_calendar(self) -> None:
        starts = [datetime(1990 + n * 37 % 50, 3, 1, tzinfo=UTC) + n * HOUR for n in range(200)]
        fresh = replace(OFFICE, name="shared")
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda start: fresh.add(start, "9 working days"), starts))
        assert found == [OFFICE.add(start, "9 working days") for start in starts]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Calendar.of("o", zone="Mars", hours="Mon 9:00-12:00"), "zone: 'Mars' is no time zone"),
        (lambda: Calendar.of("", zone="UTC", hours="Mon 9:00-12:00"), "calendar: '' is empty"),
        (lambda: Calendar.of("o", zone="UTC", hours={}), "no weekday has any"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon"), "hours of Mon: must be hours such as"),
        (lambda: Calendar.of("o", zone="UTC", hours="Day 9:00-12:00"), "'Day' names no weekdays"),
        (lambda: Calendar.of("o", zone="UTC", hours="Fri-Mon 9:00-12:00"), "runs backwards"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon-Fri 9:00-12:00; Tue 9:00-10:00"), "Tue is named twice"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon 22:00-06:00"), "22:00-06:00 closes before it opens"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon 9:00-12:00 11:00-13:00"), "11:00-13:00 overlaps"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon 9-12"), "'9-12' is no opening and closing time"),
        (lambda: Calendar.of("o", zone="UTC", hours="Mon 25:00-26:00"), "no opening and closing time"),
        (lambda: Days([26]), "years: 26 is no year"),
        (lambda: Days(closed=["2026-01-01"]), "closed: '2026-01-01' is no date"),  # type: ignore[list-item]
        (lambda: Days(closed=[date(2026, 1, 1)], working=[date(2026, 1, 1)]), "said to be closed and worked"),
        (lambda: OFFICE.add(datetime(2026, 1, 1), "1 hour"), "start: .* has no time zone"),  # noqa: DTZ001
        (lambda: OFFICE.add(BEGIN, "soon"), "'soon' is none; write a number and one of working days, full"),
        (lambda: OFFICE.between(BEGIN, BEGIN, "weeks"), "unit: 'weeks' is none .possible: working days"),
        (lambda: OFFICE.shifted(BEGIN, BEGIN, BEGIN - HOUR, "hours"), "pause: ends .* before it begins"),
        (lambda: OFFICE.hours_of(BEGIN), "day: must be a date"),
        (lambda: Span.of("1.5 working days"), "working days are counted whole, got 1.5"),
        (lambda: Span.of("1/0 hours"), "divides by zero"),
        (lambda: Span.of("1/7 hours"), "no whole number of microseconds"),
        (lambda: Span.of("-1 hours"), "is none; write"),
        (lambda: working_days(-1), "-1 working days lies outside 0–1000000"),
        (lambda: hours(0.1), "must be a whole number, a Fraction or a Decimal, got 0.1"),
    ],
)
def test_bad_input_says_what_was_wrong(make: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as caught:
        make()  # type: ignore[operator]
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), DemandFlowError)


class TestSpans:
    @given(SPANS)
    def test_what_is_written_is_read_back(self, span: Span) -> None:
        assert Span.of(str(span)) == span == pickle.loads(pickle.dumps(span))

    @pytest.mark.parametrize(
        ("text", "span", "written"),
        [
            ("3 working days", working_days(3), "3 working days"),
            ("1 full working day", full_working_days(1), "1 full working day"),
            ("8.50 working hours", working_hours(Decimal("8.5")), "8.5 working hours"),
            ("30 minutes", hours(Fraction(1, 2)), "0.5 hours"),
            ("20 working minutes", working_hours(Fraction(1, 3)), "1/3 working hours"),
            ("1 calendar day", calendar_days(1), "1 calendar day"),
        ],
    )
    def test_written(self, text: str, span: Span, written: str) -> None:
        assert Span.of(text) == span
        assert str(span) == written


TABLE = """
name = "office"
zone = "Asia/Shanghai"
hours = "Mon-Fri 09:00-12:00 14:00-18:00"

[[days]]
years = [2026]
closed = [2026-01-01, "2026-01-02"]
working = ["2026-01-04"]
hours = { 2026-02-16 = "09:00-12:00" }
"""


class TestFiles:
    @given(calendars())
    def test_what_is_written_is_read_back(self, calendar: Calendar) -> None:
        table = as_table(calendar)
        assert calendar_of(table) == calendar
        assert read_calendar(json.dumps(table)) == calendar
        assert read_calendar(as_toml(table)) == calendar

    def test_a_file_of_either_form(self, tmp_path: Path) -> None:
        expected = replace(
            OFFICE,
            days=(
                Days(
                    [2026],
                    [date(2026, 1, 1), date(2026, 1, 2)],
                    [date(2026, 1, 4)],
                    {date(2026, 2, 16): "09:00-12:00"},
                ),
            ),
        )
        (tmp_path / "office.toml").write_text(TABLE)
        (tmp_path / "office.json").write_text(json.dumps(as_table(expected)))
        assert read_calendar(TABLE) == expected
        assert read_calendar(tmp_path / "office.toml") == expected == read_calendar(str(tmp_path / "office.json"))

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("name =", "nam =", r"calendar: unknown key 'nam' \(possible: name, zone, .*\); did you mean 'name'\?"),
            ("closed =", "shut =", r"days 1: unknown key 'shut' \(possible: years, closed, working, hours\)"),
            ("2026-01-02", "2026-02-30", "days 1: closed 2: '2026-02-30': is no date"),
            ("2026-01-02", "2026-01-01", "days 1: closed: 2026-01-01 is said twice"),
            ("[2026]", "2026", "days 1: years must be a list, got 2026"),
            ("[2026]", '["x"]', "days 1: years 1 must be a whole number, got 'x'"),
            (
                '"09:00-12:00"',
                '"9 to 5"',
                "days 1: hours of 2026-02-16: '9' is no opening",
            ),
            ("2026-02-16", "monday", "days 1: hours 'monday': 'monday': is no date"),
            ('"2026-01-04"', '"2026-01-01"', "days 1: days: 2026-01-01 is said to be closed and worked"),
            ('zone = "Asia/Shanghai"', "", "calendar: needs 'zone'"),
            ('"Asia/Shanghai"', "8", "calendar: zone must be a text, got 8"),
            ("[[days]]", "[[days", "calendar: is no TOML: Expected .* line 6, column 7"),
        ],
    )
    def test_mistakes_name_the_key(self, old: str, new: str, says: str) -> None:
        assert old in TABLE
        with pytest.raises(InvalidValue, match=says):
            read_calendar(TABLE.replace(old, new, 1))

    def test_all_mistakes_are_told_at_once_whatever_the_table_is(self) -> None:
        table = as_table(OFFICE)
        assert calendar_of(MappingProxyType(table)) == OFFICE
        wrong: list[tuple[Any, str]] = [
            (
                {**table, "zone": 4, "nme": 3},
                "calendar: zone must be a text, got 4; unknown key 'nme' (possible: name,",
            ),
            (
                {**table, "days": [{"closed": 3}, 3]},
                "calendar: days 1: closed must be a list, got 3; days 2 must be a t",
            ),
            ({**table, "hours": {3: 4}}, "calendar: hours 3 must be a text, got 3"),
            ({**table, 3: 4}, "calendar: 3: Keys should be strings"),
            (3, "calendar: must be a table with name, zone, hours, makeup_hours, days, got 3"),
        ]
        for said, says in wrong:
            with pytest.raises(InvalidValue) as refused:
                calendar_of(said)
            assert str(refused.value).startswith(says)

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.toml").write_bytes(b"\xff")
        for path, says in ((tmp_path / "no.toml", "cannot be read"), (tmp_path / "x.toml", "not written in UTF-8")):
            with pytest.raises(InvalidValue, match=says):
                read_calendar(path)
        with pytest.raises(InvalidValue, match=r"neither \.toml nor"):
            read_calendar(tmp_path / "x.yaml")
        with pytest.raises(InvalidValue, match="says the key 'name' twice"):
            read_calendar('{"name": "a", "name": "b"}')


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", "UID:1", "SUMMARY:Spring", *lines, "END:VEVENT"])


def ics(path: Path, *events: str) -> Path:
    path.write_text("\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *events, "END:VCALENDAR", ""]))
    return path


@pytest.mark.skipif(not find_spec("icalendar"), reason="needs icalendar: demandflow[calendars]")
class TestICalendar:
    def test_whole_days_are_closed_or_worked(self, tmp_path: Path) -> None:
        file = ics(
            tmp_path / "a.ics",
            event("DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20260104"),
            event("DTSTART;VALUE=DATE:20260501", "DURATION:P2D"),
            event("DTSTART;VALUE=DATE:20261001"),
            event("DTSTART;VALUE=DATE:20261224", "STATUS:CANCELLED"),
            event("DTSTART;VALUE=DATE:20270101"),
            event("DTSTART;VALUE=DATE:20260104").replace("Spring", "Spring (worked)"),
        )
        closed = [date(2026, *day) for day in ((1, 1), (1, 2), (1, 3), (5, 1), (5, 2), (10, 1))]
        assert days_from_ics(file, years=2026, working="(worked)") == Days([2026], closed, [date(2026, 1, 4)])

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY"), r"'Spring' repeats \(RRULE\)"),
            (("DTSTART:20260101T090000Z", "DTEND:20260101T100000Z"), "'Spring' has clock times"),
            (("DTSTART;VALUE=DATE:20260199",), "'Spring': DTSTART: Wrong date format"),
            (("DTSTART;VALUE=DATE:20260102", "DTEND;VALUE=DATE:20260101"), "before it begins|after the end"),
            (("SEQUENCE:1",), "'Spring': "),
        ],
    )
    def test_nothing_is_skipped(self, lines: tuple[str, ...], says: str, tmp_path: Path) -> None:
        with pytest.raises(InvalidValue, match=says):
            days_from_ics(ics(tmp_path / "a.ics", event(*lines)), years=2026)

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.ics").write_text("hello")
        with pytest.raises(InvalidValue, match="is no iCalendar file"):
            days_from_ics(tmp_path / "a.ics", years=2026)
        with pytest.raises(InvalidValue, match="cannot be read"):
            days_from_ics(tmp_path / "b.ics", years=2026)


class TestPublished:
    @pytest.mark.skipif(not find_spec("holidays"), reason="needs holidays: demandflow[calendars]")
    def test_holidays_of_a_part_of_a_country(self) -> None:
        days = holidays_of("US", "MA", years=range(2014, 2016))
        assert days.years == {2014, 2015}
        assert date(2014, 4, 21) in days.closed, "Patriots' Day"
        assert {day.year for day in days.closed} == {2014, 2015}
        assert holidays_of("FR", years=2030).closed
        mistakes: list[tuple[Callable[[], object], str]] = [
            (lambda: holidays_of("XX", years=2026), "holidays of XX: are not in the package"),
            (lambda: holidays_of("US", "QQ", years=2026), "holidays of US-QQ: are not in the package"),
            (lambda: holidays_of("CN", years=2026), "use chinese_days"),
            (lambda: holidays_of("SG", years=2040), "a holiday is a guess"),
            (lambda: holidays_of("US", years=[]), "years: say which"),
            (lambda: holidays_of("US", years=2150), "the year 2150 is not covered"),
        ]
        for make, says in mistakes:
            with pytest.raises(InvalidValue, match=says):
                make()
        assert holidays_of("SG", years=2040, estimates=True).closed

    @pytest.mark.skipif(not find_spec("chinese_calendar"), reason="needs chinesecalendar: demandflow[calendars]")
    def test_chinese_days_with_those_that_are_worked(self) -> None:
        calendar = replace(OFFICE, days=(chinese_days(),))
        assert [calendar.is_working_day(date(2026, 2, day)) for day in (14, 15, 16, 23, 24, 28)] == [
            *(True, False, False, False, True, True)
        ]
        assert chinese_days(2026).years == {2026}
        assert chinese_days([2025, 2026]).closed < chinese_days().closed
        with pytest.raises(YearNotCovered, match="Chinese days: the year 1999 is not covered"):
            chinese_days(1999)

    @pytest.mark.parametrize("module", ["holidays", "chinese_calendar", "icalendar"])
    def test_what_is_missing_is_named(self, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        make: Callable[[], object] = {
            "holidays": lambda: holidays_of("US", years=2026),
            "chinese_calendar": chinese_days,
            "icalendar": lambda: days_from_ics("x.ics", years=2026),
        }[module]
        with pytest.raises(ImportError, match=r"this needs .*: pip install 'demandflow\[calendars\]'"):
            make()
