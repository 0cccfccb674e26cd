"""A calendar that soon knows no more days is said to end long before, and its remedy with it."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demandflow import Calendar, Clock, Days, DemandFlow, Workflow, closed_loop, standard_clocks
from demandflow.calendars import CalendarEnds
from demandflow.policies import Reminders, standard_policies
from tests.unit.calendars.test_calendars_real import needs

OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00", days=Days.none([2025, 2026]))
NOVEMBER = datetime(2026, 11, 26, 12, tzinfo=UTC)


def loop(calendar: Calendar, **spans: Any) -> Workflow:
    return closed_loop("ours", clocks=standard_clocks(calendar, **spans))


def warned(now: datetime, *workflows: Workflow, policies: Any = ()) -> list[str]:
    """What opening warns of at this moment."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with DemandFlow.open("memory:", workflows=workflows, policies=policies, clock=lambda: now) as flow:
            assert [str(one.message) for one in caught] == [str(one) for one in flow.calendar_ends()]
    assert all(one.category is CalendarEnds and one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_opening_says_when_a_calendar_ends_who_counts_by_it_and_what_to_do() -> None:
    (says,) = warned(NOVEMBER, loop(OFFICE))
    assert says.startswith("calendar 'office' knows no day after 2026-12-31, in 35 days")
    assert "clock accept of ours@2" in says
    assert "Add a source of days for 2027, or Days.none([2027])" in says


def test_a_calendar_that_has_ended_is_said_too() -> None:
    (says,) = warned(datetime(2027, 1, 4, tzinfo=UTC), loop(OFFICE))
    assert "calendar 'office' does not know 2027: deadlines that reach there will have no date" in says


@given(st.integers(0, 700))
@example(608)  # ninety days before
@example(609)
def test_it_is_said_from_ninety_days_before_on(days: int) -> None:
    now = datetime(2025, 2, 1, tzinfo=UTC) + timedelta(days=days)
    assert bool(warned(now, loop(OFFICE))) == (date(2026, 12, 31) - now.date() < timedelta(days=90))


def test_nothing_is_said_where_no_day_off_matters() -> None:
    always = replace(OFFICE, days=())
    answer = Clock("answer", "registered", "15 calendar days", OFFICE)
    work = Clock("work", "in_hand", "9 working hours", always)
    watched = [state.name for state in closed_loop().states if state.ended_as is None]
    rest = Clock("rest", tuple(name for name in watched if name not in ("registered", "in_hand")), "48 hours", OFFICE)
    assert warned(NOVEMBER, closed_loop("ours", clocks=(answer, work, rest))) == []


def test_calendars_of_policies_are_looked_at_as_well_and_each_is_said_once() -> None:
    policies = standard_policies(OFFICE)
    (says,) = warned(NOVEMBER, loop(OFFICE), policies=policies)
    assert "policy sorting" in says
    assert "policy " not in warned(NOVEMBER, loop(OFFICE), policies=(Reminders(on=False),))[0]


def test_the_years_in_a_row_count() -> None:
    gap = replace(OFFICE, days=(Days.none([2024, 2025, 2027]),))
    assert gap.covered_until(date(2024, 6, 1)) == date(2025, 12, 31)
    assert gap.covered_until(date(2026, 6, 1)) is None
    assert gap.covered_until(date(2027, 6, 1)) == date(2027, 12, 31)
    assert replace(OFFICE, days=()).covered_until(date(2027, 6, 1)) == date(2200, 12, 31)


def test_the_warning_can_be_sent_elsewhere_and_made_an_error() -> None:
    ends = CalendarEnds("office", ("clock accept of ours@1",), date(2026, 12, 31), date(2026, 11, 26))
    assert str(pickle.loads(pickle.dumps(ends))) == str(ends)
    with pytest.raises(CalendarEnds, match="in 35 days"):  # as any warning is in these tests
        DemandFlow.open("memory:", workflows=[loop(OFFICE)], clock=lambda: NOVEMBER)


@needs("chinesecalendar", "chinese_calendar")
def test_the_days_of_china_are_decided_year_by_year() -> None:
    from demandflow.calendars import chinese_days

    known = chinese_days()
    last = max(known.years)
    (says,) = warned(datetime(last, 11, 26, tzinfo=UTC), loop(replace(OFFICE, days=(known,))))
    assert f"knows no day after {last}-12-31" in says
