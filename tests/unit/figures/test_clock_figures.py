"""Figures of clocks: equal to an oracle written apart, however they are asked; they add up to the received."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from demandflow import (
    ANYWHERE,
    BACK,
    START,
    STAY,
    WHILE_OPEN,
    Actor,
    Calendar,
    Clock,
    DemandFlow,
    Figures,
    InvalidValue,
    Limit,
    Move,
    Refusal,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.domain.corrections import with_corrections
from demandflow.domain.evolve import fold
from demandflow.domain.moves import MEANINGS
from demandflow.facts import ContractedOut, Corrected, MovedOver, Registered, Reopened, Sorted, Stepped
from demandflow.figures import RATES, definition
from demandflow.projections import totals
from demandflow.projections.figures import question
from demandflow.projections.figures.definitions import RANGES
from demandflow.projections.figures.question import Question
from demandflow.projections.figures.terminal import table
from demandflow.projections.standing import CLOCKS_AT, COUNTS, DECLARES, HAPPENINGS
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.stories import T0
from tests.tables import apart, dump, same_tables
from tests.unit.figures.oracle import expected, stored
from tests.unit.figures.test_figures import compare

OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
WARDEN = Actor("li", "warden")
NAMES = ("look", "work", "old")
STANDS = ("none", "running", "met", "missed", "stopped")
OF_DUES = ("overdue", "due", "undated")
PLACES, CHANNELS = st.sampled_from(["fufeng/c1/g1", "fufeng/c2", "岐山"]), st.sampled_from(["hotline", "counter"])
CATEGORIES, TEAMS = st.sampled_from(["roads/lamps", "roads", "housing"]), st.sampled_from(["lamps", "power"])
STEPS = (
    *("file", "file", "sort", "begin", "begin", "begin", "contract_out", "rest", "rest", "wake", "wake", "finish"),
    *("finish", "finish", "refuse", "reopen", "correct_place", "correct_category", "correct_contractor", "move_over"),
    *("a_day", "a_day", "hours", "hours"),
)


APART = (rules.the_auditor_is_not_the_contractor,)


def guarded(version: int, *clocks: Clock) -> Workflow:
    """Looked at, begun, put to rest and woken, finished or refused; the work is watched, and so is the look."""
    states = [
        State("new", Stage.AUDIT, owner="warden"),
        State("doing", Stage.FEEDBACK, owner="warden"),
        State("resting", Stage.FEEDBACK, owner="warden"),
        State("done", Stage.ENDED, ended_as="closed"),
        State("no", Stage.ENDED, ended_as="refused"),
    ]
    moves = [
        Move("file", Registered, START, "new", by="warden"),
        Move("sort", Sorted, ("new", "doing", "resting"), STAY, by="warden"),
        Move("begin", Stepped, "new", "doing", by="warden", means="accepted"),
        Move(
            "contract_out", ContractedOut, ("doing", "resting"), STAY, by="warden", means="contracted_out", rules=APART
        ),
        Move("rest", Stepped, "doing", "resting", by="warden", means="suspended"),
        Move("wake", Stepped, "resting", BACK, by="warden"),
        Move("finish", Stepped, ("doing", "resting"), "done", by="warden"),
        Move("refuse", Stepped, ("new", "doing", "resting"), "no", by="warden"),
        Move("reopen", Reopened, ("done", "no"), "doing", by="warden", means="reopened"),
        Move("correct", Corrected, ANYWHERE, STAY, by="warden", means="corrected"),
        Move("move_over", MovedOver, WHILE_OPEN, STAY, by="warden"),
    ]
    return Workflow("guarded", version, states, moves, tells_nobody=True, clocks=clocks)


LOOK = Clock("look", ("new",), (Limit("1 working days", "roads"), Limit("20 hours", "housing")), OFFICE)
WORK = Clock("work", ("doing",), "2 calendar days", OFFICE, paused_in=("resting",))
OLD = Clock("old", ("new", "doing", "resting"), "1 calendar days", OFFICE, extensible=True)
WORKFLOWS = (guarded(1, LOOK, WORK), guarded(2, WORK, OLD))
KEYS = st.sampled_from(["guarded@1", "guarded@2"])


class Log:
    """A random log of watched demands: facts back-dated, demands sorted anew and moved over, some facts corrected."""

    def __init__(self, data: st.DataObject, steps: int) -> None:
        self.data, self.clock = data, FrozenClock()
        backdating = WARDEN.role
        self.flow = DemandFlow.open("memory:", workflows=WORKFLOWS, clock=self.clock, backdating=backdating)
        OPENED.append(self.flow)
        self.demands: list[Any] = []
        for _ in range(steps):
            try:
                self.do(self.draw(st.sampled_from(STEPS)))
            except (Refusal, InvalidValue):
                continue

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def do(self, step: str) -> None:
        if step in ("a_day", "hours"):
            self.clock.advance(hours=self.draw(st.integers(20, 60) if step == "a_day" else st.integers(1, 9)))
            return
        at = self.clock() - timedelta(days=self.draw(st.sampled_from([0, 0, 0, 0, 1, 4])))
        how: dict[str, Any] = {"by": WARDEN, "at": at}
        if step == "file" or not self.demands:
            category, key = self.draw(st.none() | CATEGORIES), self.draw(KEYS)
            place, channel = self.draw(PLACES), self.draw(CHANNELS)
            it = self.flow.register("x", channel=channel, place=place, category=category, workflow=key, **how)
            self.demands.append(it.id)
            return
        it, flow = self.draw(st.sampled_from(self.demands)), self.flow
        version = st.integers(1, flow.demand(it).version)
        match step:
            case "sort":
                flow.act(it, "sort", Sorted(category=self.draw(CATEGORIES), place=self.draw(st.none() | PLACES)), **how)
            case "contract_out":
                due = self.draw(st.sampled_from([None, at + timedelta(days=3)]))
                flow.act(it, "contract_out", ContractedOut(contractor=self.draw(TEAMS), due=due), **how)
            case "reopen":
                flow.reopen(it, "again", **how)
            case "correct_place":
                flow.correct(it, self.draw(version), "elsewhere", place=self.draw(PLACES), **how)
            case "correct_category":
                flow.correct(it, self.draw(version), "something else", category=self.draw(CATEGORIES), **how)
            case "correct_contractor":
                flow.correct(it, self.draw(version), "the others", contractor=self.draw(TEAMS), **how)
            case "move_over":
                flow.migrate(it, self.draw(KEYS), **how)
            case _:
                flow.act(it, step, Stepped(), **how)

    def day(self) -> date:
        return T0.date() + timedelta(days=self.draw(st.integers(-4, 24)))

    def asked(self) -> dict[str, Any]:
        """Any question: of the past, of a window, of a slice."""
        return dict(
            self.draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "known_on": st.just(self.day()),
                        "as_of": st.just(self.day()),
                        "received": st.sampled_from(["2025-02", "2025-03", "2025-W10"]),
                        "closed": st.sampled_from(["2025-03", "2025-03-01/2025-03-09", "2025"]),
                        "place": st.sampled_from(["fufeng", "fufeng/c1", "岐山"]),
                        "channel": CHANNELS,
                        "category": st.sampled_from(["", "roads", "housing"]),
                        "lead": st.sampled_from(["", "lamps"]),
                    },
                )
            )
        )


OPENED: list[DemandFlow] = []


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def grown(data: st.DataObject, steps: int = 90) -> Log:
    while OPENED:
        OPENED.pop().close()
    return Log(data, steps)


def same(figures: Figures, want: dict[str, int], where: object) -> None:
    """All figures are the oracle's, and each clock's add up to the received."""
    compare(figures, {**want, "silent": 0}, where)  # nobody evaluates here, so nobody is silent either
    for name in NAMES:
        one = figures.clock(name)
        counts = [one.none, one.running, one.met, one.missed, one.stopped]
        assert counts == [want.get(f"{name} {status}", 0) for status in STANDS], (where, name)
        assert counts == [figures.count(f"{name} {status}") for status in STANDS]
        dues = [one.overdue, one.due, one.undated]
        assert dues == [want.get(f"{name} {what}", 0) for what in OF_DUES], (where, name)
        assert dues == [figures.count(f"{name} {what}") for what in OF_DUES]
        assert one.overdue + one.undated <= one.running
        assert sum(counts) == one.received == figures.count("received"), (where, name)
        rate = figures.rate(f"{name} on time")
        assert (int(rate.numerator), rate.n) == (one.met, one.met + one.missed + one.overdue)
        assert rate == one.on_time
        rate = figures.rate(f"{name} on time of the ended")
        assert (int(rate.numerator), rate.n) == (one.met, one.met + one.missed)
        assert rate == one.on_time_of_the_ended


@pytest.mark.long
@given(st.data())
@settings(max_examples=examples(120))
def test_every_clock_equals_an_oracle_on_every_day_and_in_every_slice(data: st.DataObject) -> None:
    log = grown(data)
    flow, events, month = log.flow, stored(log.flow), "2025-03"
    known, then = log.day(), log.day()
    for asked in (
        {},
        {"known_on": known},
        {"as_of": then},
        {"known_on": known, "as_of": then},
        {"received": month, "as_of": then},
        {"received": "2025-02", "known_on": known},
        {"closed": str(then)},
        {"closed": month, "known_on": known},
        {"closed": month, "as_of": then},
        {"received": month, "closed": month},
    ):
        ours: Any = asked
        want = expected(events, **{word: str(said) for word, said in asked.items()}, clocks=NAMES, now=log.clock())
        whole = flow.figures(**ours)
        same(whole, want.get(("all", ""), {}), asked)
        for dimension in ("place", "category", "lead", "channel", "workflow"):
            parts = flow.figures_by(dimension, level=2, **ours)
            theirs = {key: counts for (name, key), counts in want.items() if name == dimension}
            assert {key: n for key, n in parts.total.ticking.items() if n} == whole.ticking
            for key in {*parts, *theirs}:
                nothing = Figures(key, {}, {}, {}, whole.clocks)
                same(parts.get(key, nothing), theirs.get(key, {}), (asked, dimension, key))


@given(st.data())
@settings(max_examples=examples(60))
def test_maintained_sums_are_those_of_a_rebuild_of_the_ledger_and_of_the_demands(data: st.DataObject) -> None:
    log = grown(data)
    figures = log.flow.figures()
    with apart(log.flow) as (anew, _):
        anew.catch_up()
        same_tables(dump(log.flow._projector), dump(anew), "a rebuild")
    with log.flow._projector.tables() as tables:
        assert question.sums(tables, Question()) == dict(totals.read_all(tables))
    found = [log.flow.demand(it).clock(name) for it in log.demands for name in NAMES]
    assert sum(one is None for one in found) == sum(figures.clock(name).none for name in NAMES)
    assert sum(one is not None and one.goes_on for one in found) == sum(figures.clock(n).running for n in NAMES)


@given(st.data())
@settings(max_examples=examples(80))
def test_every_count_of_a_clock_lists_its_demands_and_parts_add_up(data: st.DataObject) -> None:
    log = grown(data)
    asked: Any = log.asked()
    whole = log.flow.figures(**asked)
    for name in NAMES:
        assert whole.clock(name).received == whole.count("received")
        for status in (*STANDS, *OF_DUES):
            listed = log.flow.counted(f"{name} {status}", **asked)
            assert len(listed) == len({one.demand for one in listed}) == whole.count(f"{name} {status}")
    dimensions = log.draw(st.lists(st.sampled_from(["place", "category", "lead", "received"]), min_size=1))
    parts: Any = log.flow.figures_by(*dict.fromkeys(dimensions), level=2, every="week", **asked)
    assert {key: number for key, number in parts.total.ticking.items() if number} == whole.ticking


@given(st.data())
@settings(max_examples=examples(60))
def test_the_deciding_event_is_the_one_from_which_on_the_clock_stands_so(data: st.DataObject) -> None:
    log = grown(data)
    for name in NAMES:
        for status in STANDS:
            for one in log.flow.counted(f"{name} {status}"):
                events = with_corrections(log.flow._log.events(one.demand))
                then = [stands_then(events[:upto], name) == status for upto in range(1, len(events) + 1)]
                assert all(then[one.decided_by - 1 :])
                assert one.decided_by == 1 or not then[one.decided_by - 2]


def stands_then(events: list[Any], name: str) -> str:
    demand = fold(events)
    assert demand is not None
    ticking = demand.clock(name)
    return "none" if ticking is None else ticking.status.replace("paused", "running")


@given(st.data())
@settings(max_examples=examples(60))
def test_the_change_report_explains_what_became_of_the_clocks(data: st.DataObject) -> None:
    log = grown(data)
    first, last = sorted((log.day(), log.day()))
    which, where = log.draw(st.sampled_from(["known_on", "as_of"])), log.draw(st.sampled_from([None, "fufeng"]))
    report: Any = log.flow.changes(**{which: (first, last)}, place=where)  # type: ignore[arg-type]
    before, after = (log.flow.figures(**{which: day}, place=where) for day in (first, last))  # type: ignore[arg-type]
    clocks = (f"{clock} {status}" for clock in NAMES for status in (*STANDS, *OF_DUES))
    for name in (*COUNTS, *RANGES, *HAPPENINGS, *clocks):
        assert report.difference(name) == (after.count(name) or 0) - (before.count(name) or 0), name
        assert not report.difference(name) or report.of(name)


def watched(clock: FrozenClock) -> tuple[DemandFlow, list[Any]]:
    """Four demands under two clocks: in time, too late, still going on, and one that no limit fits."""
    flow = DemandFlow.open("memory:", workflows=WORKFLOWS, clock=clock)
    OPENED.append(flow)
    ids: list[Any] = []
    for days, place in ((1, "fufeng/c1"), (3, "fufeng/c1"), (None, "fufeng/c2"), (None, "fufeng/c2")):
        category = "housing" if len(ids) < 3 else None
        it = flow.register("x", channel="hotline", place=place, category=category, workflow="guarded@1", by=WARDEN).id
        ids.append(it)
        if len(ids) < 4:
            flow.act(it, "begin", Stepped(), by=WARDEN)
        if days:
            clock.advance(days=days)
            flow.act(it, "finish", Stepped(), by=WARDEN)
    return flow, ids


def test_what_a_clock_says(clock: FrozenClock) -> None:
    flow, ids = watched(clock)
    figures = flow.figures()
    assert figures.clocks == NAMES
    assert str(figures.clock("work")) == "work: 4 received = 1 none + 1 running + 1 met + 1 missed + 0 stopped"
    assert str(figures.clock("work").on_time) == str(figures.rate("work on time")) == "1/2 = 50.0 %"
    assert str(figures.clock("look")) == "look: 4 received = 1 none + 0 running + 3 met + 0 missed + 0 stopped"
    assert str(figures.clock("old").on_time) == "n/a"
    (late,) = flow.counted("work missed")
    assert (late.demand, flow.history(late.demand)[late.decided_by - 1].move) == (ids[1], "finish")
    assert figures.as_dict()["work met"] == 1
    rows = {row["figure"]: row for row in figures.rows()}
    assert rows["work on time"]["kind"] == "rate"
    assert (rows["work on time"]["value"], rows["work on time"]["n"], rows["work missed"]["value"]) == (0.5, 2, 1)
    parts = flow.figures_by("place", level=2)
    assert parts.columns()["work running"] == [0, 1]
    assert parts.columns()["work on time"] == [0.5, None]
    assert str(parts.mean_of_units("work on time")) == "50.0 % (mean of 1 units)"
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(parts, "work on time", "work none"))
    assert "1/2 = 50.0 %" in console.export_text()
    (line,) = flow.changes(as_of=("2025-03-01", "2025-03-04")).of("work met")
    assert line.before is not None
    assert line.after is not None
    assert ("work running" in line.before.counts, "work met" in line.after.counts) == (True, True)
    assert "none" not in str(line)


def test_a_clock_that_ran_is_known_where_no_workflow_declares_it_any_more() -> None:
    clock = FrozenClock()
    flow, _ = watched(clock)
    with apart(flow) as (anew, _):
        anew.catch_up()
        with anew.tables() as tables:
            assert totals.clocks(tables) == {"look", "work"}


def test_a_paused_clock_has_not_ended(clock: FrozenClock) -> None:
    flow, ids = watched(clock)
    flow.act(ids[2], "rest", Stepped(), by=WARDEN)
    clock.advance(days=9)
    assert flow.figures().clock("work").running == 1
    flow.act(ids[2], "finish", Stepped(), by=WARDEN)
    assert flow.figures().clock("work").met == 2, "it rested before it was due"


def test_figures_of_workflows_without_clocks_have_none() -> None:
    with DemandFlow.open("memory:") as flow:
        figures = flow.figures()
        assert figures.clocks == ()
        assert [*figures.as_dict()] == [*COUNTS, *RANGES, *HAPPENINGS, *RATES]
        with pytest.raises(InvalidValue, match="possible: none"):
            figures.clock("finish")


def test_a_clock_that_there_is_not_is_told(clock: FrozenClock) -> None:
    flow, _ = watched(clock)
    figures, parts = flow.figures(), flow.figures_by("place")
    changes = flow.changes(as_of=("2025-03-01", "2025-03-04"))
    for ask in (
        lambda: figures.clock("wrok"),
        lambda: figures.clock(3),  # type: ignore[arg-type]
        lambda: figures.count("wrok met"),
        lambda: figures.rate("wrok on time"),
        lambda: parts.mean_of_units("wrok on time"),
        lambda: flow.counted("wrok met"),
        lambda: flow.board(clock="wrok"),
        lambda: changes.difference("wrok met"),
        lambda: table(figures, "wrok on time"),
    ):
        with pytest.raises(InvalidValue, match=r"possible: .*work"):
            ask()


def test_the_figures_of_a_clock_are_explained() -> None:
    assert definition("finish on time").formula == "(finish met) / (finish met + finish missed + finish overdue)"
    assert definition("finish on time of the ended").formula == "(finish met) / (finish met + finish missed)"
    assert definition("finish stopped").kind == "standing count"
    assert definition("(clock) met").says == definition("finish met").says
    for wrong in ("finish", " met", "on time"):
        with pytest.raises(InvalidValue, match=r"\(clock\) met"):
            definition(wrong)


def test_what_a_demand_stands_for_fits_below_its_clocks() -> None:
    assert max(DECLARES[meaning] for meaning in MEANINGS) < 1 << CLOCKS_AT


def test_the_board_lists_what_is_due_the_next_first(clock: FrozenClock) -> None:
    flow, ids = watched(clock)
    other = flow.register("y", channel="hotline", place="f", category="housing", workflow="guarded@1", by=WARDEN).id
    found = flow.board(due_by=clock() + timedelta(days=9))
    assert [(row.demand, row.clock) for row in found.rows] == [(other, "look"), (ids[2], "work")]
    assert [row.demand for row in flow.board(due_by=clock() + timedelta(days=9), sort="received").rows] == [
        ids[2],
        other,
    ]
    assert [row.demand for row in flow.board(clock="work", open=True).rows] == [ids[2]]
    clock.advance(days=1)
    (row,) = flow.board(overdue=True).rows
    assert row.due is not None
    assert clock() - row.due == timedelta(hours=4)
    found_now = flow.deadlines()
    assert (found_now.overdue, found_now.not_yet_due, found_now.no_due) == (1, 1, 1)


OF_SQLITE = pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)
"""Tests that look at SQLite's plan."""


