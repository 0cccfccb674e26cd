"""The agenda: when which policy wants to be asked about which demand. Made from the log, like any projection.

What was parked or dropped, and how far hooks were told, is not in the log and is kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.store.mapper import Unreadable, readable
from demandflow.tables import Tables, moment_of, written

PAGE = 1000
SETUPS = 4
"""So many setups keep their agenda; that of the one used longest ago goes first."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_agenda (
    setup TEXT NOT NULL, demand TEXT NOT NULL, policy TEXT NOT NULL, cause TEXT NOT NULL, at TEXT NOT NULL,
    version INTEGER NOT NULL, quiet INTEGER NOT NULL, PRIMARY KEY (setup, demand, policy, cause)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS demandflow_agenda_at ON demandflow_agenda (setup, at, demand, policy, cause, version)
    WHERE quiet = 0;
CREATE TABLE IF NOT EXISTS demandflow_agenda_position (
    setup TEXT PRIMARY KEY, log TEXT NOT NULL, last INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS demandflow_parked (
    policy TEXT NOT NULL, demand TEXT NOT NULL, cause TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    dropped INTEGER NOT NULL, PRIMARY KEY (policy, demand, cause)
)
"""
KEY = ("at", "demand", "policy", "cause")


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of the agenda, as it follows from the demand in this version."""

    at: datetime
    demand: UUID
    policy: str
    cause: str
    version: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A reaction that could not be made, why, and since when; it waits to be retried or dropped."""

    policy: str
    demand: UUID
    cause: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What the policies want to be asked about a demand, which of them could not say, and which could."""

    lines: tuple[Line, ...]
    parked: tuple[Parked, ...]
    cleared: tuple[tuple[str, UUID, str], ...]


class Source(Protocol):
    """What the agenda needs of a log."""

    id: str
    path: str | None

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands, with their positions."""


class Asker(Protocol):
    """Who knows the demands and the policies."""

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now."""

    def asked(self, demand: Demand) -> Asked:
        """What the policies want to be asked about the demand, without what was reacted to already."""


class Agenda:
    """What is to be asked and when, under one setup of policies; it never writes to the log."""

    def __init__(self, source: Source, setup: str) -> None:
        self._source, self._setup = source, setup
        self.tables = Tables(source.path)
        try:
            with self.tables.transaction():
                for statement in SCHEMA.split(";"):
                    self.tables.connection.execute(statement)
        except BaseException:
            self.tables.close()
            raise

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self.tables.close()

    def catch_up(self, asker: Asker, stop: Callable[[], bool] = lambda: False) -> tuple[Parked, ...]:
        """Read the log page by page to its end, and note anew what is to be asked about the demands touched.

        Returns what was parked on the way. A log that is not the one that was read begins anew.
        """
        parked: list[Parked] = []
        with self.tables.locked():
            if not self._matches():
                self._forget()
            while not stop():
                found = self._next_page(asker)
                if found is None:
                    break
                parked += found
        return tuple(parked)

    def forget(self) -> None:
        """Make the agenda of this setup anew from the log, at the next catching up."""
        with self.tables.locked():
            self._forget()

    def due(self, now: datetime) -> Iterator[Line]:
        """What is to be asked by now, in the order of its moments."""
        seen: tuple[str, ...] = ("", "", "", "")
        while True:
            with self.tables.locked():
                rows = self.tables.connection.execute(
                    f"SELECT {', '.join(KEY)}, version FROM demandflow_agenda WHERE setup = ? AND quiet = 0 "  # noqa: S608
                    f"AND at <= ? AND ({', '.join(KEY)}) > (?, ?, ?, ?) ORDER BY {', '.join(KEY)} LIMIT ?",
                    (self._setup, written(now), *seen, PAGE),
                ).fetchall()
            for at, demand, policy, cause, version in rows:
                yield Line(moment_of(at), UUID(demand), policy, cause, version)
            if len(rows) < PAGE:
                return
            seen = rows[-1][:-1]

    def next_moment(self) -> datetime | None:
        """When there is next something to be asked; None if there is nothing."""
        with self.tables.locked():
            (at,) = self.tables.connection.execute(
                "SELECT MIN(at) FROM demandflow_agenda WHERE setup = ? AND quiet = 0", (self._setup,)
            ).fetchone()
        return None if at is None else moment_of(at)

    def put_aside(self, silent: Sequence[Line], parked: Sequence[tuple[Line, Parked]]) -> None:
        """Keep what had no answer, and what could not be answered, so that neither is asked again as things stand.

        What was noted anew meanwhile, since the demand is another one, stays to be asked.
        """
        lines = [*silent, *(line for line, _ in parked)]
        for begin in range(0, len(lines), PAGE):
            with self.tables.locked(), self.tables.transaction():
                self.tables.connection.executemany(
                    "UPDATE demandflow_agenda SET quiet = 1 "
                    "WHERE setup = ? AND demand = ? AND policy = ? AND cause = ? AND at = ? AND version = ?",
                    [
                        (self._setup, one.demand.hex, one.policy, one.cause, written(one.at), one.version)
                        for one in lines[begin : begin + PAGE]
                    ],
                )
                if not begin:
                    self._park([one for _, one in parked])

    def parked(self) -> tuple[Parked, ...]:
        """What is parked, the oldest first."""
        with self.tables.locked():
            rows = self.tables.connection.execute(
                "SELECT policy, demand, cause, reason, at FROM demandflow_parked WHERE dropped = 0 "
                "ORDER BY at, demand, policy, cause"
            ).fetchall()
        return tuple(Parked(policy, UUID(demand), cause, why, moment_of(at)) for policy, demand, cause, why, at in rows)

    def retry(self, parked: Sequence[Parked], asker: Asker) -> None:
        """Let these be asked again, at the next run."""
        with self.tables.locked():
            with self.tables.transaction():
                self._unpark((one.policy, one.demand, one.cause) for one in parked)
            touched = list(dict.fromkeys(one.demand for one in parked))
            while True:
                began = self._position()
                asked = [asker.asked(asker.current(demand)) for demand in touched]
                with self.tables.transaction():
                    if self._position() == began:
                        self._replace(touched, asked)
                        return

    def drop(self, parked: Iterable[Parked]) -> None:
        """Let these never be asked again."""
        with self.tables.locked(), self.tables.transaction():
            self.tables.connection.executemany(
                "UPDATE demandflow_parked SET dropped = 1 WHERE policy = ? AND demand = ? AND cause = ?",
                [(one.policy, one.demand.hex, one.cause) for one in parked],
            )

    def _next_page(self, asker: Asker) -> list[Parked] | None:
        """Write one page; None if there was nothing to write. What is written was worked out before the lock."""
        began = self._position()
        page = readable(self._source.page(began[0], PAGE))
        if not page:
            return None
        last, newest = page[-1]
        touched = list(dict.fromkeys(event.demand for _, event in page))
        asked = [asker.asked(asker.current(demand)) for demand in touched]
        with self.tables.transaction():
            if self._position() != began:
                return []
            parked = self._replace(touched, asked)
            row = (self._setup, self._source.id, last, newest.demand.hex, newest.version)
            self.tables.connection.execute(
                "INSERT OR REPLACE INTO demandflow_agenda_position VALUES (?, ?, ?, ?, ?)", row
            )
            if not began[0]:
                self._forget_old_setups()
        return parked

    def _replace(self, touched: Iterable[UUID], asked: Sequence[Asked]) -> list[Parked]:
        """Note what is asked now instead of all that there was about these demands; what is parked stays quiet.

        Returns what is newly parked.
        """
        self.tables.connection.executemany(
            "DELETE FROM demandflow_agenda WHERE setup = ? AND demand = ?", [(self._setup, one.hex) for one in touched]
        )
        self._unpark(key for one in asked for key in one.cleared)
        self.tables.connection.executemany(
            "INSERT INTO demandflow_agenda VALUES (?, ?, ?, ?, ?, ?, EXISTS "
            "(SELECT 1 FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ?))",
            [
                (*(self._setup, line.demand.hex, line.policy, line.cause, written(line.at), line.version),
                 *(line.policy, line.demand.hex, line.cause))
                for one in asked
                for line in one.lines
            ],
        )  # fmt: skip
        return self._park([parked for one in asked for parked in one.parked])

    def _position(self) -> tuple[Any, ...]:
        """How far this setup has come: the position, and the event there. Another log begins anew."""
        row = self.tables.connection.execute(
            "SELECT last, demand, version FROM demandflow_agenda_position WHERE setup = ? AND log = ?",
            (self._setup, self._source.id),
        ).fetchone()
        return tuple(row) if row else (0, "", 0)

    def _matches(self) -> bool:
        """Whether the log has the event at which the reading stopped."""
        last, demand, version = self._position()
        found = readable(self._source.page(last - 1, 1)) if last else []
        return not last or [(at, one.demand.hex, one.version) for at, one in found] == [(last, demand, version)]

    def _forget(self) -> None:
        with self.tables.transaction():
            for table in ("demandflow_agenda", "demandflow_agenda_position"):
                self.tables.connection.execute(f"DELETE FROM {table} WHERE setup = ?", (self._setup,))  # noqa: S608

    def _forget_old_setups(self) -> None:
        kept = "SELECT setup FROM demandflow_agenda_position ORDER BY rowid DESC LIMIT ?"
        for table in ("demandflow_agenda", "demandflow_agenda_position"):
            self.tables.connection.execute(f"DELETE FROM {table} WHERE setup NOT IN ({kept})", (SETUPS,))  # noqa: S608

    def _park(self, parked: Iterable[Parked]) -> list[Parked]:
        """Park these; returns those that were neither parked nor dropped already."""
        put = "INSERT OR IGNORE INTO demandflow_parked VALUES (?, ?, ?, ?, ?, 0)"
        return [
            one
            for one in parked
            if self.tables.connection.execute(
                put, (one.policy, one.demand.hex, one.cause, one.reason, written(one.at))
            ).rowcount
        ]

    def _unpark(self, keys: Iterable[tuple[str, UUID, str]]) -> None:
        self.tables.connection.executemany(
            "DELETE FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ? AND dropped = 0",
            [(policy, demand.hex, cause) for policy, demand, cause in keys],
        )
