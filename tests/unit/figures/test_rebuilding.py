"""Made anew demand by demand, the tables are those that reading the log as it was recorded gives; and never half."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import CLOSED_LOOP, DemandFlow, InvalidValue
from demandflow.projections import ledger, totals
from demandflow.projections.projector import Projector
from demandflow.projections.rebuilding import SCHEMA_BESIDE, Rebuilding
from demandflow.projections.tables import SCHEMA, TABLES
from demandflow.store.following import cursor
from demandflow.store.tables import by_demand as demands
from demandflow.store.tables.schemas import beside, tables_of
from demandflow.testing import FrozenClock, histories
from demandflow.testing.playing.playing import play
from tests.profiles import examples
from tests.stories import CLERK, RESIDENT
from tests.tables import dump, same_tables
from tests.unit.figures import test_clock_figures, test_past
from tests.unit.figures.test_projector import PLACED, check, fill
from tests.unit.store.test_parked_events import Damage, Damaged

LOGS = (
    "the standard workflow, with merges",
    "clocks, and demands that move over",
    "back-dated, by clocks that step back",
)
HARMS = (
    "UPDATE stored_events SET state = 'damaged' WHERE rowid = ?",
    "UPDATE stored_events SET topic = NULL WHERE rowid = ?",
    "UPDATE stored_events SET originator_id = NULL WHERE rowid = ?",
    "UPDATE stored_events SET originator_id = '' WHERE rowid = ?",
    "UPDATE stored_events SET originator_id = 'nobody' WHERE rowid = ?",
    "UPDATE stored_events SET originator_id = x'00ff' WHERE rowid = ?",
    "UPDATE stored_events SET originator_version = 'x' WHERE rowid = ?",
    "DELETE FROM stored_events WHERE rowid = ?",
    "UPDATE stored_events SET rowid = 1000 + rowid WHERE rowid = ?",
)
"""What somebody may do to a row: the last one puts it behind all others."""


@contextmanager
def grown(data: st.DataObject, patch: pytest.MonkeyPatch) -> Iterator[DemandFlow]:
    """A random log of one of the kinds."""
    match data.draw(st.sampled_from(LOGS)):
        case "the standard workflow, with merges":
            with play(CLOSED_LOOP, data.draw(histories(CLOSED_LOOP)).steps) as played:
                yield played.flow
        case "clocks, and demands that move over":
            with closing(test_clock_figures.grown(data, steps=40).flow) as flow:
                yield flow
        case _:
            patch.setattr("demandflow.recording.moments.FAR_BEHIND", timedelta(days=9999))
            with closing(test_past.grown(data, steps=40)[0]) as flow:
                yield flow


@contextmanager
def by_time(source: Any) -> Iterator[Projector]:
    """Tables made from the log as it was recorded."""
    with closing(Projector(source, source.zone)) as made:
        with made._tables.transaction():
            made._tables.make(SCHEMA, TABLES)
            made._cursor.begin()
        made.catch_up()
        yield made


@contextmanager
def by_demand(source: Any) -> Iterator[Projector]:
    with closing(Projector(source, source.zone)) as made:
        made.rebuild()
        yield made


def harm(flow: DemandFlow, number: int, how: str) -> None:
    """Do this to a row that is not the newest."""
    row = 1 + number % (flow._log.last_position() - 1)
    with suppress(sqlite3.IntegrityError):
        flow._log._recorder.transaction(lambda connection: connection.execute(how, (row,)))


@given(
    st.data(),
    st.lists(st.builds(Damage, st.integers(0, 1000), st.booleans()), max_size=2),
    st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(HARMS)), max_size=3),
    st.sampled_from([1, 7, 1000]),
    st.booleans(),
)
@settings(max_examples=examples(120))
def test_made_by_demand_the_tables_are_those_made_by_time(
    data: st.DataObject, damage: list[Damage], harms: list[tuple[int, str]], page: int, decided: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch, grown(data, patch) as flow:
        if flow._log.last_position() < 2:
            return
        patch.setattr(cursor, "PAGE", page)
        for number, how in harms:
            harm(flow, number, how)
        if decided and (holes := flow.verify().holes):
            flow._log.acknowledge(holes, CLERK, flow.now(), "the disk was full")
        source = Damaged(flow, damage)
        with by_time(source) as one, by_demand(source) as other:
            same_tables(dump(one), dump(other), "those made by demand")
            assert one.parked() == other.parked()
            source.how = {}
            one.retry_parked()
            other.retry_parked()
            same_tables(dump(one), dump(other), "those made by demand, once what was parked is mended")
            assert one.parked() == other.parked()


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), max_size=12), st.integers(1, 5), st.integers(0, 40))
def test_the_next_demands_are_whole_in_order_and_all_of_them(
    rows: list[tuple[int, int]], limit: int, upto: int
) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, "
            "PRIMARY KEY (originator_id, originator_version))"
        )
        connection.executemany("INSERT OR IGNORE INTO stored_events VALUES (?, ?, 't', 's')", rows)
        there = connection.execute(
            "SELECT rowid, originator_id FROM stored_events WHERE rowid <= ?", (upto,)
        ).fetchall()
        after, pages = "", []
        while page := demands.next_rows(
            lambda query, values: connection.execute(query, values).fetchall(), after, limit, upto
        ):
            pages.append([row[:2] for row in page])
            after = page[-1][1]
    assert [row for page in pages for row in page] == sorted(there, key=lambda row: (row[1], row[0]))
    seen = [demand for page in pages for demand in {row[1] for row in page}]
    assert len(seen) == len(set(seen)), "a demand is in two pages"


# beside the live tables


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log in a file, with its tables."""
    with opened(tmp_path / "flow.db") as flow:
        fill(flow, 5)
        flow.figures()
    return tmp_path / "flow.db"


