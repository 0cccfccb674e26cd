"""What policies look up while a log is rerun: the open demands, and how much work each contractor has in hand."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from datetime import datetime
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import ContractedOut
from demandflow.policies.policy import OpenDemand


class OpenDemands:
    """The open demands, in the order of receipt."""

    def __init__(self) -> None:
        self._demands: dict[UUID, OpenDemand] = {}
        self._order: list[tuple[datetime, UUID]] = []

    def update(self, demand: Demand) -> None:
        """Note how the demand is now."""
        if (before := self._demands.pop(demand.id, None)) is not None:
            del self._order[bisect_left(self._order, (before.received, before.demand))]
        if demand.open and demand.received is not None:
            insort(self._order, (demand.received, demand.id))
            what, where = (demand.text, demand.place or "", demand.category), (demand.contractor, demand.received)
            self._demands[demand.id] = OpenDemand(demand.id, *what, *where, demand.state)

    def at(self, place: str, since: datetime) -> tuple[OpenDemand, ...]:
        """Those at this place and below it (everywhere, if it is empty) that were received since."""
        first = bisect_left(self._order, since, key=lambda key: key[0])
        demands = (self._demands[demand] for _, demand in self._order[first:])
        return tuple(
            demand for demand in demands if not place or demand.place == place or demand.place.startswith(f"{place}/")
        )


class GivenWork:
    """How often each contractor was given work, and would have been; and how much they would have in hand.

    What a policy would give out takes the place of the next contract that the log has for the demand in that round.
    """

    def __init__(self) -> None:
        self.was, self.would_be, self.in_hand = Counter[str](), Counter[str](), Counter[str]()
        self._holders: dict[UUID, str] = {}
        self._given_by_policy: set[UUID] = set()

    def give(self, demand: UUID, contractor: str) -> None:
        """Note that a policy would have given it out."""
        self.would_be[contractor] += 1
        self._given_by_policy.add(demand)
        self._hold(demand, contractor)

    def add(self, event: Event, before: Demand | None, after: Demand, *, judged: bool, repeated: bool) -> None:
        """Note what was recorded; `repeated` says that a policy did it, which is asked again."""
        demand, contract = event.demand, event.fact if isinstance(event.fact, ContractedOut) else None
        same_round = judged and before is not None and after.open and after.round == before.round
        if demand in self._given_by_policy and not same_round:
            self._given_by_policy.discard(demand)
            self._hold(demand, _holder(after))
        by_policy = demand in self._given_by_policy
        if contract is not None and judged:
            self.was[contract.contractor] += 1
            self.would_be[contract.contractor] += not by_policy and not repeated
        if by_policy and contract is not None:
            self._given_by_policy.discard(demand)
        elif not by_policy and (contract is not None or _holder(before) != _holder(after)):
            self._hold(demand, _holder(after))

    def _hold(self, demand: UUID, contractor: str | None) -> None:
        if (before := self._holders.pop(demand, None)) is not None:
            self.in_hand[before] -= 1
        if contractor is not None:
            self._holders[demand] = contractor
            self.in_hand[contractor] += 1


def _holder(demand: Demand | None) -> str | None:
    """Who has it in hand."""
    return demand.contractor if demand is not None and demand.open else None
