"""Loading a demand of 7 and of 70 events, as a multiple of selecting its rows and decoding their JSON.

Usage: python benchmarks/loading.py [ROUNDS]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path
from uuid import UUID

import msgspec
from lives import COMMANDS, Flow, live, live_together, plan, rows_of
from rounds import Contestant, race, show, timed

from demandflow import DemandFlow

TIMES, OTHERS = 200, 1_000
FLOOR = "select and decode"
HANDBACKS = (70 - COMMANDS) // 3


def decoding(file: Path, demand: str, events: int) -> Contestant:
    """The floor: the rows by the index, each state decoded into plain dictionaries by msgspec, the fastest there is."""
    connection = sqlite3.connect(file, isolation_level=None)
    query = "SELECT * FROM stored_events WHERE originator_id = ? ORDER BY originator_version"
    decode = msgspec.json.decode

    def work() -> None:
        for _ in range(TIMES):
            states = [decode(row[3]) for row in connection.execute(query, (demand,)).fetchall()]
        assert len(states) == events

    return lambda: timed(work, TIMES)


def loading(flow: DemandFlow, demand: str, events: int) -> Contestant:
    """demandflow, which keeps nothing, so that it loads the demand each time."""
    wanted = UUID(demand)

    def work() -> None:
        for _ in range(TIMES):
            loaded = flow.demand(wanted)
        assert (loaded.version, loaded.state) == (events, "closed")

    return lambda: timed(work, TIMES)


def main(rounds: int = 25) -> None:
    """Load each of both again and again."""
    with tempfile.TemporaryDirectory() as folder:
        ours = Flow(Path(folder) / "flow.db", keep=0)
        live_together(ours.flow, OTHERS)
        live(ours.flow, plan(HANDBACKS))
        ours.check(OTHERS + 1, OTHERS * COMMANDS + 70)
        ids = [row[0] for row in rows_of(ours.file)]
        for demand, events in ((ids[0], COMMANDS), (ids[-1], 70)):
            contestants = {
                FLOOR: decoding(ours.file, demand, events),
                "demandflow": loading(ours.flow, demand, events),
            }
            title = f"Loading a demand of {events} events"
            show(title, race(contestants, rounds), FLOOR, unit="µs", per_second=1e6)
        ours.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
