"""Figures, boards and changes as a clerk reads them: printed, listed in order, and plain about what was never there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from demandflow import Calendar, Clock, Days, DemandFlow, FeedbackMethod, InvalidValue, Role
from demandflow.domain.values import Actor
from demandflow.facts import Stepped
from demandflow.projections.printing import lasted
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, SUPERVISOR, T0
from tests.unit.figures.test_clock_figures import LOOK, WARDEN, guarded
from tests.unit.figures.test_past import closed_loop_of

OF_2025 = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00", days=[Days.none([2025])])
TOO_FAR = Clock("work", ("doing",), "400 working days", OF_2025, paused_in=("resting",))


def test_a_demand_that_stands_the_same_is_said_to_stand_so(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register("x", channel="hotline", place="f", by=CLERK).id
    clock.advance(days=1)
    flow.escalate(it, "three weeks already", by=SUPERVISOR)
    report = flow.changes(as_of=(T0.date(), clock().date()))
    (line,) = report.lines
    assert str(line) == f"{it}: open → open, escalated +1 (event 2)"
    assert line.before == line.after
    assert line.before is not None
    assert "open" in line.before.counts
    assert report.difference("open") == 0
    assert str(report) == f"demands that moved: 1\n{line}"


def test_what_passed_through_a_place_stood_nowhere_in_it(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register("x", channel="hotline", place="f/c1", by=CLERK).id
    clock.advance(days=1)
    flow.sort(it, place="f/c2", by=AUDITOR)
    flow.escalate(it, "three weeks already", by=SUPERVISOR)
    flow.sort(it, place="f/c1", by=AUDITOR)
    (line,) = flow.changes(as_of=(T0.date(), clock().date()), place="f/c2").lines
    assert str(line) == f"{it}: (not there) → (not there), escalated +1 (event 2, 3, 4)"


def test_counted_comes_in_the_order_of_receipt_and_not_of_ids(flow: DemandFlow, clock: FrozenClock) -> None:
    texts = []
    for n in range(8):
        # ids made from references come in no order
        it = flow.register(f"r{n}", channel="c", place="p", by=CLERK, source="hotline", reference=f"r{n}").id
        flow.escalate(it, "why", by=SUPERVISOR)
        texts.append(f"r{n}")
        clock.advance(hours=1)
    for name in ("received", "open", "escalated"):
        assert [flow.demand(line.demand).text for line in flow.counted(name)] == texts, name
    changes = flow.changes(as_of=("2025-02-01", "2025-03-31"))
    assert [flow.demand(line.demand).text for line in changes.lines] == texts
    assert [row.text for row in flow.board().rows] == texts


def test_figures_are_printed_with_what_is_not_zero_and_rates_with_their_n(flow: DemandFlow, clock: FrozenClock) -> None:
    closed_loop_of(flow, clock)
    said = str(flow.figures(place="fufeng"))
    assert said.splitlines()[0] == "place fufeng: 3 received = 1 open + 2 closed + 0 refused + 0 withdrawn + 0 merged"
    assert "  2 resolved, 2 reported_resolved, 2 asked, 2 closed_and_asked, 2 evaluated, 2 satisfied" in said
    assert "  happened: 2 evaluated_at_all" in said
    assert "  resolution received 2/3 = 66.7 %" in said
    assert "  satisfaction strict, over the closed 2/2 = 100.0 % to 2/2 = 100.0 %" in said
    assert "0 refused," not in said
    assert "n/a" not in said
    parts = str(flow.figures_by("place", level=2)).splitlines()
    assert parts[0] == "by place, all:"
    assert parts[1].startswith("  fufeng/c1: 2 received = 0 open + 2 closed")
    assert parts[-1].startswith("  together: 3 received = 1 open")
    assert parts[-1].endswith("resolved 2/3 = 66.7 %")
    assert str(flow.figures_by("category")).splitlines()[1].startswith("  (none): 3 received")


def test_a_page_of_the_board_and_deadlines_are_printed(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register(f"a lamp{' and' * 30}", channel="hotline", place="f/c1", due=T0 + timedelta(days=1), by=CLERK).id
    flow.accept(it, by=AUDITOR)
    flow.contract_out(it, "repair team", by=DISPATCHER)
    first, row = str(flow.board(total=True)).splitlines()
    assert first == "demands: 1 of 1"
    assert str(flow.board()).splitlines()[0] == "demands: 1"
    where = "2025-03-01 08:00 UTC f/c1 · hotline: contracted_out, with repair team, due 2025-03-02 08:00 UTC"
    assert row.startswith(f"  {where}: a lamp and and")
    assert row.endswith(f"… [{it}]")
    assert str(flow.deadlines()) == "at 2025-03-01 08:00 UTC: 0 overdue, 1 not yet due, 0 without a due moment"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (None, "n/a"),
        (timedelta(), "0 s"),
        (timedelta(microseconds=3), "under 1 s"),
        (timedelta(seconds=75), "1 min 15 s"),
        (timedelta(days=3, hours=5, minutes=9), "3 d 5 h"),
        (timedelta(days=3, minutes=9), "3 d"),
        (timedelta(hours=1, minutes=45, seconds=11.5), "1 h 45 min"),
    ],
)
def test_how_long_is_said_in_two_units(time: timedelta | None, said: str) -> None:
    assert lasted(time) == said


def test_what_no_demand_ever_was_is_said_and_how_it_may_be_spelt(flow: DemandFlow, clock: FrozenClock) -> None:
    flow.register("x", channel="hotline", place="fufeng/chengguan", resident=RESIDENT.id, by=CLERK)
    asked: dict[str, Any] = {"place": "fufeng/chengguang", "channel": "hotlin"}
    said = {
        "place": "no demand ever had the place 'fufeng/chengguang' (there is fufeng/chengguan)",
        "channel": "no demand ever had the channel 'hotlin' (there is hotline)",
    }
    for name, value in asked.items():
        one: Any = {name: value}
        assert flow.board(**one).note == said[name]
        assert str(flow.board(**one)).endswith(said[name])
        for answer in (
            flow.figures(**one),
            flow.figures_by("place", **one),
            flow.deadlines(**one),
            flow.durations(**one),
        ):
            assert answer.note == said[name]
            assert str(answer).endswith(said[name])
        assert flow.changes(as_of=(date(2025, 2, 1), T0.date()), **one).note == said[name]
    assert flow.board(**asked).note == f"{said['place']}; {said['channel']}"
    for name in ("category", "lead", "contractor", "resident"):
        assert flow.board(**{name: "nobody"}).note == f"no demand ever had the {name} 'nobody'"  # type: ignore[arg-type]
    assert flow.work_list(contractor="nobody").note == "no demand ever had the contractor 'nobody'"
    assert flow.figures().note == flow.board(place="fufeng").note == flow.board(open=False).note == ""
    assert flow.board(place="fufeng", channel="hotline", open=False).note == "", (
        "there are such, but none of them ended"
    )


def test_a_word_of_urgency_that_no_demand_has_is_said_and_how_it_may_be_spelt(flow: DemandFlow) -> None:
    flow.register("x", channel="hotline", place="fufeng", urgency="before winter", by=CLERK)
    assert [row.urgency for row in flow.board(urgency="before winter").rows] == ["before winter"]
    assert flow.board(urgency="before wintr").note == (
        "no demand has the urgency 'before wintr' (there is before winter)"
    )
    assert flow.board(urgency="urgent").note == "no demand has the urgency 'urgent'"


def test_a_place_that_was_left_is_one_that_there_was(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register("x", channel="hotline", place="f/c1", by=CLERK).id
    flow.sort(it, place="f/c2", by=AUDITOR)
    assert (flow.board(place="f/c1", total=True).total, flow.board(place="f/c1").note) == (0, "")


def test_lead_and_contractor_are_two_things_everywhere(flow: DemandFlow, clock: FrozenClock) -> None:
    it = flow.register("x", channel="hotline", place="f", by=CLERK).id
    flow.accept(it, by=AUDITOR)
    flow.contract_out(it, "repair team", by=DISPATCHER)
    flow.hand_back(it, "not ours", by=Actor("zhao", Role.CONTRACTOR, "repair team"))
    assert [
        flow.board(contractor="repair team", total=True).total,
        flow.board(lead="repair team", total=True).total,
    ] == [0, 1]
    assert flow.board(contractor="repair team").note == "", "it had it once"
    assert flow.figures(lead="repair team").count("open") == flow.figures_by("lead")["repair team"].count("open") == 1
    questions: tuple[Callable[[], object], ...] = (
        lambda: flow.figures(contractor="repair team"),  # type: ignore[call-arg]
        lambda: flow.figures_by("contractor"),
        lambda: flow.counted("open", contractor="repair team"),  # type: ignore[call-arg]
        lambda: flow.durations(contractor="repair team"),  # type: ignore[call-arg]
        lambda: flow.deadlines(contractor="repair team"),  # type: ignore[call-arg]
    )
    for ask in questions:
        with pytest.raises(InvalidValue, match="by the lead, who was given the work last"):
            ask()


def test_those_without_a_category_or_lead_can_be_listed_as_well_as_counted(flow: DemandFlow) -> None:
    flow.register("x", channel="hotline", place="f", by=CLERK)
    flow.register("y", channel="hotline", place="f", category="roads", by=CLERK)
    assert flow.figures(category="").count("open") == flow.board(category="", total=True).total == 1
    assert flow.figures(lead="").count("open") == flow.board(lead="", total=True).total == 2
    assert flow.deadlines(category="").no_due == flow.durations(category="").unended == 1


def test_demands_whose_clock_has_no_date_are_counted_and_listed(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", workflows=(guarded(1, LOOK, TOO_FAR),), clock=clock) as flow:
        ids = [flow.register("x", channel="hotline", place="f", by=WARDEN).id for _ in range(2)]
        flow.act(ids[1], "begin", Stepped(), by=WARDEN)
        figures = flow.figures()
        assert (figures.clock("work").undated, figures.clock("work").running) == (1, 1)
        assert figures.count("work undated") == 1
        assert str(figures.clock("work")).endswith("; of the running 1 undated")
        assert [line.demand for line in flow.counted("work undated")] == [ids[1]]
        assert [line.demand for line in flow.counted("work running")] == [ids[1]]
        assert [line.demand for line in flow.counted("work none")] == [ids[0]]
        (row,) = flow.board(undated=True).rows
        assert (row.demand, row.undated) == (ids[1], ("work",))
        assert "no date known for work" in str(row)
        assert flow.board(undated=False, total=True).total == 1
        assert flow.deadlines().undated == 1
        assert "1 with a clock whose calendar does not know the year" in str(flow.deadlines())
        with pytest.raises(InvalidValue, match="undated: must be True, False or None"):
            flow.board(undated="yes")  # type: ignore[arg-type]
        clock.advance(days=1)
        flow.act(ids[1], "finish", Stepped(), by=WARDEN)
        assert (flow.deadlines().undated, flow.figures().clock("work").undated) == (0, 0)
        assert flow.figures(as_of=T0.date()).clock("work").undated == 1


def test_who_is_called_back_is_read_off_a_row_without_its_line_breaks(flow: DemandFlow) -> None:
    it = flow.register("a\nlamp", channel="hotline", place="f", resident=RESIDENT.id, by=CLERK).id
    flow.answer(it, "so", by=CLERK)
    flow.feed_back(it, FeedbackMethod.CALL, by=CLERK)
    assert str(flow.board().rows[0]) == f"2025-03-01 08:00 UTC f · hotline · {RESIDENT.id}: fed_back: a lamp [{it}]"
