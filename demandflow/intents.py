"""What a caller wants recorded, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from demandflow.domain.arguments import plain
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, Fact, TookIn, checked
from demandflow.domain.texts import name_of
from demandflow.domain.values import Actor, Role
from demandflow.errors import InvalidValue, brief


@dataclass(frozen=True, slots=True)
class Intent:
    """What a caller wants recorded, and in which circumstances. Raises InvalidValue.

    Only a policy's `reaction` may have a command id of that name space.
    """

    demand: UUID
    move: str
    fact: Fact
    by: Actor
    at: datetime | None = None
    command_id: str | None = None
    seen: Demand | int | None = None
    correlation: str | None = None
    causation: str | None = None
    reaction: bool = False
    given_id: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        given = self.command_id if self.given_id is None else self.given_id
        object.__setattr__(self, "given_id", plain(given))
        if not isinstance(self.by, Actor):
            raise InvalidValue("by", f"must be an Actor, for instance Actor('li', Role.AUDITOR), got {brief(self.by)}")
        if not isinstance(self.fact, Fact):
            raise InvalidValue("fact", f"must be a fact, for instance Noted(text=…), got {brief(self.fact)}")
        object.__setattr__(self, "fact", checked(self.fact))
        for name in ("move", "command_id", "correlation", "causation"):
            if (value := getattr(self, name)) is None and name != "move":
                continue
            if name != "command_id":
                object.__setattr__(self, name, name_of(value, name))
            elif not self.reaction:
                object.__setattr__(self, name, self._command_id(value))
        if self.seen is not None:
            self._check_seen(self.seen)

    @property
    def seen_version(self) -> int:
        """The version that the caller saw; 0 if they did not say."""
        return self.seen.version if isinstance(self.seen, Demand) else self.seen or 0

    @property
    def command_ids(self) -> tuple[str, ...]:
        """The command id as it was given, which is how an earlier version kept it, and as it is kept now."""
        return tuple(dict.fromkeys(one for one in (self.given_id, self.command_id) if one is not None))

    def not_a_side(self) -> None:
        """Raise InvalidValue for what is only recorded together with the other side of a merge or an un-merge."""
        if isinstance(self.fact, OTHER_SIDES):
            side = "Merged" if isinstance(self.fact, TookIn) else "Unmerged"
            raise InvalidValue(type(self.fact).__name__, f"is the other side of {side} and is recorded with it")

    def _command_id(self, given: str) -> str:
        """The command id as it is kept: none that a policy's reaction has, or had in the logs of before."""
        kept = name_of(given, "command_id")  # which never begins as those of reactions do
        if self.by.role == Role.POLICY and kept.startswith(f"{self.by.id}: "):
            problem = f"{brief(given)} is kept for what policies do; give one that begins otherwise"
            raise InvalidValue("command_id", problem)
        return kept

    def _check_seen(self, seen: Demand | int) -> None:
        if isinstance(seen, Demand):
            if seen.id != self.demand:
                raise InvalidValue("seen", f"is demand {seen.id}, not {self.demand}")
        elif isinstance(seen, bool) or not isinstance(seen, int) or seen < 1:
            raise InvalidValue("seen", f"must be a Demand as the caller saw it, or its version, got {brief(seen)}")
