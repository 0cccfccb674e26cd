"""What was overdue on a day of the past, and how demands stood then: proved from the ledger and the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Calendar, Clock, DemandFlow, DemandNotFound, FeedbackMethod, Grade, InvalidValue
from demandflow.domain.demand import Demand
from demandflow.facts import Stepped
from demandflow.projections.figures.definitions import RANGES
from demandflow.projections.standing import COUNTS
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DAY, RESIDENT, T0
from tests.unit.figures import test_past
from tests.unit.figures.test_clock_figures import LOOK, WARDEN, guarded

ZONE = ZoneInfo("Asia/Shanghai")
WALL = Calendar.of("wall", zone=ZONE.key, hours="Mon-Sun 00:00-24:00")
TWO_DAYS = Clock("work", ("doing",), "2 calendar days", WALL, paused_in=("resting",))


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:  # clocks once went back further, and logs tell of it
        patch.setattr("demandflow.recording.moments.FAR_BEHIND", timedelta(days=9999))
        yield
    test_past.close_all()


def answered(flow: DemandFlow, demand: UUID) -> None:
    flow.answer(demand, "so", by=CLERK)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)


def nine_overdue(flow: DemandFlow, clock: FrozenClock) -> list[UUID]:
    """Ten demands due on the 23rd; one is answered in time, nine are overdue on the 24th and closed on the 25th."""
    clock.now = datetime(2025, 3, 20, 9, tzinfo=ZONE)
    due = datetime(2025, 3, 23, 17, tzinfo=ZONE)
    how: dict[str, Any] = {"channel": "hotline", "place": "f/c1", "resident": RESIDENT.id, "due": due, "by": CLERK}
    demands = [flow.register(f"lamp {n}", **how).id for n in range(10)]
    answered(flow, demands[0])
    clock.now = datetime(2025, 3, 25, 9, tzinfo=ZONE)
    for demand in demands[1:]:
        answered(flow, demand)
    return demands


@pytest.fixture
def town(clock: FrozenClock) -> Iterator[DemandFlow]:
    with DemandFlow.open("memory:", clock=clock, zone=ZONE.key) as flow:
        yield flow


def test_how_many_were_overdue_on_a_day_of_the_past_is_known_and_listed(town: DemandFlow, clock: FrozenClock) -> None:
    demands = nine_overdue(town, clock)
    then = town.figures(as_of="2025-03-24")
    assert [then.count(name) for name in ("overdue", "running_overdue", "due", "met")] == [9, 9, 10, 1]
    assert (str(then.on_time), str(then.on_time_of_the_ended)) == (
        "1/10 = 10.0 %",
        "1/1 = 100.0 % (besides, 9 overdue)",
    )
    listed = town.counted("overdue", as_of="2025-03-24")
    assert [line.demand for line in listed] == demands[1:]
    assert {(line.decided_by, str(line.happened)) for line in listed} == {(1, "2025-03-20")}, (
        "registering gave the due moment"
    )
    assert town.figures(as_of="2025-03-22").count("overdue") == town.figures(as_of="2025-03-25").count("overdue") == 0
    assert town.figures(known_on="2025-03-24").count("overdue") == 9
    assert town.figures_by("place", level=2, as_of="2025-03-24")["f/c1"].count("overdue") == 9
    assert town.figures(as_of="2025-03-24", place="f/c2").count("overdue") == 0
    assert town.figures(closed="2025-03").count("overdue") == 0


def test_what_is_due_at_midnight_is_overdue_on_the_day_that_begins_then(town: DemandFlow, clock: FrozenClock) -> None:
    midnight = datetime(2025, 3, 6, tzinfo=ZONE)
    clock.now = midnight - 2 * DAY
    for due in (midnight - timedelta(microseconds=1), midnight):
        town.register("x", channel="hotline", place="f", due=due, by=CLERK)
    clock.now = midnight + 3 * DAY
    days = ("2025-03-04", "2025-03-05", "2025-03-06")
    assert [town.figures(as_of=day).count("overdue") for day in days] == [0, 1, 2]
    for name in ("overdue", "running_overdue", "due"):
        assert [len(town.counted(name, as_of=day)) for day in days] == [0, 1, 2], name
    assert [town.board(as_of=day, overdue=True, total=True).total for day in days] == [0, 1, 2]
    at_midnight = [
        town.board(as_of=midnight + step, overdue=True, total=True).total
        for step in (timedelta(), timedelta(microseconds=1))
    ]
    assert at_midnight == [1, 2]


def test_a_day_that_is_not_over_is_asked_of_now(town: DemandFlow, clock: FrozenClock) -> None:
    clock.now = datetime(2025, 3, 5, 6, tzinfo=ZONE)  # by UTC it is still the 4th
    for hour in (10, 12, 16):
        town.register("x", channel="hotline", place="f", due=clock.now.replace(hour=hour), by=CLERK)
    clock.now = clock.now.replace(hour=12)
    asked: tuple[dict[str, Any], ...] = (
        *({}, {"as_of": "2025-03-05"}, {"as_of": "2025-12-31"}, {"known_on": "2025-03-05"}, {"place": "f"}),
        {"as_of": "2025-12-31", "known_on": "2025-12-31"},
    )
    for words in asked:
        assert town.figures(**words).count("overdue") == len(town.counted("overdue", **words)) == 1, words
    assert town.figures_by("received", every="day")["2025-03-05"].count("overdue") == 1
    assert (
        town.deadlines().overdue
        == town.board(overdue=True, total=True).total
        == town.board(as_of="2025-12-31", overdue=True, total=True).total
        == 1
    )


def test_a_demand_is_overdue_by_each_clock_of_its_own(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", workflows=(guarded(1, LOOK, TWO_DAYS),), clock=clock, zone=ZONE.key) as flow:
        it = flow.register("x", channel="hotline", place="f", due=T0 + 4 * DAY, by=WARDEN).id
        flow.act(it, "begin", Stepped(), by=WARDEN)
        clock.advance(days=9)
        flow.act(it, "finish", Stepped(), by=WARDEN)
        names = ("overdue", "running_overdue", "work overdue", "due", "work due")
        by_day = {n: [flow.figures(as_of=(T0 + n * DAY).date()).count(name) for name in names] for n in (1, 3, 5, 9)}
        assert by_day == {1: [0, 0, 0, 0, 0], 3: [1, 0, 1, 0, 1], 5: [1, 1, 1, 1, 1], 9: [0, 0, 0, 1, 1]}
        (line,) = flow.counted("work overdue", as_of=(T0 + 3 * DAY).date())
        assert flow.history(it)[line.decided_by - 1].move == "begin", "the clock began there"


def test_what_became_overdue_as_time_went_by_is_in_the_change_report(town: DemandFlow, clock: FrozenClock) -> None:
    nine_overdue(town, clock)
    report = town.changes(as_of=("2025-03-22", "2025-03-24"))
    assert report.difference("overdue") == 9
    assert {line.events for line in report.lines} == {()}
    assert str(report.lines[0]).endswith(": open → overdue, running_overdue, due (time went by)")


def test_a_past_moment_is_not_answered_from_the_demands_that_are_open_now(town: DemandFlow, clock: FrozenClock) -> None:
    nine_overdue(town, clock)
    then = datetime(2025, 3, 24, 12, tzinfo=ZONE)
    for ask in (lambda: town.deadlines(then), lambda: town.board(overdue=then)):
        with pytest.raises(
            InvalidValue, match=r"is past, and demands have moved on since.*figures\(as_of=…\).*board\(as_of=…"
        ):
            ask()
    assert town.board(as_of=then, overdue=True, total=True).total == 9
    clock.advance(days=9)
    assert town.deadlines(clock() - DAY).overdue == 0, (
        "nothing happened since, so that those open now are those of then"
    )


def test_overdue_at_another_moment_than_the_board_is_of_is_refused(town: DemandFlow, clock: FrozenClock) -> None:
    with pytest.raises(InvalidValue, match="say overdue=True: overdue as of 2025-03-01"):
        town.board(as_of="2025-03-01", overdue=clock())
    wrong: Any
    for wrong in ({"as_of": "soon"}, {"known_on": 3}, {"as_of": T0.replace(tzinfo=None)}):
        with pytest.raises(InvalidValue, match=r"as_of|known_on"):
            town.board(**wrong)


def test_a_demand_is_shown_as_it_stood(town: DemandFlow, clock: FrozenClock) -> None:
    it = nine_overdue(town, clock)[1]
    then = town.demand(it, as_of="2025-03-24")
    assert (then.state, then.version, then.ended) == ("registered", 1, None)
    assert town.demand(it, as_of=clock()) == town.demand(it, as_of="2025-03-25") == town.demand(it)
    clock.advance(days=2)
    said: dict[str, Any] = {"resolved": False, "grade": Grade.DISSATISFIED, "confirmed_by": RESIDENT.id}
    town.correct(it, 4, "she had said the opposite", **said, by=AUDITOR)
    assert town.demand(it, as_of="2025-03-25", known_on="2025-03-25").resolved is True, "what was known then"
    assert town.demand(it, as_of="2025-03-25").resolved is False, "what is known now about then"
    assert town.demand(it, as_of="2025-03-25", known_on=datetime(2025, 3, 25, 8, tzinfo=ZONE)).state == "registered"
    with pytest.raises(DemandNotFound, match=r"no demand .* as of 2025-03-19"):
        town.demand(it, as_of=date(2025, 3, 19))
    with pytest.raises(DemandNotFound, match="in this log"):
        town.demand(UUID(int=1), as_of=date(2025, 3, 19))
    with pytest.raises(InvalidValue, match="as_of: must be a day"):
        town.demand(it, as_of="soon")


def test_the_board_of_a_day_filters_sorts_and_pages_as_that_of_now(town: DemandFlow, clock: FrozenClock) -> None:
    nine_overdue(town, clock)
    lift = town.register("lift", channel="hotline", place="f/c1", by=CLERK, at=datetime(2025, 3, 24, 9, tzinfo=ZONE)).id
    town.sort(lift, place="f/c2", by=AUDITOR)
    then: dict[str, Any] = {"as_of": "2025-03-24"}
    assert town.board(open=True, **then, total=True).total == 10
    first = town.board(place="f/c1", limit=1, **then)
    assert [row.text for row in town.board(place="f/c1", limit=2, after=first.next, **then).rows] == [
        "lamp 1",
        "lamp 2",
    ]
    assert town.board(place="f/c2", **then, total=True).total == 0
    assert town.board(place="f/c2", as_of="2025-03-25", total=True).total == 1
    assert town.board(ended_as="closed", closed="2025-03", **then, total=True).total == 1
    assert town.board(sort="received", descending=True, **then).rows[0].text == "lift"


@given(st.data())
@settings(max_examples=examples(15))
def test_the_board_of_a_day_has_exactly_the_demands_that_the_figures_of_that_day_count(data: st.DataObject) -> None:
    flow, log = test_past.grown(data, 50)
    days = {name: log.day() for name in log.draw(st.sampled_from([("as_of",), ("known_on",), ("as_of", "known_on")]))}
    asked: Any = {
        **days,
        **log.draw(st.fixed_dictionaries({}, optional={"place": st.sampled_from(["fufeng", "岐山"])})),
    }
    figures, board = flow.figures(**asked), flow.board(limit=1000, total=True, **asked)
    assert board.total == figures.count("received")
    for ended_as in (None, "closed", "refused", "withdrawn", "merged"):
        there = {row.demand for row in board.rows if row.ended_as == ended_as}
        assert there == {line.demand for line in flow.counted(ended_as or "open", **asked)}
    overdue = flow.board(overdue=True, limit=1000, **asked)
    assert {row.demand for row in overdue.rows} == {line.demand for line in flow.counted("overdue", **asked)}
    for row in board.rows:
        then = flow.demand(row.demand, **days)
        assert (row.state, row.round, row.place, row.lead) == (then.state, then.round, then.place, then.lead)


@given(st.data())
@settings(max_examples=examples(15))
def test_every_count_of_what_is_due_lists_its_demands_and_is_explained(data: st.DataObject) -> None:
    flow, log = test_past.grown(data, 50)
    first, last = sorted((log.day(), log.day()))
    which = log.draw(st.sampled_from(["as_of", "known_on"]))
    before, after = ({which: day} for day in (first, last))
    report: Any = flow.changes(**{which: (first, last)})  # type: ignore[arg-type]
    for name in (*RANGES, *COUNTS):
        counts = [flow.figures(**day).count(name) or 0 for day in (before, after)]  # type: ignore[arg-type]
        assert report.difference(name) == counts[1] - counts[0], name
        assert len(flow.counted(name, **after)) == counts[1], name  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=examples(15))
def test_what_was_said_at_the_end_of_a_day_is_what_was_known_on_it(data: st.DataObject) -> None:
    flow, log = test_past.grown(data, 40, steady=True)
    day = log.clock().date()
    log.clock.now = datetime.combine(day + DAY, datetime.min.time(), log.clock.now.tzinfo) - timedelta(microseconds=1)
    said = flow.figures()
    log.clock.advance(microseconds=1)
    log.grow(20, steady=True)
    known = flow.figures(known_on=day)
    assert known.standings == said.standings
    assert [known.count(name) for name in RANGES] == [said.count(name) for name in RANGES]


@given(st.data())
@settings(max_examples=examples(15))
def test_a_demand_as_of_today_is_the_demand(data: st.DataObject) -> None:
    flow, log = test_past.grown(data, 40)
    far = log.clock.now + 400 * DAY
    for demand in log.demands:
        now, then = flow.demand(demand), flow.demand(demand, as_of=far)
        different = [name for name in Demand.__struct_fields__ if getattr(now, name) != getattr(then, name)]
        assert not different
