"""Activities as an iCalendar feed, to which residents subscribe."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from demandflow.domain.values import Place
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of, zone_of

PRODUCT = "-//demandflow//activities//EN"
CANCELLED = "cancelled"


class AnActivity(Protocol):
    """Whatever has a title, a place and a time, and is known in versions; `recorded` is when it last changed."""

    @property
    def id(self) -> UUID | str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def place(self) -> str | None: ...  # noqa: D102
    @property
    def starts(self) -> datetime | None: ...  # noqa: D102
    @property
    def minutes(self) -> int: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def recorded(self) -> datetime | None: ...  # noqa: D102


def as_icalendar(activities: Iterable[AnActivity], zone: str = "UTC") -> bytes:
    """The activities as an iCalendar file (RFC 5545), by their beginning: the same bytes whenever they are the same.

    Each keeps its id as UID, and its version as SEQUENCE, so that calendars replace what they have; one that is
    `cancelled` has that STATUS, since one that only vanishes stays in calendars. Moments are in UTC; `zone` is the
    community's, in which calendars that know X-WR-TIMEZONE show them. What has no beginning yet is left out. DTSTAMP
    is the last change, as section 3.8.7.2 says of files without METHOD. Raises InvalidValue; needs `icalendar`.
    """
    try:
        import icalendar
    except ImportError:
        raise ImportError("this needs icalendar: pip install 'demandflow[calendars]'") from None
    calendar = icalendar.Calendar()
    for name, value in (("PRODID", PRODUCT), ("VERSION", "2.0"), ("X-WR-TIMEZONE", zone_of(zone).key)):
        calendar.add(name, value)
    timed = [
        (one.starts, str(one.id), one) for one in each_of("activities", activities, "(an activity,)") if one.starts
    ]
    if twice := len(timed) - len({id for _, id, _ in timed}):  # noqa: A001
        raise InvalidValue("activities", f"must be listed once each; {brief(twice)} are listed again")
    for starts, uid, activity in sorted(timed, key=lambda activity: activity[:2]):
        event = icalendar.Event()
        event.add("UID", uid)
        event.add("DTSTAMP", _whole_seconds(activity.recorded or starts))
        event.add("DTSTART", _whole_seconds(starts))
        if activity.minutes:
            event.add("DTEND", _whole_seconds(starts) + timedelta(minutes=activity.minutes))
        event.add("SUMMARY", activity.title)
        if activity.place is not None:
            event.add("LOCATION", ", ".join(reversed(Place(activity.place).names)))
        event.add("STATUS", "CANCELLED" if activity.state == CANCELLED else "CONFIRMED")
        event.add("SEQUENCE", activity.version)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _whole_seconds(moment: datetime) -> datetime:
    """The moment in UTC, as iCalendar knows moments."""
    return moment.astimezone(UTC).replace(microsecond=0)
