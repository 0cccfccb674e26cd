"""Opening hours: of one day, and of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from typing import Final, cast

from demandflow.errors import InvalidValue, brief, listed

Hours = tuple[tuple[time, time], ...]
"""Openings and closings of one day by the clock on the wall, in order; a closing at 00:00 is the day's end, 24:00."""
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
A_DAY = timedelta(days=1) // timedelta.resolution
"""In microseconds."""


def opening_hours(hours: object, what: str = "hours") -> Hours:
    """The hours of one day, from a text ("09:00-12:00 14:00-18:00") or from pairs of times. Raises InvalidValue."""
    pairs = [_pair(text, what) for text in hours.split()] if isinstance(hours, str) else hours
    if not isinstance(pairs, list | tuple) or not pairs:
        raise InvalidValue(what, f'must be hours such as "09:00-12:00 14:00-18:00", got {brief(hours)}')
    until = -1
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and all(type(clock) is time for clock in pair)):
            raise InvalidValue(what, f"must be pairs of an opening and a closing time, got {brief(pair)}")
        if pair[0].tzinfo or pair[1].tzinfo:
            raise InvalidValue(what, "are by the clock on the wall; the calendar has the time zone")
        opens, closes = microseconds_of((pair[0], pair[1]))
        text = hours_as_text(((pair[0], pair[1]),))
        if opens >= closes:
            raise InvalidValue(what, f"{text} closes before it opens; split what crosses midnight at 24:00")
        if opens < until:
            raise InvalidValue(what, f"{text} overlaps the hours before it, or is out of order")
        until = closes
    return tuple((opens, closes) for opens, closes in pairs)


def hours_as_text(hours: Hours) -> str:
    """The hours of one day, as `opening_hours` reads them."""
    texts = [(opens.isoformat(), closes.isoformat() if closes != time(0) else "24:00:00") for opens, closes in hours]
    return " ".join(f"{opens.removesuffix(':00')}-{closes.removesuffix(':00')}" for opens, closes in texts)


def opening_week(hours: object) -> Week:
    """The hours of each weekday, from "Mon-Fri 08:30-17:00; Sat 09:00-12:00", a mapping, or seven days' hours.

    Weekdays that are not named are closed. Raises InvalidValue for a weekday that is named twice or does not exist.
    """
    if isinstance(hours, tuple) and len(hours) == 7:
        by_day = zip(WEEKDAYS, hours, strict=True)
        week = (() if today == () else opening_hours(today, f"hours of {day}") for day, today in by_day)
        return cast("Week", tuple(week))
    named: Iterable[tuple[object, object]]
    if isinstance(hours, str):
        parts = [part.strip().partition(" ") for part in hours.split(";")]
        named = [(days, today) for days, _, today in parts]
    elif isinstance(hours, Mapping):
        named = hours.items()
    else:
        raise InvalidValue("hours", f'must be a text such as "Mon-Fri 08:30-17:00" or a mapping, got {brief(hours)}')
    by_number: dict[int, Hours] = {}
    for days, today in named:
        for day in _days_named(days):
            if day in by_number:
                raise InvalidValue("hours", f"{WEEKDAYS[day]} is named twice")
            by_number[day] = opening_hours(today, f"hours of {days}")
    return opening_week(tuple(by_number.get(day, ()) for day in range(7)))


def _days_named(days: object) -> Iterable[int]:
    for part in days.split(",") if isinstance(days, str) else [""]:
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            possible = f'{listed(WEEKDAYS)}, as in "Mon-Fri" or "Mon,Wed"'
            raise InvalidValue("hours", f"{brief(days)} names no weekdays (possible: {possible})")
        if WEEKDAYS.index(first) > WEEKDAYS.index(last or first):
            raise InvalidValue("hours", f"{part.strip()} runs backwards; the week begins on Mon")
        yield from range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def _pair(text: str, what: str) -> tuple[time, time]:
    opening, _, closing = text.partition("-")
    try:
        return _clock(opening), time(0) if closing == "24:00" else _clock(closing)
    except ValueError:
        problem = f'{brief(text)} is no opening and closing time; write it as "08:30-17:00"'
        raise InvalidValue(what, problem) from None


def _clock(text: str) -> time:
    if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", text):
        raise ValueError(text)
    return time.fromisoformat(text if text[2] == ":" else f"0{text}")


def microseconds_of(pair: tuple[time, time]) -> tuple[int, int]:
    """An opening and its closing in microseconds by the clock on the wall; a closing at 24:00 is the day's end."""
    opening, closing = pair
    return since_midnight(opening), since_midnight(closing) or A_DAY


def since_midnight(clock: time) -> int:
    """In microseconds, by the clock on the wall."""
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
