"""Random walks of a demand by a handful of people who act in every role: so that one meets oneself in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from demandflow import Actor, Demand, DemandFlowError, Proposal, Role, Workflow
from demandflow.domain.decide import decide
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import OTHER_SIDES, Merged, MovedOver, Unmerged
from demandflow.facts import Escalated, Fact, Noted, Notified, Refused, Withdrawn
from demandflow.testing.drawing.choosing import MOST, Surroundings, fact_of
from tests.stories import T0, A, B

NAMES = ("Anna", "chen", "li", "sun")
UNITS = (None, "chen", "水电队")
LEFT_OUT = (*OTHER_SIDES, Merged, MovedOver, Unmerged)
SELDOM = (Escalated, Noted, Notified, Refused, Withdrawn)
WAITS = (timedelta(hours=1), timedelta(days=1), timedelta(days=8))


@dataclass(frozen=True)
class Attempt:
    """What somebody tried, on what, and what came of it: the demand after it, or why not."""

    before: Demand
    proposal: Proposal[Any]
    after: Demand | DemandFlowError

    @property
    def accepted(self) -> Demand | None:
        return self.after if isinstance(self.after, Demand) else None


def anybody(dice: Random, role: str, demand: Demand) -> Actor:
    """One of the people in this role: more often than not the one whose work or demand it is."""
    name, unit = dice.choice(NAMES), dice.choice(UNITS)
    if role == Role.RESIDENT and demand.resident is not None and dice.random() < 0.6:
        name = demand.resident
    if role == Role.CONTRACTOR and demand.contractor is not None and dice.random() < 0.8:
        unit = demand.contractor
    return Actor(name, role, unit)


def some_fact(dice: Random, kind: type[Fact], demand: Demand, at: Any) -> Any:
    """A fact of this class; those that name people name these."""
    fact = fact_of(kind, dice.randrange(MOST), Surroundings(demand, (B,), at))
    named = {"resident", "representative", "contractor", "written_by", "confirmed_by", "asked_by"}
    changed: dict[str, Any] = {}
    for name in sorted(named & kind.model_fields.keys()):
        if getattr(fact, name) is not None and dice.random() < 0.7:
            changed[name] = dice.choice((*NAMES, *UNITS[1:]) if name == "contractor" else NAMES)
    if "shared_with" in kind.model_fields and dice.random() < 0.3:
        changed["shared_with"] = (dice.choice(NAMES),)
    return kind(**{**fact.__dict__, **changed})


def walk(workflow: Workflow, seed: int, steps: int = 60) -> Iterator[Attempt]:
    """Steps, rather such as lead on, each tried by somebody whose role may; and what came of it."""
    dice, demand, now = Random(seed), Demand(A), T0
    for _ in range(steps):
        now += dice.choice(WAITS)
        rows = [rows for rows in workflow.moves_from(demand.state).values() if rows[0].move.fact not in LEFT_OUT]
        weights = [1 if issubclass(row[0].move.fact, SELDOM) else 8 for row in rows]
        move = dice.choices(rows, weights)[0][0].move
        by, fact = anybody(dice, dice.choice(move.roles), demand), some_fact(dice, move.fact, demand, now)
        proposal = Proposal(move.name, fact, by, now)
        attempt = Attempt(demand, proposal, tried(workflow, demand, proposal))
        yield attempt
        demand = attempt.accepted or demand


def tried(workflow: Workflow, demand: Demand, proposal: Proposal[Any]) -> Demand | DemandFlowError:
    """The demand after it, or why not."""
    try:
        return evolve(demand, decide(workflow, demand, proposal))
    except DemandFlowError as refusal:
        return refusal
