"""Clocks, through the door: when they start, rest, run out and end, and by which rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from demandflow import (
    Calendar,
    CallbackMissed,
    Category,
    Clock,
    ContractedOut,
    Corrected,
    Days,
    Demand,
    DemandFlow,
    Extended,
    ExtensionAsked,
    InvalidValue,
    Limit,
    Notified,
    Registered,
    RuleBroken,
    Sorted,
    Span,
    Suspended,
    Ticking,
    Urgency,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.testing import FrozenClock, a, a_demand, calendars, moments, spans, step
from demandflow.testing import given as situation
from tests.stories import ASKED, AUDITOR, CLERK, DISPATCHER, SUPERVISOR, TEAM, USUAL, Story

OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days([2025]))
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE))
TICK = timedelta(microseconds=1)


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A moment of 2025; the third of March is a Monday."""
    return datetime(2025, month, day, hour, tzinfo=UTC)


def story(*told: tuple[datetime, str], workflow: Workflow = TIMED) -> Story:
    """The usual steps, each few at their moment; what stands together happens at once."""
    found = Story(workflow)
    for when, steps in told:
        tell(found, when, steps)
    return found


def tell(found: Story, when: datetime, steps: str) -> Demand:
    for one in steps.split():
        found.now = when
        found.tell(one)
    return found.demand


def clock(demand: Demand, name: str) -> Ticking:
    found = demand.clock(name)
    assert found is not None, f"{name} never ran"
    return found


def stands(demand: Demand) -> dict[str, str]:
    return {one.clock: one.stands for one in demand.clocks}


def with_clocks(*clocks: Clock, version: int = 1) -> Workflow:
    """The closed loop with these clocks, and one that says nothing of the other states."""
    watched = {name for one in clocks for name in (*one.runs_in, *one.paused_in)}
    others = tuple(one.name for one in TIMED.states if one.ended_as is None and one.name not in watched)
    rest = (Clock("rest", others, "9 calendar days", OFFICE),) if others else ()
    return replace(TIMED, version=version, clocks=(*clocks, *rest))


IN_HAND = ((at(3), "register accept contract_out take_on"),)


def test_a_clock_starts_when_a_state_is_entered_and_says_when_it_is_due() -> None:
    demand = story((at(3), "register")).demand
    assert demand.clocks == (Ticking("accept", "running", at(3), at(3), "1 working day", at(4), known_due=at(4)),)
    assert (demand.next_due, demand.next_clock) == (at(4), "accept")
    assert clock(story((at(1), "register")).demand, "accept").due == at(4), "Saturday counts from Monday's opening"


@pytest.mark.parametrize(("later", "ends"), [(timedelta(0), "met"), (TICK, "missed"), (-TICK, "met")])
def test_what_ends_at_its_due_moment_is_met_and_later_missed(later: timedelta, ends: str) -> None:
    demand = story((at(3), "register"), (at(4) + later, "accept")).demand
    assert clock(demand, "accept").stands == ends
    assert clock(demand, "accept").due == at(4)
    assert stands(demand) == {"accept": ends, "dispatch": "running", "finish": "running"}


@pytest.mark.parametrize("end", ["withdraw", "refuse", "merge"])
def test_what_ends_otherwise_than_closed_stops_the_clocks_late_or_not(end: str) -> None:
    demand = story((at(3), "register"), (at(20), end)).demand
    assert clock(demand, "accept").stands == ("stopped")
    assert demand.next_due is None


def test_a_pause_moves_the_due_moment_by_its_working_time() -> None:
    found = story((at(3), "register"), (at(3, 16), "ask_details"))
    assert stands(found.demand) == {"accept": "paused", "details": "running"}
    assert (found.demand.next_clock, clock(found.demand, "accept").due) == ("details", at(4))
    demand = tell(found, at(4, 10), "give_details")
    assert clock(demand, "accept") == Ticking(
        "accept", "running", at(3), at(4, 10), "1 working day", at(4, 11), known_due=at(4, 11)
    )


