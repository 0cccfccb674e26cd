"""Moving a running demand to another workflow, or to another version of its own."""

from __future__ import annotations

from demandflow.domain.facts import MovedOver
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.errors import RuleBroken, listed


def reasons_not_to_move(demand: Stream, new: Workflow) -> tuple[str, ...]:
    """Why the demand cannot go on under this workflow; empty if it can."""
    if demand.workflow == new.key:
        return (f"it is on {new.key} already",)
    if demand.ended_as is not None:
        return (f"it has ended as {demand.ended_as}; only running demands move over",)
    if not isinstance(demand, new.of):
        return (f"{new.key} is for {new.of.KIND or 'demand'}s, and this is of kind {demand.stamp.kind or 'demand'}",)
    states = {state.name: state for state in new.states}
    if demand.state not in states:
        return (f"{new.key} has no state {demand.state!r} (it has {listed(states)})",)
    reasons = []
    if (ended_as := states[demand.state].ended_as) is not None:
        reasons.append(f"in state {demand.state!r} it would be {ended_as}, but it is open")
    back = [row for rows in new.moves_from(demand.state).values() for row in rows if row.move.leads_back]
    if back and all(row.dest != demand.came_from for row in back):
        where = f"go back by {back[0].move.name!r} to {demand.came_from!r}, where it came from"
        reasons.append(f"under {new.key} it could not {where}")
    if new.move_of(MovedOver, demand.state) is None:
        remedy = 'declare one: Move("move_over", MovedOver, WHILE_OPEN, STAY, by=…)'
        reasons.append(f"{new.key} has no move that records MovedOver in {demand.state!r}; {remedy}")
    return tuple(reasons)


def check_it_may_move(demand: Stream, new: Workflow, move: str) -> None:
    """Raise RuleBroken, with every reason, unless the demand can go on under this workflow."""
    if reasons := reasons_not_to_move(demand, new):
        raise RuleBroken(move, tuple((reasons_not_to_move.__name__, reason) for reason in reasons))
