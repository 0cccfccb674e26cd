"""What is wrong with the shape of a workflow: where its moves lead, and what they pass on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from demandflow.domain.checks.paths import START_SPOT, Spot, Step, closure, ends_of, first_way
from demandflow.domain.facts import Merged, Unmerged
from demandflow.domain.moves import ASKING, NEW_ROUND, Move, State
from demandflow.errors import Defect, listed


def wrong_shape(states: Sequence[State], steps: Sequence[Step]) -> Iterator[Defect]:
    """States that cannot be reached, and states from which no end can be reached."""
    ends = ends_of(states)
    arrows = [(step.before, step.after) for step in steps]
    reached = {START_SPOT, *(step.after for step in steps)}
    names = {spot.state for spot in reached}
    for state in states:
        if state.name not in names:
            says = f"state {state.name!r} cannot be reached"
            yield Defect("unreachable", says, "add a move to it or take it out", (state.name,))
    ending = closure({spot for spot in reached if spot.state in ends}, [(after, before) for before, after in arrows])
    trapped = {spot: closure({spot}, arrows) for spot in reached - ending - {START_SPOT}}
    if trapped:
        yield from _traps(states, trapped, ending)


def _traps(states: Sequence[State], trapped: dict[Spot, set[Spot]], ending: set[Spot]) -> Iterator[Defect]:
    """Where demands are caught: a state with no way on, a loop with no way out, and states that only lead into them."""
    order = [state.name for state in states]
    reported: set[str] = set()
    for spot, beyond in sorted(trapped.items(), key=lambda pair: (len(pair[1]), order.index(pair[0].state))):
        loop = sorted({other.state for other in beyond}, key=order.index)
        if spot.state in reported or any(spot not in trapped[other] for other in beyond):
            continue
        reported.update(loop)
        if len(loop) == 1:
            says = f"from state {spot.state!r} no end can be reached: it has no way on{_when_from(spot, ending)}"
            yield Defect("dead-end", says, "add a way to an ended state", (spot.state,))
        else:
            says = f"from states {listed(map(repr, loop))} no end can be reached: they are a loop with no way out"
            yield Defect("loop", says, "add a way out of it, to an ended state", tuple(loop))
    for spot in sorted(trapped, key=lambda spot: order.index(spot.state)):
        if spot.state not in reported:
            reported.add(spot.state)
            into = sorted({other.state for other in trapped[spot]} - {spot.state}, key=order.index)
            says = (
                f"from state {spot.state!r} no end can be reached{_when_from(spot, ending)}: it leads to {listed(into)}"
            )
            yield Defect("no-end", says, "add a way to an ended state", (spot.state,))


def _when_from(spot: Spot, ending: set[Spot]) -> str:
    """Where a demand that is caught came from, if others in the same state are not caught."""
    if not any(other.state == spot.state for other in ending):
        return ""
    return f" when it came from {spot.came_from!r}" if spot.came_from else " when it began there"


def wrong_ends(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Moves that leave an end without saying so, that come back without leaving one, or are silent for nothing."""
    ends = ends_of(states)
    for step in steps:
        move, before, after = moves[step.move], step.before.state, step.after.state
        means, comes_back = set(move.meanings), sorted({"reopened", "unmerged"} & set(move.meanings))
        wrong = None
        if before not in ends:
            if before and comes_back:
                wrong = f"means {listed(comes_back)}, but leads from {before!r}, where a demand has not ended"
                remedy = "lead it from an ended state, or let it mean something else"
        elif after in ends and means & NEW_ROUND:
            wrong = f"begins another round in {before!r}, but leads to {after!r}, which has ended"
            remedy = "lead it to an open state"
        elif after in ends and comes_back and before != after:
            wrong = f"reopens {before!r}, but leads to {after!r}, which has ended too"
            remedy = "lead it to an open state"
        elif not comes_back and ends.get(after) != ends[before]:
            wrong = f"leads out of {before!r}, where a demand has ended as {ends[before]}, to {after!r}"
            remedy = "let it mean 'reopened' (or 'unmerged'), or lead it where a demand has ended in the same way"
        if wrong is not None:
            where = (before,) if before not in ends else (before, after)
            yield Defect("way-out", f"move {move.name!r} {wrong}", remedy, where, (move.name,))
    closing = [name for name, ended_as in ends.items() if ended_as == "closed"]
    for move in moves:
        if move.silent and move.to not in closing:
            says = f"move {move.name!r} is declared silent, but closes nothing"
            yield Defect("silent", says, f"take silent away, or lead it to {listed(closing)}", (), (move.name,))


def wrong_merges(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Merges that end as something else, and un-merges of what was not merged."""
    merged = {name for name, ended_as in ends_of(states).items() if ended_as == "merged"}
    wrong: dict[int, tuple[str, Step]] = {}
    for step in steps:
        fact, before, after = moves[step.move].fact, step.before.state, step.after.state
        if issubclass(fact, Merged) and after not in merged:
            wrong.setdefault(step.move, (f"leads to {after!r}", step))
        elif issubclass(fact, Unmerged) and before not in merged:
            wrong.setdefault(step.move, (f"leads from {before!r}", step))
    for number, (where, step) in wrong.items():
        name, recorded = moves[number].name, moves[number].fact.__name__
        says = f"move {name!r} records {recorded}, but {where}, which has not ended as merged"
        yield Defect("way-out", says, "let that state end as 'merged'", (step.before.state, step.after.state), (name,))


def wrong_telling(
    states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step], tells_nobody: bool
) -> Iterator[Defect]:
    """Ways on which a demand is reported and closed, and the resident is not asked in between."""
    if tells_nobody:
        for move in moves:
            if tells := {"told", *ASKING} & set(move.meanings):
                says = f"it declares that it tells nobody, but move {move.name!r} means {listed(sorted(tells))}"
                yield Defect("telling", says, "take tells_nobody=True away", (), (move.name,))
        return
    closing = {name for name, ended_as in ends_of(states).items() if ended_as == "closed"}
    unasked: dict[tuple[str, str], Step] = {}
    for step in steps:
        closes = step.after.state in closing and step.before.state not in closing
        if closes and step.after.owed and not moves[step.move].silent:
            unasked.setdefault((moves[step.move].name, step.before.state), step)
    for (name, before), step in unasked.items():
        says = f"a demand can be reported and closed without the resident having been asked: {_way(step, steps, moves)}"
        remedy = "lead it past a move that means 'asked', or declare silent=True on the last move"
        if not any(ASKING & set(move.meanings) for move in moves):
            remedy += ", or tells_nobody=True if this workflow tells nobody"
        yield Defect("past-feedback", says, remedy, (before, step.after.state), (name,))


def _way(last: Step, steps: Sequence[Step], moves: Sequence[Move]) -> str:
    """The shortest way that ends with this step, as people read it."""
    arrows = [(step.before, step, step.after) for step in steps]
    way = [*(first_way(START_SPOT, arrows, lambda spot: spot == last.before) or ()), last]
    return " → ".join(f"{moves[step.move].name} ({step.after.state})" for step in way)
