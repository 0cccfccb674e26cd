"""Which demands and which days a figure is about, and the ledger's answer: a plain sum."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, TypedDict

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain, whole_number
from demandflow.inputs.texts import asked_of, asked_path_of
from demandflow.projections import ledger
from demandflow.projections.board.own import Scalar, conditions, key_in, key_of
from demandflow.projections.board.own import asked as asked_own
from demandflow.projections.figures.periods import Period, as_day, as_every, day_of, number_of
from demandflow.projections.standing import CLOSED, ENDED, Slice
from demandflow.projections.totals import DEEPEST, DIMENSIONS, PATHS
from demandflow.store.statements import Statements

WINDOWS = ("received", "closed")
COLUMN = {"received": "received", "closed": "ended"}
ALL_DAYS = Period(date(1, 1, 1), date(9999, 12, 31))
Sums = dict[tuple[str, int], int]
"""(happening or status of a clock, standing) → number."""
Key = tuple[str, ...]
"""What a group has in common: a name, path, period or value for each dimension."""
NO_DIMENSION = "the field {name} is no dimension of the figures (possible: {possible})"


class DemandFilter(TypedDict, total=False):
    """Which demands; without any of these, all demands.

    `received` and `closed` are windows: a Period, a date, or a text such as `2026`, `2026-Q1`, `2026-03`, `2026-W12`,
    `2026-03-05` or `2026-03-01/2026-03-10`; what was reopened since is not closed any more (as of the window's last day
    it was). A place or category includes all below it; `lead` is who was given the work last; an empty category or
    lead means the demands that have none. `own` are own fields that are dimensions, with what they say.
    """

    received: Period | date | str | None
    closed: Period | date | str | None
    place: str | None
    channel: str | None
    category: str | None
    lead: str | None
    workflow: str | None
    own: Mapping[str, Scalar] | None


class FigureQuery(DemandFilter, total=False):
    """Which demands, and as of when; without a day, now.

    `as_of` is a day (a date, or `2026-03-05`): what we know now about the end of that day. `known_on` is a day: only
    what was recorded by its end.
    """

    as_of: date | str | None
    known_on: date | str | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A query of figures, checked. Raises InvalidValue for what cannot be asked."""

    received: Period | None = None
    closed: Period | None = None
    as_of: date | None = None
    known_on: date | None = None
    place: str | None = None
    channel: str | None = None
    category: str | None = None
    lead: str | None = None
    workflow: str | None = None
    own: Mapping[str, Scalar] | None = None

    @classmethod
    def of(cls, query: Mapping[str, Any], own: Collection[str] = ()) -> Question:
        """The question of a query, where these own fields are dimensions."""
        if unknown := [name for name in query if name not in cls.__dataclass_fields__]:
            possible = listed(FigureQuery.__annotations__)
            raise InvalidValue("figures", f"cannot be asked by {unknown[0]!r}{_hint(unknown[0], possible)}")
        values = {name: value for name, value in query.items() if value is not None}
        for name in WINDOWS:
            if name in values:
                values[name] = Period.of(values[name])
        for name in ("as_of", "known_on"):
            if name in values:
                values[name] = as_day(values[name], name)
        for name in DIMENSIONS:
            if name in values and plain(values[name]) != "":  # an empty text means the demands that have none
                values[name] = (asked_path_of if name in PATHS else asked_of)(values[name], name)
        if "own" in values:
            values["own"] = asked_own(values["own"], own, NO_DIMENSION) or None
        return cls(**values)

    @property
    def everything_now(self) -> bool:
        """Whether it is about all demands now, so that the totals answer."""
        return self == Question()

    def __str__(self) -> str:
        names = ("received", "closed", *DIMENSIONS, "as_of", "known_on")
        words = [f"{name.replace('_', ' ')} {value}" for name in names if (value := getattr(self, name)) is not None]
        own = [f"{name} {'' if value is None else key_of(value)}" for name, value in (self.own or {}).items()]
        return ", ".join([*words, *own]) or "all"

    def lines(self) -> tuple[str, list[Any]]:
        """The condition in SQL for the ledger's lines, whatever their standing, with its values."""
        parts, values = ["TRUE"], []
        if self.received is not None:
            parts.append("received BETWEEN ? AND ?")
            values += _bounds(self.received)
        for column, day in (("happened", self.as_of), ("recorded", self.known_on)):
            if day is not None:
                parts.append(f"{column} <= ?")
                values.append(number_of(day))
        slices, names = self.slices()
        if names:
            parts.append(f"slice IN (SELECT id FROM demandflow_slices WHERE {slices})")  # noqa: S608
        return " AND ".join(parts), values + names

    @property
    def columns(self) -> set[str]:
        """The columns of the ledger that the condition needs."""
        columns = {"received": "received", "closed": "ended", "as_of": "happened", "known_on": "recorded"}
        columns |= dict.fromkeys((*DIMENSIONS, "own"), "slice")
        return {column for name, column in columns.items() if getattr(self, name) is not None}

    def standing_lines(self) -> tuple[str, list[Any]]:
        """The condition for standings, within the window by closed."""
        condition, values = self.lines()
        condition += " AND what >= 0"
        if self.closed is not None:
            condition += f" AND what & {ENDED} = {CLOSED} AND ended BETWEEN ? AND ?"
            values += _bounds(self.closed)
        return condition, values

    def closed_demands(self) -> tuple[str, list[Any]]:
        """A query of the demands that were closed in the window, in whatever slice, and the day.

        Happenings count with the closing of their demand, whenever and wherever they were, so that the parts add up.
        """
        condition, values = replace(self, **dict.fromkeys((*DIMENSIONS, "own"))).standing_lines()
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
        for condition, lines in conditions(self.own or {}):
            parts.append(condition)
            values += lines
        return " AND ".join(parts), values


