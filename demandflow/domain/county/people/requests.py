"""Requests: you order, I serve. A resident asks for a volunteer, who takes it on or passes it on."""

from __future__ import annotations

from typing import Any, ClassVar

from demandflow.domain.county.common import EVERYWHERE, who_asked_for_it_does_not_do_it
from demandflow.domain.county.field_types import Minutes
from demandflow.domain.demand import Demand
from demandflow.domain.facts import (
    CallbackMissed,
    ContractedOut,
    Evaluated,
    HandedBack,
    Refused,
    Registered,
    Reported,
    TakenOn,
    Withdrawn,
)
from demandflow.domain.moves import START, STAY, Move, Proposal, Rule, State
from demandflow.domain.rules.book import (
    a_clerk_withdraws_on_the_residents_word,
    a_contractor_acts_on_their_own_work,
    a_representative_represents_somebody,
    a_resident_acts_for_a_demand_they_share,
    a_resident_acts_for_their_own_demand,
    callbacks_are_spread,
    it_was_the_last_call,
    nobody_ends_their_own_work,
    nobody_evaluates_their_own_work,
    nobody_registers_in_anothers_name,
    the_bound_is_reached,
    the_evaluator_is_not_the_contractor,
    the_resident_was_told,
    the_same_contractor_again_needs_a_reason,
    the_supervisor_had_it_or_the_resident_calls_it_resolved,
    times_do_not_run_backwards,
    who_judged_it_does_not_act_for_the_contractor,
    who_registered_or_told_does_not_speak_for_the_resident,
)
from demandflow.domain.rules.parameters import numbered
from demandflow.domain.values import Moment, Name, Role, Stage
from demandflow.domain.workflow import Workflow

RESIDENT, CLERK, DISPATCHER = Role.RESIDENT, Role.GRID_ADMINISTRATOR, Role.DISPATCHER
VOLUNTEER, SUPERVISOR, POLICY = Role.CONTRACTOR, Role.SUPERVISOR, Role.POLICY
"""A volunteer acts as the contractor of what they were offered."""


# The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.


class Requested(Registered):
    """A resident asked for a volunteer who can do something, maybe at a certain time."""

    TOPIC: ClassVar[str] = "request.requested"
    skill: Name
    starts: Moment | None = None
    ends: Moment | None = None


class Served(Reported):
    """The volunteer says what they did, and how long it took."""

    TOPIC: ClassVar[str] = "request.served"
    minutes: Minutes


def somebody_asks(demand: Demand, proposal: Proposal[Requested]) -> str | None:
    """A volunteer goes to somebody, who says afterwards how it was."""
    return "say who asks for a volunteer (resident=…)" if proposal.fact.resident is None else None


def it_begins_before_it_ends(demand: Demand, proposal: Proposal[Requested]) -> str | None:
    """A time is said from when until when, or not at all."""
    starts, ends = proposal.fact.starts, proposal.fact.ends
    if (starts is None) != (ends is None):
        return "say from when until when (starts=…, ends=…), or neither"
    if starts is not None and ends is not None and starts >= ends:
        return f"it cannot end {ends:%Y-%m-%d %H:%M} UTC: it begins {starts:%Y-%m-%d %H:%M} UTC"
    return None


def it_is_offered_to_somebody_else(demand: Demand, proposal: Proposal[ContractedOut]) -> str | None:
    """Nobody is offered what they asked for themselves."""
    fact = proposal.fact
    for name in (fact.contractor, *(fact.co_handlers or ())):
        if name in demand.residents:
            return f"{name} asked for this and cannot also serve it"
    return None


@numbered
def nobody_is_asked_for_ever(times: int) -> Rule:
    """Once so many have passed it on, it is said that nobody was found."""

    def nobody_is_asked_for_ever(demand: Demand, proposal: Proposal[Any]) -> str | None:
        if demand.handbacks >= times:
            return f"{demand.handbacks} passed it on already; say that nobody was found (give_up)"
        return None

    return nobody_is_asked_for_ever


def the_supervisor_had_it(demand: Demand, proposal: Proposal[Any]) -> bool:
    """The supervisor had taken it over, and goes on looking."""
    return demand.taken_over


