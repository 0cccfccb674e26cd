"""The feed of activities: what another program reads from it, and that its bytes can be made again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow.county import as_icalendar
from demandflow.domain.values import Place
from demandflow.errors import InvalidValue
from demandflow.inputs.texts import is_name

START = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Clinic:
    id: str = "a1"
    title: str = "Free clinic"
    place: str | None = "fufeng/chengguan/c3"
    starts: datetime | None = START
    minutes: int = 90
    state: str = "announced"
    version: int = 1
    recorded: datetime | None = START - timedelta(days=7)


titles = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=80).filter(is_name)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
clinics = st.builds(
    Clinic,
    id=st.uuids().map(str),
    title=titles,
    place=st.none() | titles.map(Place.of),
    starts=moments,
    minutes=st.integers(0, 1440),
    state=st.sampled_from(("announced", "held", "cancelled")),
    version=st.integers(1, 99),
    recorded=st.none() | moments,
)
feeds = st.lists(clinics, max_size=4, unique_by=lambda clinic: clinic.id)


def read(feed: bytes) -> dict[str, icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(feed.decode())
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, icalendar.Event)]
    assert not [error for event in events for error in event.errors]
    return {str(event["UID"]): event for event in events}


@given(feeds)
def test_another_program_reads_what_was_written(clinics: list[Clinic]) -> None:
    events = read(as_icalendar(clinics, "Asia/Shanghai"))
    assert events.keys() == {clinic.id for clinic in clinics}
    for clinic in clinics:
        event, starts = events[clinic.id], clinic.starts
        assert starts is not None
        assert event.decoded("DTSTART") == starts.replace(microsecond=0)
        assert event.decoded("DTEND", event.decoded("DTSTART")) == starts.replace(microsecond=0) + timedelta(
            minutes=clinic.minutes
        )
        assert event.decoded("DTSTAMP") == (clinic.recorded or starts).replace(microsecond=0)
        assert event["SUMMARY"] == clinic.title
        assert event.get("LOCATION") == (None if clinic.place is None else Place(clinic.place).names[0])
        assert event["STATUS"] == ("CANCELLED" if clinic.state == "cancelled" else "CONFIRMED")
        assert event["SEQUENCE"] == clinic.version


@given(feeds, st.randoms(use_true_random=False))
def test_the_bytes_depend_on_the_activities_only(clinics: list[Clinic], dice: Random) -> None:
    assert as_icalendar(dice.sample(clinics, len(clinics))) == as_icalendar(clinics)


def test_a_feed() -> None:
    cancelled = replace(Clinic(), id="a2", state="cancelled", version=4, title="Legal aid; bring papers", place=None)
    assert as_icalendar([cancelled, Clinic()], "Asia/Shanghai").decode().splitlines() == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//demandflow//activities//EN",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "BEGIN:VEVENT",
        "SUMMARY:Free clinic",
        "DTSTART:20260305T013000Z",
        "DTEND:20260305T030000Z",
        "DTSTAMP:20260226T013000Z",
        "UID:a1",
        "SEQUENCE:1",
        "LOCATION:c3\\, chengguan\\, fufeng",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "SUMMARY:Legal aid\\; bring papers",
        "DTSTART:20260305T013000Z",
        "DTEND:20260305T030000Z",
        "DTSTAMP:20260226T013000Z",
        "UID:a2",
        "SEQUENCE:4",
        "STATUS:CANCELLED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_what_has_no_beginning_yet_is_in_no_feed() -> None:
    assert read(as_icalendar([replace(Clinic(), starts=None)])) == {}


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(InvalidValue, match="zone: 'Mars' is no time zone"):
        as_icalendar([], "Mars")
    with pytest.raises(InvalidValue, match="activities: must be listed once each"):
        as_icalendar([Clinic(), Clinic()])
    with pytest.raises(InvalidValue, match="activities: must be several"):
        as_icalendar(Clinic())  # type: ignore[arg-type]
