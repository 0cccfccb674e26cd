"""The board: one row for each demand, as it is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.errors import listed
from demandflow.inputs.arguments import whole_number, yes_or_no
from demandflow.inputs.texts import searchable
from demandflow.projections.board import own
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.indexes import INDEXES
from demandflow.projections.board.order import Order
from demandflow.projections.board.pages import rows_of, table_for
from demandflow.projections.board.paths import by_index
from demandflow.projections.board.sheet import board_as_csv
from demandflow.projections.entries import Page
from demandflow.projections.printing import minute
from demandflow.projections.standing import dues_of, standing
from demandflow.store.statements import Statements
from demandflow.store.tables.moments import at_microseconds, microseconds
from demandflow.store.tables.schemas import index_names

SCHEMA = """
CREATE TABLE demandflow_board (
    demand TEXT NOT NULL, version INTEGER NOT NULL, workflow TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL, ended_as TEXT, round INTEGER NOT NULL, received INTEGER NOT NULL, since INTEGER NOT NULL,
    last INTEGER NOT NULL, due INTEGER, clock TEXT, place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT,
    urgency TEXT, contractor TEXT, co_handlers TEXT NOT NULL, lead TEXT, resident TEXT, review INTEGER, ended INTEGER,
    resolved INTEGER, grade TEXT, escalated INTEGER NOT NULL, supporters INTEGER NOT NULL,
    undated TEXT NOT NULL, text TEXT NOT NULL, own_json TEXT NOT NULL, standing INTEGER NOT NULL, dues TEXT NOT NULL,
    searched TEXT,
    PRIMARY KEY (received, demand)
) WITHOUT ROWID;
CREATE TABLE demandflow_helpers (
    helper TEXT NOT NULL, demand TEXT NOT NULL, PRIMARY KEY (helper, demand)
) WITHOUT ROWID;
""" + "".join(index.sql for index in INDEXES)
MOMENTS = ("received", "since", "last", "due", "review", "ended")
MOST = 2**31
BETWEEN_TEXTS = "\x1f"
"""No text that is looked for has it."""
HELPER = "INSERT INTO demandflow_helpers (helper, demand) VALUES (?, ?)"
NO_HELPER = "DELETE FROM demandflow_helpers WHERE helper = ? AND demand = ?"


@dataclass(frozen=True)
class BoardRow:
    """One demand on the board. Moments are in UTC; `contractor` has the work now, `lead` was given it last.

    `due` is the next due moment, `clock` the name of its clock; None if a fact gave the moment to the whole demand.
    `supporters` is how many support it. `undated` are the clocks that go on without a due moment, because their
    calendar does not know the year.
    `own_json` is what facts of the community's own classes said, `own` the same to look into.
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
    supporters: int
    undated: tuple[str, ...]
    text: str
    own_json: str = ""

    @property
    def own(self) -> Mapping[str, Any]:
        """What facts of the community's own classes said, by field, as JSON has it; read only."""
        return MappingProxyType(json.loads(self.own_json) if self.own_json else {})

    def __str__(self) -> str:
        due = f", due {minute(self.due)}{f' ({self.clock})' if self.clock else ''}" if self.due is not None else ""
        undated = f", no date known for {listed(self.undated)}" if self.undated else ""
        with_whom = f", with {self.contractor}" if self.contractor else f", last with {self.lead}" if self.lead else ""
        where = " · ".join(word for word in (self.place, self.channel, self.category, self.resident) if word)
        text = self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
        words = " ".join(text.split())
        more = f"{with_whom}{due}{undated}" + (f", supported by {self.supporters}" if self.supporters else "")
        return f"{minute(self.received)} {where}: {self.state}{more}: {words} [{self.demand}]"


SHOWN = tuple(BoardRow.__annotations__)
COLUMNS = (*SHOWN, "standing", "dues", "searched")
DEMAND, RECEIVED = map(COLUMNS.index, ("demand", "received"))
INSERT = f"INSERT INTO demandflow_board ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


@dataclass(frozen=True)
class BoardPage:
    """A page of the board.

    `next` gives the page after it (`board(…, after=page.next)`), None at the end; `total` is the number of all rows, if
    that was asked for; `note` says if no demand ever had a word that was asked for. `parked` are the demands that are
    shown as they were before a parked event.
    """

    rows: tuple[BoardRow, ...]
    next: str | None = None
    total: int | None = None
    parked: tuple[UUID, ...] = ()
    note: str = ""

    def as_csv(self) -> str:
        """The rows of this page as CSV: a column for each field, then one for each own field that a row has.

        Moments are in UTC; yes, no and several values are written as JSON; no text is taken for a formula. An own field
        that has the name of a field of ours is `own …`.
        """
        return board_as_csv(SHOWN, self.rows)

    def __str__(self) -> str:
        more = f" of {self.total}" if self.total is not None else ", and more" if self.next is not None else ""
        lines = [f"demands: {len(self.rows)}{more}", *(f"  {row}" for row in self.rows)]
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])


