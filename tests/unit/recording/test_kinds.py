"""Streams of other kinds beside demands: the same commands, their own ids, and no figure of demands is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest

from demandflow import (
    CLOSED_LOOP,
    START,
    STAY,
    Action,
    Actor,
    DemandFlow,
    Event,
    Move,
    Registration,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.demand import Demand
from demandflow.domain.stream import Change, OtherKind, Stream
from demandflow.errors import CommandConflict, InvalidValue, RuleBroken, UnknownFormat
from demandflow.facts import Fact, Merged, MovedOver, Noted, Registered
from demandflow.store import settings
from demandflow.store.following import cursor
from demandflow.testing import FrozenClock

LI, CLERK = Actor("li", "gardener"), Actor("zhao", "grid_administrator")


class Planted(Fact):
    TOPIC: ClassVar[str] = "tree.planted"
    number: str
    sort: str = "lime"


class Watered(Fact):
    TOPIC: ClassVar[str] = "tree.watered"
    litres: int


class Tree(Stream, frozen=True):
    """A tree of a street, known by its number."""

    KIND: ClassVar[str | None] = "tree"
    KEY: ClassVar[str | None] = "number"
    sort: str = ""
    litres: int = 0

    def changes(self, event: Event, change: Change) -> None:
        if isinstance(event.fact, Planted):
            change["sort"] = event.fact.sort
        elif isinstance(event.fact, Watered):
            change["litres"] = self.litres + event.fact.litres


class Bench(Stream, frozen=True):
    """A bench, known by nothing."""

    KIND: ClassVar[str | None] = "bench"


class Put(Fact):
    TOPIC: ClassVar[str] = "bench.put"


TREES = Workflow(
    "trees",
    1,
    states=[State("stands", Stage.FEEDBACK, owner="gardener"), State("felled", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("plant", Planted, START, "stands", by="gardener"),
        Move("water", Watered, "stands", STAY, by="gardener"),
        Move("fell", Noted, "stands", "felled", by="gardener"),
        Move("move_over", MovedOver, "stands", STAY, by="gardener"),
    ],
    of=Tree,
)
BENCHES = Workflow(
    "benches",
    1,
    states=[State("there", Stage.FEEDBACK, owner="gardener"), State("gone", Stage.ENDED, ended_as="closed")],
    moves=[Move("put", Put, START, "there", by="gardener"), Move("take", Noted, "there", "gone", by="gardener")],
    of=Bench,
)
WORKFLOWS = (CLOSED_LOOP, TREES, BENCHES)
PLACED = {"channel": "counter", "place": "fufeng/c1", "by": CLERK}


@pytest.fixture
def flow(log_url: str) -> Iterator[DemandFlow]:
    with DemandFlow.open(log_url, workflows=WORKFLOWS, clock=FrozenClock()) as opened:
        yield opened


def planted(flow: DemandFlow, number: str = "7") -> Tree:
    return flow.start(Planted(number=number), of=Tree, by=LI)


def test_a_stream_goes_by_the_same_commands(flow: DemandFlow) -> None:
    tree = planted(flow)
    assert (tree.workflow, tree.state, tree.sort) == ("trees@1", "stands", "lime")
    assert flow.act(tree.id, "water", Watered(litres=20), of=Tree, by=LI).litres == 20
    assert flow.would(tree.id, "water", Watered(litres=5), of=Tree, by=LI).litres == 25
    assert flow.stream(Tree, tree.id).litres == 20
    assert [move.name for move in flow.possible_moves(tree.id)] == ["water", "fell", "move_over"]
    assert len(flow.history(tree.id)) == 2
    with flow.batch() as batch:
        batch.act(tree.id, "water", Watered(litres=1), of=Tree, by=LI)
        assert batch.stream(Tree, tree.id).litres == 21
    recorded, refused = flow.act_many(
        [Action(demand=tree.id, move="water", fact=Watered(litres=1), by=LI, of=of) for of in (Tree, Bench)]
    )
    assert (getattr(recorded, "demand").litres, type(getattr(refused, "reason"))) == (22, OtherKind)  # noqa: B009
    (begun,) = flow.register_many([Registration(fact=Planted(number="8"), of=Tree, by=LI)])
    assert isinstance(getattr(begun, "demand"), Tree)  # noqa: B009


def test_begun_twice_under_its_key_it_is_one(flow: DemandFlow) -> None:
    tree = planted(flow)
    assert planted(flow) == tree
    assert flow.id_of_stream(Tree, "7") == tree.id != flow.id_of_stream(Tree, "8")
    with pytest.raises(CommandConflict, match=r"reference 'tree/7' .*sort"):
        flow.start(Planted(number="7", sort="oak"), of=Tree, by=LI)
    assert len(list(flow.all_events())) == 1
    with pytest.raises(InvalidValue, match="known by a word"):
        flow.id_of_stream(Bench, "7")


def test_one_command_id_on_two_kinds_is_two_commands(flow: DemandFlow) -> None:
    bench = flow.start(Put(), of=Bench, by=LI, command_id="c1")
    demand = flow.register("a lamp is dark", **PLACED, command_id="c1")
    assert bench.id != demand.id
    assert flow.start(Put(), of=Bench, by=LI, command_id="c1") == bench
    assert len(list(flow.all_events())) == 2


def test_kinds_do_not_mix(flow: DemandFlow) -> None:
    tree, bench = planted(flow), flow.start(Put(), of=Bench, by=LI)
    demand = flow.register("a lamp is dark", **PLACED)
    events = list(flow.all_events())
    for wrong in (
        lambda: flow.demand(tree.id),
        lambda: flow.demand(tree.id, as_of="2030-01-01"),
        lambda: flow.to_be_told(tree.id),
        lambda: flow.stream(Tree, demand.id),
        lambda: flow.stream(Bench, tree.id),
        lambda: flow.act(tree.id, "water", Watered(litres=1), by=LI),
        lambda: flow.act(demand.id, "accept", Noted(text="x"), of=Tree, by=LI),
        lambda: flow.note(tree.id, "x", by=LI),
        lambda: flow.merge(demand.id, into=tree.id, by=Actor("wang", "auditor")),
        lambda: flow.act(demand.id, "merge", Merged(into=bench.id), by=Actor("wang", "auditor")),
    ):
        with pytest.raises(OtherKind, match=r"is of kind (tree|bench|demand), not (tree|bench|demand)"):
            wrong()
    with pytest.raises(RuleBroken, match=r"closed-loop@2 is for demands, and this is of kind tree"):
        flow.act(tree.id, "move_over", MovedOver(workflow="closed-loop@2"), of=Tree, by=LI)
    starts: tuple[Callable[[], object], ...] = (
        lambda: flow.start(Planted(number="9"), by=LI),
        lambda: flow.start(Planted(number="9"), of=Tree, workflow="benches@1", by=LI),
        lambda: flow.start(Put(), of=Tree, by=LI),
        lambda: flow.start(Put(), of=Stream, by=LI),
        lambda: flow.act(tree.id, "water", Watered(litres=1), of=5, by=LI),  # type: ignore[arg-type]
    )
    for start in starts:
        with pytest.raises(InvalidValue):
            start()
    assert list(flow.all_events()) == events


def test_figures_of_demands_know_no_other_kind(flow: DemandFlow) -> None:
    flow.register("a lamp is dark", **PLACED)
    before = (flow.figures(), flow.board(), flow.work_list(role="auditor"), flow.deadlines())
    tree = planted(flow)
    flow.act(tree.id, "water", Watered(litres=20), of=Tree, by=LI)
    flow.start(Put(), of=Bench, by=LI)
    assert (flow.figures(), flow.board(), flow.work_list(role="auditor"), flow.deadlines()) == before
    flow.rebuild()
    assert (flow.figures(), flow.board(), flow.work_list(role="auditor"), flow.deadlines()) == before
    assert flow.parked_events() == ()


def test_the_format_rises_with_the_first_of_another_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.db"
    url = f"sqlite:///{path}"

    def number() -> str:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return str(connection.execute("SELECT value FROM demandflow_settings WHERE name = 'format'").fetchone()[0])

    with DemandFlow.open(url, workflows=WORKFLOWS, clock=FrozenClock()) as opened:
        opened.register("a lamp is dark", **PLACED)
        assert number() == "1"
        tree = planted(opened)
        assert number() == "2"
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=FrozenClock()) as again:
        assert again.stream(Tree, tree.id) == tree
    monkeypatch.setattr(settings, "WITH_KINDS", 1)  # as in a release that knows none
    with pytest.raises(UnknownFormat):
        DemandFlow.open(url)


def test_who_does_not_know_its_class_sees_that_it_is_no_demand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=FrozenClock()) as opened:
        tree = planted(opened)
    with DemandFlow.open(url) as other:
        with pytest.raises(OtherKind):
            other.demand(tree.id)
        assert type(other.stream(Stream, tree.id)) is Stream
        assert other.figures().count("received") == 0


def test_a_demand_is_a_stream_too(flow: DemandFlow) -> None:
    demand = flow.register("a lamp is dark", **PLACED)
    assert flow.stream(Demand, demand.id) == demand
    assert flow.start(Registered(text="x", channel="counter", place="fufeng/c1"), of=Demand, by=CLERK).open  # type: ignore[arg-type]
    assert isinstance(demand.id, UUID)


def test_all_of_a_kind_come_in_the_order_in_which_they_began(flow: DemandFlow) -> None:
    trees = [planted(flow, number) for number in "321"]
    flow.start(Put(), of=Bench, by=LI)
    flow.register("a lamp is dark", **PLACED)
    assert flow.streams(Tree) == tuple(trees)
    felled = flow.act(trees[1].id, "fell", Noted(text="it was ill"), of=Tree, by=LI)
    assert flow.streams(Tree, ended=False) == (trees[0], trees[2])
    assert flow.streams(Tree, ended=True) == (felled,)
    flow.rebuild()
    assert [tree.id for tree in flow.streams(Tree)] == [tree.id for tree in trees]
    with pytest.raises(InvalidValue, match="no demand"):
        flow.streams(Demand)


def test_tables_that_were_emptied_are_made_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with DemandFlow.open(f"sqlite:///{path}", workflows=WORKFLOWS, clock=FrozenClock()) as opened:
        tree = planted(opened)
        assert opened.streams(Tree) == (tree,)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM demandflow_streams")
    with DemandFlow.open(f"sqlite:///{path}", workflows=WORKFLOWS, clock=FrozenClock()) as again:
        assert again.streams(Tree) == (tree,)


def test_what_cannot_be_read_is_parked_and_tried_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=FrozenClock()) as opened:
        tree, bench = planted(opened), opened.start(Put(), of=Bench, by=LI)
        assert opened.streams(Tree) == (tree,)
    with DemandFlow.open(url, workflows=(CLOSED_LOOP, BENCHES), clock=FrozenClock()) as other:
        (parked,) = other.parked_events()
        assert (parked.demand, parked.left_out_of) == (tree.id, ("streams",))
        assert other.streams(Bench) == (bench,)
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=FrozenClock()) as again:
        assert again.parked_events() == ()
        assert again.streams(Tree) == (tree,)


def test_a_row_that_cannot_be_read_of_another_kind_stops_no_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "PAGE", 1)
    with DemandFlow.open(f"sqlite:///{tmp_path}/log.db", workflows=WORKFLOWS, clock=FrozenClock()) as flow:
        tree = planted(flow)
        flow.act(tree.id, "water", Watered(litres=20), of=Tree, by=LI)
        flow.register("dark", **PLACED)
        with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
            connection.execute("UPDATE stored_events SET state = '{' WHERE rowid = 1")
        assert flow.figures().count("received") == 1
        assert [one.position for one in flow.parked_events()] == [1, 2]
