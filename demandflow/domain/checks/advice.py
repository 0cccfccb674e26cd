"""What could be better in a workflow without defects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from demandflow.domain.checks.answers import odd_answers
from demandflow.domain.checks.bounds import unasked_rework
from demandflow.domain.checks.defects import SAYS
from demandflow.domain.checks.paths import leaving
from demandflow.domain.checks.separation import unseparated
from demandflow.domain.checks.spelling import one_letter_apart
from demandflow.domain.checks.steady import unsteady
from demandflow.domain.moves import STAY, Move, State
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.errors import Defect, listed


def advice_for(states: Sequence[State], moves: Sequence[Move], grades: GradeScale = FIVE_GRADES) -> Iterator[Defect]:
    """What could be better in a workflow without defects."""
    yield from unasked_rework(states, moves, grades.words)
    yield from odd_answers(states, moves, grades.words)
    yield from unseparated(states, moves, grades.words)
    yield from unsteady(moves)
    from_state = leaving(states, moves)
    for state in states:
        leading_on = [moves[number] for number in from_state[state.name] if moves[number].to is not STAY]
        may = {role for move in leading_on for role in move.roles}
        if state.ended_as is None and state.owner not in may:
            says = f"state {state.name!r} waits for {state.owner}, who has no move that leads on"
            remedy = f"give {state.owner} one, or make {listed(sorted(may))} the owner"
            yield Defect("idle-owner", says, remedy, (state.name,))
    for move in moves:
        for meaning, (kind, _) in SAYS.items():
            if issubclass(move.fact, kind) and meaning not in move.meanings:
                says = f"move {move.name!r} records {move.fact.__name__}, but does not mean {meaning!r}"
                remedy = f"say means={meaning!r}; else neither the figures nor the check of feedback know of it"
                yield Defect("unmeant", says, remedy, (), (move.name,))
    roles = sorted({role for move in moves for role in move.roles} | {s.owner for s in states if s.owner is not None})
    for role, other in combinations(roles, 2):
        if one_letter_apart(role, other):
            names = tuple(move.name for move in moves if {role, other} & set(move.roles))
            yield Defect("alike", f"roles {role!r} and {other!r} look alike", "use one word for one role", (), names)