@dataclass(frozen=True)
class Grouping:
    """Along which dimensions, to which level of the paths, in which periods. Raises InvalidValue.

    `own` are the own fields that are dimensions.
    """

    dimensions: tuple[str, ...]
    level: int | Mapping[str, int] = 1
    every: str = "month"
    own: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        possible = (*DIMENSIONS, *WINDOWS, *self.own)
        if not self.dimensions:
            raise InvalidValue("dimension", f"give at least one (possible: {listed(possible)})")
        for name in self.dimensions:
            if plain(name) not in possible:
                raise InvalidValue("dimension", f"{brief(name)} is none{_hint(name, listed(possible))}")
        if len(set(self.dimensions)) < len(self.dimensions):
            raise InvalidValue("dimension", f"give each once, got {listed(self.dimensions)}")
        levels = self.level.values() if isinstance(self.level, Mapping) else (self.level,)
        for level in levels:
            whole_number("level", level, 1, DEEPEST)
        if isinstance(self.level, Mapping) and (wrong := [name for name in self.level if name not in PATHS]):
            raise InvalidValue("level", f"{brief(wrong[0])} has none (possible: {listed(PATHS)})")
        as_every(self.every)

    def level_of(self, path: str) -> int:
        """To which level a path is cut."""
        return self.level.get(path, 1) if isinstance(self.level, Mapping) else self.level

    def key(self, where: Slice, days: Mapping[str, int]) -> Key:
        """The key of the group of demands in this slice, received and closed on these days."""
        return tuple(self._part(name, where, days) for name in self.dimensions)

    def _part(self, name: str, where: Slice, days: Mapping[str, int]) -> str:
        if name in WINDOWS:
            return str(Period.around(day_of(days[name]), self.every))
        if name in self.own:
            return key_in(where.own_json, name)
        value: str = getattr(where, name)
        return "/".join(value.split("/")[: self.level_of(name)]) if name in PATHS else value


