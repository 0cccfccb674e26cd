"""Board, totals and ledger, filled directly with plausible demands: what a log of as many would come to."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from demandflow.domain.demand import Round
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.values import Grade
from demandflow.projections import ledger, totals
from demandflow.projections.board import rows as board
from demandflow.projections.figures.periods import number_of
from demandflow.projections.standing import (
    ASKED,
    CLOCKS_AT,
    CLOSED,
    CODES,
    DECLARES,
    ENDED,
    EVALUATED,
    GRADED,
    MET,
    MISSED,
    REFUSED,
    REPORTED_RESOLVED,
    RESOLVED,
    RUNNING,
    SATISFACTION,
    Slice,
    graded_as,
    of_workflow,
)
from demandflow.store.tables.moments import microseconds

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
YEARS = 3
FIRST = NOW - timedelta(days=365 * YEARS)
DAYS = [number_of(FIRST + timedelta(days=day)) for day in range(365 * YEARS + 30)]
COPIES = 20

CHANNELS = {"hotline": 60, "wechat_group": 22, "counter": 10, "home_visit": 5, "wish_box": 2.9, "open311": 0.1}
STATES = ("registered", "accepted", "contracted_out", "in_hand", "reported", "fed_back")
STAGES = ("audit", "contracting", "contracting", "feedback", "feedback", "evaluation")
DECLARED = sum(DECLARES.values())
SATISFIED = graded_as(Round(grade=Grade.SATISFIED))
ROUND = (  # version, what happens, and what the demand stands for from then on
    (1, "", 0),
    (2, "", 0),  # sorted: the category is known
    (3, "accepted", 0),
    (4, "contracted_out", 0),  # the lead is known
    (6, "", REPORTED_RESOLVED),
    (7, "", REPORTED_RESOLVED | ASKED),
    (8, "evaluated", REPORTED_RESOLVED | ASKED | EVALUATED | RESOLVED | SATISFIED),
)
OPEN = 0.1


class Life(NamedTuple):
    """A demand: when its events happened, how far it came, and in which slice."""

    number: int
    demand: bytes
    received: datetime
    days: tuple[int, ...]
    steps: int
    refused: bool
    where: Slice
    due: datetime | None

    @property
    def open(self) -> bool:
        """Whether it waits for something."""
        return self.steps < len(ROUND) and not self.refused


def lives(number: int) -> Iterator[Life]:
    """So many demands of three years in the order of receipt; of the last weeks many are open, of those before few."""
    dice, span = Random(1), timedelta(days=365 * YEARS)
    channels, weights = list(CHANNELS), list(accumulate(CHANNELS.values()))
    for one in range(number):
        received = FIRST + span * one / number
        town, menu = int(12 * dice.random() ** 2), int(9 * dice.random() ** 2)
        (channel,) = dice.choices(channels, cum_weights=weights)
        age = (NOW - received).days
        pauses = [int(dice.random() ** 3 * 5) for _ in ROUND]
        days = tuple(accumulate(pauses))
        steps = sum(day <= age for day in days)
        if dice.random() < OPEN * (1 if age < 365 else 0.2):
            steps = min(steps, dice.randrange(1, len(ROUND)))
        refused = (steps == 2 and age > 20 and dice.random() < 0.9) or (steps > 2 and dice.random() < 0.03)
        steps = min(steps, 2) if refused else max(steps, 1)
        where = Slice(
            f"county/town{town}/c{town * 20 + int(20 * dice.random() ** 1.5)}",
            channel,
            f"menu{menu}/{menu * 4 + dice.randrange(4)}",
            f"team {town}-{menu}",
            CLOSED_LOOP.key,
        )
        waits = steps < len(ROUND) and not refused
        first, days_more = (NOW, dice.randrange(-8, 20)) if waits else (received, dice.randrange(3, 15))
        due = max(first + timedelta(days=days_more), received) + timedelta(minutes=one % 600)
        demand = (one << 64 | dice.getrandbits(64)).to_bytes(16, "big")
        yield Life(one, demand, received, days, steps, refused, where, due if dice.random() > 0.1 else None)


def row_of(life: Life) -> dict[str, Any]:
    """Its row on the board."""
    at = life.received + timedelta(days=life.days[life.steps - 1])
    ended = None if life.open else microseconds(at)
    state = STATES[min(life.steps, 6) - 1] if life.open else "refused" if life.refused else "closed"
    handed = life.steps >= 4
    return {
        **{"demand": life.demand.hex(), "version": life.steps, "workflow": CLOSED_LOOP.key, "state": state},
        **{"stage": STAGES[life.steps - 1] if life.open else "ended", "ended_as": None if life.open else state},
        **{"round": 1, "received": microseconds(life.received), "since": microseconds(at), "last": microseconds(at)},
        **{"due": microseconds(life.due), "clock": None, "place": life.where.place, "channel": life.where.channel},
        **{"category": life.where.category if life.steps > 1 else None, "urgency": None},
        **{"contractor": life.where.lead if handed else None, "lead": life.where.lead if handed else None},
        "co_handlers": f"helper {life.number % 7}" if handed and life.number % 50 == 0 else "",
        **{"resident": f"resident {life.number % 200_003}", "review": None, "ended": ended},
        **{"resolved": int(not life.refused) if ended else None, "grade": "satisfied" if ended else None},
        **{"escalated": int(life.number % 97 == 0), "undated": "", "standing": 0},
        "text": "the street lamp in front of number twelve has been dark for a week, and nobody has come to look at it",
        **{"own_json": "", "searched": None, "supporters": 0},
        "dues": json.dumps({"": microseconds(life.due)} if life.due is not None and life.open else {}),
    }


class Books:
    """The numbers of slices and due days, and the sums of all that is booked."""

    def __init__(self) -> None:
        self.slices: dict[Slice, int] = {}
        self.dues: dict[int, int] = {0: 0}
        self.sums: Counter[tuple[int, str, int]] = Counter()
        self.clocks: dict[str, int] = {}

    def lines(self, life: Life) -> Iterator[tuple[Any, ...]]:
        """Its lines in the ledger."""
        first = (life.received - FIRST).days
        received, was = DAYS[first], None
        due = 0 if life.due is None else number_of(life.due)
        owed = due, self.dues.setdefault(due, len(self.dues))
        unsorted, no_lead = life.where._replace(category="", lead=""), life.where._replace(lead="")
        places = [self.slices.setdefault(one, len(self.slices) + 1) for one in (unsorted, no_lead, life.where)]
        for step in range(life.steps):
            version, happened, status = ROUND[step]
            day, where = DAYS[first + life.days[step]], places[(step > 0) + (step > 2)]
            now = (0, status | DECLARED | (RUNNING if due else 0), where, *owed)
            if step == life.steps - 1 and not life.open:
                clock = 0 if life.refused or not due else MET if day <= due else MISSED
                now = (day, status | DECLARED | clock | (REFUSED if life.refused else CLOSED), where, 0, 0)
            head = (life.demand, version, version, received, day, day)
            for (ended, what, place, *dues), amount in ((was, -1), (now, 1)) if was else ((now, 1),):
                if now != was:
                    self.sums[place, "", what] += amount
                    yield (*head, ended, what | self._satisfied(what, place, amount), amount, place, *dues)
            if happened:
                self.sums[where, happened, 0] += 1
                yield (*head, 0, CODES[happened], 1, where, 0, 0)
            was = now

    def _satisfied(self, stands: int, place: int, amount: int) -> int:
        """What it counts for in the workflow's satisfaction, as the ledger keeps it."""
        if not stands & GRADED and stands & ENDED != CLOSED:
            return 0
        word = of_workflow(CLOSED_LOOP.key, stands & SATISFACTION)
        self.sums[place, word, 0] += amount
        return self.clocks.setdefault(word, len(self.clocks) + 1) << CLOCKS_AT


