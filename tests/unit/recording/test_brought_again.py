"""Commands that come again cost what they cost at first, each has its own answer, and a trial records nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    Action,
    Channel,
    CommandConflict,
    Demand,
    DemandFlow,
    DemandFlowError,
    DemandNotFound,
    Event,
    InvalidValue,
    MoveNotAllowed,
    Place,
    Recorded,
    Registration,
    Rejected,
    RoleNotAllowed,
    RuleBroken,
    StaleDemand,
    StorageBusy,
    closed_loop,
)
from demandflow.domain.decide import Command
from demandflow.domain.demand import as_if
from demandflow.errors import UnknownWorkflow
from demandflow.facts import Accepted, Merged, Noted, Registered, TookIn
from demandflow.recording.earlier import EarlierStates
from demandflow.store.log import Log
from demandflow.store.pending import PendingLog
from demandflow.testing import FrozenClock, a_demand
from tests.stories import AUDITOR, CLERK, DISPATCHER, RESIDENT, SUPERVISOR

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}


def note(demand: Any, number: int, **more: Any) -> Action:
    return Action(demand=demand, move="note", fact=Noted(text=f"{number}"), by=CLERK, command_id=f"n{number}", **more)


def read_while(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> int:
    """How many events are read while this is done."""
    read, real = [0], Log.events

    def counting(self: Log, *args: Any, **more: Any) -> list[Event]:
        events = real(self, *args, **more)
        read[0] += len(events)
        return events

    with monkeypatch.context() as patch:
        patch.setattr(Log, "events", counting)
        do()
    return read[0]


ORDERS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "as they came": lambda items: items,
    "backwards": lambda items: items[::-1],
    "shuffled": lambda items: random.Random(5).sample(items, len(items)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_bringing_known_steps_again_reads_so_many_events_a_step_however_many_there_are(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_step = []
    for steps in (200, 800):
        with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
            demand = flow.register("x", **PLACED).id
            items = [note(demand, number) for number in range(steps)]
            flow.act_many(items)
            again = ORDERS[order](items)
            answers: list[Any] = []
            a_step.append(read_while(monkeypatch, lambda: answers.extend(flow.act_many(again))) / steps)  # noqa: B023
            assert [answer.demand.version for answer in answers] == [int(one.fact.text) + 2 for one in again]
            assert all(answer.known for answer in answers)
            assert flow.demand(demand).version == steps + 1
    assert a_step[0] < 30, "a state is kept every twenty-five versions"
    assert a_step[1] < 1.5 * a_step[0], f"with four times as many steps each reads {a_step}"


def test_a_single_command_that_comes_again_reads_few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = flow.register("x", **PLACED).id
        flow.act_many([note(demand, number) for number in range(500)])
        flow.note(demand, "400", by=CLERK, command_id="n400")
        assert read_while(monkeypatch, lambda: flow.note(demand, "401", by=CLERK, command_id="n401")) <= 2
        assert read_while(monkeypatch, lambda: flow.note(demand, "77", by=CLERK, command_id="n77")) <= 26


@given(st.lists(st.integers(0, 60), max_size=40))
def test_what_comes_again_is_answered_as_it_was_the_first_time(order: list[int]) -> None:
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = flow.register("x", **PLACED).id
        first = [flow.note(demand, f"{number}", by=CLERK, command_id=f"n{number}") for number in range(61)]
        for number in order:
            assert flow.note(demand, f"{number}", by=CLERK, command_id=f"n{number}") == first[number]


def test_of_a_long_history_only_so_many_states_are_kept(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", clock=clock) as flow:
        demand = flow.register("x", **PLACED)
        event = flow.events(demand.id)[0]
        long = [as_if(event, version=version) for version in range(1, 10_001)]
        states = EarlierStates(lambda _, after, upto: long[after:upto])
        for version in (10_000, 3, 9_999, 5_000):
            state = states.after(demand.id, version)
            assert state is not None
            assert state.version == version
            assert len(states._kept[demand.id]) < 200
        assert states.after(demand.id, 20_000) == states.after(demand.id, 10_000), "the last there is"


def test_an_answer_says_whether_it_was_known(flow: DemandFlow) -> None:
    fact = Registered(text="x", channel=Channel("hotline"), place=Place("f"), source="s", reference="1")
    items = [Registration(fact=fact, by=CLERK), Registration(fact=fact, by=CLERK)]
    assert [getattr(answer, "known", None) for answer in flow.register_many(items)] == [False, True]
    assert [getattr(answer, "known", None) for answer in flow.register_many(items)] == [True, True]
    demand = flow.id_of("s", "1")
    steps = [note(demand, 1), note(demand, 2), note(demand, 1)]
    assert [getattr(answer, "known", None) for answer in flow.act_many(steps)] == [False, False, True]
    assert [getattr(answer, "known", None) for answer in flow.try_many([*steps, note(demand, 3)])] == [
        *(True, True, True),
        False,
    ]


# an item's refusal is its own


def test_an_item_that_saw_something_else_is_refused_alone(flow: DemandFlow) -> None:
    old, other = flow.register("x", **PLACED), flow.register("y", **PLACED)
    flow.accept(old.id, by=AUDITOR)
    items = [note(other.id, 1), note(old.id, 2, seen=old), note(other.id, 3)]
    for do in (flow.try_many, flow.act_many):
        answers = do(items)
        assert [type(answer) for answer in answers] == [Recorded, Rejected, Recorded]
        assert isinstance(answers[1], Rejected)
        assert isinstance(answers[1].reason, StaleDemand)
    assert (flow.demand(other.id).version, flow.demand(old.id).version) == (3, 2)


def test_a_demand_that_others_write_all_the_time_holds_back_itself_alone(
    flow: DemandFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    hot, *others = (flow.register("x", **PLACED).id for _ in range(9))
    leaving = PendingLog.__exit__

    def after_the_others(self: PendingLog, kind: Any, *rest: Any) -> None:
        if any(event.demand == hot for event in self.pending):
            flow.note(hot, "faster", by=CLERK)
        leaving(self, kind, *rest)

    monkeypatch.setattr(PendingLog, "__exit__", after_the_others)
    answers = flow.act_many([note(demand, 1) for demand in (*others[:4], hot, *others[4:])])
    refused = [answer for answer in answers if isinstance(answer, Rejected)]
    assert [answer.item.demand for answer in refused] == [hot]
    assert isinstance(refused[0].reason, StorageBusy)
    assert all(flow.demand(demand).version == 2 for demand in others)


# what was decided on a kept state is confirmed, whatever the refusal


def two(tmp_path: Path, ours: FrozenClock, theirs: FrozenClock) -> tuple[DemandFlow, DemandFlow]:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    return DemandFlow.open(url, clock=ours), DemandFlow.open(url, clock=theirs)


def test_a_moment_that_was_in_the_future_when_the_demand_was_seen_is_looked_at_again(tmp_path: Path) -> None:
    ours, theirs = FrozenClock(), FrozenClock()
    flow, other = two(tmp_path, ours, theirs)
    with flow, other:
        demand = flow.register("x", **PLACED).id
        theirs.advance(minutes=9)
        last = other.note(demand, "a", by=CLERK).last
        assert flow.note(demand, "b", by=CLERK, at=last).version == 3


def test_a_known_command_with_another_fact_is_said_to_be_known_at_once(tmp_path: Path) -> None:
    flow, other = two(tmp_path, FrozenClock(), FrozenClock())
    with flow, other:
        demand = flow.register("x", **PLACED).id
        other.sort(demand, category="k", by=AUDITOR, command_id="n1")
        for _ in range(2):
            with pytest.raises(CommandConflict):
                flow.act(demand, "sort", Noted(text="z"), by=AUDITOR, command_id="n1")


def test_a_version_that_was_not_yet_there_when_the_demand_was_seen_is_looked_at_again(tmp_path: Path) -> None:
    flow, other = two(tmp_path, FrozenClock(), FrozenClock())
    with flow, other:
        demand = flow.register("x", **PLACED).id
        other.note(demand, "a", by=CLERK)
        assert flow.note(demand, "b", by=CLERK, seen=2).version == 3


def test_an_unknown_workflow_of_a_kept_state_is_looked_at_again(tmp_path: Path) -> None:
    url, next_loop = f"sqlite:///{tmp_path / 'flow.db'}", closed_loop("next-loop")
    with DemandFlow.open(url, workflows=[closed_loop(), next_loop]) as both:
        demand = both.register("x", **PLACED, workflow="closed-loop@2").id
        both.note(demand, "a", by=CLERK)
        with DemandFlow.open(url, workflows=[next_loop]) as flow:
            with pytest.raises(UnknownWorkflow):
                flow.note(demand, "b", by=CLERK)
            both.migrate(demand, "next-loop@2", by=SUPERVISOR)
            assert flow.note(demand, "c", by=CLERK).version == 4


@pytest.mark.parametrize("error", [InvalidValue("x", "y"), KeyError("x"), UnknownWorkflow("w", ())])
def test_whatever_is_raised_on_a_kept_state_is_raised_on_the_stored_one_or_not_at_all(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, other = two(tmp_path, FrozenClock(), FrozenClock())
    with flow, other:
        demand = flow.register("x", **PLACED).id
        other.note(demand, "a", by=CLERK)
        real = flow._handler._decided

        def raising(command: Command, it: Demand, *rest: Any) -> Any:
            if it.version == 1:
                raise error
            return real(command, it, *rest)

        monkeypatch.setattr(flow._handler, "_decided", raising)
        assert flow.note(demand, "b", by=CLERK).version == 3


# trying one out


def test_what_would_come_of_a_command_is_what_comes_of_it(flow: DemandFlow) -> None:
    demand, other = flow.register("x", **PLACED).id, flow.register("y", **PLACED).id
    began = flow._log.last_position()
    steps: list[tuple[str, Any, Any]] = [
        ("merge", Merged(into=other), AUDITOR),
        ("note", Noted(text="x"), CLERK),
        ("accept", Accepted(), AUDITOR),
    ]
    would = [flow.would(demand, move, fact, by=by, command_id="w") for move, fact, by in steps]
    assert [one.version for one in would] == [2, 2, 2]
    wrong: dict[type[DemandFlowError], Callable[[], object]] = {
        RoleNotAllowed: lambda: flow.would(demand, "accept", Accepted(), by=CLERK),
        MoveNotAllowed: lambda: flow.would(demand, "take_on", Accepted(), by=CLERK),
        RuleBroken: lambda: flow.would_start(registered(representative="b"), by=CLERK),
        InvalidValue: lambda: flow.would(demand, "take_in", TookIn(demand=other), by=AUDITOR),
        DemandNotFound: lambda: flow.would(flow.id_of("a", "b"), "note", Noted(text="x"), by=CLERK),
        UnknownWorkflow: lambda: flow.would_start(registered(), workflow="none@1", by=CLERK),
    }
    for error, use in wrong.items():
        with pytest.raises(error):
            use()
    assert flow._log.last_position() == began, "nothing is recorded"
    assert (flow.demand(demand).version, flow.demand(other).version) == (1, 1), "nothing is kept"
    assert flow.act(demand, *steps[2][:2], by=AUDITOR, command_id="w") == would[2]
    assert flow.would(demand, *steps[2][:2], by=AUDITOR, command_id="w") == would[2], "known"


def registered(**more: Any) -> Registered:
    return Registered(text="x", channel=Channel("hotline"), place=Place("f"), **more)


def test_what_would_come_of_registering_is_what_comes_of_it(flow: DemandFlow) -> None:
    fact = registered(source="s", reference="1")
    would = flow.would_start(fact, by=CLERK)
    assert flow.start(fact, by=CLERK) == would == flow.would_start(fact, by=CLERK)
    with pytest.raises(CommandConflict):
        flow.would_start(registered(source="s", reference="1", category="c"), by=CLERK)
    would = flow.would_start(registered(), by=CLERK)
    assert (would.state, would.id.int) == ("registered", 0)
    assert flow.figures().count("received") == 1


def test_in_a_batch_it_is_tried_on_what_the_batch_will_record(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED).id
    with flow.batch() as batch:
        batch.accept(demand, by=AUDITOR)
        assert batch.would(demand, "note", Noted(text="x"), by=CLERK).state == "accepted"
        with pytest.raises(MoveNotAllowed):
            batch.would(demand, "accept", Accepted(), by=AUDITOR)
        assert batch.pending == 1
    assert flow.demand(demand).version == 2


@given(st.data())
def test_a_trial_agrees_with_the_deed(data: st.DataObject) -> None:
    state = data.draw(st.sampled_from([one.name for one in closed_loop().states]))
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        demand = a_demand(flow, state)
        move = data.draw(st.sampled_from(["note", "accept", "withdraw", "reopen", "contract_out"]))
        by = data.draw(st.sampled_from([CLERK, AUDITOR, RESIDENT, DISPATCHER]))
        answers = []
        for do in (flow.would, flow.act):
            try:
                answers.append(repr(do(demand.id, move, Noted(text="x"), by=by)))
            except DemandFlowError as error:
                answers.append(repr(error))
        assert answers[0] == answers[1]


# seen


def test_a_version_says_what_the_caller_saw_as_well_as_the_demand(flow: DemandFlow) -> None:
    seen = flow.register("x", **PLACED)
    flow.note(seen.id, "a", by=CLERK)
    assert flow.note(seen.id, "b", by=CLERK, seen=1).version == 3, "it stands as it stood"
    flow.accept(seen.id, by=AUDITOR)
    for view in (seen, 1, 3):
        with pytest.raises(StaleDemand) as overtaken:
            flow.note(seen.id, "c", by=CLERK, seen=view)
        assert overtaken.value.meanwhile[-1] == "wang (auditor) accept → accepted"
    assert flow.note(seen.id, "d", by=CLERK, seen=4).version == 5
    for wrong in (0, -1, True, 1.0, "4", 99):
        with pytest.raises(InvalidValue, match="seen: "):
            flow.note(seen.id, "e", by=CLERK, seen=wrong)  # type: ignore[arg-type]
    (answer,) = flow.act_many([note(seen.id, 9, seen=1)])
    assert isinstance(answer, Rejected)
    assert isinstance(answer.reason, StaleDemand)
