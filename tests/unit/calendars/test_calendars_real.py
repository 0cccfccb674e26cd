"""Working time against what others computed: deadlines of Boston, replies to a mayor's letters, China's days.

`python -m tests.unit.calendars.test_calendars_real` lists the deadlines of Boston that are not as the
rules have them, one by one.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demandflow.calendars import chinese_days, holidays_of
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import YearNotCovered
from tests.paths import DATA

working_days: Any = partial(Span, unit=Unit.WORKING_DAYS)
calendar_days: Any = partial(Span, unit=Unit.CALENDAR_DAYS)
BOSTON, A_MINUTE = ZoneInfo("America/New_York"), timedelta(seconds=60)
RULES = {
    "Pick up Dead Animal": working_days(1),
    "Bed Bugs": calendar_days(120),
    "Pest Infestation - Residential": calendar_days(120),
}


def needs(package: str, module: str) -> pytest.MarkDecorator:
    """The test is skipped, and says so, where the package is not installed."""
    return pytest.mark.skipif(not importlib.util.find_spec(module), reason=f"needs {package}: demandflow[calendars]")


def rows_of(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@dataclass(frozen=True)
class Request:
    """A request of Boston's with a target, which can be true."""

    id: str
    span: Span
    opened: datetime
    target: datetime
    closed: datetime | None
    on_time: bool
    due: datetime

    @property
    def as_the_rule_has_it(self) -> bool:
        return abs(self.due - self.target) <= A_MINUTE

    def __str__(self) -> str:
        opened, target, due = (f"{at.astimezone(BOSTON):%a %F %T}" for at in (self.opened, self.target, self.due))
        return f"{self.id}  opened {opened}  target {target}  {self.span}: {due}"


def boston_hours() -> Calendar:
    """8:30 to 17:00, Massachusetts holidays, save in 2013, when the city's targets ignore them."""
    days = (holidays_of("US", "MA", years=range(2013, 2017)), Days.none([2013]))
    return Calendar.of("Boston", zone=BOSTON.key, hours="Mon-Fri 08:30-17:00", days=days)


def requests(data: Path) -> list[Request]:
    """Every request with a target, without the impossible ones."""
    calendar, folder = boston_hours(), data / "boston311"
    impossible = json.loads((folder / "reference.json").read_text(encoding="utf-8"))["impossible_rows"]

    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=BOSTON)

    found = []
    for row in rows_of(folder / "boston311_2013_2015.csv.gz"):
        if row["sla_target_local"] and row["case_enquiry_id"] not in impossible:
            opened, span = local(row["open_local"]), RULES[row["type"]]
            closed = local(row["closed_local"]) if row["closed_local"] else None
            on_time, due = row["on_time"] == "ONTIME", calendar.add(opened, span)
            target = local(row["sla_target_local"])
            found.append(Request(row["case_enquiry_id"], span, opened, target, closed, on_time, due))
    return found


def exceptions(found: list[Request], span: Span) -> list[Request]:
    """Those whose target is not what the rule gives."""
    return [one for one in found if one.span == span and not one.as_the_rule_has_it]


def wrong_verdicts(found: list[Request], deadline: Callable[[Request], datetime]) -> list[Request]:
    """Closed ones whose verdict by this deadline is not the city's."""
    return [one for one in found if one.closed and (one.closed <= deadline(one)) != one.on_time]


@needs("holidays", "holidays")
def test_the_deadlines_of_a_city_are_computed_again(data: Path) -> None:
    found = requests(data)
    pests = [one for one in found if one.span == calendar_days(120)]
    animals = [one for one in found if one.span == working_days(1)]
    assert (len(pests), len(animals)) == (1_950, 6_341)
    assert len(exceptions(found, calendar_days(120))) == 4
    assert len(exceptions(found, working_days(1))) == 28


@needs("holidays", "holidays")
def test_the_verdicts_of_a_city_are_computed_again(data: Path) -> None:
    found = requests(data)
    assert sum(one.closed is not None for one in found) == 7_281
    assert not wrong_verdicts(found, lambda one: one.target)
    assert [one.id for one in wrong_verdicts(found, lambda one: one.due)] == [
        *("101000793093", "101000999897", "101001177777", "101001381601", "101001628668"),
    ]


def letters(data: Path) -> Iterator[tuple[datetime, datetime]]:
    """When each letter was written, and when it was answered."""
    for row in rows_of(data / "taidi" / "letters.csv.gz"):
        written, replied = (_at(row[column]) for column in ("留言时间", "答复时间"))
        yield written, replied


def _at(text: str) -> datetime:
    for form in ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d"):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        except ValueError:
            continue
    raise AssertionError(text)


def china() -> Calendar:
    hours = "Mon-Fri 09:00-12:00 14:00-18:00"
    return Calendar.of("office", zone="Asia/Shanghai", hours=hours, days=chinese_days())


@needs("chinesecalendar", "chinese_calendar")
def test_the_working_days_to_a_reply_are_those_of_the_reference(data: Path) -> None:
    calendar = china()
    reference: dict[str, Any] = json.loads((data / "taidi" / "reference.json").read_text(encoding="utf-8"))
    found = [calendar.between(written, replied, "full working days") for written, replied in letters(data)]
    within = reference["replied_within_working_days"]
    assert {days: sum(one <= int(days) for one in found) for days in within} == within
    assert (within["5"], within["10"], within["15"]) == (1_078, 1_737, 2_103)
    deciles = quantiles(found, n=10, method="inclusive")
    expected = reference["working_days"]
    assert (len(found), deciles[4], deciles[8]) == (expected["n"], expected["median_days"], expected["p90_days"])
    assert (min(found), max(found)) == (expected["min_days"], expected["max_days"])
    assert sum(found) / len(found) == pytest.approx(expected["mean_days"], rel=1e-12)
    days_off = [sum(not calendar.is_working_day(at.date()) for at in ends) for ends in zip(*letters(data), strict=True)]
    assert days_off == [reference["filed_on_non_working_day"], reference["replied_on_non_working_day"]]


@needs("chinesecalendar", "chinese_calendar")
def test_every_day_of_china_is_as_the_notices_have_it(data: Path) -> None:
    calendar, compared = china(), 0
    off: dict[date, bool] = {}
    for file in sorted((data / "holiday_cn").iterdir()):  # a year's notice has days of the year before, too
        said = json.loads(file.read_text(encoding="utf-8"))["days"]
        off |= {date.fromisoformat(one["date"]): one["isOffDay"] for one in said}
    for year in range(2007, 2027):
        day = date(year, 1, 1)
        while day.year == year:
            assert calendar.is_working_day(day) == (not off.get(day, day.weekday() >= 5)), day
            day, compared = day + timedelta(days=1), compared + 1
    assert compared == 7_305
    for refused in (lambda: chinese_days(2027), lambda: calendar.is_working_day(date(2027, 1, 4))):
        with pytest.raises(YearNotCovered, match=r"the year 2027 is not covered \(covered: 2004–2026\)"):
            refused()
    with pytest.raises(YearNotCovered):
        calendar.add(datetime(2026, 12, 31, 6, tzinfo=UTC), "2 working days")


if __name__ == "__main__":
    everything = requests(DATA)
    for rule in (calendar_days(120), working_days(1)):
        of, apart = sum(one.span == rule for one in everything), exceptions(everything, rule)
        print(f"{rule}: {of - len(apart):,} of {of:,} within a minute; not so:", *apart, sep="\n  ")
    judged = wrong_verdicts(everything, lambda one: one.due)
    print(f"verdicts: all but {len(judged)}; not so:", *judged, sep="\n  ")
