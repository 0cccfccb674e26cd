"""Questions by lot: every public method, with values that occur in the history and values that do not."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Any

from demandflow.application import DemandFlow
from demandflow.domain.fact import Fact
from demandflow.testing.drawing.drawn import value
from demandflow.testing.drawing.turning import DAY, HOUR, NO_TIME, US, dues, moments
from demandflow.testing.drawing.values import UNKNOWN_DEMAND, Values
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.world import World
from demandflow.testing.operations import Ask

WEIGHTS: Mapping[str, int] = {
    **{"board": 36, "work_list": 14, "figures": 7, "figures_by": 6, "counted": 12, "changes": 4, "durations": 4},
    "scores": 12,
    **{"waiting": 3, "deadlines": 4, "demand": 5, "events": 1, "history": 2, "possible_moves": 3, "to_be_told": 2},
    **{"all_events": 1, "notices": 2, "next_moment": 2, "parked": 1, "parked_events": 1, "verify": 1},
    **{"acknowledged": 1, "calendar_ends": 1, "id_of": 1, "now": 1},
    **{"zone": 1, "workflows": 1, "retry_parked_events": 1, "stream": 4, "id_of_stream": 1},
    **{"streams": 2, "last_position": 1, "events_after": 2},
}
"""How often each method is asked."""
OPTIONAL = (0, 0, 0, 1, 1, 1, 2, 2, 3, 5)
"""How many of the optional parameters are given: often none, which is the fastest path to an answer."""
OFTEN = 0.4
OF_ANY_KIND = (
    "stream",
    "streams",
    "id_of_stream",
    "events",
    "history",
    "possible_moves",
    "all_events",
    "events_after",
    "verify",
    "demand",
    "now",
)
"""What can be asked where there are no demands yet."""
INVALID_SHARE, NONE_SHARE, WAITING = 0.04, 0.04, 0.1
OFTEN_WITH: Mapping[str, Sequence[Sequence[str]]] = {
    "board": (
        *(("sort", "descending", "limit"), ("sort", "descending", "contractor"), ("sort", "limit", "contractor")),
        *(("sort", "limit", "place"), ("as_of",), ("known_on",), ("as_of", "known_on")),
        *(("text",), ("text",), ("own",), ("own",), ("text", "own", "as_of")),
    ),
    "counted": (
        ("as_of",),
        ("known_on",),
        ("place",),
        ("lead", "as_of"),
        ("closed",),
        ("closed", "place"),
        ("closed", "lead"),
        ("received",),
        (),
    ),
    "figures": (
        *(("closed", "lead"), ("closed", "category"), ("closed", "place"), ("closed",), ("received",), ()),
        *(("own",), ("own", "as_of")),
    ),
    "scores": (
        ("closed",),
        ("closed",),
        ("received",),
        ("category",),
        ("workflow",),
        ("as_of",),
        ("known_on",),
        ("own",),
        ("own",),
        (),
    ),
    "figures_by": (("level",), ("every",), ("closed", "every"), ("received", "every")),
}
"""What shows most where there are several demands or events, and of figures the fastest path: OFTEN these alone."""
ONE_OF_THESE = {"changes": ("known_on", "as_of")}
"""Of these parameters at least one is needed."""
NEVER = {("changes", "closed"), ("deadlines", "closed")}
"""These are refused, whatever their value."""
WALKED = {("board", "after"), ("work_list", "after")}
"""Where a page begins is given by the player, who walks all pages; here it is only ever invalid."""
SURPRISING = {("board", "as_of"), ("board", "known_on")}
"""With one of these a moment cannot be asked about in `overdue`."""

NAIVE = datetime(2025, 3, 1)  # noqa: DTZ001
NO_NAMES: Sequence[Any] = (5, "a\x00b")
NO_PATHS: Sequence[Any] = (5, "a//b", "a /b", "a%b", "/")
NO_DAYS: Sequence[Any] = ("2025-3-1", "2025-02-30", 20250301, NAIVE)
NO_MOMENTS: Sequence[Any] = ("soon", NAIVE, date(2025, 3, 1), 5)
NO_PERIODS: Sequence[Any] = ("2025-13", "2025-3", 5, NAIVE, "2025-03-02/2025-03-01", "2025-Q5", "2025-W54", "1/2/3", "")
NEITHER: Sequence[Any] = ("x", 1)
NO_PAIRS: Sequence[Any] = (
    *("2025-03-01", ("2025-03-01",), ("2025-03-02", "2025-03-01"), (NAIVE, NAIVE), ("2025-03-01", "x"), 5),
)
INVALID: Mapping[tuple[str, str], Sequence[Any]] = {
    **{("", name): NO_PATHS for name in ("place", "category")},
    **{("", name): NO_NAMES for name in ("channel", "contractor", "lead", "resident", "urgency")},
    **{("", name): (5, "x") for name in ("workflow", "state", "stage", "ended_as", "clock", "role", "count", "every")},
    **{("", name): NEITHER for name in ("escalated", "ended", "open", "undated", "descending", "total", "catch_up")},
    ("", "overdue"): ("x", NAIVE, None),
    **{("", name): NO_MOMENTS for name in ("due_by", "open_until", "at")},
    **{("", name): NO_PERIODS for name in ("received", "closed")},
    **{("", name): NO_DAYS for name in ("as_of", "known_on")},
    **{("changes", name): NO_PAIRS for name in ("as_of", "known_on")},
    ("", "text"): (5, "", " ", "a\x00b"),
    ("", "own"): (5, "x", {"no such field": 1}, {5: 1}, [("x", 1)]),
    ("", "sort"): ("text", (), ["due", "text"], 5),
    ("", "limit"): (0, -1, True, "5", 2**31 + 1),
    **{(method, "after"): ("x", "[]", 5) for method in ("board", "work_list")},
    ("notices", "after"): (-1, True, "0"),
    ("events_after", "position"): (-1, True, "0"),
    ("", "dimensions"): ((), ("contractor",), ("place", "place"), (5,), ("place", "state")),
    ("", "level"): (0, True, "1", 1001, {"place": 0}, {"lead": 1}),
    ("", "by"): ("zhao", 5),
    ("", "demand_id"): ("none", 5, UNKNOWN_DEMAND),
    ("", "stream_id"): ("none", 5, UNKNOWN_DEMAND),
    ("", "kind"): (5, "demand", Fact),
    ("", "key"): ("", "  ", "a\nb", 5),
    ("", "source"): ("", "  ", 5),
    ("", "reference"): ("", "\x00", 5),
}
"""Values that are refused, whatever happened: by InvalidValue, or see REFUSED."""
REFUSED: Mapping[Any, str] = {UNKNOWN_DEMAND: "DemandNotFound"}
CALLED = {
    **{"received": ("period",), "closed": ("period",), "dimensions": ("dimension",)},
    **{"stream_id": ("demand_id",), "key": ("kind",), "ended": ("kind",)},
}
"""By which other words an error says which parameter is wrong."""


class Asking:
    """Draws questions to ask after the history so far, by the methods that somebody answers."""

    def __init__(self, world: World, dice: Random, methods: Collection[str] | None = None) -> None:
        self.world, self.dice = world, dice
        self.values = Values(world, dice)
        answered = QUESTIONS if methods is None else methods
        self.weights = {name: weight for name, weight in WEIGHTS.items() if name in answered}
        if not world.workflow.grades.scores:
            self.weights.pop("scores", None)

    def moments(self) -> list[datetime]:
        """Moments at which something turns."""
        return moments(self.world)

    def question(self, opener: int) -> Ask | None:
        """A question; None where nothing can be asked."""
        if not self.weights or not self.world.log:
            return None
        dice, clock = self.dice, self.world.clock
        known = [name for name in self.weights if self.world.demands or name in OF_ANY_KIND]
        if not known:
            return None
        (method,) = dice.choices(known, [self.weights[name] for name in known])
        before, clock.now = clock.now, self._moment()
        given = self._given(method)
        about = self._spoil(method, given) if dice.random() < INVALID_SHARE else ()
        refused = REFUSED.get(given.get("demand_id", given.get("stream_id")), "InvalidValue") if about else None
        args: list[Any] = []
        for name in positional(method):
            args += given.pop(name) if name == "dimensions" else [given.pop(name)]
        after, clock.now = clock.now - before, before
        return Ask(method, tuple(args), given, refused, opener, after, about)

    def _moment(self) -> datetime:
        """When it is asked: now, or when something is soon to turn, or just beside that, or hours before it."""
        now, dice = self.world.clock.now, self.dice
        if dice.random() > WAITING:
            return now
        coming = [at for stream in self.world.streams.values() if stream.open for at in dues(stream) if at > now]
        if not coming or dice.random() < 0.3:
            coming = [at for at in (*self.moments(), now + DAY) if at > now]
        return max(now, min(coming) + dice.choice((NO_TIME, NO_TIME, US, -US, -3 * HOUR)))

    def _given(self, method: str) -> dict[str, Any]:
        """What is given: all that is needed, and some of the rest."""
        dice, known = self.dice, parameters(method)
        needed = [name for name, default in known.items() if default is inspect.Parameter.empty]
        optional = [name for name in known if name not in needed and (method, name) not in NEVER | WALKED]
        names = dice.sample(optional, min(dice.choice(OPTIONAL), len(optional)))
        if method in OFTEN_WITH and dice.random() < OFTEN:
            names = list(dice.choice(OFTEN_WITH[method]))
        either = ONE_OF_THESE.get(method, ())
        if either and not {*either} & {*names}:
            names.append(dice.choice(either))
        self.values.look(method, [*needed, *names])
        names = [name for name in names if self.values.is_about(name) or name in either]
        given = {name: self._value(method, name, known[name]) for name in (*needed, *names)}
        if all(given.get(name) is None for name in either):
            given |= {name: value(self.values, method, name) for name in either[:1]}
        if isinstance(given.get("overdue"), datetime) and any((method, name) in SURPRISING for name in given):
            given["overdue"] = True
        return given

    def _value(self, method: str, name: str, default: Any) -> Any:
        return None if default is None and self.dice.random() < NONE_SHARE else value(self.values, method, name)

    def _spoil(self, method: str, given: dict[str, Any]) -> tuple[str, ...]:
        """Make one thing invalid, or say what does not go together; returns by which words the error may name it."""
        dice = self.dice
        never = [name for refusing, name in NEVER if refusing == method]
        names = [name for name in parameters(method) if _invalid(method, name)] + never * 2
        if not names:
            return ()
        if method in ONE_OF_THESE and dice.random() < 0.2:
            for name in ONE_OF_THESE[method]:
                given.pop(name, None)
            return (method,)
        if (method, "as_of") in SURPRISING and dice.random() < 0.1:
            given |= {"overdue": self.values.moment(), "as_of": self.values.written_day()}
            return ("overdue",)
        # a moment may be refused for being past
        given.pop("at", None)
        if isinstance(given.get("overdue"), datetime):
            given["overdue"] = True
        name = dice.choice(names)
        given[name] = value(self.values, method, name) if name in never else dice.choice(_invalid(method, name))
        key = getattr(given.get("kind"), "KEY", None)
        return (name, *CALLED.get(name, ()), *([key] if key is not None else []))


def _invalid(method: str, name: str) -> Sequence[Any]:
    return INVALID.get((method, name)) or INVALID.get(("", name), ())


def positional(method: str) -> list[str]:
    """The parameters without a name, and those that are given without one."""
    return [name for name, default in parameters(method).items() if default is inspect.Parameter.empty]


@cache
def parameters(method: str, of: type = DemandFlow) -> Mapping[str, Any]:
    """The parameters of a public method, with their defaults; of `**query: Unpack[…]`, all that it may have."""
    function = getattr(of, method)
    found: dict[str, Any] = {}
    if not callable(function):
        return found
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind == parameter.VAR_KEYWORD:
            query = str(parameter.annotation).removeprefix("Unpack[").removesuffix("]")
            found |= dict.fromkeys(inspect.unwrap(function).__globals__[query].__annotations__)
        elif name != "self":
            found[name] = parameter.default
    return found
