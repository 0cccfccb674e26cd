"""The ledger: each demand's entries with their days, from which every figure of the past is a plain sum."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

from demandflow.projections.board.own import in_slice
from demandflow.projections.entries import Page
from demandflow.projections.standing import CLOCKS_AT, CODES, MEANING_OF, Slice
from demandflow.store.statements import Statements

K = TypeVar("K", bound=Hashable)
FEW_VALUES, VALUES = 4, 500
"""So many values are looked up in one query; so few rows, where there are no more."""
NO_SLICE = Slice("", "", "", "", "")
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_slices (
    id INTEGER PRIMARY KEY, place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT NOT NULL,
    lead TEXT NOT NULL, workflow TEXT NOT NULL, own_json TEXT NOT NULL,
    UNIQUE (place, channel, category, lead, workflow, own_json)
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
"""The tables of sums, with the columns that they are summed by: few rows where the ledger has many."""


def write(connection: Statements, page: Page) -> None:
    """Add the lines of a page; none is ever changed.

    `due` is the soonest day on which the demand is due, and `dues` the number of all these days; 0 if it is not due.
    """
    entries = [entry for booking in page.bookings for entry in booking.entries]
    slices = _numbers(
        connection, "slices", Slice._fields, {where: where for where in {entry.where for entry in entries}}
    )
    clocks = _numbers(
        connection, "clocks", ("stands",), {names: _text(names) for names in {entry.clocks for entry in entries}}
    )
    dues = _numbers(connection, "dues", ("days",), {days: _json(days) for days in {entry.dues for entry in entries}})
    lines: list[tuple[Any, ...]] = []
    for demand, recorded_by, received, recorded, booked in page.bookings:
        key = demand.bytes
        for (version, happened, happening, standing, ended, where, statuses, due), amount in booked.items():
            # one number for a happening (below zero) or a standing: summing by a text as well would take twice as long;
            # the statuses of all clocks are one more number in it and have no lines of their own, which would be many
            what = CODES[happening] if happening else standing | clocks[statuses] << CLOCKS_AT
            soonest = due[0][1] if due else 0
            moments = (received, happened, recorded, ended)
            lines.append((key, version, recorded_by, *moments, what, amount, slices[where], soonest, dues[due]))
    connection.executemany("INSERT INTO demandflow_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lines)
    for table, columns in SUMMED.items():
        _add(connection, table, columns, lines)


def smallest_with(columns: Iterable[str]) -> str:
    """The smallest table that has these columns: one of the sums, or the ledger itself."""
    wanted = set(columns)
    return next((table for table, summed in SUMMED.items() if wanted.issubset(summed)), "demandflow_ledger")


def slices_by_id(connection: Statements, own: Collection[str] | None = None) -> dict[int, Slice]:
    """All slices that demands were ever in, by number, with all own fields that they keep or only these."""
    rows = connection.execute(f"SELECT id, {', '.join(Slice._fields)} FROM demandflow_slices")  # noqa: S608
    slices = {number: Slice(*names) for number, *names in rows}
    if own is None:
        return slices
    return {
        at: where._replace(own_json=in_slice(where.own, own)) if where.own_json else where
        for at, where in slices.items()
    }


def clocks_by_id(connection: Statements) -> dict[int, tuple[str, ...]]:
    """The statuses of a demand's clocks, all combinations that ever were, by number; 0 is for no clocks."""
    rows = connection.execute("SELECT id, stands FROM demandflow_clocks")
    return {0: ()} | {number: tuple(text.strip("\n").split("\n\n")) for number, text in rows}


def cells(what: int, clocks: Mapping[int, tuple[str, ...]]) -> list[tuple[str, int]]:
    """The cells of the totals that a line counts in: a standing and the status of each clock, or a happening."""
    if what < 0:
        return [(MEANING_OF[what], 0)]
    return [("", standing_in(what)), *((status, 0) for status in clocks[what >> CLOCKS_AT])]


def standing_in(what: int) -> int:
    """The standing in a line's number, without the clocks."""
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


def _numbers(
    connection: Statements, table: str, columns: Sequence[str], rows: Mapping[K, tuple[str, ...]]
) -> dict[K, int]:
    """The numbers under which a table keeps these rows, 0 for empty ones; rows that are not there yet are added."""
    wanted = list({row for row in rows.values() if row})
    names, marks = ", ".join(columns), f"({', '.join('?' * len(columns))})"
    size = VALUES // len(columns)
    number_of: dict[tuple[str, ...], int] = {(): 0}
    for begin in range(0, len(wanted), size):
        batch = wanted[begin : begin + size]
        # every query is filled up to one of two sizes, so that it is prepared once
        full = size if len(batch) > FEW_VALUES else FEW_VALUES
        batch += batch[-1:] * (full - len(batch))
        query = f"SELECT id, {names} FROM demandflow_{table} WHERE ({names}) IN (VALUES {', '.join([marks] * full)})"  # noqa: S608
        number_of |= {tuple(row): number for number, *row in connection.execute(query, [*chain.from_iterable(batch)])}
    if new := [row for row in wanted if row not in number_of]:
        # numbered without gaps, also after what was not stored in the end
        (last,) = connection.execute(f"SELECT COALESCE(MAX(id), 0) FROM demandflow_{table}").fetchone()  # noqa: S608
        number_of |= {row: number for number, row in enumerate(new, last + 1)}
        put = f"INSERT INTO demandflow_{table} (id, {names}) VALUES (?, {marks[1:-1]})"  # noqa: S608
        connection.executemany(put, [(number_of[row], *row) for row in new])
    return {key: number_of[row] for key, row in rows.items()}


def _text(clocks: tuple[str, ...]) -> tuple[str, ...]:
    return ("".join(f"\n{clock}\n" for clock in clocks),) if clocks else ()


def _json(dues: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    return (json.dumps(dict(dues), ensure_ascii=False),) if dues else ()