def opened(path: Path, **how: Any) -> DemandFlow:
    return DemandFlow.open(f"sqlite:///{path}", **how)


def without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in TABLES:
            connection.execute(f"DROP TABLE {table}")


def left_over(flow: DemandFlow) -> set[str]:
    rows = flow._projector._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows} & set(tables_of(SCHEMA_BESIDE))


@pytest.fixture
def a_demand_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE", 1)


class Stopped(Exception):
    """It was broken off."""


@pytest.mark.usefixtures("a_demand_a_page")
@pytest.mark.parametrize("pages", range(7))
def test_broken_off_anywhere_the_live_tables_are_as_they_were(path: Path, pages: int) -> None:
    done: list[int] = []

    def stop(events: int, _: int) -> None:
        done.append(events)
        if len(done) > pages:
            raise Stopped

    with opened(path) as flow:
        before = dump(flow._projector)
        with suppress(Stopped):
            flow.rebuild(stop)
        same_tables(before, dump(flow._projector), "those before the rebuild")
    with opened(path) as flow:
        same_tables(before, dump(flow._projector), "those before the rebuild, after a crash")
        flow.rebuild()
        same_tables(before, dump(flow._projector), "those of the next rebuild")
        assert not left_over(flow)


@pytest.mark.usefixtures("a_demand_a_page")
def test_the_first_rebuild_goes_on_after_a_crash(path: Path) -> None:
    with opened(path) as flow:
        before = dump(flow._projector)
    without_tables(path)
    told: list[int] = []

    def stop(events: int, _: int) -> None:
        told.append(events)
        if len(told) == 2:
            raise Stopped

    with opened(path, progress=stop) as flow, pytest.raises(Stopped):
        flow.figures()
    with opened(path, progress=stop) as flow:
        flow.figures()
        same_tables(before, dump(flow._projector), "those of before")
        assert not left_over(flow)
    assert told == sorted(set(told)), "something was done twice"
    assert len(told) == 3


@pytest.mark.usefixtures("a_demand_a_page")
def test_the_first_rebuild_shows_how_far_it_is_and_holds_up_no_command(path: Path) -> None:
    without_tables(path)
    told: list[tuple[int, int]] = []

    def meanwhile(done: int, total: int) -> None:
        told.append((done, total))
        flow.register("recorded meanwhile", **PLACED)
        with opened(path) as other:
            other.register("recorded meanwhile elsewhere", **PLACED)

    with opened(path, progress=meanwhile) as flow:
        assert not told, "opening waits for nothing"
        flow.register("recorded before", **PLACED)
        events = flow._log.last_position()
        assert flow.figures().count("received") == 5 + 1, "as far as the log was when it was asked"
        assert told == [(done, events) for done, _ in told]
        assert len(told) > 2
        made = len(told)
        assert flow.figures().count("received") == 5 + 1 + 2 * made, "what was recorded meanwhile is caught up with"
        assert len(told) == made
        check(flow)


def test_progress_is_a_function_at_opening_too(path: Path) -> None:
    with pytest.raises(InvalidValue, match="progress: must be a function"):
        opened(path, progress=5)


@pytest.mark.usefixtures("a_demand_a_page")
def test_others_ask_the_live_tables_meanwhile(path: Path) -> None:
    with opened(path) as flow, opened(path) as other:
        whole, answers = flow.figures(), []

        def ask() -> None:
            answers.append((flow.figures(catch_up=False), flow.figures()))

        def meanwhile(*_: int) -> None:
            thread = threading.Thread(target=ask)
            thread.start()
            answers.append((other.figures(catch_up=False), other.figures()))
            threads.append(thread)

        threads: list[threading.Thread] = []
        flow.rebuild(meanwhile)
        for thread in threads:
            thread.join()
        assert answers == [(whole, whole)] * 2 * len(threads)
        assert len(threads) > 2


