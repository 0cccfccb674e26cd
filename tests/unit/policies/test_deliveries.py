"""Who tells a hook: one at a time, and never blocked by a clock that was wrong once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, InvalidValue, Notice
from demandflow.automation.deliveries import LEASE, Deliveries
from demandflow.store.following.cursor import SCHEMA
from demandflow.store.sqlite.tables import SQLiteTables
from tests.profiles import examples
from tests.unit.policies.test_running import POLICIES, TIMED, Town, registered
from tests.unit.store.test_cursor import Source, rows

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def tables() -> Iterator[SQLiteTables]:
    made = SQLiteTables(None)
    made.make(SCHEMA, made.altered(SCHEMA))
    yield made
    made.close()


@given(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)) | st.timedeltas(-2 * LEASE, 2 * LEASE))
@settings(max_examples=examples(200))
def test_a_lease_holds_for_its_minute_and_no_longer_whatever_clock_wrote_it(ahead: timedelta) -> None:
    made = SQLiteTables(None)
    try:
        made.make(SCHEMA, made.altered(SCHEMA))
        one, other = (Deliveries(Source(), made, holder) for holder in ("one", "other"))
        assert one.begin("notices", NOW + ahead) == 0
        held = timedelta(0) < ahead + LEASE <= LEASE
        assert (other.begin("notices", NOW) is None) == held
        assert one.move("notices", 0, NOW) == held, "whoever was taken over goes on telling"
        assert one.begin("notices", NOW) == (0 if held else None)
    finally:
        made.close()


def test_a_clock_that_was_wrong_once_keeps_no_notice_back(tmp_path: Path) -> None:
    town = Town(tmp_path)
    registered(town)
    town.now += timedelta(days=3)
    town.flow.run_policies()
    now, town.now = town.now, datetime(2036, 1, 1, tzinfo=UTC)
    town.flow._deliveries.begin("notices", town.now)  # killed while it was telling
    town.now = now
    got: list[Notice] = []
    with DemandFlow.open(town.url, workflows=[TIMED], clock=lambda: now, policies=POLICIES) as other:
        assert other.deliver_notices(got.append) == 1
    town.close()


def test_a_log_that_is_not_as_it_was_is_told_by_nobodys_guess(tables: SQLiteTables) -> None:
    source = Source(rows([(1, True), (2, True), (3, True)]))
    deliveries = Deliveries(source, tables, "one")
    deliveries.begin("notices", NOW)
    assert deliveries.move("notices", 4, NOW)
    deliveries.end("notices")
    assert deliveries.begin("notices", NOW) == 4
    source.rows = [*source.rows[:1], (4, source.rows[2][1])]
    with pytest.raises(Exception, match="its log is not as it was"):
        deliveries.begin("notices", NOW)
    assert deliveries.begin("notices", NOW, after=2) == 2


@pytest.mark.parametrize("after", [-1, True, "5", 2**70, None, 7])
def test_where_to_go_on_is_a_position_of_the_log(tmp_path: Path, after: Any) -> None:
    town = Town(tmp_path)
    registered(town)
    if after is None:
        assert town.flow.deliver_notices(lambda notice: None, after=after) == 0
    else:
        with pytest.raises(InvalidValue, match="after: must be"):
            town.flow.deliver_notices(lambda notice: None, after=after)
    town.close()


@pytest.mark.parametrize("hook", ["", "\ud800", "a\0b", " ", 5, None])
def test_a_hook_has_a_name(tmp_path: Path, hook: Any) -> None:
    town = Town(tmp_path)
    with pytest.raises(InvalidValue, match=r"^hook: "):
        town.flow.deliver_notices(lambda notice: None, hook=hook)
    town.close()
