"""From one day to another: which demands moved, from what to what, by which events."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from demandflow.errors import listed
from demandflow.projections import ledger
from demandflow.projections.figures.definitions import DUE, IDENTITY, OVERDUE, RUNNING_OVERDUE, split
from demandflow.projections.figures.drilldown import check, mask_and_bits, receipt
from demandflow.projections.figures.dues import DUE_BETWEEN, Clocks, OverdueThen
from demandflow.projections.figures.periods import day_of
from demandflow.projections.figures.question import Question
from demandflow.projections.standing import CLOCKS_AT, COUNTS, HAPPENINGS, MEANING_OF, NO_CLOCK, UNDATED, Slice

Cell = tuple[int, int, int, int]
"""How a demand stands in the ledger: what it stands for, the day of its end, its slice, and when it is due."""
OF_STANDS = {UNDATED: ("running", UNDATED)}
"""The counts that a clock is in that stands so, where it is more than the one."""


@dataclass(frozen=True)
class Stood:
    """What a demand stood for: the counts it was in, its slice, and the day on which it had ended, if it had."""

    counts: tuple[str, ...]
    where: Slice
    ended: date | None


@dataclass(frozen=True)
class Change:
    """A demand that moved: from what (None: it was not there), to what (None: no longer), by which events.

    `happened` counts what happened to it in between. An event is named by the version that recorded it; there is none
    where it became overdue because time went by.
    """

    demand: UUID
    before: Stood | None
    after: Stood | None
    events: tuple[int, ...]
    happened: Mapping[str, int]

    def __str__(self) -> str:
        events = f"event {listed(self.events)}" if self.events else "time went by"
        moved = f"{_said(self.before, self.after)} → {_said(self.after, self.before)}"
        happened = "".join(f", {name} {number:+}" for name, number in self.happened.items())
        return f"{self.demand}: {moved}{happened} ({events})"


@dataclass(frozen=True)
class Changes:
    """All that moved between two days; the differences are exactly those of the figures."""

    lines: tuple[Change, ...]
    clocks: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return "\n".join((f"demands that moved: {len(self.lines)}", *map(str, self.lines), *filter(None, [self.note])))

    def difference(self, count: str) -> int:
        """By how much a standing count or a happening changed."""
        check(count, self.clocks)
        if count in HAPPENINGS:
            return sum(line.happened.get(HAPPENINGS[count], 0) for line in self.lines)
        now = sum(count in line.after.counts for line in self.lines if line.after is not None)
        return now - sum(count in line.before.counts for line in self.lines if line.before is not None)

    def of(self, count: str) -> tuple[Change, ...]:
        """The lines that moved into this count, or out of it."""
        check(count, self.clocks)
        return tuple(
            line
            for line in self.lines
            if (
                HAPPENINGS[count] in line.happened
                if count in HAPPENINGS
                else _in(line.before, count) != _in(line.after, count)
            )
        )


def changed_between(
    before: tuple[Question, OverdueThen], after: tuple[Question, OverdueThen], clocks: tuple[str, ...]
) -> Changes:
    """What moved from one question's answer to the other's: by the lines that only one takes in, or as time went by."""
    connection = after[1].connection
    (was, then), (now, later) = before[0].lines(), after[0].lines()
    rows = connection.execute(
        f"SELECT demand, recorded_by, what, ended, slice, dues, (({now}) - ({was})) * amount "  # noqa: S608
        f"FROM demandflow_ledger WHERE ({now}) <> ({was}) ORDER BY demand",
        [*later, *then, *later, *then],
    ).fetchall()
    reader = _Reader(before[1], after[1], ledger.clocks_by_id(connection), _slices(connection), clocks)
    lines = {
        demand: reader.change(demand, [row[1:] for row in group], _cells(connection, after[0], demand))
        for demand, group in groupby(rows, key=lambda row: bytes(row[0]))
    }
    for demand in _due_in_between(before[1], after):
        if demand not in lines:
            lines[demand] = reader.change(demand, [], _cells(connection, after[0], demand))
    moved = (line for line in lines.values() if line is not None)
    return Changes(tuple(sorted(moved, key=lambda line: receipt(connection, line.demand))), clocks)


def _slices(connection: sqlite3.Connection) -> dict[int, Slice]:
    rows = connection.execute(f"SELECT id, {', '.join(Slice._fields)} FROM demandflow_slices")  # noqa: S608
    return {number: Slice(*where) for number, *where in rows}


def _cells(connection: sqlite3.Connection, question: Question, demand: bytes) -> Callable[[], Cell | None]:
    """How a demand stands, asked only where that is needed."""

    def ask() -> Cell | None:
        condition, values = question.standing_lines()
        return connection.execute(  # type: ignore[no-any-return]
            f"SELECT what, ended, slice, dues FROM demandflow_ledger WHERE demand = ? AND {condition} "  # noqa: S608
            "GROUP BY 1, 2, 3, 4 HAVING SUM(amount) > 0",
            [demand, *values],
        ).fetchone()

    return ask


def _due_in_between(before: OverdueThen, after: tuple[Question, OverdueThen]) -> list[bytes]:
    """The demands that were due from the one moment to the other, or on a day that is not over."""
    (question, then), first = after, before.moment.day
    condition, values = question.standing_lines()
    rows = then.connection.execute(
        f"SELECT demand FROM demandflow_ledger WHERE {condition} AND {DUE_BETWEEN} "  # noqa: S608
        "GROUP BY demand HAVING SUM(amount) > 0",
        [*values, first, then.moment.day],
    )
    return [bytes(demand) for (demand,) in rows.fetchall()] if before.moment != then.moment else []


@dataclass(frozen=True)
class _Reader:
    """Reads lines as what a demand stood for, on either side."""

    before: OverdueThen
    after: OverdueThen
    clocks_by_id: Mapping[int, tuple[str, ...]]
    slices: Mapping[int, Slice]
    clocks: tuple[str, ...]

    def change(self, demand: bytes, rows: list[tuple[Any, ...]], status: Callable[[], Cell | None]) -> Change | None:
        """What the lines come to, for one demand that stands so afterwards."""
        cells: Counter[Cell] = Counter()
        happened: Counter[str] = Counter()
        by_event: dict[int, Counter[tuple[Any, ...]]] = {}
        for recorded_by, what, ended, where, dues, amount in rows:
            by_event.setdefault(recorded_by, Counter())[what, ended, where, dues] += amount
            if what < 0:
                happened[MEANING_OF[what]] += amount
            else:
                cells[what, ended, where, dues] += amount
        sides = {amount: cell for cell, amount in cells.items() if amount}
        if not sides and (cell := status()) is not None:
            sides = {-1: cell, 1: cell}  # no line of its standing is on one side only, so it stands the same
        events = tuple(sorted(event for event, moved in by_event.items() if any(moved.values())))
        often = {happening: number for happening, number in happened.items() if number}
        before, after = self._stood(self.before, demand, sides.get(-1)), self._stood(self.after, demand, sides.get(1))
        if before == after and not often:
            return None  # what changed is in no count yet, like a report on a demand that is still open
        return Change(UUID(bytes=demand), before, after, events, often)

    def _stood(self, then: OverdueThen, demand: bytes, cell: Cell | None) -> Stood | None:
        if cell is None:
            return None
        what, ended, where, dues = cell
        counts = (
            *_counts(ledger.standing_in(what)),
            *_due(what, self.clocks_by_id[what >> CLOCKS_AT], then.clocks(dues, demand)),
            *_ticking(self.clocks_by_id[what >> CLOCKS_AT], self.clocks),
        )
        return Stood(counts, self.slices[where], day_of(ended) if ended else None)


def _counts(standing: int) -> tuple[str, ...]:
    return tuple(
        name for name, count in COUNTS.items() for mask, bits in (mask_and_bits(count),) if standing & mask == bits
    )


def _due(what: int, stand: tuple[str, ...], overdue: Clocks) -> tuple[str, ...]:
    """The counts that it is in by what is overdue and what came due."""
    decided = [split(clock)[0] for clock in stand if split(clock)[1] in ("met", "missed")]
    names = [OVERDUE] if overdue else []
    names += [RUNNING_OVERDUE] if NO_CLOCK in overdue else []
    names += [DUE] if NO_CLOCK in overdue or any(COUNTS[ended].asks(what) for ended in ("met", "missed")) else []
    by_clock = sorted(overdue - {NO_CLOCK})
    return (
        *names,
        *(f"{clock} {OVERDUE}" for clock in by_clock),
        *(f"{clock} {DUE}" for clock in (*decided, *by_clock)),
    )


def _ticking(stand: tuple[str, ...], clocks: tuple[str, ...]) -> tuple[str, ...]:
    """The counts that it is in by how its clocks stand, those that never ran too."""
    ran = {split(clock)[0]: split(clock) for clock in stand}
    names = [
        (clock, *OF_STANDS.get(status, (status,)))
        for clock, status in ((c, ran.get(c, (c, "none"))[1]) for c in clocks)
    ]
    return tuple(f"{clock} {name}" for clock, *counts in names for name in counts)


def _in(stood: Stood | None, count: str) -> bool:
    return stood is not None and count in stood.counts


def _said(stood: Stood | None, other: Stood | None) -> str:
    """What it stood for and the other did not, in a few words; if there is no such thing, how it stood."""
    if stood is None:
        return "(not there)"
    counts = [one for one in stood.counts if split(one)[1] != "none" and (other is None or one not in other.counts)]
    where = [word for at, word in enumerate(stood.where) if other is not None and word != other.where[at]]
    ended = [f"ended {stood.ended}"] if other is not None and stood.ended != other.ended and stood.ended else []
    how = next(name for name in IDENTITY if name in stood.counts)
    return listed((*counts, *(word or "(none)" for word in where), *ended), none=how)
