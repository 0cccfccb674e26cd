"""What goes on beside the workflow of a history, in the same log: trees beside demands, demands beside all else."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from demandflow.calendars.calendar import Calendar
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Noted, Registered, Reported
from demandflow.domain.moves import START, STAY, Move, State
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Name, Stage
from demandflow.domain.workflow import Workflow

GARDENER, CLERK = "gardener", "clerk"


class Planted(Fact):
    """A tree was planted, under its number."""

    TOPIC: ClassVar[str] = "kit_tree.planted"
    number: Name
    sort: Name | None = None


class Watered(Fact):
    """It was watered."""

    TOPIC: ClassVar[str] = "kit_tree.watered"
    litres: int


class Tree(Stream, frozen=True):
    """A tree of a street, known by its number."""

    KIND: ClassVar[str | None] = "kit_tree"
    KEY: ClassVar[str | None] = "number"
    sort: str | None = None
    litres: int = 0
    gardeners: tuple[str, ...] = ()

    def changes(self, event: Event, change: Change) -> None:
        """The sort is said at first; the water and who gave it add up."""
        if isinstance(event.fact, Planted):
            change["sort"] = event.fact.sort
        elif isinstance(event.fact, Watered):
            change["litres"] = self.litres + event.fact.litres
            change["gardeners"] = (*self.gardeners, event.meta.actor.id)


ALWAYS = Calendar.of("always", zone="UTC", hours="Mon-Sun 00:00-24:00")
TREES = Workflow(
    "trees-beside",
    1,
    states=[State("stands", Stage.FEEDBACK, owner=GARDENER), State("felled", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("plant", Planted, START, "stands", by=GARDENER),
        Move("water", Watered, "stands", STAY, by=GARDENER, means="escalated"),
        Move("remember", Noted, "stands", STAY, by=(GARDENER, CLERK)),
        Move("fell", Noted, "stands", "felled", by=GARDENER),
        Move("replant", Noted, "felled", "stands", by=GARDENER, means="reopened"),
    ],
    clocks=[Clock("thirst", "stands", Limit("3 calendar days"), ALWAYS)],
    of=Tree,
)
COUNTER = Workflow(
    "counter",
    1,
    states=(State("asked", Stage.FEEDBACK, owner=CLERK), State("answered", Stage.ENDED, ended_as="closed")),
    moves=(
        Move("ask", Registered, START, "asked", by=CLERK),
        Move("answer", Reported, "asked", "answered", by=CLERK, means="reported"),
    ),
    tells_nobody=True,
)
"""About the smallest workflow there can be."""
DEMANDS = Workflow("demands-beside", 1, COUNTER.states, COUNTER.moves, tells_nobody=True)
SOMEBODY_ELSES = replace(CLOSED_LOOP, name="somebody-elses")
"""The workflow of somebody who opens a log without knowing those of it."""


def beside(workflow: Workflow) -> Workflow:
    """What goes on beside this workflow: something of another kind."""
    return TREES if workflow.of.KIND is None else DEMANDS
