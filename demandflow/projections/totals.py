"""The totals: the sums of now by slice, read in constant time however many demands there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from demandflow.projections.entries import Booking, Page
from demandflow.projections.standing import CODES, OF_SCORES, OF_WORKFLOWS, Slice
from demandflow.store.statements import Statements

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
"""Those that every log has; there are no totals along own fields, which are read from the sums of the ledger."""

Totals = dict[str, dict[tuple[str, int], int]]
"""By key: (happening or status of a clock, standing) → number."""
Cell = tuple[str, int, str, str, int]
"""Dimension, level, key, happening or status of a clock, standing."""
Sum = tuple[tuple[Slice, str, int], int]
"""A slice, a happening or the status of a clock, and a standing; and the change of their number."""


def write(connection: Statements, page: Page) -> None:
    """Add the entries of a page to every slice that they belong to."""
    put(connection, changes_of(_sums(page.bookings)))


def _sums(bookings: Iterable[Booking]) -> Iterator[Sum]:
    # what comes and goes within a page is not written; the clocks of an entry are summed together first
    sums: dict[tuple[Slice, str, int], int] = defaultdict(int)
    ticking: dict[tuple[Slice, tuple[str, ...]], int] = defaultdict(int)
    for entry, amount in (line for booking in bookings for line in booking.entries.items()):
        sums[entry.where, entry.happening, entry.standing] += amount
        if entry.clocks:
            ticking[entry.where, entry.clocks] += amount
    for (where, clocks), amount in ticking.items():
        for status in clocks if amount else ():
            sums[where, status, 0] += amount
    return (change for change in sums.items() if change[1])


def changes_of(sums: Iterable[Sum]) -> dict[Cell, int]:
    """The change of each cell of the totals, from the changes in each slice."""
    changes: dict[Cell, int] = defaultdict(int)
    # first along each dimension, since many slices share a place
    named = Slice._fields[: len(DIMENSIONS)]
    along: tuple[dict[tuple[str, str, int], int], ...] = tuple(defaultdict(int) for _ in named)
    for (where, what, standing), amount in sums:
        changes["all", 0, "", what, standing] += amount
        for keys, key in zip(along, where, strict=False):
            keys[key, what, standing] += amount
    for dimension, keys in zip(named, along, strict=True):
        for (key, what, standing), amount in keys.items():
            for name, level, part in _parts(dimension, key) if amount else ():
                changes[name, level, part, what, standing] += amount
    return changes


def put(connection: Statements, changes: Mapping[Cell, int]) -> None:
    """Add these changes to the cells."""
    connection.executemany(
        "INSERT INTO demandflow_totals VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (dimension, level, key, happening, standing) "
        "DO UPDATE SET number = demandflow_totals.number + excluded.number",
        [(*cell, amount) for cell, amount in changes.items() if amount],
    )


def read_all(connection: Statements) -> Mapping[tuple[str, int], int]:
    """The sums over everything."""
    return _read(connection, "dimension = 'all'").get("", {})


def clocks(connection: Statements) -> set[str]:
    """The names of all clocks that ever ran."""
    return {name for name in _named(connection) if not name.startswith((OF_SCORES, OF_WORKFLOWS))}


def scores(connection: Statements) -> set[str]:
    """The names of all scores that were ever given."""
    return {name.removeprefix(OF_SCORES) for name in _named(connection) if name.startswith(OF_SCORES)}


def _named(connection: Statements) -> set[str]:
    """The names of all that has a status, as it is kept."""
    rows = connection.execute(
        "SELECT DISTINCT happening FROM demandflow_totals "
        "WHERE dimension = 'all' AND level = 0 AND key = '' AND happening > ''"
    )
    return {what.rpartition(" ")[0] for (what,) in rows if what not in CODES}


def read(connection: Statements, dimension: str, level: int) -> Totals:
    """The sums along one dimension; a path that is not as deep as the level keeps its own name."""
    if dimension not in PATHS:
        return _read(connection, "dimension = ?", dimension)
    # one dimension has the sums of every level, the other those of the demands at exactly this path
    condition = "(dimension = ? AND level = ?) OR (dimension = ? AND level < ?)"
    return _read(connection, condition, dimension, level, f"{dimension}_at", level)


def _read(connection: Statements, condition: str, *values: object) -> Totals:
    by_key: Totals = {}
    query = f"SELECT key, happening, standing, number FROM demandflow_totals WHERE number <> 0 AND ({condition})"  # noqa: S608
    for key, happening, standing, number in connection.execute(query, values):
        by_key.setdefault(key, {})[happening, standing] = number
    return by_key


@lru_cache(maxsize=10_000)
def _parts(dimension: str, key: str) -> tuple[tuple[str, int, str], ...]:
    """The cells of a dimension that a demand with this key is summed in: dimension, level, key."""
    if dimension not in PATHS:
        return ((dimension, 0, key),)
    names = key.split("/")
    # nothing is summed deeper than figures can be asked for
    levels = [(dimension, level, "/".join(names[:level])) for level in range(1, min(len(names), DEEPEST) + 1)]
    return (*levels, (f"{dimension}_at", len(names), key))
