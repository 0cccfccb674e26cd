"""Several sources of days: year by year the later is over the earlier, and one without years only adds exceptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from demandflow import Calendar, Days
from demandflow.calendars import as_table, calendar_of

OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00; Sat 09:00-12:00")
YEARS = (2018, 2019)
DATES = st.dates(date(2018, 1, 1), date(2019, 12, 31))


@st.composite
def sources(draw: st.DrawFn) -> Days:
    """Sources that cover both years, one or none, with a few days of them or of others."""
    years = draw(st.sets(st.sampled_from(YEARS)))
    closed, working = draw(st.sets(DATES, max_size=4)), draw(st.sets(DATES, max_size=4))
    return Days(
        years,
        closed,
        working - closed,
        dict.fromkeys(draw(st.sets(DATES, max_size=2)) - closed - working, "10:00-11:00"),
    )


def on(*days: Days) -> Calendar:
    return replace(OFFICE, days=days)


def test_a_later_source_of_a_year_takes_the_place_of_an_earlier_one_also_with_nothing_to_say() -> None:
    new_year, next_new_year = date(2018, 1, 1), date(2019, 1, 1)
    holidays = Days(YEARS, closed=[new_year, next_new_year])
    assert not on(holidays).is_working_day(new_year)
    calendar = on(holidays, Days.none([2018]))
    assert calendar.is_working_day(new_year)
    assert not calendar.is_working_day(next_new_year), "of other years it says nothing"
    assert calendar_of(as_table(calendar)) == calendar, "and so it is written and read"


def test_a_source_without_years_adds_to_what_was_said() -> None:
    holidays, fair = Days([2018], closed=[date(2018, 1, 1)]), Days(closed=[date(2018, 6, 1)])
    calendar = on(holidays, fair)
    assert [calendar.is_working_day(date(2018, month, 1)) for month in (1, 6)] == [False, False]
    assert on(fair, holidays).is_working_day(date(2018, 6, 1)), "a later source says everything about its year"


@given(st.lists(sources(), max_size=4), sources(), DATES)
def test_of_a_year_that_the_last_source_covers_the_earlier_ones_do_not_matter(
    earlier: list[Days], last: Days, day: date
) -> None:
    every_year = Days.none(YEARS)
    alone, after_others = on(every_year, last), on(every_year, *earlier, last)
    if day.year in last.years:
        assert after_others.hours_of(day) == alone.hours_of(day)
    elif day not in {*last.closed, *last.working, *dict(last.hours)}:
        assert after_others.hours_of(day) == on(every_year, *earlier).hours_of(day)


@given(st.lists(sources(), max_size=3))
def test_a_year_that_is_cleared_is_worked_by_the_week_alone(earlier: list[Days]) -> None:
    calendar = on(*earlier, Days.none(YEARS))
    days = [date.fromordinal(ordinal) for ordinal in range(date(2018, 1, 1).toordinal(), date(2020, 1, 1).toordinal())]
    assert [calendar.hours_of(day) for day in days] == [OFFICE.hours_of(day) for day in days]
