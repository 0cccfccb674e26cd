"""Supporting a demand that is somebody else's: two of the commands, for any workflow that has the moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Supported, SupportEnded
from demandflow.recording.command import How


class Supporting:
    """What others than its residents can do with a demand; see Commands for what each takes and raises."""

    _act: Callable[..., Demand]

    def support(self, demand_id: UUID, who: str, **how: Unpack[How]) -> Demand:
        """Want the same ("me too"), once each: `who` is told what becomes of it as well.

        A resident supports in their own name, a grid administrator writes it down for anybody; nobody supports their
        own demand. For workflows that have the move: `closed_loop("ours", support=True)`, or the moves SUPPORT.
        """
        return self._act(demand_id, "support", Supported(who=who), how)

    def end_support(self, demand_id: UUID, who: str, **how: Unpack[How]) -> Demand:
        """Take support back, also when the demand has ended."""
        return self._act(demand_id, "end_support", SupportEnded(who=who), how)
