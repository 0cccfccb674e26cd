"""The standard rules and conditions once more, by name: whether each objects, or holds; its words are not told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.facts import ContractedOut, Evaluated, ExtensionAsked, Registered, Reported, Sorted
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Actor

P = Proposal[Any]
RULE_BOOK = "demandflow.domain.rules."
NOTICE = "public_notice"

# who is who


def is_one_of(by: Actor, *names: str | None) -> bool:
    """Whether that is the actor, or the unit that they act for."""
    return by.id in names or (by.unit is not None and by.unit in names)


def handled(d: Demand) -> set[str]:
    """All who were ever given the work, or did some."""
    return {*d.workers, *(name for _, name in d.contracts)}


def residents(d: Demand) -> set[str | None]:
    """All whose demand it is."""
    return {d.resident, d.representative, *d.shared_with, *(name for _, name in d.joined)} - {None}


def had_a_part(d: Demand) -> set[str | None]:
    """All who had anything to do with it."""
    return {*handled(d), *d.clerks, *d.evaluators, *residents(d)}


def verdict(d: Demand, p: P) -> bool:
    """Whether a correction is of the verdict, or of what else was said with it."""
    with_it = p.fact.own and issubclass(corrected(d, p) or object, (Reported, Evaluated))
    return bool(with_it) or (p.fact.resolved, p.fact.grade, p.fact.scores) != (None, None, None)


def given_to(p: P) -> set[str | None]:
    """Who is given the work, or is said to have had it."""
    return {p.fact.contractor, *((p.fact.co_handlers or ()) if isinstance(p.fact, ContractedOut) else ())}


# what a correction is about

CORRECTABLE: dict[type, set[str]] = {
    Registered: {"category", "place", "channel"},
    Sorted: {"category", "place"},
    ContractedOut: {"contractor"},
    Reported: {"resolved"},
    Evaluated: {"resolved", "grade", "scores"},
}


def corrected(d: Demand, p: P) -> type | None:
    """The kind of the event that is corrected."""
    return d.facts[p.fact.event - 1] if 1 <= p.fact.event <= d.version else None


def corrects_what_it_says(d: Demand, p: P) -> bool:
    """Whether a correction replaces something that the event says, and nothing else."""
    kind = corrected(d, p)
    if kind is None:
        return True
    possible: set[str] = {name for one, names in CORRECTABLE.items() if issubclass(kind, one) for name in names}
    said = {name: getattr(p.fact, name) for name in type(p.fact).model_fields}
    wanted = {name for name, value in said.items() if value is not None} - {"event", "reason", "confirmed_by"}
    return wanted != set() and wanted - {"own"} <= possible


def confirmed(d: Demand, p: P) -> bool:
    """Whether somebody else confirms it who may: the resident, or another who had no part in it."""
    whose = (residents(d) - {*d.clerks, *handled(d)}) | {d.resident}
    word = p.fact.confirmed_by
    return word is not None and not is_one_of(p.by, word) and (word in whose or word not in had_a_part(d))


def later_due(d: Demand, p: P) -> bool:
    """Whether an extension moves the due moment that there is: of clocks that take one, else of the demand."""
    clocks = [c.due for c in d.clocks if c.extensible and c.status in ("running", "paused") and c.due is not None]
    now = max(clocks) if clocks else d.due
    wanted = p.fact.until if isinstance(p.fact, ExtensionAsked) else p.fact.due
    return all(wanted > at for at in (now, p.at) if at is not None)


def lasts(d: Demand, p: P) -> list[Any]:
    """When something last happened to the demands that it is about."""
    return [one.last for one in (d, p.other) if one is not None and one.last is not None]


OBJECTS: dict[str, Callable[[Demand, P], Any]] = {
    "times_do_not_run_backwards": lambda d, p: any(p.at < at for at in lasts(d, p)),
    # who may act for whom
    "nobody_registers_in_anothers_name": lambda d, p: (
        p.by.role == "resident"
        and (p.fact.resident or p.fact.representative)
        and p.by.id not in (p.fact.resident, p.fact.representative)
    ),
    "a_representative_represents_somebody": lambda d, p: p.fact.representative and not p.fact.resident,
    "a_resident_acts_for_their_own_demand": lambda d, p: (
        p.by.role == "resident" and (d.resident is None or p.by.id not in (d.resident, d.representative))
    ),
    "a_resident_acts_for_a_demand_they_share": lambda d, p: p.by.role == "resident" and p.by.id not in residents(d),
    "a_clerk_withdraws_on_the_residents_word": lambda d, p: (
        p.by.role != "resident"
        and (
            d.resident is None
            or p.fact.asked_by in (None, p.by.id)
            or p.fact.asked_by not in (d.resident, d.representative)
        )
    ),
    "a_contractor_acts_on_their_own_work": lambda d, p: p.by.role == "contractor" and not is_one_of(p.by, d.contractor),
    "it_passed_the_audit": lambda d, p: not d.audited,
    # asking and telling
    "the_anonymous_cannot_be_asked": lambda d, p: d.resident is None,
    "the_anonymous_are_told_by_public_notice": lambda d, p: d.resident is None and p.fact.way != NOTICE,
    "only_the_anonymous_are_closed_by_notice": lambda d, p: d.resident is not None,
    "the_resident_was_told": lambda d, p: d.told_at is None,
    # sorting, answering, contracting
    "sorting_sets_something": lambda d, p: (p.fact.category, p.fact.place, p.fact.urgency) == (None, None, None),
    "only_a_first_round_is_answered_at_once": lambda d, p: d.round > 1,
    "the_same_contractor_again_needs_a_reason": lambda d, p: p.fact.contractor == d.lead and p.fact.reason is None,
    "an_extension_asks_for_later": lambda d, p: not later_due(d, p),
    "an_extension_is_granted_when_asked": lambda d, p: d.extension_asked is None,
    "a_suspension_has_a_review_date": lambda d, p: p.fact.review is None or p.fact.review <= p.at,
    # merging
    "the_merge_target_is_open": lambda d, p: p.other is None or p.other.ended_as is not None,
    "a_demand_is_not_merged_into_itself": lambda d, p: p.fact.into == d.id,
    "those_taken_in_are_let_go_first": lambda d, p: d.took_in,
    # correcting
    "a_correction_names_an_earlier_event": lambda d, p: corrected(d, p) is None,
    "a_correction_replaces_what_the_event_says": lambda d, p: not corrects_what_it_says(d, p),
    # supporting
    "a_resident_supports_for_themselves": lambda d, p: p.by.role == "resident" and p.by.id != p.fact.who,
    "nobody_supports_their_own_demand": lambda d, p: p.fact.who in residents(d),
    "nobody_supports_twice": lambda d, p: p.fact.who in d.supporters,
    "only_a_supporter_takes_support_back": lambda d, p: p.fact.who not in d.supporters,
    # separation of duties
    "nobody_audits_their_own_work": lambda d, p: is_one_of(p.by, *handled(d)),
    "nobody_evaluates_their_own_work": lambda d, p: is_one_of(p.by, *handled(d)) or p.fact.written_by in handled(d),
    "nobody_ends_their_own_work": lambda d, p: (
        is_one_of(p.by, *handled(d)) and (p.by.role, p.by.id) != ("resident", d.resident)
    ),
    "nobody_extends_their_own_work": lambda d, p: is_one_of(p.by, *handled(d)),
    "nobody_corrects_the_verdict_on_their_own_work": lambda d, p: verdict(d, p) and is_one_of(p.by, *handled(d)),
    "nobody_corrects_who_did_their_own_work": lambda d, p: (
        p.fact.contractor is not None and is_one_of(p.by, p.fact.contractor, *handled(d))
    ),
    "nobody_audits_their_own_demand": lambda d, p: p.by.id in (d.resident, d.representative),
    "nobody_audits_a_demand_they_share": lambda d, p: (
        p.by.id in residents(d) and p.by.id not in (d.resident, d.representative)
    ),
    "the_auditor_is_not_the_contractor": lambda d, p: d.auditors & given_to(p),
    "the_auditor_does_not_do_the_work": lambda d, p: p.by.id in d.auditors,
    "who_judged_it_does_not_act_for_the_contractor": lambda d, p: (
        p.by.id in {*d.auditors, *d.evaluators} and is_one_of(p.by, d.contractor, *d.co_handlers)
    ),
    "the_evaluator_is_not_the_contractor": lambda d, p: d.evaluators & given_to(p),
    "who_registered_or_told_does_not_speak_for_the_resident": lambda d, p: (
        p.by.role == "resident" and p.by.id != d.resident and p.by.id in d.clerks
    ),
    "an_evaluation_is_corrected_by_two": lambda d, p: (
        verdict(d, p)
        and issubclass(corrected(d, p) or object, Evaluated)
        and (is_one_of(p.by, *had_a_part(d)) or not confirmed(d, p))
    ),
}

WITH_A_NUMBER: dict[str, Callable[[Demand, P, int], Any]] = {
    "the_notice_period_is_over": lambda d, p, n: d.told_at is not None and p.at - d.told_at < timedelta(days=n),
    "callbacks_are_spread": lambda d, p, n: d.missed_at is not None and p.at - d.missed_at < timedelta(hours=n),
    "the_reopening_window_is_open": lambda d, p, n: d.ended is not None and p.at - d.ended > timedelta(days=n),
}

HOLDS: dict[str, Callable[[Demand, P, int], Any]] = {
    "the_supervisor_had_it_or_the_resident_calls_it_resolved": lambda d, p, _: d.taken_over or p.fact.resolved,
    "it_has_not_passed_the_audit": lambda d, p, _: not d.audited,
    "the_bound_is_reached": lambda d, p, n: d.round >= n,
    "it_was_the_last_call": lambda d, p, n: d.missed_callbacks + 1 >= n,
    "it_hangs_on_the_wall": lambda d, p, _: p.fact.way == NOTICE,
}
"""Conditions."""


def again(function: Callable[..., Any]) -> Callable[[Demand, P], Any]:
    """The rule or condition as it is written here, if it is one of the standard ones; else itself."""
    if not getattr(function, "__module__", "").startswith(RULE_BOOK):
        return function
    name, number = function.__name__, next(iter(getattr(function, "made_with", {}).values()), 0)
    if name in HOLDS:
        return lambda d, p: bool(HOLDS[name](d, p, number))
    if name in WITH_A_NUMBER:
        return lambda d, p: "no" if WITH_A_NUMBER[name](d, p, number) else None
    return lambda d, p: "no" if OBJECTS[name](d, p) else None
