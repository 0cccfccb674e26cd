"""Which times the clocks on the wall show during something, also on a day on which they are changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demandflow.calendars.hours import Week, microseconds_of

TICK = timedelta.resolution


class Shown(NamedTuple):
    """Times of a weekday (Monday is 0), in microseconds since midnight, through which the clocks run without a jump."""

    weekday: int
    begins: int
    ends: int


def times_shown(begins: datetime, ends: datetime, zone: ZoneInfo) -> tuple[Shown, ...]:
    """What the clocks of the zone show from one moment to another, in parts that end at midnight or at a clock change.

    Where clocks go back, an hour is shown twice, in two parts; where they go forward, what they skip is in none.
    """
    return tuple(part for wall, until in _steady(begins, ends, zone) for part in _by_day(wall, until))


def is_within(parts: Iterable[Shown], week: Week) -> bool:
    """Whether all these times lie in the hours of the week; hours that touch are one."""
    for weekday, reached, ends in parts:
        for opening, closing in map(microseconds_of, week[weekday]):
            if opening <= reached < closing:
                reached = closing
        if reached < ends:
            return False
    return True


def _steady(begins: datetime, ends: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The clock times at the ends of each part through which the clocks run without being changed.

    At most one change lies in a day, as in every zone that there is.
    """
    offset, change = begins.astimezone(zone).utcoffset(), ends
    if (ends - TICK).astimezone(zone).utcoffset() != offset:
        early, change = begins, ends - TICK
        while change - early > TICK:
            half = early + (change - early) // 2
            if half.astimezone(zone).utcoffset() == offset:
                early = half
            else:
                change = half
    wall = begins.astimezone(zone).replace(tzinfo=None)
    yield wall, wall + (change - begins)
    if change < ends:
        yield from _steady(change, ends, zone)


def _by_day(begins: datetime, ends: datetime) -> Iterator[Shown]:
    while begins < ends:
        midnight = _midnight_of(begins.date())
        until = min(ends, midnight + timedelta(days=1))
        yield Shown(begins.weekday(), (begins - midnight) // TICK, (until - midnight) // TICK)
        begins = until


def _midnight_of(day: date) -> datetime:
    return datetime.combine(day, time())
