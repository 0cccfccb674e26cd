"""A community's own policy, for histories: it proposes two things at once, is refused, and sometimes fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, Noted
from demandflow.domain.workflow import Workflow
from demandflow.policies.policy import PolicyContext, Reaction, Timer

AFTER = timedelta(hours=1)
SEVENTH, FIFTH = 7, 5
CONTRACTOR = "chen"
THOUGHT, CORRELATION = "a thought", "thoughts"


@dataclass(frozen=True)
class Whims:
    """An hour after a demand came to its state, it is noted what its lead has in hand, and it is Chen's if rules allow.

    It cannot say when it acts at every seventh event, nor what it then wants at every fifth.
    """

    name: str = "whims"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (Noted, ContractedOut)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """Once in each state of a round; in an ended one as well."""
        if demand.version % SEVENTH == 0:
            raise ValueError("a seventh event")
        assert demand.since is not None
        yield Timer(demand.since + AFTER, cause_of(demand))

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The note, and the contract."""
        if demand.version % FIFTH == 0:
            raise ValueError("a fifth event")
        yield Reaction(Noted(text=f"{THOUGHT}: {context.load(demand.lead or CONTRACTOR)}"), correlation=CORRELATION)
        if demand.stage == "contracting":
            yield Reaction(ContractedOut(contractor=CONTRACTOR))


def cause_of(demand: Demand) -> str:
    """What it names as its cause."""
    return f"{demand.state} in round {demand.round}"
