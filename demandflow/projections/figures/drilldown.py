"""From a count to its demands, and to the events that decided it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from demandflow.inputs.arguments import word_among
from demandflow.projections import ledger
from demandflow.projections.board.rows import received_at
from demandflow.projections.figures.definitions import DUE, OVERDUE, RANGES, counts_of, split
from demandflow.projections.figures.dues import OverdueThen, condition_of, still_to_come
from demandflow.projections.figures.periods import day_of
from demandflow.projections.figures.question import Question
from demandflow.projections.standing import (
    CLOCK_STATUSES,
    CLOCKS_AT,
    CODES,
    COUNTS,
    DECLARES,
    HAPPENINGS,
    UNDATED,
    Count,
)

OF_ONE_NAME = {"none": CLOCK_STATUSES, "running": ("running", UNDATED)}
"""The ways in which clocks stand that are in a count of another name."""


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


def check(name: object, clocks: tuple[str, ...]) -> None:
    """Raises InvalidValue for what is no count, nor one of these clocks."""
    possible = (*COUNTS, *RANGES, *HAPPENINGS, *counts_of(clocks))
    word_among("count", name, possible)


def counted(name: str, question: Question, then: OverdueThen, clocks: tuple[str, ...]) -> list[Counted]:
    """The demands of a count, in the order of their receipt."""
    check(name, clocks)
    if name in HAPPENINGS:
        lines = _happened(then.connection, HAPPENINGS[name], question)
    else:
        lines = _standing(then.connection, *_standing_so(name, then), question)
    if _is_of_due_moments(name):
        not_yet = set(still_to_come(then, name, question))
        lines = (line for line in lines if line.demand not in not_yet)
    return sorted(lines, key=lambda line: receipt(then.connection, line.demand))


def _standing(connection: sqlite3.Connection, counts: str, words: list[Any], question: Question) -> Iterator[Counted]:
    condition, values = question.standing_lines()
    rows = connection.execute(
        "SELECT demand, version, recorded_by, happened, recorded, SUM(amount) "  # noqa: S608
        f"FROM demandflow_ledger WHERE {condition} AND {counts} "
        "GROUP BY demand, version, recorded_by HAVING SUM(amount) <> 0 ORDER BY demand",
        values + words,
    )
    for demand, group in groupby(rows, key=lambda row: bytes(row[0])):
        lines = [row[1:] for row in group]
        if sum(line[-1] for line in lines):
            (decided_by, _, happened, _, _), (_, recorded_by, _, recorded, _) = (_turned(lines, at) for at in (0, 1))
            yield Counted(UUID(bytes=demand), decided_by, recorded_by, day_of(happened), day_of(recorded))


def _is_of_due_moments(name: str) -> bool:
    return name in RANGES or split(name)[1] in (OVERDUE, DUE)


def receipt(connection: sqlite3.Connection, demand: UUID) -> tuple[int, str]:
    """What sorts demands as they were received."""
    return received_at(connection, demand), demand.hex


def _standing_so(name: str, then: OverdueThen) -> tuple[str, list[Any]]:
    """The condition in SQL on what stands, with its values: what a demand stands for, how a clock does, what is due."""
    if name in COUNTS:
        mask, bits = mask_and_bits(COUNTS[name])
        return f"what & {mask} = {bits}", []
    if _is_of_due_moments(name):
        return condition_of(name, ledger.clocks_by_id(then.connection), then.moment)
    clock, asked = split(name)
    words = [f"\n{clock} {status}\n" for status in OF_ONE_NAME.get(asked, (asked,))]
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
        "GROUP BY demand, version HAVING SUM(amount) > 0 ORDER BY demand, version",
        [*values, CODES[meaning]],
    )
    for demand, version, recorded_by, happened, recorded, _ in rows:
        yield Counted(UUID(bytes=demand), version, recorded_by, day_of(happened), day_of(recorded))


def mask_and_bits(count: Count) -> tuple[int, int]:
    """The mask and bits of a count, of demands whose workflow declares what it needs."""
    declared = DECLARES[count.needs] if count.needs else 0
    return count.mask | declared, count.bits | declared
