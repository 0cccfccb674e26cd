"""Joining a demand: another that is merged into it, with the fact that is recorded there, and who supports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import LetGo, Merged, TookIn, Unmerged
from demandflow.domain.stream import Change, Stream, of_kind
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


# what it changes


def took_in(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """Another demand was merged into it; its residents join."""
    change["took_in"] = (*was.took_in, fact.demand)
    change["joined"] = (*was.joined, *((fact.demand, name) for name in fact.residents or ()))


def let_go(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """A demand that was merged into it goes on by itself, and its residents with it."""
    change["took_in"] = tuple(other for other in was.took_in if other != fact.demand)
    change["joined"] = tuple(pair for pair in was.joined if pair[0] != fact.demand)


def supported(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """Somebody wants the same, from this event on; once each."""
    if fact.who not in was.supporters:
        change["supporters"] = (*was.supporters, fact.who)
        change["supporters_from"] = (*was.supporters_from, event.version)


def support_ended(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """Somebody takes their support back."""
    kept = [pair for pair in zip(was.supporters, was.supporters_from, strict=False) if pair[0] != fact.who]
    change["supporters"], change["supporters_from"] = tuple(who for who, _ in kept), tuple(by for _, by in kept)
