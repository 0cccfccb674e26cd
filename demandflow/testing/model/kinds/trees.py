"""The trees of the kit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.values import Actor
from demandflow.testing.beside import Planted, Watered


def tree(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """The sort that was planted, all the water, and who gave it."""
    planted = [fact.sort for fact, _, _ in told if isinstance(fact, Planted)]
    watered = [(fact.litres, by.id) for fact, _, by in told if isinstance(fact, Watered)]
    return {
        "sort": planted[-1],
        "litres": sum(litres for litres, _ in watered),
        "gardeners": tuple(who for _, who in watered),
    }
