"""The past: figures as known on, as of, of windows and cohorts; what decided them, and what moved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from demandflow import (
    START,
    Actor,
    DemandFlow,
    FeedbackMethod,
    Figures,
    Grade,
    InvalidValue,
    Move,
    Period,
    Refusal,
    Role,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.corrections import with_corrections
from demandflow.domain.evolve import fold
from demandflow.facts import FedBack, Registered, Stepped
from demandflow.figures import RATES, MeanOfUnits
from demandflow.projections import totals
from demandflow.projections.figures.terminal import table
from demandflow.projections.standing import COUNTS, HAPPENINGS, standing
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, T0, TEAM
from tests.tables import apart, dump, same_tables
from tests.unit.figures.oracle import expected, stored
from tests.unit.figures.test_figures import compare

GRADES = st.sampled_from(list(Grade.USUAL))
PLACES = st.sampled_from(["fufeng/c1/g1", "fufeng/c2", "岐山"])
TEAMS = st.sampled_from(["repair team", "power company"])
STEPS = (
    *("register", "sort", "accept", "contract_out", "take_on", "hand_back", "report", "feed_back", "evaluate"),
    *("answer", "refuse", "reopen", "suspend", "withdraw", "correct_place", "correct_evaluation", "correct_contractor"),
    *("a_day", "a_day", "a_step_back", "correct_evaluation", *["onwards"] * 20),
)
ONWARDS = {
    "registered": "accept",
    "accepted": "contract_out",
    "contracted_out": "take_on",
    "in_hand": "report",
    "reported": "feed_back",
    "fed_back": "evaluate",
    "handed_back": "contract_out",
}


class Log:
    """A random log: demands that go their way or are told to go another, facts back-dated, some of them corrected."""

    def __init__(self, flow: DemandFlow, clock: FrozenClock, data: st.DataObject) -> None:
        self.flow, self.clock, self.data = flow, clock, data
        self.demands: list[Any] = []

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def grow(self, steps: int, *, steady: bool = False) -> None:
        """So many steps; a steady clock never steps back."""
        for _ in range(steps):
            step = self.draw(st.sampled_from([one for one in STEPS if not (steady and one == "a_step_back")]))
            try:
                self.do(step)
            except (Refusal, InvalidValue):
                continue

    def do(self, step: str) -> None:
        if step == "a_step_back":
            self.clock.advance(hours=-30)
            return
        if step == "a_day":
            self.clock.advance(days=self.draw(st.integers(1, 3)))
            return
        at = self.clock() - timedelta(days=self.draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, 5])))
        if step == "register" or not self.demands:
            due = self.draw(st.sampled_from([None, at + timedelta(days=2)]))
            place, by = self.draw(PLACES), CLERK
            how: Any = {"place": place, "resident": RESIDENT.id, "due": due, "by": by, "at": at}
            self.demands.append(self.flow.register("x", channel="hotline", **how).id)
            return
        it = self.draw(st.sampled_from(self.demands))
        flow, version = self.flow, st.integers(1, self.flow.demand(it).version)
        if step == "onwards":
            step = ONWARDS.get(flow.demand(it).state, "correct_place")
        match step:
            case "sort":
                flow.sort(it, category=self.draw(st.sampled_from(["housing", "roads/lamps"])), by=AUDITOR, at=at)
            case "accept":
                flow.accept(it, by=AUDITOR, at=at)
            case "contract_out":
                flow.contract_out(it, self.draw(TEAMS), due=at + timedelta(days=3), by=DISPATCHER, at=at)
            case "take_on":
                flow.take_on(it, by=self.team(it), at=at)
            case "hand_back":
                flow.hand_back(it, "not ours", by=self.team(it), at=at)
            case "suspend":
                flow.suspend(it, "rain", review=at + timedelta(days=9), by=self.team(it), at=at)
            case "report":
                flow.report(it, "done", resolved=self.draw(st.booleans()), by=self.team(it), at=at)
            case "feed_back":
                flow.feed_back(it, FeedbackMethod.CALL, by=CLERK, at=at)
            case "evaluate":
                flow.evaluate(
                    it,
                    resolved=self.draw(st.sampled_from([True, True, True, False])),
                    grade=self.draw(GRADES),
                    by=RESIDENT,
                    at=at,
                )
            case "answer":
                flow.answer(it, "so", by=CLERK, at=at)
            case "refuse":
                flow.refuse(it, "not_ours", "sorry", by=AUDITOR, at=at)
            case "reopen":
                flow.reopen(it, "again", by=RESIDENT, at=at)
            case "withdraw":
                flow.withdraw(it, by=RESIDENT, at=at)
            case "correct_place":
                flow.correct(it, self.draw(version), "elsewhere", place=self.draw(PLACES), by=AUDITOR, at=at)
            case "correct_evaluation":
                resolved, grade = self.draw(st.booleans()), self.draw(GRADES)
                flow.correct(it, self.draw(version), "he meant", resolved=resolved, grade=grade, by=AUDITOR, at=at)
            case "correct_contractor":
                flow.correct(it, self.draw(version), "the others", contractor=self.draw(TEAMS), by=AUDITOR, at=at)

    def team(self, it: Any) -> Any:
        return (
            TEAM
            if self.flow.demand(it).contractor == "repair team"
            else TEAM.__class__("zhao", TEAM.role, "power company")
        )

    def day(self) -> date:
        return T0.date() + timedelta(days=self.draw(st.integers(-6, 40)))


OPENED: list[DemandFlow] = []
"""What an example opened; one that Hypothesis breaks off cannot close it itself."""


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:  # clocks once went back further, and logs tell of it
        patch.setattr("demandflow.recording.moments.FAR_BEHIND", timedelta(days=9999))
        yield
    close_all()


def close_all() -> None:
    while OPENED:
        OPENED.pop().close()


def grown(data: st.DataObject, steps: int = 90, *, steady: bool = False) -> tuple[DemandFlow, Log]:
    clock = FrozenClock()
    close_all()
    flow = DemandFlow.open("memory:", clock=clock, backdating=tuple(Role))
    OPENED.append(flow)
    log = Log(flow, clock, data)
    log.grow(steps, steady=steady)
    return flow, log


def same(ours: Any, want: Any, where: str) -> None:
    """All figures, overall and by place, category and contractor, equal the oracle's."""
    compare(ours(), want.get(("all", ""), {}), where)
    for dimension in ("place", "category", "lead"):
        parts = ours(dimension)
        theirs = {key: counts for (name, key), counts in want.items() if name == dimension}
        for key in {*parts, *theirs}:
            compare(parts.get(key, Figures(key, {}, {})), theirs.get(key, {}), (where, dimension, key))


