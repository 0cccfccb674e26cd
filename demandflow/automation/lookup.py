"""What policies may look up: what is recorded, with what the present save will add."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from demandflow.domain.demand import Demand
from demandflow.domain.workflow import Workflow
from demandflow.policies.policy import OpenDemand


class Recorded(Protocol):
    """The recorded demands, as far as policies look them up."""

    def loads(self) -> dict[str, int]:
        """How many open demands each contractor has in hand."""

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The open demands at a place and below it, in the order of receipt."""


class Lookup:
    """What policies may look up in one save: read once, with what the save will add."""

    def __init__(self, now: datetime, workflows: Mapping[str, Workflow], recorded: Recorded) -> None:
        self.now, self._workflows, self._recorded = now, workflows, recorded
        self._loads: dict[str, int] | None = None
        self._changed = Counter[str]()
        self._near: dict[str, tuple[datetime, tuple[OpenDemand, ...]]] = {}

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on."""
        return self._workflows[demand.workflow]

    def load(self, contractor: str) -> int:
        """How many open demands this contractor has in hand."""
        if self._loads is None:
            self._loads = self._recorded.loads()
        return self._loads.get(contractor, 0) + self._changed[contractor]

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The open demands at this place and below it that were received since, in the order of receipt."""
        since, demands = self._near.get(place, (None, ()))
        if since is None or received_since < since:
            demands = self._recorded.open_demands(place, received_since)
            self._near[place] = received_since, demands
        return demands[bisect_left(demands, received_since, key=lambda demand: demand.received) :]

    def remember(self, before: Demand, after: Demand) -> None:
        """Count the work that is given out, handed back or ended in this save."""
        for demand, more in ((before, -1), (after, 1)):
            if demand.open and demand.contractor is not None:
                self._changed[demand.contractor] += more
