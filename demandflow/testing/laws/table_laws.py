"""Laws about a workflow's own table and rules: what rules answer, and where moves lead."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from demandflow.domain.checks.bounds import CONTRACTS, MANY
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.facts import Merged, Noted
from demandflow.domain.moves import ASKING, NEW_ROUND, Proposal, sources
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.testing.laws.ahead import Ahead, newcomer
from demandflow.testing.laws.places import so_often
from demandflow.testing.laws.search import Surroundings
from demandflow.testing.playing.commanding import what
from demandflow.testing.playing.law import Played, law


@law
def a_rule_answers_the_same_when_it_is_asked_again(played: Played) -> None:
    """Rules and conditions look at the demand and the proposal alone: no clock, no dice, nothing that they remember."""
    for done in played.done:
        before, proposal = done.expected.before, done.expected.proposal
        for move in played.workflow.moves if isinstance(before, played.workflow.of) else ():
            here = move.name == proposal.move and before.state in sources(move, played.workflow.states)
            if not here or proposal.by.role not in move.roles or type(proposal.fact) is not move.fact:
                continue
            for function in (*((move.when,) if move.when is not None else ()), *move.rules):
                first, second = (_answered(function, before, proposal) for _ in range(2))
                name = getattr(function, "__name__", repr(function))
                assert first == second, f"{name}, asked twice about {what(done.step)}, said {first}, and then {second}"


@law
def no_way_past_feedback(played: Played) -> None:
    """What was reported is not closed in that round before the resident was asked, unless it is declared silent."""
    workflow = played.workflow
    if workflow.tells_nobody:
        return
    ends = {state.name: state.ended_as for state in workflow.states}
    silent = {(move.name, str(move.to)) for move in workflow.moves if move.silent}
    for demand in played.own:
        owed, end = False, None
        for event in played.recorded(demand):
            means = set(event.stamp.means or ())
            owed = not means & (ASKING | NEW_ROUND) and (owed or "reported" in means)
            closes = ends[event.stamp.state] == "closed" and end != "closed"
            quietly = (event.stamp.move, event.stamp.state) in silent
            assert not (closes and owed and not quietly), f"{event.stamp.move} closed it before the resident was asked"
            end = ends[event.stamp.state]


@law
def rework_is_bounded(played: Played) -> None:
    """What sends a demand back would not, had it gone round a million times."""
    for done in played.done:
        before = done.expected.before
        means = done.recorded[0].stamp.means or () if done.recorded else ()
        if not isinstance(before, played.workflow.of) or "reworked" not in means:
            continue
        late = so_often(before, ("round", "handbacks", "missed_callbacks"))
        late = as_if(late, contracts=CONTRACTS) if isinstance(late, Demand) else late
        late = as_if(late, facts=(*before.facts, *(Noted,) * MANY))
        proposal = as_if(done.expected.proposal, at=done.expected.at + timedelta(days=3650))
        row = played.workflow.row_for(late, proposal)
        bounded = "reworked" not in row.move.meanings or any(rule(late, proposal) for rule in row.move.rules)
        assert bounded, f"{what(done.step)} sends it back however often it went round"


@law
def no_dead_end_made_by_a_rule(played: Played) -> None:
    """From wherever a demand has come, somebody can bring it to an end by some fact, now or later."""
    for number in played.own:
        # where it stands in the end is enough: from every place before, the steps that were made lead there
        demand = played.flow.stream(played.workflow.of, number)
        if not demand.open:
            continue
        outlook = _ahead(played.flow.workflows[demand.workflow]).outlook(
            demand, played.clock.now, around=_around(played, demand)
        )
        refused = "; ".join(f"{move} is refused: {objection}" for move, objection in outlook.objections.items())
        assert outlook.way is not None or not outlook.certain, (
            f"demand {number.int} is {demand.state}, and nobody can bring it to an end, whatever the fact, now or later"
            + (f" ({refused})" if refused else "")
        )


def _answered(function: Any, demand: Demand, proposal: Proposal[Any]) -> str:
    """What a rule or condition answers, in words; that it raises is an answer, too."""
    try:
        return repr(function(demand, proposal))
    except Exception as error:  # what a community's rule may raise is not known
        return repr(error)


def _around(played: Played, demand: Stream) -> Surroundings:
    others: list[Demand] = []
    if any(issubclass(kind, Merged) for kind in played.workflow.facts):
        there = [played.flow.demand(other) for other in played.demands if other != demand.id]
        others = [other for other in there if other.open]
        newer = newcomer(played.flow.workflows[demand.workflow], played.clock.now)
        others += [] if newer is None else [newer]
    steps = played.history.steps
    people, facts = tuple(dict.fromkeys(step.by for step in steps)), tuple(step.fact for step in steps)
    return Surroundings(tuple(others), people, facts, played.history.own_facts)


@lru_cache(maxsize=64)
def _ahead(workflow: Workflow) -> Ahead:
    return Ahead(workflow)
