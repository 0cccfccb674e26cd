"""The indexes of the board: few, and each is written only where one of its columns changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from demandflow.projections.board_filter import EQUAL, RANGE, Condition

RECEIPT = ("received", "demand")
"""What every row has, no two alike: the order of receipt, in which the rows themselves are kept."""


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

    def sought(self, conditions: Iterable[Condition]) -> tuple[list[Condition], tuple[str, ...]] | None:
        """The conditions that it answers, and by which columns it then sorts; None if it lacks some of the rows."""
        kinds: dict[tuple[str, str], list[Condition]] = {}
        for condition in conditions:
            for column in condition.columns:
                kinds.setdefault((column, condition.kind), []).append(condition)
            if condition.sql == self.when:
                kinds.setdefault(("", self.when), []).append(condition)
        if self.when and ("", self.when) not in kinds:
            return None
        columns, answered = [*self.columns, *RECEIPT], kinds.get(("", self.when), [])
        while columns and (equal := kinds.get((columns[0], EQUAL))):
            answered += equal
            columns.pop(0)
        answered += kinds.get((columns[0], RANGE), []) if columns else []
        return list(dict.fromkeys(answered)), tuple(columns)

    def holds(self, columns: Iterable[str]) -> bool:
        """Whether nothing but the index is read to see these."""
        return {*self.columns, *self.covers, *RECEIPT}.issuperset(columns)


ROWS = Index("", ())
"""The rows themselves, by receipt."""
OF_THE_OPEN = ("ended_as", "workflow", "category", "channel", "lead", "contractor")
INDEXES = (
    Index("demandflow_board_demand", ("demand",)),
    Index("demandflow_board_place", ("place", "state"), ("category", "channel", "lead", "contractor")),
    Index("demandflow_board_state", ("state",), ("place", "due")),
    Index("demandflow_board_category", ("category",)),
    Index("demandflow_board_channel", ("channel",)),
    Index("demandflow_board_lead", ("lead",), ("contractor",)),
    Index("demandflow_board_resident", ("resident",)),
    Index("demandflow_board_ended", ("ended_as", "ended")),
    Index("demandflow_board_due", ("due",)),
    Index("demandflow_board_open", ("due",), (*OF_THE_OPEN, "clock", "place", "state"), "ended_as IS NULL"),
    Index("demandflow_board_open_place", ("place", "state"), (*OF_THE_OPEN, "due"), "ended_as IS NULL"),
    Index("demandflow_board_undated", ("undated",), (), "undated <> ''"),
)
