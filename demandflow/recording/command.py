"""Commands as callers give them: checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Required, TypedDict
from uuid import UUID

from demandflow.domain.decide import Command
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDES, TookIn
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Role, actor_of
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import name_of, text_of


class Circumstances(TypedDict, total=False):
    """By whom, and maybe more; only `by` is required.

    `at` is when it happened (an aware datetime; without it, now): not ahead of the clock, and without the right to
    backdate at most a day ago (see DemandFlow.open). The same `command_id` twice on a demand records once.
    `correlation` and `causation` are kept with the event.
    """

    by: Required[Actor]
    at: datetime | None
    command_id: str | None
    correlation: str | None
    causation: str | None


class How(Circumstances, total=False):
    """The circumstances of a command on a demand.

    With `seen`, the demand (or other stream) as the caller saw it or its version, the command is refused (StaleDemand)
    if its state, contractor or round has changed since.
    """

    seen: Stream | int | None


POSSIBLE = dict.fromkeys((*How.__annotations__, *Circumstances.__annotations__))
"""The keywords of every command."""


def command_from(demand: UUID, move: str, fact: Fact, how: Mapping[str, Any]) -> Command:
    """The command, from keywords that are checked; InvalidValue names those that are possible."""
    if not how.keys() <= POSSIBLE.keys():
        unknown, possible = [name for name in how if name not in POSSIBLE], listed(POSSIBLE)
        raise InvalidValue(
            name_of(move, "move"), f"has no keyword {listed(unknown)} (possible besides its own: {possible})"
        )
    if "by" not in how:
        raise InvalidValue("by", "must say who does this: by=Actor('li', Role.AUDITOR)")
    return command(demand, move, fact, **how)


def as_id(value: UUID | str) -> UUID:
    """The value as a demand's id; InvalidValue if it is none."""
    if isinstance(value, Stream):
        raise InvalidValue("demand_id", f"got a {value.KIND or 'demand'}; give its id: {value.id}")
    if isinstance(value, UUID):
        return value
    try:
        return UUID(text_of(value))
    except ValueError:
        raise InvalidValue("demand_id", f"{brief(value)} is not the id of a demand (a UUID)") from None


def command(
    demand: UUID,
    move: str,
    fact: Fact,
    *,
    by: Actor,
    at: datetime | None = None,
    command_id: str | None = None,
    seen: Stream | int | None = None,
    correlation: str | None = None,
    causation: str | None = None,
) -> Command:
    """The command, from what a caller gives. Raises InvalidValue; the fact was checked when it was made."""
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
    """The command id as it is kept. Raises InvalidValue for those that reactions of policies have or once had."""
    kept = name_of(given, "command_id")  # which refuses the sign with which those of reactions begin
    if by.role == Role.POLICY and kept.startswith(f"{by.id}: "):
        raise InvalidValue("command_id", f"{brief(given)} is kept for what policies do; give one that begins otherwise")
    return kept


def _check_seen(seen: Stream | int, demand: UUID) -> None:
    if isinstance(seen, Stream):
        if seen.id != demand:
            raise InvalidValue("seen", f"is demand {seen.id}, not {demand}")
    elif isinstance(seen, bool) or not isinstance(seen, int) or seen < 1:
        raise InvalidValue("seen", f"must be a Demand as the caller saw it, or its version, got {brief(seen)}")


def ids_of(command: Command) -> tuple[str, ...]:
    """The command id as it was given, which is how an earlier version kept it, and as it is kept now."""
    return tuple(dict.fromkeys(given for given in (command.given_id, command.command_id) if given is not None))
