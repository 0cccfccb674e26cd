"""Commitments: what a member or a team promises residents by a date, until they have said whether it was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from demandflow.calendars.calendar import Calendar
from demandflow.domain.clocks.clock import Clock, Limits
from demandflow.domain.clocks.states import MET
from demandflow.domain.county.common import EVERYWHERE, who_asked_for_it_does_not_do_it
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import (
    ContractedOut,
    Corrected,
    Evaluated,
    Refused,
    Registered,
    Reported,
    Stepped,
    Withdrawn,
)
from demandflow.domain.moves import START, STAY, Condition, Move, Proposal, State
from demandflow.domain.rules.book import (
    a_representative_represents_somebody,
    a_resident_acts_for_a_demand_they_share,
    nobody_audits_a_demand_they_share,
    nobody_audits_their_own_demand,
    nobody_evaluates_their_own_work,
    the_auditor_does_not_do_the_work,
    the_resident_was_told,
    times_do_not_run_backwards,
    who_registered_or_told_does_not_speak_for_the_resident,
)
from demandflow.domain.rules.parameters import numbered
from demandflow.domain.values import Moment, Name, Role, Stage, Text
from demandflow.domain.workflow import Workflow

RESIDENT, CLERK, AUDITOR, POLICY = Role.RESIDENT, Role.GRID_ADMINISTRATOR, Role.AUDITOR, Role.POLICY
PROMISER = Role.CONTRACTOR
"""Who promised acts as the contractor of it."""
PROMISE = "promise"
"""The clock that runs until it is claimed that the promise was kept, and is due on the date that was promised."""
EVERY_DAY = Calendar.of("every day", zone="Asia/Shanghai", hours="Mon-Sun 00:00-24:00")


# The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.


class Promised(Registered):
    """A member or a team promised residents so much of something by a date; `resident` is to whom."""

    TOPIC: ClassVar[str] = "commitment.promised"
    promiser: Name
    measure: Text
    target: Annotated[int, Field(ge=1)]
    due: Moment


class Progressed(Fact):
    """Who promised says how much is done by now, and what shows it."""

    TOPIC: ClassVar[str] = "commitment.progressed"
    done: Annotated[int, Field(ge=0)]
    evidence: Text


class Judged(Evaluated):
    """Those it was promised to said whether it was kept; `due` says until when it can still be made good."""

    TOPIC: ClassVar[str] = "commitment.judged"
    due: Moment | None = None


# promising and publishing


def somebody_is_promised_something(demand: Demand, proposal: Proposal[Promised]) -> str | None:
    """A promise is made to somebody else, who can say whether it was kept."""
    fact = proposal.fact
    if fact.resident is None:
        return "say to whom it is promised (resident=…)"
    if fact.promiser in (fact.resident, fact.representative, *(fact.shared_with or ())):
        return f"{fact.promiser} cannot promise this to themselves"
    return None


def nobody_promises_for_another(demand: Demand, proposal: Proposal[Promised]) -> str | None:
    """People promise for themselves or their team; a clerk writes down what others promised."""
    by, promiser = proposal.by, proposal.fact.promiser
    return f"{by.id} cannot promise for {promiser}" if by.role == PROMISER and not by.speaks_for(promiser) else None


def the_date_is_to_come(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nothing is promised, or published as a promise, for a date that has passed."""
    date = proposal.fact.due if isinstance(proposal.fact, Promised) else date_of(demand)
    return None if date is None or proposal.at < date else f"it was to be kept by {_said(date)}, which has passed"


