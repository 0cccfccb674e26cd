"""The indexes of the board: few, and each is written only where one of its columns changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from demandflow.projections.board.filter import EQUAL, RANGE, REQUIRED, Condition

RECEIPT = ("received", "demand")
"""What every row has, no two alike: the order of receipt, in which the rows themselves are kept."""


Kinds = Mapping[tuple[str, str], Sequence[Condition]]
"""Conditions by their columns and kinds; and by what they say, where that is all, or follows."""


def by_kind(conditions: Iterable[Condition]) -> Kinds:
    """The conditions so that an index finds those that it answers."""
    kinds: dict[tuple[str, str], list[Condition]] = {}
    for condition in conditions:
        kinds.setdefault(("", condition.sql), []).append(condition)
        for column in condition.columns:
            kinds.setdefault((column, condition.kind), []).append(condition)
            if condition.sql == f"{column} = ?":
                kinds.setdefault(("", f"{column} IS NOT NULL"), [])
    return kinds


class Index(NamedTuple):
    """An index by these columns, and among equals by receipt; `covers` more, or holds only the rows that are `when`."""

    name: str
    columns: tuple[str, ...]
    covers: tuple[str, ...] = ()
    when: str = ""

    @property
    def sql(self) -> str:
        """What makes it."""
        columns = ", ".join(dict.fromkeys((*self.columns, *RECEIPT, *self.covers)))
        when = f" WHERE {self.when}" if self.when else ""
        return f"CREATE INDEX {self.name} ON demandflow_board ({columns}){when};\n"

    def sought(self, kinds: Kinds, groups: Iterable[str] = ()) -> tuple[list[Condition], tuple[str, ...]]:
        """The conditions that it answers within a group, and by which columns it then sorts."""
        columns, answered = [*self.columns, *RECEIPT], [*kinds.get(("", self.when), ())]
        while columns and ((equal := kinds.get((columns[0], EQUAL))) or columns[0] in groups):
            answered += equal or ()
            columns.pop(0)
        answered += kinds.get((columns[0], RANGE), ()) if columns else ()
        return list(dict.fromkeys(answered)), tuple(columns)

    def groups(self, alike: Collection[str], wanted: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """By which first columns it can be walked group by group and gives the order that is wanted; by none, too."""
        yield ()
        columns = tuple(column for column in self.columns if column not in alike)
        for number, column in enumerate(columns, 1):
            if column not in REQUIRED or columns[:number] != wanted[:number]:
                return
            yield columns[:number]

    def holds(self, columns: Iterable[str]) -> bool:
        """Whether nothing but the index is read to see these."""
        return self is ROWS or {*self.columns, *self.covers, *RECEIPT}.issuperset(columns)


ROWS = Index("", ())
"""The rows themselves, by receipt."""
OF_THE_OPEN = ("ended_as", "workflow", "category", "channel", "lead", "contractor")
INDEXES = (
    Index("demandflow_board_demand", ("demand",)),
    Index("demandflow_board_place", ("place", "state"), ("category", "channel", "lead", "contractor")),
    Index("demandflow_board_state", ("state",), ("place", "due", "lead", "contractor")),
    Index("demandflow_board_category", ("category",)),
    Index("demandflow_board_channel", ("channel",)),
    Index(
        "demandflow_board_lead",
        ("lead",),
        ("contractor", "place", "category", "channel", "ended_as"),
        "lead IS NOT NULL",
    ),
    Index("demandflow_board_resident", ("resident",)),
    Index("demandflow_board_ended", ("ended_as", "ended")),
    Index("demandflow_board_due", ("due",)),
    Index("demandflow_board_open", ("due",), (*OF_THE_OPEN, "clock", "place", "state"), "ended_as IS NULL"),
    Index("demandflow_board_open_place", ("place", "state"), (*OF_THE_OPEN, "due"), "ended_as IS NULL"),
    Index("demandflow_board_undated", ("undated",), (), "undated <> ''"),
)
