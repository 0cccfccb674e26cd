"""Which demands and which days a figure is asked of, and the ledger's answer: a plain sum."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypedDict

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain, whole_number
from demandflow.inputs.texts import asked_of, asked_path_of
from demandflow.projections import ledger
from demandflow.projections.figures.periods import Period, as_day, as_every, day_of, number_of
from demandflow.projections.standing import CLOSED, ENDED
from demandflow.projections.totals import DEEPEST, DIMENSIONS, PATHS

WINDOWS = ("received", "closed")
COLUMN = {"received": "received", "closed": "ended"}
ALWAYS = Period(date(1, 1, 1), date(9999, 12, 31))
Sums = dict[tuple[str, int], int]
"""(happening or how a clock stands, standing) → number."""


class FigureQuery(TypedDict, total=False):
    """Of which demands, and as of when; without any of these, of all of them, now.

    `received` and `closed` are windows: a Period, a date, or one written as `2026`, `2026-Q1`, `2026-03`, `2026-W12`,
    `2026-03-05` or `2026-03-01/2026-03-10`; what was reopened since is not closed any more (as of the window's last day
    it was). `as_of` is a day (a date, or written `2026-03-05`): what is known now about how things stood at its end.
    `known_on` is a day: only what was recorded by its end. A place or category takes in all below it; `lead` is who was
    given the work last; an empty category or lead stands for those that have none.
    """

    received: Period | date | str | None
    closed: Period | date | str | None
    as_of: date | str | None
    known_on: date | str | None
    place: str | None
    channel: str | None
    category: str | None
    lead: str | None
    workflow: str | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Asked, and checked. Raises InvalidValue for what cannot be asked."""

    received: Period | None = None
    closed: Period | None = None
    as_of: date | None = None
    known_on: date | None = None
    place: str | None = None
    channel: str | None = None
    category: str | None = None
    lead: str | None = None
    workflow: str | None = None

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Question:
        """The question that these words ask."""
        if unknown := [name for name in asked if name not in cls.__dataclass_fields__]:
            possible = listed(FigureQuery.__annotations__)
            raise InvalidValue("figures", f"cannot be asked by {unknown[0]!r}{_instead(unknown[0], possible)}")
        said = {name: value for name, value in asked.items() if value is not None}
        for name in WINDOWS:
            if name in said:
                said[name] = Period.of(said[name])
        for name in ("as_of", "known_on"):
            if name in said:
                said[name] = as_day(said[name], name)
        for name in DIMENSIONS:
            if name in said and plain(said[name]) != "":  # the empty one is of those that have none
                said[name] = (asked_path_of if name in PATHS else asked_of)(said[name], name)
        return cls(**said)

    @property
    def everything_now(self) -> bool:
        """Whether nothing is narrowed, so that the maintained sums answer."""
        return self == Question()

    def __str__(self) -> str:
        names = ("received", "closed", *DIMENSIONS, "as_of", "known_on")
        said = [f"{name.replace('_', ' ')} {value}" for name in names if (value := getattr(self, name)) is not None]
        return ", ".join(said) or "all"

    def lines(self) -> tuple[str, list[Any]]:
        """The condition in SQL on the ledger's lines, whatever their standing, with its values."""
        parts, values = ["TRUE"], []
        if self.received is not None:
            parts.append("received BETWEEN ? AND ?")
            values += _bounds(self.received)
        for column, day in (("happened", self.as_of), ("recorded", self.known_on)):
            if day is not None:
                parts.append(f"{column} <= ?")
                values.append(number_of(day))
        slices, named = self.slices()
        if named:
            parts.append(f"slice IN (SELECT id FROM demandflow_slices WHERE {slices})")  # noqa: S608
        return " AND ".join(parts), values + named

    @property
    def named(self) -> set[str]:
        """The columns of the ledger's lines that the condition is on."""
        columns = {"received": "received", "closed": "ended", "as_of": "happened", "known_on": "recorded"}
        columns |= dict.fromkeys(DIMENSIONS, "slice")
        return {column for name, column in columns.items() if getattr(self, name) is not None}

    def standing_lines(self) -> tuple[str, list[Any]]:
        """The condition for what stands, within the window by closed."""
        condition, values = self.lines()
        condition += " AND what >= 0"
        if self.closed is not None:
            condition += f" AND what & {ENDED} = {CLOSED} AND ended BETWEEN ? AND ?"
            values += _bounds(self.closed)
        return condition, values

    def closed_then(self) -> tuple[str, list[Any]]:
        """The demands that were closed in the window, wherever they stood, and the day of it.

        What happened to them counts whenever and wherever it happened, so that the parts add up.
        """
        condition, values = replace(self, **dict.fromkeys(DIMENSIONS)).standing_lines()
        select = f"SELECT demand, ended AS closing FROM demandflow_ledger WHERE {condition} GROUP BY 1, 2"  # noqa: S608
        return f"{select} HAVING SUM(amount) > 0", values

    def slices(self) -> tuple[str, list[Any]]:
        """The condition on the slices, with its values; empty for all."""
        parts: list[str] = []
        values: list[Any] = []
        for name in DIMENSIONS:
            if (value := getattr(self, name)) is None:
                continue
            if name in PATHS and value:
                parts.append(f"({name} = ? OR ({name} >= ? AND {name} < ?))")
                values += [value, f"{value}/", f"{value}0"]  # 0 comes next after the slash
            else:
                parts.append(f"{name} = ?")
                values.append(value)
        return " AND ".join(parts), values


