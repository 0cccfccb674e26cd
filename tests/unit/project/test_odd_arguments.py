"""Whatever is given to a public method, what comes out is an answer or one of our own errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from demandflow import (
    Action,
    Actor,
    Calendar,
    Category,
    Channel,
    Clock,
    Days,
    DemandFlow,
    DemandFlowError,
    Limit,
    Period,
    Place,
    Registration,
    Span,
)
from demandflow.errors import brief
from demandflow.facts import Noted, Registered
from demandflow.testing import FrozenClock

LI = Actor("Li", "grid_administrator")
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Unshowable:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("no picture")

    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparing")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __bool__(self) -> bool:
        raise RuntimeError("neither yes nor no")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no items")

    def __len__(self) -> int:
        raise RuntimeError("no length")


class OddText(str):
    """A text that raises when it is compared, hashed or shown."""

    __slots__ = ()
    __eq__ = Unshowable.__eq__
    __hash__ = Unshowable.__hash__
    __repr__ = Unshowable.__repr__
    __str__ = Unshowable.__str__


class OddZone(tzinfo):
    """A time zone that cannot say what it is."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        raise RuntimeError("no offset")

    dst = tzname = utcoffset  # type: ignore[assignment]


class NoIterator:
    """Says that it can be iterated over, and cannot."""

    __iter__: Any = lambda self: 3


class OddMoment(datetime):
    """As a moment of another library that is none: NaT of pandas is one."""

    def utcoffset(self) -> Any:
        return self


def _deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(3_000):
        nested = [nested]
    return nested


ODD: dict[str, Any] = {
    "unshowable": Unshowable(),
    "odd text": OddText("odd"),
    "a number of 5,000 digits": 10**5_000,
    "lists 3,000 deep": _deep(),
    "no iterator": NoIterator(),
    "a surrogate": "\ud800",
    "a NUL": "a\x00",
    "a long path": "a/" * 3_000 + "a",
    "a long name": "a" * 5_000,
    "odd zone": datetime(2026, 3, 2, tzinfo=OddZone()),
    "odd moment": OddMoment(2026, 3, 2, tzinfo=UTC),
    "nan": float("nan"),
    "bytes": b"\xff",
    "a class": Unshowable,
    "a function": len,
    "a set": {1, 2},
    "a mapping": {"a": {}},
    "nothing": None,
    "minus one": -1,
    "true": True,
}
KEPT = ("close", "open", "batch", "rebuild", "all_events", "run_policies", "now")
"""Closes, opens, or takes no word; their arguments are tried by themselves."""
USUAL: dict[str, Any] = {
    "text": "x",
    "channel": "hotline",
    "place": "fufeng/c1",
    "fact": Noted(text="x"),
    "move": "note",
    "question": "x",
    "answer": "x",
    "words": "x",
    "code": "x",
    "reason": "x",
    "contractor": "repair team",
    "until": T0,
    "due": T0,
    "review": T0,
    "way": "call",
    "resolved": True,
    "grade": "satisfied",
    "to": "supervisor",
    "kind": "x",
    "what": "x",
    "event": 1,
    "source": "x",
    "reference": "7",
    "workflow": "closed-loop@2",
    "of": "closed-loop@2",
    "count": "received",
    "items": (),
    "parked": (),
    "notify": len,
    "dimensions": "place",
    "as_of": ("2026-03-01", "2026-03-02"),
}


def _methods() -> list[tuple[str, str]]:
    """Every public method with each of its parameters."""
    found = []
    for name, method in inspect.getmembers(DemandFlow, inspect.isfunction):
        if not name.startswith("_") and name not in KEPT:
            found += [(name, parameter) for parameter in list(inspect.signature(method).parameters)[1:]]
    return found


@pytest.fixture(scope="module")
def flow() -> Iterator[DemandFlow]:
    with DemandFlow.open("memory:", clock=FrozenClock()) as opened:
        opened.register("x", channel="hotline", place="fufeng/c1", resident="张三", by=LI, source="x", reference="7")
        yield opened


@pytest.mark.parametrize(("method", "parameter"), _methods(), ids=lambda word: str(word))
def test_an_odd_argument_is_refused_in_our_own_words(flow: DemandFlow, method: str, parameter: str) -> None:
    demand = flow.board().rows[0].demand
    version = flow.demand(demand).version
    for called, odd in ODD.items():
        call, kinds = getattr(flow, method), inspect.signature(getattr(DemandFlow, method)).parameters
        words: dict[str, Any] = {}
        several: tuple[Any, ...] = ()
        for name, kind in list(kinds.items())[1:]:
            value = odd if name == parameter else demand if name in ("demand_id", "into") else USUAL.get(name)
            if kind.kind is kind.VAR_POSITIONAL:
                several = (value,)
            elif kind.kind is kind.VAR_KEYWORD:
                continue
            elif kind.default is kind.empty or name == parameter:
                words[name] = value
        ways = [words]
        if any(kind.kind is kind.VAR_KEYWORD for kind in kinds.values()):
            by = {"by": LI} if "by" in str(kinds) or method in COMMANDS else {}
            ways = [{**words, **by}]
            if kinds[parameter].kind is inspect.Parameter.VAR_KEYWORD:
                keywords = CIRCUMSTANCES if method in COMMANDS else NARROWED
                ways = [{**words, **by, keyword: odd} for keyword in keywords]
        for way in ways:
            positional = [
                way.pop(name) for name, kind in kinds.items() if kind.kind is kind.POSITIONAL_ONLY and name in way
            ]
            try:
                call(*positional, *several, **way)
            except DemandFlowError as error:
                assert len(str(error)) < 5_000
                assert str(error).encode()
            except Exception as error:
                raise AssertionError(f"{method}({parameter}: {called}) raised {type(error).__name__}") from error
    assert flow.demand(demand).version - version <= MOST_NOTES
    assert flow.figures().adds_up


