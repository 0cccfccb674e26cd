"""What the county's workflows of demands share: the moves that are possible everywhere, and a rule."""

from __future__ import annotations

from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.moves import Move, Proposal
from demandflow.domain.standard.closed_loop import CLOSED_LOOP

_NAMES = ("escalate", "correct", "move_over", "notify", "note")
EVERYWHERE: tuple[Move, ...] = tuple(move for move in CLOSED_LOOP.moves if move.name in _NAMES)
"""The closed loop's own moves that leave a demand where it is, with the rules that guard them there."""


def who_asked_for_it_does_not_do_it(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Whoever the demand is for does not do the work: they are the ones who say afterwards whether it was done."""
    if proposal.by.id in demand.residents:
        return f"{proposal.by.id} is to say whether it was done, and cannot also do it"
    return None