@dataclass(frozen=True)
class Grouping:
    """Along which dimensions, to which level of the paths, in which periods. Raises InvalidValue."""

    dimensions: tuple[str, ...]
    level: int | Mapping[str, int] = 1
    every: str = "month"

    def __post_init__(self) -> None:
        possible = (*DIMENSIONS, *WINDOWS)
        if not self.dimensions:
            raise InvalidValue("dimension", f"give at least one (possible: {listed(possible)})")
        for one in self.dimensions:
            if plain(one) not in possible:
                raise InvalidValue("dimension", f"{brief(one)} is none{_instead(one, listed(possible))}")
        if len(set(self.dimensions)) < len(self.dimensions):
            raise InvalidValue("dimension", f"give each once, got {listed(self.dimensions)}")
        levels = self.level.values() if isinstance(self.level, Mapping) else (self.level,)
        for level in levels:
            whole_number("level", level, 1, DEEPEST)
        if isinstance(self.level, Mapping) and (wrong := [one for one in self.level if one not in PATHS]):
            raise InvalidValue("level", f"{brief(wrong[0])} has none (possible: {listed(PATHS)})")
        as_every(self.every)

    def level_of(self, path: str) -> int:
        """To which level a path is cut."""
        return self.level.get(path, 1) if isinstance(self.level, Mapping) else self.level

    def key(self, where: Mapping[str, str], days: Mapping[str, int]) -> tuple[str, ...]:
        """The key of a group."""
        return tuple(self._part(one, where, days) for one in self.dimensions)

    def _part(self, one: str, where: Mapping[str, str], days: Mapping[str, int]) -> str:
        if one in WINDOWS:
            return str(Period.around(day_of(days[one]), self.every))
        return "/".join(where[one].split("/")[: self.level_of(one)]) if one in PATHS else where[one]


def sums(connection: sqlite3.Connection, question: Question) -> Sums:
    """What the chosen demands stand for, and what happened to them."""
    return grouped(connection, question, None).get((), {})


