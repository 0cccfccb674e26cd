"""A strategy for every public type of demandflow: what `st.from_type()` draws from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, get_origin

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow import (
    CLOSED_LOOP,
    START,
    Action,
    Actor,
    Calendar,
    Category,
    Channel,
    Clock,
    Days,
    Demand,
    DemandFlow,
    Event,
    FeedbackMethod,
    Figures,
    Grade,
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
    Stage,
    Stamp,
    State,
    Urgency,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.automation import ParkedReaction, PolicyRun, RecordedReaction
from demandflow.domain.clocks.states import ClockState
from demandflow.domain.events import ClockChange
from demandflow.domain.facts import OTHER_SIDES, STANDARD_FACTS
from demandflow.domain.workflow import PossibleMove
from demandflow.errors import Defect
from demandflow.facts import Fact, Registered, Reported
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
from demandflow.policies import OpenDemand, Reaction, Timer
from demandflow.recording.history import HistoryLine
from demandflow.store.holes import END, POSITIONS, VERSIONS, Acknowledged, Hole, Verification
from demandflow.store.parking import ParkedEvent
from demandflow.testing.drawing import histories
from demandflow.testing.model.world import World
from demandflow.testing.playing import play
from demandflow.testing.strategies import (
    actors,
    calendars,
    categories,
    channels,
    clocks,
    demands,
    events,
    facts,
    limits,
    moments,
    places,
    spans,
    texts,
)
from demandflow.testing.words import words

FEW = 12
"""Steps of a history that is played to ask for figures: enough to have some, and quick."""

COUNTER = Workflow(
    "counter",
    1,
    states=(State("asked", Stage.FEEDBACK, owner="clerk"), State("answered", Stage.ENDED, ended_as="closed")),
    moves=(
        Move("ask", Registered, START, "asked", by="clerk"),
        Move("answer", Reported, "asked", "answered", by="clerk", means="reported"),
    ),
    tells_nobody=True,
)
"""About the smallest workflow there can be."""
TIMED = closed_loop(
    "timed", clocks=standard_clocks(Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00"))
)
"""The closed loop with deadlines."""


def strategy_of(kind: Any) -> SearchStrategy[Any]:
    """Valid values of a public type of demandflow. Raises InvalidValue for another."""
    kind = get_origin(kind) or kind
    if kind is Fact:
        return st.sampled_from(STANDARD_FACTS).flatmap(facts)
    if isinstance(kind, type) and issubclass(kind, Fact):
        return facts(kind)
    if kind not in STRATEGIES:
        raise InvalidValue("type", f"{kind!r} is no public type of demandflow of which values can be made up")
    return STRATEGIES[kind]()


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


def _registrations() -> SearchStrategy[Registration]:
    return st.builds(Registration, fact=facts(Registered), by=actors(), at=st.none() | moments(), command_id=_words())


def _actions() -> SearchStrategy[Action]:
    recordable = [kind for kind in STANDARD_FACTS if kind not in (Registered, *OTHER_SIDES)]
    return st.sampled_from(recordable).flatmap(
        lambda kind: st.builds(
            Action,
            demand=st.uuids(),
            move=st.just(next(move.name for move in CLOSED_LOOP.moves if move.fact is kind)),
            fact=facts(kind),
            by=actors(),
            at=st.none() | moments(),
            command_id=_words(),
        )
    )


def _periods() -> SearchStrategy[Period]:
    days = st.dates(EARLIEST.date(), LATEST.date())
    return st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))


def _days() -> SearchStrategy[Days]:
    dates = st.sets(st.dates(EARLIEST.date(), LATEST.date()), max_size=4)
    return st.builds(
        lambda some: Days({day.year for day in some}, closed=sorted(some)[:2], working=sorted(some)[2:]), dates
    )


def _ticks() -> SearchStrategy[ClockChange]:
    return events(TIMED).map(lambda one: one.stamp.clocks or ()).filter(bool).flatmap(st.sampled_from)


def _tickings() -> SearchStrategy[ClockState]:
    return demands(TIMED).flatmap(lambda one: st.sampled_from(one.clocks))


def _reacted() -> SearchStrategy[RecordedReaction]:
    recorded = st.lists(strategy_of(Fact), min_size=1, max_size=2).map(tuple)
    return st.builds(RecordedReaction, texts(), st.uuids(), texts(), recorded)


def _parked() -> SearchStrategy[ParkedReaction]:
    return st.builds(ParkedReaction, texts(), st.uuids(), texts(), texts(), moments())


def _several(one: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=2).map(tuple)


@cache
def _words() -> SearchStrategy[str | None]:
    return st.none() | texts()


def _holes() -> SearchStrategy[Hole]:
    ends = st.tuples(st.integers(1, 99), st.integers(1, 99)).map(sorted)
    elsewhere = st.builds(lambda what, rows: Hole(what, *rows), st.sampled_from((POSITIONS, END)), ends)
    return elsewhere | st.builds(lambda rows, demand: Hole(VERSIONS, rows[0], rows[1], demand), ends, st.uuids())


def _acknowledged() -> SearchStrategy[Acknowledged]:
    return st.builds(Acknowledged, _holes(), actors(), moments(), texts())


def _items() -> SearchStrategy[Registration | Action]:
    return _registrations() | _actions()


Make = Callable[[], SearchStrategy[Any]]
STRATEGIES: dict[Any, Make] = {
    Actor: actors,
    Place: places,
    Category: categories,
    Channel: channels,
    Urgency: lambda: words(Urgency),
    Grade: lambda: words(Grade),
    FeedbackMethod: lambda: words(FeedbackMethod),
    Period: _periods,
    # workflows
    Workflow: _workflows,
    State: lambda: _workflows().flatmap(lambda one: st.sampled_from(one.states)),
    Move: lambda: _workflows().flatmap(lambda one: st.sampled_from(one.moves)),
    Defect: lambda: st.builds(Defect, texts(), texts(), texts()),
    PossibleMove: lambda: answers(lambda flow: [move for one in _ids(flow) for move in flow.possible_moves(one)]),
    # clocks
    Span: spans,
    Days: _days,
    Calendar: calendars,
    Limit: limits,
    Clock: lambda: clocks(("accepted", "in_hand", "suspended")),
    ClockChange: _ticks,
    ClockState: _tickings,
    # policies
    Timer: lambda: st.builds(Timer, moments(), texts()),
    Reaction: lambda: st.builds(Reaction, strategy_of(Fact), st.none(), _words()),
    OpenDemand: lambda: st.builds(
        OpenDemand, st.uuids(), texts(), places(), st.none() | categories(), _words(), moments(), st.just("in_hand")
    ),
    Notice: lambda: st.builds(
        Notice,
        *(texts(), st.uuids(), texts(), texts(), _words(), texts(), texts(), moments(), _words()),
        *(st.none() | places(), _words(), _words()),
    ),
    RecordedReaction: _reacted,
    ParkedReaction: _parked,
    PolicyRun: lambda: st.builds(PolicyRun, moments(), _several(_reacted()), _several(_parked())),
    # the log
    Hole: _holes,
    Acknowledged: _acknowledged,
    Verification: lambda: st.builds(
        Verification, st.integers(0, 99), st.integers(0, 99), _several(_holes()), st.just(()), _several(_acknowledged())
    ),
    ParkedEvent: lambda: st.builds(
        ParkedEvent, st.integers(1, 99), st.uuids(), st.integers(1, 99), texts(), st.just(("figures",))
    ),
    # demands
    Demand: demands,
    Event: events,
    Stamp: lambda: events().map(lambda event: event.stamp),
    Meta: lambda: st.builds(
        Meta, actors(), moments(), moments(), st.just(CLOSED_LOOP.key), _words(), _words(), _words()
    ),
    Proposal: _proposals,
    HistoryLine: lambda: answers(lambda flow: [line for one in _ids(flow) for line in flow.history(one)]),
    # many at once
    Registration: _registrations,
    Action: _actions,
    Recorded: lambda: st.builds(Recorded, _items(), demands()),
    Rejected: lambda: st.builds(Rejected, _items(), st.builds(InvalidValue, texts(), texts())),
    # figures
    Definition: lambda: st.sampled_from(tuple(DEFINITIONS.values())),
    Figures: lambda: answers(lambda flow: [flow.figures()]),
    FiguresBy: lambda: answers(lambda flow: [flow.figures_by("place"), flow.figures_by("place", "channel")]),
    Rate: lambda: answers(lambda flow: [flow.figures().rate(name) for name in RATES]),
    ClockFigures: lambda: st.builds(ClockFigures, _words().filter(bool), *[st.integers(0, 99)] * 5),
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