def sums(connection: Statements, question: Question) -> Sums:
    """The sums over all demands of a question: of their standings, clocks and happenings."""
    return grouped(connection, question, None).get((), {})


def grouped(connection: Statements, question: Question, grouping: Grouping | None) -> dict[Key, Sums]:
    """The sums of each group, in one pass over the ledger (two, by closing), or over its sums if they are enough."""
    columns, key_of = columns_of(connection, grouping)
    tallies: dict[Key, Counter[int]] = defaultdict(Counter)
    for select, values in _selects(question, columns):
        marks = ", ".join(str(number + 1) for number in range(len(columns) + 1))
        for row in connection.execute(f"{select} GROUP BY {marks} HAVING SUM(amount) <> 0", values):
            tallies[key_of(row[:-2])][row[-2]] += row[-1]
    clocks = ledger.clocks_by_id(connection)
    groups = {key: _by_cell(tally, clocks) for key, tally in tallies.items()}
    return {key: cells for key, cells in groups.items() if cells}


def _by_cell(tally: Mapping[int, int], clocks: Mapping[int, tuple[str, ...]]) -> Sums:
    """The sums by what the ledger keeps in one number; what comes to nothing is left out."""
    cells: Sums = {}
    for what, number in tally.items():
        for cell in ledger.cells(what, clocks):
            cells[cell] = cells.get(cell, 0) + number
    return {cell: number for cell, number in cells.items() if number}


def columns_of(connection: Statements, grouping: Grouping | None) -> tuple[list[str], Callable[[tuple[int, ...]], Key]]:
    """The columns of the ledger to group by, and the key of the group that has these values in them."""
    if grouping is None:
        return [], lambda _: ()
    days = {name: f"{COLUMN[name]}{_coarser(grouping)}" for name in WINDOWS if name in grouping.dimensions}
    sliced = any(name not in WINDOWS for name in grouping.dimensions)
    slices = ledger.slices_by_id(connection) if sliced else {}

    @cache
    def key_of(values: tuple[int, ...]) -> Key:
        where = slices[values[0]] if sliced else ledger.NO_SLICE
        return grouping.key(where, dict(zip(days, values[sliced:], strict=True)))

    return [*(["slice"] if sliced else []), *days.values()], key_of


def _hint(word: object, possible: str) -> str:
    """What can be asked instead."""
    if plain(word) != "contractor":
        return f" (possible: {possible})"
    return (
        " but by the lead, who was given the work last (who has it now or helps is asked of the board; "
        f"possible: {possible})"
    )


def _coarser(grouping: Grouping) -> str:
    """Where months are enough, the days of a month are summed together, as its first day."""
    return " / 100 * 100 + 1" if grouping.every in ("month", "quarter", "year") else ""


def _selects(question: Question, columns: Sequence[str]) -> list[tuple[str, list[Any]]]:
    """The queries whose rows are summed: the columns, what is counted, and the amount."""
    condition, values = question.lines()
    head = ", ".join([*columns, "what", "SUM(amount)"])
    if question.closed is None and not any(column.startswith("ended") for column in columns):
        table = ledger.smallest_with({*question.columns, *(column.split()[0] for column in columns)})
        return [(f"SELECT {head} FROM {table} WHERE {condition}", values)]  # noqa: S608
    question = replace(question, closed=question.closed or ALL_DAYS)
    standings, of_standings = question.standing_lines()
    closed, of_closed = question.closed_demands()
    happenings = (
        f"SELECT {head.replace('ended', 'closing')} FROM ({closed}) AS closed JOIN demandflow_ledger USING (demand) "  # noqa: S608
        f"WHERE {condition} AND what < 0"
    )
    return [
        (f"SELECT {head} FROM demandflow_ledger WHERE {standings}", of_standings),  # noqa: S608
        (happenings, of_closed + values),
    ]


def _bounds(period: Period) -> list[int]:
    return [number_of(period.first), number_of(period.last)]
