"""From a count to its demands, and to the events that decided it; from one day to another, and to what moved."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections import ledger
from demandflow.projections.definitions import counts_of, split
from demandflow.projections.periods import day_of
from demandflow.projections.question import Question
from demandflow.projections.standing import (
    CLOCK_STANDS,
    CLOCKS_AT,
    CODES,
    COUNTS,
    DECLARES,
    HAPPENINGS,
    MEANING_OF,
    Count,
    Slice,
)


@dataclass(frozen=True)
class Counted:
    """A demand that counts, and the event that decided it: the one from which on it counts without interruption.

    `decided_by` is the version of that event, `recorded_by` of the event since which this is known (a correction, or
    the same); the days are when the one happened, and the other was recorded.
    A happening is listed once for each time.
    """

    demand: UUID
    decided_by: int
    recorded_by: int
    happened: date
    recorded: date


@dataclass(frozen=True)
class Stood:
    """What a demand stood for: the counts it was in, its slice, and the day on which it had ended, if it had."""

    counts: tuple[str, ...]
    where: Slice
    ended: date | None


@dataclass(frozen=True)
class Change:
    """A demand that moved: from what (None: it was not there), to what (None: no longer), by which events.

    `happened` counts what happened to it in between. An event is named by the version that recorded it.
    """

    demand: UUID
    before: Stood | None
    after: Stood | None
    events: tuple[int, ...]
    happened: Mapping[str, int]

    def __str__(self) -> str:
        events = ", ".join(map(str, self.events))
        moved = f"{_said(self.before, self.after)} → {_said(self.after, self.before)}"
        happened = "".join(f", {name} {number:+}" for name, number in self.happened.items())
        return f"{self.demand}: {moved}{happened} (event {events})"


@dataclass(frozen=True)
class Changes:
    """All that moved between two days; the differences are exactly those of the figures."""

    lines: tuple[Change, ...]
    clocks: tuple[str, ...] = ()

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


def check(name: object, clocks: tuple[str, ...]) -> None:
    """Raises InvalidValue for what is no count, nor one of these clocks."""
    possible = (*COUNTS, *HAPPENINGS, *counts_of(clocks))
    if not isinstance(name, str) or name not in possible:
        raise InvalidValue("count", f"{brief(name)} is none (possible: {listed(possible)})")


def counted(
    connection: sqlite3.Connection, name: str, question: Question, clocks: tuple[str, ...]
) -> Iterator[Counted]:
    """The demands of a count, in the order of their receipt."""
    check(name, clocks)
    if name in HAPPENINGS:
        yield from _happened(connection, HAPPENINGS[name], question)
        return
    condition, values = question.standing_lines()
    counts, words = _standing_so(name)
    rows = connection.execute(
        "SELECT demand, version, recorded_by, happened, recorded, SUM(amount) "  # noqa: S608
        f"FROM demandflow_ledger WHERE {condition} AND {counts} "
        "GROUP BY demand, version, recorded_by HAVING SUM(amount) <> 0 ORDER BY received, demand",
        values + words,
    )
    for demand, group in groupby(rows, key=lambda row: bytes(row[0])):
        lines = [row[1:] for row in group]
        if sum(line[-1] for line in lines):
            (decided_by, _, happened, _, _), (_, recorded_by, _, recorded, _) = (_turned(lines, at) for at in (0, 1))
            yield Counted(UUID(bytes=demand), decided_by, recorded_by, day_of(happened), day_of(recorded))


def _standing_so(name: str) -> tuple[str, list[str]]:
    """The condition in SQL on what stands, with its values: what a demand stands for, or how a clock does."""
    if name in COUNTS:
        mask, bits = _asked(COUNTS[name])
        return f"what & {mask} = {bits}", []
    clock, asked = split(name)
    words = [f"\n{clock} {stands}\n" for stands in (CLOCK_STANDS if asked == "none" else (asked,))]
    there = " OR ".join(["instr(stands, ?) > 0"] * len(words))
    one_of = "NOT IN" if asked == "none" else "IN"
    return f"what >> {CLOCKS_AT} {one_of} (SELECT id FROM demandflow_clocks WHERE {there})", words  # noqa: S608


def _turned(lines: list[tuple[int, ...]], by: int) -> tuple[int, ...]:
    """The line from which on the demand counts: in the order of what happened (0), or of what was recorded (1)."""
    number, found = 0, lines[0]
    for _, same in groupby(sorted(lines, key=lambda line: line[by]), key=lambda line: line[by]):
        together = list(same)
        before, number = number, number + sum(line[-1] for line in together)
        if number > before:
            found = max(together, key=lambda line: line[-1])
    return found


def _happened(connection: sqlite3.Connection, meaning: str, question: Question) -> Iterator[Counted]:
    condition, values = question.lines()
    if question.closed is not None:
        closed, when = question.closed_then()
        condition += f" AND demand IN (SELECT demand FROM ({closed}))"  # noqa: S608
        values = values + when
    rows = connection.execute(
        "SELECT demand, version, MIN(recorded_by), happened, MIN(recorded), SUM(amount) "  # noqa: S608
        f"FROM demandflow_ledger WHERE {condition} AND what = ? "
        "GROUP BY demand, version HAVING SUM(amount) > 0 ORDER BY received, demand, version",
        [*values, CODES[meaning]],
    )
    for demand, version, recorded_by, happened, recorded, _ in rows:
        yield Counted(UUID(bytes=demand), version, recorded_by, day_of(happened), day_of(recorded))


def changes(connection: sqlite3.Connection, before: Question, after: Question, clocks: tuple[str, ...]) -> Changes:
    """What moved from one question's answer to the other's: the lines that only one of them takes in."""
    (was, then), (now, later) = before.lines(), after.lines()
    rows = connection.execute(
        f"SELECT demand, recorded_by, what, ended, slice, (({now}) - ({was})) * amount "  # noqa: S608
        f"FROM demandflow_ledger WHERE ({now}) <> ({was}) ORDER BY received, demand",
        [*later, *then, *later, *then],
    )
    named = connection.execute(f"SELECT id, {', '.join(Slice._fields)} FROM demandflow_slices")  # noqa: S608
    slices = {number: Slice(*where) for number, *where in named}
    ticking = ledger.clocks_by_id(connection)

    def counts(what: int) -> tuple[str, ...]:
        return (*_counts(ledger.standing_in(what)), *_ticking(ticking[what >> CLOCKS_AT], clocks))

    lines = (
        _change(UUID(bytes=demand), [row[1:] for row in group], slices, counts)
        for demand, group in groupby(rows, key=lambda row: bytes(row[0]))
    )
    return Changes(tuple(line for line in lines if line is not None), clocks)


def _change(
    demand: UUID, rows: list[tuple[Any, ...]], slices: Mapping[int, Slice], counts: Callable[[int], tuple[str, ...]]
) -> Change | None:
    """What the lines come to, for one demand."""
    stood: Counter[tuple[int, int, int]] = Counter()
    happened: Counter[str] = Counter()
    by_event: dict[int, Counter[tuple[Any, ...]]] = {}
    for recorded_by, what, ended, where, amount in rows:
        by_event.setdefault(recorded_by, Counter())[what, ended, where] += amount
        if what < 0:
            happened[MEANING_OF[what]] += amount
        else:
            stood[what, ended, where] += amount
    sides = {
        amount: Stood(counts(cell[0]), slices[cell[2]], day_of(cell[1]) if cell[1] else None)
        for cell, amount in stood.items()
        if amount
    }
    events = tuple(sorted(event for event, cells in by_event.items() if any(cells.values())))
    often = {happening: number for happening, number in happened.items() if number}
    before, after = sides.get(-1), sides.get(1)
    if before == after and not often:
        return None  # what changed is in no count yet, like a report on a demand that is still open
    return Change(demand, before, after, events, often)


def _asked(count: Count) -> tuple[int, int]:
    """The mask and bits of a count, of demands whose workflow declares what it needs."""
    declared = DECLARES[count.needs] if count.needs else 0
    return count.mask | declared, count.bits | declared


def _counts(standing: int) -> tuple[str, ...]:
    return tuple(name for name, count in COUNTS.items() for mask, bits in (_asked(count),) if standing & mask == bits)


def _ticking(stand: tuple[str, ...], clocks: tuple[str, ...]) -> tuple[str, ...]:
    """The counts that it is in by how its clocks stand, those that never ran too."""
    ran = dict(zip((split(one)[0] for one in stand), stand, strict=True))
    return tuple(ran.get(clock, f"{clock} none") for clock in clocks)


def _in(stood: Stood | None, count: str) -> bool:
    return stood is not None and count in stood.counts


def _said(stood: Stood | None, other: Stood | None) -> str:
    """What it stood for and the other did not, in a few words."""
    if stood is None:
        return "(not there)"
    counts = [one for one in stood.counts if split(one)[1] != "none" and (other is None or one not in other.counts)]
    where = [word for at, word in enumerate(stood.where) if other is not None and word != other.where[at]]
    ended = [f"ended {stood.ended}"] if other is not None and stood.ended != other.ended and stood.ended else []
    return listed((*counts, *(word or "(none)" for word in where), *ended), none="the same")
