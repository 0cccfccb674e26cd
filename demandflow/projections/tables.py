"""The tables that are made from the log, one module each, and how many rows they should have."""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

from demandflow.projections import ledger, stays, totals
from demandflow.projections.board import rows as board
from demandflow.projections.entries import Page
from demandflow.store.statements import Statements
from demandflow.store.tables.schemas import tables_of


class Projection(Protocol):
    """A module with tables of its own."""

    SCHEMA: str

    def write(self, connection: Statements, page: Page, /) -> None:
        """Write a page of the log into its tables."""


BY_DEMAND: tuple[Projection, ...] = (board, stays, ledger)
"""Their rows belong to one demand each."""
PROJECTIONS: tuple[Projection, ...] = (*BY_DEMAND, totals)
SCHEMA = "".join(projection.SCHEMA for projection in PROJECTIONS)
TABLES = tables_of(SCHEMA)

PARTS = "SELECT dimension, SUM(number) FROM demandflow_totals WHERE happening = '' AND level <= 1 GROUP BY dimension"
SUMMED = "SELECT COALESCE(SUM(amount), 0) FROM {} WHERE what >= 0"
HELPED = (
    "SELECT COUNT(DISTINCT demand) FROM demandflow_helpers",
    "SELECT COUNT(*) FROM demandflow_board WHERE co_handlers <> ''",
)
EVERY_DEMAND = ("all", *totals.DIMENSIONS)
"""Dimensions of the totals that count every demand once."""


class RowCounts(NamedTuple):
    """How many rows were written: demands, stays, lines of the ledger, slices, and combinations of clocks.

    They are kept with the position, so that opening notices if somebody emptied a table.
    """

    demands: int = 0
    stays: int = 0
    lines: int = 0
    slices: int = 0
    clocks: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """The numbers as they are kept with the position."""
        return cls(*map(int, text.split()))

    def __str__(self) -> str:
        return " ".join(map(str, self))

    def after(self, connection: Statements, page: Page) -> RowCounts:
        """The numbers after this page was written."""
        stays = sum(not change.ended for change in page.state_changes)
        lines = self.lines + sum([len(booking.entries) for booking in page.bookings])
        # nothing is ever deleted from these, so that the last number is the number of rows
        (slices,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM demandflow_slices").fetchone()
        (clocks,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM demandflow_clocks").fetchone()
        return RowCounts(self.demands + page.new_demands, self.stays + stays, lines, slices, clocks)

    def match(self, connection: Statements) -> bool:
        """Whether the tables have as many rows, and every demand is in the totals."""
        rows = tuple(
            connection.execute(f"SELECT COUNT(*) FROM demandflow_{table}").fetchone()[0]  # noqa: S608
            for table in ("board", "stays", "ledger", "slices", "clocks")
        )
        parts = dict(connection.execute(PARTS).fetchall())
        sums = (connection.execute(SUMMED.format(table)).fetchone()[0] for table in ledger.SUMMED)
        helped, with_helpers = (connection.execute(sql).fetchone() for sql in HELPED)
        return (
            rows == tuple(self)
            and all(parts.get(name, 0) == self.demands for name in EVERY_DEMAND)
            and all(number == self.demands for number in sums)
            and helped == with_helpers
        )
