"""What is overdue: which due moments have passed at the moment asked about, of demands as they stand or stood."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.demand import Demand
from demandflow.projections import ledger
from demandflow.projections.board.filter import Filter
from demandflow.projections.figures.definitions import OVERDUE, RUNNING_OVERDUE, split
from demandflow.projections.figures.past import MomentAsked
from demandflow.projections.figures.periods import number_of
from demandflow.projections.figures.question import Grouping, Question, columns_of
from demandflow.projections.printing import minute
from demandflow.projections.standing import CLOCK, CLOCKS_AT, MET, MISSED, dues_of
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.sqlite.tables import at_microseconds, microseconds

Clocks = frozenset[str]
"""Names of clocks; the empty one is of the due moment that no clock gave but a fact."""
Dues = dict[str, int]
"""How many demands are overdue, and by which clock: `overdue`, `running_overdue`, `finish overdue`."""

_DUES = "dues IN (SELECT demandflow_dues.id FROM demandflow_dues, json_each(days) WHERE"
DUE_ON = f"{_DUES} value = ?)"
DUE_BY = f"{_DUES} key = ? AND value <= ?)"
DUE_BETWEEN = f"{_DUES} value BETWEEN ? AND ?)"
"""Conditions on lines of the ledger: due on a day, by a clock until a day, by any from one day to another."""


@dataclass(frozen=True)
class OverdueThen:
    """What was overdue at a moment, of demands that stood as the ledger's lines say.

    The ledger keeps days. Of what was due on a day that is not over, `stood` gives the demand, which has the moments.
    """

    connection: sqlite3.Connection
    moment: MomentAsked
    stood: Callable[[UUID], Demand | None]
    _days: dict[int, Mapping[str, int]] = field(default_factory=lambda: {0: {}})

    def clocks(self, dues: int, demand: bytes) -> Clocks:
        """The clocks whose due moment had passed, of a demand that was due on these days."""
        days = self.days(dues)
        if not self.moment.day_is_over and self.moment.day in days.values():
            then = self.stood(UUID(bytes=demand))
            return frozenset(clock for clock, at in (dues_of(then) if then else ()) if at < self.moment.at)
        return frozenset(clock for clock, day in days.items() if day <= self.moment.day)

    def days(self, dues: int) -> Mapping[str, int]:
        """On which days it was due, by clock."""
        if dues not in self._days:
            (days,) = self.connection.execute("SELECT days FROM demandflow_dues WHERE id = ?", (dues,)).fetchone()
            self._days[dues] = json.loads(days)
        return self._days[dues]


def in_the_ledger(then: OverdueThen, question: Question, grouping: Grouping | None) -> dict[tuple[str, ...], Dues]:
    """How many were overdue, in each group; nothing that is closed is overdue."""
    if question.closed is not None or (grouping is not None and "closed" in grouping.dimensions):
        return {}
    columns, key_of = columns_of(then.connection, grouping)
    condition, values = question.lines()
    groups: dict[tuple[str, ...], Dues] = {}
    day, today = then.moment.day, [] if then.moment.day_is_over else [then.moment.day]
    # days are summed, but of what is due on a day that is not over, each demand is looked at
    for which, by in ((f"NOT {DUE_ON}", columns), (DUE_ON, [*columns, "demand"])) if today else (("TRUE", columns),):
        head, named = ", ".join([*by, "dues"]), (column.split()[0] for column in by)
        table = ledger.smallest_with({*question.named, *named, "due", "dues"})
        rows = then.connection.execute(
            f"SELECT {head}, SUM(amount) FROM {table} WHERE due BETWEEN 1 AND ? AND {which} AND {condition} "  # noqa: S608
            f"GROUP BY {head} HAVING SUM(amount) <> 0",
            [day, *today, *values],
        )
        for *where, dues, number in rows.fetchall():
            demand = where[-1] if by != columns else b""
            _count(groups.setdefault(key_of(where[: len(columns)]), {}), then.clocks(dues, demand), number)
    return groups


def on_the_board(
    connection: sqlite3.Connection, chosen: Filter, grouping: Grouping | None, at: datetime, zone: ZoneInfo
) -> dict[tuple[str, ...], Dues]:
    """How many are overdue as the chosen demands stand now, in each group; only the rows of those are read."""
    (condition, values), now = chosen.where(), microseconds(at)
    rows = connection.execute(
        f"SELECT {', '.join(DIMENSIONS)}, received, dues FROM demandflow_board "  # noqa: S608
        f"WHERE ended_as IS NULL AND due < ? AND {condition}",
        [now, *values],
    )
    groups: dict[tuple[str, ...], Dues] = {}
    for *names, received, days in rows:
        where = dict(zip(DIMENSIONS, (name or "" for name in names), strict=True))
        day = number_of(at_microseconds(received).astimezone(zone))
        key = grouping.key(where, {"received": day}) if grouping is not None else ()
        passed = frozenset(clock for clock, due in json.loads(days).items() if due < now)
        _count(groups.setdefault(key, {}), passed, 1)
    return groups


def condition_of(name: str, status: Mapping[int, tuple[str, ...]], moment: MomentAsked) -> tuple[str, list[Any]]:
    """The condition in SQL on the lines that count as overdue or due, with its values.

    What is due on a day that is not over is in it, whether its moment has passed or not: see still_to_come().
    """
    clock, what = split(name)
    if name == OVERDUE:
        return "due BETWEEN 1 AND ?", [moment.day]
    if name == RUNNING_OVERDUE or what == OVERDUE:
        return DUE_BY, [clock, moment.day]
    decided = f"what & {CLOCK} IN ({MET}, {MISSED})"
    if clock:
        ended = {f"{clock} met", f"{clock} missed"}
        numbers = ", ".join(str(number) for number, clocks in status.items() if ended & set(clocks))
        decided = f"what >> {CLOCKS_AT} IN ({numbers})"
    return f"({decided} OR {DUE_BY})", [clock, moment.day]


def still_to_come(then: OverdueThen, name: str, question: Question) -> Iterator[UUID]:
    """The demands due on a day that is not over, whose moment has not yet passed."""
    if then.moment.day_is_over:
        return
    condition, values = question.lines()
    rows = then.connection.execute(
        f"SELECT demand, dues FROM demandflow_ledger WHERE {condition} AND {DUE_ON} "  # noqa: S608
        "GROUP BY demand, dues HAVING SUM(amount) > 0",
        [*values, then.moment.day],
    )
    for demand, dues in rows.fetchall():
        passed, clock = then.clocks(dues, demand), split(name)[0]
        due_today = then.days(dues).get(clock) == then.moment.day
        if (name == OVERDUE and not passed) or (name != OVERDUE and due_today and clock not in passed):
            yield UUID(bytes=demand)


def _count(dues: Dues, passed: Clocks, number: int) -> None:
    """Count so many demands whose due moments by these clocks have passed."""
    names = [f"{clock} {OVERDUE}" if clock else RUNNING_OVERDUE for clock in passed]
    for name in (*names, OVERDUE) if passed else ():
        dues[name] = dues.get(name, 0) + number


@dataclass(frozen=True)
class Deadlines:
    """How open demands stand towards their due moment, at a moment.

    Whatever they are, `undated` of them have a clock without a due moment: its calendar does not know the year.
    """

    at: datetime
    overdue: int
    not_yet_due: int
    no_due: int
    undated: int = 0
    note: str = ""

    def __str__(self) -> str:
        counts = f"{self.overdue} overdue, {self.not_yet_due} not yet due, {self.no_due} without a due moment"
        undated = f", {self.undated} with a clock whose calendar does not know the year" if self.undated else ""
        return f"at {minute(self.at)}: {counts}{undated}{self.note and f'; {self.note}'}"
