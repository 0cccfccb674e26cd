"""Moments that lie a span before or after another, and how they are written in causes and in notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import InvalidValue
from demandflow.inputs.moments import EARLIEST, LATEST


def after(moment: datetime, span: Span, calendar: Calendar | None) -> datetime:
    """So much later. Without a calendar, or in a year that it does not know, days have 24 hours.

    A policy should rather act too early than never, where nobody knows the holidays.
    """
    if span.unit != Unit.HOURS and calendar is not None:
        try:
            return kept(calendar.add(moment, span))
        except InvalidValue:
            pass
    return kept(moment + _plainly(span))


def before(moment: datetime, span: Span, calendar: Calendar | None) -> datetime:
    """The latest moment from which the span ends no later than this one. Days have 24 hours where `after` says so."""
    if span.unit.counts_working_time and calendar is not None:
        try:
            return kept(calendar.before(moment, span))
        except InvalidValue:
            pass
    if span.unit == Unit.CALENDAR_DAYS and calendar is not None:
        # the same clock time on the wall so many dates earlier
        wall = moment.astimezone(ZoneInfo(calendar.zone)) - timedelta(days=int(span.amount))
        return kept(wall.astimezone(UTC))
    return kept(moment - _plainly(span))


def kept(moment: datetime) -> datetime:
    """The moment, or the nearest one from 1900 to 2199."""
    return min(max(moment, EARLIEST), LATEST - timedelta(microseconds=1))


def spelled(moment: datetime) -> str:
    """The moment as it is written in a cause: exact, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(moment: datetime, calendar: Calendar | None) -> str:
    """The moment as people read it: to the minute, in the zone of the calendar, else in UTC."""
    zone = ZoneInfo(calendar.zone) if calendar is not None else UTC
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}{'' if calendar is not None else ' UTC'}"


def _plainly(span: Span) -> timedelta:
    whole = timedelta(hours=1) if span.unit.is_elapsed else timedelta(days=1)
    return whole * span.amount.numerator / span.amount.denominator
