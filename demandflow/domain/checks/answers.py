"""What rules and conditions answer when they are asked about a sample: a sentence, or yes and no."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, product
from typing import Any

from demandflow.domain.checks.bounds import STANDINGS, sample_demand, sample_proposal, variants_of
from demandflow.domain.checks.samples import THEN, Grades
from demandflow.domain.moves import Move, State, sources
from demandflow.errors import Defect, brief
from demandflow.inputs.texts import is_name


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
        samples = product(sources(move, states), filter(is_name, move.roles), variants_of(move.fact, grades))
        for source, role, fact in islice(samples, 1):
            demand, proposal = sample_demand(source, 1, *STANDINGS[0]), sample_proposal([move], role, fact, THEN)
            for function in functions(move):
                with suppress(Exception):  # what a community's function may raise is not known
                    yield move, function, function(demand, proposal)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", repr(function)))
