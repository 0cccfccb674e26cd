"""Patrols: found on a round, handled, and seen on site by another person, which no figure takes for an evaluation."""

from __future__ import annotations

import pytest

from demandflow import Actor, DemandFlow, InvalidValue, MoveNotAllowed, RoleNotAllowed, RuleBroken, rules
from demandflow.domain.county.grid.patrols import PATROL, Checked, Finding, Found, another_person_checks, patrol
from demandflow.facts import ContractedOut, HandedBack, Refused, Reported, TakenOn
from demandflow.testing import FrozenClock, Played, a, a_demand, check, given, step
from tests.profiles import examples

LI, SUN = Actor("li", "grid_administrator"), Actor("sun", "grid_administrator")
BOSS = Actor("boss", "supervisor")
CABLE = a(Found, what=Finding.HAZARD, text="a cable hangs low over the path")
FOUND = step(CABLE, by=LI)
HANDLED = step(Reported(resolved=True, words="tied up"), by=LI)
BAD, GOOD = Checked(in_order=False, words="it hangs again"), Checked(in_order=True)
TEAM = ContractedOut(contractor="power team", reason="theirs")


def who_checked_neither_found_nor_handled_it(played: Played) -> None:
    """In all that was recorded, whoever looked on site is another person."""
    for demand in played.demands:
        had_a_part: set[str | None] = set()
        for event in played.recorded(demand):
            fact, by = event.fact, event.meta.actor
            if isinstance(fact, Checked):
                assert not {by.id, by.unit} & had_a_part - {None}, f"{by.id} had a part in it"
            elif isinstance(fact, Found | TakenOn | Reported):
                had_a_part |= {by.id}
            elif isinstance(fact, ContractedOut):
                had_a_part |= {fact.contractor, *(fact.co_handlers or ())}


def no_check_is_an_evaluation(played: Played) -> None:
    """However often it was checked: nobody was asked, so satisfaction is n/a, as if there were no patrols."""
    figures = played.flow.figures()
    rates = [*map(figures.satisfaction, ("strict", "weighted", "lenient")), figures.participation, figures.coverage]
    assert {*map(str, rates)} == {"n/a"}, f"{rates}"


@pytest.mark.long
def test_patrols_keep_all_laws() -> None:
    laws = [who_checked_neither_found_nor_handled_it, no_check_is_an_evaluation]
    done = check(PATROL, rules={"check": another_person_checks}, also=laws, max_examples=examples(4))
    assert done.advice == ()


def test_handled_on_the_spot_and_checked_by_another() -> None:
    handled = given(FOUND, HANDLED, workflow=PATROL)
    handled.when(GOOD, by=LI).refused(RuleBroken, match="li handled this and cannot also check it on site")
    closed = handled.when(GOOD, by=SUN).then(GOOD).demand
    assert (closed.state, closed.ended_as, closed.channel) == ("closed", "closed", "patrol")
    assert closed.attributes == {"what": "hazard", "in_order": True}


def test_contracted_out_and_checked_by_who_did_not_find_it() -> None:
    with_the_team = given(FOUND, TEAM, a(TakenOn), a(Reported), workflow=PATROL)
    with_the_team.when(GOOD, by=LI).refused(RuleBroken, match="li found this and cannot also check it on site")
    one_of_them = Actor("wu", "grid_administrator", "power team")
    with_the_team.when(GOOD, by=one_of_them).refused(RuleBroken, match="wu handled this")
    assert with_the_team.when(GOOD, by=BOSS).demand.state == "closed"


def test_what_is_not_in_order_is_contracted_out_again_in_a_new_round() -> None:
    again = given(FOUND, HANDLED, step(BAD, by=SUN), workflow=PATROL)
    assert (again.demand.state, again.demand.round) == ("found", 2)
    again.when(TEAM).then(TEAM)


def test_it_does_not_go_round_for_ever() -> None:
    bad = step(BAD, by=SUN)
    taken_over = given(FOUND, HANDLED, bad, HANDLED, bad, HANDLED, bad, workflow=PATROL)
    assert (taken_over.demand.state, taken_over.demand.round) == ("with_supervisor", 4)
    handed_back = taken_over.when(TEAM, by=BOSS).when(a(HandedBack)).demand
    assert handed_back.state == "with_supervisor"
    unsettled = taken_over.when(a(Reported), by=BOSS).when(BAD, by=SUN).demand
    assert (unsettled.state, unsettled.ended_as) == ("unsettled", "closed")
    assert given(FOUND, HANDLED, bad, workflow=patrol("short", bound=1)).demand.state == "with_supervisor"


def test_a_contractor_hands_back_what_is_not_theirs() -> None:
    back = given(FOUND, TEAM, a(HandedBack), workflow=PATROL)
    assert (back.demand.state, back.demand.handbacks) == ("found", 1)
    same = ContractedOut(contractor="power team")
    back.when(same).refused(RuleBroken, match="had it already")


def test_only_an_administrator_finds_and_only_the_supervisor_says_that_it_is_nothing() -> None:
    given(workflow=PATROL).when(CABLE, by=Actor("li", "dispatcher")).refused(RoleNotAllowed)
    found = given(FOUND, workflow=PATROL)
    found.when(a(Refused), by=LI).refused(RoleNotAllowed)
    assert found.when(a(Refused), by=BOSS).demand.ended_as == "refused"
    found.when(GOOD, by=SUN).refused(MoveNotAllowed)


def test_what_is_found_comes_by_the_channel_of_patrols() -> None:
    with pytest.raises(InvalidValue, match="comes by patrol, not by hotline"):
        a(Found, channel="hotline")
    assert a(Found, what="a dead tree").what == Finding("a dead tree"), "any other name is as good"


def test_the_figures_know_patrols_and_no_satisfaction() -> None:
    with DemandFlow.open("memory:", workflows=(PATROL,), clock=FrozenClock()) as flow:
        assert a_demand(flow, "closed").state == "closed"
        figures = flow.figures()
        assert (figures.count("closed"), figures.count("reported_resolved")) == (1, 1)
        assert str(figures.satisfaction("strict")) == str(figures.participation) == "n/a"


def test_every_round_counts_who_handled_it_before() -> None:
    other = Actor("zhou", "grid_administrator")
    second = given(FOUND, HANDLED, step(BAD, by=SUN), step(a(Reported), by=other), workflow=PATROL)
    second.when(GOOD, by=LI).refused(RuleBroken)
    second.when(GOOD, by=other).refused(RuleBroken)
    second.when(GOOD, by=SUN).then(GOOD)


def test_it_reads_aloud_and_is_drawn() -> None:
    assert "| `handled` | audit | grid_administrator | check → `closed` or `unsettled` or" in PATROL.table()
    assert "checked" not in PATROL.meanings
    assert {"evaluated", "told", "asked"}.isdisjoint(PATROL.meanings)
    assert PATROL.mermaid().startswith("stateDiagram-v2")
    assert rules.times_do_not_run_backwards in next(m for m in PATROL.moves if m.name == "check").rules
