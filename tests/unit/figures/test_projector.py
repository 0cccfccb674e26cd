"""Exactly once, in pages: whatever breaks on the way, the tables are those of a rebuild."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, FeedbackMethod, Grade, InvalidValue, StorageError
from demandflow.projections import bookkeeping, ledger, projector, totals
from demandflow.projections.board import rows as board
from demandflow.projections.tables import TABLES
from demandflow.store.following import cursor
from demandflow.store.mapper import readable
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DAY, DISPATCHER, RESIDENT, T0, TEAM
from tests.tables import apart, dump, same_tables

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}


def fill(flow: DemandFlow, demands: int = 6) -> None:
    """Some demands, some corrected."""
    for number in range(demands):
        demand = flow.register(f"demand {number}", **PLACED).id
        flow.accept(demand, by=AUDITOR)
        flow.contract_out(demand, "repair team", due=T0 + DAY, by=DISPATCHER)
        flow.take_on(demand, by=TEAM)
        flow.report(demand, "done", by=TEAM)
        flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
        flow.evaluate(demand, resolved=number % 2 == 0, grade=Grade.SATISFIED, by=RESIDENT)
        if number % 3 == 0:
            flow.correct(demand, 3, "it was the other team", contractor="power company", by=AUDITOR)


def check(flow: DemandFlow) -> None:
    """The tables equal those made anew elsewhere."""
    flow.figures()
    with apart(flow) as (anew, _):
        anew.catch_up()
        same_tables(dump(flow._projector), dump(anew), "a rebuild")


@given(st.integers(1, 9), st.lists(st.integers(1, 3), max_size=5))
@settings(max_examples=examples(30))
def test_pages_of_any_size_make_the_same_tables(page: int, stops: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch, DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        patch.setattr(cursor, "PAGE", page)
        for stop in stops:
            fill(flow, stop)
            assert flow.figures().count("received") == flow.board(total=True).total
        check(flow)


@pytest.mark.parametrize("table", [board, totals, ledger])
def test_a_page_that_breaks_leaves_nothing_and_is_done_again(
    flow: DemandFlow, monkeypatch: pytest.MonkeyPatch, table: Any
) -> None:
    fill(flow, 2)
    flow.figures()
    before = flow.figures(catch_up=False)
    fill(flow, 2)
    with monkeypatch.context() as patch:

        def breaks(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(table, "write", breaks)
        with pytest.raises(KeyboardInterrupt):
            flow.figures()
    assert flow.figures(catch_up=False) == before
    assert flow.figures().count("received") == 4
    check(flow)


def test_two_who_catch_up_together_count_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        fill(one, 3)
        page = one._log.page
        busy: list[bool] = []

        def overtaken(after: int, limit: int) -> Any:
            found = page(after, limit)
            if not busy:
                busy.append(True)
                two.figures()
            return found

        monkeypatch.setattr(one._log, "page", overtaken)
        assert one.figures().count("received") == 3
        assert busy
        check(one)
        fill(two, 2)
        assert one.figures().count("received") == two.figures().count("received") == 5
        check(one)


def test_a_crash_between_log_and_tables_is_caught_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as flow:
        fill(flow, 2)
        flow.figures()
        fill(flow, 2)
    with DemandFlow.open(url) as flow:
        assert flow.figures().count("received") == 4
        check(flow)


def test_another_zone_another_definition_or_another_log_makes_the_tables_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flow.db"
    late = FrozenClock(T0.replace(hour=20))
    with DemandFlow.open(f"sqlite:///{path}", clock=late) as flow:
        fill(flow, 2)
        assert _days(flow) == {20250301}
    with DemandFlow.open(f"sqlite:///{path}", clock=late) as flow:
        flow.rezone("Asia/Shanghai")
        assert _days(flow) == {20250302}
        check(flow)
        monkeypatch.setattr(projector, "DEFINITIONS_VERSION", 99)
        assert flow._projector._matches() is False
        check(flow)
    with sqlite3.connect(path) as connection:  # as if a backup of another log had been put in its place
        connection.execute("UPDATE stored_events SET originator_id = replace(originator_id, '1', '2')")
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}", clock=late, zone="Asia/Shanghai") as flow:
        flow.acknowledge(flow.verify().holes, by=CLERK, reason="the backup of another log")
        assert {row.demand for row in flow.board().rows} == {
            event.demand for _, event in readable(flow._log.page(0, 99))
        }
        check(flow)


def _days(flow: DemandFlow) -> set[int]:
    with flow._projector.tables() as tables:
        return {day for (day,) in tables.execute("SELECT happened FROM demandflow_ledger")}


def test_rebuilding_shows_how_far_it_is(flow: DemandFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(flow, 3)
    before = flow.figures()
    monkeypatch.setattr(cursor, "PAGE", 10)
    told: list[tuple[int, int]] = []
    flow.rebuild(lambda done, total: told.append((done, total)))
    events = flow._log.last_position()
    assert told == [(done, events) for done, _ in told]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert (len(told), told[-1][0]) == (3, events), "a page is of whole demands"
    assert flow.figures() == before


def test_states_that_are_not_kept_are_folded_from_the_log(flow: DemandFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookkeeping, "KEPT", 1)
    monkeypatch.setattr("demandflow.recording.demands.MOST", 1)
    demands = [flow.register("x", **PLACED).id for _ in range(3)]
    for demand in demands:
        flow.figures()
        flow.accept(demand, by=AUDITOR)
    assert {flow.demand(demand).state for demand in demands} == {"accepted"}
    check(flow)


def test_a_query_never_sees_tables_that_are_being_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE", 3)
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    stop = threading.Event()
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        fill(one, 6)
        whole = one.figures()

        def make_anew_all_the_time() -> None:
            while not stop.is_set():
                two.rebuild()

        thread = threading.Thread(target=make_anew_all_the_time)
        thread.start()
        try:
            for number in range(60):
                assert one.figures(catch_up=number % 2 == 0) == whole
                assert one.board(total=True).total == 6
        finally:
            stop.set()
            thread.join()


def test_what_was_open_when_the_zone_changed_is_booked_out_by_the_days_of_the_new_one() -> None:
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = flow.register("lamp", due=T0.replace(hour=20) + DAY, **PLACED).id
        flow.figures()
        flow.rezone("Asia/Shanghai")
        flow.accept(demand, by=AUDITOR)
        flow.withdraw(demand, "it burns again", by=RESIDENT)
        check(flow)


def test_two_zones_on_one_file_never_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE", 5)
    url, late = f"sqlite:///{tmp_path / 'flow.db'}", FrozenClock(T0.replace(hour=20))
    with (
        DemandFlow.open(url, clock=late) as utc,
        DemandFlow.open(url, clock=late) as shanghai,
    ):
        fill(utc, 4)
        page = utc._log.page
        calls: list[int] = []

        def meanwhile_in_shanghai(after: int, limit: int) -> Any:
            calls.append(after)
            if len(calls) == 3:
                shanghai.rezone("Asia/Shanghai")
                assert _days(shanghai) == {20250302}
            return page(after, limit)

        monkeypatch.setattr(utc._log, "page", meanwhile_in_shanghai)
        assert _days(utc) == {20250302}
        assert len(calls) > 3
        assert _days(shanghai) == {20250302}
        check(shanghai)


def test_tables_of_another_make_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "flow.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        fill(flow, 2)
        before = flow.figures()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE demandflow_board")
        connection.execute("CREATE TABLE demandflow_board (demand TEXT)")
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert flow.figures() == before
        assert flow.board(total=True).total == 2


def test_an_interrupted_query_leaves_nothing_behind(flow: DemandFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(flow, 2)
    projector_, rebuilding = flow._projector, flow._projector._rebuilding
    steps: list[tuple[Any, str]] = [
        (projector_, where) for where in ("_begin_reading", "_next_page", "_matches", "_clear_the_way")
    ]
    steps += [(rebuilding, where) for where in ("begin", "go_on", "worked_out", "_next_page", "_put_in_place")]
    for whose, where in steps:
        with monkeypatch.context() as patch:

            def interrupted(*_: object, **__: object) -> None:
                projector_._connection.execute("BEGIN IMMEDIATE")
                raise KeyboardInterrupt

            patch.setattr(whose, where, interrupted)
            use = flow.board if where == "_begin_reading" else flow.rebuild
            with pytest.raises((KeyboardInterrupt, StorageError)):
                use()
            assert not projector_._connection.in_transaction  # type: ignore[attr-defined]
        flow.register("x", **PLACED)
        assert flow.board(total=True).total == flow.figures().count("received")
    check(flow)


def test_a_query_reads_as_far_as_the_log_was_and_no_further(flow: DemandFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE", 1)
    fill(flow, 1)
    page = flow._log.page

    def while_others_write(after: int, limit: int) -> Any:
        flow.register("x", **PLACED)
        return page(after, limit)

    monkeypatch.setattr(flow._log, "page", while_others_write)
    assert flow.figures().count("received") == 1
    monkeypatch.undo()
    assert flow.figures().count("received") == flow._log.last_position() - 7


def test_tables_that_were_never_filled_are_filled_even_without_catching_up(tmp_path: Path) -> None:
    path = tmp_path / "flow.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        fill(flow, 2)
    with sqlite3.connect(path) as connection:
        for table in TABLES:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP TABLE demandflow_cursors")
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert flow.figures(catch_up=False).count("received") == 2


def test_progress_is_a_function(flow: DemandFlow) -> None:
    with pytest.raises(InvalidValue, match="progress: must be a function"):
        flow.rebuild(5)  # type: ignore[arg-type]


def test_a_place_of_thousands_of_levels_that_was_recorded_once_is_summed_as_deep_as_can_be_asked(
    tmp_path: Path,
) -> None:
    path, deep = tmp_path / "flow.db", "/".join("a" * 30_000)
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        for _ in range(2):
            flow.register("a lamp is out", **PLACED)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE stored_events SET state = CAST(replace(state, 'fufeng/c1', ?) AS BLOB) WHERE rowid = 1", (deep,)
        )
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        flow.rebuild()
        assert dict(flow.figures_by("place", level=1))["a"].count("received") == 1
        assert dict(flow.figures_by("place", level=1000))["/".join("a" * 1000)].count("received") == 1
        with flow._projector.tables() as tables:
            assert tables.execute("SELECT MAX(level) FROM demandflow_totals WHERE dimension = 'place'").fetchone() == (
                1000,
            )
