"""A page of the board: by which index it is found.

Where one index answers all conditions and has the order asked for, it is walked until the page is full. Else an index
that has the order is walked a little way, and on if that promises to fill the page. Else what is asked for is rare, or
comes late: the indexes are counted, and the rows of the one that gives the fewest are taken and sorted. SHORT, FEW and
MANY are costs, in entries of an index that are read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from demandflow.projections.board_filter import RANGE, Condition, Filter, joined
from demandflow.projections.board_indexes import INDEXES, RECEIPT, ROWS
from demandflow.projections.board_order import Order, fixed
from demandflow.tables import index_names

SHORT, FEW, MANY = 4_000, 30_000, 800_000
LOOKED_UP = 4
"""As many entries of an index are read in the time in which one row is looked up."""
AT_ONCE = 500
"""As many rows are looked up by one statement."""

Key = tuple[int, str]
"""When a demand was received, and its id: by these a row lies on the board."""


@dataclass(frozen=True)
class Path:
    """A way to the rows: an index, the conditions that it answers and the others, and the order that it gives.

    `table` is the board in SQL, by the index. `ordered` is whether that is the order asked for; `each` is what a row
    costs, in entries of an index.
    """

    table: str
    near: list[Condition]
    far: list[Condition]
    sorts: tuple[str, ...]
    ordered: bool
    each: int


@dataclass(frozen=True)
class Search:
    """The search for the first rows of a board that meet these conditions and are beyond the pages before."""

    connection: sqlite3.Connection
    conditions: list[Condition]
    beyond: list[Condition]
    order: Order
    limit: int

    def keys(self) -> list[Key]:
        """By what they are found, in their order."""
        paths = list(self.paths())
        for path in paths:
            if path.ordered and not path.far:
                return self._read(path)
        ordered = sorted((path for path in paths if path.ordered), key=lambda path: (not path.near, path.each))
        walk = next(iter(ordered), None)
        if walk is not None and self.limit <= SHORT:
            rows = self._read(walk, SHORT)
            if len(rows) < self.limit <= len(rows) * FEW // SHORT:  # as many again in each stretch would be enough
                rows = self._read(walk, FEW)
            if len(rows) == self.limit:
                return rows
        return self._read(self._fewest(paths, FEW) or self._fewest(paths, MANY) or walk or paths[0])

    def paths(self) -> Iterator[Path]:
        """All ways that there are; the rows themselves come first."""
        given = [*self.conditions, *self.beyond]
        alike, wanted = fixed(given), self.order.keys(given)
        names = index_names(self.connection, "demandflow_board")
        for index in (ROWS, *INDEXES):
            if (sought := index.sought(self.conditions)) is None:
                continue
            near, (_, sorts) = sought[0], index.sought(given) or sought
            far = [one for one in self.conditions if one not in near and not one.implied]
            seen = (column for one in (*far, *self.beyond) for column in one.columns)
            held = index is ROWS or index.holds([*seen, *wanted])
            ordered = tuple(column for column in sorts if column not in alike)[: len(wanted)] == wanted
            yield Path(by_index(names.get(index.name)), near, far, sorts, ordered, 1 if held else LOOKED_UP)

    def _fewest(self, paths: list[Path], most: int) -> Path | None:
        """The path by which taking all rows costs least; None if each costs so much or more."""
        costs = [(self._number(path, most // path.each) * path.each, path) for path in paths if path.near]
        few = [(cost, path) for cost, path in costs if cost < most // path.each * path.each]
        return min(few, key=itemgetter(0))[1] if few else None

    def _number(self, path: Path, most: int) -> int:
        """How many rows the index gives, counted so far."""
        condition, values = joined(path.near)
        counted = f"SELECT COUNT(*) FROM (SELECT 1 FROM {path.table} WHERE {condition} LIMIT {most}) AS few"  # noqa: S608
        return int(self.connection.execute(counted, values).fetchone()[0])

    def _read(self, path: Path, reach: int | None = None) -> list[Key]:
        """The keys of the rows that are found on the way; with `reach`, at no more than this cost."""
        given = [*self.conditions, *self.beyond]
        by = self.order.by(path.sorts if path.ordered else self.order.keys(given), given)
        condition, values = joined([*path.near, *self.beyond])
        rest, more = joined(path.far)
        if reach is None:
            rows = f"{path.table} WHERE {condition} AND {rest} ORDER BY {by}"
        else:
            columns = ", ".join(dict.fromkeys(RECEIPT) | {column: None for one in path.far for column in one.columns})
            walked = f"SELECT {columns} FROM {path.table} WHERE {condition} ORDER BY {by} LIMIT {reach // path.each}"  # noqa: S608
            rows = f"({walked}) AS walked WHERE {rest}"
        sql = f"SELECT {', '.join(RECEIPT)} FROM {rows} LIMIT {self.limit}"  # noqa: S608
        return self.connection.execute(sql, [*values, *more]).fetchall()


def by_index(index: str | None) -> str:
    """The board, and the index by which SQLite is to read it: without statistics it would often take another."""
    return f"demandflow_board INDEXED BY {index}" if index else "demandflow_board NOT INDEXED"


def rows_of(
    connection: sqlite3.Connection,
    columns: tuple[str, ...],
    chosen: Filter,
    order: Order,
    limit: int,
    after: str | None,
) -> list[tuple[Any, ...]]:
    """These columns of the first rows, at most so many, that are chosen and come after those of the pages before."""
    last = None if after is None else order.after(after)
    alternatives, keys = chosen.alternatives(), []
    common = {*alternatives[0]}.intersection(*alternatives)
    for conditions in alternatives:
        for at, one in enumerate(conditions):
            if one not in common and {*one.columns} & {*order.asked}:
                # the row before may be of the other alternative, so here that column tells rows apart as well
                conditions[at] = one._replace(kind=RANGE)
        left = limit
        for beyond in order.parts(conditions, last):
            found = Search(connection, conditions, beyond, order, left).keys() if left else []
            keys += found
            left -= len(found)
    rows = list(_rows(connection, columns, list(dict.fromkeys(keys))))
    return order.sorted(rows, columns)[:limit] if len(alternatives) > 1 else rows


def table_for(connection: sqlite3.Connection, chosen: Filter) -> str:
    """The board in SQL, by the index that answers all that is asked, if there is one."""
    (conditions, *more), order = chosen.alternatives(), Order(("received",), descending=False)
    paths = [] if more else Search(connection, conditions, [], order, 0).paths()
    return next((path.table for path in paths if path.near and not path.far), "demandflow_board")


def _rows(connection: sqlite3.Connection, columns: tuple[str, ...], keys: list[Key]) -> Iterator[tuple[Any, ...]]:
    """The rows that have these keys, in their order."""
    for some in (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)):
        marks = ", ".join(["(?, ?)"] * len(some))
        chosen = f"{', '.join(RECEIPT + columns)} FROM demandflow_board WHERE (received, demand) IN (VALUES {marks})"
        found = connection.execute(f"SELECT {chosen}", [value for key in some for value in key])
        rows = {row[:2]: row[2:] for row in found}
        yield from map(rows.__getitem__, some)
