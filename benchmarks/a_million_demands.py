"""Our own tables with a million demands: pages of the board and figures, as multiples of plain SQL over the same rows.

Usage: python benchmarks/a_million_demands.py [DEMANDS [ROUNDS]]

Plain SQL is the same question as SQLite plans it, asked of the board, or of the ledger as one sum; it makes no rows of
ours and reads no log first. Times are the processor's, so that other work on the machine does not count.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from filled_tables import NOW, fill

from demandflow import DemandFlow, Figures, Period
from demandflow.figures import BoardRow, Deadlines, FiguresBy
from demandflow.store.tables.moments import microseconds


class Question(NamedTuple):
    """What is asked of the flow, and the same in plain SQL; `same` is what both must say."""

    ask: Callable[[], Any]
    raw: Callable[[], Any]
    same: Callable[[Any], Any]


def pages(flow: DemandFlow, raw: sqlite3.Connection) -> Iterator[tuple[str, Question]]:
    """Pages of fifty by the usual filters and sorts, against the same SELECT as SQLite plans it, without statistics."""
    soon, month = NOW + timedelta(days=3), Period.of("2025-03").moments(ZoneInfo("UTC"))
    town, category = "county/town3", "menu3"
    below = "(place = ? OR (place >= ? AND place < ?))"
    filters: dict[str, tuple[dict[str, Any], str, list[Any]]] = {
        "everything": ({}, "TRUE", []),
        "open": ({"open": True}, "ended_as IS NULL", []),
        "overdue": ({"overdue": True}, "ended_as IS NULL AND due < ?", [microseconds(NOW)]),
        "due by": ({"due_by": soon}, "ended_as IS NULL AND due <= ?", [microseconds(soon)]),
        "place": ({"place": town}, below, [town, f"{town}/", f"{town}0"]),
        "state": ({"state": "in_hand"}, "state = ?", ["in_hand"]),
        "contractor": ({"contractor": "team 3-3"}, "contractor = ?", ["team 3-3"]),
        "channel": ({"channel": "open311"}, "channel = ?", ["open311"]),
        "category": ({"category": category}, below.replace("place", "category"), [category, "menu3/", "menu30"]),
        "received": ({"received": "2025-03"}, "received >= ? AND received < ?", [*map(microseconds, month)]),
    }
    sorts = {"received": "received, demand", "due": "due NULLS LAST, received, demand"}
    sorts["place"] = "place, state, received, demand"
    singles = [((name,), each) for name, each in filters.items()]
    pairs = [
        (
            (one, other),
            (
                filters[one][0] | filters[other][0],
                f"{filters[one][1]} AND {filters[other][1]}",
                filters[one][2] + filters[other][2],
            ),
        )
        for one, other in combinations(filters, 2)
    ]
    for names, (asked, condition, values) in singles + pairs[len(filters) - 1 :]:
        for sort, by in sorts.items():
            if sort == "due" and not {"open", "overdue", "due by"} & set(names):
                continue  # by due moment, people look at what is open
            order = ("place", "state") if sort == "place" else (sort,)
            sql = f"SELECT * FROM demandflow_board WHERE {condition} ORDER BY {by} LIMIT 50"
            yield (
                f"{' and '.join(names)}, by {sort}",
                Question(
                    partial(flow.board, sort=order, **asked),
                    partial(_all, raw, sql, values),
                    _ids,
                ),
            )


def figures(flow: DemandFlow, raw: sqlite3.Connection) -> Iterator[tuple[str, Question]]:
    """Figures, against one plain sum over the ledger."""
    day, number = date(2025, 3, 31), 20250331

    def of(said: Any) -> Any:
        if isinstance(said, Figures):
            return said.count("received")
        if isinstance(said, FiguresBy):
            return {key: part.count("received") for key, part in said.items()}
        return said

    def plain(sql: str, *values: Any) -> Callable[[], Any]:
        def ask() -> Any:
            found: Counter[Any] = Counter()
            for *key, what, amount in raw.execute(f"{sql} HAVING SUM(amount) <> 0", values):
                found[tuple(key)] += amount if what >= 0 else 0
            return dict(found) if () not in found else found[()]

        return ask

    joined = "FROM demandflow_ledger JOIN demandflow_slices ON slice = id"
    of_town = "place >= 'county/town3/' AND place < 'county/town30'"
    now, then = "SELECT what, SUM(amount) FROM demandflow_ledger", f"WHERE happened <= {number}"
    two = f"SELECT place, channel, what, SUM(amount) {joined}"
    yield "figures", Question(flow.figures, plain(f"{now} GROUP BY 1"), of)
    yield (
        "figures of a town",
        Question(
            partial(flow.figures, place="county/town3"),
            plain(f"SELECT what, SUM(amount) {joined} WHERE {of_town} GROUP BY 1"),
            of,
        ),
    )
    yield (
        "place × channel",
        Question(partial(flow.figures_by, "place", "channel", level=3), plain(f"{two} GROUP BY 1, 2, 3"), of),
    )
    yield "as of a day", Question(partial(flow.figures, as_of=day), plain(f"{now} {then} GROUP BY 1"), of)
    yield (
        "as known on a day",
        Question(
            partial(flow.figures, known_on=day), plain(f"{now} {then.replace('happened', 'recorded')} GROUP BY 1"), of
        ),
    )
    yield (
        "place × channel, as of a day",
        Question(
            partial(flow.figures_by, "place", "channel", level=3, as_of=day),
            plain(f"{two} {then} GROUP BY 1, 2, 3"),
            of,
        ),
    )
    yield (
        "received in a month, as of a day",
        Question(
            partial(flow.figures, received="2025-03", as_of=day),
            plain(f"{now} {then} AND received BETWEEN 20250301 AND 20250331 GROUP BY 1"),
            of,
        ),
    )
    due = "SELECT COUNT(*) FROM demandflow_board WHERE ended_as IS NULL AND due < ?"
    yield (
        "due by now",
        Question(
            flow.deadlines,
            lambda: raw.execute(due, (microseconds(NOW),)).fetchone()[0],
            lambda said: said.overdue if isinstance(said, Deadlines) else said,
        ),
    )


def _all(raw: sqlite3.Connection, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    return raw.execute(sql, values).fetchall()


def _ids(said: Any) -> list[str]:
    """The demands of a page, or of rows of plain SQL."""
    return [row.demand.hex if isinstance(row, BoardRow) else row[0] for row in getattr(said, "rows", said)]


def timed(ask: Callable[[], Any]) -> tuple[float, Any]:
    """How long it takes, of the processor's time: other work on the machine does not count."""
    began = process_time()
    said = ask()
    return process_time() - began, said


