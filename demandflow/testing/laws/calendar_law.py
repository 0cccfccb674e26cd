"""The law of calendars: yours, and any by lot, count as the model does, and refuse what is no calendar."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.files import as_table, calendar_of, read_calendar
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import InvalidValue, YearNotCovered
from demandflow.testing.drawing.drawn_calendars import days_of, drawn_calendar, drawn_questions
from demandflow.testing.model.calendars import NaiveCalendar, naive
from demandflow.testing.playing.law import Played, law, seldom

OF_YOURS, OF_ANY, REFUSALS, EVERY = 3, 16, 6, 2
DATE, THEN, NOON = date(2025, 5, 1), datetime(2025, 5, 1, 12, tzinfo=UTC), time(12)
STARTS = (date(2025, 1, 1), date(2025, 1, 1), date(1900, 1, 1), date(2199, 12, 1))
NAIVE = datetime(2025, 5, 1)  # noqa: DTZ001
AFTER, LONG_BEFORE = THEN.replace(year=2100), THEN.replace(year=1960)
PLAIN, MONDAY = ("x", "UTC"), "Mon 9:00-12:00"
NO_HOURS: Sequence[Any] = (
    *("", "9-12", "09:00", "09:00-", "12:00-09:00", "09:00-09:00", "09:00-12:00 11:59-13:00", "24:00-24:00", "9:0-9:5"),
    *("14:00-18:00 09:00-12:00", "09:00-25:00", "09:00-12:00,14:00-18:00", "009:00-12:00", "09:00-12:00.", 9, [5]),
    *([], [(NOON,)], [(NOON, time(13), time(14))], [(NOON, "13:00")], [(time(9, tzinfo=UTC), NOON)], [(NOON, NOON)]),
    *([(time(9), time(13, tzinfo=UTC))], [(datetime(2025, 1, 1, 9), NOON)]),  # noqa: DTZ001
)
NO_WEEKS: Sequence[Any] = (
    *(
        "Fri-Mon 9:00-12:00",
        "Xyz 9:00-12:00",
        "mon 9:00-12:00",
        "Mon-Xyz 9:00-12:00",
        "Mon 9:00-12:00; Mon 13:00-14:00",
    ),
    *({}, {5: "9:00-12:00"}, {"Mon-Tue": "9:00-12:00", "Tue": "13:00-14:00"}, {"": "9:00-12:00"}, "Mon", "", 5),
    *(((),) * 7, (((NOON, time(13)),),) * 6, (((NOON, time(13)),),) * 8, [((NOON, time(13)),)] * 7),
)
NO_DAYS: Sequence[Mapping[str, Any]] = (
    *({"years": years} for years in (2025, [1898], [2201], ["2025"], [True], "2025", [2025.0])),
    *({name: days} for name in ("closed", "working") for days in (DATE, [NAIVE], ["2025-05-01"], "2025-05-01", [5])),
    *({"closed": [DATE], "working": [DATE]}, {"closed": [DATE], "hours": {DATE: "9:00-12:00"}}),
    *(
        {"working": [DATE], "hours": {DATE: "9:00-12:00"}},
        {"hours": {NAIVE: "9:00-12:00"}},
        {"hours": {"x": "9:00-12:00"}},
    ),
)
NO_SPANS: Sequence[Any] = (
    *(
        "",
        "1",
        "days",
        "-1 hours",
        "1.5 working days",
        "1/2 calendar days",
        "1/0 hours",
        "1/7 hours",
        "1 weeks",
        "1hours",
    ),
    *(
        "1000001 hours",
        "1000000.5 hours",
        "1e3 hours",
        "1,5 hours",
        ".5 hours",
        "1. hours",
        "1 hourss",
        5,
        None,
        b"1 hour",
    ),
)
NO_AMOUNTS = (1.5, True, "1", -1, Decimal("NaN"), Decimal("Infinity"), Fraction(1, 7), 1_000_001, Fraction(-1, 2), None)
NO_UNITS: Sequence[Any] = ("weeks", "hour", "", None, 5, ["hours"])
NO_MOMENTS: Sequence[Any] = (NAIVE, DATE, "2025-05-01", None, THEN.replace(year=1899), THEN.replace(year=2200))
NO_DATES: Sequence[Any] = (NAIVE, THEN, "2025-05-01", None)
REFUSED: Sequence[tuple[Sequence[Any], Sequence[tuple[Any, ...]]]] = (
    (
        NO_HOURS,
        (
            (lambda hours: Days(hours={DATE: hours}), ...),
            (lambda hours: Calendar.of("x", zone="UTC", hours={"Mon": hours}), ...),
        ),
    ),
    (NO_HOURS[1:], ((Calendar, *PLAIN, MONDAY, (), ...),)),
    (NO_WEEKS, ((Calendar, *PLAIN, ...),)),
    (NO_DAYS, ((lambda said: Days(**said), ...),)),
    ((5, "x", [5], [None], {"x": 1}), ((Calendar, *PLAIN, MONDAY, ...), (Calendar, "x", ..., MONDAY), (as_table, ...))),
    ((5, "x", [5], {"x": 1}), ((calendar_of, ...), (read_calendar, ...))),
    (("", " x", "x\n", 5, None), ((Calendar, ..., "UTC", MONDAY),)),
    (NO_SPANS, ((Span.of, ...), ("add", THEN, ...), ("add_many", [THEN], ...), ("before", THEN, ...))),
    (NO_AMOUNTS, ((Span, ..., Unit.HOURS),)),
    ((Fraction(1, 2), Decimal("0.5")), ((Span, ..., Unit.CALENDAR_DAYS),)),
    (NO_UNITS, ((Span, 1, ...), ("between", THEN, THEN, ...), ("shifted", THEN, THEN, THEN, ...))),
    (NO_MOMENTS, (("add", ..., "1 hour"), ("before", ..., "1 hour"), ("is_open", ...), ("next_opening", ...))),
    (
        NO_MOMENTS,
        (("between", ..., THEN, "hours"), ("between", THEN, ..., "hours"), ("shifted", ..., THEN, THEN, "hours")),
    ),
    (NO_MOMENTS, (("shifted", THEN, ..., THEN, "hours"), ("shifted", THEN, THEN, ..., "hours"))),
    (NO_DATES, (("is_working_day", ...), ("hours_of", ...), ("covered_until", ...))),
    (("1000000 hours", "1000000 calendar days"), (("add", AFTER, ...), ("before", LONG_BEFORE, ...))),
)
"""What is no hours, week, days, span, unit, moment or date; and to whom it may be said, in the place of ..."""


@seldom
@law
def a_calendar_counts_as_the_model_does(played: Played) -> None:
    """Your calendars, and any others, count as the model does, day by day, and refuse what is invalid."""
    dice = Random(played.history.environment.lot)  # noqa: S311
    for calendar in dict.fromkeys(
        clock.calendar for flow in (played.world.workflow, played.world.twin) for clock in flow.clocks
    ):
        ask(calendar, naive(calendar), dice, OF_YOURS)
    if played.history.environment.lot % EVERY == 0:
        hold_any_calendar(dice)


def hold_any_calendar(dice: Random) -> None:
    """Draw a calendar, ask it, and see that it is kept and written as it is. Raises AssertionError."""
    calendar = drawn_calendar(dice)
    model = NaiveCalendar(calendar)
    # all that is covered in a row is laid out: where that is everything, then never both now and at the end of time
    start = dice.choice(STARTS) if not calendar.days else STARTS[0]
    ask(calendar, model, dice, OF_ANY, start)
    for day in days_of(calendar):
        agree("hours_of", (day,), calendar, model)
    table = as_table(calendar)
    for other in (pickle.loads(pickle.dumps(calendar)), calendar_of(table), read_calendar(json.dumps(table))):  # noqa: S301
        assert (other, hash(other)) == (calendar, hash(calendar)), f"{calendar!r} comes back as {other!r}"
    for _ in range(REFUSALS):
        several, doors = dice.choice(REFUSED)
        refuse(dice.choice(several), *dice.choice(doors), calendar=calendar)


def refuse(wrong: Any, to: Any, *given: Any, calendar: Calendar) -> None:
    """Say something wrong. Raises AssertionError if it is not refused, in words."""
    asked = getattr(calendar, to) if isinstance(to, str) else to
    try:
        answer: Any = asked(*(wrong if one is ... else one for one in given))
    except InvalidValue as error:
        answer = error
    refused = isinstance(answer, InvalidValue) and {type(answer.what), type(answer.problem)} == {str}
    assert refused, f"{wrong!r} must be refused by {asked}, it gives {answer!r}"


def ask(calendar: Calendar, model: NaiveCalendar, dice: Random, questions: int, start: date = STARTS[0]) -> None:
    """Ask both of them so many questions. Raises AssertionError."""
    for method, given in drawn_questions(dice, model, questions, start):
        agree(method, given, calendar, model, dice.choice((UTC, model.zone)))


def agree(method: str, given: Any, calendar: Calendar, model: NaiveCalendar, zone: tzinfo = UTC) -> None:
    """Assert that both give the same answer, or the same error; the moments are given in this zone."""
    answered, expected = answer_of(calendar, method, seen_in(zone, given)), answer_of(model, method, given)
    where = f"{method}({', '.join(map(repr, given))}) of {calendar!r}"
    assert answered == expected, f"{where} is {answered}, the model says {expected}"


def seen_in(zone: tzinfo, given: Any) -> Any:
    """The same, with moments as they are there."""
    if isinstance(given, list | tuple):
        return [seen_in(zone, one) for one in given]
    return given.astimezone(zone) if isinstance(given, datetime) else given


def answer_of(calendar: Calendar | NaiveCalendar, method: str, given: Sequence[Any]) -> Any:
    """The answer as it is written, or the kind of error."""
    try:
        return repr(getattr(calendar, method)(*given))
    except YearNotCovered as error:
        return type(error), error.year, error.covered
    except InvalidValue as error:
        return type(error)
