"""Reports to home organisations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.values import Actor

SAID = ("report", "home", "period", "zone", "position", "layout", "digest")


def home_report(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """A report is as it was made."""
    fact = told[-1][0]
    return {name: getattr(fact, name) for name in SAID}
