"""Orders: the closed loop, with a first fact that proves which menu was seen and keeps what was answered."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from demandflow import CLOSED_LOOP, Actor, DemandFlow, Grade, InvalidValue, InvalidWorkflow, RuleBroken, rules
from demandflow.domain.county.services.orders import ORDER, Ordered, order_loop
from demandflow.facts import Accepted, ContractedOut, Evaluated, FedBack, Registered, Reported, TakenOn
from demandflow.inputs.plain import DEEPEST, PlainMapping
from demandflow.testing import FrozenClock, a, check, given, step
from tests.profiles import examples

ANNA = Actor("Anna", "resident")
ANSWERS = {"rooms": 3, "heating": True, "damage": ["roof", "window"], "contact": {"phone": "0917 1234", "fax": None}}
ORDERED = a(Ordered, resident="Anna", item="housing/repair", item_version=2, answers=ANSWERS)
NAMES = st.text("abcdé房", min_size=1, max_size=4)
RESIDENTS = (None, "张三", "Zoë", "zhao")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
FORMS = st.dictionaries(NAMES, PLAIN, max_size=4)


@pytest.mark.long
def test_orders_keep_all_laws() -> None:
    own = {"evaluate": rules.nobody_evaluates_their_own_work}
    orders = st.builds(partial(a, Ordered), resident=st.sampled_from(RESIDENTS), answers=st.none() | FORMS)
    check(ORDER, rules=own, facts={Ordered: orders}, max_examples=examples(2))


def test_an_order_goes_the_way_of_every_demand() -> None:
    loop = (a(Accepted), a(ContractedOut, contractor="housing"), a(TakenOn), a(Reported), a(FedBack, way="call"))
    good = Evaluated(resolved=True, grade=Grade.SATISFIED)
    told = given(ORDERED, *loop, workflow=ORDER)
    told.when(good, by=Actor("housing", "resident")).refused(RuleBroken)
    closed = told.when(good, by=ANNA).demand
    assert closed.state == "closed"
    assert closed.attributes == {
        "item": "housing/repair",
        "item_version": 2,
        "answers": json.loads(json.dumps(ANSWERS)) | {"damage": ("roof", "window")},
    }


def test_only_what_was_ordered_starts_it() -> None:
    with DemandFlow.open("memory:", workflows=(ORDER, CLOSED_LOOP), clock=FrozenClock()) as flow:
        assert flow.start(ORDERED, by=ANNA).workflow == "order@1"
        with pytest.raises(InvalidValue):
            flow.start(a(Registered), by=ANNA, workflow="order@1")


def test_it_differs_from_the_closed_loop_in_its_first_fact_alone() -> None:
    assert ORDER.states == CLOSED_LOOP.states
    differing = [one for one, other in zip(ORDER.moves, CLOSED_LOOP.moves, strict=True) if one != other]
    assert [(move.name, move.fact) for move in differing] == [("register", Ordered)]
    once = order_loop("ours", 4, bound=1, without=(rules.nobody_ends_their_own_work,))
    assert once.key == "ours@4"
    assert rules.nobody_ends_their_own_work not in {rule for move in once.moves for rule in move.rules}
    with pytest.raises(InvalidValue, match="bound"):
        order_loop(bound=0)
    with pytest.raises((InvalidValue, InvalidWorkflow)):
        order_loop("@")


@given_any(FORMS)
def test_answers_are_read_back_as_they_were_given(form: dict[str, Any]) -> None:
    ordered = a(Ordered, answers=form)
    with DemandFlow.open("memory:", workflows=(ORDER,), clock=FrozenClock()) as flow:
        demand = flow.start(ordered, by=Actor("sun", "grid_administrator"))
        (stored,) = flow.events(demand.id)
    assert (stored.fact, hash(stored.fact)) == (ordered, hash(ordered))
    assert json.loads(json.dumps(ordered.answers)) == form


@given_any(FORMS)
def test_answers_given_are_answers_kept(form: dict[str, Any]) -> None:
    ordered, before = a(Ordered, answers=form), deepcopy(form)
    form["another"] = "answer"
    assert json.loads(json.dumps(ordered.answers)) == before
    assert pickle.loads(pickle.dumps(ordered.answers)) == ordered.answers
    assert isinstance(deepcopy(ordered.answers), PlainMapping)


CHANGES: tuple[Callable[[Any], object], ...] = (
    lambda answers: answers.update(rooms=4),
    lambda answers: answers.pop("rooms"),
    lambda answers: answers.clear(),
    lambda answers: answers.setdefault("more", 1),
    lambda answers: answers.popitem(),
    lambda answers: answers.__setitem__("rooms", 4),
    lambda answers: answers.__delitem__("rooms"),
    lambda answers: answers.__ior__({"rooms": 4}),
    lambda answers: answers["contact"].update(phone="another"),
)


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_what_was_answered(change: Callable[[Any], object]) -> None:
    with pytest.raises(InvalidValue, match="never changed"):
        change(ORDERED.answers)
    assert json.loads(json.dumps(ORDERED.answers)) == ANSWERS


def _deep(levels: int) -> dict[str, Any]:
    return {"in": _deep(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"rooms": math.nan}, "answers: rooms: must be a text, a number"),
        ({"rooms": [1, {2}]}, "answers: rooms.1: must be"),
        ({"": 1}, "is empty"),
        ({"a\u0301": 1, "\u00e1": 2}, "two of its names are the same"),
        ({"text": "\x00"}, "control character"),
        (_deep(DEEPEST + 1), "in one another"),
        (["rooms"], "valid dictionary"),
    ],
)
def test_answers_are_plain(answers: Any, problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        a(Ordered, answers=answers)


def test_the_menu_that_was_seen_has_a_number() -> None:
    with pytest.raises(InvalidValue, match="item_version"):
        a(Ordered, item_version=0)
    assert a(Ordered, item_version=1).answers is None
    assert a(Ordered, answers={"wish": "  "}).answers == {"wish": ""}, "an answer may be empty"
    assert given(step(a(Ordered), by=ANNA), workflow=ORDER).demand.resident == "Anna"
