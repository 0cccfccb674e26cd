"""The board as it stood: the demands of then, folded from the log, on a board of their own."""

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
from demandflow.projections.figures.past import Then, events_before_damage
from demandflow.projections.figures.question import Question


def ever_there(connection: sqlite3.Connection, chosen: Filter, then: Then) -> list[UUID]:
    """The demands that ever stood in the chosen slices by then; one that no longer stood there is among them."""
    sliced = {name: getattr(chosen, name) for name in ("place", "category", "channel", "lead", "workflow")}
    condition, values = Question.of({**sliced, **then.days}).lines()
    rows = connection.execute(
        f"SELECT DISTINCT demand FROM demandflow_ledger WHERE {condition} AND what >= 0 AND amount > 0",  # noqa: S608
        values,
    )
    return [UUID(bytes=demand) for (demand,) in rows.fetchall()]


def read_then(
    demands: Iterable[UUID],
    events: Callable[..., list[Event]],
    then: Then,
    page: Callable[[sqlite3.Connection], BoardPage],
) -> BoardPage:
    """A page of the board of these demands as they stood then."""
    stood = (then.demand(events_before_damage(events, demand)) for demand in demands)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(board.SCHEMA)
        board.write(connection, Page({demand.id: demand for demand in stood if demand is not None}))
        return page(connection)
