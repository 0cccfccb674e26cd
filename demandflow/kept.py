"""The demands that were seen last, kept so that deciding need not load them; what is stored decides in the end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from demandflow.domain.demand import Demand

MOST, LONG = 10_000, 50


class KeptDemands:
    """Each demand in the newest version that was seen; the one used longest ago goes first.

    There is no lock: a signal could leave it held. Where threads meet, an older version may be kept for a while.
    """

    def __init__(self, most: int = MOST) -> None:
        """At most so many; with 0, each is loaded each time."""
        self._most = most
        self._demands: OrderedDict[UUID, Demand] = OrderedDict()

    def get(self, demand: UUID) -> Demand | None:
        """The demand as it was seen last; None if it is not kept."""
        return self._demands.get(demand)

    def keep(self, demand: Demand) -> None:
        """Keep this, unless a newer version is kept."""
        kept = self._demands.get(demand.id)
        if kept is None or kept.version < demand.version:
            self._demands[demand.id] = demand
        with suppress(KeyError):  # another thread let it go
            self._demands.move_to_end(demand.id)
        while len(self._demands) > self._most:
            self._demands.popitem(last=False)

    def learn(self, other: KeptDemands) -> None:
        """Keep what another has seen of long histories: those are dear to load again."""
        for demand in tuple(other._demands.values()):
            if demand.version >= LONG:
                self.keep(demand)

    def forget(self, demands: Iterable[UUID]) -> None:
        """Load these again: what was seen of them is no longer so."""
        for demand in demands:
            self._demands.pop(demand, None)

    def clear(self) -> None:
        """Forget all."""
        self._demands.clear()
