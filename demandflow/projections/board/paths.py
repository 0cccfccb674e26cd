"""The paths to the rows of a page of the board: for each index, which conditions it answers, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demandflow.projections.board.filter import EQUAL, RANGE, Condition
from demandflow.projections.board.indexes import INDEXES, ROWS, Index, by_kind
from demandflow.projections.board.order import Order, fixed

FROM_A_ROW, LOOKED_UP = 2, 16
"""The cost of reading a row in sequence, and of looking one up, in entries of an index."""


@dataclass(frozen=True)
class Path:
    """A path to the rows: an index, the conditions that it answers (`near`), those on columns in it (`held`), the rest.

    `table` is the board in SQL, by the index. The rows come in the order of `sorts`; `ordered` says whether that is the
    order asked for, `sorting` whether the index has all columns of that order. With `groups`, its first columns, the
    index is walked group by group, and so answers conditions about the columns after them.
    """

    index: Index
    table: str
    near: list[Condition]
    held: list[Condition]
    far: list[Condition]
    sorts: tuple[str, ...]
    ordered: bool
    sorting: bool
    groups: tuple[str, ...]

    @property
    def answers(self) -> int:
        """How many conditions it answers; a condition with one value counts twice."""
        stated = [condition for condition in self.near if not condition.implied]
        return sum(2 if condition.kind == EQUAL and condition.values else 1 for condition in stated)

    @property
    def index_only(self) -> bool:
        """Whether the index is enough, and no row is looked up."""
        return self.sorting and not self.far

    @property
    def walked(self) -> int:
        """The cost of a row when all are read in turn."""
        return FROM_A_ROW if self.index is ROWS else 1 if self.index_only else LOOKED_UP

    @property
    def each(self) -> int:
        """The cost of an entry when the index is read before the rows; of a row, if it has no condition for it."""
        return 1 + len(self.held) if self.held else self.walked


def paths(
    names: Mapping[str, str], conditions: list[Condition], beyond: list[Condition], order: Order
) -> Iterator[Path]:
    """All paths; the rows themselves come first. `names` are the names of the indexes.

    By each index as it is, and group by group if that answers more and gives the order asked for.
    """
    same, wanted = fixed([*conditions, *beyond]), order.keys([*conditions, *beyond])
    own, given = by_kind(conditions), by_kind([*conditions, *beyond])
    about = {wanted[0], *(column for column, kind in given if kind in (EQUAL, RANGE))}
    for index in (ROWS, *INDEXES):
        # an index of some of the rows is of no use where others are asked for
        if ("", index.when) not in given if index.when else not about.issuperset(index.columns[:1]):
            continue
        answered = set[Condition]()
        for groups in index.groups(same, wanted):
            near, sorts = index.sought(own, groups)[0], index.sought(given, groups)[1]
            ordered = (*groups, *(column for column in sorts if column not in same))[: len(wanted)] == wanted
            useful = ordered and not answered.issuperset(near) if groups else ordered or near or index is ROWS
            answered.update(near)
            if not useful:
                continue
            others = [c for c in conditions if not (c in near or c.implied or c.narrows(groups))]
            held = [condition for condition in others if index.holds(condition.columns)]
            far = [condition for condition in others if condition not in held]
            heads = [Condition(f"{column} = {column}s.value", (), (column,), EQUAL) for column in groups]
            table = " CROSS JOIN ".join([*(f"{column}s" for column in groups), by_index(names.get(index.name))])
            yield Path(index, table, [*near, *heads], held, far, sorts, ordered, index.holds(wanted), groups)


def by_index(index: str | None) -> str:
    """The board and the index by which SQLite reads it: without statistics it would often choose another."""
    return f"demandflow_board INDEXED BY {index}" if index else "demandflow_board NOT INDEXED"
