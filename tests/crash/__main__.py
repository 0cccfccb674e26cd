"""`make crash`: so many rounds (else 200) on each database, from this number on (else by lot), and the outcome.

Then, on PostgreSQL, one of four desks is stopped, and a standby takes over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path
from secrets import randbits
from tempfile import TemporaryDirectory

from demandflow.testing.playing.places import Schemas
from tests.crash.failover import stopped, taken_over
from tests.crash.rounds import Tally, Wrong, rounds
from tests.servers import WHY_NOT, Server, binaries

ROUNDS, FAILOVERS = 200, 5
Make = Callable[[Path, int], str]
"""Where a new log is, by its folder and its number."""


@contextmanager
def in_files() -> Iterator[Make]:
    """Each log in a file of its folder."""
    yield lambda place, nth: f"sqlite:///{place / 'log.db'}"


@contextmanager
def in_schemas() -> Iterator[Make]:
    """Each log in a schema of its own on a server that waits for its disk."""
    with closing(Server()) as server:
        server.start()
        schemas, numbers = Schemas(server.url), count(1)

        def make(place: Path, nth: int) -> str:
            name = f"crash_{next(numbers)}"
            schemas.execute(f"CREATE SCHEMA {name}")
            return schemas.url_of(name)

        yield make


def killed(logs: Callable[[], AbstractContextManager[Make]], home: Path, number: int, first: int) -> Tally:
    """So many rounds on logs of a kind."""
    with logs() as make:
        return rounds(make, home, number, first)


def held_up(home: Path, first: int) -> Tally:
    """One of four desks stopped, on a server of its own."""
    with in_schemas() as make:
        return stopped(make(home, 0), home, first)


def main(number: int = ROUNDS, first: int | None = None) -> int:
    """Print the table; 1 if something was lost, doubled or wrong."""
    first = randbits(32) if first is None else first
    print(f"python -m tests.crash {number} {first}", flush=True)
    print("backend | rounds | kills | acknowledged | lost | doubled | events | reactions | seconds")
    failovers = min(number, FAILOVERS)
    works: dict[str, Callable[[Path], Tally]] = {
        "SQLite": lambda home: killed(in_files, home, number, first),
        "PostgreSQL": lambda home: killed(in_schemas, home, number, first),
        "PostgreSQL, one of four desks stopped": lambda home: held_up(home, first),
        "PostgreSQL, primary killed and standby promoted": lambda home: taken_over(home, failovers, first),
    }
    for backend, work in works.items():
        began = time.perf_counter()
        if backend != "SQLite" and binaries() is None:
            print(f"{backend} | {WHY_NOT}")
            continue
        with TemporaryDirectory() as home:
            try:
                tally = work(Path(home))
            except Wrong as wrong:
                print(f"{backend}: {wrong}")
                return 1
        print(f"{backend} | {tally} | {time.perf_counter() - began:.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
