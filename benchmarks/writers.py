"""What processes write at once: rows by plain statements and by recorders, commands, and steps on the same demands."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from time import process_time
from typing import Any
from uuid import UUID

from lives import CLERK, LIFE, Row, of_others, register

from demandflow import DemandFlow, Refusal
from demandflow.errors import StorageBusy
from demandflow.store.backends import is_postgres, postgres_recorder
from demandflow.store.log import VersionTaken
from demandflow.store.sqlite.recorder import SQLiteRecorder

PLAIN, RECORDER, LIBRARY, REGISTER = "plain INSERTs", "our recorder", "eventsourcing's recorder", "register"
STEPS, NOTES = "steps on the same demands", "notes on the same demand"
FEW = 4
"""All processes take so many demands at once, from one end to the other, and then the next."""
STEP = dict(zip(("registered", "accepted", "contracted_out", "in_hand", "reported", "fed_back"), LIFE, strict=True))
Place = tuple[str, str]
"""The URL of a database, and a schema in it; an SQLite file needs none."""


@dataclass
class Counts:
    """What came of commands: recorded, refused with or without who was faster, decided again (at most), not stored."""

    recorded: int = 0
    told: int = 0
    untold: int = 0
    again: int = 0
    most: int = 0
    busy: int = 0

    def __add__(self, other: Counts) -> Counts:
        total = Counts(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))
        total.most = max(self.most, other.most)
        return total


def file_of(place: Place) -> str:
    """The path of an SQLite file."""
    return place[0].removeprefix("sqlite:///")


def url_of(place: Place) -> str:
    """The URL of a log there."""
    return f"{place[0]}?options=-csearch_path%3D{place[1]}" if is_postgres(place[0]) else place[0]


def plain(place: Place) -> Callable[[Row], object]:
    """The floor: a transaction a row, by the driver alone."""
    if is_postgres(place[0]):
        import psycopg

        execute = psycopg.connect(url_of(place), autocommit=True, prepare_threshold=3).execute
        columns = "originator_id, originator_version, topic, state"
        statement = f"INSERT INTO stored_events ({columns}) VALUES (%s, %s, %s, %s)"
        return lambda row: execute(statement.encode(), row)
    connection = sqlite3.connect(file_of(place), isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")

    def insert(row: Row) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?)", row)
        connection.execute("COMMIT")

    return insert


def recorder(place: Place) -> Callable[[Row], object]:
    """Our recorder alone."""
    url = url_of(place)
    ours: Any = postgres_recorder(url) if is_postgres(url) else SQLiteRecorder(file_of(place))
    return lambda row: ours.append([row])


def library_recorder(place: Place) -> Any:
    """The recorder of eventsourcing as it is, but that SQLite is told to wait for the disk; its table is not made."""
    if is_postgres(place[0]):
        from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
        from psycopg.conninfo import conninfo_to_dict

        said: dict[str, Any] = conninfo_to_dict(place[0])
        where = {name: said[name] for name in ("dbname", "host", "port", "user")}
        return PostgresApplicationRecorder(PostgresDatastore(**where, password="", schema=place[1]))
    from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

    store = SQLiteDatastore(file_of(place), pool_size=1)
    with store.get_connection(commit=True) as connection:
        connection.cursor().execute("PRAGMA synchronous=FULL")  # there is but one connection
    return SQLiteApplicationRecorder(store)


def library(place: Place) -> Callable[[Row], object]:
    """The recorder of eventsourcing."""
    from eventsourcing.persistence import StoredEvent

    theirs = library_recorder(place)
    return lambda row: theirs.insert_events([StoredEvent(UUID(row[0]), *row[1:])])


class Writer:
    """What one process does in one database."""

    def __init__(self, number: int, places: dict[str, Place], row: Row) -> None:
        self._number, self._places, self._row, self._of = number, places, row, dict[str, Callable[[Row], object]]()
        self._again = 0

    def ready(self, what: str, given: Any) -> Callable[[], Counts]:
        """Get ready; the work is done by what is returned."""
        if what == REGISTER:
            return lambda: self._all([lambda: register(self._flow)] * given)
        if what == NOTES:
            demand, number = given
            notes = [f"{demand.hex} {self._number} {each}" for each in range(number)]
            return lambda: self._all([lambda note=note: self._flow.note(demand, note, by=CLERK) for note in notes])  # type: ignore[misc]
        if what == STEPS:
            return lambda: self._steps(given)
        if what not in self._of:
            self._of[what] = {PLAIN: plain, RECORDER: recorder, LIBRARY: library}[what](self._places[what])
        append, rows = self._of[what], of_others([self._row] * given)
        return lambda: Counts(recorded=len([append(row) for row in rows]))

    @cached_property
    def _flow(self) -> DemandFlow:
        flow: Any = DemandFlow.open(url_of(self._places[REGISTER]), create=False)
        append = flow._log.append

        def counted(events: Any) -> None:
            try:
                append(events)
            except VersionTaken:
                self._again += 1
                raise

        flow._log.append = counted
        return flow  # type: ignore[no-any-return]

    def _all(self, commands: Sequence[Callable[[], object]]) -> Counts:
        counts = Counts()
        for command in commands:
            counts += self._tried(command)
        return counts

    def _steps(self, demands: Sequence[UUID]) -> Counts:
        """Take these demands to their end, whoever makes which step: look at each, and try what comes next."""
        flow, counts = self._flow, Counts()
        for first in range(0, len(demands), FEW):
            going = list(demands[first : first + FEW])
            while going:
                for demand in tuple(going):
                    if (step := STEP.get(flow.demand(demand).state)) is None:
                        going.remove(demand)
                    else:
                        counts += self._tried(lambda step=step, demand=demand: step(flow, demand))  # type: ignore[misc]
        return counts

    def _tried(self, command: Callable[[], object]) -> Counts:
        counts, self._again = Counts(), 0
        try:
            command()
            counts.recorded = 1
        except Refusal as error:
            counts.told, counts.untold = (1, 0) if error.meanwhile else (0, 1)
        except StorageBusy:
            counts.busy = 1
        counts.again = counts.most = self._again
        return counts


def write(pipe: Connection, number: int, places: dict[str, dict[str, Place]], row: Row) -> None:
    """A process that writes what it is told, in each of the databases, until it is told nothing."""
    writers = {backend: Writer(number, of_backend, row) for backend, of_backend in places.items()}
    while (task := pipe.recv()) is not None:
        backend, what, given = task
        try:
            work = writers[backend].ready(what, given)
            pipe.send("ready")
            pipe.recv()
            before = process_time()
            counts = work()
            pipe.send((counts, process_time() - before))
        except Exception as error:
            pipe.send(error)


def follow(pipe: Connection, url: str) -> None:
    """A process that follows the feed from the first event; told a position, it ends there and says what it saw."""
    last, until, versions = 0, None, Counter[UUID]()
    with DemandFlow.open(url, create=False) as flow:
        while until is None or last < until:
            page = flow.events_after(last)
            for position, event in page:
                versions[event.demand] += 1
                if (position, event.version) != (last + 1, versions[event.demand]):
                    pipe.send(f"after {last} came {position}, which is version {event.version}")
                    return
                last = position
            if not page:
                time.sleep(0.02)
            if until is None and pipe.poll():
                until = pipe.recv()
    pipe.send(last)
