"""What a reader that follows the log needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.store.mapper import Unreadable

Row = tuple[int, Event | Unreadable]
"""A position in the log, and the event there."""


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


class DemandSource(Source, Protocol):
    """What a reader needs of a log that it reads demand by demand, too."""

    @property
    def zone(self) -> str:
        """The time zone of the log's days."""

    def number_missing(self) -> int:
        """How many events are missing, by decision."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events. Raises if some of them are missing, or cannot be read."""

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        """The first events of several demands, each up to a version; all must be before a position.

        Without demands of which events are missing, or come later.
        """

    def comes_later(self, demand: UUID, version: int, position: int) -> bool:
        """Whether an event of the demand that is earlier than this version has a later position."""

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[Row], str]:
        """All events of the next demands up to a position, about so many, and the last of these demands."""

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """The rows without a demand, up to a position."""
