"""Parameters of policies: each is checked when the policy is made, and says what is possible."""

from __future__ import annotations

from typing import Any, TypeVar

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span, Unit
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.texts import name_of

LONGEST = Span.of("3660 calendar days")
T = TypeVar("T")


def check_name(name: object, on: object) -> None:
    """A policy acts under a name that can be printed, and is on or off. Raises InvalidValue."""
    name_of(name, "policy's name")
    if not isinstance(on, bool):
        raise InvalidValue(f"policy {name}", f"on is True or False, got {brief(on)}")


def check_calendar(policy: str, calendar: object, *, needed: bool = True) -> None:
    """A policy counts working time in a Calendar. Raises InvalidValue."""
    if not isinstance(calendar, Calendar) and (needed or calendar is not None):
        possible = "a Calendar" if needed else "a Calendar or None"
        raise InvalidValue(f"policy {policy}", f"its calendar is {possible}, got {brief(calendar)}")


def a_span(what: str, value: Any) -> Span:
    """A span, or one that is written as `3 working days`; ten years at most. Raises InvalidValue."""
    try:
        span = Span.of(value)
    except InvalidValue as error:
        raise InvalidValue(what, error.problem) from None
    if span.amount > LONGEST.amount * (24 if span.unit in (Unit.HOURS, Unit.WORKING_HOURS) else 1):
        raise InvalidValue(what, f"{span} is too long; ten years ({LONGEST}) at most")
    return span


def spans(what: str, values: Any) -> tuple[Span, ...]:
    """At least one span, each as `a_span` reads it. Raises InvalidValue."""
    if not isinstance(values, list | tuple) or not values:
        raise InvalidValue(what, f"must be one or more spans, such as ('1 working day',), got {brief(values)}")
    return tuple(a_span(what, value) for value in values)


def several(what: str, values: Any, kind: type[T]) -> tuple[T, ...]:
    """One or several of a kind, as a tuple. Raises InvalidValue."""
    given = (values,) if isinstance(values, kind) else values
    if not isinstance(given, list | tuple) or not all(isinstance(value, kind) for value in given):
        possible = "texts" if kind is str else f"a {kind.__name__} or several"
        raise InvalidValue(what, f"must be {possible}, got {brief(values)}")
    return tuple(given)