def write(connection: Statements, page: Page) -> None:
    """Put the demands of a page on the board."""
    new: list[tuple[Any, ...]] = []
    changed: dict[tuple[int, ...], list[tuple[Any, ...]]] = {}
    for key, demand in page.demands.items():
        row = _row(demand)
        if (before := page.before.get(key)) is None:
            new.append(row)
            continue
        was = _row(before)
        # indexes cost most, and SQLite writes the indexes of all columns that are named
        columns = tuple([at for at, value in enumerate(row) if value != was[at]])
        # found by any other index, SQLite would collect the rows before it changes them, at twice the cost
        changed.setdefault(columns, []).append((*[row[at] for at in columns], was[RECEIVED], was[DEMAND]))
    connection.executemany(INSERT, new)
    for columns, rows in changed.items():
        if sets := ", ".join(f"{COLUMNS[at]} = ?" for at in columns):
            connection.executemany(f"UPDATE demandflow_board SET {sets} WHERE received = ? AND demand = ?", rows)  # noqa: S608
    _write_helpers(connection, page)


def _write_helpers(connection: Statements, page: Page) -> None:
    """Keep who helps with a demand, each by name, so that an index finds the demands that somebody helps with."""
    before = {(name, demand.id.hex) for demand in page.before.values() for name in demand.co_handlers}
    after = {(name, demand.id.hex) for demand in page.demands.values() for name in demand.co_handlers}
    connection.executemany(NO_HELPER, before - after)
    connection.executemany(HELPER, after - before)


def read(
    connection: Statements,
    board_filter: Filter,
    order: Order,
    *,
    limit: int = 50,
    after: str | None = None,
    total: bool = False,
) -> BoardPage:
    """A page of the rows that the filter selects. Raises InvalidValue."""
    whole_number("limit", limit, 1, MOST)
    number = count(connection, board_filter) if yes_or_no("total", total) else None
    rows = rows_of(connection, SHOWN, board_filter, order, limit + 1, after)
    page = tuple(map(_board_row, rows[:limit]))
    if len(rows) <= limit:
        return BoardPage(page, None, number)
    last = dict(zip(SHOWN, rows[limit - 1], strict=True))
    return BoardPage(page, order.next([last[column] for column in order.columns]), number)


def count(connection: Statements, board_filter: Filter) -> int:
    """How many rows the filter selects."""
    condition, values = board_filter.where()
    query = f"SELECT COUNT(*) FROM {table_for(connection, board_filter)} WHERE {condition}"  # noqa: S608
    return int(connection.execute(query, values).fetchone()[0])


def loads(connection: Statements) -> dict[str, int]:
    """How many open demands each contractor has in hand."""
    rows = connection.execute(
        "SELECT contractor, COUNT(*) FROM demandflow_board "
        "WHERE ended_as IS NULL AND contractor IS NOT NULL GROUP BY contractor"
    )
    return dict(rows)


def open_at(connection: Statements, place: str, since: datetime) -> list[tuple[Any, ...]]:
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


def towards_due(connection: Statements, board_filter: Filter, at: datetime) -> tuple[int, int, int]:
    """How many open demands are overdue at a moment, not yet due, and without a due moment."""
    condition, values = board_filter.where()
    table = by_index(index_names(connection, "demandflow_board").get("demandflow_board_open"))
    overdue, not_yet, without = connection.execute(
        "SELECT COUNT(*) FILTER (WHERE due < ?), COUNT(*) FILTER (WHERE due >= ?), "  # noqa: S608
        f"COUNT(*) FILTER (WHERE due IS NULL) FROM {table} "
        f"WHERE ended_as IS NULL AND {condition}",
        [microseconds(at), microseconds(at), *values],
    ).fetchone()
    return overdue, not_yet, without


def number_undated(connection: Statements, board_filter: Filter) -> int:
    """How many open demands have a clock that goes on without a due moment."""
    return count(connection, replace(board_filter, open=True, undated=True))


def received_at(connection: Statements, demand: UUID) -> int:
    """When the demand was received, in microseconds; before everything else if it is not on the board."""
    row = connection.execute("SELECT received FROM demandflow_board WHERE demand = ?", (demand.hex,)).fetchone()
    return row[0] if row else -(2**63)


def changed_since(connection: Statements, at: datetime) -> bool:
    """Whether anything happened to any demand after a moment."""
    rows = connection.execute("SELECT EXISTS (SELECT 1 FROM demandflow_board WHERE last > ?)", (microseconds(at),))
    return bool(rows.fetchone()[0])


def _row(demand: Demand) -> tuple[Any, ...]:
    stamp, subject, work, this_round = demand.stamp, demand.subject, demand.work, demand.this_round
    clocks, dues, resolved, last = demand.clocks, dues_of(demand), this_round.resolved, microseconds(demand.last)
    attributes, text = demand._attributes, subject.text
    letters = searchable(BETWEEN_TEXTS.join((text, *own.texts_of(attributes)))) if attributes else searchable(text)
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
        *(this_round.grade, int(this_round.escalated), len(demand.supporters)),
        "\n".join([clock.clock for clock in clocks if clock.undated]),
        text,
        own.written(attributes) if attributes else "",
        standing(demand),
        json.dumps({clock: microseconds(due) for clock, due in dues}, ensure_ascii=False) if dues else "{}",
        None if letters == text else letters,
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
    board_row = object.__new__(BoardRow)
    board_row.__dict__.update(fields)  # the constructor of a frozen class sets each field by a call, which is slow
    return board_row


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()
