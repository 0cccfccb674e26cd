"""The smallest history that still fails: what is not needed goes, what is needed stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demandflow import CLOSED_LOOP, Actor, Category, Channel, Place
from demandflow.facts import Accepted, Noted, Registered
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.step import Step
from demandflow.testing.operations import LEFT, MANY, METHOD, Ask, Batch, History, RunPolicies, Upset
from demandflow.testing.playing.smaller import smallest
from demandflow.testing.telling import told

LI = Actor("li", "grid_administrator")
WISH = Registered(
    text="a lamp", channel=Channel("hotline"), place=Place("fufeng"), resident="Anna", category=Category("culture")
)
ANSWER = Ask("board", (), {"place": "fufeng", "limit": 2, "open": True}, opener=3)
ODD = Environment("Asia/Shanghai", file=True, page=2, openers=2, keep=1, policies=3)


def a_note(text: str) -> Step:
    return Step(1, "note", Noted(text=text), LI, timedelta(days=1), way=METHOD, command="c", seen=1, opener=2)


HISTORY = History(
    CLOSED_LOOP,
    (
        Step(1, "register", WISH, LI, way=METHOD, command="r"),
        *(a_note(str(number)) for number in range(23)),
        RunPolicies(timedelta(days=2), opener=1),
        Upset("rezone", "Europe/Berlin", opener=1),
        Step(1, "accept", Accepted(note="fine"), LI, late=timedelta(days=2)),
        ANSWER,
        *(a_note(str(number)) for number in range(17)),
    ),
    ODD,
)


def test_only_what_is_needed_stays_and_as_plain_as_can_be() -> None:
    def fails(history: History) -> bool:
        texts = [step.fact.text for step in history.steps if isinstance(step.fact, Noted)]
        limited = any(isinstance(one, Ask) and one.keywords.get("limit") == 2 for one in history.operations)
        return {"3", "11"} <= {*texts} and limited and history.environment.openers == 2

    least = smallest(HISTORY, fails)
    assert sorted(step.fact.text for step in least.steps if isinstance(step.fact, Noted)) == ["11", "3"]
    assert [one for one in least.operations if isinstance(one, Ask)] == [Ask("board", (), {"limit": 2})]
    assert all(step == Step(1, "note", step.fact, LI) for step in least.steps)
    assert len(least.operations) == 3
    assert least.environment == Environment(openers=2)


def test_of_a_batch_the_steps_that_are_needed_stay() -> None:
    batch = Batch(tuple(a_note(str(number)) for number in range(5)), MANY, opener=1)

    def fails(history: History) -> bool:
        return {"1", "3"} <= {
            getattr(step.fact, "text", "") for one in history.operations if isinstance(one, Batch) for step in one.steps
        }

    (least,) = smallest(History(CLOSED_LOOP, (HISTORY.operations[0], batch)), fails).operations
    assert least == Batch(tuple(Step(1, "note", Noted(text=text), LI) for text in "13"))


def test_facts_say_no_more_than_is_needed() -> None:
    def fails(history: History) -> bool:
        return any(getattr(step.fact, "category", None) == "culture" for step in history.steps)

    (step,) = smallest(HISTORY, fails).operations
    assert step == Step(1, "register", WISH.model_copy(update={"resident": None}), LI)


def test_a_history_of_which_everything_is_needed_stays_as_it_is() -> None:
    assert smallest(HISTORY, lambda history: history == HISTORY) == HISTORY


def test_of_what_always_fails_one_operation_is_left() -> None:
    least = smallest(HISTORY, lambda _: True)
    assert (len(least.operations), least.environment) == (1, PLAIN)


def test_no_more_is_played_than_is_said() -> None:
    played: list[int] = []

    def fails(history: History) -> bool:
        played.append(len(history.operations))
        return len(history.operations) == len(HISTORY.operations)

    smallest(HISTORY, fails, most=200)
    assert 0 < sum(played) <= 200


def test_what_must_be_refused_keeps_what_is_wrong_with_it() -> None:
    refused = Ask("board", (), {"place": "fufeng", "limit": 0}, "InvalidValue", opener=1)
    least = smallest(History(CLOSED_LOOP, (HISTORY.operations[0], refused)), lambda one: len(one.operations) == 2)
    assert least.operations[1] == Ask("board", (), {"place": "fufeng", "limit": 0}, "InvalidValue")


@pytest.mark.parametrize("done", LEFT)
def test_whatever_is_done_with_policies_is_told(done: str) -> None:
    assert told(RunPolicies(what=done), 1).startswith("  1. ")
