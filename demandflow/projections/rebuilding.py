"""Making the tables anew, demand by demand and beside those that are read meanwhile; they are put in place when whole.

What is recorded while they are made is not in them: whoever reads them next catches up with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from demandflow.errors import StorageBusy
from demandflow.projections import ledger, totals
from demandflow.projections.bookkeeping import Bookkeeping, Events
from demandflow.projections.entries import Day
from demandflow.projections.standing import Slice
from demandflow.projections.tables import BY_DEMAND, SCHEMA
from demandflow.projections.taken import Taken
from demandflow.store.cursor import CannotBeWritten, Cursor, Effect, Position
from demandflow.store.mapper import Unreadable
from demandflow.store.parking import unreadable
from demandflow.store.sources import Row, SourceByDemand
from demandflow.store.sqlite.tables import Beside, Tables, beside_of, tables_of

SCHEMA_BESIDE = beside_of(SCHEMA, SCHEMA)
SUMS = """SELECT place, channel, category, lead, workflow, what, number FROM
    (SELECT slice, what, SUM(amount) AS number FROM demandflow_ledger GROUP BY slice, what HAVING SUM(amount) <> 0)
    JOIN demandflow_slices ON demandflow_slices.id = slice"""

Progress = Callable[[int, int], None]
"""Is told how many events are done, of how many."""


class Source(SourceByDemand, Events, Protocol):
    """What a rebuild needs of a log."""

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """What is of no demand, up to a position."""


class Rebuilding:
    """Tables in the making. Whoever makes them as well takes part in it: each page is written once."""

    def __init__(self, source: Source, tables: Tables, place: Cursor, days: Callable[[], Day]) -> None:
        """`place` is the cursor of the tables that are read, `days` says what its days are now."""
        self._source, self._tables, self._place, self._days_now = source, tables, place, days
        self._make, self._by_demand, self._day = "", True, days()
        self._cursor = Cursor(source, tables, f"{place.reader} made anew", lambda: self._make)
        self._beside = Beside(tables.connection, SCHEMA)
        self._books = Bookkeeping(source, keeps=False)

    def begin(self, *, by_demand: bool = True) -> None:
        """Begin from the first event, up to the newest that there is now."""
        self._day, self._by_demand = self._days_now(), by_demand
        upto = self._source.last_position()
        if (end := self._place.after(upto)) is None:
            raise StorageBusy("the log is changed by somebody else; try again")
        self._make = _make(end)
        # those who read by time meet it on their way
        parked = [unreadable(at, row) for at, row in self._source.of_no_demand(upto)] if by_demand else []
        with self._tables.transaction():
            self._tables.make(SCHEMA_BESIDE, tables_of(SCHEMA_BESIDE))
            self._cursor.begin(upto)
            self._cursor.park(parked)
            self._cursor.move(self._cursor.start._replace(rebuilt_at=upto, parked=len(parked)))

    def go_on(self, progress: Progress | None = None) -> bool:
        """Take in the next page, or put the tables in place; False if there is nothing in the making."""
        self._day = self._days_now()
        began = self._cursor.position()
        if began is None:
            return False
        if not self._usable(began):
            self.begin()
        elif (done := self._next_page(began)) is None:
            self._put_in_place(began)
        elif progress is not None:
            progress(done, began.rebuilt_at)
        return True

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What a page comes to; the totals follow from the ledger in the end."""
        page = self._books.page(rows, stuck, self._day)

        def write(taken: str) -> str:
            for projection in BY_DEMAND:
                projection.write(self._beside, page)
            return str(Taken.of(taken).after(self._beside, page))

        return Effect(write, page.parked)

    def _usable(self, position: Position) -> bool:
        """Whether what is in the making is of this log as it is now, and of today's shape."""
        end = self._place.after(position.rebuilt_at)
        if end is None or position[:2] != (end.log, _make(end)) or self._tables.altered(SCHEMA_BESIDE):
            return False
        self._make = position.make
        return True

    def _next_page(self, began: Position) -> int | None:
        """Take in a page; how many events are done, or None if all are. By time if something cannot be written."""
        if began.last or not self._by_demand:
            return self._cursor.next_page(self, upto=began.rebuilt_at)
        try:
            return self._cursor.next_demands(self._source, self)
        except CannotBeWritten:
            self.begin(by_demand=False)
            return 0

    def _put_in_place(self, whole: Position) -> None:
        changes = totals.changes_of(self._sums())
        end = self._place.after(whole.rebuilt_at)
        with self._tables.transaction():
            if end is not None and self._cursor.position() == whole:
                totals.put(self._beside, changes)
                self._tables.put_in_place(SCHEMA)
                self._place.take_over(self._cursor, end._replace(parked=whole.parked, taken=whole.taken))

    def _sums(self) -> Iterator[totals.Sum]:
        """What the whole ledger comes to in each slice."""
        clocks = ledger.clocks_by_id(self._beside)
        for *where, what, number in self._beside.execute(SUMS):
            for happening, standing in ledger.cells(what, clocks):
                yield (Slice(*where), happening, standing), number


def _make(end: Position) -> str:
    """What is made: by which make of the tables, up to which event."""
    return f"{end.make} {end.demand} {end.version}"
