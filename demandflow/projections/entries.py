"""Book-keeping: what an event books out and in. Pure; the tables write down what is found here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.projections.standing import HAPPENINGS, IN_RETROSPECT, Slice, clocks_of, dues_of, slice_of, standing

HAPPENED = frozenset(HAPPENINGS.values())

Day = Callable[[datetime], int]
"""The day on which a moment falls in the community's zone, as a number: 20260305."""


class Entry(NamedTuple):
    """What stands, or happened, from an event's day on; `happening` is empty for a standing.

    `ended` is the day on which a demand so standing had ended, 0 if it had not. `clocks` are how its clocks stand,
    `dues` on which days it is due, by the names of the clocks, the soonest first.
    """

    version: int
    happened: int
    happening: str
    standing: int
    ended: int
    where: Slice
    clocks: tuple[str, ...] = ()
    dues: tuple[tuple[str, int], ...] = ()


def booked(before: Demand | None, after: Demand, event: Event, day: Day) -> dict[Entry, int]:
    """The entries of one event: the old standing out, the new one in, and what happened."""
    at = day(after.last or event.meta.happened)
    now = _stands(after, day)
    entries: dict[Entry, int] = {}
    if before is None:
        entries[Entry(event.version, at, "", *now)] = 1
    elif (was := _stands(before, day)) != now:
        entries[Entry(event.version, at, "", *was)] = -1
        entries[Entry(event.version, at, "", *now)] = 1
    late = (IN_RETROSPECT,) if event.meta.retrospect else ()
    for meaning in (*(event.stamp.means or ()), *late):
        if meaning in HAPPENED:
            entries[Entry(event.version, at, meaning, 0, 0, now[2])] = 1
    return entries


def _stands(demand: Demand, day: Day) -> tuple[int, int, Slice, tuple[str, ...], tuple[tuple[str, int], ...]]:
    ended = 0 if demand.ended is None else day(demand.ended)
    dues = tuple([(clock, day(due)) for clock, due in dues_of(demand)])
    return standing(demand), ended, slice_of(demand), clocks_of(demand), dues


def booked_by_correction(events: list[Event], day: Day) -> dict[Entry, int]:
    """The entries of a correction, the last of all the demand's events: what it changes, on the days it changes."""
    difference = Counter(_all_booked(events, day))
    difference.subtract(_all_booked(events[:-1], day))
    return {entry: amount for entry, amount in difference.items() if amount}


def _all_booked(events: Iterable[Event], day: Day) -> dict[Entry, int]:
    """All entries of a demand, with everything that is known about it by the last of its events."""
    entries: dict[Entry, int] = {}
    demand: Demand | None = None
    for event in with_corrections(list(events)):
        before, demand = demand, evolve(demand, event)
        entries |= booked(before, demand, event, day)
    return entries
