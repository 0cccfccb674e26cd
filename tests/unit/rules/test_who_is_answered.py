"""A command or reference that comes again is answered to who may know of it; policies have names of their own."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    Actor,
    Calendar,
    CommandConflict,
    Demand,
    DemandFlow,
    DemandFlowError,
    Event,
    InvalidValue,
    Role,
    RoleNotAllowed,
    RuleBroken,
    StaleDemand,
    closed_loop,
    standard_clocks,
)
from demandflow.domain.demand import as_if
from demandflow.domain.evolve import evolve
from demandflow.facts import Accepted, Noted
from demandflow.policies import standard_policies
from demandflow.policies.policy import command_of
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, TEAM

pytestmark = pytest.mark.untraced

SECRET = "my husband beats me"
TOLD: Any = {"channel": "hotline", "place": "f/c1/b3", "resident": "王芳", "source": "hotline", "reference": "17"}
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, finish="1 hours"))


def test_who_may_not_register_learns_nothing_of_what_is_registered(flow: DemandFlow) -> None:
    flow.register(SECRET, **TOLD, by=CLERK)
    mallory = Actor("Mallory", Role.CONTRACTOR)
    refusals = set()
    for text, reference in ((SECRET, "17"), ("x", "17"), ("x", "18")):
        with pytest.raises(RoleNotAllowed) as refused:
            flow.register(text, **{**TOLD, "reference": reference}, by=mallory)
        refusals.add(str(refused.value))
    assert len(refusals) == 1, "known or not, the answer is the same"


@pytest.mark.parametrize("text", [SECRET, "x"])
def test_who_may_register_for_themselves_learns_nothing_of_others(flow: DemandFlow, text: str) -> None:
    flow.register(SECRET, **TOLD, by=CLERK)
    with pytest.raises(CommandConflict) as refused:
        flow.register(text, **TOLD, by=Actor("Mallory", Role.RESIDENT))
    assert refused.value.differences == ("by",)
    assert SECRET not in str(refused.value)
    assert "王芳" not in str(refused.value)


def test_who_might_have_registered_it_is_told_what_differs_but_not_how(flow: DemandFlow) -> None:
    first = flow.register(SECRET, **TOLD, by=CLERK)
    colleague = Actor("Mei", Role.GRID_ADMINISTRATOR)
    assert flow.register(SECRET, **TOLD, by=colleague) == first
    assert flow.register(SECRET, **TOLD, by=Actor("王芳", Role.RESIDENT)) == first, "she might have herself"
    with pytest.raises(CommandConflict) as refused:
        flow.register("x", **{**TOLD, "place": "f/c2"}, by=colleague)
    assert refused.value.differences == ("text", "place")
    assert not any(value in str(refused.value) for value in (SECRET, "f/c1/b3", "王芳"))


def test_a_command_id_of_somebody_else_gives_nothing_away(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED).id
    flow.note(demand, SECRET, by=CLERK, command_id="n")
    for by, text, error in (
        (Actor("Mei", Role.GRID_ADMINISTRATOR), SECRET, CommandConflict),
        (Actor("Mei", Role.GRID_ADMINISTRATOR), "x", CommandConflict),
        (Actor("Mei", "no role of it"), SECRET, RoleNotAllowed),
    ):
        with pytest.raises(error) as refused:
            flow.note(demand, text, by=by, command_id="n")
        assert getattr(refused.value, "differences", ("by",)) == ("by",)
        assert SECRET not in str(refused.value)
    with pytest.raises(RoleNotAllowed):
        flow.act(demand, "accept", Accepted(), by=CLERK, command_id="n")
    assert flow.demand(demand).version == 2


def test_registering_with_a_command_id_of_somebody_else_gives_nothing_away(flow: DemandFlow) -> None:
    flow.register(SECRET, **PLACED, command_id="r")
    for by, error in ((Actor("Mallory", Role.CONTRACTOR), RoleNotAllowed), (RESIDENT, CommandConflict)):
        with pytest.raises(error) as refused:
            flow.register("x", **{**PLACED, "by": by}, command_id="r")
        assert SECRET not in str(refused.value)


# policies


def overdue(clock: FrozenClock) -> tuple[DemandFlow, Any]:
    """A flow with its policies, and a demand whose clock runs out soon."""
    policies = standard_policies(OFFICE)
    flow = DemandFlow.open("memory:", workflows=[TIMED], policies=policies, clock=clock)
    demand = flow.register("x", channel="hotline", place="fufeng/c1", resident="张三", by=CLERK).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    return flow, demand


def test_nobody_silences_a_policy_by_a_command_id(clock: FrozenClock) -> None:
    flow, demand = overdue(clock)
    with flow:
        for policy in flow.policies:
            for wake in policy.timers(flow.demand(demand), TIMED):
                ours = command_of(policy.name, wake.cause)
                with pytest.raises(InvalidValue, match="is kept for what"):
                    flow.note(demand, ".", by=TEAM, command_id=ours)
                with pytest.raises(InvalidValue, match="is kept for what policies do"):
                    flow.note(demand, ".", by=Actor(policy.name, Role.POLICY), command_id=ours[1:])
                flow.note(demand, ".", by=TEAM, command_id=ours[1:])
        clock.advance(days=3)
        flow.run_policies()
        assert flow.demand(demand).escalated
        assert not flow.parked()


def test_nobody_acts_under_the_name_of_a_policy(clock: FrozenClock) -> None:
    flow, demand = overdue(clock)
    with flow:
        with pytest.raises(InvalidValue, match="reminders is a policy, which acts by itself"):
            flow.note(demand, ".", by=Actor("reminders", Role.POLICY))
        with pytest.raises(InvalidValue, match="reminders is a policy"), flow.batch() as batch:
            batch.escalate(demand, ".", by=Actor("reminders", Role.POLICY))
        assert flow.note(demand, ".", by=Actor("reminders", Role.CONTRACTOR)).version == 5


def test_what_was_reacted_to_under_the_ids_of_before_is_not_reacted_to_again(clock: FrozenClock) -> None:
    flow, demand = overdue(clock)
    with flow:
        clock.advance(days=3)
        assert flow.run_policies().reacted
        events = list(flow.all_events())
    reactions = [event for event in events if event.meta.actor.role == Role.POLICY]
    assert all((event.meta.command_id or "").startswith(f"~{event.meta.actor.id}: ") for event in reactions)
    before = [as_before(event) for event in events]
    with DemandFlow.open("memory:", workflows=[TIMED], policies=standard_policies(OFFICE), clock=clock) as old:
        old._log.append(before)
        assert not old.run_policies().reacted
        assert old.demand(demand).commands == evolved(events).commands
    # the same ids, given by a contractor: they were only a note, and the policy has still to act
    taken = [event if event not in reactions else note_by_a_contractor(as_before(event)) for event in events]
    with DemandFlow.open("memory:", workflows=[TIMED], policies=standard_policies(OFFICE), clock=clock) as old:
        old._log.append(taken)
        assert old.run_policies().reacted


def as_before(event: Event) -> Event:
    command_id = event.meta.command_id
    return as_if(event, meta=as_if(event.meta, command_id=command_id and command_id.removeprefix("~")))


def note_by_a_contractor(event: Event) -> Event:
    stamp = as_if(event.stamp, move="note", means=None)
    return as_if(event, fact=Noted(text="."), meta=as_if(event.meta, actor=TEAM), stamp=stamp)


def evolved(events: list[Event]) -> Demand:
    demand: Demand | None = None
    for event in events:
        demand = evolve(demand, event)
    assert demand is not None
    return demand


@given(st.text(max_size=9), st.sampled_from([Role.POLICY, Role.CONTRACTOR]))
def test_no_event_of_another_is_looked_up_as_a_reaction(command_id: str, role: str) -> None:
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = flow.register("x", **PLACED).id
        try:
            flow.note(demand, "x", by=Actor("p", role), command_id=command_id)
        except DemandFlowError:
            assert flow.demand(demand).version == 1
        else:
            assert not any(command.startswith("~") for command, _ in flow.demand(demand).commands)


# messages


@given(st.text() | st.just(200_000), st.text())
def test_every_message_is_bounded_and_has_no_control_characters(words: str | int, other: str) -> None:
    text = words if isinstance(words, str) else "x" * words
    for error in (
        InvalidValue(text, other),
        CommandConflict(text, other, (text,)),
        RoleNotAllowed(text, other, (text, other)),
        DemandFlowError(text, other),
        pickle.loads(pickle.dumps(InvalidValue(text, other))),
    ):
        said = str(error)
        assert len(said) <= 2000
        assert said.isprintable()


def test_what_somebody_wrote_does_not_make_lines_of_its_own(flow: DemandFlow) -> None:
    def objects(demand: Any, proposal: Any) -> str:
        """It quotes what was written."""
        return f"not {proposal.fact.text}"

    moves = [replace(move, rules=(*move.rules, objects)) if move.name == "note" else move for move in CLOSED_LOOP.moves]
    loop = replace(CLOSED_LOOP, name="quoting", moves=moves)
    with DemandFlow.open("memory:", workflows=[loop]) as other:
        demand = other.register("x", **PLACED).id
        with pytest.raises(DemandFlowError) as refused:
            other.note(demand, "a\nmeanwhile: all is well", by=CLERK)
    assert str(refused.value) == "cannot note: not a ⏎ meanwhile: all is well"


# what changed meanwhile


def test_only_who_might_have_done_it_then_is_told_what_changed(flow: DemandFlow) -> None:
    seen = flow.register("x", **PLACED)
    flow.note(seen.id, "a", by=Actor("Mei", Role.GRID_ADMINISTRATOR))
    flow.accept(seen.id, by=AUDITOR)
    flow.contract_out(seen.id, "repair team", by=DISPATCHER)
    with pytest.raises(StaleDemand) as overtaken:
        flow.withdraw(seen.id, by=RESIDENT, seen=1)
    assert len(overtaken.value.meanwhile) == 3
    mallory = Actor("Mallory", Role.RESIDENT)
    forged = as_if(seen, resident="Mallory")
    tries: list[tuple[Actor, Any, type[DemandFlowError]]] = [
        (mallory, 1, RuleBroken), (mallory, seen, RuleBroken), (mallory, forged, RuleBroken),
        (Actor("Mallory", Role.CONTRACTOR), 1, RoleNotAllowed), (Actor("Mallory", "nobody"), 2, RoleNotAllowed),
    ]  # fmt: skip
    for by, view, error in tries:
        with pytest.raises(error) as refused:
            flow.withdraw(seen.id, by=by, seen=view)
        assert not any(word in str(refused.value) for word in ("repair team", "Mei", "wang", "zhao", "meanwhile"))
