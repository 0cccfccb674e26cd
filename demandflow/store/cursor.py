"""Cursor: how far a reader of the log has come, and the events that it could not take in.

A page's effect and the new position are written in one transaction. An event that cannot be read or applied is parked
with its reason, and the reader goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from demandflow.store.mapper import Unreadable
from demandflow.store.parking import Parking, of_the_row, said, storable, topic_of
from demandflow.store.sources import Row, Source, SourceByDemand
from demandflow.store.sqlite.tables import Tables

PAGE = 1000
DEMANDS = 1000
"""About so many events are taken in at a time where they are read demand by demand."""
SCHEMA = """
CREATE TABLE demandflow_cursors (
    reader TEXT PRIMARY KEY, log TEXT NOT NULL, make TEXT NOT NULL, whole_at INTEGER NOT NULL, last INTEGER NOT NULL,
    demand TEXT NOT NULL, version INTEGER NOT NULL, parked INTEGER NOT NULL, taken TEXT NOT NULL
);
CREATE TABLE demandflow_parked_events (
    reader TEXT NOT NULL, position INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL,
    reason TEXT NOT NULL, again INTEGER NOT NULL, PRIMARY KEY (reader, position)
);
CREATE INDEX demandflow_parked_events_demand ON demandflow_parked_events (reader, demand, position);
"""


class Position(NamedTuple):
    """How far a reader has come: in which log, by which make of it, and to which event.

    What is being made from the beginning is whole at `whole_at`; until then nobody reads it. `parked` is the number of
    its parked events; `taken` are numbers of the reader's own, by which it sees whether its tables are those it wrote.
    """

    log: str
    make: str
    rebuilt_at: int = 0
    last: int = 0
    demand: str = ""
    version: int = 0
    parked: int = 0
    taken: str = ""


@dataclass(frozen=True)
class Effect:
    """What rows of the log come to, worked out before anything is locked.

    `write` puts it into the reader's tables, given the numbers that it took in so far, and returns the new ones. What
    was parked of the demands in `freed` is taken in with it.
    """

    write: Callable[[str], str]
    parked: Sequence[Parking] = ()
    freed: Collection[UUID] = ()


class Reader(Protocol):
    """Whoever follows the log by a cursor."""

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What these rows come to. Of the demands that are stuck, earlier events are parked."""


class CannotBeWritten(Exception):
    """What a page comes to does not go into the tables; the cause says why."""


