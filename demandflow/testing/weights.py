"""How often a move is tried: the more, the more of the workflow lies behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from demandflow.domain.facts import OTHER_SIDES
from demandflow.domain.moves import ANYWHERE, BACK, STAY, WHILE_OPEN, Move, sources
from demandflow.domain.workflow import Workflow


@lru_cache(maxsize=64)
def weighted(workflow: Workflow) -> dict[str, list[Move]]:
    """The moves of each state, each as often as there are states to which it leads the shortest way."""
    goals: dict[str, list[tuple[Move, set[str]]]] = {state.name: [] for state in workflow.states}
    ways_in: dict[str, set[str]] = {state.name: set() for state in workflow.states}
    for move in workflow.moves:
        for source in sources(move, workflow.states):
            if source and isinstance(move.to, str):
                ways_in[move.to].add(source)
    for move in workflow.moves:
        for source in sources(move, workflow.states):
            if source and move.fact not in OTHER_SIDES:
                there = ways_in[source] if move.to is BACK else {source} if move.to is STAY else {str(move.to)}
                goals[source].append((move, there))
    on = {state: {one for _, there in pairs for one in there} - {state} for state, pairs in goals.items()}
    ended = {state.name for state in workflow.states if state.ended_as is not None}
    # an end is no way to somewhere: what lies behind it is reached by few
    far = {state: _distances(state, {one: () if one in ended else there for one, there in on.items()}) for state in on}
    often: dict[str, list[Move]] = {}
    for state, pairs in goals.items():
        often[state] = []
        for move, there in pairs:
            near = [far[one] for one in there - {state}]
            first = [goal for goal, steps in far[state].items() if any(one.get(goal) == steps - 1 for one in near)]
            everywhere = move.from_ in (ANYWHERE, WHILE_OPEN)
            often[state] += [move] * (1 if everywhere else 4 + min(len(first), 10))
    return often


def _distances(begin: str, on: Mapping[str, Iterable[str]]) -> dict[str, int]:
    far = {begin: 0}
    waiting = [begin]
    for state in waiting:
        for after in on[state]:
            if after not in far:
                far[after] = far[state] + 1
                waiting.append(after)
    return far
