"""A strategy for every public type of demandflow: what `st.from_type()` draws from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any, get_origin, get_type_hints

from hypothesis import assume, reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow import (
    CLOSED_LOOP,
    Action,
    Actor,
    Calendar,
    Category,
    Clock,
    Days,
    Demand,
    DemandFlow,
    Event,
    Figures,
    InvalidValue,
    Limit,
    Meta,
    Move,
    Notice,
    Period,
    Place,
    Proposal,
    Recorded,
    Registration,
    Rejected,
    Span,
    Stamp,
    State,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.values import Word
from demandflow.facts import Fact
from demandflow.figures import (
    DEFINITIONS,
    RATES,
    BoardPage,
    BoardRow,
    Change,
    Changes,
    ClockFigures,
    CountedDemand,
    Deadlines,
    Definition,
    Durations,
    FiguresBy,
    MeanOfUnits,
    Rate,
    Standing,
)
from demandflow.inputs.moments import EARLIEST, LATEST
from demandflow.testing.beside import COUNTER, TREES, Tree
from demandflow.testing.drawing.drawing import histories
from demandflow.testing.drawing.fields import values_of
from demandflow.testing.drawing.words import words
from demandflow.testing.model.world import World
from demandflow.testing.playing.playing import play
from demandflow.testing.strategies import (
    actors,
    calendars,
    categories,
    clocks,
    demands,
    events,
    facts,
    limits,
    places,
    spans,
    texts,
)

FEW = 12
"""Steps of a history that is played to ask for figures: enough to have some, and quick."""

TIMED = closed_loop(
    "timed", clocks=standard_clocks(Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00"))
)
"""The closed loop with deadlines."""


def strategy_of(kind: Any) -> SearchStrategy[Any]:
    """Valid values of a public type of demandflow. Raises InvalidValue for another."""
    kind = get_origin(kind) or kind
    if kind in STRATEGIES:
        return STRATEGIES[kind]()
    if kind in BY_FIELDS:
        return by_fields(kind)
    if isinstance(kind, type) and issubclass(kind, Fact):
        return facts(kind)
    if isinstance(kind, type) and issubclass(kind, Word):
        return words(kind)
    raise InvalidValue("type", f"{kind!r} is no public type of demandflow of which values can be made up")


@st.composite
def by_fields(draw: st.DrawFn, kind: type) -> Any:
    """Values of a class whose fields may be any of their types, as far as it accepts them."""
    hints = get_type_hints(kind, include_extras=True)
    try:
        names = signature(kind).parameters
        drawn = {name: OF_STREAMS[name]() if name in OF_STREAMS else values_of(hints[name]) for name in names}
        return kind(**{name: draw(strategy) for name, strategy in drawn.items()})
    except InvalidValue:
        reject()


def _workflows() -> SearchStrategy[Workflow]:
    return st.sampled_from((COUNTER, CLOSED_LOOP, TIMED))


def answers(ask: Callable[[DemandFlow], Iterable[Any]]) -> SearchStrategy[Any]:
    """What a DemandFlow answers after a short history."""

    @st.composite
    def answered(draw: st.DrawFn) -> Any:
        with play(CLOSED_LOOP, draw(histories(CLOSED_LOOP, max_steps=FEW)).steps) as played:
            found = list(ask(played.flow))
        assume(found)
        return draw(st.sampled_from(found))

    return answered()


def _ids(flow: DemandFlow) -> list[Any]:
    return [row.demand for row in flow.board().rows]


def _changes(flow: DemandFlow) -> Changes:
    first, last = EARLIEST.date(), LATEST.date().replace(year=LATEST.year - 1)
    return flow.changes(known_on=(first, last))


def _proposals() -> SearchStrategy[Proposal[Any]]:
    return histories(CLOSED_LOOP).map(lambda history: World(CLOSED_LOOP).tell(history.steps[0]).proposal)


def _periods() -> SearchStrategy[Period]:
    days = st.dates(EARLIEST.date(), LATEST.date())
    return st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))


def _days() -> SearchStrategy[Days]:
    dates = st.sets(st.dates(EARLIEST.date(), LATEST.date()), max_size=4)
    return st.builds(
        lambda some: Days({day.year for day in some}, closed=sorted(some)[:2], working=sorted(some)[2:]), dates
    )


OF_STREAMS: dict[str, Callable[[], SearchStrategy[Any]]] = {
    "of": lambda: st.sampled_from((Demand, Tree)),
    "seen": lambda: st.none() | st.integers(1, 9) | demands() | demands(TREES),
}
"""Fields that are about streams of any kind."""
BY_FIELDS = (Action, Meta, Notice, Recorded, Registration)
STRATEGIES: dict[Any, Callable[[], SearchStrategy[Any]]] = {
    Actor: actors,
    Place: places,
    Category: categories,
    Period: _periods,
    # workflows
    Workflow: _workflows,
    State: lambda: _workflows().flatmap(lambda one: st.sampled_from(one.states)),
    Move: lambda: _workflows().flatmap(lambda one: st.sampled_from(one.moves)),
    # clocks
    Span: spans,
    Days: _days,
    Calendar: calendars,
    Limit: limits,
    Clock: lambda: clocks(("accepted", "in_hand", "suspended")),
    # demands
    Fact: lambda: st.sampled_from(STANDARD_FACTS).flatmap(facts),
    Demand: demands,
    Event: events,
    Stamp: lambda: events().map(lambda event: event.stamp),
    Proposal: _proposals,
    Rejected: lambda: st.builds(Rejected, by_fields(Action), st.builds(InvalidValue, texts(), texts())),
    # figures
    Definition: lambda: st.sampled_from(tuple(DEFINITIONS.values())),
    Figures: lambda: answers(lambda flow: [flow.figures()]),
    FiguresBy: lambda: answers(lambda flow: [flow.figures_by("place"), flow.figures_by("place", "channel")]),
    Rate: lambda: answers(lambda flow: [flow.figures().rate(name) for name in RATES]),
    ClockFigures: lambda: st.builds(ClockFigures, texts(), *[st.integers(0, 99)] * 5),
    MeanOfUnits: lambda: answers(lambda flow: [flow.figures_by("place").mean_of_units(name) for name in RATES]),
    CountedDemand: lambda: answers(lambda flow: flow.counted("received")),
    Changes: lambda: answers(lambda flow: [_changes(flow)]),
    Change: lambda: answers(lambda flow: _changes(flow).lines),
    Standing: lambda: answers(lambda flow: [line.after for line in _changes(flow).lines if line.after]),
    Durations: lambda: answers(lambda flow: [flow.durations(), *flow.waiting().values()]),
    Deadlines: lambda: answers(lambda flow: [flow.deadlines()]),
    BoardRow: lambda: answers(lambda flow: flow.board().rows),
    BoardPage: lambda: answers(lambda flow: [flow.board()]),
}
