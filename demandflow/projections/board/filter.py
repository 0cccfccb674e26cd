"""The filter of the board, as conditions in SQL that say which columns they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from demandflow.domain.values import Category, Place, Stage
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import asked_of, asked_text_of, searchable
from demandflow.projections.board import own
from demandflow.store.tables.moments import microseconds

NAMES = ("channel", "lead", "resident", "workflow", "state", "stage", "ended_as", "urgency", "clock")
REQUIRED = ("place", "channel", "workflow", "state", "stage")
"""These are never NULL; what a demand does not have is empty."""


class Condition(NamedTuple):
    """A condition in SQL with its values, and the columns that it is about.

    An index can answer a condition that a column has one value (EQUAL), or is within a range and not missing (RANGE).
    One that is `implied` by the others is left out of the SQL, but lets an index be used. One that is SPELT excludes
    names that begin like a path and are not below it; usually there are none.
    """

    sql: str
    values: tuple[Any, ...]
    columns: tuple[str, ...]
    kind: str = ""
    implied: bool = False

    def narrows(self, columns: Collection[str]) -> bool:
        """Whether it is a range of exactly one of these columns."""
        return self.kind == RANGE and len(self.columns) == 1 and self.columns[0] in columns


EQUAL, RANGE, SPELT = "equal", "range", "spelt"
OPEN = (
    Condition("ended_as IS NULL", (), ("ended_as",), EQUAL),
    Condition("ended IS NULL", (), ("ended",), EQUAL, implied=True),
)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows of the board; a place or category includes all below it, an empty name means those that have none.

    `text` are letters that the text or an own field contains, `own` are fields of the community's own facts, with what
    they say.
    """

    place: str | None = None
    channel: str | None = None
    category: str | None = None
    contractor: str | None = None
    lead: str | None = None
    resident: str | None = None
    workflow: str | None = None
    state: str | None = None
    stage: str | None = None
    ended_as: str | None = None
    urgency: str | None = None
    clock: str | None = None
    escalated: bool | None = None
    open: bool | None = None
    undated: bool | None = None
    overdue_at: datetime | None = None
    due_by: datetime | None = None
    received: tuple[datetime, datetime] | None = None
    closed: tuple[datetime, datetime] | None = None
    states: tuple[tuple[str, str], ...] | None = None
    text: str | None = None
    own: Mapping[str, own.Scalar] | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The condition in SQL, with its values. Raises InvalidValue for what is no place, no name, no yes or no."""
        conditions = [condition for condition in self._conditions() if not condition.implied]
        if self._has_contractor:
            leading, helping = self._of_the_contractor()
            sql = [" AND ".join(part.sql for part in parts) for parts in (leading, helping)]
            values = [value for part in (*leading, *helping) for value in part.values]
            conditions.append(Condition(f"({sql[0]} OR {sql[1]})", tuple(values), ("lead", "contractor", "demand")))
        return joined(conditions)

    def alternatives(self) -> list[list[Condition]]:
        """The conditions; for a contractor, those of what it leads, and those of what it helps with."""
        conditions = self._conditions()
        return [[*conditions, *part] for part in self._of_the_contractor()] if self._has_contractor else [conditions]

    @property
    def _has_contractor(self) -> bool:
        return self.contractor is not None and asked_of(self.contractor, "contractor") != ""

    def _conditions(self) -> list[Condition]:
        """All conditions except those of a contractor."""
        nobody = self.contractor is not None and not self._has_contractor
        conditions: list[Condition] = [_none("contractor")] if nobody else []
        for column, kind in (("place", Place), ("category", Category)):
            if (path := getattr(self, column)) is not None:
                conditions += [_none(column)] if plain(path) == "" else _below(column, str(kind.asked(path)))
        for column in NAMES:
            if getattr(self, column) is not None:
                word = asked_of(getattr(self, column), column)
                conditions.append(Condition(f"{column} = ?", (word,), (column,), EQUAL) if word else _none(column))
        for column, flag in (("open", self.open), ("escalated", self.escalated), ("undated", self.undated)):
            if flag is not None and not isinstance(flag, bool):
                raise InvalidValue(column, f"must be True, False or None, got {brief(flag)}")
        if self.open is False:
            conditions.append(Condition("ended_as IS NOT NULL", (), ("ended_as",)))
        if self.escalated is not None:
            conditions.append(Condition(f"escalated = {int(self.escalated)}", (), ("escalated",), EQUAL))
        if self.undated is not None:
            conditions.append(Condition(f"undated {'<>' if self.undated else '='} ''", (), ("undated",)))
        if self.overdue_at is not None:
            conditions.append(Condition("due < ?", (microseconds(self.overdue_at),), ("due",), RANGE))
        if self.due_by is not None:
            conditions.append(Condition("due <= ?", (microseconds(self.due_by),), ("due",), RANGE))
        for column, span in (("received", self.received), ("ended", self.closed)):
            if span is not None:
                moments = tuple(map(microseconds, span))
                conditions.append(Condition(f"{column} >= ? AND {column} < ?", moments, (column,), RANGE))
        if self.closed is not None:
            conditions.append(Condition("ended_as = ?", ("closed",), ("ended_as",), EQUAL))
        if self.states is not None:
            conditions.append(_one_of(self.states))
        if self.text is not None:
            conditions.append(_containing(self.text))
        conditions += [Condition(sql, values, ("own_json",)) for sql, values in own.conditions(self.own or {})]
        waiting = self.stage is not None and self.stage != Stage.ENDED
        if self.open or waiting or self.overdue_at is not None or self.due_by is not None:
            conditions += OPEN
        return conditions

    def _of_the_contractor(self) -> tuple[list[Condition], list[Condition]]:
        """What the contractor leads (who has the work was given it last), and what it helps with."""
        name = asked_of(self.contractor, "contractor")
        leads = [
            Condition("lead = ?", (name,), ("lead",), EQUAL),
            Condition("contractor = ?", (name,), ("contractor",), EQUAL),
        ]
        helps = "demand IN (SELECT demand FROM demandflow_helpers WHERE helper = ?)"
        return leads, [Condition(helps, (name,), ("demand",), RANGE)]


def joined(conditions: list[Condition]) -> tuple[str, list[Any]]:
    """All conditions in one, with their values."""
    sql = " AND ".join(condition.sql for condition in conditions)
    return sql or "TRUE", [value for condition in conditions for value in condition.values]


def _below(column: str, path: str) -> list[Condition]:
    """The path, or a path below it: one range, without the names that only begin like the path."""
    # 0 comes next after the slash
    within = Condition(f"{column} >= ? AND {column} < ?", (path, f"{path}0"), (column,), RANGE)
    return [within, Condition(f"({column} >= ? OR {column} = ?)", (f"{path}/", path), (column,), SPELT)]


def _none(column: str) -> Condition:
    if column in REQUIRED:
        return Condition(f"{column} = ''", (), (column,), EQUAL)
    return Condition(f"COALESCE({column}, '') = ''", (), (column,))


def _containing(text: str) -> Condition:
    """The rows of which a text contains these letters, as capital or small ones."""
    if not (letters := searchable(asked_text_of(text))):
        raise InvalidValue("text", f"{brief(text)} has no letters to look for; give some, or leave it out")
    return Condition("instr(COALESCE(searched, text), ?) > 0", (letters,), ("searched", "text"))


def _one_of(states: tuple[tuple[str, str], ...]) -> Condition:
    if not states:
        return Condition("FALSE", (), ())
    pairs = ", ".join(["(?, ?)"] * len(states))
    columns = ("workflow", "state")
    return Condition(f"(workflow, state) IN (VALUES {pairs})", tuple(word for pair in states for word in pair), columns)
