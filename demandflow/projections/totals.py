"""The totals: current sums by slice, read in constant time however many demands there are."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from demandflow.projections.entries import Entry
from demandflow.projections.page import Page
from demandflow.projections.standing import CODES, Slice
from demandflow.tables import Statements

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_totals (
    dimension TEXT NOT NULL, level INTEGER NOT NULL, key TEXT NOT NULL, happening TEXT NOT NULL,
    standing INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (dimension, level, key, happening, standing)
) WITHOUT ROWID;
"""
DEEPEST = 1000
PATHS = ("place", "category")
DIMENSIONS = (*PATHS, "channel", "lead", "workflow")

Totals = dict[str, dict[tuple[str, int], int]]
"""By key: (happening or how a clock stands, standing) → number."""


Cell = tuple[str, int, str, str, int]
"""Dimension, level, key, happening or how a clock stands, standing."""


def write(connection: Statements, page: Page) -> None:
    """Book the entries of a page into every slice they belong to."""
    put(connection, changes_of((line.entry, line.amount) for line in page.bookings))


def changes_of(entries: Iterable[tuple[Entry, int]]) -> Counter[Cell]:
    """By how much the entries change each cell of the totals."""
    # what comes and goes in the same page is not written; all clocks of an entry are looked at as one until then
    together: Counter[tuple[Slice, str, int]] = Counter()
    ticking: Counter[tuple[Slice, tuple[str, ...]]] = Counter()
    for entry, amount in entries:
        together[entry.where, entry.happening, entry.standing] += amount
        if entry.clocks:
            ticking[entry.where, entry.clocks] += amount
    for (where, stand), amount in ticking.items():
        for stands in stand if amount else ():
            together[where, stands, 0] += amount
    changes: Counter[Cell] = Counter()
    for (where, what, standing), amount in together.items():
        if amount:
            for dimension, level, key in _slices(where):
                changes[dimension, level, key, what, standing] += amount
    return changes


def put(connection: Statements, changes: Mapping[Cell, int]) -> None:
    """Change the cells by so much."""
    connection.executemany(
        "INSERT INTO demandflow_totals VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET number = number + excluded.number",
        [(*cell, amount) for cell, amount in changes.items() if amount],
    )


def read_all(connection: sqlite3.Connection) -> Mapping[tuple[str, int], int]:
    """The sums over everything."""
    return _read(connection, "dimension = 'all'").get("", {})


def clocks(connection: sqlite3.Connection) -> set[str]:
    """The names of all clocks that ever ran."""
    rows = connection.execute(
        "SELECT DISTINCT happening FROM demandflow_totals "
        "WHERE dimension = 'all' AND level = 0 AND key = '' AND happening > ''"
    )
    return {what.rpartition(" ")[0] for (what,) in rows if what not in CODES}


def read(connection: sqlite3.Connection, dimension: str, level: int) -> Totals:
    """The sums along one dimension; what is not as deep as the level stands under its own name."""
    if dimension not in PATHS:
        return _read(connection, "dimension = ?", dimension)
    # one dimension holds every level's sums, the other those of the demands right at a path
    condition = "(dimension = ? AND level = ?) OR (dimension = ? AND level < ?)"
    return _read(connection, condition, dimension, level, f"{dimension}_at", level)


def _read(connection: sqlite3.Connection, condition: str, *values: object) -> Totals:
    found: Totals = {}
    query = f"SELECT key, happening, standing, number FROM demandflow_totals WHERE number <> 0 AND ({condition})"  # noqa: S608
    for key, happening, standing, number in connection.execute(query, values):
        found.setdefault(key, {})[happening, standing] = number
    return found


@lru_cache(maxsize=10_000)
def _slices(where: Slice) -> tuple[tuple[str, int, str], ...]:
    slices = [("all", 0, ""), ("channel", 0, where.channel), ("lead", 0, where.lead)]
    slices.append(("workflow", 0, where.workflow))
    for dimension, path in (("place", where.place), ("category", where.category)):
        names = path.split("/")
        # deeper than figures can be asked for, nothing is summed
        slices += [(dimension, level, "/".join(names[:level])) for level in range(1, min(len(names), DEEPEST) + 1)]
        slices.append((f"{dimension}_at", len(names), path))
    return tuple(slices)
