"""Tables kept apart from those of a log, and dumped: what tests compare where questions would not show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.projections import ledger
from demandflow.projections.projector import READER, Projector
from demandflow.projections.tables import TABLES
from demandflow.store.mapper import Unreadable

PAGE, PAGE_OF_A_FILE = 3, 10
WHAT, DUE = 7, 10
"""Where a line of the ledger says what is counted, and when it is due."""
Tables = dict[str, list[tuple[Any, ...]]]


class Detached:
    """A log whose tables are kept apart from those of the log itself: in memory, or at a path."""

    def __init__(self, flow: DemandFlow, path: str | None = None) -> None:
        self._log = flow._log
        self.id, self.path, self.zone = flow._log.id, path, flow._log.zone
        self.meanwhile: Callable[[], None] = lambda: None
        self.looks_empty = False

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""
        return self._log.events(demand, after=after, upto=upto)

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands; what is to happen meanwhile happens once they are read."""
        # small pages: what goes wrong between two of them shows in a short history
        found = self._log.page(after, min(limit, PAGE if self.path is None else PAGE_OF_A_FILE))
        self.meanwhile()
        return found

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[tuple[int, Event | Unreadable]], str]:
        """The events of the next demands; what is to happen meanwhile happens once they are read."""
        found = self._log.next_demands(after, min(limit, PAGE if self.path is None else PAGE_OF_A_FILE), upto)
        self.meanwhile()
        return found

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """What is of no demand."""
        return self._log.of_no_demand(upto)

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        """The first events of several demands."""
        return self._log.histories(upto)

    def comes_later(self, demand: UUID, version: int, position: int) -> bool:
        """Whether an earlier event of the demand has a later position."""
        return self._log.comes_later(demand, version, position)

    def last_position(self) -> int:
        """The position of the newest event; 0 while it looks empty."""
        return 0 if self.looks_empty else self._log.last_position()

    def number_missing(self) -> int:
        """How many events went, by decision."""
        return self._log.number_missing()


@contextmanager
def apart(flow: DemandFlow, path: str | None = None, *, by_time: bool = False) -> Iterator[tuple[Projector, Detached]]:
    """A projector of the same log with tables of its own: made demand by demand, or `by_time`, as the log came."""
    source = Detached(flow, path)
    source.looks_empty = by_time
    projector = Projector(source, flow._projector.zone.key, declared=flow._projector.declared)
    source.looks_empty = False
    try:
        yield projector, source
    finally:
        projector.close()


def same_tables(here: Tables, there: Tables, what: str) -> None:
    """Assert that these tables are the same."""
    for table in here:
        assert here[table] == there[table], f"{table} differs from {what}"


def dump(projector: Projector) -> Tables:
    """All that the tables hold, the ledger's lines with the names of their slices."""
    with projector.tables(catch_up=False) as tables:
        dumped = {table: tables.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        named = "SELECT l.*, s.* FROM demandflow_ledger l JOIN demandflow_slices s ON s.id = l.slice"
        # slices, clocks and dues are numbered as they come, so lines are compared by their names
        clocks, dues = ledger.clocks_by_id(tables), dict(tables.execute("SELECT * FROM demandflow_dues"))
        dumped["demandflow_ledger"] = [
            (
                *row[:WHAT],
                *ledger.cells(row[WHAT], clocks),
                row[WHAT + 1],
                row[DUE],
                dues.get(row[DUE + 1]),
                *row[DUE + 3 :],
            )
            for row in tables.execute(named)
        ]
        slices = {number: where for number, *where in tables.execute("SELECT * FROM demandflow_slices")}
        dumped["demandflow_sums"] = [
            (*slices[where], *ledger.cells(what, clocks), amount)
            for where, what, amount in dumped["demandflow_sums"]
            if amount
        ]
        dumped["demandflow_days"] = [
            (*days, *ledger.cells(what, clocks), due, dues.get(number), amount)
            for *days, what, due, number, amount in dumped["demandflow_days"]
            if amount
        ]
        for numbered in ("demandflow_slices", "demandflow_clocks", "demandflow_dues"):
            dumped.pop(numbered)
        position = "SELECT last, demand, version, parked FROM demandflow_cursors WHERE reader = ? AND last > 0"
        dumped["demandflow_cursors"] = tables.execute(position, (READER,)).fetchall()
    dumped["demandflow_totals"] = [row for row in dumped["demandflow_totals"] if row[-1]]
    return {table: sorted(rows, key=repr) for table, rows in dumped.items()}
