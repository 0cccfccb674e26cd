"""Several processes on one log in PostgreSQL: positions without gaps, nothing missed, nothing booked twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest

from demandflow import Actor, DemandFlow, Role
from demandflow.errors import DemandFlowError
from demandflow.store.postgres.dialect import making
from demandflow.store.postgres.recorder import PostgresRecorder
from demandflow.store.statements import RowTaken
from tests.unit.recording.test_counts import lives

pytestmark = pytest.mark.long

SPAWN = get_context("spawn")
CLERK = Actor("Li", Role.GRID_ADMINISTRATOR)
PLACED: Any = {"channel": "hotline", "place": "fufeng/nanguan"}
WRITERS, EACH = 3, 40


def write(url: str, name: int, done: Any) -> None:
    """Append rows, some of which another writer has written before."""
    recorder, conflicts = PostgresRecorder(url), 0
    for number in range(EACH):
        mine = (f"{name:016x}{number:016x}", 1, "x", b"{}")
        shared = ("f" * 32, number + 1, "x", b"%d" % name)
        try:
            recorder.append([mine, shared] if number % 3 else [mine])
        except RowTaken:
            conflicts += 1
    recorder.close()
    done.put(conflicts)


def live(url: str, done: Any) -> None:
    """Record and ask in turn."""
    try:
        with DemandFlow.open(url) as flow:
            for _ in range(3):
                lives(flow, 1)
                assert flow.figures().adds_up
        done.put("")
    except DemandFlowError as error:
        done.put(repr(error))


def write_on(url: str, number: Any) -> None:
    """Append until it is ended."""
    recorder = PostgresRecorder(url)
    while True:
        recorder.append([(os.urandom(16).hex(), 1, "x", b"{}")])
        number.value += 1


def started(target: Callable[..., None], *given: Any) -> Any:
    process = SPAWN.Process(target=target, args=given, daemon=True)
    process.start()
    return process


def test_a_reader_that_tails_writers_misses_nothing_and_finds_no_gap(postgres: str) -> None:
    DemandFlow.open(postgres).close()
    done = SPAWN.Queue()
    processes = [started(write, postgres, name, done) for name in range(WRITERS)]
    recorder, last, seen = PostgresRecorder(postgres), 0, set[tuple[str, int]]()
    while True:
        alive = any(process.is_alive() for process in processes)
        for position, demand, version, _, _ in recorder.page(last, 7):
            assert position == last + 1
            last = position
            seen.add((demand, version))
        if not alive and not recorder.page(last, 1):
            break
    conflicts = sum(done.get(timeout=10) for _ in processes)
    assert len(seen) == last
    singles = sum(1 for demand, _ in seen if demand != "f" * 32)
    assert singles == WRITERS * EACH - conflicts
    assert conflicts > 0
    recorder.close()


def test_processes_that_open_one_log_together_make_it_once_and_share_its_tables(postgres: str) -> None:
    done = SPAWN.Queue()
    processes = [started(live, postgres, done) for _ in range(WRITERS)]
    assert [done.get(timeout=60) for _ in processes] == [""] * WRITERS
    for process in processes:
        process.join()
    with DemandFlow.open(postgres, create=False) as flow:
        before = (flow.figures(), [row.demand for row in flow.board().rows])
        assert flow.figures().count("received") == 3 * WRITERS
        flow.rebuild()
        assert (flow.figures(), [row.demand for row in flow.board().rows]) == before
        assert flow.verify().ok


def test_a_writer_that_is_stopped_stops_nobody(postgres: str) -> None:
    DemandFlow.open(postgres).close()
    numbers = [SPAWN.Value("q", 0) for _ in range(3)]
    processes = [started(write_on, postgres, number) for number in numbers]
    try:
        until = time.monotonic() + 30
        while not all(number.value for number in numbers) and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(6):
            os.kill(processes[0].pid, signal.SIGSTOP)
            time.sleep(0.05)
            before = numbers[1].value + numbers[2].value
            time.sleep(0.3)
            assert numbers[1].value + numbers[2].value > before
            os.kill(processes[0].pid, signal.SIGCONT)
    finally:
        for process in processes:
            process.kill()
            process.join()


def test_readers_see_whole_tables_while_others_rebuild_them(postgres: str) -> None:
    with DemandFlow.open(postgres) as flow, DemandFlow.open(postgres) as other:
        lives(flow, 5)
        done = SPAWN.Queue()
        process = started(rebuild_on, postgres, done)
        number = 0
        while done.empty() or number < 10:
            lives(flow, 1)
            number += 1
            figures = other.figures()
            assert figures.adds_up
            assert (figures.count("received"), other.board(limit=1, total=True).total) == (5 + number, 5 + number)
        process.join()
        assert done.get(timeout=10) == ""


def rebuild_on(url: str, done: Any) -> None:
    try:
        with DemandFlow.open(url) as flow:
            for _ in range(4):
                flow.rebuild()
        done.put("")
    except DemandFlowError as error:
        done.put(repr(error))


HARM = (
    "DROP TABLE demandflow_totals",
    "DROP INDEX {index}",
    "DELETE FROM demandflow_board",
    "ALTER TABLE demandflow_stays ADD x TEXT",
    "DELETE FROM demandflow_cursors",
)


@pytest.mark.parametrize("harm", HARM)
def test_tables_that_somebody_changed_are_made_again(postgres: str, harm: str) -> None:
    with DemandFlow.open(postgres) as flow:
        lives(flow, 2)
        before = flow.figures()
        named = (
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'demandflow_board'"
        )
        (name,) = flow._log._recorder.rows(f"{named} AND indexdef LIKE ? ORDER BY 1", ("%(place%",))[0]
        flow._log._recorder.transaction(lambda connection: connection.execute(harm.format(index=name)))
    with DemandFlow.open(postgres) as flow:
        assert flow.figures() == before
        assert flow.board(limit=1, total=True).total == 2


def test_a_name_that_would_be_too_long_for_an_index_is_counted(postgres: str) -> None:
    path = "/".join(os.urandom(40).hex() for _ in range(12))[:1000]
    words = [os.urandom(100).hex() for _ in range(3)]
    with DemandFlow.open(postgres) as flow:
        demand = flow.register("x", channel=words[0], place=path, category=path[::-1].strip("/"), by=CLERK)
        assert flow.figures_by("place", level=3)
        assert flow.parked_events() == ()
        assert flow.board(place=path).rows[0].demand == demand.id


def test_what_is_unique_is_so_by_a_hash() -> None:
    made = making("CREATE TABLE demandflow_x (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT, UNIQUE (a, b));")
    assert made["demandflow_x"][1:] == (
        "CREATE UNIQUE INDEX ON demandflow_x (md5(a || chr(10) || b))",
        "CREATE INDEX ON demandflow_x USING hash (a)",
    )
