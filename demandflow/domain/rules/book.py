"""The rule book: one function per business rule. Each returns its objection, or None.

A rule sees the present demand and the proposal; it reads no clock and keeps nothing. A rule with a number in it (a
window, a bound) is made by a function that takes the number. Rules about who may not act are in separations.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.facts import (
    ContractedOut,
    Corrected,
    Evaluated,
    Extended,
    ExtensionAsked,
    FedBack,
    Registered,
    Sorted,
    Suspended,
    Withdrawn,
    correctable,
)
from demandflow.domain.moves import Condition, Proposal, Rule
from demandflow.domain.own_fields import correctable_own
from demandflow.domain.rules.parameters import numbered
from demandflow.domain.rules.separations import *  # noqa: F403
from demandflow.domain.rules.supporting import *  # noqa: F403
from demandflow.domain.values import FeedbackMethod, Role
from demandflow.errors import listed

# times


def times_do_not_run_backwards(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nothing takes effect before what came before it in the same demand."""
    for each in (demand, proposal.other):
        if each is not None and each.last is not None and proposal.at < each.last:
            return f"{_when(proposal.at)} is earlier than what last happened to demand {each.id}, {_when(each.last)}"
    return None


# who may act for whom


def nobody_registers_in_anothers_name(demand: Demand, proposal: Proposal[Registered]) -> str | None:
    """A resident registers for themselves or as somebody's representative; others register for anybody."""
    named = (proposal.fact.resident, proposal.fact.representative)
    if proposal.by.role == Role.RESIDENT and any(named) and proposal.by.id not in named:
        return f"{proposal.by.id} cannot register in the name of {proposal.fact.resident}"
    return None


def a_representative_represents_somebody(demand: Demand, proposal: Proposal[Registered]) -> str | None:
    """Nobody can act for a resident who is not named."""
    if proposal.fact.representative and not proposal.fact.resident:
        return f"{proposal.fact.representative} cannot act for a resident who is not named"
    return None


