"""How often a demand can go round: the declared conditions are asked about one that went round very often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from itertools import islice, product
from typing import Any
from uuid import UUID

from demandflow.domain.checks.samples import THEN, WHO, Grades, variants
from demandflow.domain.checks.ways import Spot, Step, closure, tried_together
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.facts import Fact, Noted
from demandflow.domain.moves import BACK, NEW_ROUND, Move, Proposal, State, sources
from demandflow.domain.values import Actor
from demandflow.errors import Defect, InvalidValue, brief
from demandflow.inputs.texts import is_name

OFTEN, MANY = 1_000_000, 1_000
"""A round beyond every bound, and more than anybody keeps."""
LATE = THEN + timedelta(days=3650)
CONTRACTS = tuple((n, f"contractor {n}") for n in range(MANY))
WORKERS = frozenset(f"worker {n}" for n in range(MANY))
STANDINGS = ((True, False), (True, True), (False, False), (False, True))
"""Audited or not, taken over or not."""


def unbounded_rework(
    states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step], grades: Grades
) -> Iterator[Defect]:
    """Moves by which a demand can go round for ever: asked about its millionth round, they still send it back."""
    for name, source, role, these in _rework(states, moves):
        # what was taken over once may not be taken over again and again, if it comes back here at all
        twice = any("taken_over" in move.meanings and _comes_back(str(move.to), source, moves, steps) for move in these)
        for fact in _variants(these[0].fact, grades):
            if _goes_round(these, source, role, fact, twice):
                says = f"move {name!r} from {source!r} sends a demand back however often it went round"
                example = f"as with {fact!r}, in its {OFTEN:,}th round"
                remedy = "before it, write one on a condition that holds at a bound, leading to whoever takes over"
                remedy += " (for instance when=the_bound_is_reached(3))"
                yield Defect("unbounded", f"{says} ({example})", remedy, (source,), (name,))
                break


def unasked_rework(states: Sequence[State], moves: Sequence[Move], grades: Grades) -> Iterator[Defect]:
    """Rework of which it cannot be told whether it has a bound: no fact is known to ask its conditions about."""
    told = set()
    for name, source, role, these in _rework(states, moves):
        late = [_demand(source, OFTEN, *standing) for standing in STANDINGS]
        proposals = [_proposal(these, role, fact, LATE) for fact in _variants(these[0].fact, grades)]
        answers = (_taken(these, demand, proposal) for demand, proposal in product(late, proposals))
        if not any(answers) and (name, source) not in told:
            told.add((name, source))
            says = f"whether move {name!r} from {source!r} sends demands round for ever cannot be told"
            why = f"no sample of {these[0].fact.__name__} is known that its conditions can be asked about"
            yield Defect("unasked", f"{says}: {why}", "test it: check(workflow, facts=…)", (source,), (name,))


def _rework(states: Sequence[State], moves: Sequence[Move]) -> Iterator[tuple[str, str, str, list[Move]]]:
    """The moves of one name from one open state for one role, where some begin another round."""
    ended = {state.name for state in states if state.ended_as is not None}
    for name, source, role, these in _once_for_all_roles(states, moves):
        again = any({"reworked", "taken_over"} & set(move.meanings) for move in these)
        if again and is_name(role) and source not in ended:
            yield name, source, role, these


def wrong_answers(states: Sequence[State], moves: Sequence[Move], grades: Grades) -> Iterator[Defect]:
    """Rules that, asked about a sample, answer with no sentence: most likely conditions."""
    for move, rule, answer in _answers(states, moves, grades, lambda move: move.rules):
        if answer is not None and not isinstance(answer, str):
            says = f"rule {_name(rule)} of move {move.name!r} answered {brief(answer)}"
            remedy = "let it return its objection or None; what says True or False is a condition: when="
            yield Defect("answer", says, remedy, (), (move.name,))


def odd_answers(states: Sequence[State], moves: Sequence[Move], grades: Grades) -> Iterator[Defect]:
    """Conditions that, asked about a sample, say neither True nor False: maybe rules."""
    for move, condition, answer in _answers(states, moves, grades, lambda move: (move.when,) if move.when else ()):
        if not isinstance(answer, bool):
            says = f"condition {_name(condition)} of move {move.name!r} answered {brief(answer)}"
            remedy = "let it return True or False; what returns an objection or None is a rule: rules="
            yield Defect("answer", says, remedy, (), (move.name,))


def _answers(
    states: Sequence[State], moves: Sequence[Move], grades: Grades, functions: Callable[[Move], Sequence[Any]]
) -> Iterator[tuple[Move, Any, Any]]:
    """What these functions of each move answer about a sample; those that raise about it say nothing."""
    for move in moves:
        samples = product(sources(move, states), filter(is_name, move.roles), _variants(move.fact, grades))
        for source, role, fact in islice(samples, 1):
            demand, proposal = _demand(source, 1, *STANDINGS[0]), _proposal([move], role, fact, THEN)
            for function in functions(move):
                with suppress(Exception):  # what a community's function may raise is not known
                    yield move, function, function(demand, proposal)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", repr(function)))


def unspoken_rework(states: Sequence[State], moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Defect]:
    """Moves that send an evaluated demand round again without saying so: no round ends, so nothing bounds them."""
    same_round = [(s.before, s.after) for s in steps if not NEW_ROUND & set(moves[s.move].meanings)]
    ended = {state.name for state in states if state.ended_as is not None}
    told = set()
    for step in steps:
        move, goal = moves[step.move], step.after
        sends_back = "evaluated" in move.meanings and not NEW_ROUND & set(move.meanings)
        if not sends_back or goal.state in (step.before.state, *ended) or (move.name, goal.state) in told:
            continue
        again: set[Spot] = {spot for spot in closure({goal}, same_round) if spot.state == step.before.state}
        if again:
            told.add((move.name, goal.state))
            says = (
                f"move {move.name!r} sends a demand from {step.before.state!r} back to {goal.state!r} in the same round"
            )
            remedy = "let it mean 'reworked', and before it write one on a condition that holds at a bound"
            yield Defect("unbounded", says, remedy, (step.before.state, goal.state), (move.name,))


def _once_for_all_roles(states: Sequence[State], moves: Sequence[Move]) -> Iterator[tuple[str, str, str, list[Move]]]:
    """The moves that are tried together, once where several roles have the same."""
    told: set[tuple[str, str, tuple[int, ...]]] = set()
    for (name, source, role), these in tried_together(states, moves).items():
        key = (name, source, tuple(map(id, these)))
        if source and key not in told:
            told.add(key)
            yield name, source, role, these


@cache
def _variants(kind: type[Fact], grades: Grades) -> tuple[Fact, ...]:
    try:
        return tuple(variants(kind, grades))
    except InvalidValue:
        return ()


def _comes_back(begin: str, source: str, moves: Sequence[Move], steps: Sequence[Step]) -> bool:
    """Whether a demand can come from one state to another without being reopened."""
    arrows = [(s.before.state, s.after.state) for s in steps if "reopened" not in moves[s.move].meanings]
    return source in closure({begin}, arrows)


def _goes_round(these: list[Move], source: str, role: str, fact: Fact, twice: bool) -> bool:
    """Whether the move sends such a demand back in its millionth round, and no rule objects to that very number."""
    for audited, taken_over in STANDINGS:
        late, early = (_demand(source, times, audited, taken_over) for times in (OFTEN, 1))
        proposal = _proposal(these, role, fact, LATE)
        taken = _taken(these, late, proposal)
        means = set() if taken is None else set(taken.meanings)
        if taken is None or not ("reworked" in means or (twice and taken_over and "taken_over" in means)):
            continue
        objections = [rule for rule in taken.rules if _objects(rule, late, proposal)]
        first = _proposal(these, role, fact, THEN)
        if all(_objects(rule, early, first) for rule in objections):
            return True
    return False


def _proposal(these: list[Move], role: str, fact: Fact, at: datetime) -> Proposal[Any]:
    return Proposal(these[0].name, fact, Actor(WHO, role), at)


def _demand(state: str, times: int, audited: bool, taken_over: bool) -> Demand:
    """A demand that stands there for the so-many-th time; of each list that it keeps it has many."""
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


def _taken(these: list[Move], demand: Demand, proposal: Proposal[Any]) -> Move | None:
    """The move that is taken; None if a condition cannot be asked about such a demand."""
    for move in these:
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
