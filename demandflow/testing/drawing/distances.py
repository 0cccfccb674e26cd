"""How far a state is from others, and how often a move is tried: the more, the more of the workflow lies behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from functools import lru_cache
from itertools import groupby

from demandflow.domain.checks.bounds import OFTEN
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES
from demandflow.domain.moves import ANYWHERE, BACK, WHILE_OPEN, Move
from demandflow.domain.workflow import Workflow


def distances(
    workflow: Workflow, goals: Collection[str], *, past_ends: bool = True, back: bool = True
) -> dict[str, int]:
    """How many steps at least lie between each state and the nearest of these, if any can be come to.

    Without `back`, no step leads BACK.
    """
    ends = {one.name for one in workflow.states if one.ended_as is not None and not past_ends}
    before: dict[str, set[str]] = {}
    for state in ("", *(one.name for one in workflow.states)):
        for rows in workflow.moves_from(state).values():
            for row in rows:
                if row.move.fact not in OTHER_SIDES and (back or row.move.to is not BACK):
                    before.setdefault(row.dest, set()).add(state)
    far = dict.fromkeys(goals, 0)
    waiting = deque(goals)
    while waiting:
        state = waiting.popleft()
        for source in sorted(before.get(state, ())):
            if source not in far and source not in ends:
                far[source] = far[state] + 1
                waiting.append(source)
    return far


@lru_cache(maxsize=64)
def weighted(workflow: Workflow) -> dict[str, list[Move]]:
    """The moves of each state, each as often as there are states to which it leads nearer.

    What is no demand seldom ends: most that can be asked of it happens while it goes on.
    """
    ends = {state.name for state in workflow.states if state.ended_as is not None and workflow.of is not Demand}
    often: dict[str, list[Move]] = {state.name: [] for state in workflow.states}
    # an end is no way to somewhere: what lies behind it is reached by few
    far = [distances(workflow, (state,), past_ends=False) for state in often]
    for state, moves in often.items():
        for move, rows in groupby(sum(workflow.moves_from(state).values(), ()), key=lambda row: row.move):
            if move.fact not in OTHER_SIDES:
                there = [row.dest for row in rows]
                behind = sum(min(goal.get(one, OFTEN) for one in there) < goal.get(state, 0) for goal in far)
                seldom = move.from_ in (ANYWHERE, WHILE_OPEN) or ends.issuperset(there)
                moves += [move] * (1 if seldom else 4 + min(behind, 10))
    return often