@pytest.mark.long
@given(st.data())
@settings(max_examples=examples(150))
def test_every_day_of_the_past_equals_an_oracle_written_apart(data: st.DataObject) -> None:
    flow, log = grown(data)
    events = stored(flow)
    known, then = log.day(), log.day()
    month = "2025-03"
    for asked, told in (
        ({"known_on": known}, {"known_on": str(known)}),
        ({"as_of": then}, {"as_of": str(then)}),
        ({"known_on": known, "as_of": then}, {"known_on": str(known), "as_of": str(then)}),
        ({"received": month, "as_of": then}, {"received": month, "as_of": str(then)}),
        ({"closed": str(then)}, {"closed": str(then)}),
        ({"closed": month, "known_on": known}, {"closed": month, "known_on": str(known)}),
        ({"closed": month, "as_of": then}, {"closed": month, "as_of": str(then)}),
        ({"received": month, "closed": month}, {"received": month, "closed": month}),
    ):

        def ours(dimension: str | None = None, asked: Any = asked) -> Any:
            return flow.figures(**asked) if dimension is None else flow.figures_by(dimension, level=2, **asked)

        same(ours, expected(events, **told, now=log.clock()), str(asked))
    flow.close()


@given(st.data())
@settings(max_examples=examples(60))
def test_maintained_sums_a_rebuild_and_the_board_say_the_same(data: st.DataObject) -> None:
    flow, _ = grown(data)
    flow.figures()
    with apart(flow) as (anew, _):
        anew.catch_up()
        same_tables(dump(flow._projector), dump(anew), "a rebuild")
    with flow._projector.tables() as tables:
        by_board = dict(tables.execute("SELECT standing, COUNT(*) FROM demandflow_board GROUP BY 1"))
        by_totals = {what: number for (happening, what), number in totals.read_all(tables).items() if not happening}
    assert by_board == by_totals
    flow.close()


