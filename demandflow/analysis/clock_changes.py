"""What a new version of a workflow changes about its clocks and their calendars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import single_days
from demandflow.calendars.hours import WEEKDAYS, hours_as_text
from demandflow.domain.clocks.clock import Clock
from demandflow.errors import listed

SHOWN = 5
"""So many days are told of a calendar that changed, and the number of the others."""


def changed_clocks(old: Sequence[Clock], new: Sequence[Clock]) -> Iterator[str]:
    """A sentence for each clock that is gone, new or otherwise, then for each calendar that is otherwise."""
    before, after = ({clock.name: clock for clock in clocks} for clocks in (old, new))
    for name in (name for name in before if name not in after):
        yield f"clock {name!r} is gone"
    for name in (name for name in after if name not in before):
        yield f"clock {name!r} is new: {_said(after[name])}"
    both = [(before[name], after[name]) for name in after if name in before]
    for was, now in both:
        if changes := list(_changes(was, now)):
            yield f"clock {now.name!r}: {'; '.join(changes)}"
    told: dict[tuple[Calendar, Calendar], list[str]] = {}
    for was, now in both:
        if was.calendar != now.calendar:
            told.setdefault((was.calendar, now.calendar), []).append(now.name)
    for (one, other), names in told.items():
        yield f"calendar of {listed(names)}: {'; '.join(_calendar_changes(one, other))}"


def _said(clock: Clock) -> str:
    """All that a clock says."""
    said = [f"{_limits(clock)} by the calendar {clock.calendar.name!r}", f"runs in {listed(clock.runs_in)}"]
    said += [f"paused in {listed(clock.paused_in)}"] if clock.paused_in else []
    said += [f"restarts with {listed(clock.restarts)}"] if clock.restarts else []
    return ", ".join([*said, "extensible"] if clock.extensible else said)


def _limits(clock: Clock) -> str:
    return ", else ".join(map(str, clock.limits))


def _changes(was: Clock, now: Clock) -> Iterator[str]:
    if was.limits != now.limits:
        yield f"gives {_limits(was)} → {_limits(now)}"
    for what, one, other in (
        ("runs in", was.runs_in, now.runs_in),
        ("paused in", was.paused_in, now.paused_in),
        ("restarts with", was.restarts, now.restarts),
    ):
        if set(one) != set(other):
            yield f"{what} {_more_and_less(one, other)}"
    if was.extensible != now.extensible:
        yield "extensible now" if now.extensible else "no longer extensible"


def _more_and_less(was: Iterable[Any], now: Iterable[Any]) -> str:
    was, now = dict.fromkeys(was), dict.fromkeys(now)
    return " ".join([*(f"+{one}" for one in now if one not in was), *(f"−{one}" for one in was if one not in now)])


def _calendar_changes(was: Calendar, now: Calendar) -> list[str]:
    changes = [
        f"{what} {one} → {other}"
        for what, one, other in (
            ("name", was.name, now.name),
            ("zone", was.zone, now.zone),
            *((day, _open(one), _open(other)) for day, one, other in zip(WEEKDAYS, was.hours, now.hours, strict=True)),
            ("makeup hours", _open(was.makeup_hours), _open(now.makeup_hours)),
        )
        if one != other
    ]
    if was.covered != now.covered:
        changes.append(f"years {_years(was)} → {_years(now)}")
    one, other = _single_days(was), _single_days(now)
    days = [day for day in sorted({*one, *other}) if one.get(day) != other.get(day)]
    changes += [f"{day} {one.get(day, 'as the week')} → {other.get(day, 'as the week')}" for day in days[:SHOWN]]
    if len(days) > SHOWN:
        changes.append(f"and {len(days) - SHOWN} more days until {days[-1]}")
    return changes or ["the same days, said otherwise"]


def _open(hours: Any) -> str:
    return hours_as_text(hours) or "closed"


def _years(calendar: Calendar) -> str:
    """The years that a calendar covers, in rows."""
    if not calendar.days:
        return "all"
    rows: list[list[int]] = []
    for year in sorted(calendar.covered):
        if rows and year == rows[-1][-1] + 1:
            rows[-1].append(year)
        else:
            rows.append([year])
    return listed(str(row[0]) if len(row) == 1 else f"{row[0]}–{row[-1]}" for row in rows)


def _single_days(calendar: Calendar) -> dict[date, str]:
    """What is said last of each day that differs from the week."""
    days = single_days(calendar.days)
    return {day: "worked" if hours is None else _open(hours) for day, hours in days.items()}
