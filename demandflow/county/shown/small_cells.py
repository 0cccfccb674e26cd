"""Tables for everybody: small numbers are hidden, and so are others, lest the small ones be worked out from the sums.

One table of one or two dimensions with its sums, or one tree of places, in a document: two tables of the same people
side by side say more than either. What is hidden is marked alike, whether it is small or protects a small one, because
a mark for each would give away on which side of the bound a number lies. See `suppression` for what is safe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from demandflow.county.shown.suppression import Arc, numbers_to_hide
from demandflow.domain.values import Place
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import whole_number
from demandflow.inputs.texts import name_of

MOST = 10**15
ALL = "all"


class Hidden(Enum):
    """What stands in a table instead of a number that is not shown."""

    HIDDEN = "·"

    def __str__(self) -> str:
        return self.value


HIDDEN = Hidden.HIDDEN
Cell = int | Hidden


@dataclass(frozen=True)
class PublicTable:
    """A table as everybody may see it: its rows, each with its name and its cells; none if it cannot be shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    under: int
    """Numbers from 1 to below this are hidden."""
    shown: bool = True

    @property
    def hides(self) -> bool:
        """Whether anything is hidden."""
        return any(HIDDEN in cells for _, cells in self.rows)

    @property
    def note(self) -> str | None:
        """What a reader must know about what is not shown; None if nothing is hidden."""
        if not self.shown:
            return f"The table is not shown: numbers from 1 to {self.under - 1} could be worked out from its sums."
        if not self.hides:
            return None
        return (
            f"{HIDDEN}: at least 1; not shown because it, or a number that would follow from it, is under {self.under}."
        )

    def as_markdown(self) -> str:
        """The table in Markdown, with its note."""
        lines = []
        if self.shown:
            lines = [_line(("", *self.columns)), _line(("---", *("---:" for _ in self.columns)))]
            lines += [_line((name, *map(str, cells))) for name, cells in self.rows]
        return "\n".join([*lines, *([""] if lines and self.note else []), *([self.note] if self.note else [])]) + "\n"


def public_table(counts: Mapping[tuple[str, str], int], *, under: int = 5) -> PublicTable:
    """A table of rows and columns with their sums, from the number of each (row, column); what is not named is 0.

    Rows and columns come in the order in which they are first named. Numbers from 1 to below `under` are hidden, and
    further ones or sums so that none can be worked out; only the sum of all is always shown. Where that is
    impossible, the table is not shown. Raises InvalidValue.
    """
    whole_number("under", under, 1, MOST)
    values: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for key, count in _items(counts):
        row, column = _both(key)
        whole_number(f"number of {brief(key)}", count, 0, MOST)
        for sum_of in ((row, column), (row, None), (None, column), (None, None)):
            values[sum_of] += count
    rows = [*dict.fromkeys(row for row, _ in values if row is not None)]
    columns = [*dict.fromkeys(column for _, column in values if column is not None)]
    arcs: dict[Hashable, Arc] = {
        **{
            (row, column): Arc(("row", row), ("column", column), values[row, column])
            for row in rows
            for column in columns
        },
        **{(row, None): Arc("rows", ("row", row), values[row, None]) for row in rows},
        **{(None, column): Arc(("column", column), "columns", values[None, column]) for column in columns},
    }
    hidden = _hidden(arcs, values[None, None], under)
    if hidden is None:
        return PublicTable((*columns, ALL), (), under, shown=False)
    lines = [
        (row or ALL, tuple(HIDDEN if (row, column) in hidden else values[row, column] for column in (*columns, None)))
        for row in (*rows, None)
    ]
    return PublicTable((*columns, ALL), tuple(lines), under)


def public_places(counts: Mapping[str, int], *, under: int = 5, column: str = "number") -> PublicTable:
    """A tree of places with the sum of each, from what was counted at each place itself (not below it).

    A place that has numbers of its own and places below it has a row for its own. Else as `public_table`.
    """
    whole_number("under", under, 1, MOST)
    own: dict[Place, int] = defaultdict(int)
    sums: dict[Place, int] = defaultdict(int)
    for name, count in _items(counts):
        place = Place(name)
        own[place] += whole_number(f"number of {brief(place)}", count, 0, MOST)
        for depth in range(1, place.depth + 1):
            sums[place.level(depth)] += count
    inner = {place.level(place.depth - 1) for place in sums if place.depth > 1}
    rows: dict[tuple[str, bool], int] = {}
    arcs: dict[Hashable, Arc] = {}
    for place in sorted(sums, key=lambda place: place.split("/")):
        above = place.level(place.depth - 1) if place.depth > 1 else ALL
        rows[place, False] = sums[place]
        arcs[place, False] = Arc(("sum", above), ("sum", place) if place in inner else "ground", sums[place])
        if place in inner and place in own:
            rows[place, True] = own[place]
            arcs[place, True] = Arc(("sum", place), "ground", own[place])
    hidden = _hidden(arcs, sum(own.values()), under)
    if hidden is None:
        return PublicTable((column,), (), under, shown=False)
    lines = [
        (f"{place} itself" if itself else place, (HIDDEN if (place, itself) in hidden else value,))
        for (place, itself), value in rows.items()
    ]
    return PublicTable((column,), (*lines, (ALL, (sum(own.values()),))), under)


def _hidden(arcs: Mapping[Hashable, Arc], total: int, under: int) -> frozenset[Hashable] | None:
    """The names to hide; None if the sum of all is itself too small, or nothing keeps the small ones safe."""
    return None if 0 < total < under else numbers_to_hide(arcs, under)


def _items(counts: object) -> Iterator[tuple[Any, Any]]:
    if not isinstance(counts, Mapping):
        raise InvalidValue("counts", f"must be a mapping from what is counted to its number, got {brief(counts)}")
    return iter(counts.items())


def _both(key: object) -> tuple[str, str]:
    if not isinstance(key, tuple) or len(key) != 2:
        raise InvalidValue("counts", f"must be by (row, column), got {brief(key)}")
    return name_of(key[0], "row"), name_of(key[1], "column")


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
