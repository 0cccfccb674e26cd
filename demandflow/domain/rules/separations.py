"""Separation of duties: nobody who handled a demand audits it, nobody who audited it handles it, and so on.

Which moves each of them guards is said once: SEPARATIONS in standard/duties.py.
"""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, Corrected, Evaluated, Reported
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Role
from demandflow.errors import listed

__all__ = [
    "an_evaluation_is_corrected_by_two",
    "nobody_audits_a_demand_they_share",
    "nobody_audits_their_own_demand",
    "nobody_audits_their_own_work",
    "nobody_corrects_the_verdict_on_their_own_work",
    "nobody_corrects_who_did_their_own_work",
    "nobody_ends_their_own_work",
    "nobody_evaluates_their_own_work",
    "nobody_extends_their_own_work",
    "the_auditor_does_not_do_the_work",
    "the_auditor_is_not_the_contractor",
    "the_evaluator_is_not_the_contractor",
    "who_judged_it_does_not_act_for_the_contractor",
    "who_registered_or_told_does_not_speak_for_the_resident",
]

# who handled it


def nobody_audits_their_own_work(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who once handled the demand does not audit it."""
    if proposal.by.speaks_for(*demand.handlers):
        return f"{proposal.by.id} handled this demand and cannot also audit it"
    return None


def nobody_evaluates_their_own_work(demand: Demand, proposal: Proposal[Evaluated]) -> str | None:
    """Who handled the demand neither evaluates it nor writes the evaluation down."""
    by = proposal.by
    if by.speaks_for(*demand.handlers):  # before the fact is looked at: it is so whatever the fact says
        return f"{by.id} handled this demand and cannot also evaluate it"
    if (writer := proposal.fact.written_by) in demand.handlers:
        return f"{writer} handled this demand and cannot also evaluate it"
    return None


def nobody_ends_their_own_work(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who handled the demand does not end it without the resident's verdict; the resident may always withdraw it."""
    by = proposal.by
    if by.speaks_for(*demand.handlers) and not (by.role == Role.RESIDENT and by.id == demand.resident):
        return f"{by.id} handled this demand and cannot also end it without the resident's verdict"
    return None


def nobody_extends_their_own_work(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who handled the demand asks for an extension, and does not grant it."""
    if proposal.by.speaks_for(*demand.handlers):
        return f"{proposal.by.id} handled this demand and cannot also grant it a later due moment"
    return None


def nobody_corrects_the_verdict_on_their_own_work(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """Who handled the demand does not correct if it was resolved, how it was graded, or what else was said with it."""
    verdict = _says_the_verdict(demand, proposal.fact)
    if verdict and proposal.by.speaks_for(*demand.handlers):
        return f"{proposal.by.id} handled this demand and cannot correct the verdict on it"
    return None


def nobody_corrects_who_did_their_own_work(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """Neither who handled the demand, nor who would have by the correction, corrects who handled it."""
    contractor = proposal.fact.contractor
    if contractor is not None and proposal.by.speaks_for(contractor, *demand.handlers):
        return f"{proposal.by.id} handled this demand, or would have, and cannot correct who did"
    return None


# who asked for it


def nobody_audits_their_own_demand(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who asked for a demand, or acts for who did, does not audit it."""
    if proposal.by.id in (demand.resident, demand.representative):
        return f"{proposal.by.id} asked for this and cannot also audit it"
    return None


def nobody_audits_a_demand_they_share(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nobody audits a demand that they share, or into which their own demand was merged."""
    if proposal.by.id in demand.residents and proposal.by.id not in (demand.resident, demand.representative):
        return f"{proposal.by.id} shares this demand and cannot also audit it"
    return None


# who audited or evaluated it


def the_auditor_is_not_the_contractor(demand: Demand, proposal: Proposal[ContractedOut | Corrected]) -> str | None:
    """Who audited the demand is not given the work."""
    fact = proposal.fact
    co_handlers = (fact.co_handlers or ()) if isinstance(fact, ContractedOut) else ()
    if both := demand.auditors.intersection((fact.contractor, *co_handlers)):
        return f"{listed(sorted(both))} audited this demand and cannot also handle it"
    return None


def the_auditor_does_not_do_the_work(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who audited a demand does not do the work, not as one of the contractor's people either."""
    if proposal.by.id in demand.auditors:
        return f"{proposal.by.id} audited this demand and cannot also handle it"
    return None


def who_judged_it_does_not_act_for_the_contractor(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who audited the demand, or evaluated it in any round, does nothing that the contractor's people do."""
    by = proposal.by
    if by.id in demand.auditors | demand.evaluators and by.speaks_for(demand.contractor, *demand.co_handlers):
        return f"{by.id} judged this demand and cannot also act for its contractor"
    return None


def the_evaluator_is_not_the_contractor(demand: Demand, proposal: Proposal[ContractedOut | Corrected]) -> str | None:
    """Who evaluated the demand, in any round, is not given the work, and no correction says that they did it."""
    fact = proposal.fact
    co_handlers = (fact.co_handlers or ()) if isinstance(fact, ContractedOut) else ()
    if both := demand.evaluators.intersection((fact.contractor, *co_handlers)):
        handle = "handle it" if isinstance(fact, ContractedOut) else "have handled it"
        return f"{listed(sorted(both))} evaluated this demand and cannot also {handle}"
    return None


# who wrote it down or told the outcome


def who_registered_or_told_does_not_speak_for_the_resident(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who wrote the demand down for the resident, or told them the outcome, does not then answer in their place."""
    by = proposal.by
    if by.role == Role.RESIDENT and by.id != demand.resident and by.id in demand.clerks:
        return f"{by.id} registered this demand or told its outcome and cannot also speak for its resident"
    return None


def an_evaluation_is_corrected_by_two(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """What the resident said is corrected by an outsider, and confirmed by the resident or a second outsider."""
    fact, by = proposal.fact, proposal.by
    verdict = _says_the_verdict(demand, fact)
    kind = demand.fact_of(fact.event)
    if not verdict or kind is None or not issubclass(kind, Evaluated):
        return None
    part = {*demand.handlers, *demand.clerks, *demand.evaluators, *demand.residents}
    if by.speaks_for(*part):
        return f"{by.id} had a part in this demand and cannot correct what its resident said"
    residents = {*demand.residents}.difference(demand.clerks, demand.handlers) | {demand.resident}
    if fact.confirmed_by is None or by.speaks_for(fact.confirmed_by):
        return "what the resident said is corrected on their word or a second person's; say whose (confirmed_by=…)"
    if fact.confirmed_by in part and fact.confirmed_by not in residents:
        return f"{fact.confirmed_by} had a part in this demand and cannot confirm what its resident said"
    return None


def _says_the_verdict(demand: Demand, fact: Corrected) -> bool:
    """Whether it is of the verdict, or of own fields of a report or an evaluation, which belong to it."""
    if fact.own is not None and issubclass(demand.fact_of(fact.event) or Fact, Reported | Evaluated):
        return True
    return fact.resolved is not None or fact.grade is not None or fact.scores is not None
