"""Own fields as dimensions of the figures: of now and of then, for whoever declares them, and for whoever does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    START,
    STAY,
    Actor,
    Channel,
    DemandFlow,
    InvalidValue,
    InvalidWorkflow,
    Move,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.checks.defects import SLICED
from demandflow.domain.values import Place
from demandflow.facts import Fact, Registered, Stepped
from demandflow.projections.board.own import in_slice, key_in, key_of
from demandflow.projections.figures.question import WINDOWS
from demandflow.projections.rebuilding import Rebuilding
from demandflow.projections.standing import DEFINITIONS_VERSION
from demandflow.projections.totals import DIMENSIONS
from demandflow.testing import FrozenClock
from tests.stories import DAY, T0
from tests.tables import apart, dump, same_tables

CLERK = Actor("Li", "clerk")
MADE = f"UTC {DEFINITIONS_VERSION}"
Value = int | str | bool | None


class BinsAsked(Registered):
    """Somebody asked for bins."""

    TOPIC: ClassVar[str] = "bins.asked"
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("bins",)
    bins: int | str | bool | None = None
    colour: str | None = None


class Counted(Fact):
    """Somebody looked how many there are."""

    TOPIC: ClassVar[str] = "bins.counted"
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("bins", "heavy")
    bins: int | None = None
    heavy: bool | None = None


class ByColour(BinsAsked):
    """The same topic, declared by somebody else."""

    DIMENSIONS: ClassVar[tuple[str, ...]] = ("colour",)


class Plain(BinsAsked):
    """The same topic, without dimensions."""

    DIMENSIONS: ClassVar[tuple[str, ...]] = ()


class PlainlyCounted(Counted):
    """The same topic, without dimensions."""

    DIMENSIONS: ClassVar[tuple[str, ...]] = ()


def workflow(asked: type[Fact] = BinsAsked, counted: type[Fact] = Counted) -> Workflow:
    return Workflow(
        "bins",
        1,
        (State("asked", Stage.CONTRACTING, owner="clerk"), State("emptied", Stage.ENDED, ended_as="closed")),
        (
            Move("ask", asked, START, "asked", by="clerk"),
            Move("count", counted, "asked", STAY, by="clerk"),
            Move("empty", Stepped, "asked", "emptied", by="clerk"),
        ),
        tells_nobody=True,
    )


def opened(path: Path, clock: FrozenClock, *of: type[Fact]) -> DemandFlow:
    return DemandFlow.open(f"sqlite:///{path}/bins.db", workflows=[workflow(*of)], clock=clock, zone="UTC")


def ask(
    flow: DemandFlow, bins: Value, *, place: str = "f/c1", colour: str | None = None, due: int | None = None
) -> Any:
    where: dict[str, Any] = {"channel": Channel.COUNTER, "place": Place(place)}
    due_at = None if due is None else T0 + timedelta(days=due)
    kind: Any = flow.workflows["bins@1"].facts[0]
    return flow.start(kind(text="bins", **where, bins=bins, colour=colour, due=due_at), by=CLERK).id


@pytest.fixture
def bins(tmp_path: Path, clock: FrozenClock) -> Iterator[DemandFlow]:
    """Four demands on the first day; on the third, one of them has other bins, and one is closed."""
    with opened(tmp_path, clock) as flow:
        first = ask(flow, 3, due=1)
        ask(flow, "3", place="f/c2", colour="green")
        third = ask(flow, 3, place="f/c2")
        ask(flow, None, due=1)
        clock.advance(days=2)
        flow.act(first, "count", Counted(bins=1, heavy=True), by=CLERK)
        flow.act(third, "empty", Stepped(), by=CLERK)
        yield flow


def received(flow: DemandFlow, *dimensions: str, **asked: Any) -> dict[Any, int | None]:
    return {key: part.count("received") for key, part in flow.figures_by(*dimensions, **asked).items()}


def test_the_parts_are_those_of_equal_values_and_add_up(bins: DemandFlow) -> None:
    assert received(bins, "bins") == {"": 1, '"3"': 1, "1": 1, "3": 1}
    assert received(bins, "heavy") == {"": 3, "true": 1}
    assert bins.figures_by("bins").total.counts == bins.figures().counts
    assert received(bins, "place", "bins", level=2) == {
        **{("f/c1", "1"): 1, ("f/c1", ""): 1, ("f/c2", '"3"'): 1, ("f/c2", "3"): 1},
    }
    assert received(bins, "bins", "closed", every="day") == {("3", "2025-03-03"): 1}
    assert bins.figures(own={"bins": 3}, place="f").name == "place f, bins 3"


def test_the_past_counts_by_what_was_said_then(bins: DemandFlow) -> None:
    then = T0.date()
    assert received(bins, "bins", as_of=then) == received(bins, "bins", known_on=then) == {"": 1, '"3"': 1, "3": 2}
    assert bins.figures(own={"bins": 3}, as_of=then).count("received") == 2
    assert bins.figures(own={"bins": 1}, as_of=then).count("received") == 0
    assert bins.figures(own={"heavy": None}).count("received") == 3


@pytest.mark.parametrize(
    ("own", "number"),
    [
        *(({"bins": 3}, 1), ({"bins": 3.0}, 1), ({"bins": "3"}, 1), ({"bins": True}, 0), ({"bins": None}, 1), ({}, 4)),
        *(({"bins": 1, "heavy": True}, 1), ({"bins": 1, "heavy": None}, 0), ({"heavy": 1}, 0)),
    ],
)
def test_all_questions_take_it(bins: DemandFlow, own: dict[str, Any], number: int) -> None:
    assert bins.figures(own=own).count("received") == number
    assert len(bins.counted("received", own=own)) == number
    assert len(bins.board(own=own).rows) == number
    deadlines = bins.deadlines(own=own)
    took, open_now = bins.durations(own=own).n, bins.figures(own=own).count("open")
    assert deadlines.overdue + deadlines.not_yet_due + deadlines.no_due == open_now == number - took
    assert bins.figures(own=own).count("overdue") == deadlines.overdue
    assert sum(part.n + part.unended for part in bins.waiting(own=own).values()) == number


def test_what_is_overdue_counts_by_it_now_and_then(bins: DemandFlow) -> None:
    def overdue(**asked: Any) -> dict[str, int | None]:
        return {key: part.count("overdue") for key, part in bins.figures_by("bins", **asked).items()}

    assert overdue() == {"": 1, '"3"': 0, "1": 1, "3": 0}
    assert overdue(as_of=T0.date()) == {"": 0, '"3"': 0, "3": 0}
    assert overdue(as_of=T0.date() + DAY) == overdue(known_on=T0.date() + DAY) == {"": 1, '"3"': 0, "3": 1}


def test_changes_say_what_it_was_and_is(bins: DemandFlow) -> None:
    changes = bins.changes(as_of=(T0.date(), T0.date() + 2 * DAY), own={"heavy": None})
    there = [(line.before is not None, line.after is not None) for line in changes.lines]
    assert there == [(True, False), (True, True), (True, True)], "it is counted elsewhere; closed; overdue"
    first, _, _ = bins.changes(as_of=(T0.date(), T0.date() + 2 * DAY)).lines
    assert (first.before.where.own, first.after.where.own) == ({"bins": 3}, {"bins": 1, "heavy": True})  # type: ignore[union-attr]
    assert "bins 3" in str(first)
    assert "bins 1, heavy true" in str(first)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda flow: flow.figures(own={"colour": "green"}), "'colour' is no dimension .* .possible: bins, heavy."),
        (lambda flow: flow.changes(as_of=("2026-03-01", "2026-03-02"), own={"bin": 1}), "'bin' is no dimension"),
        (lambda flow: flow.durations(own={"colour": "green"}), "'colour' is no dimension"),
        (lambda flow: flow.waiting(own={"bins": [3]}), "bins must be a text, a number"),
        (lambda flow: flow.counted("open", own="bins"), "own: must be fields with their values"),
        (lambda flow: flow.figures_by("colour"), "'colour' is none .possible: place, .* closed, bins, heavy."),
        (lambda flow: flow.figures_by("bins", level={"bins": 2}), "'bins' has none"),
        (lambda flow: flow.figures(bins=3), "cannot be asked by 'bins' .possible: .* own"),
    ],
)
def test_what_is_no_dimension_is_refused(bins: DemandFlow, asked: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        asked(bins)


def test_a_log_without_any_says_so(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow, pytest.raises(InvalidValue, match="possible: none"):
        flow.figures(own={"bins": 3})


def test_a_correction_of_something_else_keeps_it_and_a_rebuild_makes_the_same(bins: DemandFlow, tmp_path: Path) -> None:
    for by_time in (False, True):
        with apart(bins, by_time=by_time) as (projector, _):
            projector.catch_up()
            bins.figures()
            same_tables(dump(bins._projector), dump(projector), "tables kept up to date")


def test_whoever_declares_more_has_the_tables_made_again_and_nobody_else(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilds: list[str] = []
    monkeypatch.setattr(Rebuilding, "begin", noting(rebuilds))
    with opened(tmp_path, clock, Plain, PlainlyCounted) as plain:
        ask(plain, 3, colour="green")
        assert plain.figures().count("received") == 1
        with pytest.raises(InvalidValue, match="possible: none"):
            plain.figures(own={"bins": 3})
        with opened(tmp_path, clock) as flow:
            assert rebuilds == []
            assert received(flow, "bins") == {"3": 1}
            assert rebuilds == [f"{MADE},bins,heavy"]
            ask(plain, 5, colour="red")
            assert plain.figures().count("received") == 2
            assert received(flow, "bins") == {"3": 1, "5": 1}
            with opened(tmp_path, clock, ByColour) as other:
                assert received(other, "colour") == {"green": 1, "red": 1}
                ask(plain, 5)
                assert plain.figures().count("received") == 3
                assert received(flow, "bins") == {"3": 1, "5": 2}
                assert received(other, "heavy", "colour") == {("", ""): 1, ("", "green"): 1, ("", "red"): 1}
            assert rebuilds == [f"{MADE},bins,heavy", f"{MADE},bins,colour,heavy"]
        plain.rebuild()
        assert plain.figures().count("received") == 3
        assert rebuilds[2:] == [MADE], "those that nobody declares any more are dropped"


def noting(rebuilds: list[str]) -> Any:
    """Notes which tables are made by each rebuild."""
    begin = Rebuilding.begin

    def noted(self: Rebuilding, *, by_demand: bool = True) -> None:
        rebuilds.append(self._place.start.make)
        begin(self, by_demand=by_demand)

    return noted


def test_who_does_not_declare_it_sees_no_change_in_it(tmp_path: Path, clock: FrozenClock) -> None:
    with opened(tmp_path, clock) as flow, opened(tmp_path, clock, Plain, PlainlyCounted) as plain:
        demand = ask(flow, 3)
        assert received(flow, "bins") == {"3": 1}
        clock.advance(days=1)
        flow.act(demand, "count", Counted(bins=4), by=CLERK)
        days = (T0.date(), T0.date() + DAY)
        (line,) = flow.changes(as_of=days).lines
        assert line.events == (2,)
        assert plain.changes(as_of=days).lines == ()
        (counted,) = plain.counted("received")
        assert counted.decided_by == 1


def test_who_does_not_know_the_classes_counts_the_same(tmp_path: Path, clock: FrozenClock) -> None:
    url = f"sqlite:///{tmp_path}/bins.db"
    with opened(tmp_path, clock) as flow, closing(DemandFlow.open(url, clock=clock)) as stranger:
        assert received(flow, "bins") == {}
        demand = ask(flow, 3)
        flow.act(demand, "count", Counted(heavy=False), by=CLERK)
        assert stranger.figures().count("received") == 1
        assert received(flow, "bins", "heavy") == {("3", "false"): 1}


@pytest.mark.parametrize("names", [("bin",), ("place",), ("text",), ("received",), "bins", (3,)])
def test_only_own_fields_can_be_declared(names: Any) -> None:
    wrong = type("Wrong", (Counted,), {"DIMENSIONS": names, "TOPIC": "bins.wrong", "__module__": __name__})
    with pytest.raises(InvalidWorkflow, match=r"DIMENSIONS .*possible: bins, heavy"):
        workflow(BinsAsked, wrong)


def test_the_names_that_cannot_be_declared_are_those_of_all_figures() -> None:
    assert {*SLICED} == {*DIMENSIONS, *WINDOWS}


def test_a_heading_is_not_taken_for_a_figure(clock: FrozenClock) -> None:
    scored = type(
        "Scored", (Counted,), {"__annotations__": {"open": int | None}, "open": None, "DIMENSIONS": ("open",)}
    )
    with DemandFlow.open("memory:", workflows=[workflow(BinsAsked, scored)], clock=clock) as flow:
        ask(flow, 3)
        assert flow.figures_by("open").columns()["open in"] == [""]
        assert flow.figures_by("open").columns()["open"] == [1]


SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C"]), max_size=5)
    | st.sampled_from(["", '"', "3", "-1.5", "1e+16", "true", "null", "NaN", "Infinity", "[]", '"3"', "2026-03-01"])
)


@given(SCALARS, SCALARS)
def test_keys_are_the_same_exactly_if_the_values_are(one: Any, other: Any) -> None:
    pairs = [in_slice({"x": value, "y": 1}, ("x",)) for value in (one, other)]
    assert (key_in(pairs[0], "x") == key_in(pairs[1], "x")) == (pairs[0] == pairs[1])
    assert key_in(pairs[0], "x") != "" == key_in(pairs[0], "y") == key_in("", "x")


def test_what_is_no_scalar_is_one_part() -> None:
    assert key_of([1, 2]) == key_of({"a": 1}) == key_in(in_slice({"x": frozenset("ab")}, ("x",)), "x") == "[]"
    assert key_of("[]") == '"[]"'