def test_a_pause_of_a_clock_in_calendar_days_moves_it_by_elapsed_time() -> None:
    workflow = closed_loop("timed", clocks=standard_clocks(OFFICE, accept="3 calendar days"))
    demand = story((at(3), "register"), (at(3, 16), "ask_details"), (at(5), "give_details"), workflow=workflow).demand
    assert clock(demand, "accept").due == at(6) + timedelta(hours=41)


def test_what_was_overdue_before_the_pause_stays_overdue() -> None:
    found = story((at(3), "register"), (at(4) + TICK, "ask_details"), (at(10), "give_details"))
    assert clock(found.demand, "accept").due == at(4)
    assert clock(tell(found, at(10), "accept"), "accept").stands == "missed"


def test_a_pause_that_begins_at_the_due_moment_comes_too_late_to_move_it() -> None:
    found = story((at(3), "register"), (at(4), "ask_details"), (at(10), "give_details"))
    assert clock(found.demand, "accept").due == at(4)


def test_what_ends_from_a_pause_is_judged_by_when_the_pause_began() -> None:
    demand = story(*IN_HAND, (at(5), "suspend"), (at(28), "report")).demand
    assert clock(demand, "finish").stands == "met"
    demand = story(*IN_HAND, (at(12), "suspend"), (at(28), "report")).demand
    assert clock(demand, "finish").stands == "missed"


def test_an_extension_replaces_the_due_moment_of_the_extensible_clock() -> None:
    found = story(*IN_HAND)
    found.step("ask_extension", ExtensionAsked(until=at(20), reason="no lamps"), TEAM)
    found.step("extend", Extended(due=at(20)), DISPATCHER)
    demand = found.demand
    assert (clock(demand, "finish").due, clock(demand, "finish").began) == (at(20), at(3))
    assert (demand.due, demand.agreed_due, demand.next_due) == (None, at(20), at(20))
    assert clock(tell(found, at(20), "report"), "finish").stands == "met"
    again = story(*IN_HAND)
    with pytest.raises(RuleBroken, match="is no extension"):
        again.step("ask_extension", ExtensionAsked(until=at(10), reason="no lamps"), TEAM)


@pytest.mark.parametrize(("extensible", "of_the_whole"), [(True, None), (False, at(25))])
def test_the_due_moment_of_a_contract_is_the_extensible_clock_s_and_else_that_of_the_whole(
    extensible: bool, of_the_whole: datetime | None
) -> None:
    clocks = [replace(one, extensible=extensible and one.name == "finish") for one in TIMED.clocks]
    found = story((at(3), "register accept"), workflow=replace(TIMED, clocks=clocks))
    found.step("contract_out", ContractedOut(contractor="repair team", due=at(25)), DISPATCHER)
    assert found.demand.due == of_the_whole
    assert clock(found.demand, "finish").due == (at(25) if extensible else at(10))


def test_a_clock_restarts_with_what_its_moves_mean() -> None:
    found = story((at(3), "register accept contract_out"))
    assert clock(found.demand, "take_on").due == at(4)
    demand = tell(found, at(5), "recall")
    assert clock(demand, "take_on") == Ticking(
        "take_on", "running", at(5), at(5), "1 working day", at(6), known_due=at(6)
    )
    assert clock(demand, "finish").began == at(3), "what does not restart goes on"


def test_a_clock_starts_anew_with_the_round_though_it_was_running() -> None:
    everywhere = tuple(one.name for one in TIMED.states if one.ended_as is None)
    workflow = with_clocks(Clock("round", everywhere, "20 working days", OFFICE))
    found = story(*IN_HAND, (at(5), "report feed_back"), workflow=workflow)
    assert clock(found.demand, "round").began == at(3)
    demand = tell(found, at(6), "evaluate_unresolved")
    assert (demand.round, clock(demand, "round").began, clock(demand, "round").stands) == (2, at(6), "running")


