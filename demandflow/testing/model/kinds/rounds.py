"""Rounds: as each was recorded, and put right since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.grid.rounds import Walked
from demandflow.domain.values import Actor

SAID = {"grid": "grid", "began": "since", "until": "until", "minutes": "minutes", "demands": "demands"}
BEGIN: dict[str, Any] = {"demands": ()}


def round_walked(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """Each field as it was said last; what was found is counted, or as many as the demands that are named."""
    facts = [fact for fact, _, _ in told]
    found: dict[str, Any] = {}
    for name, field in SAID.items():
        said = [getattr(fact, field) for fact in facts]
        found[name] = next((value for value in reversed(said) if value is not None), BEGIN.get(name))
    counted = [
        fact.found if fact.found is not None else len(fact.demands)
        for fact in facts
        if fact.found is not None or fact.demands is not None
    ]
    took_place = [getattr(fact, "took_place", None) for fact in facts]
    return {
        **found,
        "who": next(by.id for fact, _, by in reversed(told) if isinstance(fact, Walked)),
        "found": counted[-1] if counted else 0,
        "took_place": next((so for so in reversed(took_place) if so is not None), True),
    }
