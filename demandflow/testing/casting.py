"""A step of a scenario: what is said of it, and by which move and whom it is made where that is left open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict, Unpack

from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged, Registered, Unmerged, in_their_own_name
from demandflow.domain.moves import START, Proposal
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import DemandFlowError, InvalidValue, brief, listed
from demandflow.testing.copying import code_of
from demandflow.testing.people import actors_for

SOMEBODY = "sun"
"""Who has nothing to do with any demand yet."""


MINUTE = timedelta(minutes=1)


class Details(TypedDict, total=False):
    """What may be said of a step of a scenario besides its fact; what is left out is chosen.

    `by` is who does it: without it, somebody who may and to whom no rule objects, if there is one. `move` is the
    move: without it, the one that records such a fact from there. `after` is how long after the step before (a
    minute), `demand` which one, numbered from 1 in the order of registration (1). `command_id` is the command's: where
    an earlier step had it, `by` and `move` are those of that step.
    """

    by: Actor | None
    move: str | None
    after: timedelta
    demand: int
    command_id: str | None


@dataclass(frozen=True)
class Attempt:
    """A step of a scenario, as step() makes it."""

    fact: Fact
    by: Actor | None = None
    move: str | None = None
    after: timedelta = MINUTE
    demand: int = 1
    command_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.fact, Fact):
            raise InvalidValue("step", f"must be a fact, for instance a(Accepted), got {brief(self.fact)}")
        if not isinstance(self.after, timedelta) or self.after < timedelta(0):
            raise InvalidValue("after", f"must be a span of time, not below 0, got {brief(self.after)}")
        if self.move is not None and isinstance(self.fact, Registered):
            raise InvalidValue("move", "a registration takes the move that its workflow has for it; leave it out")

    def __str__(self) -> str:
        said = [code_of(self.fact)]
        said += [f"{name}={code_of(value)}" for name in ("by", "move") if (value := getattr(self, name)) is not None]
        said += [f"demand={self.demand}"] if self.demand != 1 else []
        said += [f"command_id={self.command_id!r}"] if self.command_id is not None else []
        return ", ".join(said)


def step(fact: Fact, **details: Unpack[Details]) -> Attempt:
    """A step of a scenario of which more is said than its fact (see Details). Raises InvalidValue."""
    if unknown := [name for name in details if name not in Details.__annotations__]:
        raise InvalidValue("step", f"has no {', '.join(unknown)} (possible: {', '.join(Details.__annotations__)})")
    return Attempt(fact, **details)


class Part(NamedTuple):
    """By which move, and by whom."""

    move: str
    by: Actor


def cast(
    workflow: Workflow,
    demand: Stream,
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


def move_for(workflow: Workflow, demand: Stream, fact: Fact) -> str:
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


def candidates(workflow: Workflow, demand: Stream, move: str) -> Iterator[Actor]:
    """People in the roles that may make the move, from here or else from anywhere."""
    rows = workflow.moves_from(demand.state).get(move, ())
    moves = [row.move for row in rows] or [one for one in workflow.moves if one.name == move] or list(workflow.moves)
    for role in dict.fromkeys(role for one in moves for role in one.roles):
        yield from actors_for(role, demand)
        yield Actor(SOMEBODY, role)


def other_of(demand: Stream, fact: Fact) -> object:
    """The id of the other demand of a merge or an un-merge; None for anything else."""
    if not isinstance(demand, Demand):
        return None
    return fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None


def beginning(workflows: Iterable[Workflow], attempt: Attempt) -> Workflow | None:
    """The workflow on which a demand, or what else it is for, begins with this; None if it goes on with one."""
    for workflow in workflows:
        moves = [move for move in workflow.moves if move.fact is type(attempt.fact)]
        if any(move.from_ is START and attempt.move in (None, move.name) for move in moves):
            return workflow
    return None


def _records(rows: tuple[Row, ...], kind: type[Fact]) -> bool:
    return any(row.move.fact is kind for row in rows)
