"""Working time as a value: opening hours, the days that differ from them, and exact counting over both."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from threading import RLock
from typing import Any, Literal, overload
from zoneinfo import ZoneInfo

from demandflow.calendars.days import ALL_YEARS, Days, single_days
from demandflow.calendars.hours import A_DAY, Hours, Week, opening_hours, opening_week, since_midnight, ticks_of
from demandflow.calendars.spans import Span, Unit
from demandflow.calendars.timeline import EPOCH, TICK, Timeline, instant, opened
from demandflow.errors import InvalidValue, YearNotCovered, brief
from demandflow.inputs.arguments import zone_of
from demandflow.inputs.moments import EARLIEST, LATEST, moment
from demandflow.inputs.texts import name_of

KEPT = 10_000
BEGIN, END = ((one - EPOCH) // TICK for one in (EARLIEST, LATEST))


@dataclass(frozen=True)
class Calendar:
    """When somebody works: by the week, and by the days that differ from it, later sources over earlier.

    A later source that covers a year takes the place of all that earlier ones said about it, also if it says nothing
    (Days.none); one that covers no year only adds to them.
    A year is covered if one of the sources covers it; without any source the week alone counts, in every year.
    A day that is worked although its weekday has no hours has `makeup_hours`: if not said, the week's first hours.
    Raises InvalidValue for a zone that there is not, and for a week without hours.
    """

    name: str
    zone: str
    hours: Week
    days: tuple[Days, ...] = ()
    makeup_hours: Hours = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.name, "calendar"))
        zone_of(self.zone)
        days = (self.days,) if isinstance(self.days, Days) else tuple(self.days)
        for one in days:
            if not isinstance(one, Days):
                raise InvalidValue("days", f"must be sources of days, got {brief(one)}")
        hours = opening_week(self.hours)
        if not any(hours):
            raise InvalidValue("hours", "no weekday has any; such a calendar never opens")
        makeup = opening_hours(self.makeup_hours, "makeup_hours") if self.makeup_hours else next(filter(None, hours))
        for field, value in (("hours", hours), ("days", days), ("makeup_hours", makeup)):
            object.__setattr__(self, field, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Only what makes the value travels; what was computed from it is computed again."""
        return Calendar, (self.name, self.zone, self.hours, self.days, self.makeup_hours)

    @classmethod
    def of(
        cls,
        name: str,
        *,
        zone: str,
        hours: str | Mapping[str, str],
        days: Days | Iterable[Days] = (),
        makeup_hours: str = "",
    ) -> Calendar:
        """The calendar with these hours: "Mon-Fri 09:00-12:00 14:00-18:00; Sat 09:00-12:00", or a mapping by weekday.

        Raises InvalidValue.
        """
        makeup = opening_hours(makeup_hours, "makeup_hours") if makeup_hours else ()
        return cls(name, zone, opening_week(hours), (days,) if isinstance(days, Days) else tuple(days), makeup)

    @cached_property
    def covered(self) -> frozenset[int]:
        """The years about which the calendar knows what it must know."""
        return frozenset().union(*(one.years for one in self.days)) if self.days else frozenset(ALL_YEARS)

    def covered_until(self, day: date) -> date | None:
        """The last date, from this one on, of which it knows every day; None if it does not know this one either."""
        if type(day) is not date:
            raise InvalidValue("day", f"must be a date, got {brief(day)}")
        year = day.year
        if year not in self.covered:
            return None
        while year + 1 in self.covered:
            year += 1
        return date(year, 12, 31)

    def hours_of(self, day: date) -> Hours:
        """When it is open on this date; empty if it is closed. Hours that the clocks skip are none.

        Raises YearNotCovered.
        """
        if type(day) is not date:
            raise InvalidValue("day", f"must be a date, got {brief(day)}")
        self._known(day.year)
        hours = self._hours(day)
        return tuple(pair for pair in hours if opened(day, *ticks_of(pair), self._zone) is not None)

    def is_working_day(self, day: date) -> bool:
        """Whether it is open at all on this date. Raises YearNotCovered."""
        return bool(self.hours_of(day))

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this moment; at a closing it is closed. Raises YearNotCovered."""
        ticks = _ticks(at, "at")
        stretch = self._around(ticks)
        found = bisect_right(stretch.opens, ticks) - 1
        return found >= 0 and ticks < stretch.closes[found]

    def next_opening(self, at: datetime) -> datetime:
        """The moment itself if it is open then, else when it opens next, in UTC. Raises YearNotCovered."""
        ticks = _ticks(at, "at")
        stretch, interval = self._at_work(ticks)
        return _moment(max(ticks, stretch.opens[interval]))

    def add(self, start: datetime, span: Span | str) -> datetime:
        """The moment so much later, in UTC.

        working days: the same clock time so many working days on; a start outside the hours counts from the next
            opening. Where that day is not open then, it is the next opening of that day, else its closing.
        full working days: the day of the start does not count, and it ends at the close of the last; none at all is
            the close of the day of the start or, if that is past or the day is not worked, the end of that date.
            A close at 24:00 is the last microsecond, which still is of that date.
        working hours: so much opening time, exactly, ending at a close rather than at the next opening.
        calendar days: the same clock time so many dates on, whether open or not. hours: so much later, exactly.

        A clock time that comes twice as clocks go back is taken the first time (calendar days: the second time, if the
        start was a second time), and until they have caught up it stays open or closed; one that is skipped is the
        moment at which the clocks go forward.
        Raises YearNotCovered for a year that had to be looked at, and InvalidValue for an end outside 1900–2199.
        """
        if type(span) is not Span:
            span = Span.of(span)
        return self._adding[span.unit](_ticks(start, "start"), span)

    def add_many(self, starts: Iterable[datetime], span: Span | str) -> list[datetime]:
        """What `add` gives for each of them, in their order."""
        span = Span.of(span)
        added = self._adding[span.unit]
        return [added(_ticks(start, "start"), span) for start in starts]

    @overload
    def between(
        self,
        a: datetime,
        b: datetime,
        unit: Literal["working hours", "hours", Unit.WORKING_HOURS, Unit.HOURS],
    ) -> timedelta: ...

    @overload
    def between(
        self,
        a: datetime,
        b: datetime,
        unit: Literal[
            "working days",
            "full working days",
            "calendar days",
            Unit.WORKING_DAYS,
            Unit.FULL_WORKING_DAYS,
            Unit.CALENDAR_DAYS,
        ],
    ) -> int: ...

    @overload
    def between(self, a: datetime, b: datetime, unit: str) -> int | timedelta: ...

    def between(self, a: datetime, b: datetime, unit: str) -> int | timedelta:
        """How much of the unit lies between two moments: hours as an exact timedelta, days as a whole number.

        Working and calendar days are the most that can be added to the first without passing the second. Full working
        days are those after the date of the first, up to and including the date of the second. Backwards is negative.
        Raises YearNotCovered.
        """
        unit, began, ended = Unit.named(unit), _ticks(a, "a"), _ticks(b, "b")
        count: Callable[[int, int], int] = {
            Unit.WORKING_DAYS: self._working_days,
            Unit.FULL_WORKING_DAYS: self._full_working_days,
            Unit.WORKING_HOURS: self._working_time,
            Unit.CALENDAR_DAYS: self._calendar_days,
            Unit.HOURS: lambda began, ended: ended - began,
        }[unit]
        found = count(began, ended) if began <= ended else -count(ended, began)
        return found * TICK if unit.is_elapsed else found

    def shifted(self, due: datetime, pause_began: datetime, pause_ended: datetime, unit: Span | str) -> datetime:
        """The due moment, later by exactly the pause: by its opening time for working units, else by its elapsed time.

        `unit` is a unit or the span that set the deadline. Raises YearNotCovered, and InvalidValue for a pause that
        ends before it began.
        """
        unit = unit.unit if isinstance(unit, Span) else Unit.named(unit)
        began, ended, ticks = _ticks(pause_began, "pause"), _ticks(pause_ended, "pause"), _ticks(due, "due")
        if ended < began:
            raise InvalidValue(
                "pause", f"ends ({pause_ended.isoformat()}) before it begins ({pause_began.isoformat()})"
            )
        if not unit.counts_working_time:
            return _moment(ticks + ended - began)
        return _moment(self._later(ticks, self._working_time(began, ended)))

    def before(self, due: datetime, span: Span | str) -> datetime:
        """The latest moment from which the span does not reach past this one, in UTC. Raises YearNotCovered."""
        span, ticks = Span.of(span), _ticks(due, "due")
        if (ticks, span) not in self._befores:
            if len(self._befores) >= KEPT:
                self._befores.clear()
            self._befores[ticks, span] = self._before(ticks, span)
        return self._befores[ticks, span]

    def _before(self, ticks: int, span: Span) -> datetime:
        if span.unit == Unit.HOURS:
            return _moment(ticks - span.ticks)
        if span.unit == Unit.WORKING_HOURS:
            return _moment(self._sooner(ticks, span.ticks))
        direct = self._same_clock(ticks, span) if span.unit == Unit.WORKING_DAYS else None
        return _moment(self._latest(ticks, span) if direct is None else direct)

    # What follows counts in whole microseconds since 1970, which is exact and several times faster than datetimes.

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _said(self) -> dict[date, Hours | None]:
        """What the sources say of single days, the last word of each; None where the day is just worked."""
        return single_days(self.days)

    @cached_property
    def _stretches(self) -> dict[int, Timeline]:
        """What was computed so far, by the first of the covered years in a row; under 0 what was used last.

        A stretch is never changed, only replaced by a longer one, so that threads may share it; the lock is only there
        to let them make it once.
        """
        return {}

    @cached_property
    def _befores(self) -> dict[tuple[int, Span], datetime]:
        """What was found by looking back: it is asked again and again of the same deadlines, and dear where halved."""
        return {}

    @cached_property
    def _lock(self) -> AbstractContextManager[bool]:
        return RLock()

    @cached_property
    def _adding(self) -> dict[Unit, Callable[[int, Span], datetime]]:
        return {
            Unit.WORKING_DAYS: self._add_working_days,
            Unit.FULL_WORKING_DAYS: self._add_full_working_days,
            Unit.WORKING_HOURS: lambda ticks, span: _moment(self._later(ticks, span.ticks)),
            Unit.CALENDAR_DAYS: self._add_calendar_days,
            Unit.HOURS: lambda ticks, span: _moment(ticks + span.ticks),
        }

    def _known(self, year: int) -> None:
        if year not in self.covered:
            raise YearNotCovered(self.name, year, tuple(sorted(self.covered)))

    def _hours(self, day: date) -> Hours:
        usual = self.hours[day.weekday()]
        said = self._said.get(day, usual)
        return said if said is not None else usual or self.makeup_hours

    def _wall(self, ticks: int) -> datetime:
        return (EPOCH + ticks * TICK).astimezone(self._zone)

    def _around(self, ticks: int) -> Timeline:
        """A stretch of years that has this moment."""
        last = self._stretches.get(0)
        if last is not None and last.begins <= ticks < last.ends:
            return last
        return self._of(self._wall(ticks).year)

    def _of(self, year: int) -> Timeline:
        """A stretch of years that has this one."""
        last = self._stretches.get(0)
        if last is not None and year in last.years:
            return last
        self._known(year)
        with self._lock:
            kept = self._stretches.get(self._first_of(year))
            if kept is None:
                kept = Timeline(self._zone, self._hours, range(year, year + 1))
            while year not in kept.years:
                kept = self._longer(kept, forwards=year > kept.years[-1])
            return self._keep(kept)

    def _first_of(self, year: int) -> int:
        """The first of the covered years in a row that have this one."""
        while year - 1 in self.covered:
            year -= 1
        return year

    def _keep(self, stretch: Timeline) -> Timeline:
        self._stretches[self._first_of(stretch.years[0])] = self._stretches[0] = stretch
        return stretch

    def _longer(self, stretch: Timeline, *, forwards: bool = True) -> Timeline:
        """The stretch with at least one more year, and up to twice its years, as far as they are covered."""
        first, last, step = stretch.years[0], stretch.years[-1], len(stretch.years)
        edge = last + 1 if forwards else first - 1
        if edge not in ALL_YEARS:
            raise InvalidValue(self.name, "the end lies outside 1900–2199")
        self._known(edge)
        with self._lock:
            kept = self._stretches.get(self._first_of(edge))
            if kept is not None and kept.years[0] == first and edge in kept.years:
                return kept  # another thread was faster
            if forwards:
                while last < edge + step - 1 and last + 1 in self.covered:
                    last += 1
            else:
                while first > edge - step + 1 and first - 1 in self.covered:
                    first -= 1
            return self._keep(Timeline(self._zone, self._hours, range(first, last + 1)))

    def _spanning(self, began: int, ended: int) -> Timeline:
        stretch = self._around(began)
        while stretch.ends <= ended:
            stretch = self._longer(stretch)
        return stretch

    def _at_work(self, ticks: int) -> tuple[Timeline, int]:
        """The interval in which it is open then, else the next one."""
        stretch = self._around(ticks)
        interval = bisect_right(stretch.opens, ticks) - 1
        if interval < 0 or ticks >= stretch.closes[interval]:
            interval += 1
            while interval == len(stretch.opens):
                stretch = self._longer(stretch)
        return stretch, interval

    def _add_working_days(self, ticks: int, span: Span) -> datetime:
        days: int = span.amount  # type: ignore[assignment]  # days are whole
        stretch, interval = self._at_work(ticks)
        if not days:
            return _moment(max(ticks, stretch.opens[interval]))
        clock = stretch.clock(interval, ticks)
        target = stretch.day[interval] + days
        while target >= len(stretch.dates):
            stretch = self._longer(stretch)
        return _moment(stretch.on(target, clock))

    def _add_full_working_days(self, ticks: int, span: Span) -> datetime:
        days: int = span.amount  # type: ignore[assignment]  # days are whole
        today = self._wall(ticks).date()
        if not days:
            end = instant(today + timedelta(days=1), 0, self._zone) - 1
            if hours := self.hours_of(today):
                close = min(end, instant(today, ticks_of(hours[-1])[1], self._zone))
                end = close if ticks <= close else end
            return _moment(max(ticks, end))
        tomorrow = today + timedelta(days=1)
        stretch = self._of(tomorrow.year)
        target = bisect_left(stretch.dates, tomorrow.toordinal()) + days - 1
        while target >= len(stretch.dates):
            stretch = self._longer(stretch)
        return _moment(stretch.close(target))

    def _later(self, ticks: int, length: int) -> int:
        """So much opening time later."""
        if not length:
            return ticks
        stretch = self._around(ticks)
        wanted = stretch.worked(ticks) + length
        while wanted > stretch.total:
            stretch = self._longer(stretch)
        interval = bisect_left(stretch.before, wanted) - 1
        return stretch.opens[interval] + wanted - stretch.before[interval]

    def _sooner(self, ticks: int, length: int) -> int:
        """The latest moment from which there is so much opening time until then."""
        stretch = self._around(ticks)
        while (wanted := stretch.worked(ticks) - length) < 0:
            stretch = self._longer(stretch, forwards=False)
        interval = bisect_right(stretch.before, wanted) - 1
        return min(ticks, stretch.opens[interval] + wanted - stretch.before[interval])

    def _same_clock(self, ticks: int, span: Span) -> int | None:
        """The same clock time so many working days sooner, where both are open hours and the clocks run on."""
        days: int = span.amount  # type: ignore[assignment]  # days are whole
        stretch = self._around(ticks)
        interval = bisect_right(stretch.opens, ticks) - 1
        if interval < 0 or ticks >= stretch.closes[interval] or stretch.day[interval] < days:
            return None
        found = stretch.on(stretch.day[interval] - days, stretch.clock(interval, ticks))
        return found if self.add(_moment(found), span) == _moment(ticks) else None

    def _latest(self, ticks: int, span: Span) -> int:
        """Found by halving: `add` never goes back as its start goes on."""
        due, step = _moment(ticks), A_DAY * (int(span.amount) + 1)
        early, late = ticks - step, ticks + 1
        while self.add(_moment(early), span) > due:
            early, late, step = early - step, early, step * 2
        while late - early > 1:
            half = (early + late) // 2
            early, late = (half, late) if self.add(_moment(half), span) <= due else (early, half)
        return early

    def _add_calendar_days(self, ticks: int, span: Span) -> datetime:
        return _moment(self._days_later(self._wall(ticks), ticks, span.amount))  # type: ignore[arg-type]  # days are whole

    def _days_later(self, wall: datetime, ticks: int, days: int) -> int:
        if not days:
            return ticks
        try:
            target = wall + timedelta(days=days)
        except OverflowError:
            return END
        if target.utcoffset() == target.replace(fold=1).utcoffset():
            return (target.astimezone(UTC) - EPOCH) // TICK
        return instant(target.date(), since_midnight(target.time()), self._zone, wall.fold)

    def _working_time(self, began: int, ended: int) -> int:
        stretch = self._spanning(began, ended)
        return stretch.worked(ended) - stretch.worked(began)

    def _working_days(self, began: int, ended: int) -> int:
        stretch = self._spanning(began, ended)
        interval = bisect_right(stretch.opens, began) - 1
        if interval < 0 or began >= stretch.closes[interval]:
            interval += 1
        last = bisect_right(stretch.opens, ended) - 1
        if interval > last:
            return 0
        days = stretch.day[last] - stretch.day[interval]
        if not days:
            return 0
        return days - (stretch.on(stretch.day[last], stretch.clock(interval, began)) > ended)

    def _full_working_days(self, began: int, ended: int) -> int:
        after, until = self._wall(began).date() + timedelta(days=1), self._wall(ended).date()
        if until < after:
            return 0
        stretch = self._of(after.year)
        while until.year not in stretch.years:
            stretch = self._longer(stretch)
        return bisect_right(stretch.dates, until.toordinal()) - bisect_left(stretch.dates, after.toordinal())

    def _calendar_days(self, began: int, ended: int) -> int:
        wall = self._wall(began)
        days = max(0, (self._wall(ended).date() - wall.date()).days)
        return days - (self._days_later(wall, began, days) > ended)


def _ticks(at: datetime, what: str) -> int:
    return (moment(at, what) - EPOCH) // TICK


def _moment(ticks: int) -> datetime:
    if not BEGIN <= ticks < END:
        raise InvalidValue("end", "lies outside 1900–2199")
    return EPOCH + ticks * TICK
