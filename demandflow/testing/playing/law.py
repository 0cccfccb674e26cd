"""A law: something that holds for every history of a workflow, by name; and what was played, of which it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.domain.workflow import Workflow
from demandflow.testing.clock import FrozenClock
from demandflow.testing.model.world import World
from demandflow.testing.operations import History
from demandflow.testing.playing.comparing import Done
from demandflow.testing.playing.player import Player


@dataclass
class Played:
    """A history that was played: the flow, still open, what was done, and where it differed from the model, if so."""

    history: History
    player: Player
    difference: AssertionError | None = None

    @property
    def workflow(self) -> Workflow:
        """The workflow that was played."""
        return self.history.workflow

    @property
    def flow(self) -> DemandFlow:
        """The flow, open."""
        return self.player.flows[0]

    @property
    def world(self) -> World:
        """What the model says happened."""
        return self.player.world

    @property
    def clock(self) -> FrozenClock:
        """The clock of the flow."""
        return self.world.clock

    @property
    def done(self) -> list[Done]:
        """What came of each step."""
        return self.player.done

    @property
    def demands(self) -> tuple[UUID, ...]:
        """The demands that were registered."""
        return tuple(self.world.demands)

    @property
    def streams(self) -> dict[UUID, Any]:
        """All demands and streams of other kinds, by their ids."""
        return self.world.streams

    @property
    def own(self) -> tuple[UUID, ...]:
        """The streams of the kind that the workflow is for."""
        return tuple(self.world.own)

    def recorded(self, demand: UUID) -> list[Event]:
        """What is recorded of the demand."""
        return list(self.flow.events(demand))


@dataclass(frozen=True)
class Law:
    """A law: its name, what it says, the function that raises AssertionError where it is broken.

    `code` is how a test names it, `needs` what that has to import. One that is `seldom` held takes long: of
    many histories two of five will do.
    """

    name: str
    says: str
    holds: Callable[[Played], None]
    code: str
    needs: tuple[object, ...] = ()
    seldom: bool = False


def seldom(law: Law) -> Law:
    """The law, to be held against two of five histories."""
    return replace(law, seldom=True)


def law(function: Callable[[Played], None]) -> Law:
    """The law that a function of what was played checks; its name and its docstring's first line say which."""
    word = getattr(function, "__name__", "a law")
    name = word.replace("_", " ").strip()
    says = (function.__doc__ or name).strip().partition("\n")[0]
    return Law(name, says, function, f"law({word})", (function,))
