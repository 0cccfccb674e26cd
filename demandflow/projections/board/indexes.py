"""The indexes of the board: few, and each is written only when one of its columns changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from demandflow.projections.board.filter import EQUAL, RANGE, REQUIRED, Condition

RECEIPT = ("received", "demand")
"""The order of receipt, in which the rows themselves are stored; every row has these, and no two rows the same."""
Kinds = Mapping[tuple[str, str], Sequence[Condition]]
"""Conditions by column and kind; and by their SQL, with what follows from it, under an empty column."""


def by_kind(conditions: Iterable[Condition]) -> Kinds:
    """The conditions, so that an index finds those that it answers."""
    kinds: dict[tuple[str, str], list[Condition]] = {}
    for condition in conditions:
        kinds.setdefault(("", condition.sql), []).append(condition)
        for column in condition.columns:
            kinds.setdefault((column, condition.kind), []).append(condition)
            if condition.sql == f"{column} = ?":
                kinds.setdefault(("", f"{column} IS NOT NULL"), [])
    return kinds


class Index(NamedTuple):
    """An index by these columns and then by receipt. `covers` are further columns in it, `when` limits its rows."""

    name: str
    columns: tuple[str, ...]
    covers: tuple[str, ...] = ()
    when: str = ""

    @property
    def sql(self) -> str:
        """The statement that makes it."""
        columns = ", ".join(dict.fromkeys((*self.columns, *RECEIPT, *self.covers)))
        when = f" WHERE {self.when}" if self.when else ""
        return f"CREATE INDEX {self.name} ON demandflow_board ({columns}){when};\n"

    def sought(self, kinds: Kinds, groups: Iterable[str] = ()) -> tuple[list[Condition], tuple[str, ...]]:
        """The conditions that it answers within a group, and the columns by which it then sorts."""
        columns, answered = [*self.columns, *RECEIPT], [*kinds.get(("", self.when), ())]
        while columns and ((equal := kinds.get((columns[0], EQUAL))) or columns[0] in groups):
            answered += equal or ()
            columns.pop(0)
        answered += kinds.get((columns[0], RANGE), ()) if columns else ()
        return list(dict.fromkeys(answered)), tuple(columns)

    def groups(self, alike: Collection[str], wanted: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The first columns by which it can be walked group by group in the order that is wanted; first without any."""
        yield ()
        columns = tuple(column for column in self.columns if column not in alike)
        for number, column in enumerate(columns, 1):
            if column not in REQUIRED or columns[:number] != wanted[:number]:
                return
            yield columns[:number]

    def holds(self, columns: Iterable[str]) -> bool:
        """Whether the index alone has these columns."""
        return self is ROWS or {*self.columns, *self.covers, *RECEIPT}.issuperset(columns)


ROWS = Index("", ())
"""The rows themselves, in the order of receipt."""
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
