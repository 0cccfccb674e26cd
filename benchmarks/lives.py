"""Demands that live in demandflow, and the very rows that they leave, inserted raw: what all is measured against."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from demandflow import Actor, DemandFlow, FeedbackMethod, Grade, Role
from demandflow.batches import Batch
from demandflow.recording.ids import uuid7

Row = tuple[str, int, str, bytes]
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, RESIDENT = Actor("Zhao", Role.DISPATCHER), Actor("张三", Role.RESIDENT)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="lighting team")
OTHER = Actor("Sun", Role.CONTRACTOR, unit="repair team")
COMMANDS = 7
Step = Callable[[Any, UUID], object]
"""A command on a demand, made at a flow or in a batch."""


def register(flow: DemandFlow | Batch, place: str = "fufeng/nanguan/g3") -> UUID:
    """A demand's first command."""
    return flow.register("路灯坏了", channel="hotline", place=place, resident="张三", by=CLERK).id


def plan(handbacks: int = 0) -> Sequence[Step]:
    """The other commands, up to the evaluation: six, and three for each time that the work is handed back."""
    steps: list[Step] = [lambda flow, lamp: flow.accept(lamp, by=AUDITOR)]
    worker = WORKER
    for number in range(handbacks + 1):
        if number:
            steps.append(partial(_hand_back, worker))
        worker = (WORKER, OTHER)[number % 2]
        steps += [partial(_contract_out, worker), partial(_take_on, worker)]
    return (
        *steps,
        lambda flow, lamp: flow.report(lamp, "A new bulb.", by=worker),
        lambda flow, lamp: flow.feed_back(lamp, FeedbackMethod.CALL, by=CLERK),
        lambda flow, lamp: flow.evaluate(lamp, resolved=True, grade=Grade.SATISFIED, by=RESIDENT),
    )


def _contract_out(worker: Actor, flow: Any, lamp: UUID) -> None:
    flow.contract_out(lamp, worker.unit, by=DISPATCHER)


def _take_on(worker: Actor, flow: Any, lamp: UUID) -> None:
    flow.take_on(lamp, by=worker)


def _hand_back(worker: Actor, flow: Any, lamp: UUID) -> None:
    flow.hand_back(lamp, "It is not ours.", by=worker)


LIFE = plan()


def live(flow: DemandFlow | Batch, life: Sequence[Step] = LIFE) -> None:
    """One demand, from registration to evaluation."""
    lamp = register(flow)
    for step in life:
        step(flow, lamp)


def live_together(flow: DemandFlow, number: int) -> None:
    """So many demands, one after the other, in one commit."""
    with flow.batch() as batch:
        for _ in range(number):
            live(batch)


def side_by_side(flow: DemandFlow, number: int, page: int) -> Iterator[int]:
    """So many demands, all open at once, pausing after each commit of a page of events; yields how many these are."""
    lamps: list[UUID] = []
    commands = ((step, lamp) for step in (None, *LIFE) for lamp in range(number))
    while these := list(islice(commands, page)):
        with flow.batch() as batch:
            for step, lamp in these:
                if step is None:
                    lamps.append(register(batch, f"fufeng/t{lamp % 12}/g{lamp % 60}"))
                else:
                    step(batch, lamps[lamp])
        yield len(these)


def rows_of(file: Path) -> list[Row]:
    """What is stored in a log, in the order of recording."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT * FROM stored_events ORDER BY rowid").fetchall()


def opened(file: Path, **settings: Any) -> DemandFlow:
    """A log with these settings, made if it is not there."""
    return DemandFlow.open(f"sqlite:///{file}", **settings)


class Flow:
    """demandflow as a contestant, with its settings."""

    def __init__(self, file: Path, **settings: Any) -> None:
        self.file, self.flow = file, opened(file, **settings)

    def live(self) -> None:
        """One demand, from registration to evaluation."""
        live(self.flow)

    def check(self, demands: int, events: int) -> None:
        """All were closed and resolved, and left as many events."""
        figures = self.flow.figures()
        assert [figures.count(what) for what in ("received", "closed", "resolved")] == [demands] * 3, figures
        assert len(rows_of(self.file)) == events

    def close(self) -> None:
        """Close the log."""
        self.flow.close()


class Raw:
    """The floor: SQLite alone, the same table and settings, rows that are ready."""

    def __init__(self, file: Path, like: Path, synchronous: str = "FULL") -> None:
        with closing(sqlite3.connect(like)) as connection:
            ((table,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'stored_events'").fetchall()
        self.connection = sqlite3.connect(file, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute(f"PRAGMA synchronous={synchronous}")
        self.connection.execute(table)

    def insert(self, rows: Sequence[Row]) -> None:
        """One commit a row."""
        execute = self.connection.execute
        for row in rows:
            execute("BEGIN IMMEDIATE")
            execute("INSERT INTO stored_events VALUES (?, ?, ?, ?)", row)
            execute("COMMIT")

    def insert_together(self, rows: Sequence[Row]) -> None:
        """One commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def number(self) -> int:
        """How many rows there are."""
        ((number,),) = self.connection.execute("SELECT COUNT(*) FROM stored_events").fetchall()
        return int(number)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def of_others(rows: Sequence[Row]) -> list[Row]:
    """The same rows, of other demands, with ids as demandflow makes them: in the order of time."""
    ids: dict[str, str] = {}
    others: list[Row] = []
    for demand, version, topic, state in rows:
        if version == 1:
            ids[demand] = uuid7().hex
        others.append((ids[demand], version, topic, state))
    return others
