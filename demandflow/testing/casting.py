"""Casting: by which move a fact is recorded, and who may make it, where a scenario leaves that open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged, Registered, Unmerged, in_their_own_name
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import DemandFlowError, listed
from demandflow.testing.copying import code_of
from demandflow.testing.people import actors_for

SOMEBODY = "sun"
"""Who has nothing to do with any demand yet."""


class Part(NamedTuple):
    """By which move, and by whom."""

    move: str
    by: Actor


def cast(
    workflow: Workflow,
    demand: Demand,
    fact: Fact,
    at: datetime,
    *,
    move: str | None = None,
    by: Actor | None = None,
    other: Demand | None = None,
) -> Part:
    """Who makes which move to have the fact recorded: the first to whom no rule objects, else the first who might.

    Raises AssertionError where no move records such a fact, or several do.
    """
    move = move or move_for(workflow, demand, fact)
    people = [by] if by is not None else list(candidates(workflow, demand, move))
    if isinstance(fact, Registered):  # rather somebody by whom it is recorded as it is said
        people.sort(key=lambda one: in_their_own_name(fact, one) != fact)
    for one in people:
        try:
            decide(workflow, demand, Proposal(move, fact, one, at, other))
        except DemandFlowError:
            continue
        return Part(move, one)
    return Part(move, people[0])


def move_for(workflow: Workflow, demand: Demand, fact: Fact) -> str:
    """The move that records such a fact from here; where none does, one from elsewhere, which will be refused."""
    kind = type(fact)
    here = [name for name, rows in workflow.moves_from(demand.state).items() if _records(rows, kind)]
    if len(here) > 1:
        where = f"from {demand.state!r}" if demand.state else "at the start"
        several = f"several moves of {workflow.key} record {kind.__name__} {where}: {listed(here)}"
        raise AssertionError(f"{several}; say which: step(…, move=…)")
    elsewhere = [move.name for move in workflow.moves if move.fact is kind]
    if not elsewhere:
        known = listed(dict.fromkeys(one.__name__ for one in workflow.facts))
        raise AssertionError(f"no move of {workflow.key} records {code_of(fact)} (it records {known})")
    return here[0] if here else elsewhere[0]


def candidates(workflow: Workflow, demand: Demand, move: str) -> Iterator[Actor]:
    """People in the roles that may make the move, from here or else from anywhere."""
    rows = workflow.moves_from(demand.state).get(move, ())
    moves = [row.move for row in rows] or [one for one in workflow.moves if one.name == move] or list(workflow.moves)
    for role in dict.fromkeys(role for one in moves for role in one.roles):
        yield from actors_for(role, demand)
        yield Actor(SOMEBODY, role)


def other_of(demand: Demand, fact: Fact) -> object:
    """The id of the other demand of a merge or an un-merge; None for anything else."""
    return fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None


def _records(rows: tuple[Row, ...], kind: type[Fact]) -> bool:
    return any(row.move.fact is kind for row in rows)