def test_a_clock_that_does_not_know_the_year_is_undated_and_dated_later() -> None:
    eve = at(31, 16, month=12)
    found = story((eve, "register"))
    assert clock(found.demand, "accept") == Ticking("accept", "running", eve, eve, "1 working day")
    assert (found.demand.running, found.demand.next_due) == ((), None)
    undated = story((eve, "register accept")).demand
    assert clock(undated, "accept").stands == "stopped", "nobody knows whether it was in time"
    longer = replace(OFFICE, days=(Days([2025, 2026], closed=[date(2026, 1, 1)]),))
    found.workflow = closed_loop("timed", clocks=standard_clocks(longer))
    dated = tell(found, eve + timedelta(hours=1), "sort")
    assert clock(dated, "accept").due == datetime(2026, 1, 2, 16, tzinfo=UTC)
    assert clock(dated, "accept").began == eve


def test_the_rule_in_force_when_a_clock_started_judges_it() -> None:
    found = story((at(3), "register"))
    found.workflow = closed_loop("timed", version=2, clocks=standard_clocks(OFFICE, accept="1 hour", dispatch="1 hour"))
    demand = tell(found, at(4), "move_over sort")
    assert (clock(demand, "accept").due, clock(demand, "accept").span) == (at(4), "1 working day")
    demand = tell(found, at(4), "accept")
    assert clock(demand, "accept").stands == "met"
    assert clock(demand, "dispatch").due == at(4, 10), "what starts later goes by the new rule"


def test_moving_over_keeps_what_runs_and_stops_what_is_not_declared() -> None:
    found = story((at(3), "register"), (at(3, 10), "accept"))
    renamed = [replace(one, name="send" if one.name == "dispatch" else one.name) for one in TIMED.clocks]
    found.workflow = replace(TIMED, version=2, clocks=renamed)
    demand = tell(found, at(3, 12), "move_over")
    assert stands(demand) == {"accept": "met", "dispatch": "stopped", "finish": "running", "send": "running"}
    assert clock(demand, "finish").began == at(3, 10)
    assert clock(demand, "send").began == at(3, 12)


def test_the_first_limit_that_fits_says_how_long() -> None:
    limits = (
        Limit("1 hour", "住房", Urgency.URGENT),
        Limit("2 hours", category="住房"),
        Limit("3 hours", urgency="urgent"),
    )
    workflow = closed_loop("timed", clocks=standard_clocks(OFFICE, accept=limits))
    for category, urgency, hours in (
        ("住房/维修", "urgent", 1),
        ("住房/维修", None, 2),
        ("住房", "routine", 2),
        ("住房事", "urgent", 3),
        (None, None, None),
    ):
        fact = ASKED.model_copy(update={"category": category and Category(category), "urgency": urgency})
        found = Story(workflow, now=at(3))
        found.step("register", fact, CLERK)
        assert (None if hours is None else at(3, 9 + hours)) == found.demand.next_due
    assert found.demand.clocks == (), "what no limit fits has no deadline"
    found.now = at(3, 12)
    found.step("sort", Sorted(category=Category("住房/维修")), AUDITOR)
    assert clock(found.demand, "accept").due == at(3, 14), "and has one once it is known what it is"
    found.step("correct", Corrected(event=2, reason="typo", category=Category("道路")), AUDITOR)
    assert clock(found.demand, "accept").due == at(3, 14), "which stays"


def test_a_correction_that_came_too_late_to_count_starts_no_clock() -> None:
    workflow = closed_loop("timed", clocks=standard_clocks(OFFICE, accept=Limit("2 hours", category="住房")))
    found = Story(workflow, now=at(3))
    found.step("register", ASKED, CLERK)
    found.step("sort", Sorted(category=Category("道路")), AUDITOR)
    found.step("correct", Corrected(event=1, reason="typo", category=Category("住房")), AUDITOR)
    assert (found.demand.category, found.demand.clocks) == (Category("道路"), ())


