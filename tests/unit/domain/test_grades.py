"""Grades: scales of a workflow's own, and figures that are right for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, Grade, InvalidValue, InvalidWorkflow
from demandflow.analysis.comparison import diff
from demandflow.domain.events import GradeMeaning
from demandflow.domain.standard.grades import FIVE, FIVE_GRADES, GradeScale, ScaleGrade
from demandflow.domain.versions.declared import declared, differences
from demandflow.facts import Evaluated, Reported
from demandflow.testing import FrozenClock, check, counted_ids
from demandflow.testing.drawing.words import texts
from demandflow.workflow_files import dumps
from tests.profiles import examples
from tests.small_workflow import SMILEYS, desk, yard

CLERK, ANNA = Actor("Li", "clerk"), Actor("Anna", "resident")
OWN = st.builds(
    ScaleGrade,
    texts().filter(lambda name: name not in FIVE),
    st.integers(0, 100).map(lambda hundredths: hundredths / 100),
    st.booleans(),
)
SCALES = st.lists(
    OWN | st.sampled_from(FIVE_GRADES.grades), min_size=1, max_size=6, unique_by=lambda grade: grade.name
).map(lambda grades: GradeScale(tuple(grades)))
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.booleans()), max_size=14)
"""A step: of which demand, with which grade, and whether it corrects the last evaluation."""


def graded(scale: GradeScale, steps: Sequence[tuple[int, int, bool]]) -> tuple[DemandFlow, dict[Any, ScaleGrade]]:
    """Three settled demands after these evaluations and corrections, and the grade that each has by hand."""
    clock = FrozenClock(datetime(2025, 3, 1, 8, tzinfo=UTC))
    flow = DemandFlow.open(
        "memory:", workflows=(replace(desk(), grades=scale),), clock=clock, new_id=counted_ids(), zone="UTC"
    )
    demands = []
    for _ in range(3):
        demands.append(flow.register("x", channel="counter", place="f", resident="Anna", by=CLERK).id)
        flow.act(demands[-1], "settle", Reported(resolved=True, words="so"), by=CLERK)
    by_hand: dict[Any, ScaleGrade] = {}
    evaluated: dict[Any, int] = {}
    for number, chosen, corrects in steps:
        clock.now += timedelta(days=1)
        demand, grade = demands[number], scale.grades[chosen % len(scale.grades)]
        if corrects and demand in evaluated:
            flow.correct(demand, evaluated[demand], "typo", grade=grade.name, by=CLERK)
        else:
            evaluation = flow.act(demand, "press a smiley", Evaluated(resolved=True, grade=Grade(grade.name)), by=ANNA)
            evaluated[demand] = evaluation.version
        by_hand[demand] = grade
    return flow, by_hand


@pytest.mark.long
@settings(deadline=None, max_examples=40)
@given(SCALES, STEPS)
def test_figures_of_any_scale_are_those_counted_by_hand(scale: GradeScale, steps: list[tuple[int, int, bool]]) -> None:
    flow, by_hand = graded(scale, steps)
    grades = list(by_hand.values())
    half = [grade for grade in grades if not grade.satisfied and grade.weight >= 0.5]
    satisfied = [grade for grade in grades if grade.satisfied]
    with flow:
        figures = flow.figures()
        assert figures.count("graded") == figures.count("evaluated") == len(grades)
        assert figures.count("graded_satisfied") == len(satisfied)
        assert figures.count("partly_satisfied") == len(half)
        for demand, grade in by_hand.items():
            said = flow.demand(demand).this_round
            assert (said.grade, said.grade_means) == (grade.name, scale.stamps[Grade(grade.name)])
        for word in FIVE:
            assert figures.count(word) == sum(grade.name == word for grade in grades)
        score = sum((Fraction(round(grade.weight * 100), 100) for grade in grades), Fraction(0))
        tops = {"strict": Fraction(len(satisfied)), "weighted": score, "lenient": Fraction(len(satisfied) + len(half))}
        for kind, top in tops.items():
            rate, (least, most) = figures.satisfaction(kind), figures.satisfaction_interval(kind)
            assert (rate.numerator, rate.n) == (top, len(grades))
            assert (least.numerator, most.numerator, least.n) == (top, top + 3 - len(grades), 3)
        for name in ("graded", "graded_satisfied", "partly_satisfied"):
            wanted = {demand for demand, grade in by_hand.items() if _counts(name, grade)}
            assert {line.demand for line in flow.counted(name)} == wanted
        before = flow.figures().as_dict()
        flow.rebuild()
        assert flow.figures().as_dict() == before


def _counts(name: str, grade: ScaleGrade) -> bool:
    partly = not grade.satisfied and grade.weight >= 0.5
    return {"graded": True, "graded_satisfied": grade.satisfied, "partly_satisfied": partly}[name]


@settings(deadline=None, max_examples=20)
@given(SCALES, STEPS)
def test_a_correction_counts_from_the_day_of_what_it_corrects(
    scale: GradeScale, steps: list[tuple[int, int, bool]]
) -> None:
    flow, _ = graded(scale, [step for step in steps if not step[2]])
    right, _ = graded(scale, [step for step in steps if not step[2]])
    with flow, right:
        evaluations = [
            (demand.id, event)
            for demand in map(flow.demand, {line.demand for line in flow.counted("graded")})
            for event in flow.events(demand.id)
            if event.stamp.move == "press a smiley"
        ]
        assume(evaluations)
        demand, event = evaluations[-1]
        day = event.meta.happened.date()
        other = scale.grades[-1]
        flow.correct(demand, event.version, "typo", grade=other.name, by=CLERK)
        then = flow.demand(demand, as_of=day)
        assert (then.grade, then.this_round.grade_means) == (other.name, scale.stamps[Grade(other.name)])
        assert flow.figures(as_of=day).count("graded") == right.figures(as_of=day).count("graded")


@pytest.mark.long
def test_all_laws_hold_for_a_scale_of_ones_own() -> None:
    check(desk(), max_examples=examples(30))


def test_only_what_is_none_of_the_five_is_said_in_the_event() -> None:
    flow, _ = graded(SMILEYS, [(0, 1, False), (0, 2, True), (1, 2, False), (2, 0, False)])
    with flow:
        rows = [event for row in flow.board().rows for event in flow.events(row.demand)]
        said = [(event.fact.grade, event.stamp.grade_means) for event in rows if hasattr(event.fact, "grade")]
        assert sorted(said, key=str) == sorted(
            [
                ("😐", GradeMeaning(50)), ("dissatisfied", None), ("dissatisfied", None),
                ("😀", GradeMeaning(100, True)),
            ],
            key=str,
        )  # fmt: skip


def test_a_grade_that_is_not_in_the_scale_is_refused_with_what_is_possible() -> None:
    flow, _ = graded(SMILEYS, [(0, 0, False)])
    with flow:
        [graded_one] = flow.counted("graded")
        began = len(flow.events(graded_one.demand))
        says = "grade: 'satisfied' is none of desk@1 \\(possible: 😀, 😐, dissatisfied\\)"
        with pytest.raises(InvalidValue, match=says):
            flow.act(graded_one.demand, "press a smiley", Evaluated(resolved=True, grade=Grade.SATISFIED), by=ANNA)
        with pytest.raises(InvalidValue, match=says):
            flow.correct(graded_one.demand, 3, "typo", grade="satisfied", by=CLERK)
        assert len(flow.events(graded_one.demand)) == began


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ScaleGrade("a", 1.5), "weight: must be from 0 to 1, in hundredths such as 0.9, got 1.5"),
        (lambda: ScaleGrade("a", 0.125), "weight: must be from 0 to 1"),
        (lambda: ScaleGrade("a", float("nan")), "weight: must be from 0 to 1"),
        (lambda: ScaleGrade("a", True), "weight: must be from 0 to 1"),
        (lambda: ScaleGrade("a", "1"), "weight: must be from 0 to 1"),  # type: ignore[arg-type]
        (lambda: ScaleGrade("a", 1, "yes"), "satisfied: must be True or False"),  # type: ignore[arg-type]
        (lambda: ScaleGrade("", 1), "grade: '' is empty"),
        (lambda: ScaleGrade("satisfied", 0.5), "grade: satisfied weighs 1 and counts as satisfied in every scale"),
        (lambda: GradeScale(()), "grades: must be some of ScaleGrade"),
        (lambda: GradeScale(("good",)), "grades: must be some of ScaleGrade"),  # type: ignore[arg-type]
        (lambda: GradeScale(3), "grades: must be several"),  # type: ignore[arg-type]
        (lambda: GradeScale((ScaleGrade("a", 1), ScaleGrade("a", 0))), "grades: each has a name of its own, got a, a"),
        (lambda: replace(desk(), grades=("a",)), "give a GradeScale"),  # type: ignore[arg-type]
    ],
)
def test_a_scale_that_is_none_says_what_is_wrong(make: Any, says: str) -> None:
    with pytest.raises((InvalidValue, InvalidWorkflow), match=says):
        make()


def test_a_scale_is_declared_and_compared_and_the_usual_one_is_not_said() -> None:
    assert "grades" not in json.loads(declared(yard()))
    plain = replace(desk(), grades=FIVE_GRADES)
    assert differences(declared(plain), declared(desk())) == ("grades: none → given",)
    assert diff(plain, desk()).lines == (
        "its grades are 😀 (1, satisfied), 😐 (0.5), dissatisfied (0) instead of very_satisfied (1, satisfied), "
        "satisfied (1, satisfied), basically_satisfied (0.9), dissatisfied (0), very_dissatisfied (0)",
    )
    assert {grade.name: grade.means for grade in FIVE_GRADES.grades} == FIVE


def test_a_file_that_cannot_say_a_scale_is_not_written() -> None:
    with pytest.raises(InvalidValue, match="a file cannot say grades"):
        dumps(desk())