class Cursor:
    """A reader's place in the log, kept in a row of the tables that it writes."""

    def __init__(self, source: Source, tables: Tables, reader: str, make: Callable[[], str] = str) -> None:
        """`make` says what the reader makes of the log now: a position of another make counts as none."""
        self._source, self._tables, self.reader, self._make = source, tables, reader, make

    @property
    def start(self) -> Position:
        """The position before the first event."""
        return Position(self._source.id, self._make())

    def position(self) -> Position | None:
        """How far the reader has come; None if it never began, or the row is gone."""
        row = self._tables.connection.execute(
            "SELECT log, make, whole_at, last, demand, version, parked, taken FROM demandflow_cursors WHERE reader = ?",
            (self.reader,),
        ).fetchone()
        return Position(*row) if row else None

    def matches(self, position: Position | None) -> bool:
        """Whether this is a position in this log, of this make, and the log still has the event there."""
        if position is None or position[:2] != self.start[:2]:
            return False
        return not position.last or [
            (at, _hex(row.demand), row.version) for at, row in self._source.page(position.last - 1, 1)
        ] == [(position.last, position.demand, position.version)]

    def after(self, position: int) -> Position | None:
        """The reader's position once it has come to the event there; None if the log has none there."""
        if position == 0:
            return self.start
        rows = self.reread([position])
        return (
            self.start._replace(last=position, demand=_hex(rows[0][1].demand), version=rows[0][1].version)
            if rows
            else None
        )

    def begin(self, rebuilt_at: int = 0, taken: str = "") -> None:
        """Begin from the first event, with nothing parked; within a transaction."""
        self._tables.connection.execute("DELETE FROM demandflow_parked_events WHERE reader = ?", (self.reader,))
        self.move(self.start._replace(rebuilt_at=rebuilt_at, taken=taken))

    def move(self, position: Position) -> None:
        """Note a position; within a transaction."""
        row = (self.reader, *position)
        self._tables.connection.execute("INSERT OR REPLACE INTO demandflow_cursors VALUES (?,?,?,?,?,?,?,?,?)", row)

    def leave(self) -> None:
        """Be nowhere, as if the reader had never begun; within a transaction."""
        self.begin()
        self._tables.connection.execute("DELETE FROM demandflow_cursors WHERE reader = ?", (self.reader,))

    def take_over(self, other: Cursor, position: Position) -> None:
        """Go on from this position with what another reader parked; that one is no more. Within a transaction."""
        self.begin()
        moved = "UPDATE demandflow_parked_events SET reader = ? WHERE reader = ?"
        self._tables.connection.execute(moved, (self.reader, other.reader))
        other.leave()
        self.move(position)

    def next_page(self, reader: Reader, upto: int | None = None) -> int | None:
        """Take in one page; returns the position reached, or None if there was nothing to take in.

        The log is read before the tables are locked, and nothing is written if somebody else was faster: whoever
        waits for the log while holding the lock that writers wait for would wait for ever.
        """
        began = self.position()
        if began is None or began[:2] != self.start[:2]:
            return None  # somebody began again, by another make of it
        if upto is not None and began.last >= max(upto, began.rebuilt_at):
            return None
        if not (rows := self._source.page(began.last, PAGE)):
            return None
        self._take(began, rows, reader)
        return rows[-1][0]

    def next_demands(self, source: SourceByDemand, reader: Reader) -> int | None:
        """Take in the next demands of what is made by demand; returns how many events that makes, or None for no more.

        Where it is made by demand, the position's `demand` is the last one taken in, its `version` that number of
        events, and `last` stays 0: nobody is anywhere in the log. Raises CannotBeWritten.
        """
        began = self.position()
        if began is None:
            return None
        rows, demand = source.next_demands(began.demand, DEMANDS, began.rebuilt_at)
        if not rows:
            return None
        moved = began._replace(demand=demand, version=began.version + len(rows))
        self._written(began, moved, reader.worked_out(of_demands(rows), ()))
        return moved.version

    def retry(self, reader: Reader) -> None:
        """Try the parked events again, in the order of the log; those that still cannot be taken in stay parked."""
        after = 0
        while parked := self.parked(after):
            began = self.position()
            if began is None or not self.matches(began):
                return  # all is read from the beginning anyway
            rows = self.reread(line.position for line in parked)
            if self._take(began, rows, reader, [line.position for line in parked]):
                after = parked[-1].position

    def reread(self, positions: Iterable[int]) -> list[Row]:
        """What stands at these positions now; a row that is gone is left out."""
        return [row for at in positions for row in self._source.page(at - 1, 1) if row[0] == at]

    def parked(self, after: int = 0, limit: int = PAGE, *, again: bool = False) -> list[Parking]:
        """The reader's parked events after a position; all of them, or those that are to be tried again."""
        rows = self._tables.connection.execute(
            "SELECT position, demand, version, reason FROM demandflow_parked_events "
            "WHERE reader = ? AND position > ? AND again >= ? ORDER BY position LIMIT ?",
            (self.reader, after, again, limit),
        )
        return [Parking(at, UUID(demand) if demand else None, version, why) for at, demand, version, why in rows]

    def park(self, parked: Iterable[Parking]) -> None:
        """Park these events; within a transaction."""
        self._tables.connection.executemany(
            "INSERT OR REPLACE INTO demandflow_parked_events VALUES (?, ?, ?, ?, ?, 0)",
            [(self.reader, one.position, _hex(one.demand), one.version, storable(one.reason)) for one in parked],
        )

    def unpark(self, positions: Iterable[int]) -> int:
        """Let go what is parked at these positions; returns how many were. Within a transaction."""
        return self._let_go("position", positions)

    def number_parked(self) -> int:
        """How many events of this reader are parked."""
        (number,) = self._tables.connection.execute(
            "SELECT COUNT(*) FROM demandflow_parked_events WHERE reader = ?", (self.reader,)
        ).fetchone()
        return int(number)

    def _take(self, began: Position, rows: Sequence[Row], reader: Reader, again: Sequence[int] = ()) -> bool:
        """Write what these rows come to, and move; False if somebody else was faster.

        `again` are the positions of parked rows that are tried again, else the rows are those after the position. What
        cannot be written is halved until the row is found that cannot, and that is parked.
        """
        positions = again or [at for at, _ in rows]
        last, newest = rows[-1]
        moved = began if again else began._replace(last=last, demand=_hex(newest.demand), version=newest.version)
        effect = reader.worked_out(of_demands(rows), self._stuck(began, positions[0], rows))
        while True:
            try:
                return self._written(began, moved, effect, again)
            except CannotBeWritten as error:
                if len(rows) > 1:
                    break
                ((at, row),) = rows
                reason = f"{topic_of(row)} cannot be written to the tables: {said(error.__cause__)}"
                effect = Effect(lambda taken: taken, [Parking(at, row.demand, row.version, reason)])
        half = len(rows) // 2
        middle = rows[half][0]
        if not self._take(began, rows[:half], reader, [at for at in positions if at < middle] if again else ()):
            return False
        now = self.position()
        return now is not None and self._take(
            now, rows[half:], reader, [at for at in positions if at >= middle] if again else ()
        )

    def _written(self, began: Position, moved: Position, effect: Effect, again: Sequence[int] = ()) -> bool:
        """Write the effect, and move; False if somebody else was faster. Raises CannotBeWritten."""
        with self._tables.transaction():
            if self.position() != began:
                return False
            gone = self.unpark(again)
            try:
                taken = effect.write(began.taken)
            except Exception as error:
                if not of_the_row(error):
                    raise
                raise CannotBeWritten from error
            if began.parked:
                gone += self._let_go("demand", map(_hex, effect.freed))
            self.park(effect.parked)
            self.move(moved._replace(taken=taken, parked=began.parked - gone + len(effect.parked)))
        return True

    def _let_go(self, column: str, values: Iterable[object]) -> int:
        deleted = self._tables.connection.executemany(
            f"DELETE FROM demandflow_parked_events WHERE reader = ? AND {column} = ?",  # noqa: S608
            [(self.reader, value) for value in values],
        )
        return max(deleted.rowcount, 0)

    def _stuck(self, began: Position, first: int, rows: Sequence[Row]) -> set[UUID]:
        """The demands of these rows of which an event before the first position is parked."""
        if not began.parked:
            return set()
        return {
            demand
            for demand in {row.demand for _, row in rows if row.demand is not None}
            if self._tables.connection.execute(
                "SELECT 1 FROM demandflow_parked_events WHERE reader = ? AND demand = ? AND position < ?",
                (self.reader, demand.hex, first),
            ).fetchone()
        }


def of_demands(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of demands, and those that cannot be read; what is of another kind of stream is for others."""
    return [(at, row) for at, row in rows if isinstance(row, Unreadable) or row.stamp.kind is None]


def _hex(demand: UUID | None) -> str:
    return "" if demand is None else demand.hex
