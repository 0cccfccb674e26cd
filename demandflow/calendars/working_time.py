"""Working time: the covered years of a calendar, laid out as far as they were needed, and counting over them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import add
from threading import RLock
from zoneinfo import ZoneInfo

from demandflow.calendars.days import ALL_YEARS
from demandflow.calendars.hours import A_DAY, Hours
from demandflow.calendars.spans import Span, Unit
from demandflow.calendars.timeline import EPOCH, MICROSECOND, Timeline, instant_of, instant_on
from demandflow.errors import InvalidValue, YearNotCovered
from demandflow.inputs.moments import EARLIEST, LATEST

KEPT = 10_000
FIRST, END = ((moment - EPOCH) // MICROSECOND for moment in (EARLIEST, LATEST))


class WorkingTime:
    """Counts the working time of a calendar, in whole microseconds since 1970.

    `adding` and `counting` say how to add so many of a unit to an instant, and how many lie between two.
    Threads may share it: a timeline is never changed, only replaced by a longer one. The lock only saves them from
    laying out the same years twice.
    """

    def __init__(
        self, calendar: str, zone: ZoneInfo, covered: frozenset[int], hours_of: Callable[[date], Hours]
    ) -> None:
        self.calendar, self.zone, self.covered, self.hours_of = calendar, zone, covered, hours_of
        self._timelines: dict[range, Timeline] = {}
        self._last_used: Timeline | None = None
        self._lock = RLock()
        self.adding: dict[Unit, Callable[[int, int], int]] = {
            Unit.WORKING_DAYS: self._add_working_days,
            Unit.FULL_WORKING_DAYS: self._add_full_working_days,
            Unit.WORKING_HOURS: self.later,
            Unit.CALENDAR_DAYS: self._add_calendar_days,
            Unit.HOURS: add,
        }
        self.counting: dict[Unit, Callable[[int, int], int]] = {
            Unit.WORKING_DAYS: self._working_days,
            Unit.FULL_WORKING_DAYS: self._full_working_days,
            Unit.WORKING_HOURS: self.worked,
            Unit.CALENDAR_DAYS: self._calendar_days,
            Unit.HOURS: lambda began, ended: ended - began,
        }
        self.before = lru_cache(KEPT)(self._before)  # asked again and again about the same deadlines, and slow

    # the years, laid out

    def check_covered(self, year: int) -> None:
        """Raise YearNotCovered unless the calendar knows the year."""
        if year not in self.covered:
            raise YearNotCovered(self.calendar, year, tuple(sorted(self.covered)))

    def covered_around(self, year: int) -> range:
        """The covered years in a row that this one is among."""
        first, after = year, year + 1
        while first - 1 in self.covered:
            first -= 1
        while after in self.covered:
            after += 1
        return range(first, after)

    def around(self, instant: int) -> Timeline:
        """A timeline that has this instant. Raises YearNotCovered."""
        last = self._last_used
        if last is not None and last.begins <= instant < last.ends:
            return last
        return self._timeline_of(self._wall(instant).year)

    def _timeline_of(self, year: int) -> Timeline:
        last = self._last_used
        if last is not None and year in last.years:
            return last
        self.check_covered(year)
        row = self.covered_around(year)
        with self._lock:
            timeline = self._timelines.get(row) or self._lay_out(range(year, year + 1), row)
            while year not in timeline.years:
                timeline = self._longer(timeline, forwards=year >= timeline.years.stop)
            self._last_used = timeline
        return timeline

    def _longer(self, timeline: Timeline, *, forwards: bool = True) -> Timeline:
        """The timeline with at least one more year, and up to twice its years, as far as they are covered."""
        first, after, more = timeline.years.start, timeline.years.stop, len(timeline.years)
        next_year = after if forwards else first - 1
        if next_year not in ALL_YEARS:
            raise InvalidValue(self.calendar, "the end lies outside 1900–2199")
        self.check_covered(next_year)
        row = self.covered_around(next_year)
        if forwards:
            return self._lay_out(range(first, min(after + more, row.stop)), row)
        return self._lay_out(range(max(first - more, row.start), after), row)

    def _lay_out(self, years: range, row: range) -> Timeline:
        """These years laid out, and kept; a thread that was faster may have kept more."""
        with self._lock:
            timeline = self._timelines.get(row)
            if timeline is None or timeline.years.start != years.start or timeline.years.stop < years.stop:
                timeline = self._timelines[row] = Timeline(self.zone, self.hours_of, years)
            self._last_used = timeline
        return timeline

    def next_open(self, instant: int) -> tuple[Timeline, int]:
        """The interval in which it is open then, else the next one, with its timeline."""
        timeline = self.around(instant)
        interval = bisect_right(timeline.closes, instant)
        while interval == len(timeline.opens):
            timeline = self._longer(timeline)
        return timeline, interval

    def _spanning(self, began: int, ended: int) -> Timeline:
        timeline = self.around(began)
        while timeline.ends <= ended:
            timeline = self._longer(timeline)
        return timeline

    def _wall(self, instant: int) -> datetime:
        return (EPOCH + instant * MICROSECOND).astimezone(self.zone)

    # adding

    def _add_working_days(self, start: int, days: int) -> int:
        timeline, interval = self.next_open(start)
        if not days:
            return max(start, timeline.opens[interval])
        clock = timeline.clock(interval, start)
        day = timeline.day[interval] + days
        while day >= len(timeline.dates):
            timeline = self._longer(timeline)
        return timeline.on(day, clock)

    def _add_full_working_days(self, start: int, days: int) -> int:
        today = self._wall(start).date()
        tomorrow = today + timedelta(days=1)
        if not days:
            timeline = self._timeline_of(today.year)
            day = bisect_left(timeline.dates, today.toordinal())
            worked = timeline.dates[day : day + 1] == [today.toordinal()]
            if worked and start <= (close := timeline.close(day)):
                return close
            return max(start, instant_on(tomorrow, 0, self.zone) - 1)
        timeline = self._timeline_of(tomorrow.year)
        day = bisect_left(timeline.dates, tomorrow.toordinal()) + days - 1
        while day >= len(timeline.dates):
            timeline = self._longer(timeline)
        return timeline.close(day)

    def _add_calendar_days(self, start: int, days: int) -> int:
        if not days:
            return start
        wall = self._wall(start)
        try:
            target = wall + timedelta(days=days)
        except OverflowError:
            return END
        return instant_of(target, wall.fold)

    def later(self, start: int, length: int) -> int:
        """So much working time later."""
        if not length:
            return start
        timeline = self.around(start)
        wanted = timeline.worked(start) + length
        while wanted > timeline.total:
            timeline = self._longer(timeline)
        interval = bisect_left(timeline.before, wanted) - 1
        return timeline.opens[interval] + wanted - timeline.before[interval]

    # counting

    def worked(self, began: int, ended: int) -> int:
        """The working time from one instant to another."""
        timeline = self._spanning(began, ended)
        return timeline.worked(ended) - timeline.worked(began)

    def _working_days(self, began: int, ended: int) -> int:
        timeline = self._spanning(began, ended)
        first, last = bisect_right(timeline.closes, began), bisect_right(timeline.opens, ended) - 1
        days = timeline.day[last] - timeline.day[first] if first <= last else 0
        return days and days - (timeline.on(timeline.day[last], timeline.clock(first, began)) > ended)

    def _full_working_days(self, began: int, ended: int) -> int:
        after, until = self._wall(began).date() + timedelta(days=1), self._wall(ended).date()
        if until < after:
            return 0
        timeline = self._timeline_of(after.year)
        while until.year not in timeline.years:
            timeline = self._longer(timeline)
        return bisect_right(timeline.dates, until.toordinal()) - bisect_left(timeline.dates, after.toordinal())

    def _calendar_days(self, began: int, ended: int) -> int:
        days = max(0, (self._wall(ended).date() - self._wall(began).date()).days)
        return days - (self._add_calendar_days(began, days) > ended)

    # looking back

    def _before(self, due: int, span: Span) -> int:
        if span.unit == Unit.HOURS:
            return due - span.count
        if span.unit == Unit.WORKING_HOURS:
            return self._sooner(due, span.count)
        same_clock = self._same_clock(due, span.count) if span.unit == Unit.WORKING_DAYS else None
        start = self._latest(due, span) if same_clock is None else same_clock
        again = instant_of(self._wall(start), 1)  # the same clock time, where the clocks go back
        return again if again > start and self._ends_by(again, span, due) else start

    def _sooner(self, due: int, length: int) -> int:
        """The latest instant from which there is so much working time until then."""
        if not length:
            return due
        timeline = self.around(due)
        while (wanted := timeline.worked(due) - length) < 0:
            timeline = self._longer(timeline, forwards=False)
        interval = bisect_right(timeline.before, wanted) - 1
        return min(due, timeline.opens[interval] + wanted - timeline.before[interval])

    def _same_clock(self, due: int, days: int) -> int | None:
        """The same clock time so many working days sooner, where both are open hours and the clocks run on."""
        timeline = self.around(due)
        interval = bisect_right(timeline.opens, due) - 1
        if interval < 0 or due >= timeline.closes[interval] or timeline.day[interval] < days:
            return None
        start = timeline.on(timeline.day[interval] - days, timeline.clock(interval, due))
        try:
            return start if self._add_working_days(start, days) == due else None
        except YearNotCovered:  # the day sooner is closed by then: from there it is further
            return None

    def _latest(self, due: int, span: Span) -> int:
        """Found by halving: a later start is never due earlier."""
        days = span.count
        early, late, step = max(FIRST, due - A_DAY * (days + 1)), due + 1, A_DAY * (days + 1)
        while not self._ends_by(early, span, due):
            within_limits(early - 1)
            early, late, step = max(FIRST, early - step), early, step * 2
        while late - early > 1:
            half = (early + late) // 2
            early, late = (half, late) if self._ends_by(half, span, due) else (early, half)
        self._due(early, span)  # raises where the start lies in years that are not known
        return early

    def _ends_by(self, start: int, span: Span, due: int) -> bool:
        """Whether the span ends by then: surely not in later years that are not known, as if so in earlier ones."""
        try:
            return self._due(start, span) <= due
        except YearNotCovered as unknown:
            if unknown.year == (year := self._wall(due).year):
                raise
            return unknown.year < year

    def _due(self, start: int, span: Span) -> int:
        return self.adding[span.unit](within_limits(start), span.count)


def within_limits(instant: int) -> int:
    """The instant, if it lies in 1900–2199; else InvalidValue."""
    if not FIRST <= instant < END:
        raise InvalidValue("end", "lies outside 1900–2199")
    return instant
