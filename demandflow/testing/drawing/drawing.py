"""What is done next in a random history: steps, batches, runs of policies, upsets and questions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.testing.drawing.batching import draw_batch
from demandflow.testing.drawing.running import draw_policies
from demandflow.testing.drawing.steps import Steps
from demandflow.testing.drawing.themes import POLICIES
from demandflow.testing.environments import ZONES
from demandflow.testing.model.step import Step
from demandflow.testing.model.table import Unanswered
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    History,
    Operation,
    Upset,
)

HISTORIES, OF_A_TEST_CASE = 100, 50
"""How many histories check() and a test case play unless somebody says otherwise."""
STEPS = 40
TABLES = ("board", "stays", "totals", "ledger")
ANYWHERE = ("rebuild", *("a page breaks", "rezone") * 2)
IN_FILES = (
    *("reopen", "another opens it", "a row cannot be read"),
    *("all reopen", "pages race", "opened otherwise", "carried elsewhere", "rows are lost") * 2,
)
LOST_ROWS = ("1 2", "0 1", "1 4", "3", "5 6", "0 1 3 4", "2 4", "0 3 4 5 7", "1 2 3 4 5 6 7")
"""Which rows are lost, counted from the end."""
LOT = st.integers(0, 2**64 - 1)


class Drawing(Steps):
    """Draws one operation after the other."""

    def operation(self) -> Operation | None:
        """What is done next; None where there is nothing to choose."""
        drawn, world = self.dice.random(), self.world
        opener = self.dice.randrange(6)
        if self.prelude <= 0 and world.streams and self.dice.random() < self.theme.runs:
            return draw_policies(self, opener)
        if self.prelude > 0 or drawn < 0.65 or self.theme.about == POLICIES or not world.streams:
            self.prelude -= 1
            return draw_batch(self, opener) if self.dice.random() < 0.08 else self.command()
        if drawn < 0.68:
            return self.again()
        if drawn < 0.73:
            return self._upset(opener)
        return self.asking.question(opener)

    def _upset(self, opener: int) -> Upset:
        what = self.dice.choice((*ANYWHERE, *IN_FILES) if self.environment.file else ANYWHERE)
        zone, table = self.dice.choice(ZONES), f"{self.dice.choice(TABLES)} {self.dice.choice(('before', 'after'))}"
        said = {"rezone": zone, "a page breaks": table, "rows are lost": self.dice.choice(LOST_ROWS)}
        said["a row cannot be read"] = str(self.dice.randint(1, len(self.world.log)))
        return Upset(what, said.get(what, ""), opener)


class Untold(Exception):
    """A history that cannot go on, because a rule or a condition of the workflow raises."""

    def __init__(self, history: History, problem: str) -> None:
        super().__init__(history, problem)
        self.history, self.problem = history, problem


def histories(
    workflow: Workflow, *, facts: Mapping[type[Fact], SearchStrategy[Any]] | None = None, max_steps: int = STEPS
) -> SearchStrategy[History]:
    """Histories of a few demands on any workflow: mostly possible steps, rather those that lead on, some impossible.

    `facts` gives a strategy for facts of a class of your own, where samples by type will not do: of
    facts, or of functions that are given the stream as it stands and return one.
    """
    return _histories(workflow, facts or {}, max_steps)


@st.composite
def _histories(
    draw: st.DrawFn, workflow: Workflow, facts: Mapping[type[Fact], SearchStrategy[Any]], max_steps: int
) -> History:
    given = {kind: partial(draw, strategy) for kind, strategy in facts.items()}
    world, steps = World(workflow), list[Step]()
    drawing = Drawing(world, Random(draw(LOT)), given)  # noqa: S311
    drawing.prelude, drawing.theme.beside = 0, 0.0
    for _ in range(draw(st.integers(1, max_steps))):
        drawing.draw_by(Random(draw(LOT)))  # noqa: S311
        try:
            step = drawing.step()
        except Unanswered as error:
            raise Untold(History(workflow, tuple(steps)), str(error)) from error
        if step is not None:
            world.tell(step)
            steps.append(step)
    return History(workflow, tuple(steps), own_facts=frozenset(given))
