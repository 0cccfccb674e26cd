"""A calendar counted day by day, as one would with a finger on the wall calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.errors import InvalidValue, YearNotCovered

DAY, HOUR, MINUTE, SECOND, US = (
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(microseconds=1),
)
FIRST, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
HOURS, WORKING_HOURS, WORKING_DAYS = "hours", "working hours", "working days"
FULL_WORKING_DAYS, CALENDAR_DAYS = "full working days", "calendar days"
ELAPSED, WORKING = (HOURS, WORKING_HOURS), (WORKING_HOURS, WORKING_DAYS, FULL_WORKING_DAYS)


class Opening:
    """One time of a date at which it is open: by the clock on the wall, and from which moment to which."""

    def __init__(self, day: date, opens: time, closes: time, calendar: NaiveCalendar) -> None:
        self.wall_opens = datetime.combine(day, opens)
        self.wall_closes = datetime.combine(day + DAY if closes == time(0) else day, closes)
        self.opens, self.closes = calendar.moment(self.wall_opens), calendar.moment(self.wall_closes)


class NaiveCalendar:
    """The same answers as those of the Calendar that was declared."""

    def __init__(self, declared: Calendar) -> None:
        self.declared, self.zone, self.name = declared, ZoneInfo(declared.zone), declared.name
        self._openings: dict[date, list[Opening]] = {}

    # what the calendar says of a date

    def wall(self, at: datetime) -> datetime:
        """What the clock on the wall shows."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def day(self, at: datetime) -> date:
        """The date on the wall."""
        return self.wall(at).date()

    def moment(self, wall: datetime, fold: int = 0) -> datetime:
        """When the clock on the wall shows this: the first time (with fold=1 the second), or the jump over it."""
        found = wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
        if self.wall(found) == wall:
            return found
        at = wall.replace(tzinfo=self.zone, fold=1, microsecond=0).astimezone(UTC)
        for step in (HOUR, MINUTE, SECOND):
            while self.wall(at + step) < wall:
                at += step
        return at + SECOND

    def openings(self, day: date) -> list[Opening]:
        """When it is open on a date, without what the clocks skip. Raises YearNotCovered."""
        if day not in self._openings:
            said = [Opening(day, *pair, self) for pair in self._hours(day)]
            self._openings[day] = [one for one in said if one.opens < one.closes]
        return self._openings[day]

    def _hours(self, day: date) -> tuple[tuple[time, time], ...]:
        usual, sources = self.declared.hours[day.weekday()], self.declared.days
        years = {year for source in sources for year in source.years}
        if not 1899 <= day.year <= 2200:
            raise InvalidValue(self.name, "the end lies outside 1900–2199")
        if sources and day.year not in years:
            raise YearNotCovered(self.name, day.year, tuple(sorted(years)))
        hours = usual
        for source in sources:
            if day.year in source.years:
                hours = usual
            if day in source.closed:
                hours = ()
            elif day in source.working:
                hours = usual or self.declared.makeup_hours
            else:
                hours = dict(source.hours).get(day, hours)
        return hours

    def hours_of(self, day: date) -> tuple[tuple[time, time], ...]:
        """When it is open on this date, by the clock on the wall."""
        return tuple((one.wall_opens.time(), one.wall_closes.time()) for one in self.openings(day))

    def covered_until(self, day: date) -> date | None:
        """The end of the last of the years in a row whose days are known; None if this one's are not."""
        sources, year = self.declared.days, day.year
        known = {year for source in sources for year in source.years} if sources else range(1899, 2201)
        while year in known:
            year += 1
        return date(year - 1, 12, 31) if day.year in known else None

    def _from(self, at: datetime) -> Iterator[tuple[date, Opening]]:
        """All openings that end after a moment."""
        day = self.day(at)
        while True:
            yield from ((day, one) for one in self.openings(day) if one.closes > at)
            day += DAY

    def is_working_day(self, day: date) -> bool:
        """Whether it is open at all on this date."""
        return bool(self.openings(day))

    def is_open(self, at: datetime) -> bool:
        """Whether it is open then."""
        day = self.day(at)
        self.openings(day)
        near = [one for one in (day - DAY, day, day + DAY) if one.year == day.year]
        return any(one.opens <= at < one.closes for there in near for one in self.openings(there))

    def next_opening(self, at: datetime) -> datetime:
        """The moment itself if it is open then, else when it opens next."""
        return within_limits(max(at, next(self._from(at))[1].opens))

    # adding

    def add(self, start: datetime, span: Span | str) -> datetime:
        """The moment that lies the span later."""
        amount, unit = amount_and_unit(span)
        return within_limits(self._add(start, amount, unit))

    def add_many(self, starts: Iterable[datetime], span: Span | str) -> list[datetime]:
        """The same for each."""
        return [self.add(start, span) for start in starts]

    def _add(self, start: datetime, amount: Fraction, unit: str) -> datetime:
        within_limits(start)
        if unit in ELAPSED:
            length = timedelta(microseconds=int(amount * 3_600_000_000))
            return start + length if unit == HOURS else self._later(start, length)
        if unit == CALENDAR_DAYS:
            here = start.astimezone(self.zone)
            try:
                return self.moment(self.wall(start) + int(amount) * DAY, here.fold) if amount else start
            except OverflowError:
                raise InvalidValue("end", "lies outside 1900–2199") from None
        if unit == FULL_WORKING_DAYS:
            return self._add_full(start, int(amount))
        day, opening = next(self._from(start))
        start = max(start, opening.opens)
        if not amount:
            return start
        clock = max(self.wall(start), opening.wall_opens) - datetime.combine(day, time(0))
        for _ in range(int(amount)):
            day = self._working_day_after(day)
        wall = datetime.combine(day, time(0)) + clock
        return next(
            (max(one.opens, self.moment(wall)) for one in self.openings(day) if wall < one.wall_closes),
            self.openings(day)[-1].closes,
        )

    def _add_full(self, start: datetime, amount: int) -> datetime:
        day = self.day(start)
        if not amount:
            closed = self.openings(day) and self._close(day) >= start
            return self._close(day) if closed else max(start, self._end(day))
        for _ in range(amount):
            day = self._working_day_after(day)
        return self._close(day)

    def _working_day_after(self, day: date) -> date:
        day += DAY
        while not self.openings(day):
            day += DAY
        return day

    def _close(self, day: date) -> datetime:
        return min(self.openings(day)[-1].closes, self._end(day))

    def _end(self, day: date) -> datetime:
        """The last microsecond of a date."""
        return self.moment(datetime.combine(day + DAY, time(0))) - US

    def _later(self, start: datetime, length: timedelta) -> datetime:
        """So much working time later."""
        for _, one in self._from(start) if length else ():
            here = one.closes - max(one.opens, start)
            if here >= length:
                return max(one.opens, start) + length
            length -= here
        return start

    def shifted(self, due: datetime, since: datetime, until: datetime, unit: Span | str) -> datetime:
        """The due moment, later by the pause: its working time for working units, else its length."""
        unit = amount_and_unit(unit)[1] if isinstance(unit, Span) else unit
        if until < since:
            raise InvalidValue("pause", "ends before it begins")
        if unit not in WORKING:
            return within_limits(due + (until - since))
        return within_limits(self._later(due, self._worked(since, until)))

    # counting

    def between(self, a: datetime, b: datetime, unit: str) -> int | timedelta:
        """How much of the unit lies between; backwards is negative."""
        if b < a:
            return -self.between(b, a, unit)
        if unit == HOURS:
            return b - a
        first, last = self.day(a), self.day(b)
        days = [first + n * DAY for n in range((last - first).days + 1)]
        if unit == FULL_WORKING_DAYS:
            return sum(bool(self.openings(day)) for day in days[1:])
        if unit == WORKING_HOURS:
            return self._worked(a, b)
        if unit == WORKING_DAYS:
            for day in days:
                self.openings(day)  # the calendar must know them
        amount = 0
        while self._ends_by(a, Fraction(amount + 1), unit, b):
            amount += 1
        return amount

    def _worked(self, began: datetime, ended: datetime) -> timedelta:
        found, day = timedelta(0), self.day(began)
        while day <= self.day(ended):
            for one in self.openings(day):
                found += max(timedelta(0), min(one.closes, ended) - max(one.opens, began))
            day += DAY
        return found

    # looking back

    def before(self, due: datetime, span: Span | str) -> datetime:
        """The latest moment from which the span does not reach past this one: the date, then by halving."""
        amount, unit = amount_and_unit(span)
        if unit == HOURS:
            return within_limits(due - timedelta(microseconds=int(amount * 3_600_000_000)))
        day, late = self.day(due), due + US
        while not self._ends_by(early := max(FIRST, self.moment(datetime.combine(day, time(0)))), amount, unit, due):
            day, late = day - DAY, within_limits(early - US) + US
        while late - early > US:
            half = early + (late - early) // US // 2 * US
            early, late = (half, late) if self._ends_by(half, amount, unit, due) else (early, half)
        again = self.moment(self.wall(early), 1)  # the same clock time, where the clocks go back
        return within_limits(again if self._ends_by(again, amount, unit, due) else early)

    def _ends_by(self, start: datetime, amount: Fraction, unit: str, due: datetime) -> bool:
        """Whether the span, from there, ends by then; if it reaches into years that nobody knows, it does not."""
        try:
            return self._add(start, amount, unit) <= due
        except YearNotCovered as error:
            if error.year > self.day(due).year:
                return False
            raise


def amount_and_unit(span: Span | str) -> tuple[Fraction, str]:
    """What a span says: "1/3 hours" is a third, of hours."""
    number, _, unit = str(span).strip().partition(" ")
    unit = unit.strip() if unit.endswith("s") else f"{unit.strip()}s"
    if unit.endswith("minutes"):
        return Fraction(number) / 60, unit.replace("minutes", "hours")
    return Fraction(number), unit


def within_limits(at: datetime) -> datetime:
    """The moment, if it lies in 1900–2199; else InvalidValue."""
    if not FIRST <= at < END:
        raise InvalidValue("end", "lies outside 1900–2199")
    return at


@lru_cache(maxsize=64)
def naive(declared: Calendar) -> NaiveCalendar:
    """The calendar, counted day by day; what was found of its dates is kept."""
    return NaiveCalendar(declared)
