"""Places: what rules and conditions look at, and what is therefore told apart of a demand while one looks ahead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from types import new_class
from typing import Any, TypeVar

from demandflow.domain.checks.bounds import MANY, OFTEN
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Noted
from demandflow.domain.moves import Proposal
from demandflow.domain.stream import Stream

S = TypeVar("S", bound=Stream)
PARTS = frozenset({"move", "fact", "by", "at", "other"})
"""The parts of a proposal."""
AGES = tuple(timedelta(days=days) for days in (0, 1 / 24, 1, 3, 8, 15, 40, 100, 400, 3650))
"""How long one waits before a step, and how ages are told apart: past every period that a community sets."""
UNTOLD = frozenset({"state", "came_from", "id", "version", "commands", "text"})
"""Fields in which places do not differ: the first two are told anyway, the others would set every step apart."""
SAID_BY = {"clock": "clocks", "fact_of": "facts", "facts_by_version": "facts"}
"""What a question put to a demand looks at."""
COUNTERS = ("round", "handbacks", "missed_callbacks")
MOST_COUNTED = 5
"""Higher numbers of these are not told apart; whether a higher bound helps is asked at the very end."""


def told_apart(looked_at: Collection[str]) -> list[str]:
    """The fields in which places differ, of all that rules and conditions were seen to look at."""
    return sorted({SAID_BY.get(name, name) for name in {*looked_at} - UNTOLD - PARTS})


def place_of(demand: Stream, names: Iterable[str]) -> tuple[Any, ...]:
    """What is told apart of a demand: where it stands and came from, and these fields."""
    told = (_told(getattr(demand, name, None), demand.last, name) for name in names)
    return (demand.state, demand.came_from, *told)


def much_later(demand: S, rising: Iterable[str]) -> S:
    """The demand after very many steps that lead nowhere."""
    kept: tuple[type[Fact], ...] = (*demand.facts, *(Noted,) * MANY)
    high: dict[str, Any] = {"facts": kept, "version": len(kept)}
    return as_if(so_often(demand, rising), **high)


def so_often(demand: S, rising: Iterable[str]) -> S:
    """The demand with these of its numbers very high, as far as it has them."""
    names = [name for name in rising if hasattr(demand, name)]
    if isinstance(demand, Demand):
        return as_if(demand, **dict.fromkeys(names, OFTEN))
    own = dict.fromkeys((name for name in names if name in demand.__struct_fields__), OFTEN)
    stamp = as_if(demand.stamp, round=OFTEN) if "round" in names else demand.stamp
    return as_if(demand, stamp=stamp, **own)


def at_state(demand: S, state: str) -> S:
    """The demand as if it were in this state."""
    return as_if(demand, stamp=as_if(demand.stamp, state=state))


def _told(value: Any, last: datetime | None, name: str = "") -> Any:
    """What is told apart of a value: of moments how long ago they were, of numbers up to where a bound may lie."""
    match value:
        case datetime():
            age = (last or value) - value
            return bisect_right(AGES, age) if age >= AGES[0] else -bisect_right(AGES, -age)
        case bool():
            return value
        case int() if name in COUNTERS:
            return min(value, MOST_COUNTED)
        case Mapping():
            return tuple(sorted((str(key), _told(one, last)) for key, one in value.items()))
        case tuple() | list() if name == "facts":
            return frozenset(value)
        case frozenset() | set():
            return tuple(sorted(map(repr, value)))
        case tuple() | list():
            return tuple(_told(one, last) for one in value)
        case _ if names := getattr(value, "__struct_fields__", ()):
            return tuple(_told(getattr(value, one), last) for one in names)
        case _ if is_dataclass(value):
            return tuple(_told(getattr(value, one.name), last) for one in fields(value))
        case _:
            return value if isinstance(value, str | int | float | None) else repr(value)


def _answering(self: Any, name: str) -> Any:
    own = partial(object.__getattribute__, self)
    if name.startswith("_") or (asked := own("_asked")) is None:
        return own(name)
    asked.add(name)
    # what a property asks for in turn is not what the condition asked
    return getattr(own("_plain"), name)


@lru_cache(maxsize=64)
def _watched(kind: type[S]) -> Any:
    """The kind of streams that remember which of their fields they were asked for."""
    fields = {"_asked": Any, "_plain": Any}
    body = {"__annotations__": fields, **dict.fromkeys(fields), "__getattribute__": _answering, "__module__": __name__}
    return new_class(f"Watched{kind.__name__}", (kind,), {"frozen": True}, lambda names: names.update(body))


class WatchedProposal(Proposal[Any], frozen=True):
    """A proposal that remembers what it was asked for."""

    _asked: set[str] | None = None

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__
        if name in PARTS and (asked := own("_asked")) is not None:
            asked.add(name)
        return own(name)


def watched(demand: S, proposal: Proposal[Any], asked: set[str]) -> tuple[S, Proposal[Any]]:
    """The same demand and proposal; what they are asked for joins `asked`."""
    one = _watched(type(demand))(demand.id, _asked=asked, _plain=demand)
    other = WatchedProposal(proposal.move, proposal.fact, proposal.by, proposal.at, proposal.other, asked)
    return one, other
