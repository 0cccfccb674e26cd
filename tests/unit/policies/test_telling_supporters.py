"""Those who support a demand are told of every change of its state since they did, once each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    ANYWHERE,
    STAY,
    Actor,
    Calendar,
    Demand,
    DemandFlow,
    InvalidValue,
    Move,
    Notice,
    Refusal,
    Stage,
    State,
    Workflow,
    closed_loop,
)
from demandflow.facts import (
    Accepted,
    ContractedOut,
    Fact,
    HandedBack,
    Noted,
    Notified,
    Refused,
    Reopened,
    Reported,
    Supported,
    Withdrawn,
)
from demandflow.policies import PolicyContext, Reaction, TellSupporters, Timer, standard_policies
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.small_workflow import desk

LOOP = closed_loop("ours", 1, support=True)
CLERK, AUDITOR, DISPATCHER = (Actor("li", role) for role in ("grid_administrator", "auditor", "dispatcher"))
ZHANG, TEAM = Actor("zhang", "resident"), Actor("team", "contractor")
PLACED: dict[str, Any] = {"channel": "hotline", "place": "f/c", "by": CLERK}
MOVES: dict[str, tuple[Fact, Actor]] = {
    "accept": (Accepted(), AUDITOR),
    "refuse": (Refused(code="x", words="no"), AUDITOR),
    "contract_out": (ContractedOut(contractor="team"), DISPATCHER),
    "hand_back": (HandedBack(reason="not ours"), TEAM),
    "withdraw": (Withdrawn(), ZHANG),
    "reopen": (Reopened(reason="still dark"), ZHANG),
    "appeal": (Reopened(reason="it is yours"), ZHANG),
    "note": (Noted(text="nothing changes"), CLERK),
}
PEOPLE = ("ma", "he", "Zoë")


def opened(url: str = "memory:", *policies: Any, workflow: Workflow = LOOP) -> DemandFlow:
    return DemandFlow.open(url, workflows=[workflow], policies=policies or (TellSupporters(),), clock=FrozenClock())


def told(flow: DemandFlow) -> list[tuple[str | None, str]]:
    """Who was told of which state, in the order of the log."""
    notices = [notice for _, notice in flow.notices()]
    assert {(notice.to, notice.kind, notice.policy) for notice in notices} <= {
        ("supporter", "moved", "tell_supporters")
    }
    return [(notice.whom, notice.what) for notice in notices]


@pytest.fixture
def flow() -> Iterator[DemandFlow]:
    with opened() as flow:
        yield flow


@pytest.fixture
def lamp(flow: DemandFlow) -> Any:
    return flow.register("路灯坏了", resident="zhang", **PLACED).id


STEPS = st.one_of(
    st.sampled_from([*MOVES]),
    st.tuples(st.sampled_from(("support", "end_support")), st.sampled_from(PEOPLE)),
)


@settings(deadline=None, max_examples=examples(80))
@given(st.lists(STEPS, max_size=25))
def test_who_is_told_are_those_who_supported_it_before_each_change_once_each(steps: list[Any]) -> None:
    expected: list[tuple[str, str]] = []
    supporters: list[str] = []
    with opened() as flow:
        lamp = flow.register("x", resident="zhang", **PLACED).id
        for step in steps:
            before = flow.demand(lamp).state
            supporters = tried(flow, lamp, step, supporters)
            if (state := flow.demand(lamp).state) != before:
                expected += [(who, state) for who in supporters]
            flow.run_policies()
        assert told(flow) == expected
        assert not flow.parked()
        assert not flow.run_policies().reacted


def tried(flow: DemandFlow, lamp: Any, step: Any, supporters: list[str]) -> list[str]:
    """Take a step if it is possible; returns who supports it afterwards."""
    try:
        if isinstance(step, str):
            flow.act(lamp, step, MOVES[step][0], by=MOVES[step][1])
            return supporters
        does, who = step
        (flow.support if does == "support" else flow.end_support)(lamp, who, by=CLERK)
    except Refusal:
        return supporters
    return [*supporters, who] if does == "support" else [name for name in supporters if name != who]


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.one_of(STEPS, st.sampled_from((0, 1))), max_size=30))
def test_where_policies_run_rarely_the_newest_change_is_told_whoever_runs_them(steps: list[Any]) -> None:
    """A number stands for a run, by the one or the other of two that have the log open."""
    expected: list[tuple[str, str]] = []
    supporters: list[str] = []
    then: list[str] = []  # who supported it before the newest change that was not told yet
    with TemporaryDirectory() as folder, opened(url := f"sqlite:///{folder}/t.db") as one, opened(url) as other:
        lamp = one.register("x", resident="zhang", **PLACED).id
        for step in [*steps, 0, 1]:
            if isinstance(step, int):
                (one, other)[step].run_policies()
                expected += [(who, one.demand(lamp).state) for who in then]
                then = []
                continue
            before = one.demand(lamp).state
            after = tried(one, lamp, step, supporters)
            then = [who for who in then if who in after]
            supporters = after
            if one.demand(lamp).state != before:
                then = list(supporters)
        assert told(other) == expected


def test_everybody_is_told_the_state_and_the_hook_is_given_it_with_the_demand(flow: DemandFlow, lamp: Any) -> None:
    flow.support(lamp, "ma", by=CLERK)
    flow.support(lamp, "he", by=CLERK)
    flow.run_policies()
    assert not told(flow), "nothing has moved"
    flow.accept(lamp, by=AUDITOR)
    given: list[Notice] = []
    ran = flow.run_policies(notify=given.append)
    assert ran.counts() == {"tell_supporters": 1}
    assert [str(notice) for notice in given] == ["to ma: accepted (f/c, 路灯坏了)", "to he: accepted (f/c, 路灯坏了)"]
    flow.run_policies(notify=given.append)
    assert len(given) == 2


def test_the_end_is_told_and_who_took_support_back_is_not(flow: DemandFlow, lamp: Any) -> None:
    flow.support(lamp, "ma", by=CLERK)
    flow.support(lamp, "he", by=CLERK)
    flow.refuse(lamp, "x", "no", by=AUDITOR)
    flow.end_support(lamp, "he", by=CLERK)
    flow.run_policies()
    assert told(flow) == [("ma", "refused")]


def test_support_that_is_given_anew_after_the_change_is_not_told_of_it(flow: DemandFlow, lamp: Any) -> None:
    flow.support(lamp, "ma", by=CLERK)
    flow.accept(lamp, by=AUDITOR)
    flow.end_support(lamp, "ma", by=CLERK)
    flow.support(lamp, "ma", by=CLERK)
    assert not flow.run_policies().reacted


def test_of_a_merge_each_demand_tells_its_own_supporters(flow: DemandFlow, lamp: Any) -> None:
    other = flow.register("also dark", resident="chen", **PLACED).id
    flow.support(lamp, "ma", by=CLERK)
    flow.support(other, "he", by=CLERK)
    flow.merge(other, into=lamp, by=AUDITOR)
    flow.run_policies()
    assert told(flow) == [("he", "merged")]
    flow.accept(lamp, by=AUDITOR)
    flow.run_policies()
    assert told(flow) == [("he", "merged"), ("ma", "accepted")]
    flow.unmerge(other, "another lamp", by=AUDITOR)
    flow.run_policies()
    assert told(flow)[2:] == [("he", "registered")]


def test_a_crowd_is_told_in_one_save(flow: DemandFlow, lamp: Any) -> None:
    crowd = [f"neighbour {number}" for number in range(130)]
    for name in crowd:
        flow.support(lamp, name, by=CLERK)
    flow.accept(lamp, by=AUDITOR)
    assert flow.run_policies().counts() == {"tell_supporters": 1}
    assert told(flow) == [(name, "accepted") for name in crowd]


def test_two_who_run_the_policies_at_once_tell_everybody_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/t.db"
    with opened(url) as flow, opened(url) as other:
        lamps = [flow.register("x", resident="zhang", **PLACED).id for _ in range(20)]
        for lamp in lamps:
            for name in PEOPLE:
                flow.support(lamp, name, by=CLERK)
            flow.accept(lamp, by=AUDITOR)
        threads = [Thread(target=one.run_policies) for one in (flow, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        notices = [(notice.demand, notice.whom) for _, notice in flow.notices()]
        assert sorted(notices) == sorted((lamp, name) for lamp in lamps for name in PEOPLE)


MEANWHILE: list[Callable[[], object]] = []
"""What others do while the policy thinks."""


@dataclass(frozen=True)
class Slow(TellSupporters):
    """Thinks long before it tells anybody."""

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        reactions = list(super().then(timer, demand, context))
        while MEANWHILE:
            MEANWHILE.pop()()
        return reactions


@pytest.mark.parametrize("again", [False, True])
def test_who_takes_support_back_while_the_notices_are_written_is_not_told(tmp_path: Path, again: bool) -> None:
    url = f"sqlite:///{tmp_path}/t.db"
    with opened(url, Slow()) as flow, opened(url) as other:
        lamp = flow.register("x", resident="zhang", **PLACED).id
        for name in PEOPLE:
            flow.support(lamp, name, by=CLERK)
        flow.accept(lamp, by=AUDITOR)
        if again:
            MEANWHILE.append(lambda: other.support(lamp, "he", by=CLERK))
        MEANWHILE.append(lambda: other.end_support(lamp, "he", by=CLERK))
        flow.run_policies()
        assert told(flow) == [("ma", "accepted"), ("Zoë", "accepted")]


def test_who_supports_it_by_the_very_event_that_moves_it_is_not_told_of_that() -> None:
    plain, clerk = desk(), Actor("li", "clerk")
    wanted = State("wanted", Stage.FEEDBACK, owner="clerk")
    moves = (
        *(replace(move, from_=("asked", "wanted")) if move.name == "settle" else move for move in plain.moves),
        Move("support", Supported, "asked", "wanted", "clerk"),
        Move("support", Supported, "wanted", STAY, "clerk"),
        Move("notify", Notified, ANYWHERE, STAY, "policy"),
    )
    workflow = Workflow("desk", 1, (*plain.states, wanted), moves, grades=plain.grades)
    with opened(workflow=workflow) as flow:
        demand = flow.register("x", channel="counter", place="f", resident="zhang", by=clerk).id
        assert flow.support(demand, "ma", by=clerk).state == "wanted"
        flow.support(demand, "he", by=clerk)
        assert not flow.run_policies().reacted
        flow.act(demand, "settle", Reported(resolved=True, words="done"), by=clerk)
        flow.run_policies()
        assert told(flow) == [("ma", "settled"), ("he", "settled")]


def test_nothing_is_told_if_it_is_off_or_no_policy_may_tell() -> None:
    with opened("memory:", TellSupporters(on=False)) as flow:
        lamp = flow.register("x", resident="zhang", **PLACED).id
        flow.support(lamp, "ma", by=CLERK)
        moved = flow.accept(lamp, by=AUDITOR)
        assert not flow.run_policies().reacted
    assert [timer.cause for timer in TellSupporters().timers(moved, LOOP)] == ["moved by event 3"]
    mute = Workflow("mute", 1, LOOP.states, [move for move in LOOP.moves if move.name != "notify"])
    assert not list(TellSupporters().timers(moved, mute))


def test_a_policy_is_checked_when_it_is_made() -> None:
    with pytest.raises(InvalidValue, match="on is True or False"):
        TellSupporters(on=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="records Notified, which no move of desk@1 lets it do"):
        opened(workflow=desk())


@pytest.mark.parametrize("supported", [True, False])
def test_the_standard_policies_tell_supporters_and_nothing_where_nobody_supports(supported: bool) -> None:
    office = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
    with opened("memory:", *standard_policies(office, alike=None)) as flow:
        lamp = flow.register("x", resident="zhang", **PLACED).id
        if supported:
            flow.support(lamp, "ma", by=CLERK)
        flow.accept(lamp, by=AUDITOR)
        flow.run_policies()
        moved = [(notice.whom, notice.what) for _, notice in flow.notices() if notice.kind == "moved"]
        assert moved == ([("ma", "accepted")] if supported else [])
