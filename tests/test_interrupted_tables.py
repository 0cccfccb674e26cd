"""Whatever interrupts the tables, at any line: no transaction stays open, and nothing is counted twice."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow
from tests.test_lost_tables import copied, opened, same, sound, twin

__all__ = ["sound", "twin"]
OURS = ("tables.py", "cursor.py", "projector.py", "agenda.py", "parked.py", "deliveries.py", "taken.py")
USES: dict[str, Callable[[DemandFlow], object]] = {
    "figures": lambda flow: flow.figures(),
    "rebuild": lambda flow: flow.rebuild(),
    "next moment": lambda flow: flow.next_moment(),
    "notices": lambda flow: flow.deliver_notices(lambda notice: None, after=0),
    "trying again": lambda flow: flow.retry_parked_events(),
}


class Interrupted(BaseException):
    """What a signal's handler raises."""


@contextmanager
def interrupted_at(line: int) -> Iterator[list[int]]:
    """Raise at the so-manyth line of our files; the list says how many were run."""
    count = [0]

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith(OURS):
            return None
        if event == "line" and frame.f_code.co_name != "leave":  # what ends the transaction is one call of SQLite
            count[0] += 1
            if count[0] == line:
                raise Interrupted
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


@given(st.sampled_from(sorted(USES)), st.floats(0, 1))
@settings(max_examples=60)
def test_an_interruption_at_any_line_leaves_nothing_behind(
    sound: Path, twin: dict[str, Any], use: str, where: float
) -> None:
    with opened(copied(sound, "counted.db")) as flow, interrupted_at(0) as lines:
        USES[use](flow)
    path = copied(sound, "interrupted.db")
    with opened(path) as flow:
        with pytest.raises(Interrupted), interrupted_at(1 + int(where * (lines[0] - 1))):
            USES[use](flow)
        for connection in (flow._projector._connection, flow._agenda.tables.connection):
            assert not connection.in_transaction
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
        same(flow, twin)
