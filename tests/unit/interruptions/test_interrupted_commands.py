"""A command that is interrupted anywhere and given again leaves the same log as one that was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings

import demandflow
from demandflow import Action, Calendar, DemandFlow, closed_loop, fold, standard_clocks
from demandflow.facts import Merged, Noted
from demandflow.policies import Handler, standard_policies
from demandflow.testing import FrozenClock, counted_ids
from tests.stories import AUDITOR, CLERK, RESIDENT
from tests.unit.interruptions.interruptions import Interrupted, interrupted_at, nothing_left_open, passed_over

__all__ = ["nothing_left_open"]
pytestmark = passed_over
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
FIRST, SECOND = UUID(int=1), UUID(int=2)


def a_note(flow: DemandFlow) -> None:
    flow.note(FIRST, "a", by=CLERK, command_id="n")


def a_registration(flow: DemandFlow) -> None:
    flow.register("x", **PLACED, command_id="r")


def a_merge(flow: DemandFlow) -> None:
    flow.merge(FIRST, into=SECOND, by=AUDITOR, command_id="m")


def several_actions(flow: DemandFlow) -> None:
    merged = Action(demand=FIRST, move="merge", fact=Merged(into=SECOND), by=AUDITOR, command_id="m")
    flow.act_many(
        [
            Action(demand=SECOND, move="note", fact=Noted(text="a"), by=CLERK, command_id="n"),
            merged,
            merged,
            Action(demand=FIRST, move="note", fact=Noted(text="a"), by=CLERK, command_id="n"),
        ]
    )


def a_batch_that_catches_it(flow: DemandFlow) -> None:
    """A caller who goes on with a batch after an interruption inside of it."""
    with flow.batch() as batch:
        try:
            batch.merge(FIRST, into=SECOND, by=AUDITOR, command_id="m")
        except Interrupted:
            batch.merge(FIRST, into=SECOND, by=AUDITOR, command_id="m")
        batch.note(SECOND, "a", by=CLERK, command_id="n")


def a_trial(flow: DemandFlow) -> None:
    flow.would(FIRST, "merge", Merged(into=SECOND), by=AUDITOR)


COMMANDS = (a_note, a_registration, a_merge, several_actions, a_batch_that_catches_it, a_trial)


@contextmanager
def two_demands() -> Iterator[DemandFlow]:
    with DemandFlow.open("memory:", clock=FrozenClock(), new_id=counted_ids()) as flow:
        flow.register("x", **PLACED)
        flow.register("y", **PLACED)
        yield flow


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_interrupted_anywhere_and_given_again_is_recorded_once(
    command: Callable[[DemandFlow], None],
) -> None:
    with two_demands() as flow:
        with interrupted_at(0) as passed:
            command(flow)
        moments, want = passed[0], list(flow.all_events())
    every = max(1, moments // settings().max_examples)
    assert moments > 20
    for moment in range(1, moments + 1, every):
        with two_demands() as flow:
            try:
                with interrupted_at(moment):
                    command(flow)
            except (Interrupted, demandflow.StorageError):
                held = list(flow.all_events())
                assert held in (want[:2], want), f"interrupted at moment {moment}, a part was recorded"
            command(flow)
            assert list(flow.all_events()) == want, f"interrupted at moment {moment}"
            for demand in {event.demand for event in want}:
                events = [event for event in want if event.demand == demand]
                assert flow.demand(demand) == fold(events), f"interrupted at moment {moment}"
            assert flow.figures().adds_up


def test_the_moments_of_a_command_are_counted() -> None:
    with two_demands() as flow:
        for moment in count(1):
            try:
                with interrupted_at(moment):
                    a_note(flow)
            except Interrupted:
                continue
            break
        assert moment > 20
        assert [event.fact for event in flow.events(FIRST)[1:]] == [Noted(text="a")]


OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, finish="1 hours"))
POLICIES = standard_policies(OFFICE, units=(Handler("team", "fufeng"),))


@contextmanager
def two_demands_due() -> Iterator[DemandFlow]:
    clock, ids = FrozenClock(), counted_ids()
    with DemandFlow.open("memory:", clock=clock, new_id=ids, workflows=[TIMED], policies=POLICIES) as flow:
        flow.register("x", **PLACED)
        flow.register("y", **PLACED)
        flow.accept(FIRST, by=AUDITOR)
        clock.advance(days=3)
        yield flow


def test_a_run_of_the_policies_interrupted_anywhere_and_made_again_reacts_once() -> None:
    with two_demands_due() as flow:
        with interrupted_at(0) as passed:
            assert flow.run_policies().reacted
        want = list(flow.all_events())
    for moment in range(1, passed[0], max(1, passed[0] // settings().max_examples)):
        with two_demands_due() as flow:
            with suppress(Interrupted), interrupted_at(moment):  # the first run asks calendars more
                flow.run_policies()
            flow.run_policies()
            assert sorted(map(repr, flow.all_events())) == sorted(map(repr, want)), f"interrupted at moment {moment}"
