"""What is wrong with the shape of a workflow: where its ways lead, and what they pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from demandflow.domain.checks.ways import START_SPOT, Spot, Step, closure, first_way
from demandflow.domain.facts import Merged, Unmerged
from demandflow.domain.moves import ASKING, NEW_ROUND, Move, State
from demandflow.errors import Defect, listed


def wrong_shape(states: Sequence[State], steps: Sequence[Step]) -> Iterator[Defect]:
    """Demands that cannot go on, cannot end, are caught, or come back from an end that they should keep."""
    ends = {state.name for state in states if state.ended_as is not None}
    arrows = [(step.before, step.after) for step in steps]
    reached = {START_SPOT, *(step.after for step in steps)}
    status = {spot.state for spot in reached}
    for state in states:
        if state.name not in status:
            says = f"state {state.name!r} cannot be reached"
            yield Defect("unreachable", says, "add a move to it or take it out", (state.name,))
    ending = closure({spot for spot in reached if spot.state in ends}, [(after, before) for before, after in arrows])
    trapped = {spot: closure({spot}, arrows) for spot in reached - ending - {START_SPOT}}
    if trapped:
        yield from _traps(states, trapped, ending)


def _traps(states: Sequence[State], trapped: dict[Spot, set[Spot]], ending: set[Spot]) -> Iterator[Defect]:
    """Where demands are caught: a state with no way on, a loop with no way out, and what only leads into them."""
    order = [state.name for state in states]
    told: set[str] = set()
    for spot, beyond in sorted(trapped.items(), key=lambda pair: (len(pair[1]), order.index(pair[0].state))):
        loop = sorted({one.state for one in beyond}, key=order.index)
        if spot.state in told or any(spot not in trapped[one] for one in beyond):
            continue
        told.update(loop)
        if len(loop) == 1:
            says = f"from state {spot.state!r} no end can be reached: it has no way on{_when_from(spot, ending)}"
            yield Defect("dead-end", says, "add a way to an ended state", (spot.state,))
        else:
            says = f"from states {listed(map(repr, loop))} no end can be reached: they are a loop with no way out"
            yield Defect("loop", says, "add a way out of it, to an ended state", tuple(loop))
    for spot in sorted(trapped, key=lambda one: order.index(one.state)):
        if spot.state not in told:
            told.add(spot.state)
            into = sorted({one.state for one in trapped[spot]} - {spot.state}, key=order.index)
            says = (
                f"from state {spot.state!r} no end can be reached{_when_from(spot, ending)}: it leads to {listed(into)}"
            )
            yield Defect("no-end", says, "add a way to an ended state", (spot.state,))


def _when_from(spot: Spot, ending: set[Spot]) -> str:
    """Whence a demand came that is caught, where others in that state are not."""
    if not any(one.state == spot.state for one in ending):
        return ""
    return f" when it came from {spot.came_from!r}" if spot.came_from else " when it began there"


def wrong_ends(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Ends that are left without saying so, and moves that are silent for nothing."""
    ended = {state.name: state.ended_as for state in states if state.ended_as is not None}
    told = set()
    for step in steps:
        move, before, after = moves[step.move], step.before.state, step.after.state
        if (step.move, before) in told:
            continue
        means = set(move.meanings)
        if before not in ended:
            if before and means & {"reopened", "unmerged"}:
                told.add((step.move, before))
                says = f"move {move.name!r} means {listed(sorted(means & {'reopened', 'unmerged'}))}"
                says += f", but leads from {before!r}, where a demand has not ended"
                remedy = "lead it from an ended state, or let it mean something else"
                yield Defect("way-out", says, remedy, (before,), (move.name,))
            continue
        if after in ended and means & NEW_ROUND:
            told.add((step.move, before))
            says = f"move {move.name!r} begins another round in {before!r}, but leads to {after!r}, which has ended"
            yield Defect("way-out", says, "lead it to an open state", (before, after), (move.name,))
            continue
        if before == after:
            continue
        here = ((before, after), (move.name,))
        declared = {"reopened", "unmerged"} & set(move.meanings)
        if declared and after in ended:
            told.add((step.move, before))
            says = f"move {move.name!r} reopens {before!r}, but leads to {after!r}, which has ended too"
            yield Defect("way-out", says, "lead it to an open state", *here)
        elif not declared and ended.get(after) != ended[before]:
            told.add((step.move, before))
            says = (
                f"move {move.name!r} leads out of {before!r}, where a demand has ended as {ended[before]}, to {after!r}"
            )
            remedy = "let it mean 'reopened' (or 'unmerged'), or lead it where a demand has ended in the same way"
            yield Defect("way-out", says, remedy, *here)
    closing = [state.name for state in states if state.ended_as == "closed"]
    for move in moves:
        if move.silent and move.to not in closing:
            says = f"move {move.name!r} is declared silent, but closes nothing"
            yield Defect("silent", says, f"take silent away, or lead it to {listed(closing)}", (), (move.name,))


def wrong_merges(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Merges that end as something else, and un-merges of what was not merged."""
    merged = {state.name for state in states if state.ended_as == "merged"}
    told = set()
    for step in steps:
        move, before, after = moves[step.move], step.before.state, step.after.state
        wrong_goal = issubclass(move.fact, Merged) and after not in merged
        wrong_source = issubclass(move.fact, Unmerged) and before not in merged
        if (wrong_goal or wrong_source) and step.move not in told:
            told.add(step.move)
            where = f"leads to {after!r}" if wrong_goal else f"leads from {before!r}"
            says = f"move {move.name!r} records {move.fact.__name__}, but {where}, which has not ended as merged"
            yield Defect("way-out", says, "let that state end as 'merged'", (before, after), (move.name,))


def wrong_telling(
    states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step], tells_nobody: bool
) -> Iterator[Defect]:
    """Ways on which a demand is reported and closed, and the resident is not asked in between."""
    if tells_nobody:
        for move in moves:
            if said := {"told", *ASKING} & set(move.meanings):
                says = f"it declares that it tells nobody, but move {move.name!r} means {listed(sorted(said))}"
                yield Defect("telling", says, "take tells_nobody=True away", (), (move.name,))
        return
    closing = {state.name for state in states if state.ended_as == "closed"}
    asks = any(ASKING & set(move.meanings) for move in moves)
    told = set()
    for step in steps:
        move = moves[step.move]
        closes = step.after.state in closing and step.before.state not in closing and step.after.owed
        if not closes or move.silent or (move.name, step.before.state) in told:
            continue
        told.add((move.name, step.before.state))
        way = _way_to(step, steps, moves)
        says = f"a demand can be reported and closed without the resident having been asked: {way}"
        remedy = "lead it past a move that means 'asked', or declare silent=True on the last move"
        if not asks:
            remedy += ", or tells_nobody=True if this workflow tells nobody"
        yield Defect("past-feedback", says, remedy, (step.before.state, step.after.state), (move.name,))


def _way_to(last: Step, steps: Sequence[Step], moves: Sequence[Move]) -> str:
    """The shortest way that ends with this step, as people read it."""
    arrows = [(step.before, step, step.after) for step in steps]
    way = [*(first_way(START_SPOT, arrows, lambda spot: spot == last.before) or ()), last]
    return " → ".join(f"{moves[step.move].name} ({step.after.state})" for step in way)
