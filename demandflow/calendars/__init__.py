"""Calendars of working time: from published holidays, from iCalendar files, and written as TOML or JSON."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demandflow.calendars.ends import CalendarEnds
    from demandflow.calendars.files import as_table, calendar_of, read_calendar
    from demandflow.calendars.sources import chinese_days, days_from_ics, holidays_of
else:
    from demandflow.inputs.lazy_names import lazy_names

    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "CalendarEnds": "ends",
            **dict.fromkeys(("as_table", "calendar_of", "read_calendar"), "files"),
            **dict.fromkeys(("chinese_days", "days_from_ics", "holidays_of"), "sources"),
        },
    )

__all__ = [
    "CalendarEnds",
    "as_table",
    "calendar_of",
    "chinese_days",
    "days_from_ics",
    "holidays_of",
    "read_calendar",
]
