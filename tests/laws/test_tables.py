"""The tables follow the log: made anew they are the same, and no page is lost or booked twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given

from demandflow import CLOSED_LOOP, Calendar, DemandFlow, closed_loop, standard_clocks
from demandflow.errors import StorageError
from demandflow.projections import ledger, totals
from demandflow.testing.drawing.drawing import LOT
from demandflow.testing.playing.law import Played
from demandflow.testing.playing.playing import by_lot
from tests.laws.test_random_workflows import many
from tests.profiles import examples
from tests.tables import apart, dump, same_tables

pytestmark = pytest.mark.long

OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed-loop", clocks=standard_clocks(OFFICE))


def tables_equal_a_rebuild(played: Played) -> None:
    played.flow.figures()
    with apart(played.flow) as (anew, _):
        anew.catch_up()
        same_tables(dump(played.flow._projector), dump(anew), "a rebuild")
    ledger_equals_totals(played.flow)


def a_projection_fed_the_same_page_twice_is_unchanged(played: Played) -> None:
    """Two projectors that read the same page book it once, whichever comes first."""
    played.flow.figures()
    for by_time in (True, False):
        _book_once(played, by_time=by_time)


def _book_once(played: Played, *, by_time: bool) -> None:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "tables.db")
        with apart(played.flow, path, by_time=by_time) as (one, source), apart(played.flow, path) as (other, _):
            source.meanwhile = other.catch_up
            one.catch_up()
            source.meanwhile = lambda: None
            one.catch_up()
            other.catch_up()
            same_tables(dump(played.flow._projector), dump(one), "tables that two projectors wrote")


def a_page_that_fails_is_read_again(played: Played) -> None:
    """However early or late the writing of a page is broken off, nothing of it is lost and nothing booked twice."""
    played.flow.figures()
    for by_time in (True, False):
        _read_again(played, by_time=by_time)


def _read_again(played: Played, *, by_time: bool) -> None:
    with apart(played.flow, by_time=by_time) as (broken, _):
        after, whole = 40, False
        while not whole:
            broken._connection.set_progress_handler(lambda: 1, after)  # type: ignore[attr-defined]
            try:
                broken.catch_up()
                whole = True
            except StorageError:
                after = after * 3 // 2
            finally:
                broken._connection.set_progress_handler(None, 0)  # type: ignore[attr-defined]
        broken.catch_up()
        same_tables(dump(played.flow._projector), dump(broken), "tables whose writing was broken off")


def ledger_equals_totals(flow: DemandFlow) -> None:
    """Assert that the ledger's sums over all days are the totals."""
    with flow._projector.tables() as tables:
        clocks, booked = ledger.clocks_by_id(tables), Counter[tuple[str, int]]()
        for what, amount in tables.execute("SELECT what, SUM(amount) FROM demandflow_ledger GROUP BY 1"):
            booked.update(dict.fromkeys(ledger.cells(what, clocks), amount))
        assert _nonzero(booked) == dict(totals.read_all(tables)), "the ledger's sums differ from the totals"
        for table, columns in ledger.SUMMED.items():
            names = ", ".join(columns)
            by = f"SELECT {names}, SUM(amount) FROM {{}} GROUP BY {names} HAVING SUM(amount) <> 0 ORDER BY {names}"
            here, there = (tables.execute(by.format(one)).fetchall() for one in (table, "demandflow_ledger"))
            assert here == there, f"{table} differs from the ledger's sums"


@pytest.mark.parametrize(
    "holds",
    [tables_equal_a_rebuild, a_projection_fed_the_same_page_twice_is_unchanged, a_page_that_fails_is_read_again],
)
def test_the_tables_follow_the_log(holds: Callable[[Played], None]) -> None:
    @many(examples(40))
    @given(LOT)
    def held(lot: int) -> None:
        with by_lot(TIMED if lot % 2 else CLOSED_LOOP, Random(lot), {}, 40) as played:
            holds(played)

    held()


def _nonzero(numbers: Any) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}
