"""A synchronous standby takes over, and a desk is stopped: what was answered is there, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demandflow import DemandFlow
from demandflow.errors import StorageUnreachable
from tests.crash.failover import DESKS, opened, pair, stopped, taken_over
from tests.crash.processes import CLERK
from tests.crash.rounds import STARTED
from tests.servers import WHY_NOT, binaries

pytestmark = pytest.mark.long


@pytest.mark.skipif(binaries() is None, reason=WHY_NOT)
def test_a_standby_that_takes_over_has_all_that_was_answered(tmp_path: Path) -> None:
    tally = taken_over(tmp_path, 1, 1)
    assert (tally.rounds, tally.kills, tally.lost, tally.doubled) == (1, 1, 0, 0)
    assert tally.events >= tally.acknowledged >= 10 * DESKS


def test_a_desk_that_is_stopped_stops_nobody_and_goes_on(tmp_path: Path, postgres: str) -> None:
    tally = stopped(postgres, tmp_path, 1)
    assert (tally.rounds, tally.lost, tally.doubled) == (10, 0, 0)
    assert tally.events >= tally.acknowledged >= 10 * 15


@pytest.mark.skipif(binaries() is None, reason=WHY_NOT)
def test_a_standby_answers_what_the_tables_have_and_what_was_recorded() -> None:
    with pair() as (_, standby, url), DemandFlow.open(url) as flow:
        first = flow.register("x", channel="hotline", place="a", by=CLERK).id
        figures, board = flow.figures(), flow.board()
        flow.note(first, "y", by=CLERK)
        with opened(standby.url) as reader:
            until = time.monotonic() + STARTED
            while reader.last_position() < 2 and time.monotonic() < until:
                time.sleep(0.05)
            assert (reader.figures(catch_up=False), reader.board(catch_up=False)) == (figures, board)
            assert [position for position, _ in reader.events_after(0)] == [1, 2]
            assert len(reader.history(first)) == 2
            assert reader.verify().ok
            writes: list[Callable[[], object]] = [reader.figures, lambda: reader.note(first, "z", by=CLERK)]
            for write in writes:
                with pytest.raises(StorageUnreachable, match="takes no writes"):
                    write()
        flow.figures()
        with opened(standby.url) as reader:
            while reader.board(catch_up=False).rows[0].version < 2 and time.monotonic() < until:
                time.sleep(0.05)
            assert reader.figures() == figures
