"""The law of calendars, held against many: each answers as the model that counts day by day."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Calendar
from demandflow.testing.laws.calendar_law import REFUSED, hold_any_calendar, refuse
from tests.profiles import examples


@pytest.mark.long
@settings(max_examples=examples(300))
@given(st.integers(0, 2**32))
def test_a_calendar_counts_as_one_would_day_by_day(seed: int) -> None:
    hold_any_calendar(Random(seed))


def test_invalid_calendars_and_questions_are_refused() -> None:
    calendar = Calendar.of("office", zone="Europe/Berlin", hours="Mon-Fri 09:00-12:00")
    for several, doors in REFUSED:
        for wrong in several:
            for door in doors:
                refuse(wrong, *door, calendar=calendar)
