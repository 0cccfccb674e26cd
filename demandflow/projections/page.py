"""What a page of the log comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.projections.entries import Booking
from demandflow.store.parking import Parking


@dataclass
class Page:
    """What a page of the log comes to.

    `demands` are those that it touched, as they stand after it; `moved` are those that entered another state, as they
    stood then, in the order of the page. So many `began`.
    """

    demands: dict[UUID, Demand] = field(default_factory=dict)
    moved: list[Demand] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    parked: list[Parking] = field(default_factory=list)
    began: int = 0