@given(st.data())
@settings(max_examples=examples(100))
def test_figures_of_any_question_are_sound(data: st.DataObject) -> None:
    """The identity, 0 ≤ n ≤ d, parts that add up to the whole, and counts that list their demands."""
    flow, log = grown(data)
    asked: Any = log.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "known_on": st.just(log.day()),
                "as_of": st.just(log.day()),
                "received": st.sampled_from(["2025-02", "2025-W10", "2025"]),
                "closed": st.sampled_from(["2025-03", "2025-03-01/2025-03-05", "2025"]),
                "place": st.sampled_from(["fufeng", "fufeng/c1", "岐山"]),
                "lead": TEAMS,
            },
        )
    )
    whole = flow.figures(**asked)
    possible = st.sampled_from(["place", "category", "lead", "received", "closed"])
    dimensions = log.draw(st.lists(possible, min_size=1, max_size=3, unique=True))
    if "closed" in dimensions and "closed" not in asked:
        asked["closed"], whole = "2025", flow.figures(closed="2025", **asked)
    parts = flow.figures_by(*dimensions, level=2, every="week", **asked)
    assert parts.total.standings == whole.standings
    assert parts.total.happened == whole.happened
    for figures in (whole, *parts.values()):
        assert figures.adds_up, figures.identity
        for name in RATES:
            rate = figures.rate(name)
            assert 0 <= rate.numerator <= rate.n, name
    for name in (*COUNTS, *HAPPENINGS):
        listed = flow.counted(name, **asked)
        assert len(listed) == (whole.count(name) or 0), name
        if name in COUNTS:
            assert len({one.demand for one in listed}) == len(listed)
    flow.close()


@given(st.data())
@settings(max_examples=examples(60))
def test_what_was_known_on_a_day_never_changes(data: st.DataObject) -> None:
    flow, log = grown(data, 40, steady=True)
    today = log.clock().date()
    assert flow.figures(known_on=today).standings == flow.figures().standings
    log.clock.advance(days=1)  # what is due later that day is overdue only once it is over
    days = {today - timedelta(days=back) for back in (0, 1, 4, 9)}
    before = {day: flow.figures(known_on=day) for day in days}
    log.grow(30, steady=True)
    assert {day: flow.figures(known_on=day) for day in days} == before
    flow.close()


@given(st.data())
@settings(max_examples=examples(100))
def test_the_change_report_explains_exactly_the_difference(data: st.DataObject) -> None:
    flow, log = grown(data)
    first, last = sorted((log.day(), log.day()))
    which, where = log.draw(st.sampled_from(["known_on", "as_of"])), log.draw(st.sampled_from([None, "fufeng"]))
    report: Any = flow.changes(**{which: (first, last)}, place=where)  # type: ignore[arg-type]
    before, after = (flow.figures(**{which: day}, place=where) for day in (first, last))  # type: ignore[arg-type]
    for name in (*COUNTS, *HAPPENINGS):
        assert report.difference(name) == (after.count(name) or 0) - (before.count(name) or 0), name
        assert not report.difference(name) or report.of(name)
    for line in report.lines:
        assert line.before != line.after or line.happened
        assert line.events or (line.after is not None and "overdue" in line.after.counts), "or time went by"
        events = flow._log.events(line.demand)
        assert all(event <= len(events) for event in line.events)
    flow.close()


@given(st.data())
@settings(max_examples=examples(60))
def test_the_deciding_event_is_the_one_from_which_on_it_counts(data: st.DataObject) -> None:
    flow, _ = grown(data)
    for name in COUNTS:
        for one in flow.counted(name):
            events = with_corrections(flow._log.events(one.demand))
            counts = []
            for upto in range(1, len(events) + 1):
                demand = fold(events[:upto])
                assert demand is not None
                counts.append(COUNTS[name].includes(standing(demand)))
            assert all(counts[one.decided_by - 1 :]), "it counts from there on"
            assert one.decided_by == 1 or not counts[one.decided_by - 2], "and did not before"
            known = [
                COUNTS[name].includes(standing(as_known(flow, one.demand, upto))) for upto in range(1, len(events) + 1)
            ]
            assert all(known[one.recorded_by - 1 :]), "it is known from there on"
            assert one.recorded_by == 1 or not known[one.recorded_by - 2], "and was not before"
    flow.close()


