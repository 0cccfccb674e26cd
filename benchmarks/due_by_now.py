"""What is due, of a million open demands with clocks, as multiples of one raw question to the same index.

Usage: python benchmarks/due_by_now.py [DEMANDS]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID

from demandflow import Calendar, Demand, DemandFlow, Place, Ticking, closed_loop, standard_clocks
from demandflow.domain.demand import as_if
from demandflow.domain.values import Category, Channel, Stage
from demandflow.projections import board
from demandflow.projections.page import Page
from demandflow.tables import written

ROUNDS = 5
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TONIGHT = NOW.replace(hour=23)
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
FLOW = closed_loop("watched", clocks=standard_clocks(OFFICE))
STANDS = {"registered": "accept", "accepted": "dispatch", "contracted_out": "take_on", "in_hand": "finish"}


def demands(number: int) -> Iterator[Demand]:
    """So many open demands of the last two months; one in a hundred is overdue, one in ten has no due moment now."""
    dice, states = Random(1), list(STANDS.items())
    for one in range(number):
        state, clock = states[one % 4]
        received = NOW - timedelta(days=60) * (1 - one / number)
        hours = -dice.randrange(1, 240) if dice.randrange(100) == 0 else dice.randrange(1, 960)
        due = None if one % 10 == 1 else NOW + timedelta(hours=hours)
        clocks = (Ticking("accept", "met", received, received, "1 working days", received),) * (clock != "accept")
        if due is not None:
            clocks += (Ticking(clock, "running", received, received, "5 working days", due),)
        yield as_if(
            Demand(UUID(int=one << 64 | dice.getrandbits(64))),  # in the order of receipt, as ids are
            version=2,
            workflow=FLOW.key,
            state=state,
            stage=Stage.CONTRACTING,
            round=1,
            received=received,
            since=received,
            last=received,
            clocks=clocks,
            text="the street lamp in front of number twelve has been dark for a week",
            channel=Channel("hotline"),
            place=Place(f"county/town{one % 12}/c{one % 60}"),
            category=Category(f"menu{one % 9}/{one % 40}"),
            lead="repair team",
        )


def fill(path: str, number: int) -> None:
    """Put them on the board, a page at a time."""
    own, rest = sqlite3.connect(path, isolation_level=None), demands(number)
    while page := list(islice(rest, 20_000)):
        own.execute("BEGIN")
        board.write(own, Page({demand.id: demand for demand in page}))
        own.execute("COMMIT")
    own.close()


def main(number: int = 1_000_000) -> None:
    """Ask each question in turn, in rounds, and print the medians."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DemandFlow.open(f"sqlite:///{Path(folder) / 'due.db'}", workflows=(FLOW,), clock=lambda: NOW) as flow,
    ):
        path = flow._log.path or ""
        fill(path, number)
        raw = sqlite3.connect(path)
        counted = "SELECT COUNT(*) FROM demandflow_board WHERE ended_as IS NULL AND due <= ?"
        listed = "SELECT demand FROM demandflow_board WHERE ended_as IS NULL AND due <= ? ORDER BY due LIMIT 50"

        def plain(moment: datetime) -> Callable[[], object]:
            values = (written(moment),)
            return lambda: (raw.execute(counted, values).fetchall(), raw.execute(listed, values).fetchall())

        month = NOW + timedelta(days=30)
        questions: dict[str, tuple[Callable[[], object], str]] = {
            "raw: due by tonight": (plain(TONIGHT), "raw: due by tonight"),
            "due by tonight": (lambda: flow.board(due_by=TONIGHT), "raw: due by tonight"),
            "overdue": (lambda: flow.board(overdue=True), "raw: due by tonight"),
            "due by tonight, one clock": (lambda: flow.board(due_by=TONIGHT, clock="finish"), "raw: due by tonight"),
            "due by tonight, by receipt": (lambda: flow.board(due_by=TONIGHT, sort="received"), "raw: due by tonight"),
            "due by tonight, one town": (
                lambda: flow.board(due_by=TONIGHT, place="county/town3"),
                "raw: due by tonight",
            ),
            "raw: due in a month": (plain(month), "raw: due in a month"),
            "due in a month": (lambda: flow.board(due_by=month), "raw: due in a month"),
            "deadlines": (flow.deadlines, "raw: due in a month"),
            "deadlines of one town": (lambda: flow.deadlines(place="county/town3"), "raw: due in a month"),
            "figures, what is overdue": (flow.figures, "raw: due in a month"),
            "work list of all": (flow.work_list, "raw: due in a month"),
        }
        times: dict[str, list[float]] = {name: [] for name in questions}
        for _ in range(ROUNDS):
            for name, (ask, _floor) in questions.items():
                began = perf_counter()
                ask()
                times[name].append(perf_counter() - began)
        tonight = flow.board(due_by=TONIGHT).total
        raw.close()
        print(f"{number:,} open demands, {tonight:,} due by tonight; median of {ROUNDS} interleaved rounds")
        for name, (_, floor) in questions.items():
            taken = median(times[name])
            print(f"{name:<28} {taken * 1000:>9.2f} ms {taken / median(times[floor]):>7.1f} × {floor}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
