"""Patrols: what a grid administrator finds on a round, until somebody else has seen on site that it is in order."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from demandflow.domain.county.common import EVERYWHERE
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, HandedBack, Refused, Registered, Reported, TakenOn
from demandflow.domain.moves import START, Move, Proposal, State
from demandflow.domain.rules.book import (
    a_contractor_acts_on_their_own_work,
    nobody_ends_their_own_work,
    the_bound_is_reached,
    the_same_contractor_again_needs_a_reason,
    times_do_not_run_backwards,
)
from demandflow.domain.values import Channel, Role, Stage, Text, Word
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue

ADMINISTRATOR, DISPATCHER = Role.GRID_ADMINISTRATOR, Role.DISPATCHER
CONTRACTOR, SUPERVISOR = Role.CONTRACTOR, Role.SUPERVISOR
CONTRACTING = (ADMINISTRATOR, DISPATCHER, Role.POLICY)
ON_PATROL = Channel("patrol")
"""The channel of everything that is found on a round."""


class Finding(Word):
    """What is found on a round."""

    __slots__ = ()
    WHAT = "finding"
    DISPUTE: ClassVar[Finding]
    HAZARD: ClassVar[Finding]


Finding.USUAL = Finding.DISPUTE, Finding.HAZARD = Finding("dispute"), Finding("hazard")


def _by_patrol(channel: Channel) -> Channel:
    if channel != ON_PATROL:
        raise InvalidValue("channel", f"what is found on a round comes by {ON_PATROL}, not by {channel}; leave it out")
    return channel


# The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.


class Found(Registered):
    """A grid administrator found a dispute, a hazard or something else on a round."""

    TOPIC: ClassVar[str] = "patrol.found"
    what: Finding
    channel: Annotated[Channel, AfterValidator(_by_patrol)] = ON_PATROL


class Checked(Fact):
    """Somebody else looked on site whether it is in order. It is no evaluation: no resident was asked."""

    TOPIC: ClassVar[str] = "patrol.checked"
    in_order: bool
    words: Text | None = None


def another_person_checks(demand: Demand, proposal: Proposal[Checked]) -> str | None:
    """Who found it or handled it does not check it on site."""
    if proposal.by.speaks_for(*demand.handlers):
        return f"{proposal.by.id} handled this and cannot also check it on site"
    if proposal.by.id in demand.clerks:
        return f"{proposal.by.id} found this and cannot also check it on site"
    return None


def it_is_in_order(demand: Demand, proposal: Proposal[Checked]) -> bool:
    """The check found it in order."""
    return proposal.fact.in_order


def the_supervisor_had_it(demand: Demand, proposal: Proposal[Any]) -> bool:
    """The supervisor had taken it over, so that nobody is left who could."""
    return demand.taken_over


def patrol(name: str = "patrol", version: int = 1, *, bound: int = 3) -> Workflow:
    """What was found on a round is handled on the spot or contracted out, and checked on site by another person.

    What is not in order goes round again; after `bound` rounds the supervisor takes over, and what is not in order
    after that either ends as unsettled. Raises InvalidValue for a number below 1.
    """
    in_order, own_work = times_do_not_run_backwards, a_contractor_acts_on_their_own_work
    working, contracting = (in_order, own_work), (in_order, the_same_contractor_again_needs_a_reason)
    checkers, checking = (ADMINISTRATOR, SUPERVISOR), (in_order, another_person_checks)
    # fmt: off
    return Workflow(
        name, version,
        states=(
            State("found", waits_for=Stage.CONTRACTING, owner=ADMINISTRATOR),
            State("contracted_out", waits_for=Stage.CONTRACTING, owner=CONTRACTOR),
            State("in_hand", waits_for=Stage.FEEDBACK, owner=CONTRACTOR),
            State("handled", waits_for=Stage.AUDIT, owner=ADMINISTRATOR),
            State("with_supervisor", waits_for=Stage.CONTRACTING, owner=SUPERVISOR),
            State("closed", waits_for=Stage.ENDED, ended_as="closed"),
            State("unsettled", waits_for=Stage.ENDED, ended_as="closed"),
            State("refused", waits_for=Stage.ENDED, ended_as="refused"),
        ),
        moves=(
            # name, what happened, from, to, by whom
            Move("find", Found, START, "found", ADMINISTRATOR),
            Move("handle", Reported, "found", "handled", ADMINISTRATOR, means="reported", rules=(in_order,)),
            Move("handle", Reported, "with_supervisor", "handled", SUPERVISOR, means="reported", rules=(in_order,)),
            Move("contract_out", ContractedOut, "found", "contracted_out", CONTRACTING,
                 means="contracted_out", rules=contracting),
            Move("contract_out", ContractedOut, "with_supervisor", "contracted_out", SUPERVISOR,
                 means="contracted_out", rules=contracting),
            Move("take_on", TakenOn, "contracted_out", "in_hand", CONTRACTOR, means="taken_on", rules=working),
            Move("hand_back", HandedBack, ("contracted_out", "in_hand"), "with_supervisor", CONTRACTOR,
                 when=the_supervisor_had_it, means="handed_back", rules=working),
            Move("hand_back", HandedBack, ("contracted_out", "in_hand"), "found", CONTRACTOR,
                 means="handed_back", rules=working),
            Move("report", Reported, "in_hand", "handled", CONTRACTOR, means="reported", rules=working),

            # on site: in order, or round again, or to the supervisor, or nobody is left who could
            Move("check", Checked, "handled", "closed", checkers, when=it_is_in_order, rules=checking),
            Move("check", Checked, "handled", "unsettled", checkers, when=the_supervisor_had_it, rules=checking),
            Move("check", Checked, "handled", "with_supervisor", checkers, when=the_bound_is_reached(bound),
                 means="taken_over", rules=checking),
            Move("check", Checked, "handled", "found", checkers, means="reworked", rules=checking),

            Move("refuse", Refused, ("found", "with_supervisor"), "refused", SUPERVISOR,
                 rules=(in_order, nobody_ends_their_own_work)),
            *EVERYWHERE,
        ),
        tells_nobody=True,
    )
    # fmt: on


PATROL = patrol()
"""Found on a round, handled, and checked on site by another person."""
