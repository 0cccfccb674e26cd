"""A row of the log that cannot be read or applied stops nobody: it is parked, listed, and tried again when asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    ANYWHERE,
    CLOSED_LOOP,
    STAY,
    Action,
    Actor,
    Demand,
    DemandFlow,
    Move,
    Notice,
    Recorded,
    Rejected,
    StorageError,
    Workflow,
)
from demandflow.domain.demand import as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.errors import UnreadableEvent
from demandflow.facts import Fact, Merged, Noted
from demandflow.policies import Reaction, Timer
from demandflow.policies.policy import PolicyContext
from demandflow.projections import ledger
from demandflow.projections.entries import Page
from demandflow.projections.projector import Projector
from demandflow.store.following import cursor
from demandflow.store.following.cursor import Cursor
from demandflow.store.following.parking import ParkedEvent
from demandflow.store.following.sources import Row
from demandflow.store.mapper import Unreadable
from demandflow.store.statements import Statements
from demandflow.testing import FrozenClock, History, histories
from demandflow.testing.playing.playing import play
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, TEAM
from tests.tables import Detached, dump, same_tables
from tests.unit.policies.test_running import Stumbling, Town, registered

INSPECTOR = Actor("Gu", "inspector")
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}


# a law: whatever cannot be taken in, everything else is, and nothing else


@dataclass(frozen=True)
class Damage:
    """One event that cannot be read, or cannot be written to the tables."""

    index: int
    readable: bool


class Damaged(Detached):
    """A log of which some events are damaged until they are mended."""

    def __init__(self, flow: DemandFlow, damage: list[Damage]) -> None:
        super().__init__(flow)
        self.flow = flow
        rows: list[Any] = flow._log.page(0, 1000)
        self.how = {
            (event.demand, event.version): one.readable
            for one in damage
            for _, event in rows[one.index % len(rows) :][:1]
        }

    def page(self, after: int, limit: int) -> list[Row]:
        return [(at, self._damaged(event)) for at, event in super().page(after, limit)]

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[Row], str]:
        rows, last = super().next_demands(after, limit, upto)
        return [(at, self._damaged(event)) for at, event in rows], last

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        found = {demand: [self._damaged(event) for event in whole] for demand, whole in super().histories(upto).items()}
        readable = {demand: [event for event in whole if isinstance(event, Event)] for demand, whole in found.items()}
        return {demand: whole for demand, whole in readable.items() if len(whole) == upto[demand][0]}

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        events = []
        for event in super().events(demand, after=after, upto=upto):
            match self._damaged(event):
                case Unreadable() as row:
                    raise row.error()
                case Event() as readable:
                    events.append(readable)
        return events

    def _damaged(self, event: Event | Unreadable) -> Event | Unreadable:
        if isinstance(event, Unreadable):
            return event
        readable = self.how.get((event.demand, event.version))
        if readable is None:
            return event
        if readable:  # it can be read, and not be applied
            return as_if(event, stamp=as_if(event.stamp, round=2**70))
        return Unreadable(event.demand, event.version, event.fact.TOPIC, "fact.text: Field required")


class Cut(Detached):
    """The same log as if no demand had gone on after its damage."""

    def __init__(self, damaged: Damaged) -> None:
        super().__init__(damaged.flow)
        self.ends: dict[UUID, int] = {}
        for demand, version in damaged.how:
            self.ends[demand] = min(version, self.ends.get(demand, version))

    def page(self, after: int, limit: int) -> list[Row]:
        rows = [(at, event) for at, event in self._log.page(after, 1000) if event.version < self._end(event)]
        return rows[:limit]

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[Row], str]:
        while True:
            rows, last = self._log.next_demands(after, limit, upto)
            left = [(at, event) for at, event in rows if event.version < self._end(event)]
            if left or not rows:
                return left, last
            after = last

    def last_position(self) -> int:
        return max((at for at, _ in self.page(0, 1000)), default=0)

    def _end(self, event: Event | Unreadable) -> int:
        assert event.demand is not None
        return self.ends.get(event.demand, 1000)


@contextmanager
def projected(source: Any) -> Iterator[Projector]:
    with closing(Projector(source, "UTC")) as made:
        made.catch_up()
        yield made


def tables(made: Projector) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in dump(made).items() if name != "demandflow_cursors"}


@given(
    histories(CLOSED_LOOP),
    st.lists(st.builds(Damage, st.integers(0, 1000), st.booleans()), min_size=1, max_size=3),
    st.sampled_from([1, 2, 1000]),
)
@settings(max_examples=examples(60))
def test_a_demand_stands_as_before_its_damage_and_all_others_go_on(
    history: History, damage: list[Damage], page: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, play(CLOSED_LOOP, history.steps) as played:
        patch.setattr(cursor, "PAGE", page)
        if not played.flow._log.last_position():
            return
        damaged = Damaged(played.flow, damage)
        cut = Cut(damaged)
        with projected(damaged) as made, projected(cut) as frozen, projected(Detached(played.flow)) as whole:
            same_tables(tables(made), tables(frozen), "those of a log that ends before the damage")
            parked = made.parked()
            late = [(at, row) for at, row in played.flow._log.page(0, 1000) if row.version >= cut._end(row)]
            assert [one.position for one in parked] == [at for at, _ in late]
            made.retry_parked()
            assert made.parked() == parked, "nothing was mended, yet something was taken in"
            same_tables(tables(made), tables(frozen), "those before it was tried again")
            first, *rest = damaged.how
            damaged.how = {key: damaged.how[key] for key in rest}
            made.retry_parked()
            with projected(Cut(damaged)) as partly:
                same_tables(tables(made), tables(partly), "those of a log of which one event was mended")
            damaged.how = {}
            made.retry_parked()
            assert not made.parked()
            same_tables(tables(made), tables(whole), "those of the log that was mended")
            assert first not in damaged.how


@given(histories(CLOSED_LOOP), st.builds(Damage, st.integers(0, 1000), st.booleans()))
@settings(max_examples=examples(20))
def test_a_rebuild_tries_all_parked_events_again(history: History, damage: Damage) -> None:
    with play(CLOSED_LOOP, history.steps) as played:
        if not played.flow._log.last_position():
            return
        damaged = Damaged(played.flow, [damage])
        with projected(damaged) as made, projected(Detached(played.flow)) as whole:
            before = tables(made)
            made.rebuild()
            same_tables(tables(made), before, "those before the rebuild")
            damaged.how = {}
            made.rebuild()
            assert not made.parked()
            same_tables(tables(made), tables(whole), "those of the log that was mended")


# a community's own fact gets a field that old events do not have


class Inspected(Fact):
    """Somebody looked at it."""

    TOPIC: ClassVar[str] = "town.inspected"
    remark: str


class InspectedWithGrade(Fact):
    """The same fact with a field that is required, which no old event has."""

    TOPIC: ClassVar[str] = "town.inspected"
    remark: str
    severity: int


class InspectedWithOptionalGrade(Fact):
    """The same fact, mended: the new field is optional."""

    TOPIC: ClassVar[str] = "town.inspected"
    remark: str
    severity: int | None = None


def inspecting(fact: type[Fact]) -> Workflow:
    inspect = Move("inspect", fact, ANYWHERE, STAY, by="inspector")
    return replace(CLOSED_LOOP, name="inspected", moves=(*CLOSED_LOOP.moves, inspect))


@dataclass
class Community:
    """A log in a file, which is opened with this or that class of the same fact."""

    path: Path
    clock: FrozenClock = field(default_factory=FrozenClock)

    def opened(self, fact: type[Fact]) -> DemandFlow:
        return DemandFlow.open(f"sqlite:///{self.path}", workflows=[inspecting(fact)], clock=self.clock)

    def stored(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(sql, values)


@pytest.fixture
def community(tmp_path: Path) -> Community:
    return Community(tmp_path / "town.db")


@pytest.fixture
def inspected(community: Community) -> tuple[UUID, UUID]:
    """Two demands, of which one was inspected and then accepted."""
    with community.opened(Inspected) as flow:
        one, other = (flow.register(text, **PLACED).id for text in ("a lamp is out", "the lift stands"))
        flow.act(one, "inspect", Inspected(remark="dark"), by=INSPECTOR)
        for demand in (one, other):
            flow.accept(demand, by=AUDITOR)
        flow.contract_out(other, "repair team", by=DISPATCHER)
    return one, other


def test_a_required_field_added_to_a_communitys_fact_stops_no_other_demand(
    community: Community, inspected: tuple[UUID, UUID]
) -> None:
    one, other = inspected
    with community.opened(InspectedWithGrade) as flow:
        assert {row.demand: row.state for row in flow.board().rows} == {one: "registered", other: "contracted_out"}
        assert flow.board().parked == flow.work_list(role="auditor").parked == (one,)
        assert flow.board(state="contracted_out").parked == ()
        assert flow.figures().parked == 2
        assert flow.figures().identity.endswith("; 2 events are parked")
        assert flow.figures_by("place").total == replace(flow.figures(), name="all")
        assert flow.take_on(other, by=TEAM).state == "in_hand"
        first, second = flow.parked_events()
        assert (first.demand, first.version, first.left_out_of) == (one, 2, ("figures",))
        assert first.reason == "town.inspected cannot be read: fact.severity: Field required"
        assert (second.demand, second.version) == (one, 3)
        assert second.reason == "waits for an earlier event of this demand that is parked"
        assert [event.version for event in flow.all_events(skip_unreadable=True) if event.demand == one] == [1, 3]
        for ask in (lambda: flow.demand(one), lambda: flow.history(one), lambda: list(flow.all_events())):
            with pytest.raises(UnreadableEvent, match=rf"event 2 of demand {one} \(town.inspected\).*fact.severity"):
                ask()


def test_a_board_of_today_and_what_is_overdue_in_it_stand_as_the_figures_do(
    community: Community, inspected: tuple[UUID, UUID]
) -> None:
    with community.opened(InspectedWithGrade) as flow:
        today = f"{community.clock():%Y-%m-%d}"
        figures, board = flow.figures(as_of=today), flow.board(as_of=today, total=True)
        assert figures.count("received") == board.total == 2
        assert figures.count("overdue") == flow.board(as_of=today, overdue=True, total=True).total == 0
        assert {row.demand: row.state for row in board.rows} == {row.demand: row.state for row in flow.board().rows}


def test_once_its_class_is_mended_it_is_taken_in_when_asked(community: Community, inspected: tuple[UUID, UUID]) -> None:
    one, _ = inspected
    with community.opened(InspectedWithGrade) as flow:
        assert len(flow.retry_parked_events()) == 2, "the class is not mended yet"
    with community.opened(InspectedWithOptionalGrade) as flow:
        assert flow.figures().parked == 2, "what is parked stays so until it is tried again"
        assert flow.retry_parked_events() == ()
        assert flow.figures().parked == 0
        assert {row.demand: row.state for row in flow.board().rows}[one] == "accepted"
        tables_now = dump(flow._projector)
        flow.rebuild()
        same_tables(tables_now, dump(flow._projector), "a rebuild")


def test_who_can_read_the_event_does_not_count_on_what_is_parked(
    community: Community, inspected: tuple[UUID, UUID]
) -> None:
    one, _ = inspected
    with community.opened(InspectedWithGrade) as flow:
        assert flow.figures().parked == 2
    with community.opened(Inspected) as flow:
        flow.contract_out(one, "repair team", by=DISPATCHER)
        assert flow.figures().parked == 3, "a later event was booked although an earlier one is not"
        assert flow.retry_parked_events() == ()
        assert flow.board(state="contracted_out", total=True).total == 2


def test_two_who_try_again_together_count_nothing_twice(
    community: Community, inspected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with community.opened(InspectedWithGrade) as flow:
        assert flow.figures().parked == 2
    with community.opened(InspectedWithOptionalGrade) as one, community.opened(InspectedWithOptionalGrade) as other:
        reread, meanwhile = Cursor.reread, [other]

        def overtaken(place: Cursor, positions: Iterable[int]) -> list[Row]:
            rows = reread(place, positions)
            while meanwhile:
                assert meanwhile.pop().retry_parked_events() == ()
            return rows

        monkeypatch.setattr(Cursor, "reread", overtaken)
        assert one.retry_parked_events() == ()
        assert not meanwhile
        tables_now = dump(one._projector)
        one.rebuild()
        same_tables(tables_now, dump(one._projector), "a rebuild")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("not json", "town.inspected cannot be read: JSON is malformed"),
        ("null", "town.inspected cannot be read: Expected `object`, got `null`"),
        (json.dumps({"fact": {"remark": "x"}}), "town.inspected cannot be read: Object missing required field `meta`"),
    ],
)
def test_every_damage_is_parked_and_named(
    community: Community, inspected: tuple[UUID, UUID], damage: str, says: str
) -> None:
    community.stored("UPDATE stored_events SET state = ? WHERE topic = 'town.inspected'", damage)
    with community.opened(Inspected) as flow:
        flow.rebuild()
        assert flow.board(state="contracted_out", total=True).total == 1
        assert flow.parked_events()[0].reason.startswith(says)


def test_a_number_that_no_table_can_hold_is_parked(community: Community, inspected: tuple[UUID, UUID]) -> None:
    rounds = """CAST(replace(state, '"round":1', ?) AS BLOB)"""
    community.stored(f"UPDATE stored_events SET state = {rounds} WHERE topic = 'town.inspected'", f'"round":{2**70}')
    with community.opened(Inspected) as flow:
        flow.rebuild()
        first, _ = flow.parked_events()
        assert "town.inspected cannot be applied: round: must be a whole number" in first.reason
        assert flow.figures().count("received") == 2


@pytest.mark.parametrize(
    "raised", [OverflowError("too large"), UnicodeError("no text"), sqlite3.IntegrityError("twice")]
)
def test_what_does_not_go_into_the_tables_is_found_and_parked_alone(
    community: Community, inspected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    one, _ = inspected
    write = ledger.write

    def breaks(connection: Statements, page: Page) -> None:
        if any((line.demand, line.recorded_by) == (one, 3) for line in page.bookings):
            raise raised
        write(connection, page)

    with community.opened(Inspected) as flow:
        flow.figures()
        whole = dump(flow._projector)
        with monkeypatch.context() as patch:
            patch.setattr(ledger, "write", breaks)
            flow.rebuild()
            (parked,) = flow.parked_events()
            assert (parked.demand, parked.version) == (one, 3)
            assert "demand.accepted cannot be written to the tables: " in parked.reason
            assert flow.retry_parked_events() == (parked,)
            assert flow.board(state="contracted_out", total=True).total == 1
        assert flow.retry_parked_events() == ()
        del whole["demandflow_cursors"]
        same_tables(whole, dump(flow._projector), "those before it was parked")


class Unspeakable(Exception):
    """What cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("raised", [ZeroDivisionError("by zero"), RecursionError(), Unspeakable()])
