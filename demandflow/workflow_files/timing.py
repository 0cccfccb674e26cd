"""Clocks and calendars in a file: how they are read, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.files import as_table, calendar_of
from demandflow.calendars.spans import Span
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.values import Category, Urgency
from demandflow.errors import InvalidValue
from demandflow.workflow_files.plain import Keys, Value, flag, known, table, text, words
from demandflow.workflow_files.vocabulary import Vocabulary


def with_calendars(said: Any, mistakes: list[str], vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary, and the calendars that a file says of its own; what is wrong with them joins the mistakes."""
    if not isinstance(said, dict):
        Value("", "calendars", mistakes, vocabulary).must_be("a table of calendars by name", said)
        return vocabulary
    for name, one in said.items():
        value = Value(f"calendars {name!r}: ", "calendar", mistakes, vocabulary)
        calendar = known(calendar_of, {"name": name, **one} if isinstance(one, dict) else one, value)
        there = vocabulary.calendars.get(name)
        if there is None:
            try:
                vocabulary = vocabulary.with_(calendars={name: calendar or SOME})
            except InvalidValue as error:
                value.mistake(error.problem)
        elif calendar is not None and calendar != there:
            value.mistake("this name means another calendar already; give it a name of its own")
    return vocabulary


SOME = Calendar.of("(has mistakes)", zone="UTC", hours="Mon-Fri 09:00-17:00")
"""Instead of a calendar with mistakes, so that who names it makes no mistake."""


def clock_of(said: Any, place: str, mistakes: list[str], vocabulary: Vocabulary) -> Clock | None:
    """The clock that a table says; None if there are mistakes."""
    parts = table(said, place, CLOCK, mistakes, vocabulary)
    return None if mistakes else Clock(**parts)


def _calendar(said: Any, value: Value) -> Any:
    return known(value.vocabulary.calendar, said, value)


def _limits(said: Any, value: Value) -> Any:
    if not isinstance(said, list):
        return _limit(said, value)
    several = enumerate(said, start=1)
    return tuple(_limit(one, Value(f"{value.place}limits {at}: ", "limit", *_rest(value))) for at, one in several)


def _limit(said: Any, value: Value) -> Any:
    """One limit: a span alone, or a table with whom it is for."""
    if isinstance(said, str):
        return known(Limit, said, value)
    if not isinstance(said, dict):
        return value.must_be('a span such as "3 working days", or a table with span, category and urgency', said)
    before = len(value.mistakes)
    parts = table(said, value.place, LIMIT, *_rest(value))
    return Limit(**parts) if len(value.mistakes) == before else None


def _rest(value: Value) -> tuple[list[str], Vocabulary]:
    return value.mistakes, value.vocabulary


def _span(said: Any, value: Value) -> Any:
    return known(Span.of, said, value)


def _category(said: Any, value: Value) -> Any:
    return known(Category, said, value)


def _urgency(said: Any, value: Value) -> Any:
    return known(Urgency, said, value)


CLOCK: Keys = {
    "name": (text, True),
    "runs_in": (words, True),
    "limits": (_limits, True),
    "calendar": (_calendar, True),
    "paused_in": (words, False),
    "restarts": (words, False),
    "extensible": (flag, False),
}
LIMIT: Keys = {"span": (_span, True), "category": (_category, False), "urgency": (_urgency, False)}


def said_of_clock(clock: Clock, calendar: str) -> dict[str, Any]:
    """What a file says of a clock whose calendar has this name."""
    said = {
        "name": clock.name,
        "runs_in": _one_or_several(clock.runs_in),
        "limits": _one_or_several(tuple(map(_said_of_limit, clock.limits))),
        "calendar": calendar,
        "paused_in": _one_or_several(clock.paused_in) or None,
        "restarts": _one_or_several(clock.restarts) or None,
        "extensible": clock.extensible or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _said_of_limit(limit: Limit) -> str | dict[str, str]:
    if limit.for_all:
        return str(limit.span)
    said = {"span": str(limit.span), "category": limit.category, "urgency": limit.urgency}
    return {key: str(value) for key, value in said.items() if value is not None}


def _one_or_several(said: tuple[Any, ...]) -> Any:
    return said[0] if len(said) == 1 and isinstance(said[0], str) else list(said)


def named_calendars(clocks: tuple[Clock, ...], vocabulary: Vocabulary) -> dict[str, Calendar]:
    """The calendars of the clocks by the names that a file gives them: those of the vocabulary, else their own.

    Different ones of one name are numbered.
    """
    found: dict[str, Calendar] = {}
    for calendar in (clock.calendar for clock in clocks):
        if calendar in found.values():
            continue
        name, number = vocabulary.say_calendar(calendar) or calendar.name, 1
        while {**vocabulary.calendars, **found}.get(name, calendar) != calendar:
            number += 1
            name = f"{calendar.name} {number}"
        found[name] = calendar
    return found


def said_of_calendars(named: Mapping[str, Calendar], vocabulary: Vocabulary) -> dict[str, Any]:
    """What a file says of the calendars that the vocabulary has no name for."""
    return {name: as_table(one) for name, one in named.items() if name not in vocabulary.calendars}
