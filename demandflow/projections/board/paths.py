"""The ways to the rows of a page of the board: each an index, what it answers, what is seen in it, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demandflow.projections.board.filter import EQUAL, RANGE, Condition
from demandflow.projections.board.indexes import INDEXES, ROWS, Index, by_kind
from demandflow.projections.board.order import Order, fixed

FROM_A_ROW, LOOKED_UP = 2, 16
"""What it costs to walk one of the rows themselves, and to look one up, in entries of an index that are read."""


@dataclass(frozen=True)
class Path:
    """A way to the rows: an index, with the conditions that it answers, those that are seen in it, and the others.

    `table` is the board in SQL, by the index. It gives the rows by what it `sorts`; `ordered` is whether that is the
    order asked for, `sorting` whether all that is sorted by is in the index. With `groups`, columns by which the index
    begins, it is walked group by group: only so it answers a condition about what comes after them.
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
        """How many conditions it answers; one that says a value tells twice as much."""
        return sum(2 if one.kind == EQUAL and one.values else 1 for one in self.near if not one.implied)

    @property
    def whole(self) -> bool:
        """Whether no row is looked up."""
        return self.sorting and not self.far

    @property
    def walked(self) -> int:
        """What a row costs where each is looked at in turn."""
        return FROM_A_ROW if self.index is ROWS else 1 if self.whole else LOOKED_UP

    @property
    def each(self) -> int:
        """What an entry costs where the index is looked at before the rows; without what sorts them out, a row."""
        return 1 + len(self.held) if self.held else self.walked


def paths(
    names: Mapping[str, str], conditions: list[Condition], beyond: list[Condition], order: Order
) -> Iterator[Path]:
    """All ways that there are; the rows themselves come first. `names` are those of the indexes.

    By each index as it is, and group by group if that answers more and gives the order asked for.
    """
    alike, wanted = fixed([*conditions, *beyond]), order.keys([*conditions, *beyond])
    asked, given = by_kind(conditions), by_kind([*conditions, *beyond])
    about = {wanted[0], *(column for column, kind in given if kind in (EQUAL, RANGE))}
    for index in (ROWS, *INDEXES):
        # an index of some of the rows is of no use where others are asked for
        if ("", index.when) not in given if index.when else not about.issuperset(index.columns[:1]):
            continue
        answered = set[Condition]()
        for groups in index.groups(alike, wanted):
            near, sorts = index.sought(asked, groups)[0], index.sought(given, groups)[1]
            ordered = (*groups, *(column for column in sorts if column not in alike))[: len(wanted)] == wanted
            useful = ordered and not answered.issuperset(near) if groups else ordered or near or index is ROWS
            answered.update(near)
            if not useful:
                continue
            others = [one for one in conditions if not (one in near or one.implied or one.narrows(groups))]
            held = [one for one in others if index.holds(one.columns)]
            far = [one for one in others if one not in held]
            heads = [Condition(f"{column} = {column}s.value", (), (column,), EQUAL) for column in groups]
            table = " CROSS JOIN ".join([*(f"{column}s" for column in groups), by_index(names.get(index.name))])
            yield Path(index, table, [*near, *heads], held, far, sorts, ordered, index.holds(wanted), groups)


def by_index(index: str | None) -> str:
    """The board, and the index by which SQLite is to read it: without statistics it would often take another."""
    return f"demandflow_board INDEXED BY {index}" if index else "demandflow_board NOT INDEXED"
