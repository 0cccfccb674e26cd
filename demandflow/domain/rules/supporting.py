"""Who may support a demand that is somebody else's, and take the support back."""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Supported, SupportEnded
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Role

__all__ = [
    "a_resident_supports_for_themselves",
    "nobody_supports_their_own_demand",
    "nobody_supports_twice",
    "only_a_supporter_takes_support_back",
]


def a_resident_supports_for_themselves(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A resident supports a demand, and takes that back, in their own name; others write it down for anybody."""
    by, who = proposal.by, proposal.fact.who
    return f"{by.id} cannot speak for {who}" if by.role == Role.RESIDENT and by.id != who else None


def nobody_supports_their_own_demand(demand: Demand, proposal: Proposal[Supported]) -> str | None:
    """Whose demand it is does not support it as well."""
    who = proposal.fact.who
    return f"{who} is a resident of this demand, and told of it anyway" if who in demand.residents else None


def nobody_supports_twice(demand: Demand, proposal: Proposal[Supported]) -> str | None:
    """Everybody supports a demand once."""
    who = proposal.fact.who
    return f"{who} supports this demand already" if who in demand.supporters else None


def only_a_supporter_takes_support_back(demand: Demand, proposal: Proposal[SupportEnded]) -> str | None:
    """Support that was not given cannot be taken back."""
    who = proposal.fact.who
    return None if who in demand.supporters else f"{who} does not support this demand"
