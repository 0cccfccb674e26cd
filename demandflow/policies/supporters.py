"""Those who support a demand are told when it moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Notified
from demandflow.domain.workflow import Workflow
from demandflow.policies.parameters import check_name
from demandflow.policies.policy import PolicyContext, Reaction, Timer
from demandflow.policies.turns import may_record

SUPPORTER = "supporter"
"""In which part supporters are given notice: it is not their own demand."""


@dataclass(frozen=True)
class TellSupporters:
    """Those who support a demand get one notice each when it comes to another state, an end too (`moved`: the state).

    Who supported it only afterwards is not told of that change, nor is who took their support back. Where policies run
    rarely, only the newest change is told; of a log that is older than the policy, that of each demand. Where nobody
    can support (`closed_loop(…, support=True)` lets them), it does nothing. Raises InvalidValue.
    """

    name: str = "tell_supporters"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (Notified,)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """As soon as it has come to its state, if there is somebody to be told."""
        if self.on and demand.since is not None and _to_be_told(demand) and may_record(workflow, demand, Notified):
            yield Timer(demand.since, f"moved by event {demand.state_from}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """A notice for each of them."""
        if timer in self.timers(demand, context.workflow(demand)):
            for who in _to_be_told(demand):
                yield Reaction(Notified(to=SUPPORTER, kind="moved", what=demand.state, whom=who))


def _to_be_told(demand: Demand) -> list[str]:
    """Who supported the demand already when it came to its state, and still does."""
    supporters = zip(demand.supporters, demand.supporters_from, strict=True)
    return [who for who, version in supporters if version < demand.state_from]
