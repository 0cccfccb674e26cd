"""The stays: each demand's time in each state that is no end, from which durations are taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from demandflow.domain.demand import Demand
from demandflow.projections.board import written

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_stays (
    demand TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, began TEXT NOT NULL, ended TEXT,
    PRIMARY KEY (demand, version)
) WITHOUT ROWID;
"""


def write(connection: sqlite3.Connection, moved: Iterable[Demand]) -> None:
    """End the stay that each of these demands was in, and begin the one it is in now."""
    for demand in moved:
        at = written(demand.since)
        connection.execute(
            "UPDATE demandflow_stays SET ended = ? WHERE demand = ? AND ended IS NULL", (at, demand.id.hex)
        )
        if demand.ended_as is None:
            connection.execute(
                "INSERT INTO demandflow_stays VALUES (?, ?, ?, ?, NULL)",
                (demand.id.hex, demand.version, demand.state, at),
            )
