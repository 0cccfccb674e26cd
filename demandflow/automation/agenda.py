"""The agenda: when which policy wants to be asked about which demand. Made from the log, like any projection.

What was parked or dropped, and how far hooks were told, is not in the log and is kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from demandflow.automation.parked import SCHEMA as PARKED_SCHEMA
from demandflow.automation.parked import ParkedReaction, ParkedReactions
from demandflow.domain.demand import Demand
from demandflow.errors import StorageError
from demandflow.store import cursor
from demandflow.store.cursor import Cursor, Effect
from demandflow.store.mapper import Unreadable
from demandflow.store.parking import OF_ONE_DEMAND, Parking, unreadable, unusable
from demandflow.store.sources import Row, Source
from demandflow.store.sqlite.tables import Tables, moment_of, tables_of, written

PAGE = 1000
SETUPS = 4
"""So many setups keep their agenda; that of the one used longest ago goes first."""
READER = "policies"
PARKED_LINE = 2
"""A line that is quiet since its reaction is parked; 1 is one that had no answer."""
SCHEMA = """
CREATE TABLE demandflow_agenda (
    setup TEXT NOT NULL, demand TEXT NOT NULL, policy TEXT NOT NULL, cause TEXT NOT NULL, at TEXT NOT NULL,
    version INTEGER NOT NULL, quiet INTEGER NOT NULL, PRIMARY KEY (setup, demand, policy, cause)
) WITHOUT ROWID;
CREATE INDEX demandflow_agenda_at ON demandflow_agenda (setup, at, demand, policy, cause, version)
    WHERE quiet = 0;
"""
OF_EARLIER_RELEASES = "demandflow_agenda_position"
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
class Answer:
    """What the policies want to be asked about a demand, which of them could not say, and which could."""

    lines: tuple[Line, ...]
    parked: tuple[ParkedReaction, ...]
    cleared: tuple[tuple[str, UUID, str], ...]


class Asker(Protocol):
    """Who knows the demands and the policies."""

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now."""

    def asked(self, demand: Demand) -> Answer:
        """What the policies want to be asked about the demand, without what was reacted to already."""


