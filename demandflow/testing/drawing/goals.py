"""Where the demands of a history are to come, and the moves of which it is fond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from uuid import UUID

from demandflow.domain.moves import BACK, START, Move, sources
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.testing.drawing.distances import distances

CLOSED = 4
"""How much more often a demand is to be closed than to come to another state as far from the beginning."""


class Goals:
    """The favourites of a history, how fond it is of them, and to which state each demand is to come."""

    def __init__(self, workflow: Workflow, dice: Random) -> None:
        self.workflow, self.far = workflow, _far(workflow)
        self.fond, self.goals = dice.choice((0.2, 0.6, 0.8)), dict[UUID, str]()
        self.favourites = self._favourites(dice)
        wanted = self._from(self.favourites)
        self.wanted = dice.sample(wanted, 1) if wanted and dice.random() < 0.5 else wanted
        """The states from which favourites lead; or one of them, where all demands meet."""

    def go_for(self, names: Sequence[str], *, alone: bool) -> None:
        """Be fond of these moves as well; or of nothing else."""
        self.favourites = [*names] if alone else [*self.favourites, *names]
        if alone:
            self.wanted, self.fond = self._from(names), 0.6

    def _from(self, names: Sequence[str]) -> list[str]:
        """The states from which moves of these names lead, if those lead from some states only."""
        local = [move for move in self.workflow.moves if move.name in names and _is_local(move)]
        return [state for move in local for state in sources(move, self.workflow.states)]

    def _favourites(self, dice: Random) -> list[str]:
        """Mostly moves that are declared one after the other and belong together, rather far from the beginning."""
        often: dict[str, int] = {}
        for move in self.workflow.moves:
            if move.from_ is not START:
                far = min(self._from_the_beginning(state) for state in sources(move, self.workflow.states))
                often[move.name] = min(far**2 if _is_local(move) else 1, often.get(move.name, far**2))
        names, number = [*often], min(len(often), dice.choice((2, 4, 8)))
        if dice.random() < 0.3 or not names:
            return dice.sample(names, number)
        first = dice.choices(range(len(names)), [*often.values()])[0] - dice.randrange(number)
        return [names[(first + more) % len(names)] for more in range(number)]

    def favoured(self, moves: Sequence[Move], tried: Mapping[str, int]) -> list[Move]:
        """The favourites among these moves: rather what leads from some states only, and what was tried least."""
        found = [move for move in moves if move.name in self.favourites]
        found = [move for move in found if _is_local(move)] or found
        least = min((tried[move.name] for move in found), default=0)
        return [move for move in found if tried[move.name] == least]

    def nearer(self, demand: Stream, moves: Sequence[Move], dice: Random) -> list[Move]:
        """Those that lead nearer to where the demand is to come; it is given another goal once it is there."""
        if self.goals.get(demand.id, demand.state) == demand.state:
            self.goals[demand.id] = self._goal(dice)
        far = self.far[self.goals[demand.id]]
        here = far.get(demand.state, len(far) + 1)
        there = [demand.came_from if move.to is BACK else move.to for move in moves]
        return [move for move, to in zip(moves, there, strict=True) if isinstance(to, str) and far.get(to, here) < here]

    def _goal(self, dice: Random) -> str:
        """A wanted state; or any, rather one that is far from the beginning."""
        states = self.workflow.states
        if self.wanted and dice.random() < self.fond:
            return dice.choice(self.wanted)
        weights = [self._from_the_beginning(s.name) ** 2 * (CLOSED if s.ended_as == "closed" else 1) for s in states]
        return dice.choices(states, weights)[0].name

    def _from_the_beginning(self, state: str) -> int:
        return self.far[state].get("", 1) if state else 1


def _is_local(move: Move) -> bool:
    """Whether it leads from some states only."""
    return isinstance(move.from_, str | tuple)


@lru_cache(maxsize=64)
def _far(workflow: Workflow) -> dict[str, dict[str, int]]:
    """How many steps lie between each state and each goal, if no step leads BACK."""
    return {state.name: distances(workflow, (state.name,), back=False) for state in workflow.states}
