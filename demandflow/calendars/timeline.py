"""Covered years in a row, laid out once as sorted numbers, so that working time is found by halving."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demandflow.calendars.hours import A_DAY, Hours, ticks_of

EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta.resolution
"""What is counted here: whole microseconds since 1970, which is exact and several times faster than datetimes."""


class Timeline:
    """Covered years in a row, as sorted lists: the intervals in which it is open, and the days that have any."""

    __slots__ = (
        *("years", "zone", "begins", "ends", "total"),
        *("opens", "closes", "before", "day", "opening", "closing", "steady", "dates", "first"),
    )

    def __init__(self, zone: ZoneInfo, hours_of: Callable[[date], Hours], years: range) -> None:
        self.zone, self.years = zone, years
        first, after = date(years[0], 1, 1), date(years[-1] + 1, 1, 1)
        self.begins, self.ends = instant(first, 0, zone), instant(after, 0, zone)
        self.total = 0
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.before: list[int] = []
        """How long it was open in this stretch before each interval."""
        self.day: list[int] = []
        """Which of the dates each interval belongs to."""
        self.opening: list[int] = []
        self.closing: list[int] = []
        self.steady: list[bool] = []
        """Whether the clocks ran on through the interval, so that it can be read from its opening."""
        self.dates: list[int] = []
        self.first: list[int] = []
        """The first interval of each date."""
        clocks: dict[Hours, list[tuple[int, int]]] = {}
        for ordinal in range(first.toordinal(), after.toordinal()):
            day = date.fromordinal(ordinal)
            hours = hours_of(day)
            if hours not in clocks:
                clocks[hours] = [ticks_of(pair) for pair in hours]
            for opening, closing in clocks[hours]:
                self._append(ordinal, day, opening, closing)

    def _append(self, ordinal: int, day: date, opening: int, closing: int) -> None:
        if (moments := opened(day, opening, closing, self.zone)) is None:
            return
        opens, closes = moments
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

    def worked(self, ticks: int) -> int:
        """How long it was open in this stretch until then."""
        interval = bisect_right(self.opens, ticks) - 1
        if interval < 0:
            return 0
        closes = self.closes[interval]
        return self.before[interval] + (ticks if ticks < closes else closes) - self.opens[interval]

    def clock(self, interval: int, ticks: int) -> int:
        """What the clock on the wall shows then, in this interval; its opening, if that is still to come."""
        ticks = max(ticks, self.opens[interval])
        if self.steady[interval]:
            return self.opening[interval] + ticks - self.opens[interval]
        wall = (EPOCH + ticks * TICK).astimezone(self.zone).replace(tzinfo=None)
        midnight = datetime.combine(date.fromordinal(self.dates[self.day[interval]]), time())
        return min(max((wall - midnight) // TICK, self.opening[interval]), self.closing[interval] - 1)

    def on(self, position: int, clock: int) -> int:
        """The moment of this clock time on a date, moved to its next opening, else to its closing."""
        after = self.first[position + 1] if position + 1 < len(self.first) else len(self.opens)
        for interval in range(self.first[position], after):
            if clock < self.closing[interval]:
                if clock <= self.opening[interval]:
                    return self.opens[interval]
                if self.steady[interval]:
                    return self.opens[interval] + clock - self.opening[interval]
                return instant(date.fromordinal(self.dates[position]), clock, self.zone)
        return self.closes[after - 1]

    def close(self, position: int) -> int:
        """The close of a date; its last microsecond where that is 24:00."""
        last = (self.first[position + 1] if position + 1 < len(self.first) else len(self.opens)) - 1
        if self.steady[last] and self.closing[last] < A_DAY:
            return self.closes[last]
        return min(self.closes[last], instant(date.fromordinal(self.dates[position] + 1), 0, self.zone) - 1)


def opened(day: date, opening: int, closing: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """The moments of an opening and its closing on a date; None if the clocks skip all that lies between."""
    opens, closes = instant(day, opening, zone), instant(day, closing, zone)
    return (opens, closes) if opens < closes else None


def instant(day: date, clock: int, zone: ZoneInfo, fold: int = 0) -> int:
    """The moment at which the clock on the wall comes to this time of a date.

    If it does so twice, the first time (or with fold=1 the second, PEP 495); if it jumps over it, the jump.
    """
    wall = datetime.combine(day, time()) + clock * TICK
    sooner = wall.replace(tzinfo=zone)
    later = sooner.replace(fold=1)
    before, after = sooner.utcoffset(), later.utcoffset()
    assert before is not None  # noqa: S101  # a ZoneInfo always has one
    assert after is not None  # noqa: S101
    since = (wall - datetime.combine(EPOCH, time())) // TICK
    if before >= after:
        return since - (after if fold else before) // TICK
    early, late = since - after // TICK, since - before // TICK
    while late - early > 1:
        half = (early + late) // 2
        if (EPOCH + half * TICK).astimezone(zone).replace(tzinfo=None) < wall:
            early = half
        else:
            late = half
    return late
