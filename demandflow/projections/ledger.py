"""The ledger: each demand's entries with three days, from which everything about the past is a plain sum."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from demandflow.projections.entries import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_ledger (
    demand TEXT NOT NULL, version INTEGER NOT NULL, recorded_by INTEGER NOT NULL,
    received TEXT NOT NULL, happened TEXT NOT NULL, recorded TEXT NOT NULL,
    happening TEXT NOT NULL, standing INTEGER NOT NULL, amount INTEGER NOT NULL,
    place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT NOT NULL, contractor TEXT NOT NULL,
    workflow TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS demandflow_ledger_demand ON demandflow_ledger (demand);
"""


class Booking(NamedTuple):
    """One line: an entry of a demand, when the demand was received, and by which event it was recorded, when."""

    demand: UUID
    recorded_by: int
    received: str
    recorded: str
    entry: Entry
    amount: int


def write(connection: sqlite3.Connection, bookings: Iterable[Booking]) -> None:
    """Add these lines; none is ever changed."""
    connection.executemany(
        "INSERT INTO demandflow_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(line.demand.hex, line.entry.version, line.recorded_by),
                *(line.received, line.entry.happened, line.recorded),
                *(line.entry.happening, line.entry.standing, line.amount, *line.entry.where),
            )
            for line in bookings
        ],
    )
