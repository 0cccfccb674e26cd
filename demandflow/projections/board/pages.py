"""A page of the board: the index by which it is found.

If one index answers all conditions and has the order asked for, it is walked until the page is full. Otherwise, if
there are very few rows, they are all taken and sorted. Otherwise an index that has the order is walked a little way
(group by group, if that answers a condition), and further if it promises to fill the page, unless taking all rows by
another index is cheaper: entries are counted, and the rows of the cheapest index are taken and sorted. TINY, SHORT,
MIDDLE, FEW and MANY are costs, in entries of an index that are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from demandflow.projections.board.filter import RANGE, REQUIRED, SPELT, Condition, Filter, joined
from demandflow.projections.board.indexes import INDEXES, RECEIPT
from demandflow.projections.board.order import Order
from demandflow.projections.board.paths import LOOKED_UP, Path, by_index, paths
from demandflow.store.statements import Statements, plans
from demandflow.store.tables.schemas import index_names

TINY, SHORT, MIDDLE, FEW, MANY = 1_000, 12_000, 48_000, 192_000, 3_000_000
PASSED_ON, BEGUN = 3, 64
"""The cost of passing an entry on to be counted, and of beginning a group."""
AT_ONCE = 500
"""So many rows are looked up by one statement."""

Key = tuple[int, str]
"""When a demand was received, and its id: the primary key of the board."""


@dataclass(frozen=True)
class Search:
    """The search for the first rows that meet these conditions and come after the pages before."""

    connection: Statements
    names: Mapping[str, str]
    conditions: list[Condition]
    beyond: list[Condition]
    order: Order
    limit: int

    @cached_property
    def paths(self) -> list[Path]:
        """All paths to the rows."""
        return list(paths(self.names, self.conditions, self.beyond, self.order))

    def keys(self) -> list[Key]:
        """The keys of the rows, in their order."""
        ordered = [path for path in self.paths if path.ordered]
        ordered.sort(key=lambda path: (not path.groups, not path.near, path.each))
        ungrouped = [path for path in ordered if not path.groups]
        for path in ungrouped:
            if not (path.held or path.far):
                return self._read(path)
        if (cheapest := self._cheapest(TINY)) is not None:
            return self._read(cheapest)
        promised = 0
        for reach, most in ((SHORT, MIDDLE), (MIDDLE, FEW), (FEW, MANY)):
            for walk in ordered[:1] if promised <= reach else []:
                if len(rows := self._walk(walk, reach)) == self.limit:
                    return rows
                promised = reach * self.limit // len(rows) if rows else 0
            # a count is certain, and a promise is not
            if (cheapest := self._cheapest(min(most, promised * 3 // 2 or most))) is not None:
                return self._read(cheapest)
        return self._read((ungrouped or self.paths)[0])

    def _cheapest(self, most: int) -> Path | None:
        """The path by which taking all rows costs least; None if none costs less than this."""
        cheapest = None
        different = {(*path.near, path.each): path for path in self.paths if path.near and not path.groups}
        # first those that answer most, then the expensive ones, which are counted sooner
        for path in sorted(different.values(), key=lambda path: (-path.answers, -path.each)):
            if (cost := self._cost(path, most)) < most:
                cheapest, most = path, cost
        return cheapest

    def _cost(self, path: Path, most: int) -> int:
        """The cost of taking all rows by an index, counted up to a limit."""
        cost = self._number(path, path.near, most // path.each) * path.each
        if path.index_only or not path.held or cost + path.each > most:
            return cost if cost + path.each <= most else most
        if self._goes_by_the_first(path):
            return cost
        return cost + self._number(path, [*path.near, *path.held], (most - cost) // LOOKED_UP + 1) * LOOKED_UP

    def _number(self, path: Path, conditions: list[Condition], most: int) -> int:
        """How many entries meet these conditions, counted up to a limit."""
        condition, values = joined(conditions)
        query = f"SELECT COUNT(*) FROM (SELECT 1 FROM {path.table} WHERE {condition} LIMIT {most}) AS counted"  # noqa: S608
        return int(self.connection.execute(query, values).fetchone()[0]) if most else 0

    def _goes_by_the_first(self, path: Path) -> bool:
        """Whether the first column that sorts can limit the page: the index has it, and all conditions."""
        first, rest = self.order.columns[0], [*path.far, *([] if path.sorting else self.beyond)]
        return not (path.index_only or rest) and first in REQUIRED and path.index.holds([first])

    def _read(self, path: Path) -> list[Key]:
        """The keys of the first rows along the path; a row is looked up only if the index does not exclude it."""
        entries = [*path.near, *path.held, *(self.beyond if path.sorting else [])]
        if path.index_only:
            condition, values = joined(entries)
            return self._keys(f"{path.table} WHERE {condition} {self._by(path)}", values)
        rest = path.far if path.sorting else [*path.far, *self.beyond]
        if self._goes_by_the_first(path):
            entries.append(self._not_after(path, entries))
        (condition, values), (more, others) = joined(entries), joined(rest)
        looked_up = f"(SELECT {', '.join(RECEIPT)} FROM {path.table} WHERE {condition}) AS entries"  # noqa: S608
        board = "demandflow_board NOT INDEXED USING (received, demand)"
        return self._keys(f"{looked_up} CROSS JOIN {board} WHERE {more} {self._by(path)}", [*values, *others])

    def _not_after(self, path: Path, entries: list[Condition]) -> Condition:
        """The first column that sorts, limited to where the page ends by this column alone."""
        column, (condition, values) = self.order.columns[0], joined(entries)
        direction, after = ("DESC", "<") if self.order.descending else ("ASC", ">")
        last = f"SELECT {column} FROM {path.table} WHERE {condition} ORDER BY {column} {direction} LIMIT 1 OFFSET"  # noqa: S608
        return Condition(f"({column} {after} ({last} {self.limit - 1})) IS NOT TRUE", tuple(values), (column,))

    def _walk(self, path: Path, reach: int) -> list[Key]:
        """The keys of the rows that are found along the path at no more than this cost."""
        groups, rest = [self._group(column, reach // BEGUN) for column in path.groups], [*path.held, *path.far]
        (condition, values), (more, others) = joined([*path.near, *self.beyond]), joined(rest)
        columns = ", ".join(dict.fromkeys([*RECEIPT, *(column for condition in rest for column in condition.columns)]))
        reach //= path.walked + PASSED_ON
        walk = f"SELECT {columns} FROM {path.table} WHERE {condition} {self._by(path)} LIMIT {reach}"  # noqa: S608
        walk = f"WITH RECURSIVE {', '.join(group.sql for group in groups)} {walk}" if groups else walk
        return self._keys(f"({walk}) AS walked WHERE {more}", [*joined(groups)[1], *values, *others])

    def _group(self, column: str, most: int) -> Condition:
        """The values of a column in these rows, at most so many, as a table in SQL."""
        table = _by_column(column, self.names)
        condition, values = joined([c for c in (*self.conditions, *self.beyond) if c.narrows([column])])
        first, after = ("MAX", "<") if self.order.descending else ("MIN", ">")
        begin = f"SELECT {first}({column}) FROM {table} WHERE {condition}"  # noqa: S608
        go_on = f"SELECT ({begin} AND {column} {after} value) FROM {column}s WHERE value IS NOT NULL LIMIT {most}"  # noqa: S608
        return Condition(f"{column}s(value) AS ({begin} UNION ALL {go_on})", (*values, *values), (column,))

    def _by(self, path: Path) -> str:
        """The ORDER BY along a path; groups come in order, and so do the rows of each group."""
        given = [*self.conditions, *self.beyond]
        columns = path.sorts if path.ordered else self.order.keys(given)
        return "" if path.groups else f"ORDER BY {self.order.by(columns, given)}"

    def _keys(self, rows: str, values: list[Any]) -> list[Key]:
        sql = f"SELECT {', '.join(RECEIPT)} FROM {rows} LIMIT {self.limit}"  # noqa: S608
        return self.connection.execute(sql, values).fetchall()


def rows_of(
    connection: Statements,
    columns: tuple[str, ...],
    board_filter: Filter,
    order: Order,
    limit: int,
    after: str | None,
) -> list[tuple[Any, ...]]:
    """These columns of the first rows that the filter selects, at most so many, after the pages before."""
    last = None if after is None else order.after(after)
    if plans(connection):
        return _planned(connection, columns, board_filter, order, limit, last)
    alternatives, names, keys = board_filter.alternatives(), index_names(connection, "demandflow_board"), list[Key]()
    alternatives = [[c for c in conditions if _excludes_any(connection, names, c)] for conditions in alternatives]
    common = {*alternatives[0]}.intersection(*alternatives)
    for conditions in alternatives:
        for at, condition in enumerate(conditions):
            if condition not in common and {*condition.columns} & {*order.sort}:
                # the row before may be of the other alternative, so this column differs between rows as well
                conditions[at] = condition._replace(kind=RANGE)
        left = limit
        for beyond in order.parts(conditions, last):
            part = Search(connection, names, conditions, beyond, order, left).keys() if left else []
            keys += part
            left -= len(part)
    rows = list(_rows(connection, columns, list(dict.fromkeys(keys))))
    return order.sorted(rows, columns)[:limit] if len(alternatives) > 1 else rows


def _planned(
    connection: Statements,
    columns: tuple[str, ...],
    board_filter: Filter,
    order: Order,
    limit: int,
    last: dict[str, Any] | None,
) -> list[tuple[Any, ...]]:
    """The same where the database itself chooses the index."""
    (condition, values), rows = board_filter.where(), list[tuple[Any, ...]]()
    for beyond in order.parts([], last):
        if len(rows) < limit:
            further, more = joined(beyond)
            query = f"SELECT {', '.join(columns)} FROM demandflow_board WHERE {condition} AND {further}"  # noqa: S608
            by = order.by(order.keys(beyond), beyond)
            rows += connection.execute(f"{query} ORDER BY {by} LIMIT {limit - len(rows)}", [*values, *more]).fetchall()
    return rows


def table_for(connection: Statements, board_filter: Filter) -> str:
    """The board in SQL, by the index that answers all conditions, if there is one."""
    (conditions, *more), order = board_filter.alternatives(), Order(("received",), descending=False)
    conditions = [condition for condition in conditions if condition.kind != SPELT]
    ways = [] if more else paths(index_names(connection, "demandflow_board"), conditions, [], order)
    return next((path.table for path in ways if path.near and not (path.held or path.far)), "demandflow_board")


def _excludes_any(connection: Statements, names: Mapping[str, str], condition: Condition) -> bool:
    """Whether the condition is needed: one that is SPELT is not if no name is spelt so, which is quickly seen."""
    if condition.kind != SPELT:
        return True
    (column,), (below, path) = condition.columns, condition.values
    exists = f"SELECT EXISTS (SELECT 1 FROM {_by_column(column, names)} WHERE {column} > ? AND {column} < ?)"  # noqa: S608
    return bool(connection.execute(exists, (path, below)).fetchone()[0])


def _by_column(column: str, names: Mapping[str, str]) -> str:
    """The board in SQL, by an index of all rows that begins with this column."""
    return by_index(names.get(next(index.name for index in INDEXES if index.columns[0] == column and not index.when)))


def _rows(connection: Statements, columns: tuple[str, ...], keys: list[Key]) -> Iterator[tuple[Any, ...]]:
    """The rows that have these keys, in the order of the keys."""
    for batch in (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)):
        marks = ", ".join(["(?, ?)"] * len(batch))
        query = f"{', '.join(RECEIPT + columns)} FROM demandflow_board WHERE (received, demand) IN (VALUES {marks})"
        values = [value for key in batch for value in key]
        rows = {row[:2]: row[2:] for row in connection.execute(f"SELECT {query}", values)}
        yield from map(rows.__getitem__, batch)
