"""Moving a running demand to another workflow, or to another version of its own."""

from __future__ import annotations

from demandflow.domain.demand import Demand
from demandflow.domain.facts import MovedOver
from demandflow.domain.moves import BACK, sources
from demandflow.domain.workflow import Workflow
from demandflow.errors import listed


def reasons_not_to_move(demand: Demand, new: Workflow) -> tuple[str, ...]:
    """Why the demand cannot go on under this workflow; none if it can."""
    if demand.workflow == new.key:
        return (f"it is on {new.key} already",)
    states = {state.name: state for state in new.states}
    if demand.state not in states:
        return (f"{new.key} has no state {demand.state!r} (it has {listed(states)})",)
    reasons = []
    if (ended_as := states[demand.state].ended_as) != demand.ended_as:
        was, now = demand.ended_as or "open", ended_as or "open"
        reasons.append(f"in state {demand.state!r} it would be {now}, but it is {was}")
    back = [m for m in new.moves if m.to is BACK and demand.state in sources(m, new.states)]
    if back and demand.came_from not in states:
        reasons.append(
            f"by {back[0].name!r} it could not go back to {demand.came_from!r}, which {new.key} does not have"
        )
    if new.move_of(MovedOver, demand.state) is None:
        remedy = 'declare one: Move("move_over", MovedOver, ANYWHERE, STAY, by=…)'
        reasons.append(f"{new.key} has no move that records MovedOver in {demand.state!r}; {remedy}")
    return tuple(reasons)


def can_move(demand: Demand, new: Workflow) -> bool:
    """Whether the demand can go on under this workflow: its state is there, and means the same end or none."""
    return not reasons_not_to_move(demand, new)