@pytest.mark.usefixtures("a_demand_a_page")
def test_two_who_make_them_anew_write_each_page_once(path: Path) -> None:
    without_tables(path)
    with opened(path) as one, opened(path) as two:
        told: list[int] = []

        def meanwhile(done: int, _: int) -> None:
            told.append(done)
            if len(told) == 2:
                two.rebuild()
            if len(told) == 4:
                two.figures()

        one.rebuild(meanwhile)
        assert one.figures() == two.figures()
        check(one)
        check(two)


def test_what_somebody_else_put_in_place_meanwhile_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as one, opened(path) as two:
        whole, changes_of, meanwhile = dump(one._projector), totals.changes_of, [two.rebuild]

        def overtaken(sums: Any) -> Any:
            changes = changes_of(sums)
            while meanwhile:
                meanwhile.pop()()
                two.register("recorded meanwhile", **PLACED)
                two.figures()
                two._projector._rebuilding.begin()
            return changes

        monkeypatch.setattr(totals, "changes_of", overtaken)
        one.rebuild()
        assert one.figures().count("received") == 6
        assert dump(one._projector) != whole
        check(one)


@pytest.mark.usefixtures("a_demand_a_page")
def test_what_is_in_the_making_of_another_log_or_zone_is_begun_again(path: Path) -> None:
    without_tables(path)
    with opened(path) as one, opened(path) as two:
        told: list[int] = []

        def rezoned(done: int, _: int) -> None:
            told.append(done)
            if len(told) == 3:
                two._log.rezone("Asia/Shanghai")

        one._projector._progress = rezoned
        one.figures()
        assert told[2] > told[3], "the days that were counted are others now"
        check(one)
        check(two)


def test_another_shape_in_the_making_is_begun_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE", 1)
    with opened(path) as flow:
        flow._projector._rebuilding.begin()
        flow._projector._rebuilding.go_on()
        flow._projector._connection.execute("DROP TABLE demandflow_new_stays")
        while flow._projector._rebuilding.go_on():
            pass
        check(flow)


@pytest.mark.parametrize("raised", [OverflowError("too large"), sqlite3.IntegrityError("twice")])
def test_what_cannot_be_written_by_demand_is_found_by_time(
    path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    monkeypatch.setattr(cursor, "PAGE", 10)
    monkeypatch.setattr(cursor, "PAGE", 10)
    write = ledger.write

    def breaks(connection: Any, page: Any) -> None:
        if any(line.recorded_by == 5 and line.demand == bad for line in page.bookings):
            raise raised
        write(connection, page)

    with opened(path) as flow:
        before = flow.figures()
        bad = flow.board().rows[1].demand
        monkeypatch.setattr(ledger, "write", breaks)
        flow.rebuild()
        assert {(one.demand, one.version) for one in flow.parked_events()} >= {(bad, 5)}
        assert flow.figures().count("received") == 5
        monkeypatch.setattr(ledger, "write", write)
        assert flow.retry_parked_events() == ()
        assert flow.figures() == before
        check(flow)


def test_however_often_they_are_made_anew_they_have_their_shape(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE VIEW somebodys AS SELECT * FROM demandflow_board JOIN not_there")
    with opened(path) as flow:
        before = dump(flow._projector)
        for _ in range(3):
            flow.rebuild()
            assert flow._projector._tables.altered(SCHEMA) == []
            assert not left_over(flow)
            same_tables(before, dump(flow._projector), "those before")
    with opened(path) as flow:
        assert flow._projector._connection.total_changes == 0  # type: ignore[attr-defined]
        for table in TABLES:
            assert f'"{beside(table)}"' not in str(
                flow._projector._connection.execute("SELECT sql FROM sqlite_master").fetchall()
            )


def test_a_demand_longer_than_a_page_is_taken_in_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as flow:
        demand = flow.board().rows[0].demand
        for number in range(40):
            flow.note(demand, f"note {number}", by=CLERK)
        monkeypatch.setattr(cursor, "PAGE", 3)
        flow.rebuild()
        assert flow._log.events(demand)[-1].version > 40
        check(flow)


def test_a_log_without_events_has_its_tables_at_once(flow: DemandFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Rebuilding, **_: Any) -> None:
        raise AssertionError("made anew")

    monkeypatch.setattr(Rebuilding, "begin", never)
    assert flow.figures().count("received") == 0
    flow.register("x", channel="hotline", place="a", resident=RESIDENT.id, by=CLERK)
    assert flow.figures().count("received") == 1


def test_tables_are_made_anew_in_memory_as_well(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow:
        fill(flow, 3)
        before = flow.figures()
        flow.rebuild()
        assert flow.figures() == before
        check(flow)
