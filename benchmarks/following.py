"""How fast the figures follow a log that grows, in pages of 1, 10 and 1,000 events, beside a raw scan of the rows.

Usage: python benchmarks/following.py [ROUNDS]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from lives import opened, rows_of, side_by_side
from rounds import Contestant, Seconds, Times, race, show, timed

from demandflow import DemandFlow

FEW, MANY = 500, 12_000
"""Demands that are open at once; of MANY not all are kept."""
PAGE, TIMES = 1_000, 50
FLOOR = "raw scan"


def following(flow: DemandFlow, pages: Iterator[int]) -> Contestant:
    """Each round a page is recorded; what counts is what the figures take to follow, beyond what the query takes."""

    def follow() -> Seconds:
        events = next(pages)
        behind, up_to_date = timed(flow.figures), timed(flow.figures)
        passed, processor = (max(late - own, 1e-9) / events for late, own in zip(behind, up_to_date, strict=True))
        return Seconds(passed, processor)

    return follow


def scanning(file: Path) -> Contestant:
    """The floor: SQLite hands out a page of rows."""
    connection = sqlite3.connect(file, isolation_level=None)
    query = f"SELECT rowid, * FROM stored_events WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}"

    def scan() -> None:
        for number in range(TIMES):
            assert len(connection.execute(query, (number,)).fetchall()) == PAGE

    return lambda: timed(scan, TIMES * PAGE)


def again_and_again(flow: DemandFlow, page: int) -> Iterator[int]:
    """Pages of a few demands that live side by side, and of a few others after them, and so on."""
    for _ in count():
        yield from side_by_side(flow, FEW, page)


def show_rates(title: str, times: Times) -> None:
    """Print what an event takes, and what part of the raw scan's rate that is."""
    show(title, times, FLOOR, unit="µs an event", per_second=1e6)
    for name in times.seconds:
        if name != FLOOR:
            print(f"  {name}: {100 / times.ratio(name, FLOOR).median:.2f} % of the rate of the raw scan")


def main(rounds: int = 25) -> None:
    """Pages of a thousand with few and with many open demands, then small ones."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        few, many = (Path(folder) / f"{name}.db" for name in ("few", "many"))
        narrow, wide = (stack.enter_context(opened(file)) for file in (few, many))
        pages = side_by_side(wide, MANY, PAGE)
        for _ in range(MANY // PAGE):  # all are registered before the race
            next(pages)
        wide.figures()
        contestants = {
            f"{FEW:,} open demands": following(narrow, again_and_again(narrow, PAGE)),
            f"{MANY:,} open demands": following(wide, pages),
            FLOOR: scanning(many),
        }
        show_rates(f"Following the log in pages of {PAGE:,} events", race(contestants, rounds))
        assert wide.figures().count("open") == MANY
        assert len(rows_of(many)) == MANY + (rounds + 1) * PAGE
        for page in (10, 1):
            contestants = {
                f"pages of {page}": following(narrow, again_and_again(narrow, page)),
                FLOOR: scanning(many),
            }
            show_rates("Following the log in small pages", race(contestants, rounds * 2))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
