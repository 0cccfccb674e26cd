"""What a policy may record in the state of a demand, and whom it notifies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Notified
from demandflow.domain.moves import Rule
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.policies.policy import Reaction

OWNER = "owner"
"""Instead of a role: the owner of the state."""


def may_record(workflow: Workflow, demand: Demand, fact: type[Fact]) -> bool:
    """Whether a move from the demand's state records such a fact and is for the role `policy`."""
    return workflow.may_record(demand.state, fact, Role.POLICY)


def declared(rule: Callable[[int], Rule], workflow: Workflow, demand: Demand, fact: type[Fact]) -> list[int]:
    """The numbers with which moves that record such a fact from the demand's state declare this rule."""
    moves = (row.move for rows in workflow.moves_from(demand.state).values() for row in rows if row.move.fact is fact)
    rules: Iterator[Any] = (made for move in moves for made in move.rules if getattr(made, "made_by", None) is rule)
    return [number for made in rules for number in made.made_with.values()]


def notice(to: str, kind: str, what: str, demand: Demand, workflow: Workflow) -> Iterator[Reaction]:
    """A notice to this role, or to the owner (of an unowned state, the supervisor).

    None to a contractor or resident who is not known.
    """
    role = (workflow.state(demand.state).owner or Role.SUPERVISOR) if to == OWNER else to
    whom = demand.contractor if role == Role.CONTRACTOR else demand.resident if role == Role.RESIDENT else None
    if whom is not None or role not in (Role.CONTRACTOR, Role.RESIDENT):
        yield Reaction(Notified(to=str(role), kind=kind, what=what, whom=whom))
