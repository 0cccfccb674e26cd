"""Requests: you order, I serve. Offered, taken on or passed on, served, and evaluated by who asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from demandflow import Actor, Grade, InvalidValue, MoveNotAllowed, RuleBroken, rules
from demandflow.domain.county.people.requests import (
    REQUEST,
    Requested,
    Served,
    it_is_offered_to_somebody_else,
    volunteer_request,
)
from demandflow.domain.moves import Rule
from demandflow.facts import CallbackMissed, ContractedOut, Evaluated, HandedBack, Refused, TakenOn, Withdrawn
from demandflow.testing import Played, a, check, given, step
from tests.profiles import examples

ANNA, BOSS, DISPATCHER = Actor("Anna", "resident"), Actor("boss", "supervisor"), Actor("chen", "dispatcher")
ASKED = a(Requested, resident="Anna", skill="haircut", text="my mother cannot go out")
ZHANG = ContractedOut(contractor="Zhang", reason="the nearest")
SERVED = Served(resolved=True, words="cut", minutes=40)
GOOD = Evaluated(resolved=True, grade=Grade.SATISFIED)
BAD = Evaluated(resolved=False, grade=Grade.DISSATISFIED)
ROUND = (ZHANG, a(TakenOn), SERVED)
DAY = timedelta(days=1)


def nobody_evaluates_what_they_served(played: Played) -> None:
    """In all that was recorded, who took it on or served it did not evaluate it, nor who it was offered to."""
    for demand in played.demands:
        served: set[str] = set()
        for event in played.recorded(demand):
            fact, by = event.fact, event.meta.actor
            if isinstance(fact, ContractedOut):
                served |= {fact.contractor, *(fact.co_handlers or ())}
            elif isinstance(fact, TakenOn | Served):
                served |= {by.id}
            elif isinstance(fact, Evaluated):
                assert by.id not in served, f"{by.id} served it"
                assert fact.written_by not in served, f"{fact.written_by} served it"


def nobody_serves_themselves(played: Played) -> None:
    """Who asked is another person than who serves."""
    for demand in played.demands:
        residents = {*played.flow.demand(demand).residents}
        for event in played.recorded(demand):
            assert not (isinstance(event.fact, TakenOn | Served) and event.meta.actor.id in residents)


def the_supervisor_takes_over_once(played: Played) -> None:
    """No going round without end."""
    for demand in played.demands:
        means = [event.stamp.means or () for event in played.recorded(demand)]
        assert sum("taken_over" in meaning for meaning in means) <= 1


@pytest.mark.long
def test_requests_keep_all_laws() -> None:
    own: dict[str, Rule] = {
        "evaluate": rules.nobody_evaluates_their_own_work,
        "offer": it_is_offered_to_somebody_else,
    }
    laws = [nobody_evaluates_what_they_served, nobody_serves_themselves, the_supervisor_takes_over_once]
    assert check(REQUEST, rules=own, also=laws, max_examples=examples(4)).advice == ()


def test_offered_passed_on_offered_again_served_and_evaluated() -> None:
    passed_on = given(ASKED, ZHANG, HandedBack(reason="on holiday"), workflow=REQUEST)
    assert (passed_on.demand.state, passed_on.demand.handbacks) == ("requested", 1)
    offer = ContractedOut(contractor="Wei")
    served = passed_on.when(offer).when(a(TakenOn)).when(SERVED).then(SERVED)
    assert served.demand.attributes["minutes"] == 40
    assert (served.demand.told, served.demand.asked) == (True, True)
    assert served.when(GOOD, by=ANNA).then(GOOD).demand.state == "closed"


def test_nobody_evaluates_or_serves_what_is_their_own() -> None:
    served = given(ASKED, *ROUND, workflow=REQUEST)
    served.when(GOOD, by=Actor("Zhang", "resident")).refused(RuleBroken, match="Zhang")
    served.when(Evaluated(resolved=True, grade=Grade.SATISFIED, written_by="Zhang"), by=ANNA).refused(RuleBroken)
    asked = given(ASKED, workflow=REQUEST)
    asked.when(ContractedOut(contractor="Anna")).refused(RuleBroken, match="Anna asked for this and cannot also serve")
    asked.when(ContractedOut(contractor="Wei", co_handlers=("Anna",))).refused(RuleBroken)
    offered = given(ASKED, step(ContractedOut(contractor="team")), workflow=REQUEST)
    offered.when(a(TakenOn), by=Actor("Anna", "contractor", "team")).refused(RuleBroken, match="cannot also do it")


def test_unresolved_goes_round_and_then_to_the_supervisor_once() -> None:
    bad = step(BAD, by=ANNA)
    again = given(ASKED, *ROUND, bad, workflow=REQUEST)
    assert (again.demand.state, again.demand.round) == ("requested", 2)
    again.when(ContractedOut(contractor="Zhang")).refused(RuleBroken, match="had it already")
    taken_over = given(ASKED, *ROUND, bad, *ROUND, bad, *ROUND, bad, workflow=REQUEST)
    assert (taken_over.demand.state, taken_over.demand.taken_over) == ("with_supervisor", True)
    offered = taken_over.when(ContractedOut(contractor="Wei"), by=BOSS)
    assert offered.when(a(HandedBack)).demand.state == "with_supervisor"
    assert offered.when(a(TakenOn)).when(SERVED).when(BAD, by=ANNA).demand.state == "closed"


def test_nobody_found() -> None:
    short = volunteer_request("short", offers=2)
    offers = [part for name in ("Zhang", "Wei") for part in (ContractedOut(contractor=name), a(HandedBack))]
    asked_all = given(ASKED, *offers, workflow=short)
    asked_all.when(ContractedOut(contractor="Liu")).refused(RuleBroken, match="2 passed it on already")
    ended = asked_all.when(Refused(code="nobody", words="nobody has time"), by=DISPATCHER).demand
    assert (ended.state, ended.ended_as) == ("nobody_found", "refused")


def test_withdrawn_by_who_asked_while_nothing_was_done() -> None:
    taken = given(ASKED, ZHANG, a(TakenOn), workflow=REQUEST)
    taken.when(a(Withdrawn), by=Actor("Zoë", "resident")).refused(RuleBroken, match="neither the resident")
    assert taken.when(a(Withdrawn), by=ANNA).demand.state == "withdrawn"
    given(ASKED, *ROUND, workflow=REQUEST).when(a(Withdrawn), by=ANNA).refused(MoveNotAllowed)


def test_who_does_not_answer_is_called_three_times() -> None:
    missed = given(ASKED, *ROUND, a(CallbackMissed), workflow=REQUEST)
    missed.when(a(CallbackMissed)).refused(RuleBroken, match="call again from")
    closed = missed.when(a(CallbackMissed), after=DAY).when(a(CallbackMissed), after=DAY).demand
    assert (closed.state, closed.evaluated) == ("closed", False)


def test_somebody_asks_from_when_until_when() -> None:
    nothing = given(workflow=REQUEST)
    at = datetime(2025, 4, 1, 8, tzinfo=UTC)
    nothing.when(a(Requested)).refused(RuleBroken, match="say who asks")
    nothing.when(a(Requested, resident="Anna", starts=at)).refused(RuleBroken, match="from when until when")
    nothing.when(a(Requested, resident="Anna", starts=at, ends=at)).refused(RuleBroken, match="it cannot end")
    assert nothing.when(a(Requested, resident="Anna", starts=at, ends=at + DAY)).demand.attributes["starts"] == at


@given_any(st.integers())
def test_minutes_are_those_of_a_day(minutes: int) -> None:
    if 0 <= minutes <= 1440:
        assert a(Served, minutes=minutes).minutes == minutes
    else:
        with pytest.raises(InvalidValue, match="minutes"):
            a(Served, minutes=minutes)


def test_it_reads_aloud_and_is_drawn() -> None:
    assert "evaluate → `closed` or `with_supervisor` or `requested` (resident)" in REQUEST.table()
    assert REQUEST.mermaid().startswith("stateDiagram-v2")
    assert REQUEST.advice == ()
