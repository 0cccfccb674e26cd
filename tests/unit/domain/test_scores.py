"""Separate scores: declared by the scale, corrected by name, each with figures and an n of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, Grade, InvalidValue, RuleBroken, closed_loop
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale, ScaleGrade
from demandflow.domain.standard.scores import Score
from demandflow.domain.versions.declared import declared
from demandflow.facts import Corrected, Evaluated, Reported
from demandflow.figures import definition
from demandflow.testing import FrozenClock, check, counted_ids
from tests.profiles import examples
from tests.small_workflow import desk

NAMES = ("timeliness", "attitude", "result")
OWN = (ScaleGrade("great", 1, True), ScaleGrade("poor", 0.2))
SCALE = GradeScale((*FIVE_GRADES.grades, *OWN), NAMES)
GRADES = tuple(grade.name for grade in SCALE.grades)
SATISFIED = {grade.name for grade in SCALE.grades if grade.satisfied}
CLERK, ANNA = Actor("Li", "clerk"), Actor("Anna", "resident")
PLACES = ("f/a", "f/b", "g")
SCORES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(GRADES), max_size=3)
STEPS = st.lists(st.tuples(st.integers(0, 2), SCORES, st.booleans()), max_size=12)


def opened(url: str = "memory:") -> tuple[DemandFlow, FrozenClock, list[Any]]:
    """A desk with three demands that were settled, at three places."""
    clock = FrozenClock(datetime(2025, 3, 1, 8, tzinfo=UTC))
    flow = DemandFlow.open(
        url, workflows=[replace(desk(), grades=SCALE)], clock=clock, new_id=counted_ids(), zone="UTC"
    )
    demands = []
    for place in PLACES:
        demands.append(flow.register("x", channel="counter", place=place, resident="Anna", by=CLERK).id)
        flow.act(demands[-1], "settle", Reported(resolved=True, words="so"), by=CLERK)
    return flow, clock, demands


def evaluation(scores: Any = None) -> Evaluated:
    return Evaluated(resolved=True, grade=Grade("very_satisfied"), scores=scores)


def by_hand(said: Sequence[dict[str, str]]) -> dict[str, tuple[int, int]]:
    """Of each score: how many give it, and how many of those are satisfied."""
    n = Counter(name for scores in said for name in scores)
    good = Counter(name for scores in said for name, grade in scores.items() if grade in SATISFIED)
    return {name: (n[name], good[name]) for name in NAMES}


def shown(flow: DemandFlow, **query: Any) -> dict[str, tuple[int, int]]:
    return {name: (one.evaluated, one.satisfied) for name, one in flow.scores(**query).items()}


@settings(deadline=None, max_examples=examples(60))
@given(STEPS)
def test_figures_of_scores_are_those_counted_by_hand(steps: list[tuple[int, dict[str, str], bool]]) -> None:
    flow, clock, demands = opened()
    said: dict[Any, dict[str, str]] = {}
    evaluated: dict[Any, int] = {}
    graded: list[dict[str, tuple[int, int]]] = []
    with flow:
        for number, scores, corrects in steps:
            clock.now += timedelta(days=1)
            demand = demands[number]
            if not corrects:
                done = flow.act(demand, "press a smiley", evaluation(scores or None), by=ANNA)
                said[demand], evaluated[demand] = scores, done.version
            elif demand in evaluated and scores:
                flow.correct(demand, evaluated[demand], "typo", scores=scores, by=CLERK)
                said[demand] = {**said[demand], **scores}
            graded.append(by_hand([*said.values()]))
        assert shown(flow) == by_hand([*said.values()])
        assert flow.figures().count("graded_satisfied") == len(said), "never pooled with the grade"
        parts = [shown(flow, place=place) for place in PLACES]
        total = {name: tuple(map(sum, zip(*(part[name] for part in parts), strict=True))) for name in NAMES}
        assert total == shown(flow), "the parts add up"
        for day, known in enumerate(graded, start=2):
            assert shown(flow, known_on=f"2025-03-{day:02}") == known
        for demand, scores in said.items():
            assert dict(flow.demand(demand).scores) == scores
        before = shown(flow, closed="2025-03-01"), shown(flow, received="2025-02")
        flow.rebuild()
        assert (shown(flow, closed="2025-03-01"), shown(flow, received="2025-02")) == before
        assert before == (shown(flow), by_hand([]))
        for name, (n, good) in shown(flow).items():
            for count, number in ((f"{name} evaluated", n), (f"{name} satisfied", good)):
                assert len(flow.counted(count)) == number
                changes = flow.changes(known_on=("2025-03-01", f"2025-03-{len(steps) + 1:02}"))
                assert changes.difference(count) == number == len(changes.of(count))
                assert not flow.counted(count, known_on="2025-03-01")


def test_a_correction_counts_from_the_day_of_the_evaluation() -> None:
    flow, clock, (demand, *_) = opened()
    with flow:
        flow.act(demand, "press a smiley", evaluation({"attitude": "poor"}), by=ANNA)
        clock.now += timedelta(days=2)
        flow.correct(demand, 3, "typo", scores={"attitude": "great", "result": "dissatisfied"}, by=CLERK)
        (counted,) = flow.counted("attitude satisfied")
        assert (counted.demand, counted.decided_by, counted.recorded_by) == (demand, 3, 4)
        assert str(definition("attitude satisfied")).startswith(
            "attitude satisfied (standing count): with an evaluation"
        )
        with pytest.raises(InvalidValue, match=r"possible: .* timeliness satisfied"):
            flow.counted("looks satisfied")
        (line,) = flow.changes(known_on=("2025-03-01", "2025-03-03")).lines
        assert str(line) == f"{demand}: closed → attitude satisfied, result evaluated, corrected +1 (event 4)"
        assert shown(flow, as_of="2025-03-01") == {"timeliness": (0, 0), "attitude": (1, 1), "result": (1, 0)}
        assert shown(flow, known_on="2025-03-01") == {"timeliness": (0, 0), "attitude": (1, 0), "result": (0, 0)}
        assert flow.demand(demand, as_of="2025-03-01").scores == (("attitude", "great"), ("result", "dissatisfied"))
        again = flow.correct(demand, 3, "typo", scores={"attitude": "satisfied"}, by=CLERK).this_round
        assert (again.scores[0], again.score_means) == (Score("attitude", Grade("satisfied")), ()), "one of the five"
        assert str(flow.scores()["attitude"]) == "attitude: satisfied 1/1 = 100.0 %"
        assert flow.scores()["timeliness"].rate.value is None, "n/a, not 0 %"
        assert flow.scores()["result"].rate.numerator == Fraction(0)


def test_what_is_not_declared_is_refused_with_what_is_possible() -> None:
    flow, _, (demand, *_) = opened()
    with flow:
        with pytest.raises(InvalidValue, match=r"'looks' is none of desk@1 \(possible: timeliness, attitude, result\)"):
            flow.act(demand, "press a smiley", evaluation({"looks": "great"}), by=ANNA)
        with pytest.raises(InvalidValue, match="'superb' is no grade of desk@1"):
            flow.act(demand, "press a smiley", evaluation({"result": "superb"}), by=ANNA)
        flow.act(demand, "press a smiley", evaluation(), by=ANNA)
        with pytest.raises(InvalidValue, match="'looks' is none"):
            flow.correct(demand, 3, "typo", scores={"looks": "great"}, by=CLERK)
        assert flow.demand(demand).version == 3
    with DemandFlow.open("memory:") as flow:
        assert flow.scores() == {}
    with pytest.raises(InvalidValue, match="each has a name of its own"):
        GradeScale(OWN, ("a", "a"))
    empty: list[Any] = [{}, [("a", "great"), ("a", "poor")]]
    for nothing in empty:
        with pytest.raises(InvalidValue, match="each name once"):
            evaluation(nothing)


def test_scores_are_the_same_however_they_are_given() -> None:
    said = evaluation({"result": "great", "attitude": "poor"})
    assert said == evaluation([["attitude", "poor"], ("result", "great")])
    words = {"resolved": "yes", "grade": "very_satisfied", "scores": "result: great; attitude: poor"}
    assert Evaluated.from_words(words) == said
    assert Evaluated.model_validate_json(said.model_dump_json()) == said
    assert Corrected(event=3, reason="x", scores=said.scores).replaced == {"scores": said.scores}


def test_a_scale_without_scores_declares_what_it_did() -> None:
    plain, with_scores = (closed_loop("ours", 1, grades=scale) for scale in (FIVE_GRADES, SCALE))
    assert declared(plain) == declared(closed_loop("ours", 1))
    assert declared(plain) != declared(with_scores)
    assert GradeScale(FIVE_GRADES.grades, ()) == FIVE_GRADES


def test_who_handled_it_does_not_correct_the_scores() -> None:
    """A score is part of the verdict."""
    clerk, auditor = Actor("li", "grid_administrator"), Actor("wang", "auditor")
    dispatcher, supervisor = Actor("zhao", "dispatcher"), Actor("sun", "supervisor")
    worker, resident = Actor("chen", "contractor", "team"), Actor("zhang", "resident")
    clock = FrozenClock()
    with DemandFlow.open("memory:", workflows=[closed_loop("ours", 1, grades=SCALE)], clock=clock) as flow:
        lamp = flow.register("x", channel="hotline", place="f", resident="zhang", by=clerk).id
        flow.accept(lamp, by=auditor)
        flow.contract_out(lamp, "team", by=dispatcher)
        flow.take_on(lamp, by=worker)
        flow.report(lamp, "done", by=worker)
        flow.feed_back(lamp, "call", by=clerk)
        done = flow.evaluate(lamp, resolved=True, grade="satisfied", scores={"attitude": "poor"}, by=resident)
        for by in (Actor("chen", "auditor"), supervisor):
            with pytest.raises(RuleBroken):
                flow.correct(lamp, done.version, "typo", scores={"attitude": "great"}, by=by)
        right: dict[str, Any] = {"scores": {"attitude": "great"}, "confirmed_by": "zhang", "by": supervisor}
        assert flow.correct(lamp, done.version, "typo", **right).scores == (("attitude", "great"),)


@pytest.mark.long
def test_the_laws_hold_for_a_workflow_with_scores() -> None:
    assert check(replace(desk(), grades=SCALE), max_examples=examples(40)).histories == examples(40)
