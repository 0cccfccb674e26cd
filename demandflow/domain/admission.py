"""Admitting a proposal: the one door through which every fact passes, and where its meaning is stamped."""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.events import Stamp
from demandflow.domain.facts import MovedOver
from demandflow.domain.moves import NEW_ROUND, Proposal
from demandflow.domain.ticking import due_of_the_whole, step_of, ticks
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import Defect, InvalidWorkflow, RuleBroken, brief


def admit(workflow: Workflow, demand: Demand, proposal: Proposal[Any]) -> Stamp:
    """What the proposed fact will mean.

    Raises MoveNotAllowed, RoleNotAllowed, RuleBroken (with every objection), or InvalidValue for the wrong fact.
    """
    row = workflow.row_for(demand, proposal)
    move = row.move
    objections = tuple(
        (getattr(rule, "__name__", repr(rule)), objection)
        for rule in move.rules
        if (objection := rule(demand, proposal)) is not None
    )
    for name, objection in objections:
        if not isinstance(objection, str) or not objection:
            says = f"rule {name} must return a sentence or None, it returned {brief(objection)}"
            raise InvalidWorkflow(workflow.key, (Defect("rule", says, "mend the rule", moves=(move.name,)),))
    if objections:
        raise RuleBroken(move.name, objections)
    return stamp_of(workflow, demand, proposal, row)


def stamp_of(workflow: Workflow, demand: Demand, proposal: Proposal[Any], row: Row) -> Stamp:
    """What the proposed fact means if it takes this row."""
    move, means = row.move, row.move.meanings
    state = workflow.state(row.dest)
    new_here = demand.version == 0 or isinstance(proposal.fact, MovedOver)
    round_after = demand.round + 1 if demand.version == 0 or NEW_ROUND.intersection(means) else demand.round
    at = proposal.at if demand.last is None else max(proposal.at, demand.last)
    step = step_of(demand, proposal.fact, at, state.name, round_after, state.ended_as, means)
    return Stamp(
        move=move.name,
        state=state.name,
        stage=state.waits_for.value,
        round=round_after,
        ended_as=state.ended_as,
        means=means or None,
        due=due_of_the_whole(workflow.clocks, demand, step),
        declares=workflow.meanings if new_here else None,
        clocks=ticks(workflow.clocks, demand, step) or None,
    )
