"""Corrections of own fields: read by the class of their fact, and as if it had been right from the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, model_validator

from demandflow import (
    ANYWHERE,
    START,
    STAY,
    WHILE_OPEN,
    Actor,
    Channel,
    CommandConflict,
    DemandFlow,
    Grade,
    InvalidValue,
    Move,
    RuleBroken,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.values import Moment, Place, Text
from demandflow.facts import Corrected, Evaluated, Fact, MovedOver, Registered
from demandflow.inputs.own_values import OwnValue
from demandflow.rules import an_evaluation_is_corrected_by_two
from demandflow.testing import FrozenClock, check
from tests.stories import DAY, T0

CLERK, ANNA = Actor("Li", "clerk"), Actor("Anna", "resident")
WHERE: dict[str, Any] = {"text": "x", "channel": Channel.COUNTER, "place": Place("f/c1")}


class BinsAsked(Registered):
    """Somebody asked for bins."""

    TOPIC: ClassVar[str] = "waste.bins_asked"
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("bins", "colour")
    bins: int
    colour: Text | None = None


class Counted(Fact):
    """The bins were counted."""

    TOPIC: ClassVar[str] = "waste.counted"
    bins: int | None = None
    colour: Text | None = None
    at: Moment | None = None
    seals: frozenset[str] | None = None
    plate: Annotated[str, AfterValidator(str.upper)] | None = None


class Weighed(Fact):
    """The bins were weighed, full and empty."""

    TOPIC: ClassVar[str] = "waste.weighed"
    full: int
    empty: int
    net: int | None = None

    @model_validator(mode="after")
    def _weighs_more(self) -> Self:
        if self.full < self.empty:
            raise ValueError("full bins weigh more than empty ones")
        self.__dict__["net"] = self.full - self.empty
        return self


class Praised(Evaluated):
    """The resident said how it was, and in stars."""

    TOPIC: ClassVar[str] = "waste.praised"
    stars: int


WASTE = Workflow(
    "waste",
    1,
    (State("asked", Stage.EVALUATION, owner="resident"), State("emptied", Stage.ENDED, ended_as="closed")),
    (
        Move("ask", BinsAsked, START, "asked", by="clerk"),
        Move("count", Counted, "asked", STAY, by="clerk"),
        Move("weigh", Weighed, "asked", STAY, by="clerk"),
        Move("move_over", MovedOver, WHILE_OPEN, STAY, by="clerk"),
        Move("praise", Praised, "asked", "emptied", by="resident", means=("evaluated", "told")),
        Move(
            "correct",
            Corrected,
            ANYWHERE,
            STAY,
            by="clerk",
            means="corrected",
            rules=(an_evaluation_is_corrected_by_two,),
        ),
    ),
)


@pytest.fixture
def waste(tmp_path: Path, clock: FrozenClock) -> Iterator[DemandFlow]:
    with DemandFlow.open(f"sqlite:///{tmp_path}/waste.db", workflows=[WASTE], clock=clock, zone="UTC") as flow:
        yield flow


def ask(flow: DemandFlow, **fields: Any) -> Any:
    fact = BinsAsked(**{**WHERE, "resident": "Anna", "bins": 3, **fields})
    return flow.start(fact, by=CLERK).id


def correct(flow: DemandFlow, demand: Any, event: int, **own: Any) -> dict[str, Any]:
    return dict(flow.correct(demand, event, "typo", own=own, by=CLERK).attributes)


def test_it_reaches_demand_board_figures_and_history(waste: DemandFlow, clock: FrozenClock) -> None:
    demand = ask(waste, colour="green")
    clock.advance(days=2)
    assert correct(waste, demand, 1, bins=4) == {"bins": 4, "colour": "green"}
    (row,) = waste.board(own={"bins": 4}).rows
    assert row.own == {"bins": 4, "colour": "green"}
    assert waste.board(own={"bins": 3}).rows == ()
    assert waste.history(demand)[1].said == "event: 1, reason: typo, own: bins: 4"
    assert [*waste.figures_by("bins")] == ["4"]
    assert [*waste.figures_by("bins", as_of=T0.date())] == ["4"], "as if it had been right from the start"
    assert [*waste.figures_by("bins", known_on=T0.date())] == ["3"], "nobody knew"
    assert waste.demand(demand, as_of=T0.date()).attributes["bins"] == 4
    assert waste.demand(demand, known_on=T0.date()).attributes["bins"] == 3
    assert waste.board(as_of=T0 + DAY, own={"bins": 4}).rows[0].own["bins"] == 4
    assert waste.board(known_on=T0 + DAY, own={"bins": 3}).rows[0].own["bins"] == 3


def test_what_a_later_fact_said_stays(waste: DemandFlow, clock: FrozenClock) -> None:
    demand = ask(waste)
    clock.advance(days=1)
    waste.act(demand, "count", Counted(bins=5), by=CLERK)
    clock.advance(days=1)
    assert correct(waste, demand, 1, bins=4, colour="red") == {"bins": 5, "colour": "red"}
    assert [*waste.figures_by("bins", as_of=T0.date())] == ["4"]
    assert [*waste.figures_by("bins")] == ["5"]
    assert correct(waste, demand, 2, bins=6, colour="blue") == {"bins": 6, "colour": "blue"}
    assert correct(waste, demand, 1, colour="black")["colour"] == "blue"


def test_values_are_what_the_class_reads(waste: DemandFlow) -> None:
    demand = ask(waste)
    waste.act(demand, "count", Counted(), by=CLERK)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert correct(
        waste, demand, 2, at="2026-03-02T17:00:00+08:00", seals={"b", "a"}, plate="b-1", colour=" red\r\n"
    ) == {
        **{"bins": 3, "at": at, "seals": frozenset("ab"), "plate": "B-1", "colour": "red"},
    }
    fact: Any = waste.events(demand)[2].fact
    assert dict(fact.own)["at"] == "2026-03-02T09:00:00Z"
    assert dict(fact.own)["plate"] == "B-1", "it is kept as its class would have kept it"


@pytest.mark.parametrize(
    ("event", "own", "problem"),
    [
        (1, {"bins": "4"}, "BinsAsked does not take it: bins: input should be a valid integer"),
        (1, {"bins": True}, "bins: input should be a valid integer"),
        (1, {"rooms": 4}, "BinsAsked, which has no own field 'rooms' .possible: bins, colour."),
        (1, {"text": "y"}, "no own field 'text'"),
        (1, {"bins": None}, "say what it should have said"),
        (1, {}, "give at least one field with its value, got none"),
        (1, [("bins", 4), ("bins", 5)], "'bins' is named twice"),
        (1, {"colour": "\x00"}, "control characters"),
        (1, {"colour": "\ud800"}, "cannot be written down"),
        (1, {"bins": float("inf")}, "cannot be written down"),
        (1, {"bins": object()}, "cannot be written down"),
        (1, {3: 4}, "own"),
        (1, "bins", "own"),
        (3, {"bins": 4}, "Corrected, which has no own field 'bins' .possible: none."),
        (4, {"bins": 4}, "there is no event 4"),
        (0, {"bins": 4}, "there is no event 0"),
        (2, {"full": 5}, "full bins weigh more"),
        (2, {"full": 50}, "Weighed would say otherwise in net, too"),
    ],
)
def test_what_its_class_does_not_take_is_refused_and_nothing_recorded(
    waste: DemandFlow, event: int, own: Any, problem: str
) -> None:
    demand = ask(waste)
    waste.act(demand, "weigh", Weighed(full=30, empty=10), by=CLERK)
    correct(waste, demand, 1, bins=4)
    before = waste.events(demand)
    with pytest.raises(InvalidValue, match=problem):
        waste.correct(demand, event, "typo", own=own, by=CLERK)
    with pytest.raises(InvalidValue, match=problem):
        waste.would(demand, "correct", Corrected(event=event, reason="typo", own=own), by=CLERK)
    assert waste.events(demand) == before
    assert correct(waste, demand, 2, full=50, net=40)["net"] == 40


def test_own_fields_of_an_evaluation_are_corrected_as_the_rest_of_it(waste: DemandFlow) -> None:
    demand = ask(waste)
    waste.act(demand, "praise", Praised(resolved=True, grade=Grade.SATISFIED, stars=1), by=ANNA)
    with pytest.raises(RuleBroken, match="had a part in this demand"):
        correct(waste, demand, 2, stars=5)
    other = Actor("Wu", "clerk")
    with pytest.raises(RuleBroken, match="say whose"):
        waste.correct(demand, 2, "typo", own={"stars": 5}, by=other)
    assert waste.correct(demand, 2, "typo", own={"stars": 5}, confirmed_by="Anna", by=other).attributes["stars"] == 5


def test_the_same_command_again_records_nothing_and_another_is_a_conflict(waste: DemandFlow) -> None:
    demand = ask(waste)
    how: dict[str, Any] = {"by": CLERK, "command_id": "c1"}
    done = waste.correct(demand, 1, "typo", own={"colour": " red "}, **how)
    correct(waste, demand, 1, colour="blue")
    assert waste.correct(demand, 1, "typo", own={"colour": "red\n"}, **how) == done
    with pytest.raises(CommandConflict):
        waste.correct(demand, 1, "typo", own={"colour": "green"}, **how)
    assert waste.demand(demand).version == 3


def without(version: int, asked: type[Registered]) -> Workflow:
    """A later version, in which nothing is counted any more."""
    moves = [move for move in WASTE.moves if move.fact not in (Counted, Weighed, BinsAsked)]
    return Workflow("waste", version, WASTE.states, (Move("ask", asked, START, "asked", by="clerk"), *moves))


@pytest.mark.parametrize("later", [without(2, BinsAsked), without(2, Registered)])
def test_a_class_that_is_not_known_cannot_be_corrected_and_is_read_the_same(tmp_path: Path, later: Workflow) -> None:
    url = f"sqlite:///{tmp_path}/waste.db"
    with DemandFlow.open(url, workflows=[WASTE, later]) as flow, DemandFlow.open(url, workflows=[later]) as stranger:
        demand = ask(flow)
        flow.act(demand, "count", Counted(bins=5, seals=frozenset("b")), by=CLERK)
        flow.migrate(demand, "waste@2", by=CLERK)
        with pytest.raises(InvalidValue, match="of a class that is not known here"):
            correct(stranger, demand, 2, bins=4)
        correct(flow, demand, 2, bins=4, seals=["c"])
        correct(flow, demand, 1, colour="red")
        assert stranger.demand(demand).attributes == {"bins": 4, "seals": ["c"], "colour": "red"}
        rows = stranger.board().rows
        for one in (flow, stranger, flow):
            one.rebuild()
            assert one.board().rows == rows


def test_a_correction_of_our_fields_is_stored_as_before(waste: DemandFlow) -> None:
    demand = ask(waste)
    waste.correct(demand, 1, "typo", place="f/c2", by=CLERK)
    waste.correct(demand, 1, "typo", own={"bins": 4, "colour": "红"}, by=CLERK)
    plain, own = waste._log._recorder.rows(
        "SELECT state FROM stored_events WHERE topic = 'demand.corrected' ORDER BY rowid"
    )
    assert b'"fact":{"event":1,"reason":"typo","place":"f/c2"}' in bytes(plain[0])
    assert '"own":[["bins",4],["colour","红"]]}'.encode() in bytes(own[0])


@pytest.mark.parametrize(
    "said", [{"bins": 4, "a": ["x", 1]}, [("a", ("x", 1)), ("bins", 4)], ["bins: 4", 'a: ["x", 1]']]
)
def test_it_is_given_in_several_forms(said: Any) -> None:
    fact: Any = Corrected.from_words({"event": "1", "reason": "typo", "own": said})
    assert fact == Corrected(event=1, reason="typo", own=said)
    assert fact.own == (OwnValue("a", ("x", 1)), OwnValue("bins", 4))
    assert {fact} == {Corrected(event=1, reason="typo", own=said)}
    assert Corrected.from_words({"event": "1", "reason": "x", "own": "bins: 4; colour: red"}).own == (
        *(OwnValue("bins", 4), OwnValue("colour", "red")),
    )


def received(parts: Any) -> dict[str, int]:
    """How many were received, where there are any."""
    return {key: number for key, part in parts.items() if (number := part.count("received"))}


FIELDS = {"bins": st.integers(0, 3), "colour": st.sampled_from(["red", "绿"]), "seals": st.frozensets(st.just("a"))}
OF_COUNTED = st.fixed_dictionaries({}, optional=FIELDS)
OF_ASKED = {"bins": FIELDS["bins"], "colour": FIELDS["colour"]}
STEPS = st.lists(st.tuples(st.integers(1, 4), OF_COUNTED), max_size=8)


@pytest.mark.long
@settings(max_examples=60)
@given(st.fixed_dictionaries({"bins": FIELDS["bins"]}, optional={"colour": FIELDS["colour"]}), STEPS)
@example({"bins": 1}, [(4, {"bins": 2}), (1, {"bins": 3}), (4, {"colour": "red"}), (2, {"colour": "绿"})])
@example({"bins": 1}, [(4, {}), (4, {"colour": "red"}), (2, {"colour": "绿"}), (3, {"colour": "绿"}), (3, {"bins": 0})])
def test_a_correction_equals_having_been_right(first: dict[str, Any], steps: list[tuple[int, dict[str, Any]]]) -> None:
    """Facts are recorded one by one; a step that names one of the events before corrects it."""
    facts: list[dict[str, Any] | None] = [dict(first)]
    clock, right_clock = FrozenClock(), FrozenClock()
    with (
        DemandFlow.open("memory:", workflows=[WASTE], clock=clock) as flow,
        DemandFlow.open("memory:", workflows=[WASTE], clock=right_clock) as right,
    ):
        demand = ask(flow, **first)
        for named, own in steps:
            clock.advance(days=1)
            wrong = facts[named - 1] if named <= len(facts) else None
            own = {name: value for name, value in own.items() if named > 1 or name in OF_ASKED}
            if wrong is None or not own:
                flow.act(demand, "count", Counted(**own), by=CLERK)
                facts.append(dict(own))
            else:
                correct(flow, demand, named, **own)
                wrong.update(own)
                facts.append(None)
        it = ask(right, **{"colour": None, **facts[0]})  # type: ignore[dict-item]
        for fact in facts[1:]:
            right_clock.advance(days=1)
            right.act(it, "count", Counted(**(fact or {})), by=CLERK)
        assert flow.demand(demand).attributes == right.demand(it).attributes
        for day in range(len(facts)):
            then = (T0 + day * DAY).date()
            for name in ("bins", "colour"):
                parts, same_parts = (one.figures_by(name, as_of=then) for one in (flow, right))
                assert received(parts) == received(same_parts)
            assert [row.own for row in flow.board(as_of=then).rows] == [row.own for row in right.board(as_of=then).rows]
        rows, counted = flow.board().rows, received(flow.figures_by("bins", "colour"))
        flow.rebuild()
        assert flow.board().rows == rows
        assert received(flow.figures_by("bins", "colour")) == counted


def test_the_kit_plays_them() -> None:
    """With random corrections, also of what its class does not take."""
    check(WASTE, max_examples=6)
