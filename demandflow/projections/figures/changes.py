"""From one day to another: which demands changed, from what to what, by which events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from demandflow.errors import listed
from demandflow.projections import ledger
from demandflow.projections.board.own import key_of
from demandflow.projections.figures.definitions import DUE, IDENTITY, OVERDUE, RUNNING_OVERDUE, split
from demandflow.projections.figures.drilldown import check_count, receipt
from demandflow.projections.figures.overdue import DUE_BETWEEN, ClockNames, OverdueCheck
from demandflow.projections.figures.periods import day_of
from demandflow.projections.figures.question import Question
from demandflow.projections.standing import (
    CLOCKS_AT,
    COUNTS,
    HAPPENINGS,
    MEANING_OF,
    NO_CLOCK,
    OF_SCORES,
    SATISFIED,
    UNDATED,
    Slice,
)
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.statements import Statements

Cell = tuple[int, int, Slice, int]
"""A standing in the ledger: what the demand counts as, the day of its end, its slice, and when it is due."""
COUNTS_OF_STATUS = {UNDATED: ("running", UNDATED)}
"""The counts that include a clock of this status; those of the other statuses have the name of the status."""
DECLARED = {name: count.declared() for name, count in COUNTS.items()}


@dataclass(frozen=True)
class Standing:
    """What a demand counted as: the counts that included it, its slice, and the day on which it ended, if it had."""

    counts: tuple[str, ...]
    where: Slice
    ended: date | None


@dataclass(frozen=True)
class Change:
    """A demand that changed: from what (None: it did not count), to what (None: no longer), by which events.

    `happened` counts the happenings in between. Events are given by version; there are none if the demand became
    overdue as time went by.
    """

    demand: UUID
    before: Standing | None
    after: Standing | None
    events: tuple[int, ...]
    happened: Mapping[str, int]

    def __str__(self) -> str:
        events = f"event {listed(self.events)}" if self.events else "time went by"
        changed = f"{_difference(self.before, self.after)} → {_difference(self.after, self.before)}"
        happened = "".join(f", {name} {number:+}" for name, number in self.happened.items())
        return f"{self.demand}: {changed}{happened} ({events})"


@dataclass(frozen=True)
class Changes:
    """All demands that changed between two days; the differences are exactly those of the figures."""

    lines: tuple[Change, ...]
    clocks: tuple[str, ...] = ()
    note: str = ""
    scores: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join((f"demands that moved: {len(self.lines)}", *map(str, self.lines), *filter(None, [self.note])))

    def difference(self, count: str) -> int:
        """By how much a standing count or a happening changed."""
        check_count(count, self.clocks, self.scores)
        if count in HAPPENINGS:
            return sum(line.happened.get(HAPPENINGS[count], 0) for line in self.lines)
        return sum(_includes(count, line.after) - _includes(count, line.before) for line in self.lines)

    def of(self, count: str) -> tuple[Change, ...]:
        """The demands that came into this count or left it, or to which this happened."""
        check_count(count, self.clocks, self.scores)
        if count in HAPPENINGS:
            return tuple(line for line in self.lines if HAPPENINGS[count] in line.happened)
        return tuple(line for line in self.lines if _includes(count, line.before) != _includes(count, line.after))


def changed_between(
    before: tuple[Question, OverdueCheck],
    after: tuple[Question, OverdueCheck],
    clocks: tuple[str, ...],
    scores: tuple[str, ...],
    own: Collection[str] = (),
) -> Changes:
    """The changes from one question to the other: by lines that only one of them includes, or as time went by.

    `own` are the own fields that are dimensions here, of those by which the ledger counts.
    """
    connection = after[1].connection
    (was, then), (now, later) = before[0].lines(), after[0].lines()
    entered = f"(CAST(({now}) AS INTEGER) - CAST(({was}) AS INTEGER))"
    rows = connection.execute(
        f"SELECT demand, recorded_by, what, ended, slice, dues, {entered} * amount "  # noqa: S608
        f"FROM demandflow_ledger WHERE ({now}) <> ({was}) ORDER BY demand",
        [*later, *then, *later, *then],
    ).fetchall()
    slices = ledger.slices_by_id(connection, own)
    reader = _Reader(before[1], after[1], ledger.clocks_by_id(connection), slices, clocks)
    lines = {
        demand: reader.change(demand, [row[1:] for row in group], _cell_query(connection, after[0], demand))
        for demand, group in groupby(rows, key=lambda row: bytes(row[0]))
    }
    for demand in _due_in_between(before[1], after):
        if demand not in lines:
            lines[demand] = reader.change(demand, [], _cell_query(connection, after[0], demand))
    changes = (line for line in lines.values() if line is not None)
    lines_by_receipt = tuple(sorted(changes, key=lambda line: receipt(connection, line.demand)))
    return Changes(lines_by_receipt, clocks, scores=scores)


def _cell_query(connection: Statements, question: Question, demand: bytes) -> Callable[[], tuple[int, ...] | None]:
    """The standing of a demand, read only if it is needed."""

    def read() -> tuple[int, ...] | None:
        condition, values = question.standing_lines()
        return connection.execute(  # type: ignore[no-any-return]
            f"SELECT what, ended, slice, dues FROM demandflow_ledger WHERE demand = ? AND {condition} "  # noqa: S608
            "GROUP BY 1, 2, 3, 4 HAVING SUM(amount) > 0",
            [demand, *values],
        ).fetchone()

    return read


def _due_in_between(before: OverdueCheck, after: tuple[Question, OverdueCheck]) -> list[bytes]:
    """The demands that were due between the two moments, or on a day that is not over."""
    (question, check), first = after, before.cutoff.day
    condition, values = question.standing_lines()
    rows = check.connection.execute(
        f"SELECT demand FROM demandflow_ledger WHERE {condition} AND {DUE_BETWEEN} "  # noqa: S608
        "GROUP BY demand HAVING SUM(amount) > 0",
        [*values, first, check.cutoff.day],
    )
    return [bytes(demand) for (demand,) in rows.fetchall()] if before.cutoff != check.cutoff else []


@dataclass(frozen=True)
class _Reader:
    """Reads the lines of a demand as its standing before and after."""

    before: OverdueCheck
    after: OverdueCheck
    clocks_by_id: Mapping[int, tuple[str, ...]]
    slices: Mapping[int, Slice]
    clocks: tuple[str, ...]

    def change(
        self, demand: bytes, rows: list[tuple[Any, ...]], cell_after: Callable[[], tuple[int, ...] | None]
    ) -> Change | None:
        """The change of a demand by these lines; None if it changed no count."""
        cells: Counter[Cell] = Counter()
        happened: Counter[str] = Counter()
        by_event: dict[int, Counter[tuple[Any, ...]]] = {}
        for recorded_by, what, ended, slice_id, dues, amount in rows:
            where = self.slices[slice_id]
            by_event.setdefault(recorded_by, Counter())[what, ended, where, dues] += amount
            if what < 0:
                happened[MEANING_OF[what]] += amount
            else:
                cells[what, ended, where, dues] += amount
        sides = {amount: cell for cell, amount in cells.items() if amount}
        if not sides and (read := cell_after()) is not None:
            cell = (read[0], read[1], self.slices[read[2]], read[3])
            sides = {-1: cell, 1: cell}  # no line of its standing is on one side only, so the standing is the same
        events = tuple(sorted(event for event, amounts in by_event.items() if any(amounts.values())))
        happened = Counter({meaning: number for meaning, number in happened.items() if number})
        before = self._standing(self.before, demand, sides.get(-1))
        after = self._standing(self.after, demand, sides.get(1))
        if before == after and not happened:
            return None  # what changed is in no count yet, like a report on a demand that is still open
        return Change(UUID(bytes=demand), before, after, events, dict(happened))

    def _standing(self, check: OverdueCheck, demand: bytes, cell: Cell | None) -> Standing | None:
        if cell is None:
            return None
        what, ended, where, dues = cell
        statuses = self.clocks_by_id[what >> CLOCKS_AT]
        counts = (
            *(name for name, count in DECLARED.items() if count.includes(ledger.standing_in(what))),
            *_due_counts(what, statuses, check.clocks(dues, demand)),
            *_clock_counts(statuses, self.clocks),
            *_score_counts(statuses),
        )
        return Standing(counts, where, day_of(ended) if ended else None)


def _due_counts(what: int, statuses: tuple[str, ...], overdue: ClockNames) -> tuple[str, ...]:
    """The counts of overdue and due demands that include it."""
    decided = [split(clock)[0] for clock in statuses if split(clock)[1] in ("met", "missed")]
    names = [OVERDUE] if overdue else []
    names += [RUNNING_OVERDUE] if NO_CLOCK in overdue else []
    names += [DUE] if NO_CLOCK in overdue or any(COUNTS[name].includes(what) for name in ("met", "missed")) else []
    by_clock = sorted(overdue - {NO_CLOCK})
    return (
        *names,
        *(f"{clock} {OVERDUE}" for clock in by_clock),
        *(f"{clock} {DUE}" for clock in (*decided, *by_clock)),
    )


def _clock_counts(statuses: tuple[str, ...], clocks: tuple[str, ...]) -> tuple[str, ...]:
    """The counts of clocks that include it, also those of clocks that never ran."""
    ran = dict(map(split, statuses))
    counts = {clock: ran.get(clock, "none") for clock in clocks}
    return tuple(
        f"{clock} {count}" for clock, status in counts.items() for count in COUNTS_OF_STATUS.get(status, (status,))
    )


def _score_counts(statuses: tuple[str, ...]) -> Iterator[str]:
    """The counts of scores that include it."""
    for status in statuses:
        if status.startswith(OF_SCORES):
            score, _, count = status.removeprefix(OF_SCORES).rpartition(" ")
            yield f"{score} evaluated"
            if count == SATISFIED:
                yield f"{score} {SATISFIED}"


def _includes(count: str, standing: Standing | None) -> bool:
    return standing is not None and count in standing.counts


def _difference(standing: Standing | None, other: Standing | None) -> str:
    """What is in this standing and not in the other, in a few words; without a difference, how the demand ended."""
    if standing is None:
        return "(not there)"
    others = other.counts if other is not None else ()
    words = [count for count in standing.counts if split(count)[1] != "none" and count not in others]
    if other is not None:
        here, there = _words(standing.where), _words(other.where)
        words += [word for name, word in here.items() if word != there.get(name)]
        words += [f"{name} (none)" for name in there if name not in here]
        words += [f"ended {standing.ended}"] if standing.ended and standing.ended != other.ended else []
    return listed(words, none=next(name for name in IDENTITY if name in standing.counts))


def _words(where: Slice) -> dict[str, str]:
    """The slice as it is printed, by dimension."""
    named = dict(zip(DIMENSIONS, (getattr(where, name) or "(none)" for name in DIMENSIONS), strict=True))
    return named | {name: f"{name} {key_of(value)}" for name, value in where.own.items()}
