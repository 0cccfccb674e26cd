"""The streams of all kinds but demands, and what everybody did: who, for which home organisation, what, how much.

A credit is booked once, by the event that earns it, with its position in the log: a report as known at a position is a
sum that nothing changes later.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.fact import stored_topics
from demandflow.domain.facts import UnknownFact
from demandflow.domain.stream import Stream
from demandflow.domain.versions.workflows import Workflows
from demandflow.store.backends import tables_at
from demandflow.store.following import cursor
from demandflow.store.following.cursor import Cursor, Effect
from demandflow.store.following.parking import Parking, topic_of, unreadable, unusable, waiting
from demandflow.store.following.sources import DemandSource, Row
from demandflow.store.mapper import Unreadable
from demandflow.store.statements import Statements, replacing
from demandflow.store.tables.moments import at_microseconds, microseconds
from demandflow.store.tables.schemas import tables_of

READER, LAYOUT, KEPT = "streams", 1, 20_000
SCHEMA = """
CREATE TABLE demandflow_streams (
    stream TEXT PRIMARY KEY, kind TEXT NOT NULL, began INTEGER NOT NULL, state TEXT NOT NULL, ended_as TEXT
);
CREATE INDEX demandflow_streams_kind ON demandflow_streams (kind, began);
CREATE TABLE demandflow_homes (who TEXT PRIMARY KEY, home TEXT NOT NULL);
CREATE TABLE demandflow_credits (
    position INTEGER NOT NULL, stream TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,
    home TEXT NOT NULL, workflow TEXT NOT NULL, measure TEXT NOT NULL, amount INTEGER NOT NULL
);
CREATE INDEX demandflow_credits_at ON demandflow_credits (at);
CREATE INDEX demandflow_credits_stream ON demandflow_credits (stream, who, at);
"""
TABLES = tables_of(SCHEMA)
STREAM = """INSERT INTO demandflow_streams VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream) DO UPDATE
    SET kind = excluded.kind, state = excluded.state, ended_as = excluded.ended_as"""
"""A stream is written again with what changed; it began where it began."""
HOME = replacing("demandflow_homes", ("who", "home"), "who")
CREDIT = """INSERT INTO demandflow_credits VALUES (?, ?, ?, ?, ?, COALESCE(
        ?, (SELECT home FROM demandflow_credits
            WHERE ? = 1 AND stream = ? AND who = ? AND at = ? ORDER BY position LIMIT 1),
        (SELECT home FROM demandflow_homes WHERE who = ?), ''
    ), ?, ?, ?)"""


class Credit(NamedTuple):
    """What somebody did: so much of a measure, at the moment that it is about.

    `home` is their home organisation, where the fact says it; None for the one they have when the event is recorded.
    What is booked `again`, or out, is for the home for which it was booked before.
    `workflow` is the name of the workflow of a demand, and empty for other streams.
    """

    who: str
    measure: str
    amount: int
    at: datetime
    home: str | None = None
    workflow: str = ""
    again: bool = False


class Home(NamedTuple):
    """Somebody's home organisation is this from now on."""

    who: str
    home: str


Earned = Callable[[Stream | None, Event, Stream], Sequence[Credit | Home]]
"""What an event earns: of the stream before it, the event, and the stream after it."""


