"""Separation of duties: who handled a demand and may then evaluate it, and who audited it and may then handle it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from demandflow.domain.checks.bounds import sample_demand, sample_proposal, variants_of
from demandflow.domain.checks.samples import THEN, WHO, Grades
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, Evaluated
from demandflow.domain.moves import Move, Proposal, State, sources
from demandflow.domain.values import Role
from demandflow.errors import Defect, InvalidValue, listed

HANDLING = frozenset({"taken_on", "reported"})
GIVEN: dict[str, Any] = {"contractor": WHO, "lead": WHO}
HANDLED: dict[str, Any] = {**GIVEN, "contracts": ((1, WHO),), "workers": frozenset({WHO})}
"""What is known of a demand once the sample person was given the work, and once they did it."""


def unseparated(states: Sequence[State], moves: Sequence[Move], grades: Grades) -> Iterator[Defect]:
    """Moves by which one person may do what is for two, where the work is given to somebody or roles do both."""
    contracts = [move for move in moves if issubclass(move.fact, ContractedOut)]
    working = [move for move in moves if HANDLING & set(move.meanings)]
    handlers = {role for move in working for role in move.roles}
    for move in moves:
        both = [role for role in move.roles if role in handlers or contracts]
        if "evaluated" not in move.meanings or not issubclass(move.fact, Evaluated):
            continue
        handled = [as_if(demand, **HANDLED) for demand in _demands(move, states)]
        if free := [role for role in both if _lets_through(move, role, handled, variants_of(move.fact, grades))]:
            says = f"who handled a demand may evaluate it by move {move.name!r}, as {listed(free)}: no rule objects"
            remedy = "let a rule object, for instance nobody_evaluates_their_own_work"
            yield Defect("separation", says, remedy, (), (move.name,))
    if any("accepted" in move.meanings for move in moves) and not any(
        _objects_to_the_auditor(m, states) for m in working
    ):
        for move in contracts:
            if any(_lets_through(move, role, _audited(move, states), _given_to_them(move)) for role in move.roles):
                says = f"who audited a demand may be given the work by move {move.name!r}, and do it: no rule objects"
                remedy = "let a rule object, for instance the_auditor_is_not_the_contractor"
                yield Defect("separation", says, remedy, (), (move.name,))


def _demands(move: Move, states: Sequence[State]) -> list[Demand]:
    return [sample_demand(source, 1, True, taken_over=False) for source in sources(move, states) if source]


def _audited(move: Move, states: Sequence[State], auditor: str = WHO, **more: Any) -> list[Demand]:
    """Demands that were audited by the very person who is then to handle them, and who is not their resident."""
    return [as_if(one, resident=None, auditors=frozenset({auditor}), **more) for one in _demands(move, states)]


def _given_to_them(move: Move) -> Iterator[Fact]:
    for fact in variants_of(move.fact, ()):
        try:
            yield type(fact)(**{**fact.__dict__, "contractor": WHO})
        except InvalidValue:
            continue


def _objects_to_the_auditor(move: Move, states: Sequence[State]) -> bool:
    """Whether a rule of this move objects to the auditor, and to nobody else."""
    facts = variants_of(move.fact, ())
    roles = [role for role in move.roles if role != Role.POLICY]
    others, theirs = (_audited(move, states, who, **GIVEN) for who in ("another", WHO))
    free = [role for role in roles if _lets_through(move, role, others, facts)]
    return any(not _lets_through(move, role, theirs, facts) for role in free)


def _lets_through(move: Move, role: str, demands: Iterable[Demand], facts: Iterable[Fact]) -> bool:
    """Whether no rule of the move objects to the sample person about some such demand and some such fact."""
    proposals = [sample_proposal([move], role, fact, THEN) for fact in facts]
    return any(
        not any(_objects(rule, demand, proposal) for rule in move.rules)
        for demand, proposal in product(demands, proposals)
    )


def _objects(rule: Any, demand: Demand, proposal: Proposal[Any]) -> bool:
    try:
        return rule(demand, proposal) is not None
    except Exception:  # what a community's rule may raise is not known
        return True
