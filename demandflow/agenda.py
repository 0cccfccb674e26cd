"""The agenda: when which policy wants to be asked about which demand. Made from the log, like any projection.

What was parked or dropped is not in the log and is kept apart: making the agenda anew does not lose it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.tables import Tables, moment_of, written

PAGE = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_agenda (
    setup TEXT NOT NULL, demand TEXT NOT NULL, policy TEXT NOT NULL, cause TEXT NOT NULL, at TEXT NOT NULL,
    silent INTEGER NOT NULL, PRIMARY KEY (setup, demand, policy, cause)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS demandflow_agenda_at ON demandflow_agenda (setup, at, demand, policy, cause)
    WHERE silent = 0;
CREATE TABLE IF NOT EXISTS demandflow_agenda_position (
    setup TEXT PRIMARY KEY, log TEXT NOT NULL, last INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS demandflow_parked (
    policy TEXT NOT NULL, demand TEXT NOT NULL, cause TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    dropped INTEGER NOT NULL, PRIMARY KEY (policy, demand, cause)
);
CREATE TABLE IF NOT EXISTS demandflow_delivered (
    hook TEXT PRIMARY KEY, log TEXT NOT NULL, last INTEGER NOT NULL
)
"""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of the agenda."""

    at: datetime
    demand: UUID
    policy: str
    cause: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A reaction that could not be made, why, and since when; it waits to be retried or dropped."""

    policy: str
    demand: UUID
    cause: str
    reason: str
    at: datetime


