"""The stays: when each demand was in which open state, from which durations are computed."""

from __future__ import annotations

from uuid import UUID

from demandflow.projections.entries import Page
from demandflow.store.statements import Statements
from demandflow.store.tables.moments import microseconds

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_stays (
    demand TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
    PRIMARY KEY (demand, version)
) WITHOUT ROWID;
"""


def write(connection: Statements, page: Page) -> None:
    """End the stay of every demand that entered another state, and begin its next one."""
    left: dict[UUID, int | None] = {}
    stays: dict[tuple[UUID, int], list[object]] = {}
    latest: dict[UUID, list[object]] = {}
    for demand, version, state, since, ended in page.state_changes:
        at = microseconds(since)
        if (stay := latest.pop(demand, None)) is not None:
            stay[-1] = at
        elif version > 1:
            left.setdefault(demand, at)
        if not ended:
            latest[demand] = stays[demand, version] = [demand.hex, version, state, at, None]
    connection.executemany(
        "UPDATE demandflow_stays SET ended = ? WHERE demand = ? AND ended IS NULL",
        [(at, demand.hex) for demand, at in left.items()],
    )
    connection.executemany("INSERT INTO demandflow_stays VALUES (?, ?, ?, ?, ?)", stays.values())
