"""The demands of a log, and its other streams. Those used last are kept in memory: deciding need not load them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import fold
from demandflow.domain.stream import Stream, of_kind
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import DemandNotFound

MOST, LONG = 10_000, 50


class Events(Protocol):
    """A log whose events can be read."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""


class Demands:
    """Each demand (or stream of another kind) in the newest version loaded; the one used longest ago is let go first.

    There is no lock: a signal could leave it held. Where threads meet, an older version may be kept for a while.
    """

    def __init__(
        self,
        log: Events,
        workflows: Workflows,
        saw: Callable[[datetime | None], None],
        most: int = MOST,
        beside: Demands | None = None,
    ) -> None:
        """At most so many are kept; `saw` takes when they were recorded; `beside` reads the same log."""
        self._log, self._workflows, self._saw, self._most, self._beside = log, workflows, saw, most, beside
        self._kept: OrderedDict[int, Any] = OrderedDict()
        """By the id as a number, which is hashed faster than a UUID."""

    def events(self, demand: UUID) -> list[Event]:
        """All events of the demand. Raises DemandNotFound."""
        if events := self._log.events(demand):
            return events
        raise DemandNotFound(str(demand))

    def knows(self, demand: UUID) -> bool:
        """Whether anything is recorded of the demand."""
        return bool(self._log.events(demand, upto=1))

    def seen(self, demand: UUID) -> Any:
        """The demand as it was loaded last, else as it is stored now, of any kind. Raises DemandNotFound."""
        return self._kept.get(demand.int) or self.current(demand)

    def demand(self, demand: UUID) -> Demand:
        """The demand as it is stored now. Raises DemandNotFound, and OtherKind for what is none."""
        return of_kind(self.current(demand), Demand)

    def current(self, demand: UUID) -> Any:
        """The demand as it is stored now, of any kind. Raises DemandNotFound."""
        kept = self._kept.get(demand.int)
        if kept is None and self._beside is not None:
            kept = self._beside._kept.get(demand.int)
        return self._refreshed(kept, demand)

    def changed_meanwhile(self, *demands: Stream | None) -> bool:
        """Whether somebody else has written to any of these since; the newer version is kept."""
        return any(self._refreshed(was, was.id).version != was.version for was in demands if was is not None)

    def keep(self, demand: Stream) -> None:
        """Keep this version, unless a newer one is kept."""
        number = demand.id.int
        kept = self._kept.get(number)
        if kept is None or kept.version < demand.version:
            self._kept[number] = demand
        try:  # noqa: SIM105 (suppress() would be three calls, at each command)
            self._kept.move_to_end(number)
        except KeyError:  # another thread let it go
            pass
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def learn(self, other: Demands) -> None:
        """Keep what another loaded of long histories, which take long to load again."""
        for demand in tuple(other._kept.values()):
            if demand.version >= LONG:
                self.keep(demand)

    def forget(self, demands: Iterable[UUID]) -> None:
        """Let these go, to be loaded again."""
        for demand in demands:
            self._kept.pop(demand.int, None)

    def clear(self) -> None:
        """Let all go."""
        self._kept.clear()

    def _refreshed(self, kept: Any, demand: UUID) -> Any:
        fresh, events = kept, self._log.events(demand, after=kept.version if kept else 0)
        if events:
            fresh = fold(events, kept, self._workflows.kind_of(events[0]) if kept is None else Demand)
        elif kept is None:
            raise DemandNotFound(str(demand))
        self._saw(fresh.recorded)
        self.keep(fresh)
        return fresh