class Source(Protocol):
    """What the agenda needs of a log."""

    id: str
    path: str | None

    def page(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events of all demands, with their positions."""


class Asker(Protocol):
    """Who knows the demands and the policies."""

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now."""

    def lines(self, demand: Demand) -> list[Line]:
        """What the policies want to be asked about the demand, without what was reacted to already."""


class Agenda:
    """What is to be asked and when, under one setup of policies; it never writes to the log."""

    def __init__(self, source: Source, setup: str) -> None:
        self._source, self._setup = source, setup
        self._tables = Tables(source.path)
        try:
            with self._tables.transaction():
                for statement in SCHEMA.split(";"):
                    self._tables.connection.execute(statement)
        except BaseException:
            self._tables.close()
            raise

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self._tables.close()

    def catch_up(self, asker: Asker) -> None:
        """Read the log page by page to its end, and note anew what is to be asked about the demands touched."""
        with self._tables.locked():
            while self._next_page(asker):
                pass

    def forget(self) -> None:
        """Make the agenda of this setup anew from the log, at the next catching up."""
        with self._tables.locked(), self._tables.transaction():
            self._clear()

    def due(self, now: datetime) -> Iterator[Line]:
        """What is to be asked by now, in the order of its moments; not what was parked."""
        seen: tuple[str, ...] = ("", "", "", "")
        while True:
            with self._tables.locked():
                rows = self._tables.connection.execute(
                    "SELECT at, demand, policy, cause FROM demandflow_agenda AS a WHERE setup = ? AND silent = 0 "
                    "AND at <= ? AND (at, demand, policy, cause) > (?, ?, ?, ?) AND NOT EXISTS "
                    "(SELECT 1 FROM demandflow_parked AS p WHERE (p.policy, p.demand, p.cause) = "
                    "(a.policy, a.demand, a.cause)) ORDER BY at, demand, policy, cause LIMIT ?",
                    (self._setup, written(now), *seen, PAGE),
                ).fetchall()
            for at, demand, policy, cause in rows:
                yield Line(moment_of(at), UUID(demand), policy, cause)
            if len(rows) < PAGE:
                return
            seen = rows[-1]

    def next_moment(self) -> datetime | None:
        """When there is next something to be asked; None if there is nothing."""
        with self._tables.locked():
            (at,) = self._tables.connection.execute(
                "SELECT MIN(at) FROM demandflow_agenda AS a WHERE setup = ? AND silent = 0 AND NOT EXISTS "
                "(SELECT 1 FROM demandflow_parked AS p WHERE (p.policy, p.demand, p.cause) = "
                "(a.policy, a.demand, a.cause))",
                (self._setup,),
            ).fetchone()
        return None if at is None else moment_of(at)

    def put_aside(self, silent: Sequence[Line], parked: Sequence[Parked]) -> None:
        """Keep what had no answer, and what could not be answered, so that neither is asked again as things stand."""
        if not silent and not parked:
            return
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.executemany(
                "UPDATE demandflow_agenda SET silent = 1 "
                "WHERE setup = ? AND demand = ? AND policy = ? AND cause = ? AND at = ?",
                [(self._setup, one.demand.hex, one.policy, one.cause, written(one.at)) for one in silent],
            )
            self._park(parked)

    def parked(self) -> tuple[Parked, ...]:
        """What is parked, the oldest first."""
        with self._tables.locked():
            rows = self._tables.connection.execute(
                "SELECT policy, demand, cause, reason, at FROM demandflow_parked WHERE dropped = 0 "
                "ORDER BY at, demand, policy, cause"
            ).fetchall()
        return tuple(Parked(policy, UUID(demand), cause, why, moment_of(at)) for policy, demand, cause, why, at in rows)

    def retry(self, parked: Sequence[Parked], asker: Asker) -> None:
        """Let these be asked again, at the next run."""
        with self._tables.locked():
            touched = list(dict.fromkeys(one.demand for one in parked))
            keys = [(one.policy, one.demand.hex, one.cause) for one in parked]
            with self._tables.transaction():
                self._tables.connection.executemany(
                    "DELETE FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ? AND dropped = 0", keys
                )
            lines = [line for demand in touched for line in asker.lines(asker.current(demand))]
            with self._tables.transaction():
                self._replace(touched, lines)

    def drop(self, parked: Iterable[Parked]) -> None:
        """Let these never be asked again."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.executemany(
                "UPDATE demandflow_parked SET dropped = 1 WHERE policy = ? AND demand = ? AND cause = ?",
                [(one.policy, one.demand.hex, one.cause) for one in parked],
            )

    def delivered(self, hook: str) -> int:
        """How far in the log this hook was told."""
        with self._tables.locked():
            row = self._tables.connection.execute(
                "SELECT last FROM demandflow_delivered WHERE hook = ? AND log = ?", (hook, self._source.id)
            ).fetchone()
        return row[0] if row else 0

    def move_delivered(self, hook: str, last: int) -> None:
        """Note how far this hook was told."""
        with self._tables.locked(), self._tables.transaction():
            row = (hook, self._source.id, last)
            self._tables.connection.execute("INSERT OR REPLACE INTO demandflow_delivered VALUES (?, ?, ?)", row)

    def _next_page(self, asker: Asker) -> bool:
        """Write one page; False if there was nothing to write. What is written was worked out before the lock."""
        began = self._position()
        page = self._source.page(began[0], PAGE)
        if not page:
            return False
        last, newest = page[-1]
        lines: list[Line] = []
        touched = list(dict.fromkeys(event.demand for _, event in page))
        for demand in touched:
            lines += asker.lines(asker.current(demand))
        with self._tables.transaction():
            if self._position() != began:
                return True
            self._replace(touched, lines)
            row = (self._setup, self._source.id, last, newest.demand.hex, newest.version)
            self._tables.connection.execute(
                "INSERT OR REPLACE INTO demandflow_agenda_position VALUES (?, ?, ?, ?, ?)", row
            )
        return True

    def _replace(self, touched: Iterable[UUID], lines: Iterable[Line]) -> None:
        """Note these lines instead of all that there were about these demands."""
        self._tables.connection.executemany(
            "DELETE FROM demandflow_agenda WHERE setup = ? AND demand = ?", [(self._setup, one.hex) for one in touched]
        )
        self._tables.connection.executemany(
            "INSERT OR IGNORE INTO demandflow_agenda VALUES (?, ?, ?, ?, ?, 0)",
            [(self._setup, one.demand.hex, one.policy, one.cause, written(one.at)) for one in lines],
        )

    def _position(self) -> tuple[Any, ...]:
        """How far this setup has come: the position, and the event there. Another log begins anew."""
        row = self._tables.connection.execute(
            "SELECT last, demand, version FROM demandflow_agenda_position WHERE setup = ? AND log = ?",
            (self._setup, self._source.id),
        ).fetchone()
        return tuple(row) if row else (0, "", 0)

    def _clear(self) -> None:
        for table in ("demandflow_agenda", "demandflow_agenda_position"):
            self._tables.connection.execute(f"DELETE FROM {table} WHERE setup = ?", (self._setup,))  # noqa: S608

    def _park(self, parked: Iterable[Parked]) -> None:
        self._tables.connection.executemany(
            "INSERT OR IGNORE INTO demandflow_parked VALUES (?, ?, ?, ?, ?, 0)",
            [(one.policy, one.demand.hex, one.cause, one.reason, written(one.at)) for one in parked],
        )
