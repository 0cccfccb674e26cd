"""Alignment: the cheapest way to read a history as a way through a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from operator import add
from typing import NamedTuple

from demandflow.domain.ways import START_SPOT, Spot, closure, leaving, step_from, walk
from demandflow.domain.workflow import Workflow


class Misfit(NamedTuple):
    """What does not fit: the step `at` (from 0) is no `move` that leads on from the spot, or one is `missing` there."""

    at: int
    spot: Spot
    move: str | None = None
    missing: str | None = None


@dataclass(frozen=True)
class Alignment:
    """What does not fit in the cheapest reading, in order; whether that reading leads to an end."""

    misfits: tuple[Misfit, ...]
    ended: bool

    @property
    def cost(self) -> int:
        """One for each misfit."""
        return len(self.misfits)


class Price(NamedTuple):
    """What makes one reading dearer than another, the weightiest first; prices add up along a reading.

    Misfits; steps that are left out; not ending; misfits that come early; moves that the log does not show, and early.
    """

    misfits: int = 0
    left_out: int = 0
    not_ended: int = 0
    earliness: int = 0
    hidden: int = 0


class Reading(NamedTuple):
    """How many steps of the history have been read, and where the demand stands then; at the goal, nowhere."""

    read: int
    spot: Spot | None


Edge = tuple[Price, Reading, Misfit | None]
FREE = Price()


class Automaton:
    """A workflow as declared: from where to where each move can lead, whatever its conditions, roles and rules say."""

    def __init__(self, workflow: Workflow, hidden: frozenset[str] = frozenset()) -> None:
        self.hidden = hidden
        self._ended = {state.name for state in workflow.states if state.ended_as is not None}
        from_state = leaving(workflow.states, workflow.moves)

        def on(spot: Spot) -> list[tuple[str, Spot]]:
            steps = (step_from(spot, number, workflow.moves[number]) for number in from_state[spot.state])
            ways = [(workflow.moves[step.move].name, step.after._replace(owed=False)) for step in steps if step]
            return list(dict.fromkeys(ways))

        self._ways: dict[Spot, list[tuple[str, Spot]]] = {}
        for spot, name, after in walk([START_SPOT], on):
            self._ways.setdefault(spot, []).append((name, after))
        self._unseen = [
            (spot, after) for spot, ways in self._ways.items() for name, after in ways if name in self.hidden
        ]
        self._names: dict[Spot, tuple[str, ...]] = {}
        self._order = {move.name: number for number, move in reversed(list(enumerate(workflow.moves)))}

    def names_at(self, spot: Spot) -> tuple[str, ...]:
        """The moves that are possible here, at once or after some that the log does not show, in the table's order."""
        if spot not in self._names:
            here = closure([spot], self._unseen)
            names = {name for one in here for name, _ in self._ways.get(one, ())}
            self._names[spot] = tuple(sorted(names, key=self._order.__getitem__))
        return self._names[spot]

    def align(self, history: Sequence[str | None], *, complete: bool = False) -> Alignment:
        """The cheapest reading of a history of moves; None stands for what is no move of this workflow.

        Among the cheapest, the one that fits most steps, then one that ends, then the one that deviates late.
        """
        begin = Reading(0, START_SPOT)
        ways: dict[Reading, tuple[Reading, Misfit | None]] = {}
        number = count()
        waiting: list[tuple[Price, int, int, Reading, Reading, Misfit | None]]
        waiting = [(FREE, 0, next(number), begin, begin, None)]
        while waiting:
            price, _, _, reading, before, misfit = heappop(waiting)
            if reading in ways:
                continue
            ways[reading] = (before, misfit)
            if reading.spot is None:
                return Alignment(_misfits(ways, reading), not price.not_ended)
            for more, after, found in self._ways_on(reading, reading.spot, history, complete):
                if after not in ways:
                    dearer = Price(*map(add, price, more))
                    heappush(waiting, (dearer, -after.read, next(number), after, reading, found))
        raise AssertionError("every demand can end: that was checked when the workflow was built")

    def _ways_on(self, reading: Reading, spot: Spot, history: Sequence[str | None], complete: bool) -> Iterator[Edge]:
        """To read the next step or leave it out, to make a move that the history lacks, or to stop at its end."""
        read, left = reading.read, len(history) - reading.read
        if not left and (spot.state in self._ended or not complete):
            yield Price(not_ended=int(spot.state not in self._ended)), Reading(read + 1, None), None
        move = history[read] if left else None
        if left and move is None:
            yield FREE, Reading(read + 1, spot), Misfit(read, spot)
            return
        for name, after in self._ways.get(spot, ()):
            if left and name == move:
                yield FREE, Reading(read + 1, after), None
            if name in self.hidden:
                yield Price(hidden=1 + left), Reading(read, after), None
            else:
                yield Price(misfits=1, earliness=left), Reading(read, after), Misfit(read, spot, missing=name)
        if left:
            yield Price(misfits=1, left_out=1, earliness=left), Reading(read + 1, spot), Misfit(read, spot, move)


def _misfits(ways: dict[Reading, tuple[Reading, Misfit | None]], reading: Reading) -> tuple[Misfit, ...]:
    """What did not fit on the way here, in order."""
    found = []
    while True:
        before, misfit = ways[reading]
        if misfit is not None:
            found.append(misfit)
        if before == reading:
            return tuple(reversed(found))
        reading = before
