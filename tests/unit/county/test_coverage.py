"""Coverage of grids by rounds: held against a count by hand, and a grid that nobody walked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, Place
from demandflow.county.grid.rounds import Coverage, coverage
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY, REGISTRAR
from demandflow.domain.county.grid.places import Founded, Opened, Renamed
from demandflow.domain.county.grid.rounds import ROUND, Round, RoundCorrected, Walked
from demandflow.errors import InvalidValue
from demandflow.testing import FrozenClock
from tests.stories import CLERK, SUPERVISOR

KEEPER = Actor("qian", REGISTRAR)
ZONE = ZoneInfo("Asia/Shanghai")
MARCH = datetime(2025, 3, 1, tzinfo=ZONE)
"""Midnight in the community."""


def opened() -> tuple[DemandFlow, FrozenClock]:
    """Two grids that are there from the 2nd of March on, of which the second has another name from the 4th on."""
    clock = FrozenClock((MARCH + timedelta(days=1)).astimezone(UTC))
    flow = DemandFlow.open("memory:", workflows=(DIRECTORY, ROUND), zone="Asia/Shanghai", clock=clock)
    directory = flow.start(Founded(county=Place("f")), of=Directory, by=KEEPER).id
    for name in ("f/g1", "f/g2"):
        flow.act(directory, "open_place", Opened(place=Place(name), kind="grid"), of=Directory, by=KEEPER)
    clock.advance(days=2)
    flow.act(directory, "rename", Renamed(place=Place("f/g2"), to=Place("f/g3")), of=Directory, by=KEEPER)
    clock.advance(days=6, hours=12)
    return flow, clock


ROUNDS = st.tuples(
    st.sampled_from(["f/g1", "f/g2", "f/g3", "f/yard"]), st.integers(0, 8 * 24 - 1), st.integers(0, 3), st.booleans()
)
DAYS = st.integers(1, 12)


@given(st.lists(ROUNDS, max_size=8), DAYS, DAYS)
def test_coverage_is_what_is_counted_by_hand(rounds: list[tuple[str, int, int, bool]], first: int, last: int) -> None:
    first, last = sorted((first, last))
    flow, _ = opened()
    with flow:
        for grid, hours, found, took_place in rounds:
            since = MARCH + timedelta(hours=hours)
            fact = Walked(grid=Place(grid), since=since, until=since + timedelta(minutes=50), found=found)
            walk = flow.start(fact, of=Round, by=CLERK)
            if not took_place:
                struck = RoundCorrected(reason="another day", took_place=False)
                flow.act(walk.id, "correct_round", struck, of=Round, by=SUPERVISOR)
        answer = {covered.grid: covered for covered in coverage(flow, f"2025-03-{first:02}", f"2025-03-{last:02}")}
    there = {"f/g1": range(2, 13), "f/g2": range(2, 4), "f/g3": range(4, 13)}
    for grid in ("f/g1", "f/g2", "f/g3", "f/yard"):
        mine = [(1 + hours // 24, found) for name, hours, found, took in rounds if name == grid and took]
        mine = [(day, found) for day, found in mine if first <= day <= last]
        days = [day for day in there.get(grid, ()) if first <= day <= min(last, 10)]  # the 10th is today
        if not mine and not days:
            assert grid not in answer
            continue
        of = len(days) if grid in there else None
        walked = {day for day, _ in mine if grid not in there or day in days}
        assert answer[grid] == Coverage(grid, len(mine), sum(found for _, found in mine), len(walked), of)


def test_a_grid_that_nobody_walked_is_there_with_none() -> None:
    flow, _ = opened()
    with flow:
        assert coverage(flow, "2025-03-02", "2025-03-03") == (
            Coverage("f/g1", 0, 0, 0, 2),
            Coverage("f/g2", 0, 0, 0, 2),
        )
        assert coverage(flow, "2025-03-02", "2025-03-03")[0].rate == Fraction(0)
        assert Coverage("x", 1, 0, 1, None).rate is None
        with pytest.raises(InvalidValue, match="2025-03-03 is after 2025-03-02; name the earlier day first"):
            coverage(flow, "2025-03-03", "2025-03-02")
