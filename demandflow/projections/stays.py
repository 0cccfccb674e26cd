"""The stays: each demand's time in each state that is no end, from which durations are taken."""

from __future__ import annotations

from demandflow.projections.page import Page
from demandflow.tables import Statements, microseconds

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_stays (
    demand TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
    PRIMARY KEY (demand, version)
) WITHOUT ROWID;
"""


def write(connection: Statements, page: Page) -> None:
    """End the stay that each demand was in that moved, and begin the one it is in now."""
    left: dict[str, int | None] = {}
    stays: dict[tuple[str, int], list[object]] = {}
    latest: dict[str, list[object]] = {}
    for demand in page.moved:
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
