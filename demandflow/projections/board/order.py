"""How rows of the board are sorted, and where the next page begins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain, yes_or_no
from demandflow.projections.board.filter import EQUAL, RANGE, Condition
from demandflow.projections.board.indexes import RECEIPT

# fmt: off
SORTABLE = (
    "received", "since", "last", "due", "review", "ended", "place", "channel", "category", "contractor", "lead",
    "state", "stage", "round", "supporters",
)
# fmt: on
NULLABLE = ("due", "review", "ended", "category", "contractor", "lead")
NUMBERS = ("received", "since", "last", "due", "review", "ended", "round", "supporters")

Values = Sequence[Any]


@dataclass(frozen=True)
class Order:
    """The order of rows: by these columns, all in one direction; missing values come last, equal rows by receipt.

    Raises InvalidValue for a column that cannot be sorted by.
    """

    sort: Sequence[str]
    descending: bool

    def __post_init__(self) -> None:
        sort = self.sort
        if not isinstance(sort, list | tuple) or not sort or any(plain(column) not in SORTABLE for column in sort):
            raise InvalidValue("sort", f"cannot sort by {brief(sort)} (possible: some of {listed(SORTABLE)})")
        yes_or_no("descending", self.descending)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that sort, and then those in which any two rows differ."""
        return tuple(dict.fromkeys((*self.sort, *RECEIPT)))

    def keys(self, conditions: Iterable[Condition]) -> tuple[str, ...]:
        """The columns that sort rows that meet these conditions, without those that have one value in all of them."""
        same = fixed(conditions)
        return tuple(column for column in self.columns if column not in same)

    def by(self, columns: Sequence[str], conditions: Iterable[Condition]) -> str:
        """The ORDER BY of these columns, for rows that meet these conditions; missing values come last."""
        direction, present = "DESC" if self.descending else "ASC", {*fixed(conditions), *_present(conditions)}
        missing = {column: " NULLS LAST" for column in NULLABLE if column not in present}
        return ", ".join(f"{column} {direction}{missing.get(column, '')}" for column in columns)

    def sorted(self, rows: list[tuple[Any, ...]], columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Rows of these columns, sorted."""
        for at in reversed([columns.index(column) for column in self.columns]):
            present, missing = ([row for row in rows if (row[at] is None) is none] for none in (False, True))
            rows = [*sorted(present, key=itemgetter(at), reverse=self.descending), *missing]
        return rows

    def next(self, row: Values) -> str:
        """The start of the page after a row that has these values in the columns that sort."""
        return json.dumps([self.columns, self.descending, row], ensure_ascii=False)

    def after(self, text: str) -> dict[str, Any]:
        """The values of the last row of the page before, by column. Raises InvalidValue if it is of no such page."""
        try:
            columns, descending, values = json.loads(text)
            row = dict(zip(columns, values, strict=True))
            if (tuple(row), descending) == (self.columns, self.descending) and all(map(_fits, row, row.values())):
                return row
        except (TypeError, ValueError, RecursionError):
            pass
        raise InvalidValue("after", f"must be `next` of a page that is sorted in the same way, got {brief(text)}")

    def parts(self, conditions: Sequence[Condition], after: dict[str, Any] | None) -> Iterator[list[Condition]]:
        """The conditions for the rows after a row: first for rows that have the first column, then for the others.

        So an index gives the rows of each part in order, and finds where it begins.
        """
        first = (keys := self.keys(conditions))[0]
        if first not in NULLABLE or first in _present(conditions):
            yield [] if after is None else [self._beyond(keys, after)]
            return
        if after is None or after[first] is not None:
            present = Condition(f"{first} IS NOT NULL", (), (first,), RANGE)
            yield [present] if after is None else [present, self._beyond(keys, after)]
            after = None
        missing = Condition(f"{first} IS NULL", (), (first,), EQUAL)
        for part in self.parts([*conditions, missing], after):
            yield [missing, *part]

    def _beyond(self, columns: Sequence[str], after: dict[str, Any]) -> Condition:
        """The rows after this row that have the first column; one comparison if no column can be missing."""
        compare, (first, *others) = "<" if self.descending else ">", columns
        if not {*others} & {*NULLABLE}:
            marks = ", ".join("?" * len(columns))
            sql, row = f"({', '.join(columns)}) {compare} ({marks})", tuple(after[column] for column in columns)
            return Condition(sql, row, (first,), RANGE)
        sql, values = "FALSE", list[Any]()
        for column in reversed(others):
            if (value := after[column]) is None:
                sql = f"({column} IS NULL AND {sql})"
            else:
                missing = f" OR {column} IS NULL" if column in NULLABLE else ""
                sql, values = f"({column} {compare} ?{missing} OR ({column} = ? AND {sql}))", [value, value, *values]
        bound = [after[first]] * 2
        return Condition(f"{first} {compare}= ? AND ({first} <> ? OR {sql})", (*bound, *values), (first,), RANGE)


def fixed(conditions: Iterable[Condition]) -> set[str]:
    """The columns that have one value in all rows that meet these conditions."""
    return {column for condition in conditions if condition.kind == EQUAL for column in condition.columns}


def _present(conditions: Iterable[Condition]) -> set[str]:
    """The columns that are never missing in rows that meet these conditions."""
    return {column for condition in conditions if condition.kind == RANGE for column in condition.columns}


def _fits(column: str, value: object) -> bool:
    if value is None:
        return column in NULLABLE
    if column in NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return isinstance(value, str)
