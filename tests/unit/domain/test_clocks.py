"""Clocks, through the door: when they start, rest, run out and end, and by which rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from demandflow import (
    Actor,
    Calendar,
    Category,
    Clock,
    Days,
    Demand,
    DemandFlow,
    Event,
    InvalidValue,
    Limit,
    Meta,
    Move,
    Place,
    Role,
    RuleBroken,
    Span,
    Urgency,
    Workflow,
    closed_loop,
    fold,
    standard_clocks,
)
from demandflow.domain.checks.clocks import advice_for_clocks
from demandflow.domain.clocks.changes import Outcome, clock_changes, outcome_of
from demandflow.domain.clocks.rejudging import judged_by, rejudged
from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import as_if
from demandflow.domain.evolve import evolve
from demandflow.facts import (
    CallbackMissed,
    ContractedOut,
    Corrected,
    DetailsAsked,
    Extended,
    ExtensionAsked,
    Fact,
    Noted,
    Notified,
    Registered,
    Sorted,
    Suspended,
)
from demandflow.testing import FrozenClock, a, a_demand, calendars, moments, spans, step
from demandflow.testing import given as situation
from tests.profiles import examples
from tests.stories import ASKED, AUDITOR, CLERK, DISPATCHER, PLAIN, SUPERVISOR, TEAM, USUAL, A, Story

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


def clock(demand: Demand, name: str) -> ClockState:
    found = demand.clock(name)
    assert found is not None, f"{name} never ran"
    return found


def status(demand: Demand) -> dict[str, str]:
    return {one.clock: one.status for one in demand.clocks}


def with_clocks(*clocks: Clock, version: int = 1) -> Workflow:
    """The closed loop with these clocks, and one that says nothing of the other states."""
    watched = {name for one in clocks for name in (*one.runs_in, *one.paused_in)}
    others = tuple(one.name for one in TIMED.states if one.ended_as is None and one.name not in watched)
    rest = (Clock("rest", others, "9 calendar days", OFFICE),) if others else ()
    return replace(TIMED, version=version, clocks=(*clocks, *rest))


IN_HAND = ((at(3), "register accept contract_out take_on"),)


def test_a_clock_starts_when_a_state_is_entered_and_says_when_it_is_due() -> None:
    demand = story((at(3), "register")).demand
    assert demand.clocks == (ClockState("accept", "running", at(3), at(3), "1 working day", at(4), known_due=at(4)),)
    assert (demand.next_due, demand.next_clock) == (at(4), "accept")
    assert clock(story((at(1), "register")).demand, "accept").due == at(4), "Saturday counts from Monday's opening"


@pytest.mark.parametrize(("later", "ends"), [(timedelta(0), "met"), (TICK, "missed"), (-TICK, "met")])
def test_what_ends_at_its_due_moment_is_met_and_later_missed(later: timedelta, ends: str) -> None:
    demand = story((at(3), "register"), (at(4) + later, "accept")).demand
    assert clock(demand, "accept").status == ends
    assert clock(demand, "accept").due == at(4)
    assert status(demand) == {"accept": ends, "dispatch": "running", "finish": "running"}


@pytest.mark.parametrize("end", ["withdraw", "refuse", "merge"])
def test_what_ends_otherwise_than_closed_stops_the_clocks_late_or_not(end: str) -> None:
    demand = story((at(3), "register"), (at(20), end)).demand
    assert clock(demand, "accept").status == ("stopped")
    assert demand.next_due is None


def test_a_pause_moves_the_due_moment_by_its_working_time() -> None:
    found = story((at(3), "register"), (at(3, 16), "ask_details"))
    assert status(found.demand) == {"accept": "paused", "details": "running"}
    assert (found.demand.next_clock, clock(found.demand, "accept").due) == ("details", at(4))
    demand = tell(found, at(4, 10), "give_details")
    assert clock(demand, "accept") == ClockState(
        "accept", "running", at(3), at(4, 10), "1 working day", at(4, 11), known_due=at(4, 11)
    )


def test_the_work_rests_while_the_contractor_waits_for_details() -> None:
    found = story(*IN_HAND)
    found.now = at(4)
    found.step("ask_details", DetailsAsked(question="which lamp?"), TEAM)
    assert clock(found.demand, "finish").status == "paused"
    assert clock(tell(found, at(5), "give_details"), "finish").due == at(10, 17)


def test_a_pause_of_a_clock_in_calendar_days_moves_it_by_elapsed_time() -> None:
    workflow = closed_loop("timed", clocks=standard_clocks(OFFICE, accept="3 calendar days"))
    demand = story((at(3), "register"), (at(3, 16), "ask_details"), (at(5), "give_details"), workflow=workflow).demand
    assert clock(demand, "accept").due == at(6) + timedelta(hours=41)


def test_what_was_overdue_before_the_pause_stays_overdue() -> None:
    found = story((at(3), "register"), (at(4) + TICK, "ask_details"), (at(10), "give_details"))
    assert (clock(found.demand, "accept").due, clock(found.demand, "accept").status) == (at(4), "running")
    assert clock(tell(found, at(10), "accept"), "accept").status == "missed"


def test_a_pause_that_begins_at_the_due_moment_comes_too_late_to_move_it() -> None:
    found = story((at(3), "register"), (at(4), "ask_details"), (at(10), "give_details"))
    assert clock(found.demand, "accept").due == at(4)


@pytest.mark.parametrize(("rests_from", "due"), [(at(10) - TICK, None), (at(10), at(10)), (at(12), at(10))])
def test_what_was_overdue_before_the_pause_is_still_due_next(rests_from: datetime, due: datetime | None) -> None:
    demand = story(*IN_HAND, (rests_from, "suspend")).demand
    assert clock(demand, "finish").paused_too_late is (due is not None)
    assert (demand.next_due, demand.next_clock) == (due, due and "finish")
    assert demand.running == (), "whoever is reminded waits until it runs again"
    assert tell(story(*IN_HAND, (rests_from, "suspend")), at(28), "resume").next_clock == "finish"


@pytest.mark.parametrize(
    ("rests", "runs", "due", "name"),
    [
        ("2 hours", "3 hours", at(3, 11), "rests"),
        ("3 hours", "2 hours", at(3, 11), "runs"),
        ("2 hours", "2 hours", at(3, 11), "rests"),
        ("30 hours", "40 hours", at(5, 1), "runs"),
        ("30 hours", "9 hours", at(3, 18), "runs"),
    ],
)
def test_what_rests_overdue_and_what_runs_are_due_in_their_order(
    rests: str, runs: str, due: datetime, name: str
) -> None:
    workflow = with_clocks(
        Clock("rests", "registered", rests, OFFICE, paused_in="details_asked"),
        Clock("runs", ("registered", "details_asked"), runs, OFFICE),
    )
    found = story((at(3), "register"), (at(4), "ask_details"), workflow=workflow)
    assert status(found.demand) == {"rests": "paused", "runs": "running"}
    assert (found.demand.next_due, found.demand.next_clock) == (due, name)
    assert (tell(found, at(4), "withdraw").next_due, found.demand.next_clock) == (None, None)


def test_a_suspension_does_not_take_overdue_work_off_the_board() -> None:
    now = FrozenClock(at(3))
    with DemandFlow.open("memory:", workflows=(TIMED,), clock=now) as flow:
        late, early = a_demand(flow), a_demand(flow)
        for demand, later in ((early, -TICK), (late, TICK)):
            due = clock(demand, "finish").due
            assert due is not None
            now.now = due + later
            team = Actor("chen", Role.CONTRACTOR, demand.contractor)
            flow.suspend(demand.id, "frost", review=at(31), by=team)
        now.now = at(28)
        assert [(row.demand, row.clock) for row in flow.board(overdue=True).rows] == [(late.id, "finish")]
        assert flow.deadlines().overdue == 1


def test_what_ends_from_a_pause_is_judged_by_when_the_pause_began() -> None:
    demand = story(*IN_HAND, (at(5), "suspend"), (at(28), "report")).demand
    assert clock(demand, "finish").status == "met"
    demand = story(*IN_HAND, (at(12), "suspend"), (at(28), "report")).demand
    assert clock(demand, "finish").status == "missed"


def test_an_extension_replaces_the_due_moment_of_the_extensible_clock() -> None:
    found = story(*IN_HAND)
    found.step("ask_extension", ExtensionAsked(until=at(20), reason="no lamps"), TEAM)
    found.step("extend", Extended(due=at(20)), DISPATCHER)
    demand = found.demand
    assert (clock(demand, "finish").due, clock(demand, "finish").began) == (at(20), at(3))
    assert (demand.due, demand.agreed_due, demand.next_due) == (None, at(20), at(20))
    assert clock(tell(found, at(20), "report"), "finish").status == "met"
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


@pytest.mark.parametrize(
    ("agreed", "until", "then"), [(at(4), at(12), at(12)), (at(12), at(12), at(12)), (at(25), at(12), at(25))]
)
def test_an_extension_extends_the_whole_as_well(agreed: datetime, until: datetime, then: datetime) -> None:
    finish = Clock("finish", "in_hand", "5 working days", OFFICE, paused_in="suspended", extensible=True)
    found = story((at(3), "register accept"), workflow=with_clocks(finish))
    found.now = at(3)
    found.step("contract_out", ContractedOut(contractor="repair team", due=agreed), DISPATCHER)
    tell(found, at(3), "take_on")
    found.now = at(3)
    found.step("ask_extension", ExtensionAsked(until=until, reason="no lamps"), TEAM)
    found.step("extend", Extended(due=until), DISPATCHER)
    assert (found.demand.due, clock(found.demand, "finish").due, found.demand.next_due) == (then, until, until)
    judged = fold(rejudged(found.events, found.workflow.clocks))
    assert judged == found.demand


def test_a_contract_that_a_clock_takes_does_not_extend_the_whole() -> None:
    ours = Clock("ours", "contracted_out", "5 working days", OFFICE, extensible=True)
    moves = [replace(move, fact=Promised) if move.name == "accept" else move for move in TIMED.moves]
    found = story((at(3), "register"), workflow=replace(with_clocks(ours), moves=moves))
    found.step("accept", Promised(when="2025-03-05T09:00:00+00:00"), AUDITOR)
    found.step("contract_out", ContractedOut(contractor="repair team", due=at(25)), DISPATCHER)
    assert (found.demand.due, clock(found.demand, "ours").due) == (at(5), at(25))


def test_a_clock_restarts_with_what_its_moves_mean() -> None:
    found = story((at(3), "register accept contract_out"))
    assert clock(found.demand, "take_on").due == at(4)
    demand = tell(found, at(5), "recall")
    assert clock(demand, "take_on") == ClockState(
        "take_on", "running", at(5), at(5), "1 working day", at(6), known_due=at(6)
    )
    assert clock(demand, "finish").began == at(3), "what does not restart goes on"


def test_a_clock_starts_anew_with_the_round_though_it_was_running() -> None:
    everywhere = tuple(one.name for one in TIMED.states if one.ended_as is None)
    workflow = with_clocks(Clock("round", everywhere, "20 working days", OFFICE))
    found = story(*IN_HAND, (at(5), "report feed_back"), workflow=workflow)
    assert clock(found.demand, "round").began == at(3)
    demand = tell(found, at(6), "evaluate_unresolved")
    assert (demand.round, clock(demand, "round").began, clock(demand, "round").status) == (2, at(6), "running")


def test_a_clock_that_does_not_know_the_year_is_undated_and_dated_later() -> None:
    eve = at(31, 16, month=12)
    found = story((eve, "register"))
    assert clock(found.demand, "accept") == ClockState("accept", "running", eve, eve, "1 working day")
    assert (found.demand.running, found.demand.next_due) == ((), None)
    undated = story((eve, "register accept")).demand
    assert clock(undated, "accept").status == "stopped", "nobody knows whether it was in time"
    longer = replace(OFFICE, days=(Days([2025, 2026], closed=[date(2026, 1, 1)]),))
    found.workflow = closed_loop("timed", clocks=standard_clocks(longer))
    dated = tell(found, eve + timedelta(hours=1), "sort")
    assert clock(dated, "accept").due == datetime(2026, 1, 2, 16, tzinfo=UTC)
    assert clock(dated, "accept").began == eve


def test_the_rule_in_force_when_a_clock_started_judges_it() -> None:
    found = story((at(3), "register"))
    found.workflow = closed_loop("timed", version=3, clocks=standard_clocks(OFFICE, accept="1 hour", dispatch="1 hour"))
    demand = tell(found, at(4), "move_over sort")
    assert (clock(demand, "accept").due, clock(demand, "accept").span) == (at(4), "1 working day")
    demand = tell(found, at(4), "accept")
    assert clock(demand, "accept").status == "met"
    assert clock(demand, "dispatch").due == at(4, 10), "what starts later goes by the new rule"


def test_moving_over_keeps_what_runs_and_stops_what_is_not_declared() -> None:
    found = story((at(3), "register"), (at(3, 10), "accept"))
    renamed = [replace(one, name="send" if one.name == "dispatch" else one.name) for one in TIMED.clocks]
    found.workflow = replace(TIMED, version=3, clocks=renamed)
    demand = tell(found, at(3, 12), "move_over")
    assert status(demand) == {"accept": "met", "dispatch": "stopped", "finish": "running", "send": "running"}
    assert clock(demand, "finish").began == at(3, 10)
    assert clock(demand, "send").began == at(3, 12)


@pytest.mark.parametrize(("steps", "ends"), [("", "stopped"), ("contract_out take_on suspend", "paused")])
def test_moving_over_to_where_a_clock_does_not_run_stops_it_undecided(steps: str, ends: str) -> None:
    for moved in (at(4), at(28)):
        found = story((at(3), f"register accept {steps}"))
        finish = Clock("finish", "in_hand", "5 working days", OFFICE, paused_in="suspended")
        found.workflow = with_clocks(finish, version=3)
        assert clock(tell(found, moved, "move_over"), "finish").status == ends
        found.workflow = with_clocks(replace(finish, paused_in=()), version=3)
        assert clock(tell(found, moved, "move_over"), "finish").status == "stopped"


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
@settings(max_examples=examples(60))
def test_more_holidays_never_make_a_deadline_earlier(
    calendar: Calendar, span: Span, start: datetime, holidays: set[int]
) -> None:
    # what knows of a year says all of it: the later source must not speak of years that others know
    years = () if calendar.days else sorted(calendar.covered)
    closed = Days(years, closed=[date(2025, 3, 1) + timedelta(days=n) for n in holidays])
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
    assert clock(a_demand(TIMED, "suspended"), "finish").status == "paused"
    with DemandFlow.open("memory:", workflows=(TIMED,), clock=FrozenClock()) as flow:
        assert a_demand(flow, "in_hand").next_clock == "finish"


def reached(workflow: Workflow, at_once: str, *, due: datetime | None = None, **asked: Any) -> Story:
    """A demand that was registered so, went these usual steps, and was contracted out until then."""
    found = Story(workflow, now=at(3))
    found.step("register", ASKED.model_copy(update=asked), CLERK)
    tell(found, at(3), at_once)
    found.now = at(3)
    found.step("contract_out", ContractedOut(contractor="repair team", due=due), DISPATCHER)
    return found


NOISE = Limit("2 hours", "noise", "urgent")


@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
@pytest.mark.parametrize(
    ("category", "urgency", "runs_in", "taken"),
    [
        ("noise", "urgent", ("contracted_out",), True),
        ("noise/dogs", "urgent", ("accepted", "contracted_out"), True),
        ("noise", "routine", ("contracted_out",), False),
        ("roads", "urgent", ("contracted_out",), False),
        ("noise", "urgent", ("reported",), False),
        ("noise", "urgent", ("accepted",), False),
    ],
)
def test_a_due_moment_is_that_of_an_extensible_clock_only_if_it_runs_then(
    category: str, urgency: str, runs_in: tuple[str, ...], taken: bool
) -> None:
    workflow = with_clocks(Clock("ours", runs_in, NOISE, OFFICE, extensible=True))
    demand = reached(workflow, "accept", due=at(25), category=Category(category), urgency=Urgency(urgency)).demand
    assert demand.due == (None if taken else at(25))
    ours = demand.clock("ours")
    assert taken == (ours is not None and ours.due == at(25) and ours.status == "running")
    inextensible = replace(workflow, clocks=[replace(one, extensible=False) for one in workflow.clocks])
    found = reached(inextensible, "accept", due=at(25), category=Category(category), urgency=Urgency(urgency)).demand
    assert found.due == at(25)
    assert all(one.due != at(25) for one in found.clocks)


def test_what_runs_takes_a_due_moment_though_no_limit_would_fit_any_more() -> None:
    watched = ("accepted", "contracted_out")
    going = Clock("ours", watched, NOISE, OFFICE, extensible=True)
    for clocks, stands_then, due in (
        (going, "running", None),
        (replace(going, restarts=("contracted_out",)), "missed", at(25)),
    ):
        found = Story(with_clocks(clocks), now=at(3))
        found.step("register", ASKED.model_copy(update={"category": Category("noise"), "urgency": "urgent"}), CLERK)
        tell(found, at(3), "accept")
        found.now = at(4)
        found.step("correct", Corrected(event=1, reason="typo", category=Category("roads")), AUDITOR)
        found.step("contract_out", ContractedOut(contractor="repair team", due=at(25)), DISPATCHER)
        assert (clock(found.demand, "ours").status, found.demand.due) == (stands_then, due)


def test_reopening_takes_the_due_moment_of_the_whole_away_and_rework_does_not() -> None:
    workflow = with_clocks(Clock("answer", "registered", "1 hour", OFFICE))
    found = reached(workflow, "accept", due=at(25))
    assert tell(found, at(4), "take_on report feed_back evaluate_unresolved").due == at(25)
    found.now = at(5)
    found.step("contract_out", ContractedOut(contractor="repair team"), DISPATCHER)
    demand = tell(found, at(5), "take_on report feed_back evaluate")
    assert (demand.ended_as, demand.due) == ("closed", at(25))
    assert tell(found, at(6), "reopen").due is None


def test_what_is_closed_in_time_is_met() -> None:
    closed = story(*IN_HAND, (at(4), "report feed_back"), (at(5), "evaluate")).demand
    assert status(closed)["evaluate"] == "met"
    late = story(*IN_HAND, (at(4), "report feed_back"), (at(30), "evaluate")).demand
    assert status(late)["evaluate"] == "missed"


def test_what_happens_in_a_pause_changes_nothing() -> None:
    found = story((at(3), "register ask_details"))
    found.now = at(4)
    before, stamp = found.demand.clocks, found.step("note", *USUAL["note"])
    assert (stamp.clocks, found.demand.clocks) == (None, before)


def test_a_clock_that_is_no_longer_declared_stops_with_its_due_moment() -> None:
    found = story((at(3), "register"))
    found.workflow = with_clocks(version=3)
    demand = tell(found, at(3, 12), "move_over")
    assert (clock(demand, "accept").status, clock(demand, "accept").due) == ("stopped", at(4))


def test_only_what_is_named_when_it_goes_on_moves_what_was_paused() -> None:
    demand = a_demand(TIMED, "suspended")
    before = clock(demand, "finish")
    for due, extensible, moved in ((at(25), True, at(25)), (at(25), False, None), (None, True, None)):
        finish = replace(clock_of("finish"), extensible=extensible)
        until = before.since + timedelta(days=7)
        (change,) = clock_changes([finish], as_if(demand, clocks=(before,)), going_on(until, due))
        assert (change.clock, change.status) == ("finish", "running")
        assert before.due is not None
        assert change.due == (moved or OFFICE.shifted(before.due, before.since, until, "working days"))


def clock_of(name: str) -> Clock:
    return next(one for one in TIMED.clocks if one.name == name)


def going_on(when: datetime, due: datetime | None = None) -> Outcome:
    return Outcome(when, "in_hand", 1, None, ("resumed",), None, None, due)


@pytest.mark.parametrize(
    ("corrected", "category"),
    [
        ({"event": 1, "category": Category("noise")}, "roads"),
        ({"event": 2, "category": Category("noise")}, "noise"),
        ({"event": 2, "place": Place("fufeng/c9")}, "roads"),
        ({"event": 3, "category": Category("noise")}, "roads"),
        ({"event": 4, "category": Category("noise")}, "roads"),
        ({"event": 5, "category": Category("noise")}, "roads"),
    ],
)
def test_a_correction_gives_the_category_of_what_last_said_it(corrected: dict[str, Any], category: str) -> None:
    found = Story(TIMED, now=at(3))
    found.step("register", ASKED, CLERK)
    found.step("sort", Sorted(category=Category("roads")), AUDITOR)
    demand = tell(found, at(5), "note")
    fact = Corrected(reason="typo", **corrected)
    assert outcome_of(demand, fact, at(4), "registered", 1, None, ()).category == Category(category)
    event = Event(A, 4, fact, Meta(AUDITOR, at(6), at(6), TIMED.key), found.events[-1].stamp)
    assert evolve(demand, event).category == Category(category), "as the demand says itself"


def test_a_correction_of_the_only_event_counts() -> None:
    demand = story((at(3), "register")).demand
    for category in (None, Category("noise")):
        fact = Corrected(event=1, reason="typo", category=category, place=Place("fufeng/c9"))
        assert outcome_of(demand, fact, at(4), "registered", 1, None, ()).category == category
    sorted_so = story((at(3), "register sort")).demand
    again = outcome_of(sorted_so, Corrected(event=2, reason="typo", place=Place("fufeng/c9")), at(4), "x", 1, None, ())
    assert again.category == sorted_so.category


def test_a_fact_s_due_moment_is_one_or_it_is_refused() -> None:
    demand = story((at(3), "register")).demand
    for said, told in (
        ("soon", "must be a datetime, got 'soon'"),
        ("2025-03-03", "2025-03-03T00:00:00 has no time zone"),
    ):
        with pytest.raises(InvalidValue, match=f"^due: {told}"):
            outcome_of(demand, Promised(when=said), at(4), "registered", 1, None, ())
    berlin = Promised(when="2025-03-05T10:00:00+01:00")
    assert outcome_of(demand, berlin, at(4), "registered", 1, None, ()).due == at(5)
    assert outcome_of(demand, Noted(text="x"), at(4), "registered", 1, None, ()).due is None


class Promised(Fact):
    """A fact whose due moment is no field of its own."""

    TOPIC: ClassVar[str] = "tests.promised"
    when: str

    @property
    def due(self) -> Any:
        return datetime.fromisoformat(self.when) if self.when[0].isdigit() else self.when


def test_advice_knows_every_way_to_name_a_due_moment() -> None:
    states, moves = TIMED.states, [move for move in TIMED.moves if move.name not in ("contract_out", "extend")]
    finish = [one for one in standard_clocks(OFFICE) if one.name == "finish"]
    asked = [*moves, next(move for move in TIMED.moves if move.name == "contract_out")]
    promised = [replace(move, fact=Promised) if move.name == "accept" else move for move in moves]

    def idle(moves: list[Move]) -> list[str]:
        found = advice_for_clocks(states, moves, finish)
        return [one.says for one in found if one.kind == "idle-clock" and "extensible" in one.says]

    assert idle(asked) == []
    assert idle(promised) == []
    assert len(idle(moves)) == 1


STORIES = (
    ((at(3), "register accept contract_out take_on report feed_back"), (at(5), "evaluate")),
    ((at(3), "register"), (at(3, 16), "ask_details"), (at(7), "give_details accept"), (at(10), "contract_out recall")),
    (
        (at(3), "register accept contract_out take_on"),
        (at(5), "suspend"),
        (at(12), "resume ask_extension extend report"),
    ),
    ((at(3), "register accept"), (at(4), "withdraw"), (at(6), "reopen contract_out")),
    ((at(3), "register refuse appeal accept contract_out take_on report feed_back evaluate_unresolved"),),
)
STRICTER = closed_loop("stricter", clocks=standard_clocks(OFFICE, accept="1 hour", finish="2 working days"))


@pytest.mark.parametrize("told", STORIES)
def test_what_is_judged_anew_is_as_if_it_had_been_so_from_the_start(told: tuple[tuple[datetime, str], ...]) -> None:
    was, would_be = story(*told), story(*told, workflow=STRICTER)
    assert list(rejudged(was.events, TIMED.clocks)) == was.events
    stricter = list(rejudged(iter(was.events), iter(STRICTER.clocks)))
    assert [one.stamp for one in stricter] == [one.stamp for one in would_be.events]
    assert [one.meta for one in stricter] == [one.meta for one in was.events]
    bare = fold(rejudged(was.events, ()))
    assert bare is not None
    assert bare.stamp == as_if(was.demand.stamp, clocks=None, due=bare.due)
    assert bare == as_if(was.demand, clocks=(), stamp=bare.stamp)
    assert list(rejudged(rejudged(was.events, ()), TIMED.clocks)) == was.events


def test_advice_names_other_restarts_only_where_there_are_some() -> None:
    idle = Clock("answer", "open", "1 hour", OFFICE, restarts="extended")
    (found,) = advice_for_clocks(PLAIN.states, PLAIN.moves, (idle,))
    assert found.says == (
        "clock 'answer': it restarts with 'extended', which no move means that leads to where it runs"
    )
    assert found.remedy == "take it out of restarts"
    file, *others = PLAIN.moves
    (found,) = advice_for_clocks(PLAIN.states, (replace(file, means="accepted"), *others), (idle,))
    assert found.remedy == "take it out of restarts, or say another (possible: accepted)"


def test_the_due_moment_of_the_whole_is_judged_anew_as_well() -> None:
    inextensible = replace(TIMED, clocks=[replace(one, extensible=False) for one in TIMED.clocks])
    found = reached(inextensible, "accept", due=at(25))
    assert list(rejudged(found.events, inextensible.clocks)) == found.events
    judged = fold(rejudged(found.events, TIMED.clocks))
    assert judged is not None
    assert (found.demand.due, clock(found.demand, "finish").due) == (at(25), at(10))
    assert (judged.due, clock(judged, "finish").due) == (None, at(25)), "an extensible clock would have taken it"


def test_what_was_written_down_late_is_judged_by_when_it_counts() -> None:
    found = story((at(3), "register"), (at(5), "sort"))
    before = found.demand
    found.now = at(5)
    found.step("accept", *USUAL["accept"])
    event = found.events[-1]
    late = as_if(event, meta=as_if(event.meta, happened=at(3, 10)))
    judged = judged_by(before, late, TIMED.clocks)
    assert judged == as_if(late, stamp=event.stamp)
    after = evolve(before, judged)
    assert (clock(after, "accept").status, clock(after, "finish").began) == ("missed", at(5))


def test_what_has_ended_stays_as_it_ended_and_begins_again_where_one_comes_back_to() -> None:
    found = story((at(3), "register accept contract_out"))
    found.now = at(6)
    stamp = found.step("take_on", *USUAL["take_on"])
    assert [tick.clock for tick in stamp.clocks or ()] == ["take_on"], "nothing else changes"
    assert status(found.demand) == {"accept": "met", "dispatch": "met", "finish": "running", "take_on": "missed"}
    demand = tell(found, at(7), "hand_back")
    assert (clock(demand, "dispatch").status, clock(demand, "dispatch").began) == ("running", at(7))
    assert clock(demand, "accept").status == "met"
