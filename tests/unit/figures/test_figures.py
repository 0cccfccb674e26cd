"""The figures: equal to an oracle written apart, n/a where nothing is declared, and never a bare number."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from demandflow import CLOSED_LOOP, Actor, DemandFlow, FeedbackMethod, Figures, Grade, InvalidValue
from demandflow.facts import Stepped
from demandflow.figures import RATES, Rate
from demandflow.projections.figures.definitions import RANGES
from demandflow.projections.standing import COUNTS, HAPPENINGS
from demandflow.testing import as_state_machine
from tests.profiles import SHARE, examples
from tests.stories import AUDITOR, CLERK, DAY, DISPATCHER, OTHER_CLERK, PLAIN, RESIDENT, T0, TEAM
from tests.unit.figures.oracle import expected, stored


def compare(figures: Figures, want: dict[str, int], where: object) -> None:
    for name in (*COUNTS, *RANGES):
        assert (figures.count(name) or 0) == want.get(name, 0), (where, name)
    for name, meaning in HAPPENINGS.items():
        assert (figures.count(name) or 0) == want.get(f"{meaning} (happened)", 0), (where, name)


def agree(flow: DemandFlow) -> None:
    """The tables and the oracle say the same, overall and along every dimension."""
    want = expected(stored(flow), now=flow._clock())
    compare(flow.figures(), want.get(("all", ""), {}), "all")
    for dimension in ("place", "category", "channel", "lead", "workflow"):
        ours = flow.figures_by(dimension, level=2)
        theirs = {key: counts for (name, key), counts in want.items() if name == dimension}
        for key in {*ours, *theirs}:
            compare(ours.get(key, Figures(key, {}, {})), theirs.get(key, {}), (dimension, key))


@pytest.mark.long
def test_tables_agree_with_an_oracle_after_every_step() -> None:
    base: Any = as_state_machine(CLOSED_LOOP)

    class WithOracle(base):  # type: ignore[misc]
        @invariant()
        def the_oracle_agrees(self) -> None:
            for flow in self.player.flows if self.player else ():
                agree(flow)

    steps = 40 if SHARE == 1 else 20
    several = settings(max_examples=examples(40), stateful_step_count=steps, deadline=None)
    run_state_machine_as_test(WithOracle, settings=several)


def live(flow: DemandFlow, grade: Grade = Grade.SATISFIED, **registered: Any) -> Any:
    """One demand, all the way round."""
    asked = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, **registered}
    demand = flow.register("路灯坏了", by=CLERK, **asked).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.report(demand, "done", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=True, grade=grade, by=RESIDENT)
    return demand


def test_a_rate_over_nothing_is_not_a_rate(flow: DemandFlow) -> None:
    figures = flow.figures()
    assert figures.identity == "0 received = 0 open + 0 closed + 0 refused + 0 withdrawn + 0 merged"
    assert {figures.rate(name).percent for name in RATES} == {"n/a"}
    assert figures.count("resolved") == 0


def test_what_a_workflow_does_not_declare_is_not_zero() -> None:
    clerk = Actor("li", "clerk")
    with DemandFlow.open("memory:", workflows=(PLAIN, CLOSED_LOOP)) as flow:
        plain = flow.register("a form", channel="counter", place="fufeng/c1", by=clerk).id
        flow.act(plain, "finish", Stepped(), by=clerk)
        figures = flow.figures()
        assert figures.count("closed") == 1
        assert [figures.count(name) for name in ("resolved", "silent", "asked", "evaluated", "handed_back")] == [
            None
        ] * 5
        assert figures.resolution().value is figures.satisfaction().value is figures.coverage.value is None

        live(flow, workflow="closed-loop@2")
        both = flow.figures()
        assert str(both.resolution()) == "1/1 = 100.0 %", "only demands that can be evaluated are in its denominator"
        assert both.count("received") == 2
        assert both.count("handed_back") == 0


def test_rates_are_exact_and_name_their_n(flow: DemandFlow) -> None:
    for grade in (Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.BASICALLY_SATISFIED):
        live(flow, grade)
    flow.register("open", channel="hotline", place="fufeng/c2", by=CLERK)
    figures = flow.figures()
    assert figures.resolution() == Rate("resolution received", Fraction(3), 4)
    assert figures.resolution().value == Fraction(3, 4)
    assert str(figures.satisfaction()) == "2/3 = 66.7 %"
    assert str(figures.satisfaction("weighted")) == "2.9/3 = 96.7 %"
    assert str(figures.satisfaction("lenient")) == "3/3 = 100.0 %"
    assert str(figures.participation) == "3/3 = 100.0 %"
    assert str(figures.coverage) == "3/3 = 100.0 %"
    assert figures.as_dict()["resolution received"] == Fraction(3, 4)
    assert str(RATES["satisfaction weighted"]).startswith(
        "satisfaction weighted (rate) = (score) / (graded): of the graded evaluations, how many are satisfied, each by"
    )


def test_the_interval_of_satisfaction_holds_the_silent_at_both_ends(flow: DemandFlow, clock: Any) -> None:
    live(flow)
    anonymous = flow.register("dark", channel="wish_box", place="fufeng/c1", by=CLERK).id
    flow.answer(anonymous, "seen to", by=CLERK)
    flow.feed_back(anonymous, FeedbackMethod.PUBLIC_NOTICE, by=CLERK)
    clock.advance(days=7)
    flow.end_notice(anonymous, by=OTHER_CLERK)
    least, most = flow.figures().satisfaction_interval()
    assert (str(least), str(most)) == ("1/2 = 50.0 %", "2/2 = 100.0 %")
    assert flow.figures().count("silent") == 1
    assert flow.figures().count("asked") == 1, "a notice on the wall tells, but does not ask"


def test_on_time_is_by_the_moment_it_was_closed(flow: DemandFlow, clock: Any) -> None:
    for days in (3, -1):
        demand = flow.register(
            "x", channel="hotline", place="f", resident=RESIDENT.id, by=CLERK, due=T0 + days * DAY
        ).id
        flow.answer(demand, "so", by=CLERK)
        flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
        flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    flow.register("y", channel="hotline", place="f", by=CLERK, due=T0)
    live(flow)
    clock.advance(days=30)
    figures = flow.figures()
    assert str(figures.on_time) == "1/3 = 33.3 %", "what is overdue counts against it; no deadline is neither"
    assert str(figures.on_time_of_the_ended) == "1/2 = 50.0 % (besides, 1 overdue)"
    assert [figures.count(one) for one in ("met", "missed", "running", "no_clock", "stopped")] == [1, 1, 1, 1, 0]


def test_what_is_less_deep_than_the_level_stands_under_its_own_name(flow: DemandFlow) -> None:
    for place in ("fufeng/c1/g1", "fufeng/c1/g2", "fufeng/c1", "fufeng", "岐山/c9"):
        flow.register("x", channel="hotline", place=place, by=CLERK)
    by_level = {level: flow.figures_by("place", level=level) for level in (1, 2, 3)}
    counted = {level: {k: f.count("received") for k, f in parts.items()} for level, parts in by_level.items()}
    assert counted == {
        1: {"fufeng": 4, "岐山": 1},
        2: {"fufeng": 1, "fufeng/c1": 3, "岐山/c9": 1},
        3: {"fufeng": 1, "fufeng/c1": 1, "fufeng/c1/g1": 1, "fufeng/c1/g2": 1, "岐山/c9": 1},
    }
    assert flow.figures_by("category") == {"": Figures("", *_of(flow))}


def _of(flow: DemandFlow) -> tuple[Any, Any]:
    return flow.figures().standings, flow.figures().happened


def test_large_numbers_are_printed_in_full() -> None:
    assert str(Rate("x", Fraction(1234567), 2000000)) == "1234567/2000000 = 61.7 %"
    assert str(Rate("x", Fraction(12345679, 10), 2000000)) == "1234567.9/2000000 = 61.7 %"


def test_questions_that_cannot_be_answered_say_what_can(flow: DemandFlow) -> None:
    figures = flow.figures()
    questions: dict[Callable[[], object], str] = {
        lambda: figures.count("happy"): "received",
        lambda: figures.count([]): "give its name",  # type: ignore[arg-type]
        lambda: figures.rate([]): "coverage",  # type: ignore[arg-type]
        lambda: flow.figures_by(3): "channel",  # type: ignore[call-overload]
        lambda: flow.figures_by("place", level=10**30): "from 1",
        lambda: figures.rate("happiness"): "coverage",
        lambda: figures.satisfaction_interval("so so"): "lenient",
        lambda: flow.figures_by("colour"): "channel",
        lambda: flow.figures_by("place", level=0): "from 1",
        lambda: flow.figures_by("place", level=True): "from 1",
    }
    for ask, possible in questions.items():
        with pytest.raises(InvalidValue, match=possible):
            ask()


def test_a_correction_moves_the_figures_of_the_day_it_corrects(flow: DemandFlow, clock: Any) -> None:
    demand = live(flow)
    clock.advance(days=40)
    flow.correct(
        demand, 7, "he meant the opposite", resolved=False, grade=Grade.DISSATISFIED, confirmed_by="张三", by=AUDITOR
    )
    flow.correct(demand, 1, "next door", place="fufeng/c2", by=AUDITOR)
    figures = flow.figures()
    assert (figures.count("resolved"), figures.count("dissatisfied"), figures.count("corrected")) == (0, 1, 2)
    assert [*flow.figures_by("place", level=2)] == ["fufeng/c2"]
    with flow._projector.tables() as tables:
        booked = tables.execute(
            "SELECT DISTINCT happened, recorded FROM demandflow_ledger WHERE recorded_by > 7"
        ).fetchall()
    assert set(booked) == {(20250301, 20250410), (20250410, 20250410)}
    agree(flow)
