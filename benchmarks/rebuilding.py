"""Rebuilding all tables from a log of many events, in a process of its own, beside a raw scan of its rows; and memory.

Usage: python benchmarks/rebuilding.py [EVENTS]
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from lives import COMMANDS, Flow, opened, side_by_side
from rounds import race, show, timed

FLOOR, PAGE, ROUNDS = "raw scan", 1_000, 3


def scan(file: Path) -> int:
    """The floor: SQLite hands out all rows, page by page."""
    connection = sqlite3.connect(file, isolation_level=None)
    query = f"SELECT rowid, * FROM stored_events WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}"
    last = number = 0
    while rows := connection.execute(query, (last,)).fetchall():
        last, number = rows[-1][0], number + len(rows)
    connection.close()
    return number


def rebuild(file: Path, demands: int) -> None:
    """In a process that does nothing else: rebuild in rounds, and print how long and with how much memory."""
    ours, events = Flow(file), demands * COMMANDS
    before = memory()
    contestants = {
        FLOOR: lambda: timed(lambda: scan(file), events),
        "rebuild": lambda: timed(ours.flow.rebuild, events),
    }
    times = race(contestants, ROUNDS)
    most = memory()
    ours.check(demands, events)
    ours.close()
    show(f"Rebuilding from {events:,} events", times, FLOOR, unit="µs an event", per_second=1e6)
    print(f"  {1 / times.passed('rebuild'):,.0f} events a second")
    print(f"  {100 / times.ratio('rebuild', FLOOR).median:.2f} % of the rate of the raw scan")
    print(f"  {most:.0f} MiB at most, {before:.0f} MiB before")


def memory() -> float:
    """The most that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(events: int = 100_000) -> None:
    """Record so many events, of demands that live side by side, a thousand at a time; then rebuild."""
    demands = -(-events // COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flow.db"
        with opened(file, synchronous="NORMAL") as flow:
            for begun in range(0, demands, PAGE):
                for _ in side_by_side(flow, min(PAGE, demands - begun), PAGE):
                    pass
        subprocess.run([sys.executable, __file__, str(file), str(demands)], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        rebuild(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
