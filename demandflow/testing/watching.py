"""What a condition looks at: a demand and a proposal that remember what they were asked for."""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand, Round, Subject, Work
from demandflow.domain.events import Stamp
from demandflow.domain.moves import Proposal

NOT_COMPARED = frozenset({"state", "id", "version", "facts", "commands", "text"})
"""Fields in which places do not differ: the state is told anyway, the others would set every step apart."""
WHOLLY = frozenset({"bool", "bool | None", "int", "Grade | None"})
"""Kinds of fields of which every value is tried; of texts, moments and collections only a few are."""
CERTAIN = frozenset(
    {
        *("state", "stage", "came_from", "ended_as", "workflow", "declares", "anonymous", "attributes"),
        *("told", "open"),
        *(
            name
            for kind in (Demand, Stamp, Subject, Work, Round)
            for name, values in kind.__annotations__.items()
            if values in WHOLLY and not name.endswith(("version", "_from"))
        ),
    }
)
"""What is the same for all demands that exploring takes for one."""
HALF_TRIED = ("at", "other")
"""What of a proposal is not tried in all that matters: only two moments, and never with another demand."""
TRIED = ("move", "fact", "by")
"""What of a proposal is tried."""
PARTS = frozenset((*HALF_TRIED, *TRIED))


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


def compared(asked: set[str]) -> set[str]:
    """Those fields of a demand in which places then differ."""
    return asked - NOT_COMPARED - PARTS


def uncertain(asked: set[str]) -> set[str]:
    """What was asked for, and is not tried in all that matters."""
    return asked - CERTAIN - set(TRIED)
