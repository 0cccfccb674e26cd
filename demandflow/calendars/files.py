"""Calendars as tables of plain values, and those written as TOML or JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from os import PathLike
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.hours import WEEKDAYS, hours_as_text
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.documents import parsed, read_document
from demandflow.inputs.tables import Several, Table, mistakes_of


def _date(day: object) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    try:
        if isinstance(day, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
            return date.fromisoformat(day)
    except ValueError:
        pass
    raise InvalidValue(brief(day), "is no date; write it as 2026-03-01")


def _without_doubles(days: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
    if doubled := {day for day in days if days.count(day) > 1}:
        raise InvalidValue(str(info.field_name), f"{min(doubled)} is said twice")
    return days


DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema(DATE)]
Dates = Annotated[Several[Day], AfterValidator(_without_doubles)]
Hours = Annotated[str, Field(description='such as "09:00-12:00 14:00-18:00"')]


class DaysTable(Table):
    """Days that differ from the week."""

    years: Several[int] = Field((), description="about which it says everything")
    closed: Dates = ()
    working: Dates = ()
    hours: dict[Day, Hours] = {}

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        self.days()
        return self

    def days(self) -> Days:
        """The days that the table says. Raises InvalidValue."""
        return Days(self.years, self.closed, self.working, self.hours)


class CalendarTable(Table):
    """Working time."""

    name: str
    zone: str = Field(description="such as Asia/Shanghai")
    hours: str | dict[str, Hours] = Field(description=f'"Mon-Fri 08:30-17:00", or by {listed(WEEKDAYS)} or Mon-Fri')
    makeup_hours: str = Field("", description="of days that are worked although their weekday is not")
    days: Several[DaysTable] = Field((), description="that differ; later over earlier")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        self.calendar()
        return self

    def calendar(self) -> Calendar:
        """The calendar that the table says. Raises InvalidValue."""
        days = [table.days() for table in self.days]
        return Calendar.of(self.name, zone=self.zone, hours=self.hours, days=days, makeup_hours=self.makeup_hours)

    @classmethod
    def of(cls, calendar: Calendar) -> Self:
        """The table that says this calendar."""
        return cls(
            name=calendar.name,
            zone=calendar.zone,
            hours={day: hours_as_text(hours) for day, hours in zip(WEEKDAYS, calendar.hours, strict=True) if hours},
            makeup_hours=hours_as_text(calendar.makeup_hours),
            days=tuple(
                DaysTable(
                    years=tuple(sorted(days.years)),
                    closed=tuple(sorted(days.closed)),
                    working=tuple(sorted(days.working)),
                    hours={day: hours_as_text(hours) for day, hours in days.hours},
                )
                for days in calendar.days
            ),
        )


def read_calendar(path_or_text: str | PathLike[str]) -> Calendar:
    """The calendar in a .toml or .json file, or in a text of either form.

    A text of one line that ends as such a file's name does is its name. Raises InvalidValue, naming the key.
    """
    if not isinstance(path_or_text, str | PathLike):
        raise InvalidValue("calendar", f"must be a text or a path, got {brief(path_or_text)}")
    if isinstance(path_or_text, PathLike) or re.fullmatch(r"[^\n]+\.(toml|json)", path_or_text):
        return calendar_of(read_document(path_or_text))
    return calendar_of(parsed(path_or_text, "json" if path_or_text.lstrip().startswith("{") else "toml", "calendar"))


def calendar_of(table: Mapping[str, Any]) -> Calendar:
    """The calendar that a table says, as `as_table` writes it; dates may be dates or texts. Raises InvalidValue."""
    document = dict(table) if isinstance(table, Mapping) else table
    try:
        return CalendarTable.model_validate(document).calendar()
    except ValidationError as error:
        raise InvalidValue("calendar", "; ".join(mistakes_of(error, CalendarTable, document))) from None


def as_table(calendar: Calendar) -> dict[str, Any]:
    """The calendar as texts, lists and tables, which TOML and JSON can write; `calendar_of` gives an equal one."""
    if not isinstance(calendar, Calendar):
        raise InvalidValue("calendar", f"must be a Calendar, got {brief(calendar)}")
    return CalendarTable.of(calendar).model_dump(mode="json", exclude_defaults=True)
