"""A log that an earlier version wrote opens, and gives the figures that it gave then."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from demandflow import CLOSED_LOOP_1, Calendar, Days, DemandFlow, Figures, closed_loop, standard_clocks
from demandflow.policies import standard_policies
from demandflow.projections.figures.satisfaction import NEVER_POOLED
from tests.small_workflow import yard

LOGS = Path(__file__).parent / "logs"
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00", days=Days.none([2025, 2026]))
TIMED = closed_loop("timed", 1, clocks=standard_clocks(OFFICE))
pytestmark = pytest.mark.filterwarnings(
    "ignore::demandflow.calendars.CalendarEnds"
)  # the calendar of the yard ends with 2025
REDEFINED = "on_time", " on time"
"""What a figure of this name means has changed since."""


@pytest.fixture(scope="module")
def then() -> dict[str, Any]:
    """What the version that wrote the log answered."""
    answers: dict[str, Any] = json.loads((LOGS / "log_before_format_numbers.json").read_text(encoding="utf-8"))
    return answers


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A copy of the log as it was left, its tables included."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress((LOGS / "log_before_format_numbers.sql.gz").read_bytes()).decode())
    return f"sqlite:///{path}"


@pytest.fixture
def flow(url: str, then: dict[str, Any]) -> Iterator[DemandFlow]:
    """The log, opened by the version of today."""
    now = datetime.fromisoformat(then["now"])
    with DemandFlow.open(
        url, workflows=(CLOSED_LOOP_1, TIMED, yard()), clock=lambda: now, zone="Asia/Shanghai"
    ) as opened:
        yield opened


def _agrees(figures: Figures, then: dict[str, Any]) -> None:
    now: dict[str, int | str | None] = {name: figures.count(name) for name in figures.counts}
    now |= {name: None if (rate := figures.rate(name).value) is None else str(rate) for name in figures.rates}
    # satisfaction was pooled over workflows then; it is still what it was for each by itself
    pooled = {name for name in NEVER_POOLED if figures.rate(name).beside}
    same = [name for name in then if not name.endswith(REDEFINED) and name not in pooled]
    assert {name: now.get(name, "gone") for name in same} == {name: then[name] for name in same}
    if pooled:
        graded = sum(rate.n for rate in figures.satisfaction_by_workflow().values())
        satisfied = sum(rate.numerator for rate in figures.satisfaction_by_workflow().values())
        assert str(Fraction(satisfied, graded)) == then["satisfaction strict"]


def test_its_figures_are_those_of_then(flow: DemandFlow, then: dict[str, Any]) -> None:
    _agrees(flow.figures(), then["all"])
    _agrees(flow.figures(as_of="2025-09-30"), then["as of"])
    _agrees(flow.figures(known_on="2026-01-05"), then["known on"])
    _agrees(flow.figures(received="2025-03", as_of="2025-06-30"), then["cohort"])


@pytest.mark.parametrize("dimension", ["place", "category", "channel", "workflow"])
def test_so_are_those_of_each_part(flow: DemandFlow, then: dict[str, Any], dimension: str) -> None:
    parts = flow.figures_by(dimension, level=3 if dimension == "place" else 1)
    assert list(parts) == list(then[dimension])
    for key, part in parts.items():
        _agrees(part, then[dimension][key])


def test_its_demands_stand_as_they_stood(flow: DemandFlow, then: dict[str, Any]) -> None:
    rows = [
        [
            *(str(row.demand), row.version, row.workflow, row.state, row.ended_as, row.round),
            *(row.received.isoformat(), row.due and row.due.isoformat(), row.clock, row.place, row.lead, row.text),
        ]
        for row in flow.board(limit=1000).rows
    ]
    assert rows == then["board"]
    assert sum(1 for _ in flow.all_events()) == then["events"]
    for demand, lines in then["history"].items():
        assert [str(line) for line in flow.history(demand)] == lines
    for demand, attributes in then["attributes"].items():
        assert dict(flow.demand(demand).attributes) == attributes


def test_a_reference_recorded_then_is_known(flow: DemandFlow, then: dict[str, Any]) -> None:
    now, recorded = then["reference"]
    assert now == recorded == str(flow.id_of("hotline", "7"))


def test_nothing_is_reacted_to_twice(url: str, then: dict[str, Any]) -> None:
    now = datetime.fromisoformat(then["now"])
    with DemandFlow.open(
        url,
        workflows=(CLOSED_LOOP_1, TIMED),
        clock=lambda: now,
        zone="Asia/Shanghai",
        policies=standard_policies(OFFICE),
    ) as flow:
        assert flow.run_policies().counts() == then["reactions"] == {}


def test_rebuilding_changes_nothing(flow: DemandFlow, then: dict[str, Any]) -> None:
    flow.rebuild()
    _agrees(flow.figures(), then["all"])