def grouped(
    connection: sqlite3.Connection, question: Question, grouping: Grouping | None
) -> dict[tuple[str, ...], Sums]:
    """The sums of each group, in one pass over the ledger (two, by closing), or over its sums where these tell."""
    columns, key_of = columns_of(connection, grouping)
    clocks = ledger.clocks_by_id(connection)
    found: dict[tuple[str, ...], Sums] = {}
    by_columns: dict[tuple[int, ...], Counter[int]] = {}
    for select, values in _selects(question, columns):
        marks = ", ".join(str(number + 1) for number in range(len(columns) + 1))
        for row in connection.execute(f"{select} GROUP BY {marks} HAVING SUM(amount) <> 0", values):
            by_columns.setdefault(row[:-2], Counter())[row[-2]] += row[-1]
    tallies: dict[tuple[str, ...], Counter[int]] = {}
    for where, tally in by_columns.items():
        tallies.setdefault(key_of(where), Counter()).update(tally)
    for key, tally in tallies.items():
        group = found.setdefault(key, {})
        for what, number in tally.items():
            for cell in ledger.cells(what, clocks):
                group[cell] = group.get(cell, 0) + number
    cleared = {key: {cell: number for cell, number in group.items() if number} for key, group in found.items()}
    return {key: group for key, group in cleared.items() if group}


def columns_of(
    connection: sqlite3.Connection, grouping: Grouping | None
) -> tuple[list[str], Callable[[Sequence[int]], tuple[str, ...]]]:
    """By which columns of the ledger is grouped, and the key of the group that has these values in them."""
    if grouping is None:
        return [], lambda _: ()
    days = {one: f"{COLUMN[one]}{_coarser(grouping)}" for one in WINDOWS if one in grouping.dimensions}
    sliced = any(one in DIMENSIONS for one in grouping.dimensions)
    slices = slices_by_id(connection) if sliced else {}

    def key_of(values: Sequence[int]) -> tuple[str, ...]:
        when = dict(zip(days, values[sliced:], strict=True))
        return grouping.key(slices[values[0]] if sliced else {}, when)

    return (["slice"] if sliced else []) + list(days.values()), key_of


def _instead(word: object, possible: str) -> str:
    """What to ask by instead."""
    if plain(word) != "contractor":
        return f" (possible: {possible})"
    return (
        " but by the lead, who was given the work last (who has it now or helps is asked of the board; "
        f"possible: {possible})"
    )


def _coarser(grouping: Grouping | None) -> str:
    """Days of a month are summed together where months are enough: the first day stands for them."""
    return " / 100 * 100 + 1" if grouping and grouping.every in ("month", "quarter", "year") else ""


def _selects(question: Question, columns: Sequence[str]) -> list[tuple[str, list[Any]]]:
    """What to sum: the columns, what it is, and the amount of each line."""
    condition, values = question.lines()
    head = ", ".join([*columns, "what", "SUM(amount)"])
    by_closing = question.closed is not None or any(one.startswith("ended") for one in columns)
    if not by_closing:
        table = ledger.smallest_with({*question.named, *(column.split()[0] for column in columns)})
        return [(f"SELECT {head} FROM {table} WHERE {condition}", values)]  # noqa: S608
    question = replace(question, closed=question.closed or ALWAYS)
    standing, asked = question.standing_lines()
    closed, when = question.closed_then()
    happened = (
        f"SELECT {head.replace('ended', 'closing')} FROM ({closed}) JOIN demandflow_ledger USING (demand) "  # noqa: S608
        f"WHERE {condition} AND what < 0"
    )
    return [
        (f"SELECT {head} FROM demandflow_ledger WHERE {standing}", asked),  # noqa: S608
        (happened, when + values),
    ]


def slices_by_id(connection: sqlite3.Connection) -> dict[int, dict[str, str]]:
    """All slices that there ever were, by their number."""
    names: Sequence[str] = DIMENSIONS
    rows = connection.execute(f"SELECT id, {', '.join(names)} FROM demandflow_slices")  # noqa: S608
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _bounds(period: Period) -> list[int]:
    return [number_of(period.first), number_of(period.last)]
