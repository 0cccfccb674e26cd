"""Whose demand it is: those who share it, those whose own demand went on in it, and a clerk on the telephone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from demandflow import (
    CLOSED_LOOP,
    CLOSED_LOOP_1,
    START,
    Actor,
    DemandFlow,
    Grade,
    Move,
    Registration,
    Role,
    RuleBroken,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.facts import Evaluated, Registered, Reported, TookIn, Withdrawn
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DISPATCHER, OTHER_CLERK, RESIDENT, TEAM

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
ANNA, MEI, DAUGHTER = (Actor(name, Role.RESIDENT) for name in ("Anna", "Mei", "daughter"))
GOOD: Any = {"resolved": True, "grade": Grade.SATISFIED}


@pytest.fixture
def flow(clock: FrozenClock) -> Any:
    with DemandFlow.open("memory:", clock=clock) as opened:
        yield opened


def told(flow: DemandFlow, demand: UUID) -> None:
    """Bring a registered demand to where its resident has the last word."""
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.report(demand, "new lamp", by=TEAM)
    flow.feed_back(demand, "call", by=CLERK)


# merged


def merged(flow: DemandFlow, **how: Any) -> tuple[UUID, UUID]:
    one = flow.register("dark", **PLACED, resident="张三", by=CLERK, **how).id
    other = flow.register("no light", **PLACED, resident="Anna", representative="daughter", by=CLERK, **how).id
    flow.merge(other, into=one, by=AUDITOR)
    return one, other


@pytest.mark.parametrize("by", [RESIDENT, ANNA, DAUGHTER], ids=["resident", "anna", "daughter"])
def test_the_resident_of_a_merged_demand_evaluates_the_one_in_which_it_went_on(flow: DemandFlow, by: Actor) -> None:
    one, _ = merged(flow)
    told(flow, one)
    with pytest.raises(RuleBroken, match="neither asked for this nor shares it"):
        flow.evaluate(one, **GOOD, by=MEI)
    assert flow.evaluate(one, **GOOD, by=by).ended_as == "closed"
    assert flow.figures().count("evaluated") == 1, "one evaluation a round, still"


def test_the_resident_of_a_demand_that_was_let_go_evaluates_their_own_only(flow: DemandFlow) -> None:
    one, other = merged(flow)
    flow.unmerge(other, "another lamp", by=AUDITOR)
    told(flow, one)
    with pytest.raises(RuleBroken, match="Anna neither asked for this"):
        flow.evaluate(one, **GOOD, by=ANNA)
    assert flow.demand(one).joined == ()
    assert flow.demand(other).open


def test_what_is_merged_on_takes_all_along_whose_demand_it_was(flow: DemandFlow) -> None:
    one, _ = merged(flow)
    last = flow.register("dark everywhere", **PLACED, resident="Mei", shared_with=("Bo",), by=CLERK).id
    flow.merge(one, into=last, by=AUDITOR)
    assert flow.demand(last).residents == ("Mei", "Bo", "张三", "Anna", "daughter")
    told(flow, last)
    assert flow.evaluate(last, **GOOD, by=ANNA).ended_as == "closed"


def test_an_anonymous_demand_brings_nobody_and_may_be_evaluated_by_those_who_joined(flow: DemandFlow) -> None:
    wish = flow.register("dark", **PLACED, by=CLERK).id
    other = flow.register("no light", **PLACED, by=CLERK).id
    flow.merge(other, into=wish, by=AUDITOR)
    assert flow.demand(wish).residents == ()
    flow.merge(flow.register("too dark", **PLACED, resident="Anna", by=CLERK).id, into=wish, by=AUDITOR)
    flow.answer(wish, "seen to", by=CLERK)
    flow.feed_back(wish, "public_notice", by=CLERK)
    assert flow.evaluate(wish, **GOOD, by=ANNA).ended_as == "closed"


def test_they_give_details_and_note_but_neither_withdraw_nor_reopen_it(flow: DemandFlow) -> None:
    one, other = merged(flow)
    flow.ask_details(one, "which lamp?", by=CLERK)
    flow.give_details(one, "the third", by=ANNA)
    flow.note(one, "and the fourth", by=ANNA)
    with pytest.raises(RuleBroken, match="neither the resident nor registered"):
        flow.withdraw(one, by=ANNA)
    told(flow, one)
    flow.evaluate(one, **GOOD, by=RESIDENT)
    with pytest.raises(RuleBroken, match="neither the resident nor registered"):
        flow.reopen(one, "dark again", by=ANNA)
    assert flow.demand(other).ended_as == "merged"


def test_a_merge_that_was_recorded_before_residents_were_kept_still_reads() -> None:
    assert TookIn(demand=UUID(int=1)).residents is None
    assert Withdrawn().asked_by is None


def test_the_first_version_knows_its_own_residents_only(flow: DemandFlow) -> None:
    one, _ = merged(flow, workflow=CLOSED_LOOP_1.key)
    told(flow, one)
    with pytest.raises(RuleBroken, match="neither the resident nor registered"):
        flow.evaluate(one, **GOOD, by=ANNA)


# shared


def test_those_with_whom_a_demand_is_shared_act_as_its_resident_but_do_not_withdraw_it(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident="张三", shared_with=("Anna", "Mei"), by=CLERK).id
    flow.note(demand, "it is dark here too", by=MEI)
    with pytest.raises(RuleBroken, match="neither the resident nor registered"):
        flow.withdraw(demand, by=MEI)
    told(flow, demand)
    assert flow.evaluate(demand, **GOOD, by=ANNA).ended_as == "closed"


def test_who_shares_a_demand_does_not_audit_it(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident="张三", shared_with=("wang",), by=CLERK).id
    with pytest.raises(RuleBroken, match="wang shares this demand and cannot also audit it"):
        flow.accept(demand, by=AUDITOR)


# withdrawn by telephone


@pytest.mark.parametrize("asked_by", ["张三", "daughter"])
def test_a_clerk_writes_a_withdrawal_down_for_the_resident(flow: DemandFlow, asked_by: str) -> None:
    demand = flow.register("dark", **PLACED, resident="张三", representative="daughter", by=CLERK).id
    withdrawn = flow.withdraw(demand, "it shines again", asked_by=asked_by, by=OTHER_CLERK)
    assert withdrawn.ended_as == "withdrawn"
    event = flow.events(demand)[-1]
    assert event.fact == Withdrawn(reason="it shines again", asked_by=asked_by)
    assert event.meta.actor == OTHER_CLERK


@pytest.mark.parametrize("asked_by", [None, "Anna", "li"])
def test_a_clerk_withdraws_on_nobody_elses_word(flow: DemandFlow, asked_by: str | None) -> None:
    demand = flow.register("dark", **PLACED, resident="张三", shared_with=("Anna",), by=CLERK).id
    with pytest.raises(RuleBroken, match=r"say who asked li to withdraw it \(asked_by=…\)"):
        flow.withdraw(demand, asked_by=asked_by, by=CLERK)
    assert flow.demand(demand).open


def test_nobody_withdraws_an_anonymous_demand(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, by=CLERK).id
    with pytest.raises(RuleBroken, match="the demand is anonymous: nobody is known who could withdraw it"):
        flow.withdraw(demand, asked_by="张三", by=CLERK)


def test_who_handled_a_demand_does_not_have_it_withdrawn(flow: DemandFlow) -> None:
    demand = flow.register("dark", **PLACED, resident="张三", by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    with pytest.raises(RuleBroken, match="chen handled this demand and cannot also end it"):
        flow.withdraw(demand, asked_by="张三", by=Actor("chen", Role.GRID_ADMINISTRATOR))


# registered by the resident

OWN = (rules.a_resident_acts_for_their_own_demand,)
SMALL = Workflow(
    "small",
    1,
    states=[
        State("asked", Stage.FEEDBACK, "clerk"),
        State("told", Stage.EVALUATION, "resident"),
        State("closed", Stage.ENDED, ended_as="closed"),
    ],
    moves=[
        Move("ask", Registered, START, "asked", by="resident"),
        Move("do", Reported, "asked", "told", by="clerk", means=("reported", "told", "asked")),
        Move("judge", Evaluated, "told", "closed", by="resident", means="evaluated", rules=OWN),
    ],
)


def test_a_resident_who_starts_a_demand_and_names_nobody_asks_for_themselves(clock: FrozenClock) -> None:
    asked = Registered(text="dark", channel="hotline", place="f")  # type: ignore[arg-type]
    with DemandFlow.open("memory:", workflows=[CLOSED_LOOP, SMALL], clock=clock) as flow:
        same = flow.register("dark", channel="hotline", place="f", by=ANNA)
        started = flow.start(asked, by=ANNA)
        (many,) = flow.register_many([Registration(fact=asked, by=ANNA)])
        with flow.batch() as batch:
            batched = batch.start(asked, by=ANNA)
        assert {one.resident for one in (same, started, many.demand, batched)} == {"Anna"}  # type: ignore[union-attr]
        assert flow.start(asked, by=CLERK).resident is None, "a clerk writes a wish down for nobody"
        demand = flow.start(asked, workflow="small@1", by=ANNA).id
        flow.act(demand, "do", Reported(resolved=True, words="done"), by=Actor("c", "clerk"))
        assert flow.act(demand, "judge", Evaluated(resolved=True, grade=Grade.SATISFIED), by=ANNA).ended_as == "closed"


def test_bringing_it_again_is_the_same_demand(flow: DemandFlow) -> None:
    asked = Registered(text="dark", channel="hotline", place="f", source="wechat", reference="7")  # type: ignore[arg-type]
    assert flow.start(asked, by=ANNA) == flow.start(asked, by=ANNA)
