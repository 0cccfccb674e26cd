"""The board: where each demand stands, filtered, sorted and paged; and whose turn it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from demandflow import START, Actor, DemandFlow, FeedbackMethod, Grade, InvalidValue, Move, Role, Stage, State, Workflow
from demandflow.facts import Registered, Stepped
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DAY, DISPATCHER, RESIDENT, SUPERVISOR, T0, TEAM


@pytest.fixture
def board(flow: DemandFlow, clock: FrozenClock) -> dict[str, Any]:
    """Five demands in five states, by what they are about."""
    asked: dict[str, dict[str, Any]] = {
        "lamp": {"place": "fufeng/c1/g1", "channel": "hotline", "category": "住房/维修", "due": T0 + 2 * DAY},
        "lift": {"place": "fufeng/c1", "channel": "counter", "category": "住房", "due": T0 + DAY},
        "song": {"place": "fufeng/c10", "channel": "hotline", "category": "住房管理"},
        "form": {"place": "fufeng/c2/g1", "channel": "wish_box", "due": T0 + 3 * DAY},
        "tree": {"place": "fufeng", "channel": "hotline"},
    }
    ids = {}
    for text, what in asked.items():
        ids[text] = flow.register(text, resident=RESIDENT.id, by=CLERK, **what).id
        clock.advance(hours=1)
    for text in ("lift", "song", "form"):
        flow.accept(ids[text], by=AUDITOR)
    flow.contract_out(ids["song"], "repair team", by=DISPATCHER)
    flow.contract_out(ids["form"], "repair team", by=DISPATCHER)
    flow.take_on(ids["form"], by=TEAM)
    flow.withdraw(ids["tree"], by=RESIDENT)
    flow.escalate(ids["lift"], "three weeks already", by=SUPERVISOR)
    return ids


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, "lamp lift song form tree"),
        ({"place": "fufeng/c1"}, "lamp lift"),
        ({"place": "fufeng/c1/g1"}, "lamp"),
        ({"place": "fufeng"}, "lamp lift song form tree"),
        ({"place": "fu"}, ""),
        ({"category": "住房"}, "lamp lift"),
        ({"channel": "hotline"}, "lamp song tree"),
        ({"contractor": "repair team"}, "song form"),
        ({"lead": "repair team"}, "song form"),
        ({"escalated": True}, "lift"),
        ({"urgency": "urgent"}, ""),
        ({"resident": "张三"}, "lamp lift song form tree"),
        ({"resident": "李四"}, ""),
        ({"workflow": "closed-loop@2", "state": "accepted"}, "lift"),
        ({"stage": "contracting"}, "lift song"),
        ({"open": True}, "lamp lift song form"),
        ({"open": False}, "tree"),
        ({"ended_as": "withdrawn"}, "tree"),
        ({"overdue": True}, ""),
        ({"sort": "due"}, "lift lamp form song tree"),
        ({"sort": "received", "descending": True}, "tree form song lift lamp"),
        ({"sort": ("stage", "due")}, "lamp lift song tree form"),
        ({"limit": 2}, "lamp lift"),
    ],
)
def test_the_board_shows_what_is_asked_for(
    flow: DemandFlow, board: dict[str, Any], chosen: dict[str, Any], found: str
) -> None:
    page = flow.board(**chosen, total=True)
    assert [row.text for row in page.rows] == found.split()
    assert page.total == (5 if "limit" in chosen else len(found.split()))


def test_overdue_is_asked_of_the_clock(flow: DemandFlow, board: dict[str, Any], clock: FrozenClock) -> None:
    clock.now = T0 + 2 * DAY
    assert [row.text for row in flow.board(overdue=True).rows] == ["lift"], "due now is not yet overdue"
    clock.advance(seconds=1)
    assert [row.text for row in flow.board(overdue=True, sort="due").rows] == ["lift", "lamp"]


def test_work_lists_show_whose_turn_it_is(flow: DemandFlow, board: dict[str, Any]) -> None:
    def texts(**who: Any) -> list[str]:
        return [row.text for row in flow.work_list(**who).rows]

    assert texts(role=Role.AUDITOR) == ["lamp"]
    assert texts(role=Role.DISPATCHER) == ["lift"]
    assert texts(role=Role.CONTRACTOR) == ["form", "song"]
    assert texts(contractor="repair team") == ["form", "song"], "the earliest due first"
    assert texts() == ["lift", "lamp", "form", "song"]
    flow.hand_back(board["form"], "not ours", by=TEAM)
    assert texts(role=Role.DISPATCHER) == ["lift", "form"]
    assert texts(contractor="repair team") == ["song"]
    assert flow.board(state="handed_back").rows[0].lead == "repair team"


def test_whose_turn_it_is_in_a_state_is_a_matter_of_its_workflow(log_url: str, clock: FrozenClock) -> None:
    def street(name: str, owner: str) -> Workflow:
        states = [State("filed", Stage.AUDIT, owner=owner), State("done", Stage.ENDED, ended_as="closed")]
        file = Move("file", Registered, START, "filed", by="clerk")
        return Workflow(name, 1, states=states, moves=[file, Move("do", Stepped, "filed", "done", by=owner)])

    streets = (street("north", "gardener"), street("south", "plumber"))
    with DemandFlow.open(log_url, workflows=streets, clock=clock) as flow:
        for one in streets:
            clerk = Actor("Li", "clerk")
            flow.register(one.name, channel="hotline", place="f", workflow=one.key, by=clerk)
        by_role = {role: [row.text for row in flow.work_list(role=role).rows] for role in ("gardener", "plumber")}
    assert by_role == {"gardener": ["north"], "plumber": ["south"]}


def test_blanks_ask_for_what_nobody_has_in_hand(flow: DemandFlow, board: dict[str, Any]) -> None:
    free = [row.demand for row in flow.board(contractor="").rows]
    assert free == [row.demand for row in flow.board(contractor="  ").rows] != []


def test_who_helps_finds_the_work_and_who_has_done_it_does_not(flow: DemandFlow, board: dict[str, Any]) -> None:
    demand = board["lift"]
    flow.contract_out(demand, "lift company", co_handlers=("repair team", "居委会"), by=DISPATCHER)
    assert [row.text for row in flow.work_list(contractor="居委会").rows] == ["lift"]
    assert [row.text for row in flow.work_list(contractor="repair team").rows] == ["lift", "form", "song"]
    assert flow.board(contractor="居委会").rows[0].co_handlers == ("repair team", "居委会")
    lifter = Actor("he", Role.CONTRACTOR, "lift company")
    flow.take_on(demand, by=lifter)
    flow.suspend(demand, "parts", review=T0 + 9 * DAY, by=lifter)
    assert flow.board(state="suspended").rows[0].review == T0 + 9 * DAY
    flow.report(demand, "done", by=lifter)
    assert flow.work_list(contractor="lift company").rows == ()
    assert flow.board(lead="lift company", total=True).total == 1


def test_a_name_is_found_in_either_spelling(flow: DemandFlow) -> None:
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    flow.register("x", channel="hotline", place=f"{decomposed}/b1", resident=decomposed, by=CLERK)
    for spelling in (composed, decomposed):
        assert flow.board(place=spelling, total=True).total == flow.board(resident=spelling, total=True).total == 1


def test_a_row_says_where_the_demand_stands(flow: DemandFlow, board: dict[str, Any], clock: FrozenClock) -> None:
    demand = board["form"]
    flow.report(demand, "done", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
    row, live = flow.board(state="closed").rows[0], flow.demand(demand)
    for name in ("version", "workflow", "state", "stage", "ended_as", "round", "received", "since", "last", "due"):
        assert getattr(row, name) == getattr(live, name), name
    assert (row.demand, row.resolved, row.grade, row.escalated) == (demand, True, "satisfied", False)


def test_a_board_can_be_read_without_catching_up(flow: DemandFlow) -> None:
    flow.figures()
    flow.register("x", channel="hotline", place="f", by=CLERK)
    assert flow.board(catch_up=False, total=True).total == 0
    assert flow.figures(catch_up=False).count("received") == 0
    assert flow.board(total=True).total == 1


def test_a_question_that_cannot_be_asked_says_what_can(flow: DemandFlow) -> None:
    questions: dict[Callable[[], object], str] = {
        lambda: flow.board(sort="colour"): "possible: some of received",
        lambda: flow.board(sort=()): "possible: some of received",
        lambda: flow.board(sort=3): "possible: some of received",  # type: ignore[arg-type]
        lambda: flow.board(limit=10**30): "from 1 to",
        lambda: flow.board(state="nope"): "possible: accepted",
        lambda: flow.board(stage="nope"): "possible: audit",
        lambda: flow.board(ended_as="nope"): "possible: closed",
        lambda: flow.board(workflow="closed-loop"): "possible: closed-loop@1, closed-loop@2",
        lambda: flow.board(urgency="\x00"): "control character",
        lambda: flow.board(place="a//b"): "empty",
        lambda: flow.board(place="\ud800"): "control",
        lambda: flow.board(place=["x"]): "must be a text",  # type: ignore[arg-type]
        lambda: flow.board(channel=["x"]): "must be a text",  # type: ignore[arg-type]
        lambda: flow.board(contractor="\x00"): "control character",
        lambda: flow.board(open="yes"): "True, False or None",  # type: ignore[arg-type]
        lambda: flow.work_list(role="mayor"): "possible: auditor",
        lambda: flow.board(limit=0): "from 1",
        lambda: flow.board(after="lamp"): "`next` of a page",
        lambda: flow.board(after=3): "`next` of a page",  # type: ignore[arg-type]
        lambda: flow.board(after='[["received", "demand"], false, [1, "x"]]', sort="due"): "sorted in the same way",
        lambda: flow.board(total="yes"): "True or False",  # type: ignore[arg-type]
        lambda: flow.board(limit=True): "from 1",
    }
    for ask, says in questions.items():
        with pytest.raises(InvalidValue, match=says):
            ask()