class StreamTables:
    """Keeps the streams and the credits; each question first catches up with the log."""

    def __init__(self, source: DemandSource, workflows: Workflows, earned: Earned) -> None:
        self._source, self._workflows, self._earned = source, workflows, earned
        self._tables = tables_at(source.path)
        facts = (fact for workflow in workflows.built for fact in workflow.facts)
        known = sorted(topic for fact in facts for topic in stored_topics(fact))
        # who knows other facts makes tables of their own
        make = f"{LAYOUT} {hashlib.sha256(' '.join(dict.fromkeys(known)).encode()).hexdigest()[:16]}"
        self._cursor = Cursor(source, self._tables, READER, lambda: make, every=True)
        self._kept: OrderedDict[UUID, Stream] = OrderedDict()
        self._healed = False
        """Whether the tables were looked at since they were opened."""

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self._tables.close()

    @contextmanager
    def tables(self) -> Iterator[Statements]:
        """The tables to read from, with all that the log has, as of one moment."""
        with self._tables.locked():
            self._heal()
            while self._cursor.next_page(self) is not None:
                pass
            self._tables.begin_reading(SCHEMA)
            yield self._tables.connection

    def position(self) -> int:
        """The position of the log up to which the tables are made; to be called within tables()."""
        position = self._cursor.position()
        return 0 if position is None else position.last

    def beside(self, source: DemandSource) -> StreamTables:
        """Such tables of another source."""
        return StreamTables(source, self._workflows, self._earned)

    def rebuild(self) -> None:
        """Make the tables from the log again, when somebody next asks."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.make(cursor.SCHEMA, self._tables.altered(cursor.SCHEMA))
            self._begin()

    def parked(self) -> list[Parking]:
        """The parked events, in the order of the log."""
        with self.tables():
            return self._cursor.parked(limit=cursor.ALL)

    def retry_parked(self) -> None:
        """Try the parked events again."""
        with self._tables.locked():
            self._heal()
            self._cursor.retry(self)

    def of_kind(self, kind: str, *, ended: bool | None) -> list[UUID]:
        """The streams of this kind, in the order in which they began: all, or those that have ended or not."""
        which = {None: "", False: " AND ended_as IS NULL", True: " AND ended_as IS NOT NULL"}[ended]
        query = f"SELECT stream FROM demandflow_streams WHERE kind = ?{which} ORDER BY began"  # noqa: S608
        with self.tables() as tables:
            return [UUID(stream) for (stream,) in tables.execute(query, (kind,))]

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What these rows change. A stream with a parked event stays as it was before that event."""
        held, parked = set[UUID | None](stuck), list[Parking]()
        booked: list[tuple[int, Event, Stream, Sequence[Credit | Home]]] = []
        for position, event in rows:
            if isinstance(event, Unreadable):
                parked.append(unreadable(position, event))
            elif event.demand in held:
                parked.append(waiting(position, event))
            elif event.stamp.kind is not None and isinstance(event.fact, UnknownFact):
                why = f"{topic_of(event)} is of no workflow given to open()"
                parked.append(Parking(position, event.demand, event.version, why))
            else:
                try:
                    before = self._before(event)
                    after = evolve(before, event, self._workflows.kind_of(event))
                    booked.append((position, event, after, self._earned(before, event, after)))
                except Exception as error:
                    parked.append(unusable(position, event, error))
                else:
                    self._kept[event.demand] = after
                    self._kept.move_to_end(event.demand)
                    continue
            held.add(event.demand)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

        def write(taken: str) -> str:
            lines = sum(self._write(*one) for one in booked)
            return str(int(taken or 0) + lines)

        return Effect(write, parked)

    def _before(self, event: Event) -> Any:
        """The stream before the event; None if it begins with it."""
        if event.version == 1:
            return None
        kept = self._kept.get(event.demand)
        if kept is not None and kept.version == event.version - 1:
            return kept
        events = self._source.events(event.demand, upto=event.version)[:-1]
        return fold(events, None, self._workflows.kind_of(event))

    def _write(self, position: int, event: Event, after: Stream, earned: Sequence[Credit | Home]) -> int:
        """Write what an event changes; returns how many lines are new. Within a transaction."""
        execute, new = self._tables.connection.execute, 0
        if (kind := event.stamp.kind) is not None:
            new += event.version == 1
            execute(STREAM, (event.demand.hex, kind, position, after.state, after.ended_as))
        for one in earned:
            if isinstance(one, Home):
                execute(HOME, one)
                continue
            new += 1
            stream, at = event.demand.hex, microseconds(one.at)
            home = (one.home, int(one.again), stream, one.who, at, one.who)
            execute(
                CREDIT, (position, stream, event.version, at, one.who, *home, one.workflow, one.measure, one.amount)
            )
        return new

    def _heal(self) -> None:
        """Begin from the first event, unless the tables hold what was written to them."""
        if self._healed and self._cursor.matches(self._cursor.position()):
            return
        if not self._sound():
            with self._tables.transaction():
                self._tables.make(cursor.SCHEMA, self._tables.altered(cursor.SCHEMA))
                if not self._sound():
                    self._begin()
        self._healed = True

    def _begin(self) -> None:
        self._tables.make(SCHEMA, TABLES)
        self._cursor.begin()
        self._kept.clear()

    def _sound(self) -> bool:
        if self._tables.altered(cursor.SCHEMA) or self._tables.altered(SCHEMA):
            return False
        position = self._cursor.position()
        if position is None or not self._cursor.matches(position) or self._cursor.number_parked() != position.parked:
            return False
        count = "SELECT (SELECT COUNT(*) FROM demandflow_streams) + (SELECT COUNT(*) FROM demandflow_credits)"
        return bool(self._tables.connection.execute(count).fetchone() == (int(position.taken or 0),))


Sums = Mapping[tuple[str, str, str, str], int]
"""How much of a measure: by home, who, workflow and measure."""


def sums(tables: Statements, begin: datetime, end: datetime, upto: int, home: str | None = None) -> Sums:
    """What was done from `begin` until before `end`, as known at a position of the log; all homes, or one."""
    rows = tables.execute(
        "SELECT home, who, workflow, measure, SUM(amount) FROM demandflow_credits "
        "WHERE at >= ? AND at < ? AND position <= ? AND home = COALESCE(?, home) "
        "GROUP BY 1, 2, 3, 4 HAVING SUM(amount) <> 0 ORDER BY 1, 2, 3, 4",
        (microseconds(begin), microseconds(end), upto, home),
    )
    return {(where, who, workflow, measure): amount for where, who, workflow, measure, amount in rows}


def homes_of(tables: Statements, begin: datetime, end: datetime) -> list[str]:
    """The home organisations whose people did something from `begin` until before `end`, by name."""
    query = "SELECT DISTINCT home FROM demandflow_credits WHERE at >= ? AND at < ? AND home <> '' ORDER BY home"
    return [home for (home,) in tables.execute(query, (microseconds(begin), microseconds(end)))]


Booked = tuple[int, datetime, str, str, str, int]
"""A credit: position, moment, who, workflow, measure and amount."""


def changes_since(tables: Statements, begin: datetime, end: datetime, after: int, home: str) -> list[Booked]:
    """What was booked about a time for a home organisation after a position of the log, in order."""
    rows = tables.execute(
        "SELECT position, at, who, workflow, measure, amount FROM demandflow_credits "
        "WHERE at >= ? AND at < ? AND position > ? AND home = ? ORDER BY position, who, measure, amount",
        (microseconds(begin), microseconds(end), after, home),
    )
    return [(position, at_microseconds(at), *rest) for position, at, *rest in rows]