class Agenda:
    """What is to be asked and when, under one setup of policies; it never writes to the log."""

    def __init__(self, source: Source, setup: str) -> None:
        self._setup = setup
        self.tables = Tables(source.path)
        self.parked = ParkedReactions(self.tables)
        self._cursor = Cursor(source, self.tables, f"{READER} {setup}")
        try:
            self._heal()
        except BaseException:
            self.tables.close()
            raise

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self.tables.close()

    def catch_up(self, asker: Asker, stop: Callable[[], bool] = lambda: False) -> tuple[ParkedReaction, ...]:
        """Read the log page by page to its end, and note anew what is to be asked about the demands touched.

        Returns the reactions that were parked on the way. A log that is not the one that was read begins anew.
        """
        reading = _Reading(self, asker)
        with self.tables.locked():
            if not self._cursor.matches(self._cursor.position()):
                with self.tables.transaction():
                    self._forget_lines()
            while not stop():
                if self._cursor.next_page(reading) is None:
                    break
        return tuple(dict.fromkeys(reading.newly_parked))

    def forget(self) -> None:
        """Make the agenda anew from the log, at the next catching up; what is parked or dropped is kept."""
        with self.tables.locked(), self.tables.transaction():
            self._make_tables()

    def parked_events(self) -> list[Parking]:
        """The events that the policies could not be asked about, in the order of the log."""
        with self.tables.locked():
            return self._cursor.parked(limit=-1)

    def retry_parked_events(self, asker: Asker) -> None:
        """Try again what could not be read: what the policies want to be asked is noted."""
        with self.tables.locked():
            self._cursor.retry(_Reading(self, asker))

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

    def acknowledge(self, silent: Sequence[Line], parked: Sequence[tuple[Line, ParkedReaction]]) -> None:
        """Keep what had no answer, and what could not be answered, so that neither is asked again as things stand.

        What was noted anew meanwhile, since the demand is another one, stays to be asked.
        """
        lines = [*((1, line) for line in silent), *((PARKED_LINE, line) for line, _ in parked)]
        for begin in range(0, len(lines), PAGE):
            with self.tables.locked(), self.tables.transaction():
                self.tables.connection.executemany(
                    "UPDATE demandflow_agenda SET quiet = ? "
                    "WHERE setup = ? AND demand = ? AND policy = ? AND cause = ? AND at = ? AND version = ?",
                    [
                        (quiet, self._setup, one.demand.hex, one.policy, one.cause, written(one.at), one.version)
                        for quiet, one in lines[begin : begin + PAGE]
                    ],
                )
                if not begin:
                    self.parked.park([one for _, one in parked])

    def retry(self, parked: Sequence[ParkedReaction], asker: Asker) -> None:
        """Let these be asked again, at the next run."""
        with self.tables.locked():
            with self.tables.transaction():
                self.parked.unpark((one.policy, one.demand, one.cause) for one in parked)
            touched = list(dict.fromkeys(one.demand for one in parked))
            while (began := self._cursor.position()) is not None:
                asked = [said for demand in touched if isinstance(said := _asked(asker, demand), Answer)]
                with self.tables.transaction():
                    if self._cursor.position() == began:
                        lines, _ = self._replace(touched, asked)
                        self._cursor.move(began._replace(taken=str(int(began.taken or 0) + lines)))
                        return

    def replaced(
        self, touched: Sequence[UUID], asked: Sequence[Answer], taken: str
    ) -> tuple[str, list[ParkedReaction]]:
        """Note what is asked now about these demands; returns the number of lines after it, and what is newly parked.

        Within a transaction.
        """
        if not taken:
            self._forget_old_setups()
        lines, parked = self._replace(touched, asked)
        return str(int(taken or 0) + lines), parked

    def _replace(self, touched: Iterable[UUID], asked: Sequence[Answer]) -> tuple[int, list[ParkedReaction]]:
        """Note what is asked now instead of all that there was about these demands; what is parked stays quiet.

        Returns how many lines there are more, and what is newly parked.
        """
        gone = self.tables.connection.executemany(
            "DELETE FROM demandflow_agenda WHERE setup = ? AND demand = ?", [(self._setup, one.hex) for one in touched]
        )
        self.parked.unpark(key for one in asked for key in one.cleared)
        lines = [line for one in asked for line in one.lines]
        # whoever could not say when to be asked has a line as well: by it a loss of what is parked is noticed
        lines += [Line(one.at, one.demand, one.policy, one.cause, 0) for said in asked for one in said.parked]
        newly = self.parked.park([parked for one in asked for parked in one.parked])
        self.tables.connection.executemany(
            "INSERT INTO demandflow_agenda VALUES (?, ?, ?, ?, ?, ?, ? * EXISTS "
            "(SELECT 1 FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ?))",
            [
                (*(self._setup, line.demand.hex, line.policy, line.cause, written(line.at), line.version),
                 *(PARKED_LINE, line.policy, line.demand.hex, line.cause))
                for line in lines
            ],
        )  # fmt: skip
        return len(lines) - max(gone.rowcount, 0), newly

    def _heal(self) -> None:
        """Make the agenda from the log unless its tables are all there and hold what was written to them."""
        with self.tables.snapshot():
            altered = self._altered()
            if not altered and self._sound():
                return
        with self.tables.locked(), self.tables.transaction():
            if self._altered():
                self._make_tables()
            elif not self._sound():
                self._forget_lines()

    def _altered(self) -> list[str]:
        return [table for schema in (cursor.SCHEMA, SCHEMA, PARKED_SCHEMA) for table in self.tables.altered(schema)]

    def _sound(self) -> bool:
        """Whether there are as many lines as were written, and whatever is quiet since it is parked still is so."""
        position = self._cursor.position()
        (lines,) = self.tables.connection.execute(
            "SELECT COUNT(*) FROM demandflow_agenda WHERE setup = ?", (self._setup,)
        ).fetchone()
        if position is None:
            return not lines
        (lost,) = self.tables.connection.execute(
            "SELECT COUNT(*) FROM demandflow_agenda AS line WHERE setup = ? AND quiet = ? AND NOT EXISTS (SELECT 1 "
            "FROM demandflow_parked WHERE policy = line.policy AND demand = line.demand AND cause = line.cause)",
            (self._setup, PARKED_LINE),
        ).fetchone()
        return not lost and str(lines) == (position.taken or "0") and self._cursor.number_parked() == position.parked

    def _make_tables(self) -> None:
        """Make the tables anew; what cannot be made from the log, only where it is gone. Within a transaction."""
        self.tables.make(cursor.SCHEMA, self.tables.altered(cursor.SCHEMA))
        self.tables.make(SCHEMA, tables_of(SCHEMA))
        self.tables.make(PARKED_SCHEMA, self.tables.altered(PARKED_SCHEMA))
        self.tables.connection.execute(f"DROP TABLE IF EXISTS {OF_EARLIER_RELEASES}")
        for table in tables_of(cursor.SCHEMA):
            self.tables.connection.execute(f"DELETE FROM {table} WHERE reader LIKE '{READER} %'")  # noqa: S608

    def _forget_lines(self) -> None:
        """Begin this setup's agenda from the first event; within a transaction."""
        self.tables.connection.execute("DELETE FROM demandflow_agenda WHERE setup = ?", (self._setup,))
        self._cursor.begin()

    def _forget_old_setups(self) -> None:
        kept = "SELECT reader FROM demandflow_cursors WHERE reader LIKE ? ORDER BY rowid DESC LIMIT ?"
        old = self.tables.connection.execute(
            f"SELECT reader FROM demandflow_cursors WHERE reader LIKE ? AND reader NOT IN ({kept})",  # noqa: S608
            (f"{READER} %", f"{READER} %", SETUPS),
        ).fetchall()
        for (reader,) in old:
            for table in tables_of(cursor.SCHEMA):
                self.tables.connection.execute(f"DELETE FROM {table} WHERE reader = ?", (reader,))  # noqa: S608
            setup = reader.removeprefix(f"{READER} ")
            self.tables.connection.execute("DELETE FROM demandflow_agenda WHERE setup = ?", (setup,))


