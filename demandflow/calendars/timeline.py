"""Covered years in a row, laid out once as sorted numbers, so that working time is found by bisection.

An instant is a moment as whole microseconds since 1970, which is exact and several times faster than a datetime.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demandflow.calendars.hours import A_DAY, Hours, microseconds_of

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta.resolution


class Timeline:
    """Covered years in a row, as sorted lists: the intervals in which it is open, and the days that have any."""

    __slots__ = (
        *("years", "zone", "begins", "ends", "total"),
        *("opens", "closes", "before", "day", "opening", "closing", "steady", "dates", "first"),
    )

    def __init__(self, zone: ZoneInfo, hours_of: Callable[[date], Hours], years: range) -> None:
        self.zone, self.years = zone, years
        first, after = date(years[0], 1, 1), date(years[-1] + 1, 1, 1)
        self.begins, self.ends = instant_on(first, 0, zone), instant_on(after, 0, zone)
        self.total = 0
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.before: list[int] = []
        """How long it was open on this timeline before each interval."""
        self.day: list[int] = []
        """The day of each interval, as a place in `dates`."""
        self.opening: list[int] = []
        self.closing: list[int] = []
        self.steady: list[bool] = []
        """Whether the clocks ran on through the interval, so that it can be read from its opening."""
        self.dates: list[int] = []
        """The dates that have any interval, as ordinals."""
        self.first: list[int] = []
        """The first interval of each date, and the end of the last date's."""
        clock_times: dict[Hours, list[tuple[int, int]]] = {}
        for ordinal in range(first.toordinal(), after.toordinal()):
            day = date.fromordinal(ordinal)
            hours = hours_of(day)
            if hours not in clock_times:
                clock_times[hours] = [microseconds_of(pair) for pair in hours]
            for opening, closing in clock_times[hours]:
                self._append(ordinal, day, opening, closing)
        self.first.append(len(self.opens))

    def _append(self, ordinal: int, day: date, opening: int, closing: int) -> None:
        if (instants := opened(day, opening, closing, self.zone)) is None:
            return
        opens, closes = instants
        if not self.dates or self.dates[-1] != ordinal:
            self.dates.append(ordinal)
            self.first.append(len(self.opens))
        self.opens.append(opens)
        self.closes.append(closes)
        self.before.append(self.total)
        self.day.append(len(self.dates) - 1)
        self.opening.append(opening)
        self.closing.append(closing)
        self.steady.append(closes - opens == closing - opening)
        self.total += closes - opens

    def worked(self, instant: int) -> int:
        """How long it was open on this timeline until then."""
        interval = bisect_right(self.opens, instant) - 1
        if interval < 0:
            return 0
        closes = self.closes[interval]
        return self.before[interval] + (instant if instant < closes else closes) - self.opens[interval]

    def clock(self, interval: int, instant: int) -> int:
        """What the clock on the wall shows then, in this interval; its opening, if that is still to come."""
        instant = max(instant, self.opens[interval])
        if self.steady[interval]:
            return self.opening[interval] + instant - self.opens[interval]
        wall = (EPOCH + instant * MICROSECOND).astimezone(self.zone).replace(tzinfo=None)
        midnight = datetime.combine(date.fromordinal(self.dates[self.day[interval]]), time())
        return min(max((wall - midnight) // MICROSECOND, self.opening[interval]), self.closing[interval] - 1)

    def on(self, day: int, clock: int) -> int:
        """The instant of this clock time on a day, moved to its next opening, else to its closing."""
        after = self.first[day + 1]
        for interval in range(self.first[day], after):
            if clock < self.closing[interval]:
                if clock <= self.opening[interval]:
                    return self.opens[interval]
                if self.steady[interval]:
                    return self.opens[interval] + clock - self.opening[interval]
                return instant_on(date.fromordinal(self.dates[day]), clock, self.zone)
        return self.closes[after - 1]

    def close(self, day: int) -> int:
        """The close of a day; its last microsecond where that is 24:00."""
        last = self.first[day + 1] - 1
        if self.steady[last] and self.closing[last] < A_DAY:
            return self.closes[last]
        return min(self.closes[last], instant_on(date.fromordinal(self.dates[day] + 1), 0, self.zone) - 1)


def opened(day: date, opening: int, closing: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """The instants of an opening and its closing on a date; None if the clocks skip all that lies between."""
    opens, closes = instant_on(day, opening, zone), instant_on(day, closing, zone)
    return (opens, closes) if opens < closes else None


def instant_on(day: date, clock: int, zone: ZoneInfo) -> int:
    """The instant at which the clock on the wall shows this time of a date, as microseconds since midnight."""
    return instant_of(datetime.combine(day, time(), zone) + clock * MICROSECOND)


def instant_of(wall: datetime, fold: int = 0) -> int:
    """The instant at which the clock on the wall of a zone shows this date and time.

    If it does so twice, the first time (or with fold=1 the second, PEP 495); if it jumps over it, the jump.
    """
    second = wall.replace(fold=1)
    before, after = wall.utcoffset(), second.utcoffset()
    assert before is not None  # noqa: S101  # a ZoneInfo always has one
    assert after is not None  # noqa: S101
    if before >= after:
        return ((second if fold else wall).astimezone(UTC) - EPOCH) // MICROSECOND
    shown = wall.replace(tzinfo=None)
    early, late = (wall.replace(tzinfo=UTC) - offset - EPOCH for offset in (after, before))
    while late - early > MICROSECOND:
        half = (early + late) // 2
        if (EPOCH + half).astimezone(wall.tzinfo).replace(tzinfo=None) < shown:
            early = half
        else:
            late = half
    return late // MICROSECOND
