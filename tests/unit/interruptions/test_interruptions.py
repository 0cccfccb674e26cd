"""An interruption (Ctrl-C, a worker's timeout) leaves no transaction open and holds no lock, and the flow goes on."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, StorageError
from tests.profiles import SHARE, examples
from tests.stories import AUDITOR, CLERK
from tests.unit.interruptions.interruptions import Interrupted, interrupted_at, nothing_left_open, passed_over

__all__ = ["nothing_left_open"]
pytestmark = passed_over
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
Work = Callable[[DemandFlow, UUID], object]


def interrupted(flow: DemandFlow, demand: UUID, work: Work, moment: int) -> bool:
    """Do the work, and raise at this moment of it, counted from 0. Returns whether the moment came."""
    try:
        with interrupted_at(moment + 1):
            work(flow, demand)
    except Interrupted:
        return True
    return False


def moments_of(flow: DemandFlow, demand: UUID, work: Work) -> int:
    """How many moments the work has."""
    with interrupted_at(0) as passed:
        work(flow, demand)
    return passed[0]


def note(flow: DemandFlow, demand: UUID) -> object:
    return flow.note(demand, "y", by=CLERK)


def register(flow: DemandFlow, demand: UUID) -> object:
    return flow.register("x", by=CLERK, **PLACED)


def batch(flow: DemandFlow, demand: UUID) -> object:
    with flow.batch() as several:
        several.note(demand, "one", by=CLERK)
        several.register("another", by=CLERK, **PLACED)
        return several.accept(demand, by=AUDITOR) if flow.demand(demand).state == "registered" else None


def taken(flow: DemandFlow, demand: UUID) -> object:
    """That version is there already, so the row is refused."""
    with contextlib.suppress(StorageError):
        flow._log.append(flow._log.events(demand, upto=1))
    return None


def opening(flow: DemandFlow, demand: UUID) -> object:
    with DemandFlow.open(f"sqlite:///{flow._log.path}") as other:
        return other.demand(demand)


def figures(flow: DemandFlow, demand: UUID) -> object:
    return flow.figures()


def rebuild(flow: DemandFlow, demand: UUID) -> object:
    flow.rebuild()
    return flow.board()


def upkeep(flow: DemandFlow, demand: UUID) -> object:
    flow.rezone("Asia/Shanghai" if flow.zone == "UTC" else "UTC")
    return flow.verify()


WORKS: dict[Work, int] = (
    {note: 1, register: 1, taken: 1, batch: 3, figures: 1, rebuild: 7, upkeep: 7, opening: 101}
    if SHARE == 1
    else {note: 1, register: 1, taken: 1, batch: 3, figures: 1, rebuild: 41, upkeep: 41, opening: 503}
)
"""Each with how many of its moments are passed over; a prime, so that no kind of them always is."""


@contextmanager
def opened(folder: Path) -> Iterator[tuple[DemandFlow, UUID]]:
    with DemandFlow.open(f"sqlite:///{folder / 'flow.db'}") as flow:
        yield flow, flow.register("x", by=CLERK, **PLACED).id


def goes_on(flow: DemandFlow, demand: UUID) -> None:
    """Nothing is held, and what is answered from now on is right."""
    recorder = flow._log._recorder
    assert not recorder._writer.connection.in_transaction  # type: ignore[attr-defined]
    assert not recorder._reader.in_transaction  # type: ignore[attr-defined]
    with closing(sqlite3.connect(str(flow._log.path), timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    answered: list[int] = []
    thread = threading.Thread(target=lambda: answered.append(flow.note(demand, "goes on", by=CLERK).version))
    thread.start()
    thread.join(20)
    assert answered, "another thread waits for a lock that nobody gives back"
    assert answered == [len(flow.events(demand))]
    assert flow.figures().count("received") == len({event.demand for event in flow.all_events()})
    assert flow.verify().ok


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.__name__)
def test_an_interruption_anywhere_leaves_nothing_open(tmp_path: Path, work: Work) -> None:
    with opened(tmp_path) as (flow, demand):
        work(flow, demand)
        moments = moments_of(flow, demand, work)
        assert moments > 20, "the work has many moments"
        for number, moment in enumerate(range(0, moments, WORKS[work])):
            interrupted(flow, demand, work, moment)
            assert not flow._log._recorder._writer.connection.in_transaction  # type: ignore[attr-defined]
            if number % 10 == 0:
                goes_on(flow, demand)
        goes_on(flow, demand)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(WORKS)), st.integers(0, 400)), min_size=1, max_size=5))
def test_interruptions_one_after_another_leave_nothing_open(interruptions: list[tuple[Work, int]]) -> None:
    with TemporaryDirectory() as folder, opened(Path(folder)) as (flow, demand):
        for work, moment in interruptions:
            interrupted(flow, demand, work, moment)
        goes_on(flow, demand)


@contextmanager
def timer() -> Iterator[Callable[[float], object]]:
    def raise_it(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.untraced
def test_a_signal_at_any_time_leaves_nothing_open(tmp_path: Path) -> None:
    with DemandFlow.open(f"sqlite:///{tmp_path / 'flow.db'}") as flow:
        demand = flow.register("x", by=CLERK, **PLACED).id
        with timer() as after:
            for number in range(300):
                try:
                    after(0.00001 + number % 60 * 0.00005)
                    note(flow, demand)
                    after(0)
                except Interrupted:
                    pass
                except StorageError as error:
                    pytest.fail(f"after {number} notes: {error}")
        goes_on(flow, demand)
    with DemandFlow.open(f"sqlite:///{tmp_path / 'flow.db'}") as again:
        goes_on(again, demand)
