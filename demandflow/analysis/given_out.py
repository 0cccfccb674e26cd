"""Who was given work, and who would have been."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import ContractedOut


class GivenOut:
    """How often each contractor was given work, and would have been; and how much they would have in hand.

    What a policy would give out stands for what the log says next of the same demand, in the same round.
    """

    def __init__(self) -> None:
        self.given: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        self.in_hand = Counter[str]()
        self._holds: dict[UUID, str] = {}
        self._ahead: set[UUID] = set()

    def would_give(self, demand: UUID, contractor: str) -> None:
        """A policy would have given it out."""
        self.given[1][contractor] += 1
        self._ahead.add(demand)
        self._hold(demand, contractor)

    def follow(self, event: Event, came: Demand | None, went: Demand, *, ours: bool, anew: bool) -> None:
        """What was recorded; `anew` says that a policy did it, and policies are asked anew."""
        contract = event.fact if isinstance(event.fact, ContractedOut) else None
        if event.demand in self._ahead and not (ours and came is not None and went.open and went.round == came.round):
            self._ahead.discard(event.demand)
            self._hold(event.demand, _in_hand(went))
        ahead = event.demand in self._ahead
        if contract is not None and ours:
            self.given[0][contract.contractor] += 1
            self.given[1][contract.contractor] += not ahead and not anew
        if ahead:
            if contract is not None:
                self._ahead.discard(event.demand)
        elif contract is not None or _in_hand(came) != _in_hand(went):
            self._hold(event.demand, _in_hand(went))

    def _hold(self, demand: UUID, contractor: str | None) -> None:
        if (before := self._holds.pop(demand, None)) is not None:
            self.in_hand[before] -= 1
        if contractor is not None:
            self._holds[demand] = contractor
            self.in_hand[contractor] += 1


def _in_hand(demand: Demand | None) -> str | None:
    """Who has it in hand."""
    return demand.contractor if demand is not None and demand.open else None
