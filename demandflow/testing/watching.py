"""What a condition looks at: a demand and a proposal that remember what they were asked for."""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.moves import Proposal

PARTS = frozenset({"move", "fact", "by", "at", "other"})
"""The parts of a proposal."""


class WatchedDemand(Demand, frozen=True):
    """A demand that remembers which of its fields it was asked for."""

    _asked: set[str] | None = None
    _plain: Demand | None = None

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__
        if name.startswith("_") or (asked := own("_asked")) is None:
            return own(name)
        asked.add(name)
        # what a property asks for in turn is not what the condition asked
        return getattr(own("_plain"), name)


class WatchedProposal(Proposal[Any], frozen=True):
    """A proposal that remembers what it was asked for."""

    _asked: set[str] | None = None

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__
        if name in PARTS and (asked := own("_asked")) is not None:
            asked.add(name)
        return own(name)


def watched(demand: Demand, proposal: Proposal[Any], asked: set[str]) -> tuple[Demand, Proposal[Any]]:
    """The same demand and proposal; what they are asked for joins `asked`."""
    one = WatchedDemand(demand.id, _asked=asked, _plain=demand)
    other = WatchedProposal(proposal.move, proposal.fact, proposal.by, proposal.at, proposal.other, asked)
    return one, other
