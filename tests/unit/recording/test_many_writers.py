"""Eight processes that write to the same demands at once: nothing is lost or doubled, who was too late is told."""

from __future__ import annotations

import time
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, FeedbackMethod, Grade, Refusal, Role
from demandflow.recording import attempts
from demandflow.recording.attempts import ATTEMPTS, LONGEST, SHORTEST
from tests.stories import AUDITOR, CLERK, RESIDENT

pytestmark = pytest.mark.long

WRITERS, DEMANDS, NOTES = 8, 5, 3
APART = get_context("forkserver")
APART.set_forkserver_preload([__name__])  # what eight processes need is imported once
DISPATCHER, WORKER = Actor("Zhao", Role.DISPATCHER), Actor("Chen", Role.CONTRACTOR, unit="lighting team")
STEPS: Any = {
    "registered": lambda flow, lamp: flow.accept(lamp, by=AUDITOR),
    "accepted": lambda flow, lamp: flow.contract_out(lamp, WORKER.unit, by=DISPATCHER),
    "contracted_out": lambda flow, lamp: flow.take_on(lamp, by=WORKER),
    "in_hand": lambda flow, lamp: flow.report(lamp, "a new bulb", by=WORKER),
    "reported": lambda flow, lamp: flow.feed_back(lamp, FeedbackMethod.CALL, by=CLERK),
    "fed_back": lambda flow, lamp: flow.evaluate(lamp, resolved=True, grade=Grade.SATISFIED, by=RESIDENT),
}


def pauses(most: int) -> list[float]:
    """What somebody waits who is overtaken so many times."""
    with patch.object(attempts, "sleep") as sleep:
        for number in range(most):
            attempts.pause(number)
    return [call.args[0] for call in sleep.call_args_list]


@given(st.integers(0, ATTEMPTS))
def test_pauses_grow_by_lot_and_are_bounded(most: int) -> None:
    waited = pauses(most)
    assert len(waited) == most // 2, "after a pause there are two attempts"
    assert all(0 <= pause <= min(LONGEST, SHORTEST * 2**number) for number, pause in enumerate(waited))
    assert sum(waited) < 2.5
    assert not waited or pauses(most) != waited, "those who met once pause differently"


def write(url: str, number: int, lamps: list[UUID], start: Any, done: Any) -> None:
    """Take each demand to its end, whoever makes which step, and note something on it; how often it won and lost."""
    try:
        with DemandFlow.open(url, create=False) as flow:
            start.wait(60)
            won, told = 0, list[bool]()
            for lamp in lamps:
                while (step := STEPS.get(flow.demand(lamp).state)) is not None:
                    try:
                        step(flow, lamp)
                        won += 1
                    except Refusal as refusal:
                        told.append(bool(refusal.meanwhile))
                for note in range(NOTES):
                    flow.note(lamp, f"{number}-{note}", by=CLERK)
        done.put((won, told))
    except Exception as error:
        done.put(error)
        raise


def test_of_eight_processes_none_loses_or_doubles_anything_and_who_follows_sees_all(kept_url: str) -> None:
    start, done = APART.Barrier(WRITERS), APART.Queue()
    with DemandFlow.open(kept_url) as flow:
        placed: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
        lamps = [flow.register("a lamp", **placed).id for _ in range(DEMANDS)]
        processes = [
            APART.Process(target=write, args=(kept_url, number, lamps, start, done), daemon=True)
            for number in range(WRITERS)
        ]
        for process in processes:
            process.start()
        seen, answers = list[int](), list[Any]()
        while len(answers) < WRITERS:
            seen += [position for position, _ in flow.events_after(len(seen), limit=7)]
            time.sleep(0.01)
            while not done.empty():
                answers.append(done.get())
        for process in processes:
            process.join()
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        while page := flow.events_after(len(seen)):
            seen += [position for position, _ in page]
        assert seen == list(range(1, len(seen) + 1)), "none missed, none twice"
        assert sum(won for won, _ in answers) == DEMANDS * len(STEPS)
        told = [each for _, those in answers for each in those]
        assert told, "some were too late"
        assert all(told), "and each of them hears who was faster"
        for lamp in lamps:
            lines = flow.history(lamp)
            moves = [line.move for line in lines if line.move != "note"]
            assert moves == ["register", "accept", "contract_out", "take_on", "report", "feed_back", "evaluate"]
            notes = sorted(line.said for line in lines if line.move == "note")
            assert notes == [f"text: {number}-{note}" for number in range(WRITERS) for note in range(NOTES)]
        assert len(seen) == DEMANDS * (1 + len(STEPS) + WRITERS * NOTES)
        assert flow.figures().count("closed") == DEMANDS
        assert flow.verify().ok
