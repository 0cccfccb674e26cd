"""A town's own workflow: permits for street parties, with the advice of two offices, in whichever order it comes."""

from __future__ import annotations

from typing import Any, ClassVar

from demandflow import START, STAY, WHILE_OPEN, Demand, Move, Proposal, Stage, State, Workflow, rules
from demandflow.facts import Evaluated, Fact, FedBack, Noted, Registered, Reported, Withdrawn


class PartyPlanned(Registered):
    """Neighbours want to close a street for a day."""

    TOPIC: ClassVar[str] = "town.party_planned"
    guests: int


class Advised(Fact):
    """An office said what it thinks of it."""

    TOPIC: ClassVar[str] = "town.advised"
    office: str
    objects: bool


def somebody_answers_for_the_party(demand: Demand, proposal: Proposal[PartyPlanned]) -> str | None:
    """Without a name nobody could call it off, or say afterwards how it was: it would never come to an end."""
    return "say who plans the party (resident=…)" if proposal.fact.resident is None else None


def nobody_decides_on_their_own_party(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """A clerk who lives in the street does not decide."""
    return f"{proposal.by.id} asked for this party" if proposal.by.id == demand.resident else None


def it_is_small(demand: Demand, proposal: Proposal[PartyPlanned]) -> bool:
    """A few tables need no advice."""
    return proposal.fact.guests <= 20


def it_is_granted(demand: Demand, proposal: Proposal[Reported]) -> bool:
    """The clerk says yes."""
    return proposal.fact.resolved


NAMED = (somebody_answers_for_the_party,)
IN_ORDER, OWN = rules.times_do_not_run_backwards, rules.a_resident_acts_for_their_own_demand


def street_party(*deciding: Any) -> Workflow:
    """The permit, with the rules that guard the decision."""
    # fmt: off
    return Workflow(
        "street-party", version=1,
        states=[
            State("advice wanted", Stage.AUDIT, owner="fire office"),
            State("fire office asked", Stage.AUDIT, owner="fire office"),
            State("road office asked", Stage.AUDIT, owner="road office"),
            State("to decide", Stage.FEEDBACK, owner="clerk"),
            State("decided", Stage.FEEDBACK, owner="clerk"),
            State("party over", Stage.EVALUATION, owner="resident"),
            State("closed", Stage.ENDED, ended_as="closed"),
            State("not granted", Stage.ENDED, ended_as="refused"),
            State("called off", Stage.ENDED, ended_as="withdrawn"),
        ],
        moves=[
            Move("plan", PartyPlanned, START, "to decide", "resident", when=it_is_small, rules=NAMED),
            Move("plan", PartyPlanned, START, "advice wanted", "resident", rules=NAMED),
            Move("fire advice", Advised, "advice wanted", "road office asked", "fire office", rules=(IN_ORDER,)),
            Move("road advice", Advised, "advice wanted", "fire office asked", "road office", rules=(IN_ORDER,)),
            Move("fire advice", Advised, "fire office asked", "to decide", "fire office", rules=(IN_ORDER,)),
            Move("road advice", Advised, "road office asked", "to decide", "road office", rules=(IN_ORDER,)),
            Move("decide", Reported, "to decide", "decided", "clerk", when=it_is_granted, means="reported",
                 rules=(IN_ORDER, *deciding)),
            Move("decide", Reported, "to decide", "not granted", "clerk", means="reported",
                 rules=(IN_ORDER, *deciding)),
            Move("send", FedBack, "decided", "party over", "clerk", means=("told", "asked"), rules=(IN_ORDER,)),
            Move("thank", Evaluated, "party over", "closed", "resident", means="evaluated", rules=(IN_ORDER, OWN)),
            Move("call off", Withdrawn, WHILE_OPEN, "called off", "resident", rules=(IN_ORDER, OWN)),
            Move("note", Noted, WHILE_OPEN, STAY, ("clerk", "resident"), rules=(IN_ORDER,)),
        ],
    )
    # fmt: on


STREET_PARTY = street_party(nobody_decides_on_their_own_party)
WITHOUT_THE_RULE = street_party()
"""The same, with a rule forgotten: what the tests beside this file are there to notice."""
