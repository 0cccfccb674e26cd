"""What the county's questions need of a log that is open: `DemandFlow` has it all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from demandflow.domain.fact import Fact
from demandflow.domain.stream import Stream
from demandflow.projections.figures.by import FiguresBy

S = TypeVar("S", bound=Stream)


class Flow(Protocol):
    """An open log: what is read of it, and how something is recorded in it."""

    @property
    def zone(self) -> str:
        """The community's time zone."""

    def now(self) -> datetime:
        """The present moment."""

    def stream(self, kind: type[S], stream_id: UUID) -> S:
        """The stream of this kind."""

    def streams(self, kind: type[S]) -> tuple[S, ...]:
        """All streams of this kind."""

    def id_of_stream(self, kind: type[Stream], key: str) -> UUID:
        """The id of the stream of this kind that is known by a word."""

    def figures_by(self, dimension: str, /, *, level: int | Mapping[str, int] = 1) -> FiguresBy[str]:
        """The figures along a dimension."""

    def start(self, fact: Fact, *, workflow: str | None = None, of: type[S], **how: Any) -> S:
        """Begin a stream of this kind."""

    def act(self, demand_id: UUID, move: str, fact: Fact, *, of: type[S], **how: Any) -> S:
        """Make a move of a stream of this kind."""
