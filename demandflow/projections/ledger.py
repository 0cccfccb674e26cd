"""The ledger: each demand's entries with three days, from which everything about the past is a plain sum."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from demandflow.projections.entries import Page
from demandflow.projections.numbers import numbers
from demandflow.projections.standing import CLOCKS_AT, CODES, MEANING_OF, Slice
from demandflow.store.sqlite.tables import Statements

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_slices (
    id INTEGER PRIMARY KEY, place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT NOT NULL,
    lead TEXT NOT NULL, workflow TEXT NOT NULL, UNIQUE (place, channel, category, lead, workflow)
);
CREATE TABLE IF NOT EXISTS demandflow_clocks (id INTEGER PRIMARY KEY, stands TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS demandflow_dues (id INTEGER PRIMARY KEY, days TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS demandflow_ledger (
    demand BLOB NOT NULL, version INTEGER NOT NULL, recorded_by INTEGER NOT NULL,
    received INTEGER NOT NULL, happened INTEGER NOT NULL, recorded INTEGER NOT NULL, ended INTEGER NOT NULL,
    what INTEGER NOT NULL, amount INTEGER NOT NULL, slice INTEGER NOT NULL, due INTEGER NOT NULL, dues INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS demandflow_ledger_demand ON demandflow_ledger (demand);
CREATE TABLE demandflow_sums (
    slice INTEGER NOT NULL, what INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (slice, what)
) WITHOUT ROWID;
CREATE TABLE demandflow_days (
    happened INTEGER NOT NULL, recorded INTEGER NOT NULL, what INTEGER NOT NULL, due INTEGER NOT NULL,
    dues INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (happened, recorded, what, due, dues)
) WITHOUT ROWID;
"""
COLUMNS = (
    *("demand", "version", "recorded_by", "received", "happened", "recorded", "ended"),
    *("what", "amount", "slice", "due", "dues"),
)
SUMMED = {"demandflow_sums": ("slice", "what"), "demandflow_days": ("happened", "recorded", "what", "due", "dues")}
"""Tables of the ledger's sums, with the columns by which they are summed: few rows where the ledger has many."""


def write(connection: Statements, page: Page) -> None:
    """Add the lines of a page; none is ever changed.

    `due` is the soonest day on which it is due and `dues` says all of them; 0 where it is not due.
    """
    entries = [entry for booking in page.bookings for entry in booking.entries]
    slices = numbers(connection, "slices", Slice._fields, {where: where for where in {it.where for it in entries}})
    clocks = numbers(connection, "clocks", ("stands",), {it: _stands(it) for it in {it.clocks for it in entries}})
    dues = numbers(connection, "dues", ("days",), {it: _days(it) for it in {it.dues for it in entries}})
    lines: list[tuple[Any, ...]] = []
    for demand, recorded_by, received, recorded, booked in page.bookings:
        key = demand.bytes
        for (version, happened, happening, standing, ended, where, stand, due), amount in booked.items():
            # one number says what happened (below zero) or what stands, since a sum by it is half as dear as by a text
            # as well; how all clocks stand is one more number in it and no line of its own, so that they make few lines
            what = CODES[happening] if happening else standing | clocks[stand] << CLOCKS_AT
            soonest = due[0][1] if due else 0
            moments = (received, happened, recorded, ended)
            lines.append((key, version, recorded_by, *moments, what, amount, slices[where], soonest, dues[due]))
    connection.executemany("INSERT INTO demandflow_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lines)
    for table, columns in SUMMED.items():
        _add(connection, table, columns, lines)


def smallest_with(columns: Iterable[str]) -> str:
    """The table that has these columns and the fewest rows: one of the sums, or the ledger itself."""
    wanted = set(columns)
    return next((table for table, summed in SUMMED.items() if wanted.issubset(summed)), "demandflow_ledger")


def clocks_by_id(connection: Statements) -> dict[int, tuple[str, ...]]:
    """All ways in which the clocks of a demand ever stood, by their number; without any, 0."""
    rows = connection.execute("SELECT id, stands FROM demandflow_clocks")
    return {0: ()} | {number: tuple(status.strip("\n").split("\n\n")) for number, status in rows}


def cells(what: int, clocks: Mapping[int, tuple[str, ...]]) -> list[tuple[str, int]]:
    """What a line counts in, as the totals have it: what stands and how each clock does, or what happened."""
    if what < 0:
        return [(MEANING_OF[what], 0)]
    return [("", standing_in(what)), *((status, 0) for status in clocks[what >> CLOCKS_AT])]


def standing_in(what: int) -> int:
    """What a demand stands for, without how its clocks do."""
    return what & (1 << CLOCKS_AT) - 1


def _add(connection: Statements, table: str, columns: tuple[str, ...], lines: Iterable[tuple[Any, ...]]) -> None:
    """Add the amounts of these lines to the sums by these columns."""
    key, amount, added = itemgetter(*map(COLUMNS.index, columns)), COLUMNS.index("amount"), Counter[Any]()
    for line in lines:
        added[key(line)] += line[amount]
    names, marks = ", ".join((*columns, "amount")), ", ".join("?" * (len(columns) + 1))
    connection.executemany(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(columns)}) DO UPDATE SET amount = {table}.amount + excluded.amount",
        [(*cell, number) for cell, number in added.items() if number],
    )


def _stands(clocks: tuple[str, ...]) -> tuple[str, ...]:
    return ("".join(f"\n{one}\n" for one in clocks),) if clocks else ()


def _days(dues: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    return (json.dumps(dict(dues), ensure_ascii=False),) if dues else ()
