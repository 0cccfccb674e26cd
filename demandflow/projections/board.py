"""The board: one row per demand, as it stands now."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.arguments import whole_number, yes_or_no
from demandflow.domain.demand import Demand
from demandflow.projections.board_filter import Filter
from demandflow.projections.board_indexes import INDEXED, INDEXES
from demandflow.projections.board_order import Order
from demandflow.projections.board_pages import rows_of, table_for
from demandflow.projections.board_paths import by_index
from demandflow.projections.page import Page
from demandflow.projections.printing import page_of_the_board, row_of_the_board
from demandflow.projections.standing import dues_of, standing
from demandflow.tables import Statements, at_microseconds, index_names, microseconds

SCHEMA = """
CREATE TABLE demandflow_board (
    demand TEXT NOT NULL, version INTEGER NOT NULL, workflow TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL, ended_as TEXT, round INTEGER NOT NULL, received INTEGER NOT NULL, since INTEGER NOT NULL,
    last INTEGER NOT NULL, due INTEGER, clock TEXT, place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT,
    urgency TEXT, contractor TEXT, co_handlers TEXT NOT NULL, lead TEXT, resident TEXT, review INTEGER, ended INTEGER,
    resolved INTEGER, grade TEXT, escalated INTEGER NOT NULL,
    undated TEXT NOT NULL, text TEXT NOT NULL, standing INTEGER NOT NULL, dues TEXT NOT NULL,
    PRIMARY KEY (received, demand)
) WITHOUT ROWID;
CREATE TABLE demandflow_helpers (
    helper TEXT NOT NULL, demand TEXT NOT NULL, PRIMARY KEY (helper, demand)
) WITHOUT ROWID;
""" + "".join(index.sql for index in INDEXES)
# fmt: off
COLUMNS = (
    "demand", "version", "workflow", "state", "stage", "ended_as", "round", "received", "since", "last", "due", "clock",
    "place", "channel", "category", "urgency", "contractor", "co_handlers", "lead", "resident", "review", "ended",
    "resolved", "grade", "escalated", "undated", "text", "standing", "dues",
)
SHOWN = COLUMNS[:-2]
# fmt: on
MOMENTS = ("received", "since", "last", "due", "review", "ended")
MOST = 2**31
COMPARED = ("co_handlers", *INDEXED)
UNINDEXED = tuple(column for column in COLUMNS if column not in (*COMPARED, "demand"))
INDEXED_ROW = f"SELECT {', '.join(COMPARED)} FROM demandflow_board WHERE demand = ?"  # noqa: S608
HELPER = "INSERT INTO demandflow_helpers (helper, demand) VALUES (?, ?)"
NO_HELPER = "DELETE FROM demandflow_helpers WHERE helper = ? AND demand = ?"
INSERT = f"INSERT INTO demandflow_board ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


@dataclass(frozen=True)
class BoardRow:
    """One demand on the board. Moments are in UTC; `contractor` has not handed it back, `lead` was given it last.

    `due` is the next due moment, `clock` the name of the clock that has it; None where a fact gave it to the whole.
    `undated` are the clocks that go on without a due moment: their calendar does not know the year.
    """

    demand: UUID
    version: int
    workflow: str
    state: str
    stage: str
    ended_as: str | None
    round: int
    received: datetime
    since: datetime
    last: datetime
    due: datetime | None
    clock: str | None
    place: str
    channel: str
    category: str | None
    urgency: str | None
    contractor: str | None
    co_handlers: tuple[str, ...]
    lead: str | None
    resident: str | None
    review: datetime | None
    ended: datetime | None
    resolved: bool | None
    grade: str | None
    escalated: bool
    undated: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return row_of_the_board(self)


@dataclass(frozen=True)
class BoardPage:
    """A page of the board.

    `next` is given back for the page after it (`board(…, after=page.next)`), None at the end; `total` is how many rows
    there are in all, if that was asked for; `note` says if no demand ever was what is asked for.
    `parked` are those of its demands that are shown as they stood before an event that is parked.
    """

    rows: tuple[BoardRow, ...]
    next: str | None = None
    total: int | None = None
    parked: tuple[UUID, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return page_of_the_board(self)


def write(connection: Statements, page: Page) -> None:
    """Put the demands of a page on the board as they stand."""
    began: list[tuple[Any, ...]] = []
    changed: dict[tuple[str, ...], list[list[Any]]] = {}
    for demand in page.demands.values():
        row = dict(zip(COLUMNS, _row(demand), strict=True))
        was = connection.execute(INDEXED_ROW, (row["demand"],)).fetchone()
        _write_helpers(connection, row["demand"], was[0] if was else "", row["co_handlers"])
        if was is None:
            began.append(tuple(row.values()))
            continue
        # an index costs most of what is written, and SQLite writes those of all columns that are named
        moved = (column for column, value in zip(COMPARED, was, strict=True) if row[column] != value)
        columns = (*moved, *UNINDEXED)
        changed.setdefault(columns, []).append([*(row[column] for column in columns), row["demand"]])
    connection.executemany(INSERT, began)
    for columns, rows in changed.items():
        sets = ", ".join(f"{column} = ?" for column in columns)
        connection.executemany(f"UPDATE demandflow_board SET {sets} WHERE demand = ?", rows)  # noqa: S608


def _write_helpers(connection: Statements, demand: str, was: str, now: str) -> None:
    """Who helps with a demand, each by name: so the board of one who helps is found by an index."""
    before, after = set(_words(was)), set(_words(now))
    for names, sql in ((before - after, NO_HELPER), (after - before, HELPER)):
        connection.executemany(sql, [(name, demand) for name in names])


def read(
    connection: sqlite3.Connection,
    chosen: Filter,
    order: Order,
    *,
    limit: int = 50,
    after: str | None = None,
    total: bool = False,
) -> BoardPage:
    """A page of the chosen rows. Raises InvalidValue."""
    whole_number("limit", limit, 1, MOST)
    number = count(connection, chosen) if yes_or_no("total", total) else None
    rows = rows_of(connection, SHOWN, chosen, order, limit + 1, after)
    page = tuple(map(_board_row, rows[:limit]))
    if len(rows) <= limit:
        return BoardPage(page, None, number)
    last = dict(zip(SHOWN, rows[limit - 1], strict=True))
    return BoardPage(page, order.next([last[column] for column in order.columns]), number)


def count(connection: sqlite3.Connection, chosen: Filter) -> int:
    """How many rows are chosen."""
    condition, values = chosen.where()
    counted = f"SELECT COUNT(*) FROM {table_for(connection, chosen)} WHERE {condition}"  # noqa: S608
    return int(connection.execute(counted, values).fetchone()[0])


def loads(connection: sqlite3.Connection) -> dict[str, int]:
    """How many open demands each contractor has in hand."""
    rows = connection.execute(
        "SELECT contractor, COUNT(*) FROM demandflow_board "
        "WHERE ended_as IS NULL AND contractor IS NOT NULL GROUP BY contractor"
    )
    return dict(rows)


def open_at(connection: sqlite3.Connection, place: str, since: datetime) -> list[tuple[Any, ...]]:
    """The open demands at a place and below it, received since: id, text, place, category, contractor, received, state.

    In the order of receipt.
    """
    condition, values = Filter(place=place or None, open=True).where()
    rows = connection.execute(
        "SELECT demand, text, place, category, contractor, received, state FROM demandflow_board "  # noqa: S608
        f"WHERE {condition} AND received >= ? ORDER BY received, demand",
        [*values, microseconds(since)],
    )
    return [(*row[:5], at_microseconds(row[5]), row[6]) for row in rows]


def towards_due(connection: sqlite3.Connection, chosen: Filter, at: datetime) -> tuple[int, int, int]:
    """How many of the chosen open demands are overdue at a moment, not yet due, and without a due moment."""
    condition, values = chosen.where()
    table = by_index(index_names(connection, "demandflow_board").get("demandflow_board_open"))
    overdue, not_yet, without = connection.execute(
        "SELECT COUNT(*) FILTER (WHERE due < ?), COUNT(*) FILTER (WHERE due >= ?), "  # noqa: S608
        f"COUNT(*) FILTER (WHERE due IS NULL) FROM {table} "
        f"WHERE ended_as IS NULL AND {condition}",
        [microseconds(at), microseconds(at), *values],
    ).fetchone()
    return overdue, not_yet, without


def number_undated(connection: sqlite3.Connection, chosen: Filter) -> int:
    """How many of the chosen open demands have a clock that goes on without a due moment."""
    return count(connection, replace(chosen, open=True, undated=True))


def received_at(connection: sqlite3.Connection, demand: UUID) -> int:
    """When the demand was received, as it is kept; before everything if it is not on the board."""
    row = connection.execute("SELECT received FROM demandflow_board WHERE demand = ?", (demand.hex,)).fetchone()
    return row[0] if row else -(2**63)


def stood_otherwise_since(connection: sqlite3.Connection, at: datetime) -> bool:
    """Whether anything happened to any demand after a moment."""
    moved = connection.execute("SELECT EXISTS (SELECT 1 FROM demandflow_board WHERE last > ?)", (microseconds(at),))
    return bool(moved.fetchone()[0])


def _row(demand: Demand) -> tuple[Any, ...]:
    last = microseconds(demand.last)
    resolved = None if demand.resolved is None else int(demand.resolved)
    return (
        *(demand.id.hex, demand.version, demand.workflow, demand.state, demand.stage, demand.ended_as, demand.round),
        *(microseconds(demand.received or demand.last), microseconds(demand.since or demand.last), last),
        *(microseconds(demand.next_due), demand.next_clock),
        *(demand.place or "", demand.channel or "", demand.category, demand.urgency, demand.contractor),
        *("\n".join(demand.co_handlers), demand.lead, demand.resident),
        *(
            microseconds(demand.review),
            microseconds(demand.ended),
            resolved,
            demand.grade,
            int(demand.escalated),
            "\n".join(clock.clock for clock in demand.clocks if clock.undated),
            demand.text,
            standing(demand),
            json.dumps({clock: microseconds(due) for clock, due in dues_of(demand)}, ensure_ascii=False),
        ),
    )


def _board_row(row: tuple[Any, ...]) -> BoardRow:
    fields = dict(zip(SHOWN, row, strict=True))
    for column in MOMENTS:
        fields[column] = None if fields[column] is None else at_microseconds(fields[column])
    for column in ("co_handlers", "undated"):
        fields[column] = _words(fields[column])
    resolved = fields["resolved"]
    fields |= {"demand": UUID(fields["demand"]), "escalated": bool(fields["escalated"])}
    fields |= {"resolved": None if resolved is None else bool(resolved)}
    made = object.__new__(BoardRow)
    made.__dict__.update(fields)  # what a frozen class is made by sets each field by a call, and takes most of the time
    return made


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()
