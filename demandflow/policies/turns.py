"""What a policy may record from where a demand stands, and who is to be told."""

from __future__ import annotations

from collections.abc import Callable

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.moves import Rule
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow

OWNER = "owner"
"""Instead of a role: whoever's turn it is."""


def may_record(workflow: Workflow, demand: Demand, fact: type[Fact]) -> bool:
    """Whether a move from where the demand stands records such a fact and is for the role `policy`."""
    return workflow.may_record(demand.state, fact, Role.POLICY)


def declared(rule: Callable[[int], Rule], workflow: Workflow, demand: Demand, fact: type[Fact]) -> list[int]:
    """The numbers of this rule, wherever a move from where the demand stands records such a fact and declares it."""
    rows = (row for rows in workflow.moves_from(demand.state).values() for row in rows if row.move.fact is fact)
    made = (one for row in rows for one in row.move.rules if getattr(one, "made_by", None) is rule)
    return [number for one in made for number in one.made_with.values()]  # type: ignore[attr-defined]


def addressed(to: str, demand: Demand, workflow: Workflow) -> tuple[str, str | None] | None:
    """The role that is told and, of a contractor or a resident, whom; None if there is nobody who could be.

    Where it is nobody's turn, the owner is the supervisor.
    """
    role = (workflow.state(demand.state).owner or Role.SUPERVISOR) if to == OWNER else to
    if role not in (Role.CONTRACTOR, Role.RESIDENT):
        return str(role), None
    whom = demand.contractor if role == Role.CONTRACTOR else demand.resident
    return None if whom is None else (str(role), whom)
