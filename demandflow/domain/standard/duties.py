"""Separation of duties in the standard workflow: which rule guards which moves, said once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from demandflow.domain.moves import Move, Rule
from demandflow.domain.rules.separations import (
    an_evaluation_is_corrected_by_two,
    nobody_audits_a_demand_they_share,
    nobody_audits_their_own_demand,
    nobody_audits_their_own_work,
    nobody_corrects_the_verdict_on_their_own_work,
    nobody_corrects_who_did_their_own_work,
    nobody_ends_their_own_work,
    nobody_evaluates_their_own_work,
    nobody_extends_their_own_work,
    the_auditor_does_not_do_the_work,
    the_auditor_is_not_the_contractor,
    the_evaluator_is_not_the_contractor,
    who_judged_it_does_not_act_for_the_contractor,
    who_registered_or_told_does_not_speak_for_the_resident,
)
from demandflow.errors import InvalidValue, brief, listed

WORK = ("take_on", "hand_back", "ask_details", "ask_extension", "suspend", "resume", "report")
"""What a contractor's people do, and of some of it others as well."""
AS_THE_RESIDENT = ("give_details", "evaluate", "withdraw", "reopen", "appeal")

SEPARATIONS: Mapping[Rule, tuple[str, ...]] = {
    # who handled it
    nobody_audits_their_own_work: ("accept",),
    nobody_ends_their_own_work: ("refuse", "merge", "withdraw", "miss_callback", "end_notice"),
    nobody_evaluates_their_own_work: ("evaluate",),
    nobody_extends_their_own_work: ("extend",),
    nobody_corrects_the_verdict_on_their_own_work: ("correct",),
    nobody_corrects_who_did_their_own_work: ("correct",),
    # who asked for it
    nobody_audits_their_own_demand: ("accept", "refuse"),
    nobody_audits_a_demand_they_share: ("accept", "refuse"),
    # who audited or evaluated it
    the_auditor_is_not_the_contractor: ("contract_out", "recall", "correct"),
    the_auditor_does_not_do_the_work: ("answer", "report"),
    who_judged_it_does_not_act_for_the_contractor: WORK,
    the_evaluator_is_not_the_contractor: ("contract_out", "recall", "correct"),
    # who wrote it down or told the outcome
    who_registered_or_told_does_not_speak_for_the_resident: AS_THE_RESIDENT,
    an_evaluation_is_corrected_by_two: ("correct",),
}
"""Who may not be who: each separation of duties, with all the moves that it guards, from wherever they lead."""


def guarded(moves: Sequence[Move], without: Iterable[Rule]) -> list[Move]:
    """The moves, each with the separations of duties that guard it, and without the rules that are taken out."""
    if not isinstance(without, Iterable):
        raise InvalidValue("without", f"must be several rules, for instance (rules.…,), got {brief(without)}")
    guarded = []
    for move in moves:
        separations = tuple(rule for rule, guards in SEPARATIONS.items() if move.name in guards)
        guarded.append(replace(move, rules=(*move.rules, *separations)))
    taken_out = {getattr(rule, "__name__", brief(rule)) for rule in without}
    if unknown := taken_out - {rule.__name__ for move in guarded for rule in move.rules}:
        raise InvalidValue("without", f"{listed(sorted(unknown))} is no rule of the closed loop")
    kept = (tuple(rule for rule in move.rules if rule.__name__ not in taken_out) for move in guarded)
    return [replace(move, rules=rules) for move, rules in zip(guarded, kept, strict=True)]