MOST_NOTES = 60
COMMANDS = {
    *("register", "start", "act", "sort", "ask_details", "give_details", "no_answer", "accept", "refuse", "answer"),
    *("contract_out", "recall", "take_on", "hand_back", "ask_extension", "extend", "suspend", "resume", "report"),
    *("feed_back", "evaluate", "miss_callback", "end_notice", "withdraw", "merge", "unmerge", "reopen", "appeal"),
    *("escalate", "notify", "correct", "move_over", "note"),
}
CIRCUMSTANCES = ("by", "at", "command_id", "correlation", "causation", "seen", "no_such_keyword")
NARROWED = ("received", "closed", "place", "channel", "category", "workflow", "as_of", "known_on", "no_such_keyword")


MAKERS: dict[str, Callable[[Any], object]] = {
    "actor": lambda odd: Actor(odd, odd, odd),
    "channel": Channel,
    "place": Place,
    "place of": lambda odd: Place.of("a", odd),
    "level": lambda odd: Place("a/b").level(odd),
    "category": Category,
    "registered": lambda odd: Registered(text=odd, channel=odd, place=odd, due=odd, shared_with=odd, urgency=odd),
    "from words": lambda odd: Registered.from_words(odd, zone=odd),
    "from odd words": lambda odd: Registered.from_words({"text": odd, "due": odd}, zone="UTC"),
    "period": Period.of,
    "periods": lambda odd: Period(odd, odd),
    "span": Span.of,
    "limit": lambda odd: Limit("1 hour", category=odd, urgency=odd),
    "days": Days.none,
    "calendar": lambda odd: Calendar.of("x", zone="UTC", hours=odd, days=odd),
    "calendar's zone": lambda odd: Calendar.of("x", zone=odd, hours="Mon 09:00-17:00"),
    "clock": lambda odd: Clock("x", odd, odd, odd),
    "open": lambda odd: DemandFlow.open(odd),
    "open with": lambda odd: DemandFlow.open("memory:", workflows=odd, tenant=odd),
    "open in": lambda odd: DemandFlow.open("memory:", zone=odd, clock=odd, new_id=odd, policies=odd),
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("odd", ODD)
def test_so_is_what_values_are_made_of(maker: str, odd: str) -> None:
    try:
        made = MAKERS[maker](ODD[odd])
    except DemandFlowError as error:
        assert len(str(error)) < 5_000
        assert str(error).encode()
    else:
        if isinstance(made, DemandFlow):
            made.close()


def test_odd_items_are_answered_one_by_one() -> None:
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = flow.register("x", channel="c", place="p", by=LI).id
        for called, odd in ODD.items():
            items = [Action(demand=demand, move="note", fact=Noted(text="x"), by=odd), odd]
            (first, second) = flow.act_many(items)
            assert type(first).__name__ == type(second).__name__ == "Rejected"
            fact = Registered(text="x", channel=Channel("c"), place=Place("p"))
            (answer,) = flow.register_many([Registration(fact=fact, by=LI, command_id=odd)])
            assert type(answer).__name__ == ("Recorded" if called in ("nothing", "odd text") else "Rejected")
        assert flow.demand(demand).version == 1


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_given_can_be_shown_on_a_line(odd: str) -> None:
    shown = brief(ODD[odd])
    assert len(shown) <= 80
    assert shown.isprintable()


def test_nanoseconds_are_cut_before_anything_is_compared() -> None:
    class WithNanoseconds(datetime):
        """As a Timestamp of pandas: later than a datetime that has the same microsecond."""

        nanosecond = 999

        def __eq__(self, other: object) -> bool:
            return False

        def __gt__(self, other: object) -> bool:
            return True

        __hash__ = datetime.__hash__

    clock = FrozenClock()
    with DemandFlow.open("memory:", clock=clock) as flow:
        demand = flow.register("x", channel="c", place="p", by=LI).id
        at = clock()
        flow.note(demand, "x", by=LI, at=WithNanoseconds(at.year, at.month, at.day, at.hour, at.minute, tzinfo=UTC))
        assert type(flow.events(demand)[-1].meta.happened) is datetime
