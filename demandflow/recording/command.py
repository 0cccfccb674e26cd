"""Commands as callers give them: checked before anything is loaded."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from demandflow.domain.decide import Command
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, Fact, TookIn
from demandflow.domain.values import Actor, Role, actor_of
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import name_of


def command(
    demand: UUID,
    move: str,
    fact: Fact,
    *,
    by: Actor,
    at: datetime | None = None,
    command_id: str | None = None,
    seen: Demand | int | None = None,
    correlation: str | None = None,
    causation: str | None = None,
) -> Command:
    """What a caller wants recorded, as it is kept. Raises InvalidValue; the fact is checked by whoever made it."""
    actor_of(by)
    if isinstance(fact, OTHER_SIDES):
        side = "Merged" if isinstance(fact, TookIn) else "Unmerged"
        raise InvalidValue(type(fact).__name__, f"is the other side of {side} and is recorded with it")
    given = plain(command_id)
    if command_id is not None:
        command_id = _command_id(command_id, by)
    if seen is not None:
        _check_seen(seen, demand)
    if correlation is not None:
        correlation = name_of(correlation, "correlation")
    if causation is not None:
        causation = name_of(causation, "causation")
    move = name_of(move, "move")
    return Command(demand, move, fact, by, at, command_id, seen, correlation, causation, False, given)


def _command_id(given: str, by: Actor) -> str:
    """The command id as it is kept: none that a policy's reaction has, or had in the logs of before."""
    kept = name_of(given, "command_id")  # which never begins as those of reactions do
    if by.role == Role.POLICY and kept.startswith(f"{by.id}: "):
        raise InvalidValue("command_id", f"{brief(given)} is kept for what policies do; give one that begins otherwise")
    return kept


def _check_seen(seen: Demand | int, demand: UUID) -> None:
    if isinstance(seen, Demand):
        if seen.id != demand:
            raise InvalidValue("seen", f"is demand {seen.id}, not {demand}")
    elif isinstance(seen, bool) or not isinstance(seen, int) or seen < 1:
        raise InvalidValue("seen", f"must be a Demand as the caller saw it, or its version, got {brief(seen)}")
