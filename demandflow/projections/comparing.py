"""Tables held against those that the log makes again: a rebuild beside them, and a sum over the rows of each.

What is numbered as it comes (slices, clocks, days on which something is due) is compared by what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.projections import ledger
from demandflow.projections.projector import Projector
from demandflow.projections.standing import Slice
from demandflow.projections.streams import TABLES as OF_STREAMS
from demandflow.projections.streams import StreamTables
from demandflow.projections.tables import TABLES
from demandflow.store.following.sources import DemandSource, Row
from demandflow.store.mapper import Unreadable
from demandflow.store.statements import Statements, streamed

NUMBERED = {"demandflow_slices", "demandflow_clocks", "demandflow_dues"}
LARGEST = 1 << 128
_SLICE = ", ".join(f"s.{name}" for name in Slice._fields)
_LINES = f"""SELECT l.what, l.demand, l.version, l.recorded_by, l.received, l.happened, l.recorded, l.ended, l.amount,
    l.due, d.days, {_SLICE} FROM demandflow_ledger l JOIN demandflow_slices s ON s.id = l.slice
    LEFT JOIN demandflow_dues d ON d.id = l.dues"""  # noqa: S608
_SUMS = f"""SELECT l.what, l.amount, {_SLICE} FROM demandflow_sums l JOIN demandflow_slices s ON s.id = l.slice
    WHERE l.amount <> 0"""  # noqa: S608
_DAYS = """SELECT l.what, l.happened, l.recorded, l.due, d.days, l.amount FROM demandflow_days l
    LEFT JOIN demandflow_dues d ON d.id = l.dues WHERE l.amount <> 0"""
WITH_CLOCKS = {"demandflow_ledger": _LINES, "demandflow_sums": _SUMS, "demandflow_days": _DAYS}
"""Tables whose lines say with one number what is counted, and all clocks."""
OTHERS = {"demandflow_totals": "SELECT * FROM demandflow_totals WHERE number <> 0"}


class Content(NamedTuple):
    """How many rows a table has, and a sum over them that does not depend on their order."""

    rows: int
    sum: int


@dataclass(frozen=True, slots=True)
class TableDiffers:
    """A table that is not what the log makes, with the number of its rows here and there."""

    table: str
    rows: int
    rebuilt: int

    def __str__(self) -> str:
        return f"{self.table} is not what the log makes: {self.rows} rows, rebuilt {self.rebuilt}"


class UpTo:
    """A log up to a position, whose tables are in another file."""

    def __init__(self, source: DemandSource, position: int, path: Path) -> None:
        self._source, self._position = source, position
        self.id, self.path, self.zone = source.id, str(path), source.zone

    def page(self, after: int, limit: int) -> list[Row]:
        """The next events up to the position."""
        return [row for row in self._source.page(after, limit) if row[0] <= self._position]

    def last_position(self) -> int:
        """The position."""
        return self._position

    def number_missing(self) -> int:
        """How many events are missing, by decision."""
        return self._source.number_missing()

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""
        return self._source.events(demand, after=after, upto=upto)

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        """The first events of several demands."""
        return self._source.histories(upto)

    def comes_later(self, demand: UUID, version: int, position: int) -> bool:
        """Whether an earlier event of the demand has a later position."""
        return self._source.comes_later(demand, version, position)

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[Row], str]:
        """All events of the next demands up to a position."""
        return self._source.next_demands(after, limit, upto)

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """The rows without a demand, up to a position."""
        return self._source.of_no_demand(upto)


def compare(live: Projector, source: DemandSource) -> tuple[TableDiffers, ...]:
    """The tables of board and figures that differ from a rebuild as of the same position of the log."""
    with live.tables() as tables:
        position, here = live.position(), _contents(tables, TABLES)
    with TemporaryDirectory(prefix="demandflow-") as folder:
        log = UpTo(source, position, Path(folder, "rebuilt.db"))
        with closing(Projector(log, live.zone.key, declared=live.dimensions)) as rebuilt, rebuilt.tables() as tables:
            return _differing(here, _contents(tables, TABLES))


def compare_streams(live: StreamTables, source: DemandSource) -> tuple[TableDiffers, ...]:
    """The same for the tables of streams of other kinds, and of what people did."""
    with live.tables() as tables:
        position, here = live.position(), _contents(tables, OF_STREAMS)
    with TemporaryDirectory(prefix="demandflow-") as folder:
        log = UpTo(source, position, Path(folder, "rebuilt.db"))
        with closing(live.beside(log)) as rebuilt, rebuilt.tables() as tables:
            return _differing(here, _contents(tables, OF_STREAMS))


def _differing(here: Mapping[str, Content], there: Mapping[str, Content]) -> tuple[TableDiffers, ...]:
    differing = (table for table in here if here[table] != there[table])
    return tuple(TableDiffers(table, here[table].rows, there[table].rows) for table in differing)


def _contents(connection: Statements, tables: Iterable[str]) -> dict[str, Content]:
    return {table: _content(_rows(connection, table)) for table in tables if table not in NUMBERED}


def _content(rows: Iterable[tuple[Any, ...]]) -> Content:
    number = total = 0
    for row in rows:
        number += 1
        total += int.from_bytes(blake2b(repr(row).encode(errors="surrogatepass"), digest_size=16).digest())
    return Content(number, total % LARGEST)


def _rows(connection: Statements, table: str) -> Iterator[tuple[Any, ...]]:
    if table not in WITH_CLOCKS:
        yield from streamed(connection, OTHERS.get(table, f"SELECT * FROM {table}"))  # noqa: S608
        return
    clocks, known = ledger.clocks_by_id(connection), dict[Any, Any]()
    for what, *rest in streamed(connection, WITH_CLOCKS[table]):
        if what not in known:
            try:
                known[what] = tuple(ledger.cells(what, clocks))
            except (KeyError, TypeError):  # somebody wrote a number that stands for nothing
                known[what] = what
        yield known[what], *rest
