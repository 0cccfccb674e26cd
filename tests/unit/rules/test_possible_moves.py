"""What is said to be possible is possible for whoever asks: no rule forbids it whatever the fact says."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    START,
    STAY,
    Actor,
    Demand,
    Move,
    MoveNotAllowed,
    Proposal,
    Role,
    RuleBroken,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.demand import as_if
from demandflow.domain.facts import Merged
from demandflow.domain.moves import NotKnown, PartOfAProposal, Rule, forbidden_anyway
from demandflow.facts import Escalated, Registered, Stepped
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, DISPATCHER, OPEN_OTHER, RESIDENT, TEAM, A, told
from tests.unit.rules.walks import LEFT_OUT, NAMES, UNITS, some_fact, tried, walk

SEEDS = st.integers(0, 2**64 - 1)
SEVERAL = settings(max_examples=examples(40), deadline=None)
POLICY = Actor("reminders", Role.POLICY)
ALL_ROLES = tuple(Role)


def names(workflow: Workflow, demand: Demand, by: Actor | None = None) -> set[str]:
    return {move.name for move in workflow.possible(demand, by)}


def facts_tried(dice: Random, kind: Any, demand: Demand, at: Any) -> list[Any]:
    return [some_fact(dice, kind, demand, at) for _ in range(6)]


@given(SEEDS)
@SEVERAL
def test_what_is_left_out_for_somebody_is_refused_to_them_whatever_the_fact_says(seed: int) -> None:
    dice = Random(seed)
    for step in [*walk(CLOSED_LOOP, seed)][-5:]:
        demand, at = step.before, step.proposal.at
        by = Actor(dice.choice(NAMES), dice.choice(ALL_ROLES), dice.choice(UNITS))
        possible = names(CLOSED_LOOP, demand, by)
        for name, rows in CLOSED_LOOP.moves_from(demand.state).items():
            if name in possible or rows[0].move.fact in LEFT_OUT:
                continue
            for fact in facts_tried(dice, rows[0].move.fact, demand, at):
                answer = tried(CLOSED_LOOP, demand, Proposal(name, fact, by, at))
                assert not isinstance(answer, Demand), f"{by} could {name} with {fact!r}, and it was not said"


@given(SEEDS)
@SEVERAL
def test_what_is_offered_to_somebody_no_rule_refuses_to_them_whatever_the_fact_says(seed: int) -> None:
    dice = Random(seed)
    for step in [*walk(CLOSED_LOOP, seed)][-5:]:
        demand, at = step.before, step.proposal.at
        by = Actor(dice.choice(NAMES), dice.choice(ALL_ROLES), dice.choice(UNITS))
        for possible in CLOSED_LOOP.possible(demand, by):
            kind = CLOSED_LOOP.moves_from(demand.state)[possible.name][0].move.fact
            other = OPEN_OTHER if issubclass(kind, Merged) else None
            for fact in facts_tried(dice, kind, demand, at):
                try:
                    row = CLOSED_LOOP.row_for(demand, Proposal(possible.name, fact, by, at, other))
                except MoveNotAllowed:
                    continue
                forbids = [r.__name__ for r in row.move.rules if forbidden_anyway(r, demand, possible.name, by)]
                assert set(forbids) <= {"the_resident_was_told"}, f"{forbids} forbid {by} to {possible.name}"


@pytest.mark.parametrize(
    ("steps", "by", "forbidden"),
    [
        ("register accept contract_out", Actor("he", Role.CONTRACTOR, "another team"), {"take_on", "hand_back"}),
        ("register", Actor("stranger", Role.RESIDENT), {"withdraw", "note"}),
        ("register accept contract_out take_on report feed_back", Actor("chen", Role.RESIDENT), {"evaluate"}),
        ("register", Actor(RESIDENT.id, Role.AUDITOR), {"accept", "refuse"}),
        ("register answer feed_back", CLERK, {"miss_callback", "end_notice"}),
        ("register accept contract_out take_on report feed_back", CLERK, {"end_notice"}),
        ("register answer feed_back evaluate_unresolved", CLERK, {"answer"}),
        ("register take_in", RESIDENT, {"withdraw"}),
    ],
)
def test_what_a_rule_forbids_to_this_actor_is_not_offered_to_them(steps: str, by: Actor, forbidden: set[str]) -> None:
    demand = told(steps)
    of_the_table = {n for n, rows in CLOSED_LOOP.moves_from(demand.state).items() if by.role in rows[0].move.roles}
    assert forbidden <= of_the_table
    assert not forbidden & names(CLOSED_LOOP, demand, by)


@pytest.mark.parametrize(
    ("steps", "by", "offered"),
    [
        ("register accept contract_out", TEAM, {"take_on", "hand_back", "note"}),
        ("register", RESIDENT, {"withdraw", "note"}),
        ("register", AUDITOR, {"sort", "ask_details", "accept", "refuse", "answer", "merge", "correct", "note"}),
        ("register accept contract_out take_on ask_extension", DISPATCHER, {"recall", "extend", "suspend", "note"}),
    ],
)
def test_those_who_may_are_offered_what_they_may(steps: str, by: Actor, offered: set[str]) -> None:
    assert names(CLOSED_LOOP, told(steps), by) == offered


def test_what_rules_forbid_to_everybody_is_offered_to_nobody() -> None:
    assert "extend" not in names(CLOSED_LOOP, told("register accept contract_out take_on"))
    assert "end_notice" not in names(CLOSED_LOOP, told("register answer feed_back"))
    assert "answer" not in names(CLOSED_LOOP, told("register answer feed_back evaluate_unresolved"))


WATCHED = Workflow(
    "watched",
    1,
    states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("file", Registered, START, "open", by="clerk"),
        Move("finish", Stepped, "open", "done", by="clerk"),
        Move("nudge", Escalated, "open", STAY, by=Role.POLICY, means="escalated"),
        Move("warn", Escalated, "open", STAY, by=("clerk", Role.POLICY), means="escalated"),
    ],
)


def test_what_only_a_policy_may_do_is_not_offered_to_people() -> None:
    demand, clerk = as_if(Demand(A), version=1, state="open", workflow="watched@1"), Actor("li", "clerk")
    assert names(WATCHED, demand) == names(WATCHED, demand, clerk) == {"finish", "warn"}
    assert names(WATCHED, demand, POLICY) == {"nudge", "warn"}
    with pytest.raises(MoveNotAllowed) as refused:
        WATCHED.row_for(demand, Proposal("reopen", Stepped(), clerk, told("register").last))  # type: ignore[arg-type]
    assert refused.value.possible == ("finish", "warn")


def test_a_refusal_does_not_say_that_what_is_forbidden_to_this_actor_is_possible() -> None:
    demand, stranger = told("register accept contract_out take_on"), Actor("he", Role.CONTRACTOR, "another team")
    for by, possible in ((TEAM, True), (stranger, False), (CLERK, True)):
        answer = tried(CLOSED_LOOP, demand, Proposal("take_on", Stepped(), by, demand.last))  # type: ignore[arg-type]
        assert isinstance(answer, MoveNotAllowed)
        assert ("report" in answer.possible) == possible, "whose turn it is may be said to everybody else"


# how rules are asked


def test_a_rule_that_looks_at_more_than_is_known_forbids_nothing() -> None:
    def looks_at_the_fact(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "no" if proposal.fact is not None else None

    def looks_at_the_moment(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "no" if proposal.at else None

    def looks_at_the_other(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "no" if proposal.other is None else None

    def catches_what_it_can(demand: Demand, proposal: Proposal[Any]) -> str | None:
        try:
            return proposal.fact.reason  # type: ignore[no-any-return]
        except Exception:
            return "no reason was given"

    def raises(demand: Demand, proposal: Proposal[Any]) -> str | None:
        raise KeyError(proposal.move)

    demand, some = told("register"), (looks_at_the_fact, looks_at_the_moment, looks_at_the_other, catches_what_it_can)
    for rule in (*some, raises):
        assert not forbidden_anyway(rule, demand, "accept", AUDITOR)


def test_a_rule_that_looks_at_the_demand_the_move_and_the_actor_forbids_what_it_objects_to() -> None:
    def not_wang(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return f"{proposal.by.id} may not {proposal.move}" if proposal.by.id == "wang" else None

    def never(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "never"

    def objects(rule: Rule, by: Actor | None) -> bool:
        return forbidden_anyway(rule, told("register"), "accept", by)

    assert [objects(not_wang, by) for by in (AUDITOR, CLERK, None)] == [True, False, False]
    assert [objects(never, by) for by in (AUDITOR, CLERK, None)] == [True, True, True]
    with pytest.raises(NotKnown):
        _ = PartOfAProposal("accept").by
    assert issubclass(RuleBroken, Exception)
    assert not issubclass(NotKnown, Exception)
