"""What is overdue: which due moments have passed, now by the board and on a past day by the ledger."""

from __future__ import annotations

import json
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
from demandflow.projections.figures.periods import number_of
from demandflow.projections.figures.point_in_time import Cutoff
from demandflow.projections.figures.question import Grouping, Question, columns_of
from demandflow.projections.printing import minute
from demandflow.projections.standing import CLOCK, CLOCKS_AT, MET, MISSED, Slice, dues_of
from demandflow.store.statements import Statements
from demandflow.store.tables.moments import at_microseconds, microseconds

ClockNames = frozenset[str]
"""Names of clocks; the empty name is for the due moment that a fact gave, and no clock."""
OverdueCounts = dict[str, int]
"""How many demands are overdue, in all and by clock: `overdue`, `running_overdue`, `finish overdue`."""

_DUES = "dues IN (SELECT demandflow_dues.id FROM demandflow_dues, json_each(days) WHERE"
DUE_ON = f"{_DUES} value = ?)"
DUE_BY = f"{_DUES} key = ? AND value <= ?)"
DUE_BETWEEN = f"{_DUES} value BETWEEN ? AND ?)"
"""Conditions on lines of the ledger: due on a day, by a clock until a day, by any clock from one day to another."""


@dataclass(frozen=True)
class OverdueCheck:
    """Says which due moments had passed, of demands in the lines of the ledger.

    The ledger keeps days. For a due moment on a day that is not over, `demand_then` gives the demand with its moments.
    """

    connection: Statements
    cutoff: Cutoff
    demand_then: Callable[[UUID], Demand | None]
    _days: dict[int, Mapping[str, int]] = field(default_factory=lambda: {0: {}})

    def clocks(self, dues: int, demand: bytes) -> ClockNames:
        """The clocks whose due moment had passed, of a demand that was due on these days."""
        days = self.days(dues)
        if not self.cutoff.day_is_over and self.cutoff.day in days.values():
            then = self.demand_then(UUID(bytes=demand))
            return frozenset(clock for clock, at in (dues_of(then) if then else ()) if at < self.cutoff.at)
        return frozenset(clock for clock, day in days.items() if day <= self.cutoff.day)

    def days(self, dues: int) -> Mapping[str, int]:
        """On which days a demand was due, by clock."""
        if dues not in self._days:
            (days,) = self.connection.execute("SELECT days FROM demandflow_dues WHERE id = ?", (dues,)).fetchone()
            self._days[dues] = json.loads(days)
        return self._days[dues]


def overdue_in_ledger(
    check: OverdueCheck, question: Question, grouping: Grouping | None
) -> dict[tuple[str, ...], OverdueCounts]:
    """How many were overdue, in each group; nothing that is closed is overdue."""
    if question.closed is not None or (grouping is not None and "closed" in grouping.dimensions):
        return {}
    columns, key_of = columns_of(check.connection, grouping)
    condition, values = question.lines()
    groups: dict[tuple[str, ...], OverdueCounts] = {}
    day, today = check.cutoff.day, [] if check.cutoff.day_is_over else [check.cutoff.day]
    # days are summed, but each demand that is due on a day that is not over is read
    for which, by in ((f"NOT {DUE_ON}", columns), (DUE_ON, [*columns, "demand"])) if today else (("TRUE", columns),):
        head, named = ", ".join([*by, "dues"]), (column.split()[0] for column in by)
        table = ledger.smallest_with({*question.columns, *named, "due", "dues"})
        rows = check.connection.execute(
            f"SELECT {head}, SUM(amount) FROM {table} WHERE due BETWEEN 1 AND ? AND {which} AND {condition} "  # noqa: S608
            f"GROUP BY {head} HAVING SUM(amount) <> 0",
            [day, *today, *values],
        )
        for row in rows.fetchall():
            demand = row[-3] if by != columns else b""
            _count(groups.setdefault(key_of(row[: len(columns)]), {}), check.clocks(row[-2], demand), row[-1])
    return groups


def overdue_on_board(
    connection: Statements, board_filter: Filter, grouping: Grouping | None, at: datetime, zone: ZoneInfo
) -> dict[tuple[str, ...], OverdueCounts]:
    """How many are overdue now, in each group; only the rows of the overdue are read."""
    (condition, values), now = board_filter.where(), microseconds(at)
    rows = connection.execute(
        f"SELECT {', '.join(Slice._fields)}, received, dues FROM demandflow_board "  # noqa: S608
        f"WHERE ended_as IS NULL AND due < ? AND {condition}",
        [now, *values],
    )
    groups: dict[tuple[str, ...], OverdueCounts] = {}
    for *names, received, days in rows:
        day = number_of(at_microseconds(received).astimezone(zone))
        key = () if grouping is None else grouping.key(Slice(*(name or "" for name in names)), {"received": day})
        passed = frozenset(clock for clock, due in json.loads(days).items() if due < now)
        _count(groups.setdefault(key, {}), passed, 1)
    return groups


def condition_of(name: str, clocks_by_id: Mapping[int, tuple[str, ...]], cutoff: Cutoff) -> tuple[str, list[Any]]:
    """The condition in SQL for lines that count as overdue or due, with its values.

    It includes what is due on a day that is not over, whether the moment has passed or not: see due_later_today().
    """
    clock, count = split(name)
    if name == OVERDUE:
        return "due BETWEEN 1 AND ?", [cutoff.day]
    if name == RUNNING_OVERDUE or count == OVERDUE:
        return DUE_BY, [clock, cutoff.day]
    decided = f"what & {CLOCK} IN ({MET}, {MISSED})"
    if clock:
        ended = {f"{clock} met", f"{clock} missed"}
        numbers = ", ".join(str(number) for number, clocks in clocks_by_id.items() if ended & set(clocks)) or "NULL"
        decided = f"what >> {CLOCKS_AT} IN ({numbers})"
    return f"({decided} OR {DUE_BY})", [clock, cutoff.day]


def due_later_today(check: OverdueCheck, name: str, question: Question) -> Iterator[UUID]:
    """The demands due on a day that is not over, whose due moment has not passed yet."""
    if check.cutoff.day_is_over:
        return
    condition, values = question.lines()
    rows = check.connection.execute(
        f"SELECT demand, dues FROM demandflow_ledger WHERE {condition} AND {DUE_ON} "  # noqa: S608
        "GROUP BY demand, dues HAVING SUM(amount) > 0",
        [*values, check.cutoff.day],
    )
    for demand, dues in rows.fetchall():
        passed, clock = check.clocks(dues, demand), split(name)[0]
        due_today = check.days(dues).get(clock) == check.cutoff.day
        if (name == OVERDUE and not passed) or (name != OVERDUE and due_today and clock not in passed):
            yield UUID(bytes=demand)


def _count(counts: OverdueCounts, passed: ClockNames, number: int) -> None:
    """Count so many demands whose due moments by these clocks have passed."""
    names = [f"{clock} {OVERDUE}" if clock else RUNNING_OVERDUE for clock in passed]
    for name in (*names, OVERDUE) if passed else ():
        counts[name] = counts.get(name, 0) + number


@dataclass(frozen=True)
class Deadlines:
    """How many open demands are overdue, not yet due, or have no due moment, at a moment.

    `undated` of them have a clock without a due moment, because its calendar does not know the year.
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
