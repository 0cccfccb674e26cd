"""What happened to a demand, as lines that people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any

from demandflow.domain.events import Event
from demandflow.domain.facts import UnknownFact


@dataclass(frozen=True)
class HistoryLine:
    """One event: when (in the community's zone), who, in which role, which move, to which state, and the details."""

    version: int
    at: datetime
    who: str
    role: str
    move: str
    state: str
    said: str

    @property
    def summary(self) -> str:
        """Who did what, in a few words."""
        return f"{self.who} ({self.role}) {self.move} → {self.state}"

    def __str__(self) -> str:
        return f"{self.version:>3}  {self.at:%Y-%m-%d %H:%M}  {self.summary}  {self.said}".rstrip()


def line_of(event: Event, zone: tzinfo = UTC) -> HistoryLine:
    """The event as a line of its demand's history, with its moments in this zone."""
    fact, meta = event.fact, event.meta
    fields = {"topic": fact.topic} if isinstance(fact, UnknownFact) else fact.__dict__
    details = ", ".join(f"{name}: {_shown(value, zone)}" for name, value in fields.items() if value is not None)
    return HistoryLine(
        event.version,
        meta.happened.astimezone(zone),
        meta.actor.id,
        meta.actor.role,
        event.stamp.move,
        event.stamp.state,
        details,
    )


def _shown(value: Any, zone: tzinfo) -> str:
    match value:
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case tuple():
            return ", ".join(map(str, value))
        case _:
            lines = " ⏎ ".join(str(value).splitlines())
            return "".join(letter if letter.isprintable() else "�" for letter in lines)
