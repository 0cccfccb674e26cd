"""Pages of the board: together they are the whole, whatever is asked and whatever is written meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import product
from operator import itemgetter
from types import MappingProxyType
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Demand
from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import as_if
from demandflow.domain.values import Category, Channel, Place, Stage
from demandflow.projections.board import pages as board_pages
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.order import SORTABLE, Order
from demandflow.projections.entries import Page
from tests.profiles import examples
from tests.stories import T0

NAMED = {"demand": "id", "due": "next_due"}
FEW_WORDS = st.sampled_from(["a", "b"])
MOMENTS = st.integers(0, 3).map(lambda hours: T0 + timedelta(hours=hours))
PLACES = ("f", "f/c1", "f/c1/g1", "f/c10", "f-x", "g")
CATEGORIES = (None, "m", "m/1", "m1")


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """A demand of few words and moments, so that many are alike."""
    ended = draw(st.sampled_from([None, None, "closed", "withdrawn"]))
    lead = draw(st.none() | FEW_WORDS)
    category = draw(st.sampled_from(CATEGORIES))
    received, due, ended_at = draw(MOMENTS), draw(st.none() | MOMENTS), draw(MOMENTS)
    undated = ClockState("look", "running", T0, T0, "1 days")
    return as_if(
        Demand(UUID(int=draw(st.integers(1, 2**20)))),
        version=1,
        workflow=draw(st.sampled_from(["w@1", "w@2"])),
        state=ended or draw(FEW_WORDS),
        stage=Stage.ENDED if ended else draw(st.sampled_from([Stage.AUDIT, Stage.FEEDBACK])),
        ended_as=ended,
        round=1,
        received=received,
        since=received,
        last=received,
        ended=max(ended_at, received) if ended else None,
        due=due,
        clocks=(undated,) if draw(st.integers(0, 3)) == 0 else (),
        channel=Channel(draw(FEW_WORDS)),
        place=Place(draw(st.sampled_from(PLACES))),
        category=None if category is None else Category(category),
        lead=lead,
        contractor=draw(st.sampled_from([lead, None])),
        co_handlers=tuple(draw(st.lists(FEW_WORDS, max_size=2, unique=True))),
        resident=draw(st.none() | FEW_WORDS),
        escalated=draw(st.booleans()),
    )


def page_of(demands: Iterable[Demand], before: Mapping[UUID, Demand] = MappingProxyType({})) -> Page:
    """A page that touches these, some of which were there before."""
    touched = {demand.id: demand for demand in demands}
    return Page(touched, {key: before[key] for key in touched if key in before})


SPANS = st.tuples(MOMENTS, MOMENTS).map(sorted).map(tuple)
MAYBE = {
    "place": st.sampled_from(["", *PLACES]),
    "category": st.sampled_from(["", "m", "m/1"]),
    **dict.fromkeys(("channel", "lead", "contractor", "resident"), st.sampled_from(["", "a", "b"])),
    "state": st.sampled_from(["a", "b", "closed"]),
    "stage": st.sampled_from(Stage),
    "workflow": st.sampled_from(["w@1", "w@3"]),
    "ended_as": st.sampled_from(["closed", "withdrawn"]),
    **dict.fromkeys(("escalated", "open", "undated"), st.booleans()),
    **dict.fromkeys(("overdue_at", "due_by"), MOMENTS),
    **dict.fromkeys(("received", "closed"), SPANS),
    "states": st.lists(st.tuples(st.sampled_from(["w@1", "w@2"]), FEW_WORDS), max_size=3).map(tuple),
}
COLUMNS = st.sampled_from(SORTABLE) | st.sampled_from(("stage", "channel", "due", "category", "lead", "contractor"))
ORDERS = st.builds(Order, st.lists(COLUMNS, min_size=1, max_size=3), st.booleans())

LEVELS = ("TINY", "SHORT", "MIDDLE", "FEW", "MANY")
COSTS: st.SearchStrategy[dict[str, Any]] = st.lists(
    st.integers(0, 200), min_size=len(LEVELS), max_size=len(LEVELS)
).map(lambda costs: dict(zip(LEVELS, sorted(costs), strict=True)))


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """One condition, or a few."""
    # a contractor's rows are found in two ways and put together, so it is asked for more often
    names = draw(st.lists(st.sampled_from([*sorted(MAYBE), *["contractor"] * 8]), max_size=3, unique=True))
    return Filter(**{name: draw(MAYBE[name]) for name in names})


def matches(demand: Demand, chosen: Filter) -> bool:
    """Whether the demand is one that is chosen, said in Python."""

    def below(path: str | None, top: str) -> bool:
        return (path or "") == top or (top != "" and (path or "").startswith(f"{top}/"))

    def within(at: datetime | None, span: tuple[datetime, datetime]) -> bool:
        return at is not None and span[0] <= at < span[1]

    due = demand.next_due if demand.open else None
    undated = any(clock.undated for clock in demand.clocks)
    answers: dict[str, Callable[[Any], bool]] = {
        "place": lambda asked: below(demand.place, asked),
        "category": lambda asked: below(demand.category, asked),
        "contractor": lambda asked: (demand.contractor or "") == asked or asked in demand.co_handlers,
        "undated": lambda asked: undated == asked,
        "overdue_at": lambda asked: due is not None and due < asked,
        "due_by": lambda asked: due is not None and due <= asked,
        "received": lambda asked: within(demand.received, asked),
        "closed": lambda asked: demand.ended_as == "closed" and within(demand.ended, asked),
        "states": lambda asked: (demand.workflow, demand.state) in asked,
    }
    for name, asked in ((name, getattr(chosen, name)) for name in MAYBE):
        same = answers.get(name, lambda asked, name=name: (getattr(demand, name) or type(asked)()) == asked)
        if asked is not None and not same(asked):
            return False
    return True


def in_order(rows: list[Demand], order: Order) -> list[str]:
    """The demands as they are sorted, said in Python."""
    for column in reversed(order.columns):
        values = [(getattr(row, NAMED.get(column, column)), row) for row in rows]
        there = [pair for pair in values if pair[0] is not None]
        there.sort(key=itemgetter(0), reverse=order.descending)
        rows = [row for _, row in (*there, *(pair for pair in values if pair[0] is None))]
    return [row.id.hex for row in rows]


@contextmanager
def a_board(rows: list[Demand]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(board.SCHEMA)
        board.write(connection, page_of(rows))
        yield connection


def walked(connection: sqlite3.Connection, chosen: Filter, order: Order, limit: int) -> list[str]:
    """All pages, one after the other."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = board.read(connection, chosen, order, limit=limit, after=after)
        assert len(page.rows) == limit or page.next is None
        found += [row.demand.hex for row in page.rows]
        assert len(found) <= 100, "pages that do not end"
        if (after := page.next) is None:
            return found


