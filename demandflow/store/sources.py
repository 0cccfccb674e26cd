"""What those who follow the log need of it."""

from __future__ import annotations

from typing import Protocol

from demandflow.domain.events import Event
from demandflow.store.mapper import Unreadable

Row = tuple[int, Event | Unreadable]
"""A position in the log, and what stands there."""


class Source(Protocol):
    """What a cursor needs of a log."""

    @property
    def id(self) -> str:
        """Which log it is."""

    @property
    def path(self) -> str | None:
        """Its file; None in memory."""

    def page(self, after: int, limit: int) -> list[Row]:
        """The next events of all demands, with their positions."""

    def last_position(self) -> int:
        """The position of the newest event; 0 if there is none."""


class SourceByDemand(Source, Protocol):
    """What a cursor needs of a log that it reads demand by demand."""

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[Row], str]:
        """The events up to a position of the next demands, about so many: of each all. And which demand is the last."""
