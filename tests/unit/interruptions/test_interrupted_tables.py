"""Whatever interrupts the tables, wherever it may: no transaction stays open, and nothing is counted twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow
from tests.profiles import examples
from tests.unit.interruptions.interruptions import Interrupted, interrupted_at, nothing_left_open, passed_over
from tests.unit.store.test_lost_tables import copied, opened, same, sound, twin

pytestmark = passed_over
__all__ = ["nothing_left_open", "sound", "twin"]
USES: dict[str, Callable[[DemandFlow], object]] = {
    "figures": lambda flow: flow.figures(),
    "rebuild": lambda flow: flow.rebuild(),
    "next moment": lambda flow: flow.next_moment(),
    "notices": lambda flow: flow.deliver_notices(lambda notice: None, after=0),
    "trying again": lambda flow: flow.retry_parked_events(),
}


@given(st.sampled_from(sorted(USES)), st.floats(0, 1))
@settings(max_examples=examples(60))
def test_an_interruption_anywhere_leaves_nothing_behind(
    sound: Path, twin: dict[str, Any], use: str, where: float
) -> None:
    with opened(copied(sound, "counted.db")) as flow, interrupted_at(0) as moments:
        USES[use](flow)
    path = copied(sound, "interrupted.db")
    with opened(path) as flow:
        # who keeps the exception keeps the frames in which it was raised, and what they hold
        with suppress(Interrupted), interrupted_at(1 + int(where * (moments[0] - 1))):
            USES[use](flow)
        for connection in (flow._projector._connection, flow._agenda.tables.connection):
            assert not connection.in_transaction  # type: ignore[attr-defined]
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
        same(flow, twin)