@OF_SQLITE
def test_what_is_due_is_counted_from_an_index_alone(flow: DemandFlow) -> None:
    told: list[str] = []
    connection = flow._projector._connection
    connection.set_trace_callback(told.append)  # type: ignore[attr-defined]
    flow.board(overdue=True, total=True)
    flow.deadlines()
    connection.set_trace_callback(None)  # type: ignore[attr-defined]
    counts = [statement for statement in told if statement.startswith("SELECT COUNT(*)") and "due <" in statement]
    assert len(counts) == 2
    for count in counts:
        (line,) = connection.execute(f"EXPLAIN QUERY PLAN {count}").fetchall()
        assert "COVERING INDEX demandflow_board_open" in line[3]


@OF_SQLITE
def test_a_page_of_what_is_due_is_not_sorted(flow: DemandFlow) -> None:
    told: list[str] = []
    connection = flow._projector._connection
    connection.set_trace_callback(told.append)  # type: ignore[attr-defined]
    for asked in ({"due_by": T0}, {"overdue": True}, {"due_by": T0, "descending": True}):
        flow.board(**asked)
    connection.set_trace_callback(None)  # type: ignore[attr-defined]
    pages = [statement for statement in told if "LIMIT" in statement]
    assert len(pages) == 3
    for page in pages:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {page}")]
        assert plan == ["SEARCH demandflow_board USING COVERING INDEX demandflow_board_open (due<?)"]