@settings(max_examples=examples(300))
@given(st.lists(demands(), min_size=5, max_size=25), filters(), ORDERS, st.integers(1, 4), COSTS)
def test_all_pages_together_are_the_rows_in_order(
    rows: list[Demand], chosen: Filter, order: Order, limit: int, costs: dict[str, Any]
) -> None:
    rows = list({row.id: row for row in rows}.values())
    expected = in_order([row for row in rows if matches(row, chosen)], order)
    # what is few decides which way the rows are found, and never which they are
    with a_board(rows) as connection, patch.multiple(board_pages, **costs):
        assert walked(connection, chosen, order, limit) == expected
        whole = board.read(connection, chosen, order, limit=100, total=True)
        assert [row.demand.hex for row in whole.rows] == expected
        assert (whole.next, whole.total) == (None, len(expected))


@pytest.mark.parametrize("column", sorted(SORTABLE))
@pytest.mark.parametrize("descending", [False, True])
def test_what_a_contractor_leads_and_helps_with_is_in_order_by_whatever_column(column: str, descending: bool) -> None:
    open_one = as_if(
        Demand(UUID(int=1)),
        version=1,
        workflow="w@1",
        state="a",
        stage=Stage.AUDIT,
        round=1,
        received=T0,
        since=T0,
        last=T0,
        channel=Channel("a"),
        place=Place("f"),
    )
    rows = [
        as_if(open_one, id=UUID(int=number), due=due, category=category, lead=lead, contractor=lead, co_handlers=helps)
        for number, (due, category, (lead, helps)) in enumerate(
            product((None, T0), (None, Category("m")), (("a", ()), ("b", ("a",)), (None, ("a",)))), 1
        )
    ]
    chosen, order = Filter(contractor="a"), Order([column], descending)
    with a_board(rows) as connection:
        for limit in (1, 2, 5):
            assert walked(connection, chosen, order, limit) == in_order(rows, order)


