"""How a demand stood at the end of a day or at a moment, with what was known by another."""

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
    "this_round": ("resolved", "grade", "grade_means", "reported_resolved"),
}
"""What a correction replaces, by the part of a demand that holds it."""

Until = date | datetime
"""The end of a day in the community's zone, or a moment."""


@dataclass(frozen=True)
class MomentAsked:
    """The moment asked about: what was due before it and is still open is overdue.

    `day` (as it is kept) is the day that ends with it, or the one in which it lies, if that is not over.
    """

    at: datetime
    day: int
    day_is_over: bool


@dataclass(frozen=True)
class Then:
    """As of when, and as known when: each a day (its end in this zone), a moment, or None for now."""

    as_of: Until | None
    known_on: Until | None
    zone: ZoneInfo

    @classmethod
    def of(cls, as_of: object, known_on: object, zone: ZoneInfo) -> Then:
        """Then, as people say it. Raises InvalidValue for what is neither a day nor a moment."""
        return cls(_until(as_of, "as_of"), _until(known_on, "known_on"), zone)

    @property
    def now(self) -> bool:
        """Whether neither is said."""
        return self.as_of is None and self.known_on is None

    @property
    def days(self) -> dict[str, date | None]:
        """The days on which they lie, by name."""
        return {
            name: until.astimezone(self.zone).date() if isinstance(until, datetime) else until
            for name, until in (("as_of", self.as_of), ("known_on", self.known_on))
        }

    def demand(self, events: Iterable[Event]) -> Demand | None:
        """The demand as it stood then; None if it was not there yet.

        As in the figures, a correction counts from the event on that it corrects.
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
        # who did what stays as it was; a correction that was recorded later replaces what it corrects, and no more
        right = {name: getattr(getattr(corrected, part), name) for part, names in CORRECTED.items() for name in names}
        return as_if(demand, **right)

    def asked(self, now: datetime) -> MomentAsked:
        """The earliest of the two and now: nobody knows what will be overdue."""
        ends = [self._end(until) for until in (self.as_of, self.known_on) if until is not None]
        at, today = min([now, *ends]), now.astimezone(self.zone).date()
        day = min(day for day in (*self.days.values(), today) if day is not None)
        return MomentAsked(at, number_of(day), day < today)

    def _by(self, until: Until | None, at: datetime) -> bool:
        if until is None or isinstance(until, datetime):
            return until is None or at <= until
        return at.astimezone(self.zone).date() <= until

    def _end(self, until: Until) -> datetime:
        return until if isinstance(until, datetime) else Period(until, until).moments(self.zone)[1]

    def __str__(self) -> str:
        said = (("as of", self.as_of), ("as known on", self.known_on))
        return ", ".join(f"{how} {_said(until)}" for how, until in said if until is not None)


def _said(until: Until) -> str:
    return minute(until) if isinstance(until, datetime) else str(until)


def _until(value: object, what: str) -> Until | None:
    if value is None or isinstance(value, datetime):
        return None if value is None else moment(value, what)
    return as_day(value, what)


def events_before_damage(events: Callable[..., list[Event]], demand: UUID) -> list[Event]:
    """The demand's events up to the first that cannot be read: what is after it is parked, for the figures too."""
    try:
        return events(demand)
    except UnreadableEvent as error:
        return events(demand, upto=error.version - 1) if error.version > 1 else []
    except HistoryIncomplete as error:
        first = min(hole.first for hole in error.holes)
        return events(demand, upto=first - 1) if first > 1 else []
