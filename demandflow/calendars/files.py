"""Calendars as tables of plain values, and as TOML or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.hours import WEEKDAYS, hours_as_text
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import each_of, plain_text

CALENDAR = ("name", "zone", "hours", "makeup_hours", "days")
DAYS = ("years", "closed", "working", "hours")


def read_calendar(path_or_text: str | PathLike[str]) -> Calendar:
    """The calendar in a .toml or .json file, or in a text of either form.

    A text of one line that ends as such a file's name does is its name. Raises InvalidValue, naming the key.
    """
    if isinstance(path_or_text, PathLike) or re.fullmatch(r"[^\n]+\.(toml|json)", plain_text("calendar", path_or_text)):
        path = Path(path_or_text)
        if path.suffix not in (".toml", ".json"):
            raise InvalidValue(str(path), "is neither .toml nor .json")
        try:
            text, form, what = path.read_bytes().decode("utf-8-sig"), path.suffix[1:], str(path)
        except OSError as error:
            raise InvalidValue(str(path), f"cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError as error:
            raise InvalidValue(str(path), f"is not written in UTF-8 (byte {error.start + 1})") from None
    else:
        text, what = str(path_or_text), "calendar"
        form = "json" if text.lstrip().startswith("{") else "toml"
    try:
        table = tomllib.loads(text) if form == "toml" else json.loads(text, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise InvalidValue(what, "is nested too deeply") from None
    except InvalidValue as error:
        raise InvalidValue(what, error.problem) from None
    except ValueError as error:
        raise InvalidValue(what, f"is no {form.upper()}: {error}") from None
    return calendar_of(table)


def calendar_of(table: Mapping[str, Any]) -> Calendar:
    """The calendar of a table that `as_table` could have written; dates may be dates or texts. Raises InvalidValue."""
    _check_keys("calendar", table, CALENDAR, needed=("name", "zone", "hours"))
    sources = table.get("days", [])
    if not isinstance(sources, list | tuple):
        raise InvalidValue("days", f"must be a list of tables, got {brief(sources)}")
    return Calendar.of(
        table["name"],
        zone=table["zone"],
        hours=table["hours"],
        days=[_days(f"days {number}", source) for number, source in enumerate(sources, start=1)],
        makeup_hours=table.get("makeup_hours", ""),
    )


def as_table(calendar: Calendar) -> dict[str, Any]:
    """The calendar as texts, lists and tables, which TOML and JSON can write; `calendar_of` gives an equal one."""
    if not isinstance(calendar, Calendar):
        raise InvalidValue("calendar", f"must be a Calendar, got {brief(calendar)}")
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "hours": {day: hours_as_text(hours) for day, hours in zip(WEEKDAYS, calendar.hours, strict=True) if hours},
        "makeup_hours": hours_as_text(calendar.makeup_hours),
        "days": [_days_as_table(source) for source in calendar.days],
    }


def _days_as_table(days: Days) -> dict[str, Any]:
    table = {
        "years": sorted(days.years),
        "closed": [str(day) for day in sorted(days.closed)],
        "working": [str(day) for day in sorted(days.working)],
        "hours": {str(day): hours_as_text(hours) for day, hours in days.hours},
    }
    return {key: value for key, value in table.items() if value}


def _days(what: str, table: Any) -> Days:
    _check_keys(what, table, DAYS)
    try:
        special = table.get("hours", {})
        if not isinstance(special, Mapping):
            raise InvalidValue("hours", f"must be a table, got {brief(special)}")
        return Days(
            table.get("years", ()),
            _dates("closed", table.get("closed", ())),
            _dates("working", table.get("working", ())),
            {_date("hours", day): hours for day, hours in special.items()},
        )
    except InvalidValue as error:
        raise InvalidValue(what if error.what == "days" else f"{what}.{error.what}", error.problem) from None


def _dates(what: str, values: Any) -> list[date]:
    days = [_date(what, value) for value in each_of(what, values, '["2026-10-01"]')]
    if doubles := {day for day in days if days.count(day) > 1}:
        raise InvalidValue(what, f"{min(doubles)} is said twice")
    return days


def _date(what: str, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidValue(what, f"{brief(value)} is no date; write it as 2026-03-01")


def _check_keys(what: str, table: object, possible: tuple[str, ...], needed: tuple[str, ...] = ()) -> None:
    if not isinstance(table, Mapping):
        raise InvalidValue(what, f"must be a table, got {brief(table)}")
    for key in table:
        if key not in possible:
            near = get_close_matches(str(key), possible, n=1)
            hint = f"did you mean {near[0]}?" if near else f"possible: {listed(possible)}"
            raise InvalidValue(what, f"unknown key {key!r} ({hint})")
    for key in needed:
        if key not in table:
            raise InvalidValue(what, f"needs {key!r}")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object that has a key twice would silently keep the last."""
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise InvalidValue("calendar", f"says the key {key!r} twice in one table")
        table[key] = value
    return table
