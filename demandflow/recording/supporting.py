"""Supporting a demand that is somebody else's, for any workflow that has the moves; and who is to be told of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Supported, SupportEnded
from demandflow.recording.command import How, as_id
from demandflow.recording.handling import CommandHandler


class Supporting:
    """What others than its residents can do with a demand; see Commands for what each takes and raises."""

    _act: Callable[..., Demand]
    _handler: CommandHandler

    def support(self, demand_id: UUID, who: str, **how: Unpack[How]) -> Demand:
        """Want the same ("me too"), once each: `who` is told what becomes of it as well.

        A resident supports in their own name, a grid administrator writes it down for anybody; nobody supports their
        own demand. For workflows that have the move: `closed_loop("ours", support=True)`, or the moves SUPPORT.
        """
        return self._act(demand_id, "support", Supported(who=who), how)

    def end_support(self, demand_id: UUID, who: str, **how: Unpack[How]) -> Demand:
        """Take support back, also when the demand has ended."""
        return self._act(demand_id, "end_support", SupportEnded(who=who), how)

    def to_be_told(self, demand_id: UUID) -> tuple[Demand, ...]:
        """All demands merged into the demand, and into those, at any depth: who is to be told of it as well.

        `demand.to_be_told` names the people of each: its residents, and those who support it. Raises DemandNotFound.
        """
        merged: list[Demand] = []
        waiting = list(reversed(self._handler.demands.demand(as_id(demand_id)).took_in))
        while waiting:
            merged.append(self._handler.demands.demand(waiting.pop()))
            waiting += reversed(merged[-1].took_in)
        return tuple(merged)