def fill(path: str, number: int) -> int:
    """Put them into the tables, each life COPIES times, a little later each; returns the lines of the ledger."""
    own, books = sqlite3.connect(path, isolation_level=None), Books()
    own.execute("PRAGMA synchronous=OFF")
    own.execute("CREATE TEMP TABLE copies (hex TEXT, later INTEGER)")
    own.executemany("INSERT INTO copies VALUES (?, ?)", [(f"{one:02x}", one * 1_000_000) for one in range(COPIES)])
    own.execute("CREATE TEMP TABLE rows AS SELECT * FROM demandflow_board WHERE FALSE")
    own.execute("CREATE TEMP TABLE lines AS SELECT * FROM demandflow_ledger WHERE FALSE")
    indexes = own.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''").fetchall()
    own.execute("BEGIN")
    for name, _ in indexes:  # made at the end, they are made by sorting
        own.execute(f"DROP INDEX {name}")
    some = list(lives(number // COPIES))
    own.executemany(
        f"INSERT INTO rows VALUES ({', '.join('?' * len(board.COLUMNS))})",
        [tuple(map(row_of(life).__getitem__, board.COLUMNS)) for life in some],
    )
    lines = [line for life in some for line in books.lines(life)]
    own.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * len(lines[0]))})", lines)
    copied = {"demand": "substr(demand, 1, 30) || hex", "received": "received + later", "resident": "resident || hex"}
    own.execute(
        f"INSERT INTO demandflow_board ({', '.join(board.COLUMNS)}) "
        f"SELECT {', '.join(copied.get(column, column) for column in board.COLUMNS)} "
        "FROM rows, copies ORDER BY rows.received + later, rows.demand"
    )
    copied = {"demand": "CAST(substr(demand, 1, 15) || unhex(hex) AS BLOB)"}
    own.execute(
        f"INSERT INTO demandflow_ledger SELECT {', '.join(copied.get(column, column) for column in ledger.COLUMNS)} "
        "FROM lines, copies ORDER BY demand, version"
    )
    own.execute(
        "INSERT INTO demandflow_helpers SELECT co_handlers, demand FROM demandflow_board WHERE co_handlers <> ''"
    )
    for table, columns in ledger.SUMMED.items():
        summed = ", ".join(columns)
        own.execute(f"INSERT INTO {table} SELECT {summed}, SUM(amount) * {COPIES} FROM lines GROUP BY {summed}")
    own.executemany(
        "INSERT INTO demandflow_slices VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, *where) for where, number in books.slices.items()],
    )
    own.executemany(
        "INSERT INTO demandflow_dues VALUES (?, ?)",
        [(number, json.dumps({"": day})) for day, number in books.dues.items() if number],
    )
    own.executemany(
        "INSERT INTO demandflow_clocks VALUES (?, ?)",
        [(number, f"\n{word}\n") for word, number in books.clocks.items()],
    )
    names = {number: where for where, number in books.slices.items()}
    sums = (((names[where], what, status), n * COPIES) for (where, what, status), n in books.sums.items())
    totals.put(own, totals.changes_of(sums))
    for _, sql in indexes:
        own.execute(sql)
    own.execute("COMMIT")
    own.close()
    return len(lines) * COPIES
