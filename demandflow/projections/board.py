"""The board: one row per demand, as it stands now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.arguments import plain, whole_number, yes_or_no
from demandflow.domain.demand import Demand
from demandflow.domain.texts import asked_of
from demandflow.domain.values import Category, Place
from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.page import Page
from demandflow.projections.printing import page_of_the_board, row_of_the_board
from demandflow.projections.standing import dues_of, standing
from demandflow.tables import Statements, moment_of, written

SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_board (
    demand TEXT PRIMARY KEY, version INTEGER NOT NULL, workflow TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL, ended_as TEXT, round INTEGER NOT NULL, received TEXT NOT NULL, since TEXT NOT NULL,
    last TEXT NOT NULL, due TEXT, clock TEXT, place TEXT NOT NULL, channel TEXT NOT NULL, category TEXT, urgency TEXT,
    contractor TEXT, co_handlers TEXT NOT NULL, lead TEXT, resident TEXT, review TEXT, ended TEXT,
    resolved INTEGER, grade TEXT, escalated INTEGER NOT NULL,
    undated TEXT NOT NULL, text TEXT NOT NULL, standing INTEGER NOT NULL, dues TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS demandflow_board_place ON demandflow_board (place);
CREATE INDEX IF NOT EXISTS demandflow_board_state ON demandflow_board (workflow, state);
CREATE INDEX IF NOT EXISTS demandflow_board_due ON demandflow_board (due, clock, ended_as) WHERE ended_as IS NULL;
CREATE INDEX IF NOT EXISTS demandflow_board_undated ON demandflow_board (undated) WHERE undated <> '';
CREATE INDEX IF NOT EXISTS demandflow_board_load ON demandflow_board (contractor, ended_as) WHERE ended_as IS NULL;
"""
# fmt: off
COLUMNS = (
    "demand", "version", "workflow", "state", "stage", "ended_as", "round", "received", "since", "last", "due", "clock",
    "place", "channel", "category", "urgency", "contractor", "co_handlers", "lead", "resident", "review", "ended",
    "resolved", "grade", "escalated", "undated", "text", "standing", "dues",
)
SHOWN = COLUMNS[:-2]
SORTABLE = (
    "received", "since", "last", "due", "review", "ended", "place", "channel", "category", "contractor", "lead",
    "state", "stage", "round",
)
# fmt: on
ALWAYS_THERE = ("received", "since", "last", "place", "channel", "state", "stage", "round")
MOMENTS = ("received", "since", "last", "due", "review", "ended")
MOST = 2**31


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
    """A page of the board, and how many rows there are in all; `note` says if no demand ever was what is asked for.

    `parked` are those of its demands that are shown as they stood before an event that is parked.
    """

    rows: tuple[BoardRow, ...]
    total: int
    parked: tuple[UUID, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return page_of_the_board(self)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows of the board; a place or a category stands for all below it too, an empty one for those without."""

    place: str | None = None
    channel: str | None = None
    category: str | None = None
    contractor: str | None = None
    lead: str | None = None
    resident: str | None = None
    workflow: str | None = None
    state: str | None = None
    stage: str | None = None
    ended_as: str | None = None
    urgency: str | None = None
    clock: str | None = None
    escalated: bool | None = None
    open: bool | None = None
    undated: bool | None = None
    overdue_at: datetime | None = None
    due_by: datetime | None = None
    received: tuple[datetime, datetime] | None = None
    closed: tuple[datetime, datetime] | None = None
    states: tuple[tuple[str, str], ...] | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The condition in SQL, with its values. Raises InvalidValue for what is no place, no name, no yes or no."""
        parts: list[str] = ["1"]
        values: list[Any] = []
        for column, kind in (("place", Place), ("category", Category)):
            if (path := getattr(self, column)) is None:
                continue
            if plain(path) == "":
                parts.append(f"COALESCE({column}, '') = ''")
            else:
                path = kind.asked(path)
                parts.append(f"({column} = ? OR ({column} >= ? AND {column} < ?))")
                values += [str(path), f"{path}/", f"{path}0"]  # 0 comes next after the slash
        for column in ("channel", "lead", "resident", "workflow", "state", "stage", "ended_as", "urgency", "clock"):
            if getattr(self, column) is not None:
                word = asked_of(getattr(self, column), column)
                parts.append(f"{column} = ?" if word else f"COALESCE({column}, '') = ?")
                values.append(word)
        if self.contractor is not None:
            parts.append("(contractor = ? OR instr(co_handlers, ?) > 0)")
            contractor = asked_of(self.contractor, "contractor")
            values += [contractor, f"\n{contractor}\n"]
        for column, flag in (("open", self.open), ("escalated", self.escalated), ("undated", self.undated)):
            if flag is not None and not isinstance(flag, bool):
                raise InvalidValue(column, f"must be True, False or None, got {brief(flag)}")
        if self.open is not None:
            parts.append(f"ended_as IS {'' if self.open else 'NOT '}NULL")
        if self.escalated is not None:
            parts.append(f"escalated = {int(self.escalated)}")
        if self.undated is not None:
            parts.append(f"undated {'<>' if self.undated else '='} ''")
        if self.overdue_at is not None:
            parts.append("ended_as IS NULL AND due < ?")
            values.append(written(self.overdue_at))
        if self.due_by is not None:
            parts.append("ended_as IS NULL AND due <= ?")
            values.append(written(self.due_by))
        for column, span in (("received", self.received), ("ended", self.closed)):
            if span is not None:
                parts.append(f"{column} >= ? AND {column} < ?")
                values += map(written, span)
        if self.closed is not None:
            parts.append("ended_as = 'closed'")
        if self.states is not None:
            parts.append(f"(workflow, state) IN (VALUES {', '.join(['(?, ?)'] * len(self.states))})")
            values += [word for pair in self.states for word in pair]
        return " AND ".join(parts), values


def write(connection: Statements, page: Page) -> None:
    """Put the demands of a page on the board as they stand."""
    marks = ", ".join("?" * len(COLUMNS))
    connection.executemany(
        f"INSERT OR REPLACE INTO demandflow_board ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608
        [_row(demand) for demand in page.demands.values()],
    )


def read(
    connection: sqlite3.Connection, chosen: Filter, order: Sequence[str], *, descending: bool, limit: int, offset: int
) -> BoardPage:
    """A page of the chosen rows. Raises InvalidValue for a column that cannot be sorted by."""
    if not isinstance(order, list | tuple) or not order or any(plain(column) not in SORTABLE for column in order):
        raise InvalidValue("sort", f"cannot sort by {brief(order)} (possible: some of {listed(SORTABLE)})")
    for what, number, least in (("limit", limit, 1), ("offset", offset, 0)):
        whole_number(what, number, least, MOST)
    condition, values = chosen.where()
    direction = "DESC" if yes_or_no("descending", descending) else "ASC"
    # said so, and only where it is needed, an index on the column gives the rows in this order
    by = ", ".join(f"{column} {direction}{'' if column in ALWAYS_THERE else ' NULLS LAST'}" for column in order)
    (total,) = connection.execute(f"SELECT COUNT(*) FROM demandflow_board WHERE {condition}", values).fetchone()  # noqa: S608
    rows = connection.execute(
        # first which demands, from an index alone where there is one, and only then their rows
        f"SELECT {', '.join(SHOWN)} FROM demandflow_board WHERE demand IN "  # noqa: S608
        f"(SELECT demand FROM demandflow_board WHERE {condition} ORDER BY {by}, demand LIMIT ? OFFSET ?) "
        f"ORDER BY {by}, demand",
        [*values, limit, offset],
    )
    return BoardPage(tuple(map(_board_row, rows)), total)


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
    return connection.execute(
        "SELECT demand, text, place, category, contractor, received, state FROM demandflow_board "  # noqa: S608
        f"WHERE {condition} AND received >= ? ORDER BY received, demand",
        [*values, written(since)],
    ).fetchall()


def towards_due(connection: sqlite3.Connection, chosen: Filter, at: datetime) -> tuple[int, int, int]:
    """How many of the chosen open demands are overdue at a moment, not yet due, and without a due moment."""
    condition, values = chosen.where()
    found = connection.execute(
        "SELECT SUM(due < ?), SUM(due >= ?), SUM(due IS NULL) FROM demandflow_board "  # noqa: S608
        f"WHERE ended_as IS NULL AND {condition}",
        [written(at), written(at), *values],
    ).fetchone()
    overdue, not_yet, without = (number or 0 for number in found)
    return overdue, not_yet, without


def number_undated(connection: sqlite3.Connection, chosen: Filter) -> int:
    """How many of the chosen open demands have a clock that goes on without a due moment."""
    condition, values = replace(chosen, open=True, undated=True).where()
    return int(connection.execute(f"SELECT COUNT(*) FROM demandflow_board WHERE {condition}", values).fetchone()[0])  # noqa: S608


def received_at(connection: sqlite3.Connection, demand: UUID) -> str:
    """When the demand was received, so that texts sort as receipts do."""
    row = connection.execute("SELECT received FROM demandflow_board WHERE demand = ?", (demand.hex,)).fetchone()
    return row[0] if row else ""


def stood_otherwise_since(connection: sqlite3.Connection, at: datetime) -> bool:
    """Whether anything happened to any demand after a moment."""
    moved = connection.execute("SELECT EXISTS (SELECT 1 FROM demandflow_board WHERE last > ?)", (written(at),))
    return bool(moved.fetchone()[0])


def several(words: Iterable[str]) -> str:
    """Several words in one column, so that each can be searched for."""
    return "".join(f"\n{word}\n" for word in words)


def _row(demand: Demand) -> tuple[Any, ...]:
    last = written(demand.last)
    resolved = None if demand.resolved is None else int(demand.resolved)
    return (
        *(demand.id.hex, demand.version, demand.workflow, demand.state, demand.stage, demand.ended_as, demand.round),
        *(written(demand.received) or last, written(demand.since) or last, last),
        *(written(demand.next_due), demand.next_clock),
        *(demand.place or "", demand.channel or "", demand.category, demand.urgency, demand.contractor),
        *(several(demand.co_handlers), demand.lead, demand.resident),
        *(
            written(demand.review),
            written(demand.ended),
            resolved,
            demand.grade,
            int(demand.escalated),
            several(clock.clock for clock in demand.clocks if clock.undated),
            demand.text,
            standing(demand),
            json.dumps({clock: written(due) for clock, due in dues_of(demand)}, ensure_ascii=False),
        ),
    )


def _board_row(row: tuple[Any, ...]) -> BoardRow:
    fields = dict(zip(SHOWN, row, strict=True))
    for column in MOMENTS:
        fields[column] = None if fields[column] is None else moment_of(fields[column])
    resolved = fields["resolved"]
    fields |= {"demand": UUID(fields["demand"]), "escalated": bool(fields["escalated"])}
    fields |= {column: tuple(filter(None, fields[column].split("\n"))) for column in ("co_handlers", "undated")}
    fields |= {"resolved": None if resolved is None else bool(resolved)}
    return BoardRow(**fields)
