"""The open demands of each place, in the order of receipt, kept up to date as a log is read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.policies.policy import OpenDemand


class OpenDemands:
    """The open demands, found by a place (with all below it) and by when they were received."""

    def __init__(self) -> None:
        self._seen: dict[UUID, OpenDemand] = {}
        self._at: dict[str, list[OpenDemand]] = {}

    def show(self, demand: Demand) -> None:
        """The demand as it stands now; one that has ended is no longer here."""
        before, after = self._seen.get(demand.id), _seen(demand)
        if before == after:
            return
        if before is not None:
            self._take_away(before)
        if after is not None:
            self._put(after)

    def at(self, place: str, since: datetime) -> tuple[OpenDemand, ...]:
        """Those at this place and below it (everywhere, if it is empty) that were received since."""
        here = self._at.get(place, [])
        return tuple(here[bisect_left(here, since, key=lambda seen: seen.received) :])

    def _put(self, seen: OpenDemand) -> None:
        self._seen[seen.demand] = seen
        for place in _with_those_above(seen.place):
            here = self._at.setdefault(place, [])
            here.insert(_index(here, seen), seen)

    def _take_away(self, seen: OpenDemand) -> None:
        del self._seen[seen.demand]
        for place in _with_those_above(seen.place):
            here = self._at[place]
            del here[_index(here, seen)]
            if not here:
                del self._at[place]


def _seen(demand: Demand) -> OpenDemand | None:
    if not demand.open or demand.received is None:
        return None
    said = (demand.text, demand.place or "", demand.category, demand.contractor, demand.received, demand.state)
    return OpenDemand(demand.id, *said)


def _with_those_above(place: str) -> Iterator[str]:
    """The place, all above it, and everywhere."""
    while place:
        yield place
        place = place.rpartition("/")[0]
    yield ""


def _index(here: list[OpenDemand], seen: OpenDemand) -> int:
    return bisect_left(here, _order(seen), key=_order)


def _order(seen: OpenDemand) -> tuple[datetime, UUID]:
    return seen.received, seen.demand