def main(number: int = 1_000_000, rounds: int = 5) -> None:
    """Fill the tables, and ask each question and its plain SQL in turn, in rounds."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DemandFlow.open(f"sqlite:///{Path(folder) / 'flow.db'}", clock=lambda: NOW) as flow,
        closing(sqlite3.connect(flow._log.path or "")) as raw,
    ):
        began = perf_counter()
        lines = fill(flow._log.path or "", number)
        print(f"{number:,} demands, {lines:,} lines, filled in {perf_counter() - began:.0f} s; medians (least to most)")
        for title, questions in (("pages", pages(flow, raw)), ("figures", figures(flow, raw))):
            compare(title, dict(questions), rounds if title == "pages" else min(rounds, 3))


def compare(title: str, questions: dict[str, Question], rounds: int) -> None:
    """Ask all in a random order, round by round, check the answers, and print them, the slowest first."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in questions}
    for turn in range(rounds):
        for name in Random(turn).sample(list(questions), len(questions)):
            question = questions[name]
            (ours, said), (theirs, expected) = timed(question.ask), timed(question.raw)
            if question.same(said) != question.same(expected):
                raise SystemExit(f"{name}: the answers differ")
            taken[name].append((ours, theirs))
    slow = sum(median(ours for ours, _ in pairs) > 0.005 for pairs in taken.values())
    print(f"\n{title}: {len(taken)}, of which {slow} take more than 5 ms of the processor's time")
    print(f"{'':<44} {'ours':>10} {'plain SQL':>10} {'ratio':>7}")
    for name, pairs in sorted(taken.items(), key=lambda item: -median(ours for ours, _ in item[1])):
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        ours, theirs = (median(times) * 1000 for times in zip(*pairs, strict=True))
        spread = f"{median(ratios):>7.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        print(f"{name:<44} {ours:>7.1f} ms {theirs:>7.1f} ms {spread}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
