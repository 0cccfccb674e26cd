"""The ways through a workflow, as declared: where a demand can stand, whence it came, and whether an answer is owed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from demandflow.domain.moves import ASKING, BACK, NEW_ROUND, STAY, Move, State, sources

P = TypeVar("P")


class Spot(NamedTuple):
    """Where a demand stands and came from; `owed`: it was reported in this round, and the resident not asked since."""

    state: str
    came_from: str = ""
    owed: bool = False


class Step(NamedTuple):
    """One way on: by which move (its number in the table), from where to where."""

    move: int
    before: Spot
    after: Spot


START_SPOT = Spot("")


def leaving(states: Sequence[State], moves: Sequence[Move]) -> dict[str, list[int]]:
    """The numbers of the moves that leave each state, in the order of the table; START is the empty name."""
    by_state: dict[str, list[int]] = {"": [], **{state.name: [] for state in states}}
    for number, move in enumerate(moves):
        for source in sources(move, states):
            by_state[source].append(number)
    return by_state


def step_from(spot: Spot, number: int, move: Move) -> Step | None:
    """Where the move leads from here; None for one that leads back where there is nothing to go back to."""
    goal = spot.state if move.to is STAY else spot.came_from if move.to is BACK else str(move.to)
    if not goal:
        return None
    means = set(move.meanings)
    owed = not means & (NEW_ROUND | ASKING) and (spot.owed or "reported" in means)
    came_from = spot.came_from if goal == spot.state else spot.state
    return Step(number, spot, Spot(goal, came_from, owed))


def steps_of(states: Sequence[State], moves: Sequence[Move]) -> list[Step]:
    """Every step that can ever be made, whatever the conditions say, those nearest to the start first."""
    from_state = leaving(states, moves)

    def on(spot: Spot) -> Iterable[tuple[Step, Spot]]:
        found = (step_from(spot, number, moves[number]) for number in from_state[spot.state])
        return [(step, step.after) for step in found if step is not None]

    return [step for _, step, _ in walk([START_SPOT], on)]


S = TypeVar("S")


def rows_of(states: Sequence[State], moves: Sequence[Move]) -> list[tuple[int, str, str]]:
    """(number of the move, from, to) of every way that a move can ever go, in the order of the table."""
    return sorted({(step.move, step.before.state, step.after.state) for step in steps_of(states, moves)})


def tried_together(states: Sequence[State], moves: Sequence[Move]) -> dict[tuple[str, str, str], list[Move]]:
    """By name, state and role: the moves that are tried one after the other."""
    tried: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves:
        for source in sources(move, states):
            for role in dict.fromkeys(move.roles):
                tried.setdefault((move.name, source, role), []).append(move)
    return tried


def walk(begin: Iterable[P], on: Callable[[P], Iterable[tuple[S, P]]]) -> list[tuple[P, S, P]]:
    """All (place, step, next place) that can be reached, the nearest first."""
    waiting = deque(begin)
    seen = set(waiting)
    found = []
    while waiting:
        place = waiting.popleft()
        for step, after in on(place):
            found.append((place, step, after))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return found


def closure(begin: Iterable[P], arrows: Iterable[tuple[P, P]]) -> set[P]:
    """All that can be reached along the arrows, the beginnings among them."""
    following: dict[P, list[P]] = {}
    for before, after in arrows:
        following.setdefault(before, []).append(after)
    reached = set(begin)
    waiting = list(reached)
    while waiting:
        new = set(following.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return reached


def first_way(begin: P, arrows: Iterable[tuple[P, S, P]], arrived: Callable[[P], bool]) -> list[S] | None:
    """The shortest way to a place of this kind, as its steps; None if there is none."""
    following: dict[P, list[tuple[S, P]]] = {}
    for before, step, after in arrows:
        following.setdefault(before, []).append((step, after))
    ways: dict[P, list[S]] = {begin: []}
    waiting = deque([begin])
    while waiting:
        place = waiting.popleft()
        if arrived(place):
            return ways[place]
        for step, after in following.get(place, ()):
            if after not in ways:
                ways[after] = [*ways[place], step]
                waiting.append(after)
    return None
