"""Days and moments that are asked about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from demandflow.county.streams_asked import StreamsAsked
from demandflow.inputs.moments import moment
from demandflow.projections.figures.periods import Period, as_day


def moment_of(flow: StreamsAsked, on: date | datetime | str | None) -> datetime:
    """The moment that is given, the last one of a day in the community's zone, or the present one. InvalidValue."""
    if on is None:
        return flow.now()
    if isinstance(on, datetime):
        return moment(on, "on")
    day = as_day(on, "on")
    return Period(day, day).moments(ZoneInfo(flow.zone))[1].astimezone(UTC) - datetime.resolution
