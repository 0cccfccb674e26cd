"""What a new version of a workflow changes about its clocks and their calendars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from demandflow.analysis.sentences import changed, more_and_less, named_differences, without
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import single_days
from demandflow.calendars.hours import WEEKDAYS, hours_as_text
from demandflow.domain.clocks.clock import Clock
from demandflow.errors import listed

SHOWN = 5
"""So many days of a calendar that changed are listed, and the number of the others."""


def changed_clocks(old: Sequence[Clock], new: Sequence[Clock]) -> Iterator[str]:
    """A sentence for each clock that is gone, new or changed, then for each calendar that has changed."""
    before, after = ({clock.name: clock for clock in clocks} for clocks in (old, new))
    yield from named_differences("clock", before, after, _described, _changes)
    calendars: dict[tuple[Calendar, Calendar], list[str]] = {}
    for name in after:
        if name in before and before[name].calendar != after[name].calendar:
            calendars.setdefault((before[name].calendar, after[name].calendar), []).append(name)
    for (was, now), names in calendars.items():
        sentences = list(_calendar_changes(was, now)) or ["the same days, said otherwise"]
        yield f"calendar of {listed(names)}: {'; '.join(sentences)}"


def _described(clock: Clock) -> str:
    parts = [f"{_limits(clock)} by the calendar {clock.calendar.name!r}", f"runs in {listed(clock.runs_in)}"]
    parts += [f"paused in {listed(clock.paused_in)}"] if clock.paused_in else []
    parts += [f"restarts with {listed(clock.restarts)}"] if clock.restarts else []
    parts += ["extensible"] if clock.extensible else []
    return ", ".join(parts)


def _limits(clock: Clock) -> str:
    return ", else ".join(map(str, clock.limits))


def _changes(was: Clock, now: Clock) -> Iterator[str]:
    if was.limits != now.limits:
        yield f"gives {_limits(was)} → {_limits(now)}"
    for what, before, after in (
        ("runs in", was.runs_in, now.runs_in),
        ("paused in", was.paused_in, now.paused_in),
        ("restarts with", was.restarts, now.restarts),
    ):
        if set(before) != set(after):
            yield more_and_less(what, without(after, before), without(before, after))
    if was.extensible != now.extensible:
        yield "extensible now" if now.extensible else "no longer extensible"


def _calendar_changes(was: Calendar, now: Calendar) -> Iterator[str]:
    hours = [*zip(WEEKDAYS, was.hours, now.hours, strict=True), ("makeup hours", was.makeup_hours, now.makeup_hours)]
    yield from changed(
        ("name", was.name, now.name),
        ("zone", was.zone, now.zone),
        *((what, _opening(before), _opening(after)) for what, before, after in hours),
    )
    if was.covered != now.covered:
        yield f"years {_years(was)} → {_years(now)}"
    before, after = _single_days(was), _single_days(now)
    days = [day for day in sorted({*before, *after}) if before.get(day) != after.get(day)]
    week = "as the week"
    yield from changed(*((str(day), before.get(day, week), after.get(day, week)) for day in days[:SHOWN]))
    if len(days) > SHOWN:
        yield f"and {len(days) - SHOWN} more days until {days[-1]}"


def _opening(hours: Any) -> str:
    return hours_as_text(hours) or "closed"


def _years(calendar: Calendar) -> str:
    """The years that a calendar covers, those in a row as `2026–2028`."""
    if not calendar.days:
        return "all"
    rows = [
        [year for _, year in row]
        for _, row in groupby(enumerate(sorted(calendar.covered)), key=lambda numbered: numbered[1] - numbered[0])
    ]
    return listed(str(row[0]) if len(row) == 1 else f"{row[0]}–{row[-1]}" for row in rows)


def _single_days(calendar: Calendar) -> dict[date, str]:
    """Each day that differs from the week, and how."""
    days = single_days(calendar.days)
    return {day: "worked" if hours is None else _opening(hours) for day, hours in days.items()}
