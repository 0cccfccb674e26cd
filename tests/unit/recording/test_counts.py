"""What work costs, counted: Python calls and SQL statements, which are the same on a slow or a busy machine.

`python -m tests.unit.recording.test_counts` counts, and prints what MEASURED should say for the Python that runs it.
"""

from __future__ import annotations

import gc
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple
from unittest.mock import patch

import pytest

from demandflow import Actor, DemandFlow, FeedbackMethod, Grade, Role
from demandflow.batches import Batch
from demandflow.testing import FrozenClock, counted_ids

pytestmark = pytest.mark.untraced


class Count(NamedTuple):
    """Python functions that were called (or generators that went on), and SQL statements that SQLite ran."""

    calls: int
    statements: int


LIVES, SIDE_BY_SIDE, ROWS = 10, 142, 50
EVENTS = 7 * SIDE_BY_SIDE
"""As many as fit in one page of the log."""
KEPT, RELOADED = f"{LIVES} lives, state kept", f"{LIVES} lives, state reloaded"
CAUGHT_UP, REBUILT = f"{EVENTS} events caught up with", f"{EVENTS} events rebuilt"
BOARD = f"{ROWS} rows of the board"
AGAIN = "python -m tests.unit.recording.test_counts"
WORK = {"KEPT": KEPT, "RELOADED": RELOADED, "CAUGHT_UP": CAUGHT_UP, "REBUILT": REBUILT, "BOARD": BOARD}

MEASURED: dict[tuple[int, int], dict[str, Count]] = {
    (3, 11): {
        KEPT: Count(calls=4_362, statements=210),
        RELOADED: Count(calls=6_672, statements=270),
        CAUGHT_UP: Count(calls=39_829, statements=2_777),
        REBUILT: Count(calls=41_686, statements=2_907),
        BOARD: Count(calls=757, statements=11),
    },
    (3, 12): {
        KEPT: Count(calls=4_152, statements=210),
        RELOADED: Count(calls=6_232, statements=270),
        CAUGHT_UP: Count(calls=37_810, statements=2_777),
        REBUILT: Count(calls=40_378, statements=2_907),
        BOARD: Count(calls=735, statements=11),
    },
    (3, 13): {
        KEPT: Count(calls=4_152, statements=210),
        RELOADED: Count(calls=6_232, statements=270),
        CAUGHT_UP: Count(calls=37_810, statements=2_777),
        REBUILT: Count(calls=40_378, statements=2_907),
        BOARD: Count(calls=730, statements=11),
    },
}
MORE = 1.02
"""Up to so many times the calls that were measured are no failure; more statements always are one."""
LESS = 0.9
"""A bound that is further above what is counted guards little: it is to be measured again."""

CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, RESIDENT = Actor("Zhao", Role.DISPATCHER), Actor("张三", Role.RESIDENT)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="lighting team")


def life(flow: DemandFlow | Batch) -> Iterator[None]:
    """One demand from registration to evaluation, seven commands; pauses before each but the first."""
    lamp = flow.register("路灯坏了", channel="hotline", place="fufeng/nanguan/g3", resident="张三", by=CLERK).id
    yield
    flow.accept(lamp, by=AUDITOR)
    yield
    flow.contract_out(lamp, "lighting team", by=DISPATCHER)
    yield
    flow.take_on(lamp, by=WORKER)
    yield
    flow.report(lamp, "A new bulb.", by=WORKER)
    yield
    flow.feed_back(lamp, FeedbackMethod.CALL, by=CLERK)
    yield
    flow.evaluate(lamp, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)


def lives(flow: DemandFlow, number: int) -> None:
    """One after the other, each command by itself."""
    for _ in range(number):
        for _ in life(flow):
            pass


def record_side_by_side(flow: DemandFlow) -> None:
    """Demands that go their ways side by side, in one save."""
    with flow.batch() as batch:
        under_way = [life(batch) for _ in range(SIDE_BY_SIDE)]
        while under_way:
            under_way = [one for one in under_way if next(one, "ended") != "ended"]


@contextmanager
def opened(file: Path, keep: int = 10_000) -> Iterator[tuple[DemandFlow, list[str]]]:
    """A log, and the statements that its connections run."""
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*args: object, **how: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **how)  # type: ignore[call-overload]
        connection.set_trace_callback(statements.append)
        return connection

    with (
        patch.object(sqlite3, "connect", traced),
        DemandFlow.open(f"sqlite:///{file}", clock=FrozenClock(), new_id=counted_ids(), keep=keep) as flow,
    ):
        yield flow, statements


def counted(work: Callable[[], object], statements: list[str]) -> Count:
    """What the work costs, without what the collector of garbage does meanwhile."""
    calls, before, profiler = 0, len(statements), sys.getprofile()

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        if event == "call":
            calls += 1

    gc.collect()
    gc.disable()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(profiler)
        gc.enable()
    return Count(calls, len(statements) - before)


def measured(folder: Path) -> dict[str, Count]:
    """What each work costs. Each is done once before: what is made only once does not count."""
    counts: dict[str, Count] = {}
    for name, keep in ((KEPT, 10_000), (RELOADED, 0)):
        with opened(folder / f"{name}.db", keep) as (flow, statements):
            lives(flow, 1)
            counts[name] = counted(lambda: lives(flow, LIVES), statements)
            assert flow.figures().count("resolved") == LIVES + 1
    with opened(folder / "pages.db") as (flow, statements):
        record_side_by_side(flow)
        for _ in range(2):
            before = counted(flow.figures, statements)
        record_side_by_side(flow)
        after = counted(flow.figures, statements)
        counts[CAUGHT_UP] = Count(after.calls - before.calls, after.statements - before.statements)
        counts[BOARD] = counted(lambda: flow.board(limit=ROWS), statements)
        assert flow.figures().count("resolved") == 2 * SIDE_BY_SIDE
    with opened(folder / "rebuilt.db") as (flow, statements):
        record_side_by_side(flow)
        flow.rebuild()
        counts[REBUILT] = counted(flow.rebuild, statements)
        assert flow.figures().count("resolved") == SIDE_BY_SIDE
    return counts


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Count]:
    return measured(tmp_path_factory.mktemp("counts"))


@pytest.mark.parametrize("work", WORK.values())
def test_no_more_is_called_or_run_than_was_measured(work: str, counts: dict[str, Count]) -> None:
    """A Python of which nothing was measured yet is held to what the newest needs."""
    bound, count = MEASURED.get(sys.version_info[:2], MEASURED[max(MEASURED)])[work], counts[work]
    assert count.calls <= bound.calls * MORE
    assert count.statements <= bound.statements


def test_what_was_saved_is_guarded(counts: dict[str, Count]) -> None:
    for work, bound in MEASURED.get(sys.version_info[:2], {}).items():
        assert counts[work].calls >= bound.calls * LESS, f"{work} costs less now: {AGAIN}"
        assert counts[work].statements >= bound.statements * LESS, f"{work} costs less now: {AGAIN}"


def test_counting_finds_one_call_more_and_one_statement_more() -> None:
    noted = ["before"]
    assert counted(lambda: None, noted) == Count(1, 0)
    assert counted(lambda: (lambda: noted.append("more"))(), noted) == Count(2, 1)


def main() -> None:
    """Count, and print what MEASURED should say."""
    with tempfile.TemporaryDirectory() as folder:
        counts = measured(Path(folder))
    print(f"    {sys.version_info[:2]}: {{")
    for name, work in WORK.items():
        print(f"        {name}: Count(calls={counts[work].calls:_}, statements={counts[work].statements:_}),")
    print("    },")


if __name__ == "__main__":
    main()
