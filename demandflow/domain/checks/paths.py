"""The ways through a workflow, as declared: each spot where a demand can be, and each step from one to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from demandflow.domain.moves import ASKING, BACK, NEW_ROUND, STAY, Move, State, sources

P = TypeVar("P")
S = TypeVar("S")


class Spot(NamedTuple):
    """The state of a demand and the one it came from.

    `owed`: it was reported in this round, and the resident has not been asked since.
    """

    state: str
    came_from: str = ""
    owed: bool = False


class Step(NamedTuple):
    """A step from one spot to another, by a move (its number in the table)."""

    move: int
    before: Spot
    after: Spot


START_SPOT = Spot("")


def ends_of(states: Sequence[State]) -> dict[str, str]:
    """The states in which a demand has ended, each with how."""
    return {state.name: state.ended_as for state in states if state.ended_as is not None}


def leaving(states: Sequence[State], moves: Sequence[Move]) -> dict[str, list[int]]:
    """The numbers of the moves that leave each state, in the order of the table; START is the empty name."""
    by_state: dict[str, list[int]] = {"": [], **{state.name: [] for state in states}}
    for number, move in enumerate(moves):
        for source in sources(move, states):
            by_state[source].append(number)
    return by_state


def step_from(spot: Spot, number: int, move: Move) -> Step | None:
    """The step that the move makes from here; None if it leads back and there is nothing to go back to."""
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

    def steps_from(spot: Spot) -> Iterable[tuple[Step, Spot]]:
        steps = (step_from(spot, number, moves[number]) for number in from_state[spot.state])
        return [(step, step.after) for step in steps if step is not None]

    return [step for _, step, _ in walk([START_SPOT], steps_from)]


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


def walk(begin: Iterable[P], steps_from: Callable[[P], Iterable[tuple[S, P]]]) -> list[tuple[P, S, P]]:
    """All (place, step, next place) that can be reached, the nearest first."""
    waiting = deque(begin)
    reached = set(waiting)
    steps = []
    while waiting:
        place = waiting.popleft()
        for step, after in steps_from(place):
            steps.append((place, step, after))
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return steps


def closure(begin: Iterable[P], arrows: Iterable[tuple[P, P]]) -> set[P]:
    """All places that can be reached along the arrows, the beginnings included."""
    following: dict[P, list[tuple[None, P]]] = {}
    for before, after in arrows:
        following.setdefault(before, []).append((None, after))
    begin = set(begin)
    return begin | {after for _, _, after in walk(begin, lambda place: following.get(place, ()))}


def first_way(begin: P, arrows: Iterable[tuple[P, S, P]], arrived: Callable[[P], bool]) -> list[S] | None:
    """The shortest way to a place of this kind, as its steps; None if there is none."""
    following: dict[P, list[tuple[S, P]]] = {}
    for before, step, after in arrows:
        following.setdefault(before, []).append((step, after))
    ways: dict[P, list[S]] = {begin: []}
    for before, step, after in walk([begin], lambda place: following.get(place, ())):
        ways.setdefault(after, [*ways[before], step])
    return next((way for place, way in ways.items() if arrived(place)), None)
