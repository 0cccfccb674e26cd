"""From the log to the tables: what a page changes and the new position are written in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.errors import StorageBusy
from demandflow.inputs.arguments import a_function, yes_or_no, zone_of
from demandflow.projections.board import rows as board
from demandflow.projections.bookkeeping import Bookkeeping
from demandflow.projections.entries import Day, Own, days_of
from demandflow.projections.rebuilding import Progress, Rebuilding
from demandflow.projections.standing import DEFINITIONS_VERSION
from demandflow.projections.tables import PROJECTIONS, SCHEMA, TABLES, RowCounts
from demandflow.store.backends import tables_at
from demandflow.store.following import cursor
from demandflow.store.following.cursor import Cursor, Effect, Position
from demandflow.store.following.parking import Parking
from demandflow.store.following.sources import DemandSource, Row
from demandflow.store.sqlite.tables import BUSY_SECONDS
from demandflow.store.statements import Statements

READER = "figures"
VERSIONED = "@"
"""Before topics of facts with versions, where the tables say how they are made; own fields have other names."""
OF_EARLIER_RELEASES = ("demandflow_position", "demandflow_schema")


class Projector:
    """Keeps the board, the totals and the ledger; every question first catches up with the log."""

    def __init__(
        self,
        source: DemandSource,
        zone: str,
        progress: Progress | None = None,
        declared: Collection[str] = (),
        versioned: Collection[str] = (),
    ) -> None:
        """`progress` is called while the tables are rebuilt before a question.

        `declared` are the own fields that are dimensions for who asks here. The tables may have others besides.
        `versioned` are the topics of facts with versions that are known here.
        """
        self.zone, self.declared = zone_of(zone), tuple(sorted(declared))
        self._versioned = frozenset(f"{VERSIONED}{quote(topic, safe='')}" for topic in versioned)
        self._own: Own = ()
        self._source, self._progress = source, progress
        self._books = Bookkeeping(source)
        self._tables = tables_at(source.path)
        self._connection = self._tables.connection
        self._cursor = Cursor(source, self._tables, READER, self._make)
        self._rebuilding = Rebuilding(source, self._tables, self._cursor, self._days, self._agree_to_write)
        self._agree()
        try:
            self._heal()
        except BaseException:
            self._tables.close()
            raise

    def _heal(self) -> None:
        """Have the tables rebuilt from the log, unless all are there with the rows that were written."""
        with self._tables.snapshot():
            if self._sound():
                return
        empty = not self._source.last_position()
        with self._tables.locked(), self._tables.transaction():
            if not self._sound():
                self._clear_the_way()
                if empty:
                    self._tables.make(SCHEMA, TABLES)
                    self._cursor.begin()
                else:
                    self._cursor.leave()

    def _sound(self) -> bool:
        """Whether the tables have today's schema, and as many rows as were written."""
        if self._tables.altered(cursor.SCHEMA) or self._tables.altered(SCHEMA):
            return False
        position = self._cursor.position()
        if position is None or self._cursor.number_parked() != position.parked:
            return False
        try:
            return RowCounts.of(position.taken).match(self._connection)
        except (ValueError, TypeError):
            return False

    def _clear_the_way(self) -> None:
        """Make the tables of the position, and drop those of earlier releases; within a transaction."""
        self._tables.make(cursor.SCHEMA, self._tables.altered(cursor.SCHEMA))
        for table in OF_EARLIER_RELEASES:
            self._connection.execute(f"DROP TABLE IF EXISTS {table}")

    def close(self) -> None:
        """Close the tables; doing so twice is harmless."""
        self._tables.close()

    @contextmanager
    def tables(self, *, catch_up: bool = True) -> Iterator[Statements]:
        """The tables to read from, at one moment; with `catch_up`, they contain all that the log has."""
        with self._tables.locked():
            until = monotonic() + BUSY_SECONDS
            wanted = self._source.last_position() if yes_or_no("catch_up", catch_up) else 0
            while not self._begin_reading(wanted):
                if monotonic() > until:
                    raise StorageBusy("the tables are rebuilt by others again and again; try again")
                self.catch_up(upto=wanted)
            yield self._connection

    def catch_up(self, progress: Progress | None = None, upto: int | None = None) -> None:
        """Read the log page by page, to a position or its end. Another zone, definition or log means a rebuild."""
        with self._tables.locked():
            while not self._matches():
                if not self._rebuilding.go_on(progress or self._progress):
                    self._rebuilding.begin()
            self._say_what_is_known()
            while (position := self._next_page(upto)) is not None:
                if progress is not None:
                    progress(position, max(position, self._source.last_position()))

    def rebuild(self, progress: Progress | None = None) -> None:
        """Rebuild the tables from the log, beside the present ones, which others can read meanwhile."""
        if progress is not None:
            a_function("progress", progress, "two numbers")
        with self._tables.locked():
            with self._tables.transaction():
                self._clear_the_way()
            self._agree()
            self._rebuilding.begin()
        going = True
        while going:
            with self._tables.locked():
                going = self._rebuilding.go_on(progress)
        self.catch_up(progress)

    def parked(self) -> list[Parking]:
        """The parked events, in the order of the log."""
        with self.tables():
            return self._cursor.parked(limit=cursor.ALL)

    def without(self) -> tuple[int, int]:
        """How many events the tables do not contain: parked events, and those that are missing by decision."""
        return self.number_parked(), self._source.number_missing()

    def number_parked(self) -> int:
        """How many events are parked; to be called within tables()."""
        position = self._cursor.position()
        return 0 if position is None else position.parked

    def position(self) -> int:
        """The position of the log up to which the tables are made; to be called within tables()."""
        position = self._cursor.position()
        return 0 if position is None else position.last

    @property
    def dimensions(self) -> Own:
        """The own fields that are dimensions of the tables, for whoever declared them."""
        return tuple(name for name in self._own if not name.startswith(VERSIONED))

    def marked(self, page: board.BoardPage) -> board.BoardPage:
        """The page, with the demands on it that have a parked event; to be called within tables()."""
        if not self.number_parked():
            return page
        query = "SELECT 1 FROM demandflow_parked_events WHERE reader = ? AND demand = ?"
        demands = (row.demand for row in page.rows)
        parked = (demand for demand in demands if self._connection.execute(query, (READER, demand.hex)).fetchone())
        return replace(page, parked=tuple(parked))

    def retry_parked(self) -> None:
        """Try the parked events again."""
        with self._tables.locked():
            self.catch_up()
            self._cursor.retry(self)

    def _begin_reading(self, wanted: int) -> bool:
        """Begin to read, if the tables are complete and up to date; else return False."""
        self._tables.begin_reading(SCHEMA)
        position = self._cursor.position()
        if position is not None and position.last >= max(wanted, position.rebuilt_at) and self._matches(position):
            return True
        self._tables.leave()
        return False

    def _next_page(self, upto: int | None) -> int | None:
        return self._cursor.next_page(self, upto)

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        """What a page changes in all tables."""
        page = self._books.page(rows, stuck, days_of(self.zone), self._own)

        def write(taken: str) -> str:
            for projection in PROJECTIONS:
                projection.write(self._connection, page)
            return str(RowCounts.of(taken).after(self._connection, page))

        return Effect(write, page.parked)

    def zone_now(self) -> ZoneInfo:
        """The zone of the log, which somebody else may have changed since the tables were last read."""
        if self.zone.key != (zone := self._source.zone):
            self.zone = ZoneInfo(zone)
        return self.zone

    def _days(self) -> Day:
        return days_of(self.zone_now())

    def _matches(self, position: Position | None = None) -> bool:
        """Whether the position is in this log, for this zone and these definitions."""
        self._days()
        position = position or self._cursor.position()
        self._agree(None if position is None else position.make)
        return self._cursor.matches(position)

    def _make(self) -> str:
        """Which tables are made: the zone, the definitions, own fields that are dimensions, topics with versions."""
        return f"{self.zone.key} {','.join((str(DEFINITIONS_VERSION), *self._own))}"

    def _agree(self, make: str | None = None) -> Own:
        """The dimensions of these tables and those declared here: with more than it needs, nobody rebuilds them.

        So processes with other declarations come to have the same tables, rather than rebuild them in turn.
        """
        self._own = tuple(sorted({*self.declared, *self._versioned, *_names_in(make)}))
        return self._own

    def _agree_to_write(self, make: str) -> Own:
        """The same for tables in which this process writes: the topics that all know who write there."""
        known = self._versioned.intersection(_names_in(make))
        self._own = tuple(name for name in self._agree(make) if name in known or not name.startswith(VERSIONED))
        return self._own

    def _say_what_is_known(self) -> None:
        """Before facts are read otherwise than who made the tables reads them: they make them again."""
        if self._versioned.issuperset(name for name in self._own if name.startswith(VERSIONED)):
            return
        position = self._cursor.position()
        if position is not None and position.last < self._source.last_position():
            self._agree_to_write(self._make())
            with self._tables.transaction():
                if self._cursor.position() == position:
                    self._cursor.move(position._replace(make=self._make()))


def _names_in(make: str | None) -> list[str]:
    _, _, after_zone = (make or "").partition(" ")
    return after_zone.partition(" ")[0].split(",")[1:]
