"""The tables that are made from the log, one module each: what they hold, and how a page of the log is written."""

from __future__ import annotations

from typing import Protocol

from demandflow.projections import ledger, stays, totals
from demandflow.projections.board import rows as board
from demandflow.projections.entries import Page
from demandflow.store.sqlite.tables import Statements, tables_of


class Projection(Protocol):
    """A module with tables of its own."""

    SCHEMA: str

    def write(self, connection: Statements, page: Page, /) -> None:
        """Put what a page of the log comes to into its tables."""


BY_DEMAND: tuple[Projection, ...] = (board, stays, ledger)
"""What is written of each demand by itself."""
PROJECTIONS: tuple[Projection, ...] = (*BY_DEMAND, totals)
SCHEMA = "".join(projection.SCHEMA for projection in PROJECTIONS)
TABLES = tables_of(SCHEMA)
