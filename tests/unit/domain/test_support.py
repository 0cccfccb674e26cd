"""Supporting somebody else's demand: once each, taken back at will, told and counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, MoveNotAllowed, RoleNotAllowed, RuleBroken, closed_loop
from demandflow.domain.evolve import fold
from demandflow.domain.standard.support import SUPPORT
from demandflow.domain.workflow import Workflow
from demandflow.facts import Supported, SupportEnded
from demandflow.testing import FrozenClock, check
from demandflow.workflow_files import dumps, loads
from tests.profiles import examples
from tests.small_workflow import desk

LOOP = closed_loop("ours", 1, support=True)
CLERK, AUDITOR = Actor("li", "grid_administrator"), Actor("wang", "auditor")
ZHANG, MA = Actor("zhang", "resident"), Actor("ma", "resident")
PLACED: dict[str, Any] = {"channel": "hotline", "place": "f/c", "by": CLERK}
PEOPLE = ("ma", "he", "Zoë")


@pytest.fixture
def flow() -> Iterator[DemandFlow]:
    with DemandFlow.open("memory:", workflows=[LOOP], clock=FrozenClock()) as flow:
        yield flow


@pytest.fixture
def lamp(flow: DemandFlow) -> Any:
    return flow.register("路灯坏了", resident="zhang", **PLACED).id


def test_others_support_a_demand_once_each_and_take_it_back(flow: DemandFlow, lamp: Any) -> None:
    flow.support(lamp, "ma", by=MA)
    assert flow.support(lamp, "he", by=CLERK).supporters == ("ma", "he")
    with pytest.raises(RuleBroken, match="ma supports this demand already"):
        flow.support(lamp, "ma", by=CLERK)
    assert flow.end_support(lamp, "ma", by=MA).supporters == ("he",)
    with pytest.raises(RuleBroken, match="ma does not support this demand"):
        flow.end_support(lamp, "ma", by=MA)
    assert flow.support(lamp, "ma", by=MA).supporters == ("he", "ma"), "again, and last"
    assert [line.said for line in flow.history(lamp)][1] == "who: ma"


def test_a_resident_supports_in_their_own_name_and_not_their_own_demand(flow: DemandFlow, lamp: Any) -> None:
    with pytest.raises(RuleBroken, match="ma cannot speak for he"):
        flow.support(lamp, "he", by=MA)
    with pytest.raises(RuleBroken, match="zhang is a resident of this demand"):
        flow.support(lamp, "zhang", by=ZHANG)
    flow.support(lamp, "he", by=CLERK)
    with pytest.raises(RuleBroken, match="ma cannot speak for he"):
        flow.end_support(lamp, "he", by=MA)
    with pytest.raises(RoleNotAllowed):
        flow.support(lamp, "ma", by=AUDITOR)


def test_only_what_is_open_is_supported_but_support_can_be_taken_back_for_ever(flow: DemandFlow, lamp: Any) -> None:
    flow.support(lamp, "ma", by=MA)
    flow.refuse(lamp, "x", "no", by=AUDITOR)
    with pytest.raises(MoveNotAllowed):
        flow.support(lamp, "he", by=CLERK)
    assert flow.end_support(lamp, "ma", by=MA).supporters == ()


def test_who_supports_it_is_told_also_of_the_demand_into_which_it_was_merged(flow: DemandFlow, lamp: Any) -> None:
    other = flow.register("also dark", resident="chen", **PLACED).id
    flow.support(other, "he", by=CLERK)
    flow.support(lamp, "chen", by=CLERK)
    joined = flow.merge(other, into=lamp, by=AUDITOR)
    assert joined.supporters == ("he",)
    told = [flow.demand(lamp), *flow.to_be_told(lamp)]
    assert [one.to_be_told for one in told] == [("zhang", "chen"), ("chen", "he")], "each once in each"
    assert "he" not in flow.demand(lamp).residents, "who supports a demand does not speak for its resident"


def test_supporters_are_counted_and_sorted_by(flow: DemandFlow, lamp: Any) -> None:
    lift = flow.register("the lift", resident="zhang", **PLACED).id
    bin_ = flow.register("the bin", resident="zhang", **PLACED).id
    for name in PEOPLE:
        flow.support(lift, name, by=CLERK)
    flow.support(bin_, "ma", by=MA)
    rows = flow.board(sort="supporters", descending=True).rows
    assert [(row.demand, row.supporters) for row in rows] == [(lift, 3), (bin_, 1), (lamp, 0)]
    assert ": registered, supported by 3: the lift [" in str(rows[0])
    first = flow.board(sort="supporters", limit=1)
    pages = [first, flow.board(sort="supporters", limit=1, after=first.next)]
    assert [page.rows[0].demand for page in pages] == [lamp, bin_]
    flow.end_support(lift, "he", by=CLERK)
    flow.rebuild()
    assert flow.board(sort=("supporters",), descending=True).rows[0].supporters == 2
    assert flow.figures().count("received") == 3, "support is no demand"


def test_a_command_that_comes_again_supports_once(flow: DemandFlow, lamp: Any) -> None:
    first = flow.support(lamp, "ma", by=MA, command_id="tap 1")
    assert flow.support(lamp, "ma", by=MA, command_id="tap 1") == first
    assert flow.demand(lamp).version == 2


@settings(deadline=None, max_examples=examples(50))
@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.booleans()), max_size=12))
def test_who_supports_it_is_whoever_said_so_and_did_not_take_it_back(said: list[tuple[str, bool]]) -> None:
    by_hand: list[str] = []
    with DemandFlow.open("memory:", workflows=[LOOP], clock=FrozenClock()) as flow:
        demand = flow.register("x", **PLACED)
        for who, supports in said:
            try:
                (flow.support if supports else flow.end_support)(demand.id, who, by=CLERK)
            except RuleBroken:
                assert (who in by_hand) is supports
            else:
                assert (who in by_hand) is not supports
                by_hand = [*by_hand, who] if supports else [name for name in by_hand if name != who]
        assert flow.demand(demand.id).supporters == tuple(by_hand)
        assert fold(flow.events(demand.id)) == flow.demand(demand.id)
        assert flow.board().rows[0].supporters == len(by_hand)


def test_folding_does_not_mind_support_that_no_rule_looked_at() -> None:
    plain = desk()
    moves = [*plain.moves, *(move.__class__(move.name, move.fact, move.from_, move.to, "clerk") for move in SUPPORT)]
    workflow = Workflow("desk", 1, plain.states, moves, grades=plain.grades)
    clerk = Actor("li", "clerk")
    with DemandFlow.open("memory:", workflows=[workflow], clock=FrozenClock()) as flow:
        demand = flow.register("x", channel="counter", place="f", resident="zhang", by=clerk).id
        facts = [SupportEnded(who="he"), Supported(who="ma"), Supported(who="ma"), Supported(who="zhang")]
        for fact in facts:
            flow.act(demand, "support" if isinstance(fact, Supported) else "end_support", fact, by=clerk)
        assert flow.demand(demand).supporters == ("ma", "zhang")
        assert flow.demand(demand).to_be_told == ("zhang", "ma")


def test_the_published_loop_has_no_such_moves_and_files_can_say_them() -> None:
    names, published = ({move.name for move in workflow.moves} for workflow in (LOOP, closed_loop()))
    assert names - published == {"support", "end_support"}
    assert loads(dumps(LOOP)) == LOOP
    with DemandFlow.open("memory:") as flow:
        demand = flow.register("x", **PLACED).id
        with pytest.raises(MoveNotAllowed):
            flow.support(demand, "ma", by=MA)


@pytest.mark.long
def test_a_loop_with_support_passes_the_laws() -> None:
    assert check(LOOP, max_examples=examples(20)).histories == examples(20)
