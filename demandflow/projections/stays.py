"""The stays: each demand's time in each state that is no end, from which durations are taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from demandflow.domain.demand import Demand
from demandflow.tables import microseconds

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_stays (
    demand TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
    PRIMARY KEY (demand, version)
) WITHOUT ROWID;
"""


def write(connection: sqlite3.Connection, moved: Iterable[Demand]) -> None:
    """End the stay that each of these demands was in, and begin the one it is in now; the demands come in order."""
    left: dict[str, int | None] = {}
    stays: dict[tuple[str, int], list[object]] = {}
    latest: dict[str, list[object]] = {}
    for demand in moved:
        key, at = demand.id.hex, microseconds(demand.since)
        if key in latest:
            latest.pop(key)[-1] = at
        elif demand.version > 1:
            left.setdefault(key, at)
        if demand.ended_as is None:
            latest[key] = stays[key, demand.version] = [key, demand.version, demand.state, at, None]
    connection.executemany(
        "UPDATE demandflow_stays SET ended = ? WHERE demand = ? AND ended IS NULL",
        [(at, key) for key, at in left.items()],
    )
    connection.executemany("INSERT INTO demandflow_stays VALUES (?, ?, ?, ?, ?)", stays.values())
