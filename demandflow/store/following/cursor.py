"""Cursor: how far a reader of the log has come, and the events that it could not take in.

The effect of a page and the new position are written in one transaction. An event that cannot be read or applied is
parked with the reason, and the reader goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from demandflow.store.following.parking import Parking, of_the_row, reason_of, storable, topic_of
from demandflow.store.following.sources import DemandSource, Row, Source
from demandflow.store.mapper import Unreadable
from demandflow.store.statements import replacing
from demandflow.store.tables.tables import Tables

ALL = 2**62
PAGE = 1000
"""How many events are read at once; about so many where they are read demand by demand."""
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
COLUMNS = ("reader", "log", "make", "whole_at", "last", "demand", "version", "parked", "taken")
MOVE = replacing("demandflow_cursors", COLUMNS, "reader")
PARK = replacing(
    "demandflow_parked_events", ("reader", "position", "demand", "version", "reason", "again"), "reader, position"
)


class Position(NamedTuple):
    """How far a reader has come: in which log, for which make of its tables, and to which event.

    Tables that are being rebuilt are complete at `rebuilt_at`; until then nobody reads them. `parked` is the number of
    parked events; `taken` are numbers of the reader's own, by which it notices that its tables were changed.
    """

    log: str
    make: str
    rebuilt_at: int = 0
    last: int = 0
    demand: str = ""
    version: int = 0
    parked: int = 0
    taken: str = ""


WRITTEN = (str, str, int, int, str, int, int, str)
"""The classes of what is kept of a position: a row with others was altered."""


@dataclass(frozen=True)
class Effect:
    """What rows of the log change, worked out before anything is locked.

    `write` writes it into the reader's tables; it takes the `taken` of the position and returns the next. The parked
    events of the demands in `freed` are taken in with it.
    """

    write: Callable[[str], str]
    parked: Sequence[Parking] = ()
    freed: Collection[UUID] = ()


class Reader(Protocol):
    """What follows the log by a cursor."""

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """The effect of these rows. Demands that are stuck have earlier events that are parked."""


class CannotBeWritten(Exception):
    """The effect of a page cannot be written to the tables; the cause says why."""


class Cursor:
    """A reader's place in the log, kept in a row of the tables that it writes."""

    def __init__(
        self, source: Source, tables: Tables, reader: str, make: Callable[[], str] = str, *, every: bool = False
    ) -> None:
        """`make` names the tables that the reader makes now: a position of another make counts as none.

        The reader is given the events of demands; with `every`, those of all kinds of streams.
        """
        self._source, self._tables, self.reader, self._make = source, tables, reader, make
        self._wanted: Callable[[Sequence[Row]], Sequence[Row]] = (lambda rows: rows) if every else of_demands

    @property
    def start(self) -> Position:
        """The position before the first event."""
        return Position(self._source.id, self._make())

    def position(self) -> Position | None:
        """How far the reader has come; None if it never began, or the row is lost or is none that we write."""
        row = self._tables.connection.execute(
            "SELECT log, make, whole_at, last, demand, version, parked, taken FROM demandflow_cursors WHERE reader = ?",
            (self.reader,),
        ).fetchone()
        return Position(*row) if row and tuple(map(type, row)) == WRITTEN else None

    def matches(self, position: Position | None) -> bool:
        """Whether this is a position in this log, of this make, and the log still has the event there."""
        if position is None or position[:2] != self.start[:2]:
            return False
        if not position.last:
            return True
        rows = self._source.page(position.last - 1, 1)
        event = (position.last, position.demand, position.version)
        return [(at, _hex(row.demand), row.version) for at, row in rows] == [event]

    def after(self, position: int) -> Position | None:
        """The reader's position when it has come to the event there; None if the log has no event there."""
        if position == 0:
            return self.start
        for _, row in self.reread([position]):
            return self.start._replace(last=position, demand=_hex(row.demand), version=row.version)
        return None

    def begin(self, rebuilt_at: int = 0, taken: str = "") -> None:
        """Begin from the first event, with nothing parked; within a transaction."""
        self._tables.connection.execute("DELETE FROM demandflow_parked_events WHERE reader = ?", (self.reader,))
        self.move(self.start._replace(rebuilt_at=rebuilt_at, taken=taken))

    def move(self, position: Position) -> None:
        """Set the position; within a transaction."""
        row = (self.reader, *position)
        self._tables.connection.execute(MOVE, row)

    def leave(self) -> None:
        """Have no position, as if the reader had never begun; within a transaction."""
        self.begin()
        self._tables.connection.execute("DELETE FROM demandflow_cursors WHERE reader = ?", (self.reader,))

    def take_over(self, other: Cursor, position: Position) -> None:
        """Go on from this position with the parked events of another reader, which ends. Within a transaction."""
        self.begin()
        update = "UPDATE demandflow_parked_events SET reader = ? WHERE reader = ?"
        self._tables.connection.execute(update, (self.reader, other.reader))
        other.leave()
        self.move(position)

    def next_page(self, reader: Reader, upto: int | None = None) -> int | None:
        """Take in one page; returns the position reached, or None if there was nothing to take in.

        The log is read before the tables are locked, and nothing is written if somebody else was faster: waiting for
        the log while holding a lock that its writers wait for would last for ever.
        """
        began = self.position()
        if began is None or began[:2] != self.start[:2]:
            return None  # somebody began again with another make
        if upto is not None and began.last >= max(upto, began.rebuilt_at):
            return None
        if not (rows := self._source.page(began.last, PAGE)):
            return None
        self._take(began, rows, reader)
        return rows[-1][0]

    def next_demands(self, source: DemandSource, reader: Reader) -> int | None:
        """Take in the next demands, reading by demand; returns how many events are done, or None if there are no more.

        Meanwhile the position's `demand` is the last that was taken in, its `version` the number of events done, and
        `last` stays 0, since there is no position in the log. Raises CannotBeWritten.
        """
        began = self.position()
        if began is None:
            return None
        rows, demand = source.next_demands(began.demand, PAGE, began.rebuilt_at)
        if not rows:
            return None
        moved = began._replace(demand=demand, version=began.version + len(rows))
        self._written(began, moved, reader.worked_out(of_demands(rows), ()))
        return moved.version

    def retry(self, reader: Reader) -> None:
        """Try the parked events again, in the order of the log; those that still fail stay parked."""
        after = 0
        while parked := self.parked(after):
            began = self.position()
            if began is None or not self.matches(began):
                return  # everything is read from the beginning anyway
            positions = [parking.position for parking in parked]
            if self._take(began, self.reread(positions), reader, positions):
                after = parked[-1].position

    def reread(self, positions: Iterable[int]) -> list[Row]:
        """The rows at these positions, without those that are missing."""
        return [row for at in positions for row in self._source.page(at - 1, 1) if row[0] == at]

    def parked(self, after: int = 0, limit: int | None = None, *, again: bool = False) -> list[Parking]:
        """The reader's parked events after a position: all, or only those to be tried again."""
        rows = self._tables.connection.execute(
            "SELECT position, demand, version, reason FROM demandflow_parked_events "
            "WHERE reader = ? AND position > ? AND again >= ? ORDER BY position LIMIT ?",
            (self.reader, after, int(again), limit or PAGE),
        )
        return [Parking(at, UUID(demand) if demand else None, version, why) for at, demand, version, why in rows]

    def park(self, parked: Iterable[Parking]) -> None:
        """Park these events; within a transaction."""
        self._tables.connection.executemany(
            PARK,
            [(self.reader, at, _hex(demand), version, storable(reason), 0) for at, demand, version, reason in parked],
        )

    def unpark(self, positions: Iterable[int]) -> int:
        """Delete the parked events at these positions; returns how many there were. Within a transaction."""
        return self._unpark("position", positions)

    def number_parked(self) -> int:
        """How many events of this reader are parked."""
        (number,) = self._tables.connection.execute(
            "SELECT COUNT(*) FROM demandflow_parked_events WHERE reader = ?", (self.reader,)
        ).fetchone()
        return int(number)

    def _take(self, began: Position, rows: Sequence[Row], reader: Reader, again: Sequence[int] = ()) -> bool:
        """Write the effect of these rows, and move; False if somebody else was faster.

        `again` are the positions of parked rows that are tried again; without them the rows are the next of the log. If
        the effect cannot be written, the rows are halved until the one that cannot is found, and parked.
        """
        positions = again or [at for at, _ in rows]
        last, newest = rows[-1]
        moved = began if again else began._replace(last=last, demand=_hex(newest.demand), version=newest.version)
        effect = reader.worked_out(wanted := self._wanted(rows), self._stuck(began, positions[0], wanted))
        while True:
            try:
                return self._written(began, moved, effect, again)
            except CannotBeWritten as error:
                if len(rows) > 1:
                    break
                ((at, row),) = rows
                reason = f"{topic_of(row)} cannot be written to the tables: {reason_of(error.__cause__)}"
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
                gone += self._unpark("demand", map(_hex, effect.freed))
            self.park(effect.parked)
            self.move(moved._replace(taken=taken, parked=began.parked - gone + len(effect.parked)))
        return True

    def _unpark(self, column: str, values: Iterable[object]) -> int:
        deleted = self._tables.connection.executemany(
            f"DELETE FROM demandflow_parked_events WHERE reader = ? AND {column} = ?",  # noqa: S608
            [(self.reader, value) for value in values],
        )
        return max(deleted.rowcount, 0)

    def _stuck(self, began: Position, first: int, rows: Sequence[Row]) -> set[UUID]:
        """The demands of these rows that have a parked event before the first position."""
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
    """The rows of demands and those that cannot be read, without other kinds of streams."""
    return [(at, row) for at, row in rows if isinstance(row, Unreadable) or row.stamp.kind is None]


def _hex(demand: UUID | None) -> str:
    return "" if demand is None else demand.hex
