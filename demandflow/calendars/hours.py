"""Opening hours: of one day, and of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from typing import Final

from demandflow.errors import InvalidValue, brief, listed

Hours = tuple[tuple[time, time], ...]
"""Openings and closings of one day by the clock on the wall, in order; a closing at 00:00 is the day's end, 24:00."""
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
A_DAY = timedelta(days=1) // timedelta.resolution
"""In microseconds."""


def opening_hours(said: object, what: str = "hours") -> Hours:
    """The hours of one day, from a text ("09:00-12:00 14:00-18:00") or from pairs of times; InvalidValue if none."""
    pairs = [_pair(one, what) for one in said.split()] if isinstance(said, str) else said
    if not isinstance(pairs, list | tuple) or not pairs:
        raise InvalidValue(what, f'must be hours such as "09:00-12:00 14:00-18:00", got {brief(said)}')
    until = -1
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and all(type(one) is time for one in pair)):
            raise InvalidValue(what, f"must be pairs of an opening and a closing time, got {brief(pair)}")
        text = hours_as_text(((pair[0], pair[1]),))
        if pair[0].tzinfo or pair[1].tzinfo:
            raise InvalidValue(what, "are by the clock on the wall; the calendar has the time zone")
        opens, closes = since_midnight(pair[0]), since_midnight(pair[1]) or A_DAY
        if opens >= closes:
            raise InvalidValue(what, f"{text} closes before it opens; split what crosses midnight at 24:00")
        if opens < until:
            raise InvalidValue(what, f"{text} overlaps what stands before it, or stands after it")
        until = closes
    return tuple((opens, closes) for opens, closes in pairs)


def hours_as_text(hours: Hours) -> str:
    """The hours of one day, as `opening_hours` reads them."""
    return " ".join(map(_hyphened, hours))


def opening_week(said: object) -> Week:
    """The hours of each weekday, from "Mon-Fri 08:30-17:00; Sat 09:00-12:00", a mapping, or seven days' hours.

    Weekdays that are not named are closed. Raises InvalidValue for a weekday that is named twice or that there is not.
    """
    if isinstance(said, tuple) and len(said) == 7:
        monday, tuesday, wednesday, thursday, friday, saturday, sunday = [
            () if one == () else opening_hours(one, f"hours of {day}") for day, one in zip(WEEKDAYS, said, strict=True)
        ]
        return monday, tuesday, wednesday, thursday, friday, saturday, sunday
    named: Iterable[tuple[object, object]]
    if isinstance(said, str):
        parts = [part.strip().partition(" ") for part in said.split(";")]
        named = [(days, hours) for days, _, hours in parts]
    elif isinstance(said, Mapping):
        named = said.items()
    else:
        raise InvalidValue("hours", f'must be a text such as "Mon-Fri 08:30-17:00" or a mapping, got {brief(said)}')
    found: dict[int, Hours] = {}
    for days, hours in named:
        for day in _days_named(days):
            if day in found:
                raise InvalidValue("hours", f"{WEEKDAYS[day]} is named twice")
            found[day] = opening_hours(hours, f"hours of {days}")
    return opening_week(tuple(found.get(day, ()) for day in range(7)))


def _days_named(said: object) -> Iterable[int]:
    for part in said.split(",") if isinstance(said, str) else [""]:
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            possible = f'{listed(WEEKDAYS)}, as in "Mon-Fri" or "Mon,Wed"'
            raise InvalidValue("hours", f"{brief(said)} names no weekdays (possible: {possible})")
        if WEEKDAYS.index(first) > WEEKDAYS.index(last or first):
            raise InvalidValue("hours", f"{part.strip()} runs backwards; the week begins on Mon")
        yield from range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def _pair(said: str, what: str) -> tuple[time, time]:
    opening, _, closing = said.partition("-")
    return _clock(opening, said, what), time(0) if closing == "24:00" else _clock(closing, said, what)


def _clock(said: str, of: str, what: str) -> time:
    try:
        if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", said):
            return time.fromisoformat(said if said[2] == ":" else f"0{said}")
    except ValueError:
        pass
    raise InvalidValue(what, f'{brief(of)} is no opening and closing time; write it as "08:30-17:00"')


def _hyphened(pair: tuple[time, time]) -> str:
    return "-".join("24:00" if last and one == time(0) else _shortly(one) for last, one in enumerate(pair))


def _shortly(one: time) -> str:
    return one.isoformat() if one.second or one.microsecond else one.isoformat("minutes")


def ticks_of(pair: tuple[time, time]) -> tuple[int, int]:
    """An opening and its closing in microseconds by the clock on the wall; a closing at 24:00 is the day's end."""
    opening, closing = pair
    return since_midnight(opening), since_midnight(closing) or A_DAY


def since_midnight(one: time) -> int:
    """In microseconds, by the clock on the wall."""
    return ((one.hour * 60 + one.minute) * 60 + one.second) * 1_000_000 + one.microsecond
