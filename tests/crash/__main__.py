"""`make crash`: so many rounds (else 200) on each database, from this number on (else by lot), and the outcome."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from secrets import randbits
from tempfile import TemporaryDirectory

from demandflow.testing.playing.places import Schemas
from tests.crash.rounds import Wrong, rounds
from tests.servers import WHY_NOT, Server, binaries

ROUNDS = 200
Make = Callable[[Path, int], str]
"""Where a new log is, by its folder and its number."""


@contextmanager
def in_files() -> Iterator[Make]:
    """Each log in a file of its folder."""
    yield lambda place, nth: f"sqlite:///{place / 'log.db'}"


@contextmanager
def in_schemas() -> Iterator[Make | None]:
    """Each log in a schema of its own on a server that waits for its disk; None if there are no binaries."""
    if binaries() is None:
        yield None
        return
    with closing(Server()) as server:
        server.start()
        schemas, numbers = Schemas(server.url), count(1)

        def make(place: Path, nth: int) -> str:
            name = f"crash_{next(numbers)}"
            schemas.execute(f"CREATE SCHEMA {name}")
            return schemas.url_of(name)

        yield make


def main(number: int = ROUNDS, first: int | None = None) -> int:
    """Print the table; 1 if something was lost, doubled or wrong."""
    first = randbits(32) if first is None else first
    print(f"python -m tests.crash {number} {first}", flush=True)
    print("backend | rounds | kills | acknowledged | lost | doubled | events | reactions | seconds")
    for backend, logs in (("SQLite", in_files), ("PostgreSQL", in_schemas)):
        began = time.perf_counter()
        with TemporaryDirectory() as home, logs() as make:
            if make is None:
                print(f"{backend} | {WHY_NOT}")
                continue
            try:
                tally = rounds(make, Path(home), number, first)
            except Wrong as wrong:
                print(f"{backend}: {wrong}")
                return 1
        print(f"{backend} | {tally} | {time.perf_counter() - began:.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
