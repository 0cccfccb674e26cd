"""Moments: what happened earlier is entered by who has the right to, and no moment walks round a rule."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    Actor,
    BackdatingNotAllowed,
    Calendar,
    DemandFlow,
    DemandFlowError,
    Event,
    FeedbackMethod,
    Grade,
    InvalidValue,
    Registration,
    Rejected,
    RuleBroken,
    closed_loop,
    standard_clocks,
)
from demandflow.domain.values import Channel, Place
from demandflow.facts import Noted, Registered
from demandflow.importing import Column, Constant, PathOf, RowMapping, RowStep, Timestamp, import_file
from demandflow.policies import Handler, standard_policies
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DAY, RESIDENT, T0, TEAM

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
IMPORTER = Actor("the old register", "grid_administrator")


def test_notes_five_minutes_ahead_do_not_bring_a_notice_to_its_end(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("x", channel="wish_box", place="f", by=CLERK).id
    flow.answer(demand, "so", by=CLERK)
    flow.feed_back(demand, FeedbackMethod.PUBLIC_NOTICE, by=CLERK)
    last = flow.note(demand, "a", by=CLERK, at=T0 + 5 * MINUTE).last
    assert last == T0 + 5 * MINUTE, "clocks of desks may differ by five minutes"
    for ahead in (5 * MINUTE + timedelta(microseconds=1), 10 * MINUTE, 7 * DAY):
        with pytest.raises(InvalidValue, match="is in the future"):
            flow.note(demand, "b", by=CLERK, at=T0 + ahead)
    with pytest.raises(RuleBroken):
        flow.end_notice(demand, by=CLERK)
    assert flow.demand(demand).last == last


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(-2000, 2000)), max_size=30))
def test_no_sequence_of_moments_gets_ahead_of_the_clock_or_further_back_than_a_day(
    entries: list[tuple[int, int | None]],
) -> None:
    clock = FrozenClock()
    with DemandFlow.open("memory:", clock=clock) as flow:
        demand = flow.register("x", **PLACED)
        for waited, minutes in entries:
            clock.advance(minutes=waited)
            before = flow.demand(demand.id)
            at = None if minutes is None else clock.now + minutes * MINUTE
            try:
                flow.note(demand.id, "x", by=CLERK, at=at)
            except DemandFlowError:
                assert flow.demand(demand.id) == before, "what is refused changes nothing"
                assert at is not None
                assert at > clock.now + 5 * MINUTE or at < (before.last or clock.now)
            event = flow.events(demand.id)[-1].meta
            assert event.recorded - DAY <= event.happened <= event.recorded + 5 * MINUTE
            assert (flow.demand(demand.id).last or clock.now) <= clock.now + 5 * MINUTE
            assert (event.retrospect is True) == (event.happened < event.recorded - 5 * MINUTE)


def closed(flow: DemandFlow) -> Any:
    demand = flow.register("x", **PLACED).id
    flow.answer(demand, "so", by=CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=Actor("Luo", "grid_administrator"))
    flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    return demand


def test_a_window_that_is_over_is_not_met_by_entering_an_earlier_moment(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = closed(flow)
    clock.advance(days=90)
    with pytest.raises(RuleBroken):
        flow.reopen(demand, "again", by=RESIDENT)
    with pytest.raises(BackdatingNotAllowed, match="a late entry reaches back to 2025-05-29 08:00:00 UTC") as refused:
        flow.reopen(demand, "again", by=RESIDENT, at=T0 + 29 * DAY)
    assert "roles that may backdate: none" in str(refused.value)
    with pytest.raises(RuleBroken):
        flow.reopen(demand, "again", by=RESIDENT, at=clock.now - DAY)
    assert flow.demand(demand).state == "closed"


@pytest.mark.parametrize("late_entry", [timedelta(0), HOUR, 3 * DAY])
def test_how_far_back_an_entry_may_lie_is_a_parameter(late_entry: timedelta) -> None:
    with DemandFlow.open("memory:", clock=FrozenClock(), late_entry=late_entry) as flow:
        assert flow.register("x", **PLACED, at=T0 - late_entry).last == T0 - late_entry
        with pytest.raises(BackdatingNotAllowed):
            flow.register("y", **PLACED, at=T0 - late_entry - timedelta(microseconds=1))
        assert flow.figures().count("received") == 1


def test_named_roles_may_enter_what_happened_at_any_time() -> None:
    with DemandFlow.open("memory:", clock=FrozenClock(), backdating=("auditor", "importer")) as flow:
        old: Any = {**PLACED, "at": T0 - 400 * DAY}
        with pytest.raises(BackdatingNotAllowed, match=r"roles that may backdate: auditor, importer"):
            flow.register("x", **old)
        with flow.batch(backdating=True) as batch:
            demand = batch.register("x", **old).id
        with pytest.raises(BackdatingNotAllowed), flow.batch() as batch:
            batch.note(demand, "x", by=CLERK, at=T0 - 399 * DAY)
        assert flow.accept(demand, by=AUDITOR, at=T0 - 300 * DAY).since == T0 - 300 * DAY
        (answer,) = flow.register_many([Registration(fact=registered(), by=CLERK, at=T0 - 2 * DAY)])
        assert isinstance(answer, Rejected)
        assert isinstance(answer.reason, BackdatingNotAllowed)


def registered() -> Registered:
    return Registered(text="x", channel=Channel("hotline"), place=Place("f"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"backdating": 3},
        {"backdating": ("",)},
        {"backdating": (None,)},
        {"late_entry": 24},
        {"late_entry": timedelta(seconds=-1)},
        {"clocks_right_until": "2026"},
    ],
)
def test_who_may_backdate_and_how_far_is_checked(wrong: Any) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        DemandFlow.open("memory:", **wrong)
    role: Any = "auditor"
    with DemandFlow.open("memory:") as flow, pytest.raises(InvalidValue, match="True or False"):
        flow.batch(backdating=role).__enter__()


def test_an_entry_in_retrospect_is_marked_and_others_are_stored_as_before(tmp_path: Path, clock: FrozenClock) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url, clock=clock) as flow:
        demand = flow.register("x", **PLACED, at=T0 - 2 * HOUR).id
        flow.note(demand, "a", by=CLERK, at=T0 - 5 * MINUTE)
        flow.note(demand, "b", by=CLERK)
    with DemandFlow.open(url, clock=clock) as flow:
        assert [event.meta.retrospect for event in flow.events(demand)] == [True, None, None]
        assert marks(flow.events(demand)[0]) == {"retrospect": True}
        assert marks(flow.events(demand)[2]) == {}


def test_the_figures_say_how_many_entries_were_made_in_retrospect(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock, backdating="auditor") as flow:
        assert flow.figures().count("in_retrospect") == 0, "every workflow has them"
        demand = flow.register("x", **PLACED, at=T0 - 2 * HOUR).id
        flow.note(demand, "a", by=CLERK, at=T0 - HOUR)
        flow.note(demand, "b", by=CLERK)
        clock.advance(days=9)
        flow.accept(demand, by=AUDITOR, at=T0 + DAY)
        flow.register("y", channel="counter", place="f", by=CLERK)
        assert flow.figures().count("in_retrospect") == 3
        assert flow.figures(channel="counter").count("in_retrospect") == 0
        assert flow.figures(as_of=T0.date()).count("in_retrospect") == 2
        assert [one.demand for one in flow.counted("in_retrospect")] == [demand] * 3
        assert flow.figures().as_dict()["in_retrospect"] == 3


def marks(event: Event) -> Any:
    from demandflow.store.mapper import FactMapper

    stored = json.loads(FactMapper([type(event.fact)]).to_stored_event(event).state)
    return {name: value for name, value in stored["meta"].items() if name == "retrospect"}


def test_old_records_come_in_with_their_own_times_and_are_judged_by_them(tmp_path: Path, clock: FrozenClock) -> None:
    file = tmp_path / "old.csv"
    file.write_text(
        "no,when,done,what\n1,2024-03-02 09:15,2024-03-02 10:00,a lamp\n2,2024-03-02 09:15,2024-03-01 08:00,b\n"
    )
    mapping = RowMapping(
        source="register", reference="no", by=IMPORTER, zone="UTC", formats=("%Y-%m-%d %H:%M",),
        start=RowStep("register", Registered, Timestamp("when"), {
            "text": Column("what"), "channel": Constant(Channel("hotline")), "place": PathOf(Place, ("fufeng",)),
        }),
        steps=(RowStep("note", Noted, Timestamp("done"), {"text": Column("what")}),),
    )  # fmt: skip
    with DemandFlow.open("memory:", clock=clock) as flow:
        report = import_file(flow, file, mapping)
        assert (report.recorded, len(report.refused)) == (1, 1)
        assert "is earlier than what last happened" in report.refused[0].reason
        assert flow.figures(received="2024-03").count("received") == 1
        assert all(event.meta.retrospect for event in flow.all_events())


OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, dispatch="1 hours"))


def test_policies_act_now_however_long_ago_it_was_due(clock: FrozenClock) -> None:
    policies = standard_policies(OFFICE, units=(Handler("team", "fufeng"),))
    with DemandFlow.open("memory:", workflows=[TIMED], clock=clock, policies=policies) as flow:
        demand = flow.register("x", **PLACED).id
        flow.accept(demand, by=AUDITOR)
        clock.advance(days=3)
        assert flow.run_policies(T0 + MINUTE).counts() == {"dispatch": 1}
        (event,) = (one for one in flow.events(demand) if one.meta.actor.id == "dispatch")
        assert (event.meta.happened, event.meta.retrospect) == (clock.now, None)
        assert flow.figures().clock("dispatch").missed == 1, "the deadline is not met by running late in the past"


def test_a_command_that_comes_again_is_known_however_late(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("x", **PLACED).id
    noted = flow.note(demand, "x", by=CLERK, at=T0, command_id="n")
    clock.advance(days=9)
    assert flow.note(demand, "x", by=CLERK, at=T0, command_id="n") == noted


def test_without_a_moment_it_happens_at_the_later_of_the_clock_and_what_happened_last(
    flow: DemandFlow, clock: FrozenClock
) -> None:
    demand = flow.register("x", **PLACED).id
    clock.advance(minutes=-9)
    assert flow.note(demand, "x", by=TEAM).last == T0
    assert flow.note(demand, "x", by=CLERK, at=T0).last == T0, "what does not go further is not in the future"
