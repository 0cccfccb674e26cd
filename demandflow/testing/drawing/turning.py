"""Moments at which something turns: deadlines, ends of periods and of days, changes of the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from demandflow.domain.demand import Demand
from demandflow.domain.stream import Stream
from demandflow.testing.model.world import World

US, HOUR, DAY, NO_TIME = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1), timedelta(0)
MOMENTS = ("received", "since", "last", "due", "review", "ended", "told_at", "missed_at", "extension_asked", "next_due")
"""The moments of a demand."""


def moments(world: World) -> list[datetime]:
    """Those of all demands, the next changes of the clock, now, and where the days of all of these begin and end."""
    found = [world.clock.now, *changes_of_the_clock(world.zone.key, world.clock.now.date())]
    days = declared_days(world)
    for demand in world.streams.values():
        found += turning(demand, days)
    dates = dict.fromkeys(world.day(at) + DAY * more for at in found for more in (0, 1))
    return [*found, *(midnight(day, world.zone) for day in dates)]


def turning(demand: Stream, days: Iterable[int]) -> list[datetime]:
    """The moments at which something turns for the demand: its own, those of its clocks, the ends of its periods."""
    found = [getattr(demand, name, None) for name in MOMENTS]
    own = [getattr(demand, name) for name in demand.__struct_fields__ if name not in Demand.__struct_fields__]
    found += [value for value in own if isinstance(value, datetime)]
    for clock in demand.clocks:
        found += [clock.began, clock.since, clock.due, clock.known_due, *(at for pause in clock.pauses for at in pause)]
    found += [
        at + DAY * number
        for at in (demand.ended, getattr(demand, "told_at", None))
        if at is not None
        for number in days
    ]
    return list(dict.fromkeys(at for at in found if at is not None))


def dues(stream: Stream) -> list[datetime]:
    """All its due moments."""
    return [due for due in (stream.due, *(clock.due for clock in stream.clocks)) if due is not None]


def declared_days(world: World) -> tuple[int, ...]:
    """The numbers that the workflow's rules are made with, as days."""
    rules = (rule for move in world.workflow.moves for rule in move.rules)
    return tuple(dict.fromkeys(number for rule in rules for number in getattr(rule, "made_with", {}).values()))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=256)
def changes_of_the_clock(zone: str, day: date, days: int = 60) -> tuple[datetime, ...]:
    """The hours after this day in which clocks change where the community is."""
    start, where = midnight(day, ZoneInfo("UTC")), ZoneInfo(zone)

    def changes(at: datetime, step: timedelta) -> bool:
        return at.astimezone(where).utcoffset() != (at + step).astimezone(where).utcoffset()

    on = (start + DAY * number for number in range(days))
    hours = (day + HOUR * number for day in on if changes(day, DAY) for number in range(24))
    return tuple(at + HOUR for at in hours if changes(at, HOUR))
