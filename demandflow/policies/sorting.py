"""Sorting at set hours: what is new is brought before the auditor, with likely repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.calendars.calendar import Calendar
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Noted, Notified
from demandflow.domain.values import Category, Role, Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, YearNotCovered, brief
from demandflow.inputs.arguments import whole_number
from demandflow.policies import moments
from demandflow.policies.parameters import check_calendar, check_name, several
from demandflow.policies.policy import PolicyContext, Reaction, Timer
from demandflow.policies.similarity import most_similar, needs_rapidfuzz
from demandflow.policies.turns import may_record

REPEATS = "repeats"
WITHIN = 366
"""Days: a calendar that is closed for longer has no next working day."""


@dataclass(frozen=True)
class Sorting:
    """At set hours of working days, the auditor is told what waits to be sorted, and what may be a repeat.

    A demand that waits for the audit without a category gets one notice a stay, `to_sort`. The notices of one hour have
    one correlation: the hour in the calendar's zone (`2025-03-03T09:00`). Once per demand, the most similar open demand
    is noted on it: one received within `days` before it, in the same place (the first `near` names of its path), of the
    same category or without one, whose text is at least `alike` of 100 alike (None: no repeats are looked for, and
    rapidfuzz is not needed). It is a suggestion: only people merge. In a year that the calendar does not know, every
    day is a working day. Raises InvalidValue.
    """

    calendar: Calendar
    at: tuple[str, ...] = ("09:00", "14:00")
    days: int = 30
    near: int = 3
    alike: int | None = 80
    name: str = "sorting"
    on: bool = True

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar)
        object.__setattr__(self, "at", tuple(sorted(map(_written, several("at", self.at, str)))))
        if not self.at or len(set(self.at)) < len(self.at):
            raise InvalidValue("at", f"must be set hours, each once, such as ('09:00', '14:00'), got {brief(self.at)}")
        whole_number("days", self.days, 1, 3660)
        whole_number("near", self.near, 1, 100)
        if self.alike is not None:
            whole_number("alike", self.alike, 1, 100)
            needs_rapidfuzz()

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """Notices, and notes of repeats."""
        return (Notified,) if self.alike is None else (Notified, Noted)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """The next set hour after it came to wait for the audit."""
        if not self.on or not demand.open or demand.stage != Stage.AUDIT or demand.since is None:
            return
        hour = self._next(demand.since)
        if demand.category is None and may_record(workflow, demand, Notified):
            yield Timer(hour, f"sort at {self._correlation(hour)}")
        if self.alike is not None and may_record(workflow, demand, Noted):
            yield Timer(hour, REPEATS)

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notice, or the note of the demand that is most alike."""
        if timer not in self.timers(demand, context.workflow(demand)):
            return
        correlation = self._correlation(timer.at)
        if timer.cause != REPEATS:
            what = f"to be sorted, {demand.place}: {_shortly(demand.text)}"
            yield Reaction(Notified(to=Role.AUDITOR, kind="to_sort", what=what), correlation=correlation)
        elif self.alike and (repeat := most_similar(demand.text, self._earlier(demand, context), self.alike)):
            text = f"perhaps a repeat of demand {repeat[0]}: {repeat[1]:.0f} of 100 alike"
            yield Reaction(Noted(text=text), correlation=correlation)

    def _earlier(self, demand: Demand, context: PolicyContext) -> Iterator[tuple[UUID, str]]:
        """The open demands nearby that came before it and may be about the same, each with its text."""
        if demand.place is None or demand.received is None:
            return
        since, this = demand.received - timedelta(days=self.days), (demand.received, demand.id)
        for other in context.open_demands(demand.place.level(self.near), since):
            if (other.received, other.demand) < this and _agree(demand.category, other.category):
                yield other.demand, other.text

    def _next(self, since: datetime) -> datetime:
        """The first set hour of a working day that is not earlier."""
        zone = ZoneInfo(self.calendar.zone)
        first = since.astimezone(zone).date()
        for ahead in range(WITHIN):
            day = first + timedelta(days=ahead)
            if not self._is_working_day(day):
                continue
            for hour in self.at:
                moment = datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC)
                if moment >= since:
                    return moments.kept(moment)
        return since

    def _is_working_day(self, day: date) -> bool:
        try:
            return self.calendar.is_working_day(day)
        except YearNotCovered:
            return True

    def _correlation(self, hour: datetime) -> str:
        return f"{hour.astimezone(ZoneInfo(self.calendar.zone)):%Y-%m-%dT%H:%M}"


def _agree(category: Category | None, other: str | None) -> bool:
    """Whether two categories are the same, or one is below the other, or one is not known."""
    return category is None or other is None or category.within(other) or Category(other).within(category)


def _written(hour: str) -> str:
    """A time of day to the minute, as `09:00`."""
    try:
        at = time.fromisoformat(hour)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or at.second or at.microsecond:
        raise InvalidValue("at", f"{brief(hour)} is no time of day to the minute; write it as '09:00'")
    return f"{at:%H:%M}"


def _shortly(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
