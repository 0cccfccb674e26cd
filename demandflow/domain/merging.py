"""Merging: the other demand of a merge or an un-merge, and the fact that is recorded on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import LetGo, Merged, TookIn, Unmerged
from demandflow.domain.stream import Stream, of_kind
from demandflow.errors import InvalidValue


def other_of(demand: Stream, fact: Fact, read: Callable[[UUID], Any]) -> Demand | None:
    """The other demand of this fact, read; None if it has none. Raises OtherKind for what is no demand."""
    if not isinstance(demand, Demand):
        return None
    other = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
    return None if other is None else of_kind(read(other), Demand)


def other_side(demand: Demand, fact: Fact) -> Fact:
    """The fact that a merge or an un-merge of this demand records on the other; a merge takes the residents along.

    Raises InvalidValue if both are the same demand.
    """
    if isinstance(fact, Unmerged):
        return LetGo(demand=demand.id)
    if isinstance(fact, Merged) and fact.into == demand.id:
        raise InvalidValue("into", "a demand cannot be merged into itself")
    return TookIn(demand=demand.id, residents=demand.residents or None)
