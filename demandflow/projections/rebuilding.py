"""Rebuilding the tables, demand by demand and beside the present ones, which they replace when they are complete.

They do not contain what is recorded meanwhile: whoever reads them next catches up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

from demandflow.errors import StorageBusy
from demandflow.projections import ledger, totals
from demandflow.projections.bookkeeping import Bookkeeping
from demandflow.projections.entries import Day, Own
from demandflow.projections.standing import Slice
from demandflow.projections.tables import BY_DEMAND, SCHEMA, RowCounts
from demandflow.store.following.cursor import CannotBeWritten, Cursor, Effect, Position
from demandflow.store.following.parking import unreadable
from demandflow.store.following.sources import DemandSource, Row
from demandflow.store.tables.schemas import Beside, beside_of, tables_of
from demandflow.store.tables.tables import Tables

SCHEMA_BESIDE = beside_of(SCHEMA, SCHEMA)
SUMS = """SELECT place, channel, category, lead, workflow, what, number FROM
    (SELECT slice, what, SUM(amount) AS number FROM demandflow_ledger GROUP BY slice, what HAVING SUM(amount) <> 0)
    AS summed JOIN demandflow_slices ON demandflow_slices.id = slice"""

Progress = Callable[[int, int], None]
"""Called with the number of events that are done, and of all."""


class Rebuilding:
    """A rebuild. Several processes can take part in it: each page is written once."""

    def __init__(
        self,
        source: DemandSource,
        tables: Tables,
        place: Cursor,
        days: Callable[[], Day],
        agree: Callable[[str], Own] = lambda _: (),
    ) -> None:
        """`place` is the cursor of the present tables, `days` gives the days of the present zone.

        `agree` gives the own fields that are dimensions, where these tables are being made.
        """
        self._source, self._tables, self._place, self._days_now = source, tables, place, days
        self._make, self._by_demand, self._day = "", True, days()
        self._agree, self._own = agree, agree("")
        self._cursor = Cursor(source, tables, f"{place.reader} made anew", lambda: self._make)
        self._beside = Beside(tables.connection, SCHEMA)
        self._books = Bookkeeping(source, keeps=False)

    def begin(self, *, by_demand: bool = True) -> None:
        """Begin from the first event, up to what is the newest now."""
        self._day, self._by_demand = self._days_now(), by_demand
        upto = self._source.last_position()
        if (end := self._place.after(upto)) is None:
            raise StorageBusy("the log is changed by somebody else; try again")
        self._make = _make(end)
        # reading in the order of the log comes across these by itself
        parked = [unreadable(at, row) for at, row in self._source.of_no_demand(upto)] if by_demand else []
        with self._tables.transaction():
            self._tables.make(SCHEMA_BESIDE, tables_of(SCHEMA_BESIDE))
            self._cursor.begin(upto)
            self._cursor.park(parked)
            self._cursor.move(self._cursor.start._replace(rebuilt_at=upto, parked=len(parked)))

    def go_on(self, progress: Progress | None = None) -> bool:
        """Take in the next page, or put the tables in place; False if there is no rebuild under way."""
        self._day = self._days_now()
        began = self._cursor.position()
        if began is None:
            return False
        self._own = self._agree(began.make)
        if not self._usable(began):
            self.begin()
        elif (done := self._next_page(began)) is None:
            self._put_in_place(began)
        elif progress is not None:
            progress(done, began.rebuilt_at)
        return True

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What a page changes; the totals are computed from the ledger in the end."""
        page = self._books.page(rows, stuck, self._day, self._own)

        def write(taken: str) -> str:
            for projection in BY_DEMAND:
                projection.write(self._beside, page)
            return str(RowCounts.of(taken).after(self._beside, page))

        return Effect(write, page.parked)

    def _usable(self, position: Position) -> bool:
        """Whether the rebuild is of this log as it is now, and has today's schema."""
        end = self._place.after(position.rebuilt_at)
        if end is None or position[:2] != (end.log, _make(end)) or self._tables.altered(SCHEMA_BESIDE):
            return False
        self._make = position.make
        return True

    def _next_page(self, began: Position) -> int | None:
        """Take in a page; returns how many events are done, None if all are.

        Where something cannot be written, it begins again in the order of the log.
        """
        if began.last or not self._by_demand:
            return self._cursor.next_page(self, upto=began.rebuilt_at)
        try:
            return self._cursor.next_demands(self._source, self)
        except CannotBeWritten:
            self.begin(by_demand=False)
            return 0

    def _put_in_place(self, done: Position) -> None:
        changes = totals.changes_of(self._sums())
        end = self._place.after(done.rebuilt_at)
        with self._tables.transaction():
            if end is not None and self._cursor.position() == done:
                totals.put(self._beside, changes)
                self._tables.put_in_place(SCHEMA)
                self._place.take_over(self._cursor, end._replace(parked=done.parked, taken=done.taken))

    def _sums(self) -> Iterator[totals.Sum]:
        """The sums of the ledger in each slice."""
        clocks = ledger.clocks_by_id(self._beside)
        for *where, what, number in self._beside.execute(SUMS):
            for happening, standing in ledger.cells(what, clocks):
                yield (Slice(*where), happening, standing), number


def _make(end: Position) -> str:
    """Which tables are made, up to which event."""
    return f"{end.make} {end.demand} {end.version}"
