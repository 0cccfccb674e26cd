"""One process that records and eight, on SQLite and on PostgreSQL, beside plain INSERTs of the same rows.

Usage: python benchmarks/many_writers.py [ROUNDS]

Every commit waits for the disk. Eight processes also make steps on the same few demands, each as it finds them, and
note things on the same demand. Meanwhile another process follows the feed. At the end the log is compared with that.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import perf_counter
from typing import Any

# the server that examples bring with them
sys.path.append(str(Path(__file__).parents[1] / "examples"))

from lives import COMMANDS, Row, register, rows_of
from own_server import own_server
from rounds import Contestant, Seconds, Times, race
from writers import (
    LIBRARY,
    NOTES,
    PLAIN,
    RECORDER,
    REGISTER,
    STEPS,
    Counts,
    Place,
    follow,
    library_recorder,
    url_of,
    write,
)

from demandflow import DemandFlow
from demandflow.facts import Noted
from demandflow.store.postgres.dialect import EVENTS

APART, MANY = get_context("forkserver"), 8
APART.set_forkserver_preload(["writers"])  # imported once
ROWS, DEMANDS = 320, 12
"""So many rows and commands a round, by one process or by all; so many demands on which all make their steps."""
SQLITE, POSTGRES = "SQLite", "PostgreSQL"
SEPARATE, TOGETHER = (PLAIN, RECORDER, LIBRARY, REGISTER), (STEPS, NOTES)
IDENTITY = "rowid BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"


def places(folder: Path, server: str) -> dict[str, dict[str, Place]]:
    """Where each writes, with the tables made: a file or a schema of its own."""
    import psycopg

    files: dict[str, Place] = {what: (f"sqlite:///{folder / what}.db", "") for what in SEPARATE}
    schemas: dict[str, Place] = {what: (server, f"s{number}") for number, what in enumerate(SEPARATE)}
    with psycopg.connect(server, autocommit=True) as connection:
        for _, schema in schemas.values():
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        (durable,) = connection.execute("SHOW fsync").fetchone() or ("",)
        assert durable == "on"
    with psycopg.connect(url_of(schemas[PLAIN]), autocommit=True) as connection:
        connection.execute(EVENTS.replace("rowid BIGINT PRIMARY KEY", IDENTITY).encode())
    for place in (files[LIBRARY], schemas[LIBRARY]):
        library = library_recorder(place)
        library.create_table()
        library.datastore.close()
    for what in (RECORDER, REGISTER):
        for place in (files[what], schemas[what]):
            DemandFlow.open(url_of(place)).close()
    with closing(sqlite3.connect(folder / f"{PLAIN}.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        table = "(originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB"
        connection.execute(f"CREATE TABLE stored_events {table}, PRIMARY KEY (originator_id, originator_version))")
    return {SQLITE: files, POSTGRES: schemas}


def a_row(folder: Path) -> Row:
    """What registering a demand stores."""
    with DemandFlow.open(f"sqlite:///{folder / 'sample.db'}") as flow:
        register(flow)
    return rows_of(folder / "sample.db")[0]


class Crew:
    """Processes that write at the same time."""

    def __init__(self, of: dict[str, dict[str, Place]], row: Row) -> None:
        crew = [started(write, number, of, row) for number in range(MANY)]
        self.pipes, self._processes = [pipe for pipe, _ in crew], [process for _, process in crew]

    def work(self, processes: int, task: tuple[str, str, Any]) -> tuple[Counts, Seconds]:
        """Let so many get ready, then work; what came of it, and how long they took in all."""
        pipes = self.pipes[:processes]
        for pipe in pipes:
            pipe.send(task)
        for pipe in pipes:
            answer(pipe)
        began = perf_counter()
        for pipe in pipes:
            pipe.send("go")
        done = [answer(pipe) for pipe in pipes]
        passed = perf_counter() - began
        return sum((counts for counts, _ in done), Counts()), Seconds(passed, sum(own for _, own in done))

    def close(self) -> None:
        """Let them end."""
        for pipe in self.pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()


def started(target: Callable[..., None], *given: Any) -> tuple[Connection, ForkServerProcess]:
    """The pipe to a process, and the process; it ends with this one."""
    ours, theirs = APART.Pipe()
    process = APART.Process(target=target, args=(theirs, *given), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def answer(pipe: Connection) -> Any:
    """What the process says. Raises what it raised."""
    said = pipe.recv()
    if isinstance(said, Exception):
        raise said
    return said


class Backend:
    """The contestants on one database, what came of them, and a process that follows."""

    def __init__(self, name: str, crew: Crew, of: dict[str, Place]) -> None:
        self.name, self.url, self._crew, self._of = name, url_of(of[REGISTER]), crew, of
        self.counts, self._flow, self._demands = Counter[str](), DemandFlow.open(self.url), 0
        self.met: dict[str, Counts] = {what: Counts() for what in TOGETHER}
        self._reader, _ = started(follow, self.url)

    def contestants(self) -> Iterator[tuple[str, Contestant]]:
        """Each by its name."""
        for what in SEPARATE:
            for processes in (1, MANY):
                yield self.title(what, processes), lambda what=what, n=processes: self._separate(what, n)  # type: ignore[misc]
        for what in TOGETHER:
            yield self.title(what, MANY), lambda what=what: self._together(what)  # type: ignore[misc]

    def title(self, what: str, processes: int) -> str:
        """The name of a contestant."""
        return f"{self.name}, {what}, {processes}"

    def _separate(self, what: str, processes: int) -> Seconds:
        done, took = self._crew.work(processes, (self.name, what, ROWS // processes))
        assert done == Counts(recorded=ROWS), done
        self.counts[what] += ROWS
        return Seconds(*(seconds / ROWS for seconds in took))

    def _together(self, what: str) -> Seconds:
        demands = [register(self._flow) for _ in range(DEMANDS if what == STEPS else 1)]
        given = demands if what == STEPS else (demands[0], ROWS // MANY)
        done, took = self._crew.work(MANY, (self.name, what, given))
        self.met[what] += done
        self._demands += len(demands)
        if what == STEPS:
            assert done.recorded == DEMANDS * (COMMANDS - 1), done
        else:
            assert done.recorded + done.busy == ROWS, done
        return Seconds(*(seconds / done.recorded for seconds in took))

    def check(self, rounds: int) -> None:
        """Nothing is lost or doubled, positions have no gap, and who followed saw all."""
        met, registered = self.met, self.counts[REGISTER] + self._demands
        events = registered + met[STEPS].recorded + met[NOTES].recorded
        with self._flow as flow:
            assert flow.last_position() == events, (flow.last_position(), events)
            self._reader.send(events)
            assert (seen := answer(self._reader)) == events, seen
            notes = [event.fact.text for event in flow.all_events() if isinstance(event.fact, Noted)]
            assert len(set(notes)) == len(notes) == met[NOTES].recorded
            assert flow.figures().count("closed") == met[STEPS].recorded / (COMMANDS - 1) == DEMANDS * rounds
            assert flow.figures().count("received") == registered
            verified = flow.verify()
            assert verified.ok, verified
        with DemandFlow.open(url_of(self._of[RECORDER])) as flow:
            assert flow.last_position() == self.counts[RECORDER]

    def show(self, times: Times) -> None:
        """Print what each records a second, and how many times as long as the floor it takes; then the conflicts."""
        print(f"\n{self.name}, every commit waits for the disk: a second, and × plain INSERTs by as many processes")
        print(f"{'':28}{'one process':<30}{MANY} processes")
        for what in (*SEPARATE, *TOGETHER):
            line = f"{what:<26}"
            for processes in (1, MANY):
                if (name := self.title(what, processes)) not in times.seconds:
                    line += f"{'':30}"
                    continue
                ratio = times.ratio(name, self.title(PLAIN, processes)) if what != PLAIN else ""
                line += f"{1 / times.passed(name):>9,.0f}  {ratio!s:<19}"
            print(line.rstrip())
        print(f"{'':26}{'recorded':>9}{'refused':>9}{'told who':>9}{'again':>9}{'at most':>9}{'busy':>9}")
        for what, met in self.met.items():
            numbers = (met.recorded, met.told + met.untold, met.told, met.again, met.most, met.busy)
            print(f"{what:<26}" + "".join(f"{number:>9,}" for number in numbers))


@contextmanager
def crewed() -> Iterator[list[Backend]]:
    """The databases and the processes, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory() as name, own_server() as server:
        folder = Path(name)
        of, row = places(folder, server), a_row(folder)
        crew = Crew(of, row)
        yield [Backend(name, crew, of[name]) for name in (SQLITE, POSTGRES)]
        crew.close()


def main(rounds: int = 7) -> None:
    """All of it, on both databases in turn."""
    with crewed() as backends:
        contestants = dict(pair for backend in backends for pair in backend.contestants())
        times = race(contestants, rounds)
        print(f"{rounds} rounds: medians, in brackets the quartiles of the pairs")
        for backend in backends:
            backend.check(rounds + 1)
            backend.show(times)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
