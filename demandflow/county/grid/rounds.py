"""Coverage: how often the grids were walked, and on how many of the days on which they were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.places import GRID, Entry
from demandflow.domain.county.grid.rounds import Round
from demandflow.errors import InvalidValue
from demandflow.projections.figures.periods import as_day


@dataclass(frozen=True)
class Coverage:
    """The rounds of a grid in a stretch of days: how many, what was found, and on how many of its days was one.

    `of` are the days on which the grid was there, as far as they have begun; None for what no directory has as a grid.
    """

    grid: str
    rounds: int
    finds: int
    days: int
    of: int | None

    @property
    def rate(self) -> Fraction | None:
        """Days with a round, of all days; None if there was no day."""
        return Fraction(self.days, self.of) if self.of else None


def coverage(flow: StreamsAsked, first: date | str, last: date | str) -> tuple[Coverage, ...]:
    """The coverage of each grid that was there on these days, and of each other place that was walked, sorted.

    A round counts on the day in the community's zone on which it began, at the place that it was recorded at. Raises
    InvalidValue for what is no day, and for days in the wrong order.
    """
    zone = ZoneInfo(flow.zone)
    begin, end = as_day(first, "first"), as_day(last, "last")
    if begin > end:
        raise InvalidValue("first", f"{begin} is after {end}; name the earlier day first")
    end = min(end, flow.now().astimezone(zone).date())
    days = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
    entries = {entry.path: entry for directory in flow.streams(Directory) for entry in directory.places}
    there = {path: _days_of(entry, days, zone) for path, entry in entries.items() if entry.kind == GRID}
    walked: dict[str, list[tuple[date, int]]] = {path: [] for path, its_days in there.items() if its_days}
    for walk in flow.streams(Round):
        if walk.took_place and walk.began is not None:
            day = walk.began.astimezone(zone).date()
            if begin <= day <= end:
                walked.setdefault(walk.grid, []).append((day, walk.found))
    return tuple(_covered(grid, rounds, there.get(grid)) for grid, rounds in sorted(walked.items()))


def _covered(grid: str, rounds: Sequence[tuple[date, int]], there: set[date] | None) -> Coverage:
    days = {day for day, _ in rounds if there is None or day in there}
    finds = sum(found for _, found in rounds)
    return Coverage(grid, len(rounds), finds, len(days), None if there is None else len(there))


def _days_of(entry: Entry, days: Sequence[date], zone: ZoneInfo) -> set[date]:
    """Those of these days on which the place was there, for some of the day at least."""
    first = entry.since.astimezone(zone).date()
    last = None if entry.until is None else (entry.until - entry.until.resolution).astimezone(zone).date()
    return {day for day in days if first <= day and (last is None or day <= last)}
