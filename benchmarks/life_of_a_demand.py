"""The life of a demand (seven commands, one commit each) as a multiple of inserting the same bytes raw.

Usage: python benchmarks/life_of_a_demand.py [LIVES]

Floor: sqlite3 inserts of the very rows that demandflow stored, one commit each, into the same table under the same
settings (WAL, full sync). Both are done in turn, round by round, so that a machine that slows down slows both.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from demandflow import Actor, DemandFlow, Grade, Role, Way

CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, RESIDENT = Actor("Zhao", Role.DISPATCHER), Actor("张三", Role.RESIDENT)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="lighting team")
COMMANDS = 7
ROUND = 50


def live(flow: DemandFlow) -> None:
    """One demand, from registration to evaluation."""
    lamp = flow.register("路灯坏了", channel="hotline", place="fufeng/nanguan/g3", resident="张三", by=CLERK).id
    flow.accept(lamp, by=AUDITOR)
    flow.contract_out(lamp, "lighting team", by=DISPATCHER)
    flow.take_on(lamp, by=WORKER)
    flow.report(lamp, "A new bulb.", by=WORKER)
    flow.feed_back(lamp, Way.CALL, by=CLERK)
    flow.evaluate(lamp, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)


def rows_after(database: Path, position: int) -> list[tuple[object, ...]]:
    """What was stored since."""
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT * FROM stored_events WHERE rowid > ?", (position,)).fetchall()
    finally:
        connection.close()


def insert(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    """The floor: the same rows, one commit each."""
    for row in rows:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?)", row)
        connection.execute("COMMIT")


def main(lives: int = 1000) -> None:
    """Run both in turn and print the ratio."""
    with tempfile.TemporaryDirectory() as folder, DemandFlow.open(f"sqlite:///{folder}/flow.db") as flow:
        raw = sqlite3.connect(f"{folder}/raw.db", isolation_level=None)
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute(
            "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, "
            "PRIMARY KEY (originator_id, originator_version))"
        )
        ours, floor = [], []
        for number in range(lives // ROUND + 1):
            began = time.perf_counter()
            for _ in range(ROUND):
                live(flow)
            took = time.perf_counter() - began
            rows = rows_after(Path(folder) / "flow.db", number * ROUND * COMMANDS)
            began = time.perf_counter()
            insert(raw, rows)
            if number:  # the first round warms up
                ours.append(took / ROUND)
                floor.append((time.perf_counter() - began) / ROUND)
        raw.close()
        ratios = sorted(a / b for a, b in zip(ours, floor, strict=True))
        size = sum(len(row[3]) for row in rows if isinstance(row[3], bytes)) / len(rows)
        print(
            f"{len(ours) * ROUND} lives of {COMMANDS} commands, one commit each, on SQLite; {size:.0f} bytes an event"
        )
        print(f"demandflow  {statistics.median(ours) * 1e3:7.2f} ms a life")
        print(f"raw inserts {statistics.median(floor) * 1e3:7.2f} ms a life")
        spread = f"from {ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} rounds"
        print(f"ratio       {statistics.median(ratios):7.2f} ({spread})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
