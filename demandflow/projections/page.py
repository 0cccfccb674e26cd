"""What a page of the log comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.projections.entries import Booking
from demandflow.store.parking import Parking


class Entered(NamedTuple):
    """A demand entered another state by the event of this version, at this moment; whether it ended with that."""

    demand: UUID
    version: int
    state: str
    at: datetime | None
    ended: bool


@dataclass
class Page:
    """What a page of the log comes to.

    `demands` are those that it touched, as they stand after it; `before` those of them that were there before it,
    as they stood; `moved` says which entered another state, in the order of the page.
    """

    demands: dict[UUID, Demand] = field(default_factory=dict)
    before: dict[UUID, Demand] = field(default_factory=dict)
    moved: list[Entered] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    parked: list[Parking] = field(default_factory=list)

    @property
    def began(self) -> int:
        """How many demands began."""
        return len(self.demands) - len(self.before)
