"""Importing a CSV file (three events a row) as a multiple of reading it and inserting the same bytes raw.

Usage: python benchmarks/import_rows.py [ROWS]

Floor: csv.reader over the same file, and sqlite3 inserts of the very events that demandflow stored, two hundred rows a
commit. Both are done in turn, round by round.
"""

from __future__ import annotations

import csv
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

from demandflow import START, STAY, Actor, Channel, DemandFlow, Move, Place, Stage, State, Workflow, rules
from demandflow.facts import ContractedOut, Noted, Registered
from demandflow.importing import Column, Constant, PathOf, RowMapping, RowStep, Timestamp, import_file

ROUNDS = 7
CLERK = Actor("Li", "clerk")


class Done(Noted):
    """It was done."""

    TOPIC: ClassVar[str] = "bench.done"


IN_ORDER = (rules.times_do_not_run_backwards,)
WORK = Workflow(
    "work",
    version=1,
    states=[State("open", Stage.CONTRACTING, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("open", Registered, START, "open", by="clerk"),
        Move("assign", ContractedOut, "open", STAY, by="clerk", means="contracted_out", rules=IN_ORDER),
        Move("finish", Done, "open", "done", by="clerk", rules=IN_ORDER),
    ],
)
MAPPING = RowMapping(
    source="city",
    reference="id",
    by=CLERK,
    zone="Asia/Shanghai",
    formats=("%Y-%m-%d %H:%M",),
    start=RowStep(
        "open",
        Registered,
        Timestamp("opened"),
        {
            "text": Column("text"),
            "channel": Constant(Channel("hotline")),
            "place": PathOf(Place, ("city", Column("where"))),
        },
    ),
    steps=(
        RowStep("assign", ContractedOut, Timestamp("opened"), {"contractor": Column("team")}),
        RowStep("finish", Done, Timestamp("closed"), {"text": Column("text")}),
    ),
)


def written(path: Path, rows: int) -> None:
    """A file of so many rows."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "opened", "closed", "text", "where", "team"])
        for number in range(rows):
            day = f"2025-03-{number % 27 + 1:02}"
            writer.writerow(
                [number, f"{day} 09:00", f"{day} 17:30", "路灯坏了", f"c{number % 50}", f"team {number % 9}"]
            )


def raw(file: Path, stored: list[tuple[Any, ...]], database: Path) -> float:
    """The floor: read the file, insert what was stored."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE raw (a TEXT, b INTEGER, c TEXT, d BLOB, PRIMARY KEY (a, b))")
    began = time.perf_counter()
    with file.open(encoding="utf-8", newline="") as lines:
        assert sum(1 for _ in csv.reader(lines)) > 1
    for start in range(0, len(stored), 600):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO raw VALUES (?, ?, ?, ?)", stored[start : start + 600])
        connection.execute("COMMIT")
    taken = time.perf_counter() - began
    connection.close()
    return taken


def main(rows: int = 2000) -> None:
    """Run both in turn and print the ratio."""
    ours, floor = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "rows.csv", rows)
        for number in range(ROUNDS):
            with DemandFlow.open(f"sqlite:///{folder}/{number}.db", workflows=(WORK,)) as flow:
                began = time.perf_counter()
                report = import_file(flow, folder / "rows.csv", MAPPING)
                ours.append(time.perf_counter() - began)
                assert report.recorded == rows
            reader = sqlite3.connect(folder / f"{number}.db")
            stored = reader.execute("SELECT * FROM stored_events").fetchall()
            reader.close()
            floor.append(raw(folder / "rows.csv", stored, folder / f"raw{number}.db"))
    ratios = [mine / theirs for mine, theirs in zip(ours, floor, strict=True)]
    took, spread = statistics.median(ours), f"{min(ratios):.1f} to {max(ratios):.1f} in {ROUNDS} rounds"
    print(f"{rows} rows, {3 * rows} events: {took:.2f} s ({rows / took:.0f} rows a second)")
    print(f"raw reading and inserts: {statistics.median(floor):.3f} s")
    print(f"ratio {statistics.median(ratios):.1f} ({spread})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