class _Reading:
    """The agenda as a reader of the log: the policies are asked about each demand that a page touches."""

    def __init__(self, agenda: Agenda, asker: Asker) -> None:
        self._agenda, self._asker = agenda, asker
        self.newly_parked: list[ParkedReaction] = []

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What is asked about the demands touched. One that cannot be read is left off the agenda, its events parked.

        No order matters, since a demand is always asked about as it is stored now.
        """
        touched = list(dict.fromkeys(row.demand for _, row in rows if row.demand is not None))
        answers = {demand: _asked(self._asker, demand) for demand in touched}
        asked = {demand: said for demand, said in answers.items() if isinstance(said, Answer)}
        parked: dict[UUID | None, Parking] = {}
        for position, row in rows:
            if not isinstance(row, Unreadable) and isinstance(error := answers[row.demand], Exception):
                parked[row.demand] = unusable(position, row, error)  # the newest stands for the demand
        unread = [unreadable(position, row) for position, row in rows if isinstance(row, Unreadable)]
        for line in unread:
            parked.pop(line.demand, None)

        def write(taken: str) -> str:
            after, newly = self._agenda.replaced(touched, list(asked.values()), taken)
            self.newly_parked += newly
            return after

        return Effect(write, [*unread, *parked.values()], freed=asked)


def _asked(asker: Asker, demand: UUID) -> Answer | Exception:
    """What the policies want to be asked about the demand, or why it cannot be read."""
    try:
        return asker.asked(asker.current(demand))
    except StorageError as error:
        if isinstance(error, OF_ONE_DEMAND):
            return error
        raise
    except Exception as error:  # what a community's fact may raise when it is applied is not known
        return error
