"""From a count to its demands, and to the events that decided that they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from demandflow.inputs.arguments import word_among
from demandflow.projections import ledger
from demandflow.projections.board.rows import received_at
from demandflow.projections.figures.definitions import (
    DUE,
    OVERDUE,
    RANGES,
    counts_of,
    counts_of_scores,
    split,
    split_score,
)
from demandflow.projections.figures.overdue import OverdueCheck, condition_of, due_later_today
from demandflow.projections.figures.periods import day_of
from demandflow.projections.figures.question import Question
from demandflow.projections.standing import (
    CLOCK_STATUSES,
    CLOCKS_AT,
    CODES,
    COUNTS,
    HAPPENINGS,
    NOT_SATISFIED,
    OF_SCORES,
    SATISFIED,
    UNDATED,
)
from demandflow.store.statements import Statements

STATUSES = {"none": CLOCK_STATUSES, "running": ("running", UNDATED)}
"""The statuses of a clock that decide these counts; those of the other counts have the name of the count."""
STATUSES |= {"evaluated": (SATISFIED, NOT_SATISFIED)}  # of a score


@dataclass(frozen=True)
class CountedDemand:
    """A demand that counts, and the event since which it counts without interruption.

    `decided_by` is the version of that event, and `happened` its day; `recorded_by` is the version of the event since
    which this is known (a correction, or the same event), and `recorded` its day. A happening is listed each time.
    """

    demand: UUID
    decided_by: int
    recorded_by: int
    happened: date
    recorded: date


def check_count(name: object, clocks: tuple[str, ...], scores: tuple[str, ...]) -> None:
    """Raise InvalidValue for what is no count, nor one of these clocks and scores."""
    word_among("count", name, (*COUNTS, *RANGES, *HAPPENINGS, *counts_of(clocks), *counts_of_scores(scores)))


def counted_demands(
    name: str, question: Question, check: OverdueCheck, clocks: tuple[str, ...], scores: tuple[str, ...]
) -> list[CountedDemand]:
    """The demands of a count, in the order of receipt."""
    check_count(name, clocks, scores)
    if name in HAPPENINGS:
        demands = _happened(check.connection, HAPPENINGS[name], question)
    else:
        demands = _standing(check.connection, *_condition(name, check), question)
    if _needs_due_moments(name):
        later = set(due_later_today(check, name, question))
        demands = (counted for counted in demands if counted.demand not in later)
    return sorted(demands, key=lambda counted: receipt(check.connection, counted.demand))


def _standing(connection: Statements, counts: str, words: list[Any], question: Question) -> Iterator[CountedDemand]:
    condition, values = question.standing_lines()
    rows = connection.execute(
        "SELECT demand, version, recorded_by, MIN(happened), MIN(recorded), SUM(amount) "  # noqa: S608
        f"FROM demandflow_ledger WHERE {condition} AND {counts} "
        "GROUP BY demand, version, recorded_by HAVING SUM(amount) <> 0 ORDER BY demand",
        values + words,
    )
    for demand, group in groupby(rows, key=lambda row: bytes(row[0])):
        lines = [row[1:] for row in group]
        if sum(line[-1] for line in lines):
            decided_by, _, happened, _, _ = _last_rise(lines, by=0)
            _, recorded_by, _, recorded, _ = _last_rise(lines, by=1)
            yield CountedDemand(UUID(bytes=demand), decided_by, recorded_by, day_of(happened), day_of(recorded))


def _needs_due_moments(name: str) -> bool:
    return name in RANGES or split(name)[1] in (OVERDUE, DUE)


def receipt(connection: Statements, demand: UUID) -> tuple[int, str]:
    """The key that sorts demands by receipt."""
    return received_at(connection, demand), demand.hex


def _condition(name: str, check: OverdueCheck) -> tuple[str, list[Any]]:
    """The condition in SQL on the lines of a count, with its values: by standing, due moments, or a status."""
    if name in COUNTS:
        count = COUNTS[name].declared()
        return f"what & {count.mask} = {count.bits}", []
    if _needs_due_moments(name):
        return condition_of(name, ledger.clocks_by_id(check.connection), check.cutoff)
    whose, count_of_it = split(name)
    if not whose:
        score, count_of_it = split_score(name)
        whose = f"{OF_SCORES}{score}"
    words = [f"\n{whose} {status}\n" for status in STATUSES.get(count_of_it, (count_of_it,))]
    any_word = " OR ".join(["instr(stands, ?) > 0"] * len(words))
    is_in = "NOT IN" if count_of_it == "none" else "IN"
    return f"what >> {CLOCKS_AT} {is_in} (SELECT id FROM demandflow_clocks WHERE {any_word})", words  # noqa: S608


def _last_rise(lines: list[tuple[int, ...]], by: int) -> tuple[int, ...]:
    """The line since which the demand counts, in the order of happening (by=0) or of recording (by=1)."""
    number, decisive = 0, lines[0]
    for _, group in groupby(sorted(lines, key=itemgetter(by)), key=itemgetter(by)):
        of_one_event = list(group)
        before, number = number, number + sum(line[-1] for line in of_one_event)
        if number > before:
            decisive = max(of_one_event, key=itemgetter(-1))
    return decisive


def _happened(connection: Statements, meaning: str, question: Question) -> Iterator[CountedDemand]:
    condition, values = question.lines()
    if question.closed is not None:
        closed, of_closed = question.closed_demands()
        condition += f" AND demand IN (SELECT demand FROM ({closed}) AS closed)"  # noqa: S608
        values = values + of_closed
    rows = connection.execute(
        "SELECT demand, version, recorded_by, MIN(happened), MIN(recorded), SUM(amount) "  # noqa: S608
        f"FROM demandflow_ledger WHERE {condition} AND what = ? "
        "GROUP BY demand, version, recorded_by HAVING SUM(amount) <> 0 ORDER BY demand, version",
        [*values, CODES[meaning]],
    )
    for (demand, version), group in groupby(rows, key=lambda row: (bytes(row[0]), row[1])):
        lines = [row[1:] for row in group]
        if sum(line[-1] for line in lines):
            _, recorded_by, happened, recorded, _ = _last_rise(lines, by=1)
            yield CountedDemand(UUID(bytes=demand), version, recorded_by, day_of(happened), day_of(recorded))
