"""The board at a point in time: the demands of then, read from the log, on a board of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.rows import BoardPage
from demandflow.projections.entries import Page
from demandflow.projections.figures.point_in_time import PointInTime
from demandflow.projections.figures.question import Question
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.statements import Statements


def demands_of(connection: Statements, board_filter: Filter, then: PointInTime) -> list[UUID]:
    """The demands that were in the slices asked for by then; also those that had left them again."""
    slices = {name: getattr(board_filter, name) for name in DIMENSIONS}
    condition, values = Question.of({**slices, **then.days}).lines()
    rows = connection.execute(
        f"SELECT DISTINCT demand FROM demandflow_ledger WHERE {condition} AND what >= 0 AND amount > 0",  # noqa: S608
        values,
    )
    return [UUID(bytes=demand) for (demand,) in rows.fetchall()]


def read_past(
    ids: Iterable[UUID],
    events: Callable[..., list[Event]],
    then: PointInTime,
    page: Callable[[Statements], BoardPage],
) -> BoardPage:
    """A page of the board of these demands as they were then."""
    demands = (then.demand_of(events, demand) for demand in ids)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(board.SCHEMA)
        board.write(connection, Page({demand.id: demand for demand in demands if demand is not None}))
        return page(connection)
