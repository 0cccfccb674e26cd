"""Whether rework has a bound: the conditions are asked about a demand that went round very often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any
from uuid import UUID

from demandflow.domain.checks.paths import Step, closure, ends_of, tried_together
from demandflow.domain.checks.samples import THEN, WHO, Grades, variants
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Noted
from demandflow.domain.moves import BACK, NEW_ROUND, Move, Proposal, State
from demandflow.domain.values import Actor
from demandflow.errors import Defect, InvalidValue
from demandflow.inputs.texts import is_name

OFTEN, MANY = 1_000_000, 1_000
"""A round beyond every bound, and a number of contracts and workers beyond every real one."""
LATE = THEN + timedelta(days=3650)
CONTRACTS = tuple((n, f"contractor {n}") for n in range(MANY))
WORKERS = frozenset(f"worker {n}" for n in range(MANY))
STANDINGS = ((True, False), (True, True), (False, False), (False, True))
"""Audited or not, taken over or not."""


def unbounded_rework(
    states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step], grades: Grades
) -> Iterator[Defect]:
    """Moves by which a demand can go round for ever: asked about its millionth round, they still send it back."""
    arrows = [(step.before.state, step.after.state) for step in steps if "reopened" not in moves[step.move].meanings]
    for name, source, role, alternatives in _rework(states, moves):
        # if a demand that was taken over comes back here, it must not be taken over again and again
        taken = {str(move.to) for move in alternatives if "taken_over" in move.meanings}
        twice = any(source in closure({goal}, arrows) for goal in taken)
        for fact in variants_of(alternatives[0].fact, grades):
            if _goes_round(alternatives, source, role, fact, twice):
                says = f"move {name!r} from {source!r} sends a demand back however often it went round"
                example = f"as with {fact!r}, in its {OFTEN:,}th round"
                remedy = "before it, write one on a condition that holds at a bound, leading to whoever takes over"
                remedy += " (for instance when=the_bound_is_reached(3))"
                yield Defect("unbounded", f"{says} ({example})", remedy, (source,), (name,))
                break


def unasked_rework(states: Sequence[State], moves: Sequence[Move], grades: Grades) -> Iterator[Defect]:
    """Rework of which nobody knows whether it has a bound, for want of a fact to ask its conditions about."""
    for name, source, role, alternatives in _rework(states, moves):
        late = [sample_demand(source, OFTEN, *standing) for standing in STANDINGS]
        proposals = [
            sample_proposal(alternatives, role, fact, LATE) for fact in variants_of(alternatives[0].fact, grades)
        ]
        if not any(_taken(alternatives, demand, proposal) for demand, proposal in product(late, proposals)):
            says = f"whether move {name!r} from {source!r} sends demands round for ever cannot be told"
            why = f"no sample of {alternatives[0].fact.__name__} is known that its conditions can be asked about"
            yield Defect("unasked", f"{says}: {why}", "test it: check(workflow, facts=…)", (source,), (name,))


def _rework(states: Sequence[State], moves: Sequence[Move]) -> Iterator[tuple[str, str, str, list[Move]]]:
    """The moves of one name from one open state, where some begin another round; once for all roles that have them."""
    ends = ends_of(states)
    seen: set[tuple[str, str, tuple[int, ...]]] = set()
    for (name, source, role), alternatives in tried_together(states, moves).items():
        again = any({"reworked", "taken_over"} & set(move.meanings) for move in alternatives)
        key = (name, source, tuple(map(id, alternatives)))
        if again and source and source not in ends and is_name(role) and key not in seen:
            seen.add(key)
            yield name, source, role, alternatives


def unspoken_rework(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Moves that send an evaluated demand round again without saying so: no round ends, so nothing bounds them."""
    same_round = [step for step in steps if not NEW_ROUND & set(moves[step.move].meanings)]
    arrows, ends = [(step.before, step.after) for step in same_round], ends_of(states)
    seen = set()
    for step in same_round:
        move, here, goal = moves[step.move], step.before.state, step.after
        key = (move.name, goal.state)
        if "evaluated" not in move.meanings or goal.state in (here, *ends) or key in seen:
            continue
        if any(spot.state == here for spot in closure({goal}, arrows)):
            seen.add(key)
            says = f"move {move.name!r} sends a demand from {here!r} back to {goal.state!r} in the same round"
            remedy = "let it mean 'reworked', and before it write one on a condition that holds at a bound"
            yield Defect("unbounded", says, remedy, (here, goal.state), (move.name,))


@cache
def variants_of(kind: type[Fact], grades: Grades) -> tuple[Fact, ...]:
    """Facts of this class that differ in what a condition may look at; none where no sample is known."""
    try:
        return tuple(variants(kind, grades))
    except InvalidValue:
        return ()


def _goes_round(alternatives: list[Move], source: str, role: str, fact: Fact, twice: bool) -> bool:
    """Whether the move sends such a demand back in its millionth round, and no rule objects to that very number."""
    for audited, taken_over in STANDINGS:
        late, early = (sample_demand(source, times, audited, taken_over) for times in (OFTEN, 1))
        proposal = sample_proposal(alternatives, role, fact, LATE)
        taken = _taken(alternatives, late, proposal)
        means = set() if taken is None else set(taken.meanings)
        if taken is None or not ("reworked" in means or (twice and taken_over and "taken_over" in means)):
            continue
        objecting = [rule for rule in taken.rules if _objects(rule, late, proposal)]
        first = sample_proposal(alternatives, role, fact, THEN)
        if all(_objects(rule, early, first) for rule in objecting):
            return True
    return False


def sample_proposal(alternatives: Sequence[Move], role: str, fact: Fact, at: datetime) -> Proposal[Any]:
    """A proposal of one of these moves, by somebody of this role."""
    return Proposal(alternatives[0].name, fact, Actor(WHO, role), at)


def sample_demand(state: str, times: int, audited: bool, taken_over: bool) -> Demand:
    """A demand that is in this state for the so-many-th time; if often, each of its lists is long."""
    often = times == OFTEN
    return as_if(
        Demand(UUID(int=0), version=times, last=THEN, received=THEN, since=THEN, audited=audited),
        state=state,
        round=times,
        handbacks=times,
        missed_callbacks=times,
        taken_over=taken_over,
        told_at=THEN,
        asked=True,
        resident=WHO,
        facts=(Noted,) * (MANY if often else 1),
        contracts=CONTRACTS if often else CONTRACTS[:1],
        workers=WORKERS if often else frozenset(),
    )


def _taken(alternatives: list[Move], demand: Demand, proposal: Proposal[Any]) -> Move | None:
    """The move that is taken; None if a condition cannot be asked about such a demand."""
    for move in alternatives:
        try:
            if move.to is not BACK and (move.when is None or move.when(demand, proposal)):
                return move
        except Exception:  # what a community's condition may raise is not known
            return None
    return None


def _objects(rule: Any, demand: Demand, proposal: Proposal[Any]) -> bool:
    try:
        return rule(demand, proposal) is not None
    except Exception:  # nor what its rule may
        return False
