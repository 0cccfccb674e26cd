"""Calendars by lot, declared in any of the ways there are, and what is asked of one, at moments that matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.hours import Hours
from demandflow.calendars.sources import days_from_ics
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import InvalidValue
from demandflow.testing.model.calendars import CALENDAR_DAYS, DAY, END, FIRST, HOUR, MINUTE, US, NaiveCalendar

TURNS: dict[str, tuple[datetime, ...]] = {
    zone: tuple(map(datetime.fromisoformat, turns))
    for zone, *turns in (
        ("Europe/Berlin", "2025-03-30T02:00", "2025-10-26T02:00"),
        ("America/New_York", "2025-03-09T02:00", "2025-11-02T01:00"),
        ("America/Havana", "2025-03-09T00:00", "2025-11-02T00:00"),
        ("Australia/Lord_Howe", "2025-04-06T01:30", "2025-10-05T02:00"),  # by half an hour
        ("Asia/Shanghai",),
        ("UTC",),
    )
}
"""The first hour that the clocks of these zones skip or show twice."""
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NIGHT = ("00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:10", "02:30", "03:00", "03:30", "05:00", "24:00")
EARLY = ("00:00", "00:30", "01:30", "02:10", "03:30", "05:00", "24:00")
DAYTIME = ("08:30", "09:00", "09:00:30", "12:00", "13:30", "14:00", "17:59:59.999999", "18:00", "22:00", "24:00")
KNOWN = ((2024, 2025, 2026), (2025, 2026), (2025,), (2025, 2027), (2023, 2024, 2025, 2028))
AMOUNTS = {"hours": ("0", "1", "0.5", "1/3", "8", "40"), "calendar days": ("0", "1", "20", "100")}
FEW = ("0", "1", "1", "2", "5", "20")
MINUTES = {"90 minutes": "1.5 hours", "1 working minute": "1/60 working hours", "30.0  minutes": "0.5 hours"}
"""Spans that are kept otherwise than they are written."""
UNITS = (*Unit, Unit.WORKING_DAYS, Unit.WORKING_DAYS)
WORKED = "补班"


def drawn_calendar(dice: Random) -> Calendar:
    """A calendar by lot. Raises AssertionError if it does not keep what was declared."""
    usual, zone = drawn_hours(dice), dice.choice(list(TURNS))
    week = [dice.choice((usual, drawn_hours(dice), drawn_hours(dice), "", "")) for _ in WEEK]
    if dice.random() < 0.3 or not any(week):
        week = [*[usual] * 5, "", ""]
    if TURNS[zone] and dice.random() < 0.5:
        week = [drawn_hours(dice, EARLY)] * 7
    makeup = dice.choice(("", drawn_hours(dice)))
    some = [date(2024, 12, 28) + n * DAY for n in (*range(9), *dice.sample(range(9, 400), 12))]
    some += [turn.date() + n * DAY for turn in TURNS[zone] for n in range(2)]
    some = [*dict.fromkeys(some)]
    drawn = [drawn_source(dice, some, first=not number) for number in range(dice.choice((0, 1, 2, 2, 3)))]
    days = [source for source, _ in drawn]
    if dice.random() < 0.3:
        pairs: Any = (tuple(map(pairs_of, week)), days[0] if len(days) == 1 else iter(days), pairs_of(makeup))
        calendar = Calendar("café", zone, *pairs)
    else:
        hours = by_hours(week)
        text = "; ".join(f"{names} {today}" for names, today in hours.items())
        given = dice.choice((hours, text))
        calendar = Calendar.of("cafe\u0301", zone=zone, hours=given, days=days, makeup_hours=makeup)
    for kept, said in (
        (calendar.name, "café"),
        (calendar.hours, tuple(map(pairs_of, week))),
        (calendar.makeup_hours, pairs_of(makeup or next(filter(None, week)))),
        ([vars(source) for source in calendar.days], [said for _, said in drawn]),
    ):
        assert kept == said, f"{calendar!r} keeps {kept}, and {said} was declared"
    return calendar


def drawn_hours(dice: Random, among: Sequence[str] = ()) -> str:
    """The hours of one day, once or twice, maybe without a pause between."""
    among = among or dice.choice((NIGHT, DAYTIME, DAYTIME, ("00:00", "02:30", "24:00")))
    clocks = sorted(dice.sample(among, dice.choice((2, 3))))
    pairs: Iterable[tuple[str, str]] = pairwise(clocks)
    if len(clocks) == 3 and dice.random() < 0.5 and clocks[0] < "12:00" < clocks[1]:
        pairs = zip((clocks[0], clocks[1]), ("12:00", clocks[2]), strict=True)
    text = " ".join("-".join(pair) for pair in pairs)
    return dice.choice((text, text.removeprefix("0")))


def pairs_of(text: str) -> Hours:
    """The hours of one day, from their text."""
    said = text.replace("24:00", "00:00").replace("-", " ").split()
    clocks = [time.fromisoformat(clock if clock[2] == ":" else f"0{clock}") for clock in said]
    return tuple(zip(clocks[::2], clocks[1::2], strict=True))


def by_hours(week: Sequence[str]) -> dict[str, str]:
    """The hours by the weekdays that have them: Mon-Fri where they are in a row, else Mon,Wed."""
    found: dict[str, str] = {}
    for hours in dict.fromkeys(filter(None, week)):
        names = [name for name, today in zip(WEEK, week, strict=True) if today == hours]
        in_a_row = len(names) > 1 and ",".join(names) in ",".join(WEEK)
        found[f"{names[0]}-{names[-1]}" if in_a_row else ",".join(names)] = hours
    return found


def drawn_source(dice: Random, some: Sequence[date], *, first: bool) -> tuple[Days, dict[str, Any]]:
    """A source of days, and what it has to say."""
    years = dice.choice(KNOWN if first else ((), (), (2025,), (2025, 2026)))
    chosen = dice.sample(some, dice.choice((0, 9, 20)))
    closed, working, special = chosen[::2], chosen[1::4], {day: drawn_hours(dice) for day in chosen[3::4]}
    if years and dice.random() < 0.25:
        read = from_a_file if find_spec("icalendar") else from_its_days
        source = read(closed, working, years)
        closed, working = ([day for day in days if day.year in years] for days in (closed, working))
        special = {}
    elif not chosen:
        source = Days.none(years)
    else:
        hours: Any = dice.choice((special, [(day, pairs_of(text)) for day, text in special.items()]))
        source = Days(dice.choice((list(years), iter(years))), closed, working, hours)
    said = {"years": frozenset(years), "closed": frozenset(closed), "working": frozenset(working)}
    return source, {**said, "hours": tuple((day, pairs_of(special[day])) for day in sorted(special))}


def from_its_days(closed: Iterable[date], working: Iterable[date], years: Iterable[int]) -> Days:
    """What such a file says, where it cannot be read."""
    off, made_up = ([day for day in days if day.year in years] for days in (closed, working))
    return Days(years, off, made_up)


def from_a_file(closed: Iterable[date], working: Iterable[date], years: Iterable[int]) -> Days:
    """What an iCalendar file says: a closed day is followed by another event, which was cancelled."""
    events = [(day, "", "") for day in closed] + [(day, WORKED, "") for day in working]
    events += [(day + DAY, "", "CANCELLED") for day in closed]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number, (day, summary, status) in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"SUMMARY:{summary}"]
        lines += [f"DTEND;VALUE=DATE:{day + DAY:%Y%m%d}"] if number % 3 else []
        lines += [f"STATUS:{status}"] if status else []
        lines += ["DTSTAMP:20250101T000000Z", "END:VEVENT"]
    with TemporaryDirectory() as folder:
        path = Path(folder, "days.ics")
        path.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), encoding="utf-8")
        return days_from_ics(path, years=years, working=WORKED)


# what is asked


def days_of(calendar: Calendar) -> list[date]:
    """The days that matter: that differ from the week, and at the ends of the years near by."""
    days = set[date]()
    for source in calendar.days:
        days |= {date(year, *day) for year in source.years if 2023 <= year <= 2028 for day in ((1, 1), (12, 31))}
        days |= {*source.closed, *source.working, *(day for day, _ in source.hours)}
    return sorted(days)


def drawn_questions(
    dice: Random, model: NaiveCalendar, number: int, start: date = date(2025, 1, 1)
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """So many methods, each with its arguments, mostly of the year that begins there."""
    declared = model.declared
    days, turns = days_of(declared) or [start], TURNS.get(declared.zone, ()) if start.year == 2025 else ()
    hours = [*declared.hours, declared.makeup_hours, *(here for source in declared.days for _, here in source.hours)]
    clocks = [clock for here in hours for pair in here for clock in pair] + [*map(time.fromisoformat, NIGHT[:-1])]

    def moment(wall: datetime) -> datetime:
        """The moment at which the clock on the wall shows this, or one beside it."""
        beside = dice.choice((0, 0, 1, -1)) * dice.choice((US, US, 10 * MINUTE, HOUR, 7 * HOUR))
        return min(max(model.moment(wall, dice.choice((0, 1))) + beside, FIRST), END - US)

    def clock(day: date) -> datetime:
        """An opening or a closing, on this day or beside it."""
        return datetime.combine(day + dice.choice((0, 0, 1, -1)) * DAY, dice.choice(clocks))

    for _ in range(number):
        began = moment(clock(dice.choice((dice.choice(days), start + dice.randrange(365) * DAY))))
        if turns and dice.random() < 0.4:
            began = moment(dice.choice(turns) + dice.randrange(-2, 6) * 10 * MINUTE)
        ended = moment(clock(model.day(began) + dice.choice((0, 0, 1, 1, dice.randrange(-30, 40))) * DAY))
        since, until = sorted((ended, moment(clock(model.day(ended)))), reverse=dice.random() < 0.1)
        day = dice.choice((model.day(began), dice.choice(days), date(dice.randrange(2022, 2030), 7, 1)))
        unit = dice.choice(UNITS)
        span, far = drawn_span(dice, unit), f"300 {unit}"
        if unit.is_elapsed and dice.random() < 0.6:
            span = exactly(model, began, ended, unit)
        questions: dict[str, tuple[Any, ...]] = {
            "add": (began, span if dice.random() < 0.9 else far),
            "before": (began, span),
            "between": (began, ended, dice.choice((unit, str(unit)))),
            "shifted": (began, since, until, dice.choice((unit, str(unit), Span.of(span)))),
            "add_many": ([began, ended], span),
            **{"is_working_day": (day,), "hours_of": (day,), "covered_until": (day,)},
        }
        method = dice.choice(("add", "add", "before", "before", "before", "between", "shifted", *questions))
        yield from ((name, (began,)) for name in ("is_open", "next_opening"))
        yield method, questions[method]
        if began.astimezone(model.zone).fold:
            yield dice.choice(("add", "before")), (began, "364 calendar days")


def exactly(model: NaiveCalendar, began: datetime, ended: datetime, unit: Unit) -> Span:
    """What lies between, so that the end is an opening or a closing as often as the moments are."""
    try:
        between: Any = model.between(min(began, ended), max(began, ended), unit)
    except InvalidValue:
        between = HOUR
    return Span(Fraction(between // US, HOUR // US), unit)


def drawn_span(dice: Random, unit: str) -> str | Span:
    """An amount of this unit, or some minutes. Raises AssertionError if it does not keep what was said."""
    amount = dice.choice(AMOUNTS.get(unit.removeprefix("working "), FEW))
    kept = f"{amount} {unit.removesuffix('s') if amount == '1' else unit}"
    text = dice.choice((kept, kept, f" {amount}  {unit}"))
    if unit != CALENDAR_DAYS and dice.random() < 0.1:
        text, kept = dice.choice(list(MINUTES.items()))
    span = Span.of(text)
    assert str(span) == kept, f"{text!r} is kept as {span}, not as {kept}"
    return dice.choice((text, span))
