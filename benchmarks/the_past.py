"""The past of many demands, as multiples of one raw sum over the same ledger, and against grouping the board.

Usage: python benchmarks/the_past.py [DEMANDS]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID

from demandflow import Actor, DemandFlow, Grade, Role, Way
from demandflow.projections import ledger
from demandflow.projections.entries import Booking, Entry
from demandflow.projections.page import Page
from demandflow.projections.standing import MEANING_OF, Slice

ROUNDS = 5
LIVES = 400
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, TEAM = Actor("Chen", Role.DISPATCHER), Actor("zhao", Role.CONTRACTOR, "repair team")
RESIDENT = Actor("张三", Role.RESIDENT)


def live(flow: DemandFlow, number: int) -> None:
    """One demand, all the way round, as far as its number takes it."""
    place = f"county/town{number % 12}/c{number % 60}"
    due = datetime.now(UTC) + timedelta(days=5)
    it = flow.register("a lamp", channel="hotline", place=place, resident=RESIDENT.id, due=due, by=CLERK).id
    flow.sort(it, category=f"menu{number % 9}/{number % 40}", by=AUDITOR)
    if number % 10:
        flow.accept(it, by=AUDITOR)
        flow.contract_out(it, "repair team", by=DISPATCHER)
        flow.take_on(it, by=TEAM)
        flow.report(it, "done", by=TEAM)
        flow.feed_back(it, Way.CALL, by=CLERK)
        flow.evaluate(it, resolved=number % 7 > 0, grade=Grade.SATISFIED, by=RESIDENT)


def fill(flow: DemandFlow, demands: int) -> int:
    """Lives that the engine booked, their lines repeated for so many demands over two years; returns the lines."""
    for number in range(LIVES):
        live(flow, number)
    with flow._projector.tables() as tables:
        names = "place, channel, category, lead, workflow"
        lines = tables.execute(
            "SELECT demand, version, recorded_by, what, ended, amount, slice, due FROM demandflow_ledger"
        ).fetchall()
        slices = {row[0]: Slice(*row[1:]) for row in tables.execute(f"SELECT id, {names} FROM demandflow_slices")}
    by_life: dict[bytes, list[tuple[int, ...]]] = {}
    for demand, *line in lines:
        by_life.setdefault(demand, []).append(tuple(line))
    lives, dice, copied = list(by_life.values()), Random(1), 0
    own = sqlite3.connect(flow._log.path or "", isolation_level=None)

    def bookings() -> object:
        for number in range(demands):
            year, month = 2024 + dice.randrange(2), 1 + dice.randrange(12)
            received = year * 10_000 + month * 100 + 1 + dice.randrange(20)
            for version, recorded_by, what, ended, amount, where, due in lives[number % LIVES]:
                day = received + version  # eight days at most, all in the month
                happening, standing = MEANING_OF.get(what, ""), max(what, 0)
                dues = (("", received + 5),) if due else ()
                entry = Entry(version, day, happening, standing, day if ended else 0, slices[where], (), dues)
                yield Booking(UUID(int=number), recorded_by, received, day, entry, amount)

    rest = bookings()
    while page := list(islice(rest, 20_000)):  # type: ignore[call-overload]
        own.execute("BEGIN")
        ledger.write(own, Page(bookings=page))
        own.execute("COMMIT")
        copied += len(page)
    own.close()
    return copied


def main(demands: int = 150_000) -> None:
    """Ask each question in turn, in rounds, and print the medians."""
    with tempfile.TemporaryDirectory() as folder, DemandFlow.open(f"sqlite:///{Path(folder) / 'past.db'}") as flow:
        lines = fill(flow, demands)
        raw = sqlite3.connect(flow._log.path or "")
        then, before = date(2025, 3, 31), date(2025, 3, 24)
        questions: dict[str, Callable[[], object]] = {
            "raw sum over the ledger": lambda: raw.execute("SELECT SUM(amount) FROM demandflow_ledger").fetchall(),
            "now, from maintained sums": flow.figures,
            "known on a day": lambda: flow.figures(known_on=then),
            "as of a day": lambda: flow.figures(as_of=then),
            "cohort of a month": lambda: flow.figures(received="2025-03", as_of=then),
            "closed in a quarter": lambda: flow.figures(closed="2025-Q1"),
            "place × category, as of": lambda: flow.figures_by("place", "category", level=2, as_of=then),
            "by month received": lambda: flow.figures_by("received"),
            "resolved, one by one": lambda: flow.counted("resolved", received="2025-03"),
            "changes of a week": lambda: flow.changes(known_on=(before, then)),
        }
        times: dict[str, list[float]] = {name: [] for name in questions}
        for _ in range(ROUNDS):
            for name, ask in questions.items():
                began = perf_counter()
                ask()
                times[name].append(perf_counter() - began)
        raw.close()
        floor = median(times["raw sum over the ledger"])
        print(f"{demands:,} demands, {lines:,} ledger lines; median of {ROUNDS} interleaved rounds")
        for name, taken in times.items():
            print(f"{name:<28} {median(taken) * 1000:>9.1f} ms {median(taken) / floor:>7.1f} ×")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
