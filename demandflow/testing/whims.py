"""A community's own policy, for histories: it proposes several things at once, is refused, and often fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar, Self

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, Noted
from demandflow.domain.workflow import Workflow
from demandflow.policies.policy import PolicyContext, Reaction, Timer, as_cause
from demandflow.testing.people import CONTRACTORS

AFTER = timedelta(hours=1)
FOURTH, THIRD, LONG = 4, 3, 3
PATIENT = ("contracting", "feedback")
CONTRACTOR = "chen"
THOUGHT, OTHER, CORRELATION = "a thought", "another", "thoughts"


@dataclass(frozen=True)
class Whims:
    """An hour after a demand came to its state, it is noted what all have in hand, and Chen is given the work.

    In a stage for which it has `patience` it waits as long instead.
    It cannot say when it acts at every fourth event, nor what it then wants at every third.
    """

    name: str = "whims"
    on: bool = True
    patience: Mapping[str, timedelta] = field(default_factory=lambda: {PATIENT[0]: 3 * AFTER})
    records: ClassVar[tuple[type[Fact], ...]] = (Noted, ContractedOut)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """Once in each state of a round; in an ended one as well."""
        if demand.version % FOURTH == 0:
            raise ValueError("a fourth event")
        assert demand.since is not None
        yield Timer(demand.since + self.wait(demand), cause_of(demand))

    def wait(self, demand: Demand) -> timedelta:
        """How long it waits in this state."""
        return self.patience.get(demand.stage, AFTER)

    def otherwise(self) -> Self:
        """As long with another stage, for good: who went back before anybody ran it would not be noticed."""
        return replace(self, patience={PATIENT[1]: 3 * AFTER})

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notes, and the contract."""
        if demand.version % THIRD == 0:
            raise ValueError("a third event")
        loads = [context.load(one) for one in (demand.lead or CONTRACTOR, *CONTRACTORS)]
        yield Reaction(Noted(text=f"{THOUGHT}: {loads}"), correlation=CORRELATION)
        yield Reaction(Noted(text=OTHER))
        if demand.stage == "contracting":
            yield Reaction(ContractedOut(contractor=CONTRACTOR))


def cause_of(demand: Demand) -> str:
    """What it names as its cause."""
    return as_cause(f"{demand.state} in round {demand.round}: {str(demand.text) * LONG}")
