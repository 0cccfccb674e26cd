"""Days that others publish: statutory holidays of countries, China's make-up working days, iCalendar files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import Any

from demandflow.calendars.days import Days
from demandflow.errors import InvalidValue, YearNotCovered, brief

REPEATS = ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


def holidays_of(
    country: str, subdivision: str | None = None, *, years: int | Iterable[int], estimates: bool = False
) -> Days:
    """The public holidays of a country ("US") or one of its parts ("MA") in these years, and its make-up working days.

    Holidays that can only be estimated, as those that wait for the moon to be seen, are refused unless `estimates`.
    Raises YearNotCovered outside the years that the package has, and InvalidValue for a place that it does not have.
    Source: the package `holidays`, in its default category.
    """
    try:
        import holidays
    except ImportError:
        raise _needs("holidays") from None
    wanted, what = _listed(years), f"holidays of {country}" + (f"-{subdivision}" if subdivision else "")
    if country == "CN":
        raise InvalidValue(what, "its days off are moved by a decision each year; use chinese_days(), which has them")
    try:
        empty = holidays.country_holidays(country, subdiv=subdivision)
        language = "en_US" if "en_US" in empty.supported_languages else None
        _within(what, wanted, range(empty.start_year, empty.end_year + 1))
        days = holidays.country_holidays(country, subdiv=subdivision, years=wanted, expand=False, language=language)
    except (NotImplementedError, TypeError, AttributeError) as error:
        raise InvalidValue(what, f"are not in the package holidays: {error}") from None
    guessed = sorted(day for day, name in days.items() if "estimated" in name)
    if guessed and not estimates:
        problem = f"{days[guessed[0]]} of {guessed[0].year} on {guessed[0]}; estimates=True takes it as it is"
        raise InvalidValue(what, f"a holiday is a guess: {problem}")
    moved = [day for day in getattr(days, "weekend_workdays", ()) if day.year in wanted]
    return Days(wanted, [day for day in days if day.year in wanted and day not in moved], moved)


def chinese_days(years: int | Iterable[int] | None = None) -> Days:
    """China's public holidays and the weekend days that are worked for them, in these years or all that are decided.

    Raises YearNotCovered for a year that the State Council had not decided on when the package was made.
    Source: the package `chinesecalendar`, after the yearly notices of the State Council's general office.
    """
    try:
        import chinese_calendar  # type: ignore[import-untyped]
    except ImportError:
        raise _needs("chinesecalendar") from None
    closed, worked = chinese_calendar.holidays, chinese_calendar.workdays
    known = range(min(closed).year, max(closed).year + 1)
    wanted = [*known] if years is None else _listed(years)
    _within("Chinese days", wanted, known)
    return Days(wanted, *([day for day in days if day.year in wanted] for days in (closed, worked)))


def days_from_ics(path: str | PathLike[str], *, years: int | Iterable[int], working: str | None = None) -> Days:
    """The whole-day events of an iCalendar file as closed days that cover these years; other years are left out.

    Events whose summary has the text `working` (such as 班) are days that are worked. Cancelled events do not count.
    Raises InvalidValue for a file that cannot be read, and for events that repeat or have clock times: nothing is
    skipped. Source: RFC 5545, where DTEND is the day after the last.
    """
    try:
        import icalendar
    except ImportError:
        raise _needs("icalendar") from None
    wanted, what = _listed(years), str(path)
    try:
        calendars = icalendar.Calendar.from_ical(Path(path).read_bytes().decode("utf-8-sig"), multiple=True)
    except OSError as error:
        raise InvalidValue(what, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise InvalidValue(what, f"is no iCalendar file: {error}") from None
    closed: set[date] = set()
    worked: set[date] = set()
    for event in (event for calendar in calendars for event in calendar.walk("VEVENT")):
        into = worked if working and working in str(event.get("SUMMARY", "")) else closed
        into |= {day for day in _whole_days(event, what) if day.year in wanted}
    return Days(wanted, closed, worked)


def _whole_days(event: Any, what: str) -> Iterator[date]:
    name = brief(str(event.get("SUMMARY") or event.get("UID") or "an event without a summary"))
    if event.errors:
        raise InvalidValue(what, f"{name}: {event.errors[0][0]}: {event.errors[0][1]}")
    if repeats := [key for key in REPEATS if key in event]:
        raise InvalidValue(what, f"{name} repeats ({repeats[0]}); write each of its days as an event of its own")
    try:
        first, after = event.start, event.end
    except ValueError as error:
        raise InvalidValue(what, f"{name}: {error}") from None
    if isinstance(first, datetime) or isinstance(after, datetime):
        raise InvalidValue(what, f"{name} has clock times; only whole days can be closed or worked")
    if first >= after:
        raise InvalidValue(what, f"{name} ends ({after}) before it begins ({first}); DTEND is the day after the last")
    if str(event.get("STATUS", "")).upper() != "CANCELLED":
        yield from (first + timedelta(days=day) for day in range((after - first).days))


def _listed(years: int | Iterable[int]) -> list[int]:
    wanted = [years] if isinstance(years, int) else list(years) if isinstance(years, Iterable) else []
    if not wanted:
        raise InvalidValue("years", f"say which, got {brief(years)}")
    return sorted(Days.none(wanted).years)


def _within(what: str, wanted: Iterable[int], known: range) -> None:
    for year in wanted:
        if year not in known:
            raise YearNotCovered(what, year, tuple(known))


def _needs(package: str) -> ImportError:
    return ImportError(f"this needs {package}: pip install 'demandflow[calendars]'")
