"""Clocks: the deadlines of states, declared with the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.values import Category, Urgency
from demandflow.errors import InvalidValue, YearNotCovered, brief


@dataclass(frozen=True)
class Limit:
    """How long a clock gives to demands of a category (and all below it) and an urgency; without these, to all.

    `span` is a Span or a text such as `3 working days`. Raises InvalidValue.
    """

    span: Span | str
    category: str | None = None
    urgency: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.span, Span):
            object.__setattr__(self, "span", Span.of(self.span))
        if self.category is not None:
            object.__setattr__(self, "category", str(Category(self.category)))
        if self.urgency is not None:
            object.__setattr__(self, "urgency", str(Urgency(self.urgency)))

    @property
    def for_all(self) -> bool:
        """Whether it fits every demand."""
        return self.category is None and self.urgency is None

    def fits(self, category: Category | None, urgency: str | None) -> bool:
        """Whether it is for demands of this category and urgency."""
        right_category = self.category is None or (category is not None and category.within(self.category))
        return right_category and self.urgency in (None, urgency)

    def __str__(self) -> str:
        only_for = [word for word in (self.category, self.urgency) if word is not None]
        return f"{self.span} ({', '.join(only_for)})" if only_for else str(self.span)


Limits: TypeAlias = "Span | str | Limit | tuple[Span | str | Limit, ...]"
"""How long for all, or several limits, tried in the written order."""


@dataclass(frozen=True, init=False)
class Clock:
    """A deadline: it starts when a demand enters one of the states `runs_in`, and ends when it leaves the last of them.

    The first of the `limits` that fits says how long, in the `calendar`; a demand that none fits has no deadline. In
    the states of `paused_in` the clock rests: a pause that begins before the due moment moves that moment by exactly
    the pause, measured as the span is (in working time, or elapsed). The clock starts again with every round, and with
    a move that means one of `restarts`. If it is `extensible`, the due moment that a fact names while it runs (a
    contract, an extension) replaces its own. Raises InvalidValue for a limit that is none.
    """

    name: str
    runs_in: tuple[str, ...]
    limits: tuple[Limit, ...]
    calendar: Calendar
    paused_in: tuple[str, ...]
    restarts: tuple[str, ...]
    extensible: bool

    def __init__(
        self,
        name: str,
        runs_in: str | tuple[str, ...],
        limits: Limits,
        calendar: Calendar,
        paused_in: str | tuple[str, ...] = (),
        restarts: str | tuple[str, ...] = (),
        extensible: bool = False,
    ) -> None:
        several = _several("limits", limits, (Limit, Span, str))
        fields = {
            "name": name,
            "runs_in": _several("runs_in", runs_in, str),
            "limits": tuple(limit if isinstance(limit, Limit) else Limit(limit) for limit in several),
            "calendar": calendar,
            "paused_in": _several("paused_in", paused_in, str),
            "restarts": _several("restarts", restarts, str),
            "extensible": extensible,
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    def span_for(self, category: Category | None, urgency: str | None) -> Span | None:
        """How long it gives to such a demand; None if no limit fits."""
        fitting = (limit.span for limit in self.limits if limit.fits(category, urgency))
        return next((span for span in fitting if isinstance(span, Span)), None)

    def due(self, began: datetime, span: Span) -> datetime | None:
        """The due moment of a run that began then; None where the calendar does not know the year."""
        try:
            return self.calendar.add(began, span)
        except YearNotCovered:
            return None

    def moved(self, due: datetime, since: datetime, until: datetime, span: Span) -> datetime:
        """The due moment after a pause; unmoved if it had passed when the pause began. Raises YearNotCovered."""
        return self.calendar.shifted(due, since, until, span) if since < due else due


def _several(what: str, value: Any, kinds: Any) -> tuple[Any, ...]:
    """One value or several, of these kinds, as a tuple."""
    several = (value,) if isinstance(value, kinds) else value
    if not isinstance(several, list | tuple) or not all(isinstance(item, kinds) for item in several):
        raise InvalidValue("clock", f"{what} is one or a tuple of several, got {brief(value)}")
    return tuple(several)
