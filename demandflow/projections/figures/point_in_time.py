"""A point in time that is asked about: the end of a day or a moment, and what was known by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.errors import HistoryIncomplete, UnreadableEvent
from demandflow.inputs.moments import moment
from demandflow.projections.figures.periods import Period, as_day, number_of
from demandflow.projections.printing import minute

CORRECTED = {
    "subject": ("channel", "place", "place_from", "category", "category_from"),
    "work": ("contracts", "lead", "contractor"),
    "this_round": ("resolved", "grade", "grade_means", "scores", "score_means", "reported_resolved"),
}
"""The fields that a correction replaces, by the part of a demand that holds them."""

DayOrMoment = date | datetime
"""The end of a day in the community's zone, or a moment."""


@dataclass(frozen=True)
class Cutoff:
    """The moment by which demands are judged: what was due before it and is still open is overdue.

    `day` (as the ledger keeps days) ends at this moment, or contains it if the day is not over.
    """

    at: datetime
    day: int
    day_is_over: bool


@dataclass(frozen=True)
class PointInTime:
    """As of when, and as known when: each a day (its end in this zone), a moment, or None for now."""

    as_of: DayOrMoment | None
    known_on: DayOrMoment | None
    zone: ZoneInfo

    @classmethod
    def of(cls, as_of: object, known_on: object, zone: ZoneInfo) -> PointInTime:
        """The point in time that a caller gives. Raises InvalidValue for what is neither a day nor a moment."""
        return cls(_day_or_moment(as_of, "as_of"), _day_or_moment(known_on, "known_on"), zone)

    @property
    def now(self) -> bool:
        """Whether neither is given."""
        return self.as_of is None and self.known_on is None

    @property
    def days(self) -> dict[str, date | None]:
        """The day of each, by name."""
        return {
            name: until.astimezone(self.zone).date() if isinstance(until, datetime) else until
            for name, until in (("as_of", self.as_of), ("known_on", self.known_on))
        }

    def demand(self, events: Iterable[Event]) -> Demand | None:
        """The demand at this point in time, from its events; None if it did not exist yet.

        As in the figures, a correction counts from the event that it corrects.
        """
        known: list[Event] = []
        for event in events:
            if not self._by(self.known_on, event.meta.recorded):
                break  # what was recorded after it, even by a clock that stepped back, became known after it
            known.append(event)
        demand: Demand | None = None
        corrected: Demand | None = None
        for event, corrects in zip(known, with_corrections(known), strict=True):
            after = evolve(demand, event)
            if not self._by(self.as_of, after.last or event.meta.happened):
                break
            demand, corrected = after, evolve(corrected, corrects)
        if demand is None:
            return None
        # who did what does not change; a correction recorded later replaces the fields that it corrects, and no others
        right = {name: getattr(getattr(corrected, part), name) for part, names in CORRECTED.items() for name in names}
        own = {name: getattr(corrected, name) for name in ("_attributes", "_attributes_from")}
        return as_if(demand, **right, **own)

    def demand_of(self, events: Callable[..., list[Event]], demand: UUID) -> Demand | None:
        """The demand at this point in time, by its events before the first that cannot be read."""
        try:
            history = events(demand)
        except UnreadableEvent as error:
            history = _first_events(events, demand, error.version - 1)
        except HistoryIncomplete as error:
            history = _first_events(events, demand, min(hole.first for hole in error.holes) - 1)
        return self.demand(history)

    def cutoff(self, now: datetime) -> Cutoff:
        """The earliest of as_of, known_on and now: nobody knows what will be overdue."""
        ends = [self._end(until) for until in (self.as_of, self.known_on) if until is not None]
        at, today = min([now, *ends]), now.astimezone(self.zone).date()
        day = min(day for day in (*self.days.values(), today) if day is not None)
        return Cutoff(at, number_of(day), day < today)

    def _by(self, until: DayOrMoment | None, at: datetime) -> bool:
        if until is None or isinstance(until, datetime):
            return until is None or at <= until
        return at.astimezone(self.zone).date() <= until

    def _end(self, until: DayOrMoment) -> datetime:
        return until if isinstance(until, datetime) else Period(until, until).moments(self.zone)[1]

    def __str__(self) -> str:
        parts = (("as of", self.as_of), ("as known on", self.known_on))
        return ", ".join(
            f"{how} {minute(until) if isinstance(until, datetime) else until}"
            for how, until in parts
            if until is not None
        )


def _first_events(events: Callable[..., list[Event]], demand: UUID, number: int) -> list[Event]:
    return events(demand, upto=number) if number > 0 else []


def _day_or_moment(value: object, what: str) -> DayOrMoment | None:
    if value is None or isinstance(value, datetime):
        return None if value is None else moment(value, what)
    return as_day(value, what)
