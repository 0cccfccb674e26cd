"""The board: one row per demand, as it stands now."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.errors import listed
from demandflow.inputs.arguments import whole_number, yes_or_no
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.indexes import INDEXES
from demandflow.projections.board.order import Order
from demandflow.projections.board.pages import rows_of, table_for
from demandflow.projections.board.paths import by_index
from demandflow.projections.entries import Page
from demandflow.projections.printing import minute
from demandflow.projections.standing import dues_of, standing
from demandflow.store.sqlite.tables import Statements, at_microseconds, index_names, microseconds

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
DEMAND, RECEIVED = map(COLUMNS.index, ("demand", "received"))
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
        due = f", due {minute(self.due)}{f' ({self.clock})' if self.clock else ''}" if self.due is not None else ""
        undated = f", no date known for {listed(self.undated)}" if self.undated else ""
        with_whom = f", with {self.contractor}" if self.contractor else f", last with {self.lead}" if self.lead else ""
        where = " · ".join(word for word in (self.place, self.channel, self.category, self.resident) if word)
        text = self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
        words = " ".join(text.split())
        return f"{minute(self.received)} {where}: {self.state}{with_whom}{due}{undated}: {words} [{self.demand}]"


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
        more = f" of {self.total}" if self.total is not None else ", and more" if self.next is not None else ""
        lines = [f"demands: {len(self.rows)}{more}", *(f"  {row}" for row in self.rows)]
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])


def write(connection: Statements, page: Page) -> None:
    """Put the demands of a page on the board as they stand."""
    began: list[tuple[Any, ...]] = []
    changed: dict[tuple[int, ...], list[tuple[Any, ...]]] = {}
    for key, demand in page.demands.items():
        row = _row(demand)
        if (before := page.before.get(key)) is None:
            began.append(row)
            continue
        was = _row(before)
        # an index costs most of what is written, and SQLite writes those of all columns that are named
        moved = tuple([at for at, value in enumerate(row) if value != was[at]])
        # looked up by any other index, rows would be gathered before they are changed, at twice the cost
        changed.setdefault(moved, []).append((*[row[at] for at in moved], was[RECEIVED], was[DEMAND]))
    connection.executemany(INSERT, began)
    for columns, rows in changed.items():
        if sets := ", ".join(f"{COLUMNS[at]} = ?" for at in columns):
            connection.executemany(f"UPDATE demandflow_board SET {sets} WHERE received = ? AND demand = ?", rows)  # noqa: S608
    _write_helpers(connection, page)


def _write_helpers(connection: Statements, page: Page) -> None:
    """Who helps with a demand, each by name: so the board of one who helps is found by an index."""
    before = {(name, one.id.hex) for one in page.before.values() for name in one.co_handlers}
    after = {(name, one.id.hex) for one in page.demands.values() for name in one.co_handlers}
    connection.executemany(NO_HELPER, before - after)
    connection.executemany(HELPER, after - before)


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
    stamp, subject, work, this_round = demand.stamp, demand.subject, demand.work, demand.this_round
    clocks, dues, resolved, last = demand.clocks, dues_of(demand), this_round.resolved, microseconds(demand.last)
    return (
        *(demand.id.hex, demand.version, demand.workflow, stamp.state, stamp.stage, stamp.ended_as, stamp.round),
        last if demand.received is None else microseconds(demand.received),
        last if demand.since is None else microseconds(demand.since),
        last,
        microseconds(demand.next_due if clocks else stamp.due),
        demand.next_clock if clocks else None,
        *(subject.place or "", subject.channel or "", subject.category, subject.urgency),
        *(work.contractor, "\n".join(work.co_handlers), work.lead, subject.resident),
        *(microseconds(demand.review), microseconds(demand.ended), None if resolved is None else int(resolved)),
        *(this_round.grade, int(this_round.escalated)),
        "\n".join([clock.clock for clock in clocks if clock.undated]),
        subject.text,
        standing(demand),
        json.dumps({clock: microseconds(due) for clock, due in dues}, ensure_ascii=False) if dues else "{}",
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
