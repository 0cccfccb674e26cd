"""On time, in two definitions: a pile of what is open and overdue shows, and both are printed with their n."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from demandflow import DemandFlow, FeedbackMethod, Grade
from demandflow.facts import Stepped
from demandflow.figures import Rate, definition
from demandflow.projections.figures.rates import ClockFigures
from demandflow.testing import FrozenClock
from tests.stories import CLERK, DAY, RESIDENT, T0
from tests.unit.figures.test_clock_figures import WARDEN, WORKFLOWS


def ten_of_which_one_is_closed(flow: DemandFlow, clock: FrozenClock) -> None:
    for _ in range(10):
        it = flow.register("x", channel="hotline", place="f", resident=RESIDENT.id, due=T0 + DAY, by=CLERK).id
    flow.answer(it, "so", by=CLERK)
    flow.feed_back(it, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(it, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    clock.advance(days=9)


def test_nine_open_and_overdue_of_ten_are_not_100_per_cent_on_time(flow: DemandFlow, clock: FrozenClock) -> None:
    ten_of_which_one_is_closed(flow, clock)
    figures = flow.figures()
    assert figures.on_time == Rate("on_time", Fraction(1), 10)
    assert str(figures.on_time) == "1/10 = 10.0 %"
    assert figures.on_time_of_the_ended.n == 1
    assert str(figures.on_time_of_the_ended) == "1/1 = 100.0 % (besides, 9 overdue)", "never without the overdue"
    assert figures.rate("on_time") == figures.on_time
    assert figures.rate("on_time of the ended") == figures.on_time_of_the_ended
    assert "on time: of the due 1/10 = 10.0 %; of the ended 1/1 = 100.0 % (besides, 9 overdue)" in str(figures)
    parts = flow.figures_by("place")
    assert str(parts["f"].on_time) == str(parts.total.on_time) == "1/10 = 10.0 %"
    assert parts.columns()["on_time"] == [0.1]
    assert parts.columns()["overdue"] == [9]


def test_before_anything_is_due_nothing_counts_against_it(flow: DemandFlow, clock: FrozenClock) -> None:
    flow.register("x", channel="hotline", place="f", due=T0 + DAY, by=CLERK)
    assert str(flow.figures().on_time) == "n/a"
    clock.now = T0 + DAY
    assert str(flow.figures().on_time) == "n/a", "due now is not yet overdue"
    clock.now += timedelta(microseconds=1)
    assert str(flow.figures().on_time) == "0/1 = 0.0 %"
    assert str(flow.figures().on_time_of_the_ended) == "n/a (besides, 1 overdue)"


def test_a_clock_is_on_time_by_both_definitions(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", workflows=WORKFLOWS, clock=clock) as flow:
        for days in (1, 9, None):
            it = flow.register("x", channel="hotline", place="f", workflow="guarded@1", by=WARDEN).id
            flow.act(it, "begin", Stepped(), by=WARDEN)
            if days:
                clock.advance(days=days)
                flow.act(it, "finish", Stepped(), by=WARDEN)
        clock.advance(days=9)
        work = flow.figures().clock("work")
        assert (str(work.on_time), str(work.on_time_of_the_ended)) == (
            "1/3 = 33.3 %",
            "1/2 = 50.0 % (besides, 1 overdue)",
        )
        assert (
            str(work)
            == "work: 3 received = 0 none + 1 running + 1 met + 1 missed + 0 stopped; of the running 1 overdue"
        )
        assert flow.figures().rate("work on time") == work.on_time
        assert flow.figures().rate("work on time of the ended") == work.on_time_of_the_ended
        assert "    on time: of the due 1/3 = 33.3 %; of the ended 1/2 = 50.0 %" in str(flow.figures())


def test_of_none_there_is_no_rate_and_no_overdue_beside_it() -> None:
    nothing = ClockFigures("work", 4, 0, 0, 0, 0)
    assert (str(nothing.on_time), str(nothing.on_time_of_the_ended)) == ("n/a", "n/a")


def test_both_definitions_say_what_they_are_over() -> None:
    assert definition("on_time").formula == "(met) / (met + missed + running_overdue)"
    assert definition("on_time of the ended").formula == "(met) / (met + missed)"
