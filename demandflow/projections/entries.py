"""Entries: what an event changes in the ledger. Pure; the tables write down what is found here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.projections.figures.periods import number_of
from demandflow.projections.standing import HAPPENINGS, IN_RETROSPECT, Slice, clocks_of, dues_of, slice_of, standing
from demandflow.store.following.parking import Parking

HAPPENED = frozenset(HAPPENINGS.values())
DAYS_KEPT = 10_000

Day = Callable[[datetime], int]
"""The day on which a moment falls in the community's zone, as a number: 20260305."""
Own = tuple[str, ...]
"""The own fields that are dimensions of the figures, in the order of their names."""


class Entry(NamedTuple):
    """A standing from an event's day on, or a happening on that day; `happening` is empty for a standing.

    `ended` is the day on which the demand had ended, 0 if it had not. `clocks` are the statuses of its clocks, `dues`
    the days on which it is due, by the names of the clocks, the soonest first.
    """

    version: int
    happened: int
    happening: str
    standing: int
    ended: int
    where: Slice
    clocks: tuple[str, ...] = ()
    dues: tuple[tuple[str, int], ...] = ()


class Booking(NamedTuple):
    """The entries that an event of a demand books, each with an amount, and when the demand was received."""

    demand: UUID
    recorded_by: int
    received: int
    recorded: int
    entries: Mapping[Entry, int]


class CountedAs(NamedTuple):
    """What a demand counts as, as an entry keeps it."""

    standing: int
    ended: int
    where: Slice
    clocks: tuple[str, ...]
    dues: tuple[tuple[str, int], ...]


@cache
def days_of(zone: ZoneInfo) -> Day:
    """The days of a community's zone; the same moments are asked for many times, so the last ones are remembered."""

    @lru_cache(DAYS_KEPT)
    def day(at: datetime) -> int:
        return number_of(at.astimezone(zone))

    return day


def counted_as(demand: Demand, day: Day, own: Own = ()) -> CountedAs:
    """What the demand counts as now."""
    ended, dues, stands = demand.ended, dues_of(demand), standing(demand)
    return CountedAs(
        stands,
        0 if ended is None else day(ended),
        slice_of(demand, own),
        clocks_of(demand, stands),
        tuple([(clock, day(due)) for clock, due in dues]) if dues else (),
    )


def booked(was: CountedAs | None, now: CountedAs, event: Event, at: int) -> dict[Entry, int]:
    """The entries of an event, on a day: the old standing out, the new standing in, and what happened."""
    entries: dict[Entry, int] = {}
    if was != now:
        if was is not None:
            entries[Entry(event.version, at, "", *was)] = -1
        entries[Entry(event.version, at, "", *now)] = 1
    late = (IN_RETROSPECT,) if event.meta.retrospect else ()
    for meaning in (*(event.stamp.means or ()), *late):
        if meaning in HAPPENED:
            entries[Entry(event.version, at, meaning, 0, 0, now.where)] = 1
    return entries


def day_of_event(demand: Demand, event: Event, day: Day) -> int:
    """The day on which the event counts, after which this is the demand: never before the event before it."""
    return day(demand.last or event.meta.happened)


def booked_by_correction(events: list[Event], day: Day, own: Own = ()) -> dict[Entry, int]:
    """The entries of a correction, the last of these events of a demand: what it changes, on the days concerned."""
    difference = Counter(_all_booked(events, day, own))
    difference.subtract(_all_booked(events[:-1], day, own))
    return {entry: amount for entry, amount in difference.items() if amount}


def _all_booked(events: Iterable[Event], day: Day, own: Own) -> dict[Entry, int]:
    """All entries of a demand, by what is known after the last of its events."""
    entries: dict[Entry, int] = {}
    demand: Demand | None = None
    now: CountedAs | None = None
    for event in with_corrections(list(events)):
        demand, was = evolve(demand, event), now
        now = counted_as(demand, day, own)
        entries |= booked(was, now, event, day_of_event(demand, event, day))
    return entries


class StateChange(NamedTuple):
    """A demand entered another state by the event of this version, at this moment; `ended` says if that was its end."""

    demand: UUID
    version: int
    state: str
    at: datetime | None
    ended: bool


@dataclass
class Page:
    """What a page of the log changes.

    `demands` are the demands that have events in it, after these; `before` are the same demands before the page,
    without the new ones; `state_changes` come in the order of the page.
    """

    demands: dict[UUID, Demand] = field(default_factory=dict)
    before: dict[UUID, Demand] = field(default_factory=dict)
    state_changes: list[StateChange] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    parked: list[Parking] = field(default_factory=list)

    @property
    def new_demands(self) -> int:
        """How many demands are new."""
        return len(self.demands) - len(self.before)
