"""Merging: which demand a merge or an un-merge concerns as well, and what is recorded there."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import LetGo, Merged, TookIn, Unmerged
from demandflow.errors import InvalidValue


def other_of(demand: Demand, fact: Fact, read: Callable[[UUID], Demand | None]) -> Demand | None:
    """The other demand, as it is read; None if the fact concerns no other."""
    other = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
    return None if other is None else read(other)


def other_side(demand: Demand, fact: Fact) -> Fact:
    """What a merge or an un-merge of this demand records on the other: whose demand it is goes with it.

    Raises InvalidValue where both are the same.
    """
    if isinstance(fact, Unmerged):
        return LetGo(demand=demand.id)
    if isinstance(fact, Merged) and fact.into == demand.id:
        raise InvalidValue("into", "a demand cannot be merged into itself")
    return TookIn(demand=demand.id, residents=demand.residents or None)
