"""What a policy sees when it is asked about a demand, and how it reckons and writes moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Notified
from demandflow.domain.moves import Move, sources
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.testing.model.calendars import CALENDAR_DAYS, DAY, END, FIRST, HOUR, HOURS, US, amount_and_unit, naive
from demandflow.testing.model.world import World


class Wake(NamedTuple):
    """When it wakes, for which cause, and what it proposes if it is asked at a moment: one fact or several, or None."""

    at: datetime
    cause: str
    then: Callable[[datetime], Fact | tuple[Fact, ...] | None]
    correlation: str | None = None

    def facts(self, now: datetime) -> tuple[Fact, ...]:
        """What it proposes."""
        found = self.then(now)
        return found if isinstance(found, tuple) else () if found is None else (found,)


class Fails(Exception):
    """A policy raises."""


class About(NamedTuple):
    """A demand, its workflow, and the world around it."""

    demand: Demand
    workflow: Workflow
    world: World

    def moves(self, fact: type[Fact]) -> list[Move]:
        """The declared moves that record such a fact from here."""
        states = self.workflow.states
        return [m for m in self.workflow.moves if m.fact is fact and self.demand.state in sources(m, states)]

    def may(self, fact: type[Fact]) -> bool:
        """Whether a policy may record such a fact from here."""
        return any("policy" in move.roles for move in self.moves(fact))

    def numbers(self, rule: str, fact: type[Fact]) -> list[int]:
        """The numbers with which the moves declare this standard rule."""
        made: list[Any] = [rule for move in self.moves(fact) for rule in move.rules if hasattr(rule, "made_with")]
        ours = [one for one in made if one.__name__ == rule and one.__module__.startswith("demandflow.")]
        return [number for one in ours for number in one.made_with.values()]

    @property
    def owned(self) -> str | None:
        """The role whose turn it is."""
        owner = next(one.owner for one in self.workflow.states if one.name == self.demand.state)
        return None if owner is None else str(owner)

    def notice(self, to: str, kind: str, what: str) -> Notified | None:
        """A notice to a role or the owner; none to a contractor or a resident whom nobody knows."""
        role = (self.owned or "supervisor") if to == "owner" else str(to)
        known = {"contractor": self.demand.contractor, "resident": self.demand.resident}
        if role in known and known[role] is None:
            return None
        return Notified(to=role, kind=kind, what=what, whom=known.get(role))


def always(fact: Fact | None) -> Callable[[datetime], Fact | None]:
    """The same, whenever it is asked."""
    return lambda _: fact


# moments


def spelled(at: datetime) -> str:
    """A moment as causes have it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(at: datetime, calendar: Calendar | None) -> str:
    """A moment as people read it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if calendar is None else f"{naive(calendar).wall(at):%Y-%m-%d %H:%M}"


def kept(at: datetime) -> datetime:
    """The nearest moment that there can be."""
    return min(max(at, FIRST), END - US)


@lru_cache(maxsize=4096)
def later(at: datetime, span: Span | str, calendar: Calendar | None) -> datetime:
    """So much later; in days of 24 hours where nobody knows better."""
    try:
        return kept(at + plainly(span) if calendar is None else naive(calendar).add(at, span))
    except InvalidValue:
        return kept(at + plainly(span))


@lru_cache(maxsize=4096)
def sooner(at: datetime, span: Span | str, calendar: Calendar | None) -> datetime:
    """So much sooner; in days of 24 hours where nobody knows better."""
    amount, unit = amount_and_unit(span)
    if calendar is None or unit == HOURS:
        return kept(at - plainly(span))
    if unit == CALENDAR_DAYS:
        return kept(naive(calendar).moment(naive(calendar).wall(at) - int(amount) * DAY))
    try:
        return kept(naive(calendar).before(at, span))
    except InvalidValue:
        return kept(at - plainly(span))


def plainly(span: Span | str) -> timedelta:
    """The span in days of 24 hours."""
    amount, unit = amount_and_unit(span)
    return (HOUR if unit.endswith("hours") else DAY) * amount.numerator / amount.denominator
