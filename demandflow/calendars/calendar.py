"""Calendar: opening hours and the days that differ from them, as a value that can be counted by."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, overload

from demandflow.calendars.days import ALL_YEARS, Days, single_days
from demandflow.calendars.hours import Hours, Week, microseconds_of, opening_hours, opening_week
from demandflow.calendars.spans import Span, Unit
from demandflow.calendars.timeline import EPOCH, MICROSECOND, opened
from demandflow.calendars.working_time import WorkingTime, within_limits
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of, zone_of
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import name_of

_HourUnit = Literal["working hours", "hours", Unit.WORKING_HOURS, Unit.HOURS]
_DayUnit = Literal[Unit.WORKING_DAYS, Unit.FULL_WORKING_DAYS, Unit.CALENDAR_DAYS]
_DayWord = Literal["working days", "full working days", "calendar days"]


@dataclass(frozen=True)
class Calendar:
    """When somebody works: by the week, and by the days that differ from it, later sources over earlier.

    A later source that covers a year replaces all that earlier ones said about it, even if it says nothing (Days.none);
    a source that covers no year only adds to them.
    A year is covered if one of the sources covers it; without any source the week alone counts, in every year.
    A day that is worked although its weekday has no hours has `makeup_hours`; the default is the week's first hours.
    Raises InvalidValue for an unknown zone, and for a week without hours.
    """

    name: str
    zone: str
    hours: Week
    days: tuple[Days, ...] = ()
    makeup_hours: Hours = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.name, "calendar"))
        zone_of(self.zone)
        days = (self.days,) if isinstance(self.days, Days) else tuple(each_of("days", self.days, "(Days([2026]),)"))
        for source in days:
            if not isinstance(source, Days):
                raise InvalidValue("days", f"must be sources of days, got {brief(source)}")
        hours = opening_week(self.hours)
        if not any(hours):
            raise InvalidValue("hours", "no weekday has any; such a calendar never opens")
        makeup = next(filter(None, hours))
        if self.makeup_hours not in ("", ()):
            makeup = opening_hours(self.makeup_hours, "makeup_hours")
        for field, value in (("hours", hours), ("days", days), ("makeup_hours", makeup)):
            object.__setattr__(self, field, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the value alone; what was computed from it is computed again."""
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
        as_written: Any = (hours, days, makeup_hours)
        return cls(name, zone, *as_written)

    @cached_property
    def covered(self) -> frozenset[int]:
        """The years whose days the calendar knows."""
        return frozenset().union(*(source.years for source in self.days)) if self.days else frozenset(ALL_YEARS)

    def covered_until(self, day: date) -> date | None:
        """The last date, from this one on, up to which it knows every day; None if it does not know this one."""
        year = _date(day).year
        return date(self._time.covered_around(year)[-1], 12, 31) if year in self.covered else None

    def hours_of(self, day: date) -> Hours:
        """When it is open on this date; empty if it is closed. Hours that the clocks skip are left out.

        Raises YearNotCovered.
        """
        self._time.check_covered(_date(day).year)
        hours, zone = self._hours(day), self._time.zone
        return tuple(pair for pair in hours if opened(day, *microseconds_of(pair), zone) is not None)

    def is_working_day(self, day: date) -> bool:
        """Whether it is open at all on this date. Raises YearNotCovered."""
        return bool(self.hours_of(day))

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this moment; at a closing it is closed. Raises YearNotCovered."""
        instant = _instant(at, "at")
        timeline = self._time.around(instant)
        interval = bisect_right(timeline.opens, instant) - 1
        return interval >= 0 and instant < timeline.closes[interval]

    def next_opening(self, at: datetime) -> datetime:
        """The moment itself if it is open then, else when it opens next, in UTC. Raises YearNotCovered."""
        instant = _instant(at, "at")
        timeline, interval = self._time.next_open(instant)
        return _moment(max(instant, timeline.opens[interval]))

    def add(self, start: datetime, span: Span | str) -> datetime:
        """The moment that lies this span later, in UTC.

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
        Raises YearNotCovered for a year that is needed and not known, and InvalidValue for an end outside 1900–2199.
        """
        if type(span) is not Span:
            span = Span.of(span)
        return _moment(self._time.adding[span.unit](_instant(start, "start"), span.count))

    def add_many(self, starts: Iterable[datetime], span: Span | str) -> list[datetime]:
        """What `add` gives for each start, in their order."""
        span = Span.of(span)
        add, count = self._time.adding[span.unit], span.count
        return [_moment(add(_instant(start, "start"), count)) for start in starts]

    @overload
    def between(self, a: datetime, b: datetime, unit: _HourUnit) -> timedelta: ...

    @overload
    def between(self, a: datetime, b: datetime, unit: _DayUnit | _DayWord) -> int: ...

    @overload
    def between(self, a: datetime, b: datetime, unit: str) -> int | timedelta: ...

    def between(self, a: datetime, b: datetime, unit: str) -> int | timedelta:
        """How much of the unit lies between two moments: hours as an exact timedelta, days as a whole number.

        Working and calendar days are the most that can be added to the first without passing the second. Full working
        days are those after the date of the first, up to and including the date of the second. Backwards is negative.
        Raises YearNotCovered.
        """
        unit, began, ended = Unit.named(unit), _instant(a, "a"), _instant(b, "b")
        count = self._time.counting[unit]
        amount = count(began, ended) if began <= ended else -count(ended, began)
        return amount * MICROSECOND if unit.is_elapsed else amount

    def shifted(self, due: datetime, pause_began: datetime, pause_ended: datetime, unit: Span | str) -> datetime:
        """The due moment, later by exactly the pause: by its opening time for working units, else by its elapsed time.

        `unit` is a unit or the span that set the deadline. Raises YearNotCovered, and InvalidValue for a pause that
        ends before it began.
        """
        unit = unit.unit if isinstance(unit, Span) else Unit.named(unit)
        began, ended, old = _instant(pause_began, "pause"), _instant(pause_ended, "pause"), _instant(due, "due")
        if ended < began:
            raise InvalidValue(
                "pause", f"ends ({pause_ended.isoformat()}) before it begins ({pause_began.isoformat()})"
            )
        if not unit.counts_working_time:
            return _moment(old + ended - began)
        return _moment(self._time.later(old, self._time.worked(began, ended)))

    def before(self, due: datetime, span: Span | str) -> datetime:
        """The latest moment from which the span does not reach past this one, in UTC. Raises YearNotCovered."""
        return _moment(self._time.before(_instant(due, "due"), Span.of(span)))

    @cached_property
    def _time(self) -> WorkingTime:
        return WorkingTime(self.name, zone_of(self.zone), self.covered, self._hours)

    @cached_property
    def _single_days(self) -> dict[date, Hours | None]:
        return single_days(self.days)

    def _hours(self, day: date) -> Hours:
        usual = self.hours[day.weekday()]
        hours = self._single_days.get(day, usual)
        return hours if hours is not None else usual or self.makeup_hours


def _date(day: object) -> date:
    if type(day) is not date:
        raise InvalidValue("day", f"must be a date, got {brief(day)}")
    return day


def _instant(at: datetime, what: str) -> int:
    return (moment(at, what) - EPOCH) // MICROSECOND


def _moment(instant: int) -> datetime:
    return EPOCH + within_limits(instant) * MICROSECOND