def volunteer_request(
    name: str = "volunteer-request", version: int = 1, *, bound: int = 3, offers: int = 10, missed_callbacks: int = 3
) -> Workflow:
    """A resident orders, a volunteer serves: offered, taken on or passed on, served, and evaluated by the resident.

    What is unresolved goes round again; after `bound` rounds the supervisor has it, who looks for somebody once more.
    After `offers` volunteers passed it on nobody is asked any more; after `missed_callbacks` calls in vain, a day
    apart, it is closed as silent. Raises InvalidValue for a number below 1.
    """
    in_order, own_work = times_do_not_run_backwards, a_contractor_acts_on_their_own_work
    resolved, last_call = (
        the_supervisor_had_it_or_the_resident_calls_it_resolved,
        it_was_the_last_call(missed_callbacks),
    )
    requesting = (
        *(nobody_registers_in_anothers_name, a_representative_represents_somebody),
        *(somebody_asks, it_begins_before_it_ends),
    )
    offering = (
        *(in_order, the_same_contractor_again_needs_a_reason, it_is_offered_to_somebody_else),
        *(the_evaluator_is_not_the_contractor, nobody_is_asked_for_ever(offers)),
    )
    working = (in_order, own_work, who_asked_for_it_does_not_do_it, who_judged_it_does_not_act_for_the_contractor)
    evaluating = (
        *(in_order, a_resident_acts_for_a_demand_they_share, the_resident_was_told),
        *(nobody_evaluates_their_own_work, who_registered_or_told_does_not_speak_for_the_resident),
    )
    calling = (in_order, the_resident_was_told, nobody_ends_their_own_work, callbacks_are_spread(24))
    withdrawing = (
        *(in_order, a_resident_acts_for_their_own_demand, a_clerk_withdraws_on_the_residents_word),
        *(nobody_ends_their_own_work, who_registered_or_told_does_not_speak_for_the_resident),
    )
    # fmt: off
    return Workflow(
        name, version,
        states=(
            State("requested", waits_for=Stage.CONTRACTING, owner=DISPATCHER),
            State("offered", waits_for=Stage.CONTRACTING, owner=VOLUNTEER),
            State("taken", waits_for=Stage.FEEDBACK, owner=VOLUNTEER),
            State("served", waits_for=Stage.EVALUATION, owner=RESIDENT),
            State("with_supervisor", waits_for=Stage.CONTRACTING, owner=SUPERVISOR),
            State("closed", waits_for=Stage.ENDED, ended_as="closed"),
            State("nobody_found", waits_for=Stage.ENDED, ended_as="refused"),
            State("withdrawn", waits_for=Stage.ENDED, ended_as="withdrawn"),
        ),
        moves=(
            # name, what happened, from, to, by whom
            Move("request", Requested, START, "requested", (RESIDENT, CLERK), rules=requesting),
            Move("offer", ContractedOut, "requested", "offered", (DISPATCHER, POLICY),
                 means="contracted_out", rules=offering),
            Move("offer", ContractedOut, "with_supervisor", "offered", SUPERVISOR,
                 means="contracted_out", rules=offering),
            Move("take_on", TakenOn, "offered", "taken", VOLUNTEER, means="taken_on", rules=working),
            Move("pass_on", HandedBack, ("offered", "taken"), "with_supervisor", VOLUNTEER,
                 when=the_supervisor_had_it, means="handed_back", rules=working),
            Move("pass_on", HandedBack, ("offered", "taken"), "requested", VOLUNTEER,
                 means="handed_back", rules=working),
            Move("serve", Served, "taken", "served", VOLUNTEER,
                 means=("reported", "told", "asked"), rules=working),

            # the resident has the last word
            Move("evaluate", Evaluated, "served", "closed", RESIDENT, when=resolved,
                 means="evaluated", rules=evaluating),
            Move("evaluate", Evaluated, "served", "with_supervisor", RESIDENT, when=the_bound_is_reached(bound),
                 means=("evaluated", "taken_over"), rules=evaluating),
            Move("evaluate", Evaluated, "served", "requested", RESIDENT,
                 means=("evaluated", "reworked"), rules=evaluating),
            Move("miss_callback", CallbackMissed, "served", "closed", CLERK, when=last_call,
                 means="callback_missed", rules=calling, silent=True),
            Move("miss_callback", CallbackMissed, "served", STAY, CLERK, means="callback_missed", rules=calling),

            # the other ends
            Move("give_up", Refused, "requested", "nobody_found", DISPATCHER,
                 rules=(in_order, nobody_ends_their_own_work)),
            Move("give_up", Refused, "with_supervisor", "nobody_found", SUPERVISOR,
                 rules=(in_order, nobody_ends_their_own_work)),
            Move("withdraw", Withdrawn, ("requested", "offered", "taken", "with_supervisor"), "withdrawn",
                 (RESIDENT, CLERK), rules=withdrawing),
            *EVERYWHERE,
        ),
    )
    # fmt: on


REQUEST = volunteer_request()
"""You order, I serve: a resident's request to a volunteer."""
