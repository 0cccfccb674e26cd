"""The agenda: when to ask which policy about which demand. It is made from the log, like the board.

Which reactions are parked or dropped is not in the log, and is kept in a table of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from demandflow.automation.asking import Answer, Line
from demandflow.automation.parked import SCHEMA as PARKED_SCHEMA
from demandflow.automation.parked import ParkedReaction, ParkedReactions
from demandflow.store.backends import tables_at
from demandflow.store.following import cursor
from demandflow.store.following.cursor import Cursor, Effect
from demandflow.store.following.parking import Parking, unreadable, unusable
from demandflow.store.following.sources import Row, Source
from demandflow.store.mapper import Unreadable
from demandflow.store.tables.moments import moment_of, written
from demandflow.store.tables.schemas import tables_of

SETUPS = 4
"""So many setups keep their agenda; the one used longest ago loses it first."""
READER = "policies"
PARKED_LINE = 2
"""Marks a line whose reaction is parked; 1 marks one that had no answer."""
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


class Agenda:
    """The agenda of one setup of policies; it never writes to the log."""

    def __init__(self, source: Source, setup: str, ask: Callable[[UUID], Answer | Exception]) -> None:
        """`ask` says when the policies want to be asked about a demand, or why it cannot be read."""
        self._setup, self._ask = setup, ask
        self._newly_parked: list[ParkedReaction] = []
        self.tables = tables_at(source.path)
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

    def catch_up(self, stop: Callable[[], bool] = lambda: False) -> tuple[ParkedReaction, ...]:
        """Read the log page by page to its end, and ask about the demands in it again.

        Returns the reactions that were parked on the way. If it is another log than before, it is read from its start.
        """
        with self.tables.locked():
            if not self._cursor.matches(self._cursor.position()):
                with self.tables.transaction():
                    self._forget_lines()
            self._newly_parked.clear()
            while not stop():
                if self._cursor.next_page(self) is None:
                    break
            return tuple(dict.fromkeys(self._newly_parked))

    def forget(self) -> None:
        """Make the agenda from the log again, when it next catches up; what is parked or dropped is kept."""
        with self.tables.locked(), self.tables.transaction():
            self._make_tables()

    def parked_events(self) -> list[Parking]:
        """The events that the policies could not be asked about, in the order of the log."""
        with self.tables.locked():
            return self._cursor.parked(limit=cursor.ALL)

    def retry_parked_events(self) -> None:
        """Try again to read what could not be read."""
        with self.tables.locked():
            self._cursor.retry(self)

    def due(self, now: datetime) -> Iterator[Line]:
        """The lines that are due by now, in their order."""
        last: tuple[str, ...] = ("", "", "", "")
        while True:
            with self.tables.locked():
                rows = self.tables.connection.execute(
                    f"SELECT {', '.join(KEY)}, version FROM demandflow_agenda WHERE setup = ? AND quiet = 0 "  # noqa: S608
                    f"AND at <= ? AND ({', '.join(KEY)}) > (?, ?, ?, ?) ORDER BY {', '.join(KEY)} LIMIT ?",
                    (self._setup, written(now), *last, cursor.PAGE),
                ).fetchall()
            for at, demand, policy, cause, version in rows:
                yield Line(moment_of(at), UUID(demand), policy, cause, version)
            if len(rows) < cursor.PAGE:
                return
            last = rows[-1][:-1]

    def next_moment(self) -> datetime | None:
        """When the next line is due; None if there is none."""
        with self.tables.locked():
            (at,) = self.tables.connection.execute(
                "SELECT MIN(at) FROM demandflow_agenda WHERE setup = ? AND quiet = 0", (self._setup,)
            ).fetchone()
        return None if at is None else moment_of(at)

    def acknowledge(self, silent: Sequence[Line], parked: Sequence[tuple[Line, ParkedReaction]]) -> None:
        """Note which lines had no answer and which could not be answered: they are not asked again until they change.

        A line that has changed meanwhile, since the demand has, stays to be asked.
        """
        lines = [*((1, line) for line in silent), *((PARKED_LINE, line) for line, _ in parked)]
        for begin in range(0, len(lines), cursor.PAGE):
            with self.tables.locked(), self.tables.transaction():
                self.tables.connection.executemany(
                    "UPDATE demandflow_agenda SET quiet = ? "
                    "WHERE setup = ? AND demand = ? AND policy = ? AND cause = ? AND at = ? AND version = ?",
                    [
                        (quiet, self._setup, line.demand.hex, line.policy, line.cause, written(line.at), line.version)
                        for quiet, line in lines[begin : begin + cursor.PAGE]
                    ],
                )
                if not begin:
                    self.parked.park([reaction for _, reaction in parked])

    def retry(self, parked: Sequence[ParkedReaction]) -> None:
        """Let these be asked again, at the next run."""
        with self.tables.locked():
            with self.tables.transaction():
                self.parked.unpark((reaction.policy, reaction.demand, reaction.cause) for reaction in parked)
            demands = list(dict.fromkeys(reaction.demand for reaction in parked))
            while (began := self._cursor.position()) is not None:
                answers = [answer for demand in demands if isinstance(answer := self._ask(demand), Answer)]
                with self.tables.transaction():
                    if self._cursor.position() == began:
                        taken, _ = self._replace(demands, answers, began.taken)
                        self._cursor.move(began._replace(taken=taken))
                        return

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """Ask about the demands of these rows. One that cannot be read is left off the agenda, its events parked.

        The order of the rows does not matter, since the policies are asked about a demand as it is stored now.
        """
        demands = list(dict.fromkeys(row.demand for _, row in rows if row.demand is not None))
        answers = {demand: self._ask(demand) for demand in demands}
        good = {demand: answer for demand, answer in answers.items() if isinstance(answer, Answer)}
        parked: dict[UUID | None, Parking] = {}
        for position, row in rows:
            if not isinstance(row, Unreadable) and isinstance(error := answers[row.demand], Exception):
                parked[row.demand] = unusable(position, row, error)  # the newest stands for the demand
        unread = [unreadable(position, row) for position, row in rows if isinstance(row, Unreadable)]
        for line in unread:
            parked.pop(line.demand, None)

        def write(taken: str) -> str:
            if not taken:
                self._forget_old_setups()
            after, newly_parked = self._replace(demands, list(good.values()), taken)
            self._newly_parked += newly_parked
            return after

        return Effect(write, [*unread, *parked.values()], freed=good)

    def _replace(
        self, demands: Iterable[UUID], answers: Sequence[Answer], taken: str
    ) -> tuple[str, list[ParkedReaction]]:
        """Replace all lines about these demands; those whose reaction is parked stay quiet. Within a transaction.

        Returns the number of lines there are now, of which `taken` were there before, and what is newly parked.
        """
        gone = self.tables.connection.executemany(
            "DELETE FROM demandflow_agenda WHERE setup = ? AND demand = ?",
            [(self._setup, demand.hex) for demand in demands],
        )
        self.parked.unpark(key for answer in answers for key in answer.cleared)
        parked = [reaction for answer in answers for reaction in answer.parked]
        lines = [line for answer in answers for line in answer.lines]
        # a policy that failed to say when to be asked has a line as well: it shows if what is parked is lost
        lines += [Line(reaction.at, reaction.demand, reaction.policy, reaction.cause, 0) for reaction in parked]
        newly_parked = self.parked.park(parked)
        self.tables.connection.executemany(
            "INSERT INTO demandflow_agenda VALUES (?, ?, ?, ?, ?, ?, ? * (SELECT COUNT(*) "
            "FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ?))",
            [
                (*(self._setup, line.demand.hex, line.policy, line.cause, written(line.at), line.version),
                 *(PARKED_LINE, line.policy, line.demand.hex, line.cause))
                for line in lines
            ],
        )  # fmt: skip
        return str(int(taken or 0) + len(lines) - max(gone.rowcount, 0)), newly_parked

    def _heal(self) -> None:
        """Make the agenda from the log again, unless its tables hold what was written to them."""
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
        """Whether there are as many lines as were written, and all reactions that they say are parked."""
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
        """Make the tables again; those not made from the log only where they are gone. Within a transaction."""
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
        # whoever was used longest ago has read least of the log
        others = self.tables.connection.execute(
            "SELECT reader FROM demandflow_cursors WHERE reader LIKE ? AND reader <> ? ORDER BY last DESC, reader",
            (f"{READER} %", self._cursor.reader),
        ).fetchall()
        for (reader,) in others[SETUPS - 1 :]:
            for table in tables_of(cursor.SCHEMA):
                self.tables.connection.execute(f"DELETE FROM {table} WHERE reader = ?", (reader,))  # noqa: S608
            setup = reader.removeprefix(f"{READER} ")
            self.tables.connection.execute("DELETE FROM demandflow_agenda WHERE setup = ?", (setup,))