@given(
    st.lists(demands(), min_size=2, max_size=25),
    st.lists(demands(), max_size=25),
    filters(),
    ORDERS,
    st.integers(1, 4),
    COSTS,
)
def test_while_others_write_no_demand_that_did_not_change_is_lost_or_doubled(
    rows: list[Demand], others: list[Demand], chosen: Filter, order: Order, limit: int, costs: dict[str, Any]
) -> None:
    before = {row.id: row for row in rows}
    changed = {row.id: row for row in others}
    with a_board(list(before.values())) as connection, patch.multiple(board_pages, **costs):
        page = board.read(connection, chosen, order, limit=limit)
        found = [row.demand for row in page.rows]
        for demand in changed.values():
            board.write(connection, page_of([demand], before))
            if page.next is not None:
                page = board.read(connection, chosen, order, limit=limit, after=page.next)
                found += [row.demand for row in page.rows]
        while page.next is not None:
            page = board.read(connection, chosen, order, limit=limit, after=page.next)
            found += [row.demand for row in page.rows]
    same = [demand for demand in found if demand not in changed]
    expected = in_order([row for row in before.values() if row.id not in changed and matches(row, chosen)], order)
    assert [demand.hex for demand in same] == expected


@given(st.lists(demands(), max_size=25))
def test_a_board_that_is_written_again_and_again_is_the_one_written_at_once(rows: list[Demand]) -> None:
    last = {row.id: row for row in rows}
    with a_board(list(last.values())) as at_once, a_board([]) as connection:
        before: dict[UUID, Demand] = {}
        for row in rows:
            board.write(connection, page_of([row], before))
            before[row.id] = row
        for table in ("board", "helpers"):
            everything = f"SELECT * FROM demandflow_{table} ORDER BY 1, 2"
            assert connection.execute(everything).fetchall() == at_once.execute(everything).fetchall()
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def a_day(day: int) -> tuple[datetime, datetime]:
    return T0 + timedelta(days=day), T0 + timedelta(days=day + 1)


USUAL: dict[str, dict[str, Any]] = {
    "everything": {},
    "open": {"open": True},
    "overdue": {"overdue_at": T0},
    "due by": {"due_by": T0},
    "place": {"place": "f/c1"},
    "state": {"state": "accepted"},
    "contractor": {"contractor": "a"},
    "channel": {"channel": "a"},
    "category": {"category": "m"},
    "received": {"received": a_day(3)},
}
SORTS = (("received",), ("due",), ("place", "state"))


@pytest.mark.parametrize("sort", SORTS, ids="-".join)
def test_no_page_of_the_usual_questions_sorts_the_whole_board(sort: tuple[str, ...]) -> None:
    order = Order(sort, False)
    row = {"received": 1, "due": 1, "place": "a", "state": "a", "demand": "a"}
    beyond = [None, *(order.next([{**row, "due": due}[column] for column in order.columns]) for due in (1, None))]
    with a_board([]) as connection:
        for first, second, after in product(USUAL.values(), USUAL.values(), beyond):
            said: list[str] = []
            connection.set_trace_callback(said.append)
            costs: list[dict[str, Any]] = [dict.fromkeys(LEVELS[:-1], few) for few in (10_000, 0)]
            for cost in costs:  # there are no rows here: so as where few are found, and where there are too many
                with patch.multiple(board_pages, **cost):
                    board.read(connection, Filter(**{**first, **second}), order, after=after)
            connection.set_trace_callback(None)
            assert said
            for sql in said:
                plan = [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
                walks = any(step.startswith("SCAN demandflow_board") for step in plan)
                assert not (walks and any("TEMP B-TREE" in step for step in plan)), (sql, plan)
                assert not walks or "LIMIT" in sql, (sql, plan)
