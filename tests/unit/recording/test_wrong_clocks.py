"""A clock that is wrong: who is far behind what is recorded records nothing, a jump ahead is reported, and a way on."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Calendar, DemandFlow, InvalidValue, Rejected, Role, closed_loop, standard_clocks
from demandflow.analysis.verifying import verify
from demandflow.batches import Action
from demandflow.domain.facts import Noted
from demandflow.errors import ClockBehind, ClockJumped
from demandflow.importing.mending import mended_copy
from demandflow.policies import Handler, standard_policies
from demandflow.recording.ids import elapsed
from demandflow.recording.moments import Moments
from demandflow.testing import FrozenClock, counted_ids
from tests.stories import AUDITOR, CLERK, DAY, DISPATCHER, RESIDENT, T0

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
MINUTE, YEARS = timedelta(minutes=1), timedelta(days=3650)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'flow.db'}"


def test_who_is_more_than_ten_minutes_behind_the_newest_recording_records_nothing(kept_url: str) -> None:
    with DemandFlow.open(kept_url, clock=FrozenClock(T0 + YEARS)) as wrong:
        wrong.register("x", **PLACED)
    for behind, allowed in ((10 * MINUTE, True), (10 * MINUTE + timedelta(seconds=1), False), (YEARS, False)):
        with DemandFlow.open(kept_url, clock=FrozenClock(T0 + YEARS - behind)) as flow:
            began = flow._log.last_position()
            if allowed:
                flow.register("y", **PLACED)
                continue
            with pytest.raises(ClockBehind, match="Set this clock right; if that other clock was wrong, see"):
                flow.register("y", **PLACED)
            assert flow._log.last_position() == began
            assert flow.figures().count("received") == 2, "reading goes on"


def test_a_process_that_reads_what_a_wrong_clock_recorded_stops_as_well(kept_url: str) -> None:
    clock = FrozenClock()
    with DemandFlow.open(kept_url, clock=clock) as flow:
        first, other = flow.register("x", **PLACED).id, flow.register("y", **PLACED).id
        with DemandFlow.open(kept_url, clock=FrozenClock(T0 + YEARS)) as wrong:
            wrong.note(first, "a", by=CLERK)
        flow.demand(first)
        for demand in (first, other):
            with pytest.raises(ClockBehind):
                flow.note(demand, "b", by=CLERK)


def test_a_clock_that_is_set_back_records_nothing_until_it_is_right_again(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("x", **PLACED).id
    clock.advance(hours=-1)
    records: list[Callable[[], object]] = [
        lambda: flow.register("y", **PLACED),
        lambda: flow.note(demand, "y", by=CLERK, command_id="once"),
        lambda: flow.accept(demand, by=AUDITOR),
    ]
    for record in records:
        with pytest.raises(ClockBehind, match="Set this clock right"):
            record()
    assert flow.figures().count("received") == len(flow.board().rows) == len(list(flow.all_events())) == 1
    clock.advance(hours=1)
    assert flow.note(demand, "y", by=CLERK, command_id="once").version == 2
    assert flow.accept(demand, by=AUDITOR).version == 3
    verified = verify(flow)
    assert verified.ok, str(verified)


def test_a_wrong_clock_pushes_no_later_fact_ahead(tmp_path: Path) -> None:
    clock = FrozenClock()
    with DemandFlow.open(url(tmp_path), clock=clock) as flow:
        touched, other = flow.register("x", **PLACED).id, flow.register("y", **PLACED).id
    with DemandFlow.open(url(tmp_path), clock=FrozenClock(T0 + YEARS)) as wrong:
        wrong.note(touched, "a", by=CLERK)
    with DemandFlow.open(url(tmp_path), clock=clock, clocks_right_until=T0 + DAY) as flow:
        assert flow.note(other, "b", by=CLERK).last == T0
        assert flow.register("z", **PLACED).last == T0
        with pytest.raises(ClockBehind, match=f"the last of demand {touched} was recorded at 2035-02-27"):
            flow.note(touched, "b", by=CLERK)
        items = [Action(demand=it, move="note", fact=Noted(text="c"), by=CLERK) for it in (touched, other)]
        refused, recorded = flow.act_many(items)
        assert isinstance(refused, Rejected)
        assert isinstance(refused.reason, ClockBehind)
        assert recorded.demand.last == T0  # type: ignore[union-attr]


OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")


def test_policies_are_not_run_by_a_clock_that_is_behind(tmp_path: Path) -> None:
    how: Any = {"workflows": [closed_loop()], "policies": standard_policies(OFFICE, units=(Handler("team", "fufeng"),))}
    with DemandFlow.open(url(tmp_path), clock=FrozenClock(T0 + DAY), **how) as flow:
        flow.accept(flow.register("x", **PLACED).id, by=AUDITOR)
    with DemandFlow.open(url(tmp_path), clock=FrozenClock(T0), **how) as behind:
        with pytest.raises(ClockBehind):
            behind.run_policies()
        assert not behind.parked(), "nothing is parked because of a clock"
    with DemandFlow.open(url(tmp_path), clock=FrozenClock(T0 + DAY), **how) as flow:
        assert flow.run_policies().counts() == {"dispatch": 1}


class Machine:
    """A clock that can be set, and the seconds that really go by."""

    def __init__(self) -> None:
        self.now, self.seconds = T0, 0.0

    def goes_on(self, by: timedelta) -> None:
        self.now += by
        self.seconds += by.total_seconds()


def jumps(moments: Moments) -> list[ClockJumped]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        moments.recording()
    return [one.message for one in caught if isinstance(one.message, ClockJumped)]


@given(st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(0), timedelta(days=400))), max_size=9))
def test_a_jump_ahead_is_reported_once_and_a_quiet_night_is_none(steps: list[tuple[bool, timedelta]]) -> None:
    machine = Machine()
    moments = Moments(lambda: machine.now, elapsed=lambda: machine.seconds)
    assert not jumps(moments)
    for is_set, by in steps:
        if is_set:
            machine.now += by
        else:
            machine.goes_on(by)
        found = jumps(moments)
        assert bool(found) == (is_set and by > 10 * MINUTE), "what is set ahead is reported, time that goes by is not"
        assert all(one.ahead == by for one in found)
        assert not jumps(moments), "once"


def test_a_clock_far_ahead_of_the_last_recording_is_reported_when_it_first_records() -> None:
    for newest, reported in ((T0 - 300 * DAY, False), (T0 - YEARS, True)):
        moments = Moments(lambda: T0, newest=partial(lambda it: it, newest), elapsed=lambda: 0.0)
        found = jumps(moments)
        assert bool(found) == reported
        assert not jumps(moments)
        assert all("3650 days, 0:00:00 ahead of 2015-03-04" in str(one) for one in found)


def test_a_given_clock_is_the_callers_own_affair(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow:  # any warning would be an error here
        for _ in range(3):
            flow.register("x", **PLACED)
            clock.advance(days=800)


def test_only_what_is_recorded_by_a_wrong_clock_holds_others_back(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow:
        demand = flow.register("x", **PLACED).id
        clock.advance(days=800)
        assert flow.would(demand, "note", Noted(text="y"), by=CLERK).version == 2
        flow.try_many([Action(demand=demand, move="note", fact=Noted(text="y"), by=CLERK)])
        with suppress(LookupError), flow.batch() as batch:
            batch.note(demand, "y", by=CLERK)
            raise LookupError
        clock.advance(days=-799)
        assert flow.note(demand, "y", by=CLERK).version == 2
        clock.advance(days=800)
        with flow.batch() as batch:
            batch.register("x", **PLACED)
        clock.advance(days=-1)
        with pytest.raises(ClockBehind):
            flow.register("y", **PLACED)


def test_the_clock_of_the_machine_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert elapsed() <= elapsed()
    with DemandFlow.open("memory:") as flow:
        flow.register("x", **PLACED)
        moments = flow._handler.moments
        real = moments._clock
        monkeypatch.setattr(moments, "_clock", lambda: real() + timedelta(days=1))
        with pytest.warns(ClockJumped, match="ahead of"):
            flow.register("y", **PLACED)


def test_what_cannot_be_read_at_the_end_of_the_log_holds_nobody_back(tmp_path: Path) -> None:
    with DemandFlow.open(url(tmp_path), clock=FrozenClock()) as flow:
        demand = flow.register("x", **PLACED).id
        flow.register("y", **PLACED)
    with sqlite3.connect(tmp_path / "flow.db") as raw:
        raw.execute("UPDATE stored_events SET state = '{}' WHERE rowid = 2")
    raw.close()
    with DemandFlow.open(url(tmp_path), clock=FrozenClock()) as flow:
        assert flow.note(demand, "b", by=Actor("li", Role.GRID_ADMINISTRATOR)).version == 2


TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, finish="5 calendar days"))


def played(flow: DemandFlow, clock: FrozenClock, wrong: timedelta) -> Any:
    """A demand that is accepted and taken on, in between by a clock that is wrong by so much."""
    demand, other = flow.register("x", **PLACED).id, flow.register("y", **PLACED).id
    clock.advance(hours=1)
    clock.now += wrong
    flow.accept(demand, by=AUDITOR, command_id="a")
    clock.now -= wrong
    return demand, other


@pytest.mark.parametrize("url_of", [lambda _: "memory:", url])
def test_a_copy_with_right_moments_goes_on_as_if_no_clock_had_been_wrong(tmp_path: Path, url_of: Any) -> None:
    states, tables = [], []
    for wrong in (timedelta(0), YEARS):
        clock, ids = FrozenClock(), counted_ids()
        how: Any = {"workflows": [TIMED], "clock": clock, "new_id": ids}
        folder = tmp_path / f"{wrong.days}"
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch, DemandFlow.open(url_of(folder), **how) as flow:
            patch.setattr("demandflow.recording.moments.FAR_BEHIND", 2 * YEARS)
            demand, other = played(flow, clock, wrong)
            flow.contract_out(demand, "repair team", by=DISPATCHER)
            flow.note(other, "a", by=CLERK)
            if not wrong:
                states.append((flow.demand(demand), flow.demand(other)))
                tables.append(flow.figures().as_dict())
                continue
            assert flow.demand(demand).last == T0 + YEARS + timedelta(hours=1), "pushed ahead, as it once was"
            target = f"sqlite:///{folder / 'mended.db'}"
            count = mended_copy(flow, target, wrong_after=T0 + DAY, really=T0 + timedelta(hours=1))
            assert count == 2, "the one that was wrong, and the one that it pushed ahead"
            with pytest.raises(InvalidValue, match="there is a log already"):
                mended_copy(flow, target, wrong_after=T0 + DAY, really=T0)
            with pytest.raises(InvalidValue, match="really"):
                mended_copy(flow, "memory:", wrong_after=T0, really=T0 + DAY)
        with DemandFlow.open(target, **how) as flow:
            states.append((flow.demand(demand), flow.demand(other)))
            tables.append(flow.figures().as_dict())
            assert flow.note(demand, "b", by=CLERK).version == 4
            assert flow.accept(demand, by=AUDITOR, command_id="a").version == 2, "still known"
    assert states[0] == states[1]
    assert tables[0] == tables[1]