def as_known(flow: DemandFlow, demand: Any, upto: int) -> Any:
    """The demand as it is known with so many of its events."""
    return fold(with_corrections(flow._log.events(demand, upto=upto)))


class TestPeriods:
    @pytest.mark.parametrize(
        ("written", "first", "last"),
        [
            ("2024", (2024, 1, 1), (2024, 12, 31)),
            ("2024-Q1", (2024, 1, 1), (2024, 3, 31)),
            ("2024-Q4", (2024, 10, 1), (2024, 12, 31)),
            ("2024-02", (2024, 2, 1), (2024, 2, 29)),
            ("2020-W53", (2020, 12, 28), (2021, 1, 3)),
            ("2024-02-29", (2024, 2, 29), (2024, 2, 29)),
            ("2024-02-03/2024-02-05", (2024, 2, 3), (2024, 2, 5)),
        ],
    )
    def test_are_written_as_people_do(self, written: str, first: Any, last: Any) -> None:
        period = Period.of(written)
        assert (period.first, period.last) == (date(*first), date(*last))
        assert str(period) == written
        assert Period.of(str(period)) == Period.of(period) == period

    @pytest.mark.parametrize(
        "wrong",
        [
            "",
            "24",
            "2024-13",
            "2024-Q5",
            "2024-W54",
            "2023-02-29",
            "2024-03/2024-01",
            2024,
            "March",
            T0,
        ],
    )
    def test_that_are_none_are_refused(self, wrong: Any, flow: DemandFlow) -> None:
        with pytest.raises(InvalidValue, match="period"):
            flow.figures(received=wrong)

    @given(st.dates(date(1901, 1, 1), date(2199, 1, 1)), st.sampled_from(["day", "week", "month", "quarter", "year"]))
    def test_follow_each_other_without_a_gap(self, day: date, every: str) -> None:
        period = Period.around(day, every)
        assert period.first <= day <= period.last
        assert Period.around(period.last + timedelta(days=1), every).first == period.last + timedelta(days=1)
        assert Period.of(str(period)) == period


