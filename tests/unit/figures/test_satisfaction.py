"""Satisfaction is told for each workflow by itself: its versions are pooled, several workflows never."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from demandflow import Actor, DemandFlow, Figures, Grade, InvalidValue, Workflow
from demandflow.county.grid.places import restated
from demandflow.facts import Evaluated, Reported, Stepped
from demandflow.projections.figures.satisfaction import NOT_POOLED
from demandflow.projections.figures.terminal import table
from demandflow.testing import FrozenClock, counted_ids
from tests.profiles import examples
from tests.small_workflow import desk
from tests.stories import PLAIN

CLERK, ANNA = Actor("Li", "clerk"), Actor("Anna", "resident")
WORKFLOWS = (desk(), replace(desk(), version=2), replace(desk(), name="hatch"), PLAIN)
WEIGHT = {"very_satisfied": Fraction(1), "😀": Fraction(1), "😐": Fraction(1, 2), "dissatisfied": Fraction(0)}
LENIENT = {"strict": ("very_satisfied", "😀"), "lenient": ("very_satisfied", "😀", "😐")}
GRADES = ("😀", "😐", "dissatisfied")
PLACES = ("f/a", "f/b", "g")
STEPS = st.lists(
    st.tuples(st.sampled_from(WORKFLOWS), st.sampled_from(PLACES), st.sampled_from(("open", "silent", *GRADES))),
    max_size=8,
)
KINDS = ("strict", "weighted", "lenient")
DAY = timedelta(days=1)


def opened() -> tuple[DemandFlow, FrozenClock]:
    clock = FrozenClock(datetime(2025, 3, 1, 8, tzinfo=UTC))
    flow = DemandFlow.open("memory:", workflows=WORKFLOWS, clock=clock, new_id=counted_ids(), zone="UTC")
    return flow, clock


def live(flow: DemandFlow, workflow: Workflow, place: str, grade: str) -> None:
    """A demand of this workflow: left open, settled, or settled and graded."""
    it = flow.register("x", channel="counter", place=place, resident="Anna", workflow=workflow.key, by=CLERK).id
    if workflow is PLAIN:
        flow.act(it, "finish", Stepped(), by=CLERK)
    elif grade != "open":
        flow.act(it, "settle", Reported(resolved=True, words="so"), by=CLERK)
        if grade != "silent":
            flow.act(it, "press a smiley", Evaluated(resolved=True, grade=Grade(grade)), by=ANNA)


def worth(grade: str, kind: str) -> Fraction:
    return WEIGHT[grade] if kind == "weighted" else Fraction(grade in LENIENT[kind])


def by_hand(lived: list[tuple[Workflow, str, str]], kind: str) -> dict[str, tuple[Fraction, int]]:
    """Of each workflow whose residents evaluate and that has closed demands: the satisfied, of how many grades."""
    graded: dict[str, list[str]] = defaultdict(list)
    for workflow, _, grade in lived:
        if workflow is not PLAIN and grade != "open":
            graded[workflow.name] += [grade] if grade != "silent" else []
    return {
        name: (sum((worth(grade, kind) for grade in grades), Fraction(0)), len(grades))
        for name, grades in graded.items()
    }


def agree(figures: Figures, lived: list[tuple[Workflow, str, str]]) -> None:
    """The figures tell the satisfaction with each workflow, and none together, unless it is of one."""
    for kind in KINDS:
        alone = by_hand(lived, kind)
        told = figures.satisfaction_by_workflow(kind)
        assert {name: (rate.numerator, rate.n) for name, rate in told.items()} == alone
        rate, interval = figures.satisfaction(kind), figures.satisfaction_interval(kind)
        rows = {row["figure"]: row["n"] for row in figures.rows()}
        assert rows[f"satisfaction {kind}"] == rate.n
        if len(alone) > 1:
            assert {str(one) for one in (rate, *interval)} == {f"n/a ({NOT_POOLED})"}
            assert figures.as_dict()[f"satisfaction {kind}"] is None
        else:
            assert (rate.numerator, rate.n) == next(iter(alone.values()), (0, 0))
            assert NOT_POOLED not in str(figures)
            assert interval[0].n == (figures.count("closed") or 0) - sum(workflow is PLAIN for workflow, *_ in lived)


@settings(deadline=None, max_examples=examples(60))
@given(STEPS)
def test_satisfaction_is_told_for_each_workflow_and_pooled_over_none(lived: list[tuple[Workflow, str, str]]) -> None:
    flow, clock = opened()
    with flow:
        for one in lived:
            live(flow, *one)
            clock.now += DAY
        agree(flow.figures(), lived)
        for parts in (flow.figures_by("place", level=2), flow.figures_by("place", "channel", level=2)):
            for key, part in parts.items():
                agree(part, [one for one in lived if one[1] == (key if isinstance(key, str) else key[0])])
            agree(parts.total, lived)
        agree(restated(flow, flow.figures_by("place", level=16), level=1).total, lived)
        for n in range(len(lived)):
            day = datetime(2025, 3, 1 + n, tzinfo=UTC).date()
            agree(flow.figures(as_of=day), lived[: n + 1])
            agree(flow.figures(known_on=day, place="f"), [one for one in lived[: n + 1] if one[1] != "g"])
            agree(flow.figures(closed=day), [one for one in lived[n : n + 1] if one[0] is PLAIN or one[2] != "open"])
        for key, part in flow.figures_by("workflow").items():
            agree(part, [one for one in lived if one[0].key == key])
        before = flow.figures()
        flow.rebuild()
        assert flow.figures() == before


@pytest.fixture
def two() -> Iterator[DemandFlow]:
    """Two demands at the desk, by one version and the other, and one at the hatch."""
    flow, _ = opened()
    with flow:
        for workflow, place, grade in zip(WORKFLOWS, PLACES, GRADES, strict=False):
            live(flow, workflow, place, grade)
        live(flow, WORKFLOWS[2], "f/a", "silent")
        yield flow


def test_the_printed_page_lists_satisfaction_by_workflow(two: DemandFlow) -> None:
    assert str(two.figures()).splitlines()[-3:] == [
        f"  satisfaction n/a ({NOT_POOLED})",
        "    desk: strict 1/2 = 50.0 %; weighted 1.5/2 = 75.0 %; lenient 2/2 = 100.0 %; "
        "strict, over the closed 1/2 = 50.0 % to 1/2 = 50.0 %",
        "    hatch: strict 0/1 = 0.0 %; weighted 0/1 = 0.0 %; lenient 0/1 = 0.0 %; "
        "strict, over the closed 0/2 = 0.0 % to 1/2 = 50.0 %",
    ]


def test_counts_stay_sums_and_rows_columns_and_means_have_no_pooled_satisfaction(two: DemandFlow) -> None:
    figures = two.figures()
    assert [figures.count(name) for name in ("graded", "graded_satisfied", "closed")] == [3, 1, 4]
    rows = {row["figure"]: row for row in figures.rows()}
    assert rows["satisfaction strict"]["value"] is rows["satisfaction strict"]["numerator"] is None
    parts = two.figures_by("place", level=1)
    assert parts.columns()["satisfaction strict"] == [None, 0.0]
    assert str(parts.mean_of_units("satisfaction strict")) == f"n/a ({NOT_POOLED})"
    assert str(parts.mean_of_units("resolution received")) == "83.3 % (mean of 2 units)"
    assert two.figures(workflow="desk@1").satisfaction().value == 1
    console = Console(width=300, record=True)
    console.print(table(parts, "satisfaction strict", "satisfaction_interval"))
    assert console.export_text().count(NOT_POOLED) == 4


def test_only_a_kind_of_satisfaction_is_asked_for(two: DemandFlow) -> None:
    for kind in ("kind", None):
        wrong: Any = kind
        with pytest.raises(InvalidValue, match=r"satisfaction: .* is none \(possible: strict, weighted, lenient\)"):
            two.figures().satisfaction_by_workflow(wrong)
        with pytest.raises(InvalidValue, match="lenient"):
            two.figures().satisfaction_interval(wrong)