def a_resident_acts_for_their_own_demand(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Only the resident, or who was registered as acting for them, acts as the resident."""
    if proposal.by.role != Role.RESIDENT:
        return None
    if demand.anonymous:
        return "the demand is anonymous, so nobody can be recognised as its resident"
    if proposal.by.id not in (demand.resident, demand.representative):
        return f"{proposal.by.id} is neither the resident nor registered as acting for them"
    return None


def a_resident_acts_for_a_demand_they_share(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Only the residents of a demand act as its resident: who asked, who shares it, or whose demand was merged in."""
    if proposal.by.role != Role.RESIDENT or proposal.by.id in demand.residents:
        return None
    if not demand.residents:
        return "the demand is anonymous, so nobody can be recognised as its resident"
    return f"{proposal.by.id} neither asked for this nor shares it, nor is registered as acting for who did"


def a_clerk_withdraws_on_the_residents_word(demand: Demand, proposal: Proposal[Withdrawn]) -> str | None:
    """Whoever withdraws a demand for its resident names who asked for it: the resident, or who acts for them."""
    by = proposal.by
    if by.role == Role.RESIDENT:
        return None
    if demand.anonymous:
        return "the demand is anonymous: nobody is known who could withdraw it"
    asked_by = proposal.fact.asked_by
    if asked_by is None or asked_by == by.id or asked_by not in (demand.resident, demand.representative):
        who = "the resident, or who is registered as acting for them"
        return f"say who asked {by.id} to withdraw it (asked_by=…): {who}"
    return None


def a_contractor_acts_on_their_own_work(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Only the lead takes on, reports, suspends or hands back contracted work."""
    if proposal.by.role == Role.CONTRACTOR and not proposal.by.speaks_for(demand.contractor):
        return f"{proposal.by.id} does not speak for the lead contractor, {demand.contractor}"
    return None


def it_passed_the_audit(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nobody reaches contracting without an audit."""
    return None if demand.audited else "it has not passed the audit and cannot be contracted out; report what was done"


# asking and telling


def the_anonymous_cannot_be_asked(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nobody can be asked or called back about an anonymous demand."""
    return "the demand is anonymous: nobody can be asked or called back" if demand.anonymous else None


def the_anonymous_are_told_by_public_notice(demand: Demand, proposal: Proposal[FedBack]) -> str | None:
    """The outcome of an anonymous demand is told by a public notice."""
    if demand.anonymous and proposal.fact.way != FeedbackMethod.PUBLIC_NOTICE:
        return f"the demand is anonymous: tell by {FeedbackMethod.PUBLIC_NOTICE}, not by {proposal.fact.way}"
    return None


def only_the_anonymous_are_closed_by_notice(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A resident who is known is called back."""
    return None if demand.anonymous else f"{demand.resident} is known and is to be called back"


def the_resident_was_told(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A demand is not closed before the resident was told the outcome; the states make sure of that as well."""
    return None if demand.told else "the resident was not told the outcome in this round"


@numbered
def the_notice_period_is_over(days: int) -> Rule:
    """The public notice has hung for so many days (of 24 hours)."""

    def the_notice_period_is_over(demand: Demand, proposal: Proposal[Any]) -> str | None:
        if demand.told_at is not None and proposal.at < (over := demand.told_at + timedelta(days=days)):
            return f"the public notice hangs until {_when(over)}"
        return None

    return the_notice_period_is_over


@numbered
def callbacks_are_spread(hours: int) -> Rule:
    """A resident who could not be reached is not called again at once, but so many hours later at the earliest."""

    def callbacks_are_spread(demand: Demand, proposal: Proposal[Any]) -> str | None:
        if demand.missed_at is not None and proposal.at < (again := demand.missed_at + timedelta(hours=hours)):
            return f"the last call was missed {_when(demand.missed_at)}; call again from {_when(again)} on"
        return None

    return callbacks_are_spread


# sorting, answering, contracting


def sorting_sets_something(demand: Demand, proposal: Proposal[Sorted]) -> str | None:
    """Sorting says at least one of category, place and urgency."""
    fact = proposal.fact
    if fact.category is None and fact.place is None and fact.urgency is None:
        return "sorting sets at least one of category, place and urgency"
    return None


def only_a_first_round_is_answered_at_once(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A demand that came back goes through the audit; otherwise it could go round for ever without one."""
    return None if demand.round == 1 else f"this is round {demand.round}; what came back goes through the audit"


def the_same_contractor_again_needs_a_reason(demand: Demand, proposal: Proposal[ContractedOut]) -> str | None:
    """Giving the work again to the contractor who had it last needs a reason."""
    if proposal.fact.contractor == demand.lead and proposal.fact.reason is None:
        return f"{demand.lead} had it already; to contract it out to them again, give the reason"
    return None


def an_extension_asks_for_later(demand: Demand, proposal: Proposal[ExtensionAsked | Extended]) -> str | None:
    """An extension moves the due moment to a later one."""
    fact = proposal.fact
    wanted = fact.until if isinstance(fact, ExtensionAsked) else fact.due
    now = max(demand.agreed_due or proposal.at, proposal.at)
    return None if wanted > now else f"{_when(wanted)} is no extension; it is not later than {_when(now)}"


def an_extension_is_granted_when_asked(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """The contractor asks, then the dispatcher extends."""
    return None if demand.extension_asked is not None else "no extension was asked for"


def a_suspension_has_a_review_date(demand: Demand, proposal: Proposal[Suspended]) -> str | None:
    """A suspension names the moment at which the demand is looked at again."""
    review = proposal.fact.review
    if review is None:
        return "a suspension says when it is looked at again (review=…)"
    return None if review > proposal.at else f"the review, {_when(review)}, is not after the suspension"


# merging


def the_merge_target_is_open(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A demand is merged into an open one only, so that merges never form a circle."""
    other = proposal.other
    return None if other is not None and other.open else f"demand {proposal.fact.into} is not open"


def a_demand_is_not_merged_into_itself(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A demand is not merged into itself."""
    return f"demand {demand.id} cannot be merged into itself" if proposal.fact.into == demand.id else None


def those_taken_in_are_let_go_first(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A demand into which others were merged is not withdrawn or refused before they are un-merged."""
    if demand.took_in:
        return f"{listed(demand.took_in)} went on in this demand; un-merge first"
    return None


# coming back


@numbered
def the_reopening_window_is_open(days: int) -> Rule:
    """A demand can be reopened for so many days (of 24 hours) after its end."""

    def the_reopening_window_is_open(demand: Demand, proposal: Proposal[Any]) -> str | None:
        if demand.ended is not None and proposal.at > (until := demand.ended + timedelta(days=days)):
            return f"it could be taken up again until {_when(until)}; register a new demand"
        return None

    return the_reopening_window_is_open


# correcting


def a_correction_names_an_earlier_event(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """A correction says which event was wrong."""
    if demand.fact_of(proposal.fact.event) is not None:
        return None
    gone = "".join(f", without {first} to {last}, which went" for first, last in demand.missing)
    return f"there is no event {proposal.fact.event}; this demand has events 1 to {demand.version}{gone}"


def a_correction_replaces_what_the_event_says(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """A correction replaces at least one field, only such as an event of that kind can have, and never a correction."""
    fact, kind = proposal.fact, demand.fact_of(proposal.fact.event)
    if kind is None:
        return None
    possible, wanted = correctable(kind), fact.replaced
    if (wanted or fact.own) and set(wanted) <= set(possible):  # the own ones were read by their class before
        return None
    possible += tuple([f"own {name}" for name in correctable_own(kind)])
    return f"event {fact.event} is {kind.__name__}: a correction can replace {listed(possible, 'nothing')} of it"


# conditions: which of several moves of one name


def the_supervisor_had_it_or_the_resident_calls_it_resolved(demand: Demand, proposal: Proposal[Evaluated]) -> bool:
    """The supervisor had taken it over, or the resident calls it resolved, whatever the grade."""
    return demand.taken_over or proposal.fact.resolved


def it_has_not_passed_the_audit(demand: Demand, proposal: Proposal[Any]) -> bool:
    """It was answered at once, or ended before the audit, or came back to it."""
    return not demand.audited


@numbered
def the_bound_is_reached(rounds: int) -> Condition:
    """It has gone round as often as it may before the supervisor takes over."""

    def the_bound_is_reached(demand: Demand, proposal: Proposal[Any]) -> bool:
        return demand.round >= rounds

    return the_bound_is_reached


@numbered
def it_was_the_last_call(calls: int) -> Condition:
    """So many missed call-backs are enough."""

    def it_was_the_last_call(demand: Demand, proposal: Proposal[Any]) -> bool:
        return demand.missed_callbacks + 1 >= calls

    return it_was_the_last_call


def it_hangs_on_the_wall(demand: Demand, proposal: Proposal[FedBack]) -> bool:
    """A public notice tells, but does not ask."""
    return proposal.fact.way == FeedbackMethod.PUBLIC_NOTICE


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
