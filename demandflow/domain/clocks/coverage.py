"""Calendars that end soon, so that somebody can add the next year in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.ends import CalendarEnds
from demandflow.calendars.spans import Span
from demandflow.domain.workflow import Workflow

NOTICE = timedelta(days=90)
"""How long before its end a calendar is reported: the days off of a year are published at the end of the last."""


def calendar_ends(
    workflows: Iterable[Workflow], others: Iterable[tuple[str, Calendar]], now: datetime
) -> Iterator[CalendarEnds]:
    """The calendars that have ended or end soon, each once, with the clocks and policies that use them.

    Clocks that count no working time need no days; calendars without sources know every year.
    """
    users: dict[Calendar, list[str]] = {}
    for workflow in workflows:
        for clock in workflow.clocks:
            if any(Span.of(limit.span).unit.counts_working_time for limit in clock.limits):
                users.setdefault(clock.calendar, []).append(f"clock {clock.name} of {workflow.key}")
    for name, calendar in others:
        users.setdefault(calendar, []).append(f"policy {name}")
    for calendar, names in users.items():
        today = now.astimezone(ZoneInfo(calendar.zone)).date()
        until = calendar.covered_until(today)
        if until is None or until - today < NOTICE:
            yield CalendarEnds(calendar.name, tuple(dict.fromkeys(names)), until, today)
