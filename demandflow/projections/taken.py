"""What the tables have taken in, in numbers: by them it shows at opening whether somebody emptied a table."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple, Self

from demandflow.projections import ledger
from demandflow.projections.entries import Page
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.sqlite.tables import Statements

PARTS = "SELECT dimension, SUM(number) FROM demandflow_totals WHERE happening = '' AND level <= 1 GROUP BY dimension"
SUMMED = "SELECT COALESCE(SUM(amount), 0) FROM {} WHERE what >= 0"
HELPED = (
    "SELECT COUNT(DISTINCT demand) FROM demandflow_helpers",
    "SELECT COUNT(*) FROM demandflow_board WHERE co_handlers <> ''",
)
WHOLE = ("all", *DIMENSIONS)
"""In each of these every demand stands once."""


class Taken(NamedTuple):
    """How many demands, stays, ledger lines, slices and ways of clocks were written."""

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

    def after(self, connection: Statements, page: Page) -> Taken:
        """The numbers after a page that was written."""
        stays = sum(not entered.ended for entered in page.moved)
        # nothing is ever deleted from these, so that the last number is the number of rows
        (lines,) = connection.execute("SELECT COALESCE(MAX(rowid), 0) FROM demandflow_ledger").fetchone()
        (slices,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM demandflow_slices").fetchone()
        (clocks,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM demandflow_clocks").fetchone()
        return Taken(self.demands + page.began, self.stays + stays, lines, slices, clocks)

    def agrees(self, connection: sqlite3.Connection) -> bool:
        """Whether the tables have as many rows, and every demand stands in the totals."""
        rows = tuple(
            connection.execute(f"SELECT COUNT(*) FROM demandflow_{table}").fetchone()[0]  # noqa: S608
            for table in ("board", "stays", "ledger", "slices", "clocks")
        )
        parts = dict(connection.execute(PARTS).fetchall())
        summed = (connection.execute(SUMMED.format(table)).fetchone()[0] for table in ledger.SUMMED)
        helped = [connection.execute(sql).fetchone() for sql in HELPED]
        return (
            rows == tuple(self)
            and all(parts.get(name, 0) == self.demands for name in WHOLE)
            and all(number == self.demands for number in summed)
            and helped[0] == helped[1]
        )