def nobody_audits_their_own_promise(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who promised does not check the promise."""
    if proposal.by.speaks_for(_promiser(demand)):
        return f"{proposal.by.id} promised this and cannot also check it"
    return None


def it_is_given_to_who_promised(demand: Demand, proposal: Proposal[ContractedOut]) -> str | None:
    """A promise is published as that of who made it, and of nobody else."""
    fact, promiser = proposal.fact, _promiser(demand)
    if fact.contractor != promiser or fact.co_handlers:
        return f"this is the promise of {promiser}, and of nobody else"
    return None


def it_stays_with_who_promised(demand: Demand, proposal: Proposal[Corrected]) -> str | None:
    """No correction makes it somebody else's promise."""
    promiser, fact = _promiser(demand), proposal.fact
    named = (fact.contractor, dict(fact.own or ()).get("promiser"))
    return None if all(name in (None, promiser) for name in named) else f"this is the promise of {promiser}"


def the_date_is_not_moved(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nothing extends a promise."""
    return None if proposal.fact.due is None else "the date of a promise is not moved; leave it out (due)"


# keeping and judging


def only_who_promised(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Who promised, or one of their team, reports progress, claims that it was kept, or withdraws it."""
    promiser = _promiser(demand)
    return None if proposal.by.speaks_for(promiser) else f"{proposal.by.id} does not speak for {promiser}, who promised"


def a_claim_says_that_it_was_kept(demand: Demand, proposal: Proposal[Reported]) -> str | None:
    """What is not done is not claimed."""
    return None if proposal.fact.resolved else "a claim says that it was kept (resolved=True); progress is no claim"


def it_can_be_made_good_until_its_date(demand: Demand, proposal: Proposal[Judged]) -> str | None:
    """Whoever does not confirm it while there is time left says until when it can be made good: its date."""
    if proposal.fact.due != (date := date_of(demand)):
        return f"it can be made good until {_said(date)}; say so (due=…)"
    return None


def the_date_has_passed(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A promise is broken once its date has passed, and not before."""
    date = date_of(demand)
    return f"it can be kept until {_said(date)}" if date is None or proposal.at <= date else None


def it_is_withdrawn_in_time(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """What was published and not kept is not withdrawn afterwards."""
    date = date_of(demand)
    if demand.contractor is not None and date is not None and proposal.at > date:
        return f"it was to be kept by {_said(date)}; what was not kept cannot be withdrawn"
    return None


def a_withdrawal_says_why(demand: Demand, proposal: Proposal[Withdrawn]) -> str | None:
    """Who takes a promise back gives the reason."""
    return "say why it is withdrawn (reason=…)" if proposal.fact.reason is None else None


# conditions: which of several moves of one name


def it_was_claimed_in_time(demand: Demand, proposal: Proposal[Judged]) -> bool:
    """They confirm it, and it was claimed by its date, however late they confirm it."""
    clock = demand.clock(PROMISE)
    return proposal.fact.resolved and clock is not None and clock.status == MET


def it_is_confirmed(demand: Demand, proposal: Proposal[Judged]) -> bool:
    """They confirm it."""
    return proposal.fact.resolved


@numbered
def no_time_is_left(claims: int) -> Condition:
    """Its date has passed, or it was claimed in vain so many times."""

    def no_time_is_left(demand: Demand, proposal: Proposal[Any]) -> bool:
        date = date_of(demand)
        return demand.round >= claims or date is None or proposal.at >= date

    return no_time_is_left


def date_of(demand: Demand) -> datetime | None:
    """The date by which it was promised."""
    clock = demand.clock(PROMISE)
    return None if clock is None else clock.due


def _promiser(demand: Demand) -> str | None:
    promiser: str | None = demand.attributes.get("promiser")
    return promiser


def _said(date: datetime | None) -> str:
    return "a date that nobody knows" if date is None else f"{date:%Y-%m-%d %H:%M} UTC"


def commitment(
    name: str = "commitment",
    version: int = 1,
    *,
    claims: int = 3,
    confirm: Limits = "30 calendar days",
    calendar: Calendar = EVERY_DAY,
) -> Workflow:
    """A promise to residents is checked, published and claimed; they say if it was kept: kept, late, broken.

    Whether it was in time is told by when it was claimed. What is not confirmed while time is left is published again,
    until it was claimed in vain `claims` times. `confirm` is how long they have, in the `calendar`. Raises
    InvalidValue for a number below 1, and for a limit that is none.
    """
    in_order = times_do_not_run_backwards
    promising = (
        *(somebody_is_promised_something, a_representative_represents_somebody),
        *(nobody_promises_for_another, the_date_is_to_come),
    )
    auditing = (
        *(in_order, nobody_audits_their_own_promise),
        *(nobody_audits_their_own_demand, nobody_audits_a_demand_they_share),
    )
    working = (in_order, only_who_promised, the_auditor_does_not_do_the_work, who_asked_for_it_does_not_do_it)
    judging = (
        *(in_order, a_resident_acts_for_a_demand_they_share, the_resident_was_told),
        *(nobody_evaluates_their_own_work, who_registered_or_told_does_not_speak_for_the_resident),
    )
    ending = (*judging, the_date_is_not_moved)
    # fmt: off
    return Workflow(
        name, version,
        states=(
            State("registered", waits_for=Stage.AUDIT, owner=AUDITOR),
            State("published", waits_for=Stage.FEEDBACK, owner=PROMISER),
            State("claimed", waits_for=Stage.EVALUATION, owner=RESIDENT),
            State("kept", waits_for=Stage.ENDED, ended_as="closed"),
            State("late", waits_for=Stage.ENDED, ended_as="closed"),
            State("broken", waits_for=Stage.ENDED, ended_as="closed"),
            State("refused", waits_for=Stage.ENDED, ended_as="refused"),
            State("withdrawn", waits_for=Stage.ENDED, ended_as="withdrawn"),
        ),
        moves=(
            # name, what happened, from, to, by whom
            Move("promise", Promised, START, "registered", (PROMISER, CLERK), rules=promising),
            Move("publish", ContractedOut, "registered", "published", AUDITOR, means=("accepted", "contracted_out"),
                 rules=(*auditing, it_is_given_to_who_promised, the_date_is_not_moved, the_date_is_to_come)),
            Move("refuse", Refused, "registered", "refused", AUDITOR, rules=auditing),
            Move("progress", Progressed, "published", STAY, PROMISER, rules=working),
            Move("claim", Reported, "published", "claimed", PROMISER, means=("reported", "told", "asked"),
                 rules=(*working, a_claim_says_that_it_was_kept)),

            # those it was promised to have the last word
            Move("confirm", Judged, "claimed", "kept", RESIDENT, when=it_was_claimed_in_time,
                 means="evaluated", rules=ending),
            Move("confirm", Judged, "claimed", "late", RESIDENT, when=it_is_confirmed,
                 means="evaluated", rules=ending),
            Move("confirm", Judged, "claimed", "broken", RESIDENT, when=no_time_is_left(claims),
                 means="evaluated", rules=ending),
            Move("confirm", Judged, "claimed", "published", RESIDENT, means=("evaluated", "reworked"),
                 rules=(*judging, it_can_be_made_good_until_its_date)),

            # the other ends
            Move("lapse", Stepped, "published", "broken", (AUDITOR, POLICY), rules=(in_order, the_date_has_passed)),
            Move("withdraw", Withdrawn, ("registered", "published"), "withdrawn", PROMISER,
                 rules=(in_order, only_who_promised, a_withdrawal_says_why, it_is_withdrawn_in_time)),
            *(replace(move, rules=(*move.rules, it_stays_with_who_promised)) if move.fact is Corrected else move
              for move in EVERYWHERE),
        ),
        clocks=(
            Clock(PROMISE, ("registered", "published"), "365 calendar days", calendar, extensible=True),
            Clock("confirm", "claimed", confirm, calendar),
        ),
    )
    # fmt: on


COMMITMENT = commitment()
"""A promise to residents, by a date."""