def closed_loop_of(flow: DemandFlow, clock: FrozenClock) -> list[Any]:
    """Two demands closed in March and April 2025, and one still open."""
    ids = []
    for days, place in ((0, "fufeng/c1"), (29, "fufeng/c1"), (2, "fufeng/c2")):
        clock.advance(days=days)
        it = flow.register("x", channel="hotline", place=place, resident=RESIDENT.id, by=CLERK).id
        ids.append(it)
        if days != 2:
            clock.advance(hours=5)
            flow.answer(it, "so", by=CLERK)
            clock.advance(days=3)
            flow.feed_back(it, FeedbackMethod.CALL, by=CLERK)
            flow.evaluate(it, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    return ids


def test_windows_and_cohorts(flow: DemandFlow, clock: FrozenClock) -> None:
    first, second, third = closed_loop_of(flow, clock)
    assert flow.figures(received="2025-03").count("closed") == 1
    assert flow.figures(closed="2025-Q2").count("received") == 1
    assert flow.figures(received="2025-03", as_of=date(2025, 3, 3)).identity.startswith("1 received = 1 open")
    assert flow.figures(place="fufeng/c1").count("received") == 2
    months = flow.figures_by("received")
    assert {month: one.count("received") for month, one in months.items()} == {"2025-03": 1, "2025-04": 2}
    both = flow.figures_by("place", "closed", level=2, every="quarter")
    assert {key: one.count("resolved") for key, one in both.items()} == {
        ("fufeng/c1", "2025-Q1"): 1,
        ("fufeng/c1", "2025-Q2"): 1,
    }
    assert [one.demand for one in flow.counted("open")] == [third]
    decided = flow.counted("resolved", closed="2025-04")
    assert [(one.demand, one.decided_by) for one in decided] == [(second, 4)]
    assert [row.demand for row in flow.board(closed="2025-03").rows] == [first]
    assert [row.demand for row in flow.board(received="2025-04", open=True).rows] == [third]


def test_the_board_of_a_past_day_has_the_contractor_that_was_corrected_since(
    flow: DemandFlow, clock: FrozenClock
) -> None:
    it = flow.register("x", channel="hotline", place="fufeng/c1", by=CLERK).id
    flow.accept(it, by=AUDITOR)
    contract, day = flow.contract_out(it, "water works", by=DISPATCHER).version, clock.now.date()
    clock.advance(days=2)
    flow.correct(it, contract, "the wrong one was entered", contractor="road works", by=AUDITOR)
    assert [row.contractor for row in flow.board(as_of=day).rows] == ["road works"]
    assert [row.contractor for row in flow.board(known_on=day).rows] == ["water works"]


def test_what_happened_elsewhere_counts_in_the_month_of_the_closing(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register("x", channel="hotline", place="fufeng/c1", resident=RESIDENT.id, by=CLERK).id
    flow.accept(it, by=AUDITOR)
    flow.contract_out(it, "water works", by=DISPATCHER)
    flow.hand_back(it, "not ours", by=Actor("Wu", Role.CONTRACTOR, unit="water works"))
    flow.contract_out(it, TEAM.id, by=DISPATCHER)
    flow.take_on(it, by=TEAM)
    clock.advance(days=40)
    flow.report(it, resolved=True, words="mended", by=TEAM)
    flow.feed_back(it, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(it, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    by = {unit: flow.figures(closed="2025-04", lead=unit) for unit in ("water works", TEAM.id)}
    assert {unit: (one.count("handed_back"), one.count("closed")) for unit, one in by.items()} == {
        "water works": (1, 0),
        TEAM.id: (0, 1),
    }


def test_durations_say_how_the_open_are_treated(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    whole = flow.durations()
    assert (whole.n, whole.unended, whole.median) == (2, 1, timedelta(days=3, hours=5))
    times = "median 3 d 5 h, 90 % within 3 d 5 h, the longest 3 d 5 h"
    assert str(whole) == f"whole time: {times} (n = 2; 1 not ended, left out)"
    clock.advance(days=1)
    counted = flow.durations(open_until=clock())
    assert (counted.n, counted.percentile(0)) == (3, timedelta(days=1))
    assert "counted up to" in str(counted)
    waits = flow.waiting()
    assert {state: (one.n, one.unended, one.median) for state, one in waits.items()} == {
        "registered": (2, 1, timedelta(hours=5)),
        "reported": (2, 0, timedelta(days=3)),
        "fed_back": (2, 0, timedelta(0)),
    }
    nowhere = "whole time: n/a (n = 0; 0 not ended, left out); no demand ever had the place '岐山'"
    assert str(flow.durations(place="岐山")) == nowhere
    assert flow.durations(received="2025-03").n == 1


def test_deadlines_are_asked_of_a_moment(flow: DemandFlow, clock: FrozenClock) -> None:
    due = T0 + timedelta(days=1)
    flow.register("x", channel="hotline", place="f", by=CLERK, due=due)
    flow.register("y", channel="hotline", place="f", by=CLERK)
    for at, overdue in ((due, 0), (due + timedelta(seconds=1), 1)):
        found = flow.deadlines(at)
        assert flow.board(overdue=at, total=True).total == overdue
        assert flow.board(due_by=at, total=True).total == 1
        assert (found.overdue, found.not_yet_due, found.no_due) == (overdue, 1 - overdue, 1)
    assert flow.deadlines().not_yet_due == 1


def test_the_mean_of_units_is_another_figure_than_the_pooled_one(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    flow.register("x", channel="hotline", place="fufeng/c2", by=CLERK)
    parts = flow.figures_by("place", level=2)
    assert str(parts.total.resolution()) == "2/4 = 50.0 %"
    mean = parts.mean_of_units("resolution received")
    assert mean == MeanOfUnits("resolution received, mean of units", Fraction(1, 2), 2, 0)
    assert str(parts.mean_of_units("on_time")) == "n/a"
    assert parts.mean_of_units("resolution callback").without == 1


def test_columns_and_rows_are_plain(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    table = flow.figures_by("place", "received", level=2).columns()
    assert table["place"] == ["fufeng/c1", "fufeng/c1", "fufeng/c2"]
    assert table["received in"] == ["2025-03", "2025-04", "2025-04"]
    assert table["received"] == [1, 1, 1]
    assert table["resolution received"] == [1.0, 1.0, 0.0]
    assert len({len(column) for column in table.values()}) == 1
    rows = {row["figure"]: row for row in flow.figures().rows()}
    assert rows["resolution received"]["n"] == 3
    assert rows["on_time"]["value"] is None
    assert {*COUNTS, *HAPPENINGS, *RATES, "satisfaction strict, over the closed, at least"} <= {*rows}


def test_a_table_for_the_terminal(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(flow.figures_by("place", level=2), "received", "resolution received", "on_time"))
    console.print(table(flow.figures(received="2025-03"), "closed"))
    lines = [line.split() for line in console.export_text().splitlines() if line.strip()]
    assert ["fufeng/c1", "2", "2/2", "=", "100.0", "%", "n/a"] in lines
    assert ["all", "3", "2/3", "=", "66.7", "%", "n/a"] in lines
    assert ["received", "2025-03", "1"] in lines
    flow.register("x", channel="team [/east]", place="f", by=CLERK)
    console.print(table(flow.figures_by("channel"), "satisfaction_interval"))
    assert "team [/east]" in console.export_text()
    for wrong, possible in ((("happiness",), "on_time"), ((["received"],), "received")):
        with pytest.raises(InvalidValue, match=possible):
            table(flow.figures(), *wrong)
    with pytest.raises(InvalidValue, match="Figures or FiguresBy"):
        table({})  # type: ignore[arg-type]


def test_a_clock_that_steps_back_makes_nothing_unknown(flow: DemandFlow, clock: FrozenClock) -> None:
    clock.advance(days=9)
    it = flow.register("x", channel="hotline", place="f/c1", by=CLERK).id
    clock.advance(days=-1)
    flow.sort(it, place="f/c2", by=AUDITOR)
    parts = flow.figures_by("place", level=2, known_on=clock().date())
    assert {key: one.count("received") for key, one in parts.items()} == {}


def test_what_belongs_to_no_unit_is_no_unit(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    parts = flow.figures_by("lead")
    assert list(parts) == [""]
    assert parts.mean_of_units("resolution received").units == 0
    with pytest.raises(InvalidValue, match="coverage"):
        parts.mean_of_units("typo")


def test_participation_is_of_those_who_could_evaluate() -> None:
    clerk = Actor("li", "clerk")
    states = [State("open", Stage.FEEDBACK, owner="clerk"), State("told", Stage.ENDED, ended_as="closed")]
    moves = [
        Move("open", Registered, START, "open", by="clerk"),
        Move("tell", FedBack, "open", "told", by="clerk", means=("told", "asked")),
    ]
    tells = Workflow("tells", version=1, states=states, moves=moves)
    with DemandFlow.open("memory:", workflows=(tells,)) as flow:
        it = flow.register("x", channel="counter", place="f", by=clerk).id
        flow.act(it, "tell", FedBack(way=FeedbackMethod.CALL), by=clerk)
        assert str(flow.figures().participation) == "n/a"
        assert str(flow.figures().coverage) == "1/1 = 100.0 %"


def test_a_demand_that_ends_otherwise_has_another_day_of_its_end() -> None:
    clerk, clock = Actor("li", "clerk"), FrozenClock()
    states = [State("open", Stage.FEEDBACK, owner="clerk"), State("no", Stage.ENDED, ended_as="refused")]
    states.append(State("done", Stage.ENDED, ended_as="closed"))
    moves = [
        Move("open", Registered, START, "open", by="clerk"),
        Move("refuse", Stepped, "open", "no", by="clerk"),
        Move("take_up", Stepped, "no", "open", by="clerk", means="reopened"),
        Move("do", Stepped, "open", "done", by="clerk"),
    ]
    with DemandFlow.open("memory:", workflows=(Workflow("w", 1, states, moves),), clock=clock) as flow:
        it = flow.register("x", channel="counter", place="f", due=T0 + timedelta(days=9), by=clerk).id
        flow.act(it, "refuse", Stepped(), by=clerk)
        assert flow.durations().n == 0
        assert flow.durations(ended_as=None).n == flow.durations(ended_as="refused").n == 1
        clock.advance(days=40)
        flow.act(it, "take_up", Stepped(), by=clerk)
        flow.act(it, "do", Stepped(), by=clerk)
        assert flow.figures(closed="2025-03").count("closed") == 0
        assert flow.figures(closed="2025-04").count("closed") == 1
        assert flow.durations().median == timedelta(days=40)
        assert flow.durations(open_until=T0 + timedelta(days=2)).median == timedelta(days=2), "it was open then"


def test_every_key_can_be_asked_for(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    for dimension in ("place", "category", "channel", "lead", "workflow"):
        for key, part in flow.figures_by(dimension, level=2).items():
            asked: Any = {dimension: key}
            assert flow.figures(**asked).standings == part.standings
            assert len(flow.counted("closed", **asked)) == part.count("closed")
    assert flow.figures(channel=" hotline ", known_on="2025-03-01").count("received") == 1
    with pytest.raises(InvalidValue, match="closed-loop@2"):
        flow.figures(workflow="closed-loop")


def test_no_question_is_asked_of_a_workflow_that_is_not_there(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    days = ("2025-03-01", "2025-04-30")
    assert len(flow.changes(as_of=days, workflow="closed-loop@2").lines) == 3
    for ask in (flow.durations, flow.waiting, flow.deadlines, lambda **query: flow.changes(as_of=days, **query)):
        with pytest.raises(InvalidValue, match="closed-loop@2"):
            ask(workflow="closed-loop")


def test_what_happened_is_known_in_a_place_since_it_was_last_corrected_to_it(
    flow: DemandFlow, clock: FrozenClock
) -> None:
    it = flow.register("x", channel="hotline", place="fufeng/c1", by=CLERK).id
    flow.accept(it, by=AUDITOR)
    flow.correct(it, 1, "next door", place="fufeng/c2", by=AUDITOR)
    flow.correct(it, 1, "not next door", place="fufeng/c1", by=AUDITOR)
    for count in ("accepted", "received"):
        (counted,) = flow.counted(count, place="fufeng/c1")
        assert counted.recorded_by == 4


def test_a_correction_of_something_else_decides_nothing(flow: DemandFlow, clock: FrozenClock) -> None:
    first = closed_loop_of(flow, clock)[0]
    flow.correct(first, 1, "next door", place="fufeng/c9", by=AUDITOR)
    decided = next(one for one in flow.counted("closed") if one.demand == first)
    assert (decided.decided_by, decided.recorded_by) == (4, 4)
    moved = flow.changes(known_on=(date(2025, 3, 31), clock().date()), received="2025-03")
    (line,) = moved.lines
    assert str(line).endswith(": fufeng/c1 → fufeng/c9, corrected +1 (event 5)")


def test_what_cannot_be_asked_says_what_can(flow: DemandFlow) -> None:
    day = date(2025, 3, 1)
    questions: dict[Any, str] = {
        lambda: flow.figures(as_of=T0): "must be a day",
        lambda: flow.figures(known_on="March"): "must be a day",
        lambda: flow.figures(since=day): "known_on",  # type: ignore[call-arg]
        lambda: flow.figures(place=3): "must be a text",  # type: ignore[arg-type]
        lambda: flow.figures_by(): "at least one",  # type: ignore[call-overload]
        lambda: flow.figures_by("place", "place"): "each once",
        lambda: flow.figures_by("place", level={"channel": 1}): "place, category",
        lambda: flow.figures_by("received", every="decade"): "quarter",
        lambda: flow.counted("happy"): "received",
        lambda: flow.changes(): "between which days",
        lambda: flow.changes(known_on=day): "two days",  # type: ignore[arg-type]
        lambda: flow.changes(as_of=(day, day - timedelta(days=1))): "earlier first",
        lambda: flow.changes(as_of=(day, day), closed="2025"): "closed",
        lambda: flow.changes(as_of=(day, day)).difference("happy"): "received",
        lambda: flow.durations(as_of=day): "rows are of now",  # type: ignore[call-arg]
        lambda: flow.durations().percentile(101): "from 0 to 100",
        lambda: flow.board(received="soon"): "2026-Q1",
        lambda: flow.figures(received="9999-W52"): "2026-Q1",
        lambda: flow.deadlines(closed="2025"): "open demands",
        lambda: flow.durations(ended_as="happily"): "withdrawn",
        lambda: Period.around(day, "months"): "quarter",
        lambda: flow.figures().definition("happy"): "received",
    }
    for ask, possible in questions.items():
        with pytest.raises(InvalidValue, match=possible):
            ask()
