"""Calendars of working time: from published holidays, from iCalendar files, and written as TOML or JSON."""

from demandflow.calendars.files import as_table, calendar_of, read_calendar
from demandflow.calendars.sources import chinese_days, days_from_ics, holidays_of

__all__ = [
    "as_table",
    "calendar_of",
    "chinese_days",
    "days_from_ics",
    "holidays_of",
    "read_calendar",
]