def test_an_event_that_cannot_be_applied_is_parked(
    community: Community, inspected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def breaks(demand: Any, event: Event) -> Any:
        if isinstance(event.fact, Inspected):
            raise raised
        return evolve(demand, event)

    with community.opened(Inspected) as flow:
        with monkeypatch.context() as patch:
            patch.setattr("demandflow.projections.bookkeeping.evolve", breaks)
            flow.rebuild()
            first, second = flow.parked_events()
        assert first.reason.startswith(f"town.inspected cannot be applied: {type(raised).__name__}")
        assert second.version == 3
        assert flow.board(state="contracted_out", total=True).total == 1
        assert flow.retry_parked_events() == ()


@pytest.mark.parametrize("raised", [StorageError("the disk is full"), MemoryError(), sqlite3.OperationalError("full")])
def test_what_is_not_the_events_fault_parks_nothing(
    community: Community, inspected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def breaks(*_: Any) -> Any:
        raise raised

    with community.opened(Inspected) as flow:
        for where in ("bookkeeping.evolve", "ledger.write"):
            with monkeypatch.context() as patch:
                patch.setattr(f"demandflow.projections.{where}", breaks)
                with pytest.raises((StorageError, MemoryError, sqlite3.OperationalError)):
                    flow.rebuild()
        assert flow.figures().parked == 0
        assert flow.figures().count("received") == 2


# rows that went


def test_a_row_that_went_stops_no_other_demand_until_somebody_decides(
    community: Community, inspected: tuple[UUID, UUID]
) -> None:
    one, other = inspected
    with community.opened(Inspected) as flow:
        before = flow.figures()
    community.stored("DELETE FROM stored_events WHERE topic = 'town.inspected'")
    with community.opened(Inspected) as flow:
        assert flow.figures() == before, "what was counted is counted, and nobody guesses"
        flow.take_on(other, by=TEAM)
        flow.rebuild()
        assert {row.demand: row.state for row in flow.board().rows} == {one: "registered", other: "in_hand"}
        hole, follower = flow.parked_events()
        assert (hole.position, hole.demand, follower.demand, follower.version) == (3, None, one, 3)
        assert "missing" in follower.reason or "not whole" in follower.reason
        assert flow.figures().parked == 2
        assert len(flow.retry_parked_events()) == 2
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="the disk was full")
        assert flow.parked_events() == ()
        assert flow.board(state="accepted", total=True).total == 1


# policies and notices


def damage(town: Town, topic: str, demand: UUID | None = None) -> None:
    """Make the stored events of a topic unreadable, of a demand or of all."""
    change(town, "replace(state, '\"fact\"', '\"damaged\"')", topic, demand)


def mend(town: Town) -> None:
    change(town, "replace(state, '\"damaged\"', '\"fact\"')")


def change(town: Town, to: str, topic: str = "%", demand: UUID | None = None) -> None:
    path = town.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"UPDATE stored_events SET state = CAST({to} AS BLOB) WHERE topic LIKE ? AND originator_id LIKE ?",
            (topic, demand.hex if demand else "%"),
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.close()


def accepted(town: Town) -> tuple[UUID, UUID]:
    one, other = registered(town), registered(town)
    for demand in (one, other):
        town.flow.accept(demand, by=AUDITOR)
    return one, other


def test_policies_act_on_all_other_demands(town: Town) -> None:
    one, other = accepted(town)
    damage(town, "demand.accepted", one)
    town.killed()
    ran = town.flow.run_policies()
    assert {reaction.demand for reaction in ran.reacted} == {other}
    assert not ran.parked
    assert town.flow.demand(other).contractor == "north"
    assert town.flow.next_moment() is not None
    assert {parked.demand for parked in town.flow.parked_events()} == {one}
    assert [parked.left_out_of for parked in town.flow.parked_events()] == [("figures", "policies")]
    mend(town)
    assert town.flow.retry_parked_events() == ()
    assert {reaction.demand for reaction in town.flow.run_policies().reacted} == {one}


def test_what_was_on_the_agenda_of_a_demand_that_cannot_be_read_is_left_alone(town: Town) -> None:
    one, other = accepted(town)
    town.flow.next_moment()
    damage(town, "demand.accepted", one)
    town.killed()
    assert {reaction.demand for reaction in town.flow.run_policies().reacted} == {other}
    mend(town)
    town.flow.rebuild()
    assert {reaction.demand for reaction in town.flow.run_policies().reacted} == {one}


@dataclass(frozen=True)
class Merging:
    """Wants every demand to be merged into the first."""

    name: str = "merging"
    on: bool = True
    records: tuple[type[Fact], ...] = (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.id.int > 1 and demand.received is not None:
            yield Timer(demand.received, "received")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        yield Reaction(Merged(into=UUID(int=1)), move="merge")


def test_a_reaction_that_needs_what_cannot_be_read_is_parked_and_the_others_go_on(tmp_path: Path) -> None:
    town = Town(tmp_path, (Merging(), Stumbling()))
    first, second = registered(town), registered(town)
    damage(town, "demand.registered", first)
    town.killed()
    ran = town.flow.run_policies()
    assert [(one.policy, one.demand) for one in ran.reacted] == [("stumbling", second)]
    (parked,) = ran.parked
    assert f"event 1 of demand {first} (demand.registered) cannot be read" in parked.reason
    town.close()


def test_many_actions_are_answered_one_by_one(town: Town) -> None:
    one, other = accepted(town)
    damage(town, "demand.accepted", one)
    town.killed()
    items = [Action(demand=it, move="note", fact=Noted(text="x"), by=AUDITOR) for it in (one, other)]
    answers = town.flow.act_many(items)
    assert [type(answer) for answer in answers] == [Rejected, Recorded]
    assert isinstance(answers[0], Rejected)
    assert isinstance(answers[0].reason, UnreadableEvent)


def test_a_rebuild_asks_the_policies_about_what_was_parked(town: Town) -> None:
    one, _ = accepted(town)
    damage(town, "demand.accepted", one)
    town.killed()
    town.flow.run_policies()
    mend(town)
    town.flow.rebuild()
    assert {reaction.demand for reaction in town.flow.run_policies().reacted} == {one}
    assert town.flow.parked_events() == ()


def notified(town: Town, number: int) -> list[UUID]:
    demands = [registered(town) for _ in range(number)]
    town.now += timedelta(days=3)
    town.flow.run_policies()
    return demands


def test_a_notice_that_cannot_be_read_holds_up_no_other_and_is_given_once_mended(town: Town) -> None:
    first, second, third = notified(town, 3)
    damage(town, "demand.notified", second)
    got: list[Notice] = []
    assert town.flow.deliver_notices(got.append) == 2
    assert [notice.demand for notice in got] == [first, third]
    assert [notice.demand for _, notice in town.flow.notices()] == [first, third]
    parked = [one for one in town.flow.parked_events() if "notices to notices" in one.left_out_of]
    assert [(one.demand, one.reason) for one in parked] == [
        (second, "demand.notified cannot be read: Object missing required field `fact`")
    ]
    assert town.flow.deliver_notices(got.append) == 0
    town.flow.retry_parked_events()
    assert town.flow.deliver_notices(got.append) == 0, "it is not mended yet"
    mend(town)
    assert town.flow.deliver_notices(got.append) == 0, "it is tried again when somebody asks for it"
    town.flow.retry_parked_events()
    town.killed()
    assert town.flow.deliver_notices(got.append) == 1
    assert [notice.demand for notice in got] == [first, third, second]
    assert town.flow.deliver_notices(got.append) == 0
    assert town.flow.parked_events() == ()


def test_what_can_be_no_notice_is_not_parked_for_a_hook(town: Town) -> None:
    notified(town, 1)
    damage(town, "demand.registered")
    assert town.flow.deliver_notices(lambda notice: None) == 1
    assert not [one for one in town.flow.parked_events() if "notices to notices" in one.left_out_of]


def test_parked_events_tell_what_waits_and_are_listed_by_position(town: Town) -> None:
    one, other = accepted(town)
    damage(town, "demand.registered")
    town.killed()
    town.flow.rebuild()
    assert not town.flow.run_policies().reacted
    parked = town.flow.parked_events()
    assert all(isinstance(line, ParkedEvent) for line in parked)
    assert [(line.position, line.demand, line.version) for line in parked] == [
        *((1, one, 1), (2, other, 1), (3, one, 2), (4, other, 2))
    ]
    assert town.flow.figures().count("received") == 0
    assert town.flow.board(total=True).total == 0
