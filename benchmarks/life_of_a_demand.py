"""The life of a demand, seven commands of one commit each, as a multiple of inserting the very same rows raw.

Usage: python benchmarks/life_of_a_demand.py [ROUNDS]

Beside it the same life in plain eventsourcing, and in SQLAlchemy with a transitions machine, on SQLite with the same
settings. Then a hundred demands a commit, and eight threads instead of one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from lives import COMMANDS, Flow, Raw, live_together, of_others, rows_of
from orm_and_machine import OrmAndMachine
from plain_eventsourcing import PlainEventsourcing
from rounds import Contestant, Seconds, race, show, timed

LIVES, BATCH_SIZE, THREADS = 24, 100, 8
FLOOR, LONGER = "raw inserts", 8
"""Where nothing waits for the disk, the floor does so many times as much a round: a moment is not measured well."""


def several(live_once: Callable[[], object], lives: int) -> Contestant:
    """A contestant that lives so many lives a round."""

    def work() -> None:
        for _ in range(lives):
            live_once()

    return lambda: timed(work, lives)


def commands(folder: Path, rounds: int, synchronous: str) -> None:
    """Everybody's life, a commit a command."""
    lives, longer = LIVES * (rounds + 1), LONGER if synchronous == "NORMAL" else 1
    folder = folder / synchronous
    folder.mkdir()
    first = Flow(folder / "first.db")
    several(first.live, LIVES)()
    rows = rows_of(first.file) * longer
    raw = Raw(folder / "raw.db", first.file, synchronous)

    def insert() -> Seconds:
        others = of_others(rows)
        return timed(lambda: raw.insert(others), LIVES * longer)

    contestants: dict[str, Flow | PlainEventsourcing | OrmAndMachine] = {
        "demandflow, state kept": Flow(folder / "kept.db", synchronous=synchronous),
        "demandflow, state reloaded": Flow(folder / "reloaded.db", synchronous=synchronous, keep=0),
        "eventsourcing": PlainEventsourcing(folder / "plain.db", synchronous, keep=False),
        "eventsourcing, aggregates kept": PlainEventsourcing(folder / "cached.db", synchronous, keep=True),
        "SQLAlchemy and transitions": OrmAndMachine(folder / "orm.db", synchronous),
    }
    times = race({FLOOR: insert, **{name: several(one.live, LIVES) for name, one in contestants.items()}}, rounds)
    assert raw.number() == lives * longer * COMMANDS
    for contestant in contestants.values():
        contestant.check(lives, lives * COMMANDS)
    for each in (first, raw, *contestants.values()):
        each.close()
    size = sum(len(row[3]) for row in rows) / len(rows)
    title = f"A life of {COMMANDS} commands, one commit each, synchronous={synchronous}, {size:.0f} bytes an event"
    show(title, times, FLOOR, unit="ms a life", per_second=1e3)


def together(folder: Path, rounds: int) -> None:
    """A hundred demands a commit."""
    ours, events = Flow(folder / "together.db", synchronous="NORMAL"), BATCH_SIZE * COMMANDS
    live_together(ours.flow, BATCH_SIZE)
    rows, raw = rows_of(ours.file), Raw(folder / "raw.db", ours.file, "NORMAL")

    def insert() -> Seconds:
        pages = [of_others(rows) for _ in range(LONGER)]

        def insert_all() -> None:
            for page in pages:
                raw.insert_together(page)

        return timed(insert_all, events * LONGER)

    def live_in_a_batch() -> Seconds:
        return timed(lambda: live_together(ours.flow, BATCH_SIZE), events)

    times = race({"executemany": insert, "demandflow": live_in_a_batch}, rounds)
    assert raw.number() == events * LONGER * (rounds + 1)
    ours.check(BATCH_SIZE * (rounds + 2), events * (rounds + 2))
    for each in (raw, ours):
        each.close()
    show(f"{BATCH_SIZE} demands, {events} events a commit", times, "executemany", unit="µs an event", per_second=1e6)
    print(f"  demandflow: {1 / times.passed('demandflow'):,.0f} events a second")


def threads(folder: Path, rounds: int) -> None:
    """One thread and eight, the same number of lives, each commit waiting for the disk."""
    ours, lives, eight = Flow(folder / "threads.db", synchronous="FULL"), THREADS * LIVES // 4, f"{THREADS} threads"

    def some() -> None:
        for _ in range(lives // THREADS):
            ours.live()

    def work() -> None:
        crew = [Thread(target=some) for _ in range(THREADS)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()

    times = race({eight: lambda: timed(work, lives), "one thread": several(ours.live, lives)}, rounds)
    demands = 2 * lives * (rounds + 1)
    ours.check(demands, demands * COMMANDS)
    ours.close()
    show("The same lives by one thread, synchronous=FULL", times, eight, unit="ms a life", per_second=1e3)


def main(rounds: int = 15) -> None:
    """All of it, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for synchronous in ("NORMAL", "FULL"):
            commands(folder, rounds, synchronous)
        together(folder, rounds)
        threads(folder, rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