def test_an_extension_into_a_year_that_nobody_knows_is_not_forgotten() -> None:
    found = story((at(1, month=12), "register accept contract_out take_on"))
    found.step("ask_extension", ExtensionAsked(until=at(31, 16, month=12), reason="no lamps"), TEAM)
    found.step("extend", Extended(due=at(31, 16, month=12)), DISPATCHER)
    found.step("suspend", Suspended(reason="frost", review=at(31, month=12)), TEAM)
    demand = tell(found, at(12, month=12), "resume")
    assert clock(demand, "finish").due is None, "the calendar does not know 2026"
    assert clock(tell(found, at(12, month=12), "note"), "finish").due is None
    longer = replace(OFFICE, days=(Days([2025, 2026]),))
    found.workflow = closed_loop("timed", clocks=standard_clocks(longer))
    assert clock(tell(found, at(12, month=12), "note"), "finish").due == found.demand.agreed_due
    assert found.demand.agreed_due is not None
    assert found.demand.agreed_due > at(31, 16, month=12)


def test_a_notice_changes_no_clock() -> None:
    found = story((at(3), "register"))
    before = found.demand.clocks
    stamp = found.step("notify", Notified(to="auditor", kind="overdue", what="due tomorrow"), SUPERVISOR)
    assert stamp.clocks is None
    assert found.demand.clocks == before


def test_calls_in_vain_are_spread_and_a_new_round_forgets_them() -> None:
    spread = closed_loop("spread", callback_hours=24)
    told = [USUAL[name][0] for name in ("register", "accept", "contract_out", "take_on", "report", "feed_back")]
    asked = situation(*told, workflow=spread).when(CallbackMissed()).then(CallbackMissed())
    at_once = step(CallbackMissed(), after=timedelta(hours=24) - TICK)
    asked.when(at_once).refused(RuleBroken, match="the last call was missed")
    later = asked.when(step(CallbackMissed(), after=timedelta(hours=24)))
    assert later.demand.missed_callbacks == 2
    demand = tell(story(*IN_HAND, (at(5), "report feed_back miss_callback")), at(6), "evaluate_unresolved")
    assert (demand.missed_callbacks, demand.missed_at) == (0, None)
    with pytest.raises(InvalidValue, match="callback_hours"):
        closed_loop(callback_hours=0)


@given(calendars(), spans(), moments(after=at(1), before=at(1, month=4)), st.sets(st.integers(0, 40), max_size=5))
@settings(max_examples=60)
def test_more_holidays_never_make_a_deadline_earlier(
    calendar: Calendar, span: Span, start: datetime, holidays: set[int]
) -> None:
    closed = Days(sorted(calendar.covered), closed=[date(2025, 3, 1) + timedelta(days=n) for n in holidays])
    fewer = Clock("c", "registered", span, calendar).due(start, span)
    more = Clock("c", "registered", span, replace(calendar, days=(*calendar.days, closed))).due(start, span)
    assume(fewer is not None and more is not None)
    assert fewer is not None
    assert more is not None
    assert fewer <= more


@pytest.mark.parametrize("wrong", [{"runs_in": 3}, {"limits": 3}, {"restarts": [1]}, {"limits": "soon"}])
def test_what_is_no_clock_is_said_to_be_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Clock(**{"name": "c", "runs_in": "registered", "limits": "1 hour", "calendar": OFFICE, **wrong})


def test_a_situation_and_a_demand_of_the_kit_have_their_clocks() -> None:
    assert situation(a(Registered), workflow=TIMED).demand.next_clock == "accept"
    assert clock(a_demand(TIMED, "suspended"), "finish").stands == "paused"
    with DemandFlow.open("memory:", workflows=(TIMED,), clock=FrozenClock()) as flow:
        assert a_demand(flow, "in_hand").next_clock == "finish"
