"""Strategies: people, words, moments, facts, clocks, demands as histories leave them; made smaller to plain ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.spans import Span, Unit
from demandflow.domain.checks.samples import plain
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import MEANINGS
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.stream import Stream
from demandflow.domain.values import Category, Grade
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.testing.drawing.choosing import MOST, Surroundings, fact_of
from demandflow.testing.drawing.drawing import histories
from demandflow.testing.drawing.fields import models
from demandflow.testing.drawing.words import actors, categories, channels, moments, places, texts
from demandflow.testing.model.world import World
from demandflow.testing.people import CATEGORIES, URGENCIES

F = TypeVar("F", bound=Fact)

WEEKS = (
    "Mon-Sun 00:00-24:00",
    "Mon-Fri 09:00-17:00",
    "Mon-Sat 08:30-12:00 14:00-18:00",
    "Tue 22:00-24:00; Thu 7:00-7:30",
)
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns")
FIRST = date(2025, 3, 1)
"""Where histories begin, and calendars have their days."""

__all__ = [
    "actors",
    "calendars",
    "categories",
    "channels",
    "clocks",
    "demands",
    "events",
    "facts",
    "facts_for",
    "limits",
    "moments",
    "places",
    "spans",
    "texts",
]


def facts_for(
    kind: type[Fact], demand: Stream, others: Sequence[UUID], now: datetime, grades: tuple[Grade, ...] = Grade.USUAL
) -> SearchStrategy[Any]:
    """A fact of this class that mostly fits the demand as it stands; `others` it could be merged into.

    `grades` are those of its workflow's scale. Raises InvalidValue where no sample is known for a field of it.
    """
    where = Surroundings(demand, tuple(others), now, grades=grades)
    plain(_a_class(kind))
    return st.integers(0, MOST).map(lambda number: fact_of(kind, number, where))


def facts(kind: type[F]) -> SearchStrategy[F]:
    """Any valid fact of this class, for no demand in particular; classes of your own go by their fields.

    It can be registered for a class of your own: `st.register_type_strategy(Weighed, facts)`.
    """
    return models(_a_class(kind))


def demands(workflow: Workflow = CLOSED_LOOP) -> SearchStrategy[Any]:
    """Demands (or what else the workflow is of) as histories of this workflow leave them."""
    return _told(workflow).flatmap(lambda world: st.sampled_from(list(world.own.values())))


def events(workflow: Workflow = CLOSED_LOOP) -> SearchStrategy[Event]:
    """Events as histories of this workflow record them."""
    return _told(workflow).flatmap(lambda world: st.sampled_from(world.log))


def spans() -> SearchStrategy[Span]:
    """Spans of every unit: some days or hours, and none at all."""
    whole = st.builds(Span, st.integers(0, 12), st.sampled_from(Unit))
    halves = st.builds(Span, st.fractions(0, 12, max_denominator=4), st.sampled_from((Unit.HOURS, Unit.WORKING_HOURS)))
    return whole | halves


def calendars() -> SearchStrategy[Calendar]:
    """Calendars with simple hours and few days of their own; some do not know every year."""
    days = st.sets(st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n)), max_size=4)
    years = st.sampled_from(((2025, 2026, 2027), (2025,), (2024,)))
    sources = st.builds(lambda known, some: Days(known, closed=sorted(some)[:3], working=sorted(some)[3:]), years, days)
    hours, zones = st.sampled_from(WEEKS), st.sampled_from(ZONES)
    return st.builds(Calendar.of, st.just("office"), zone=zones, hours=hours, days=st.just(()) | sources)


def limits() -> SearchStrategy[Limit]:
    """Limits for all, or for a category, an urgency or both."""
    return st.builds(Limit, spans(), st.none() | st.sampled_from(CATEGORIES), st.none() | st.sampled_from(URGENCIES))


@st.composite
def clocks(draw: st.DrawFn, states: Sequence[str], name: str = "a clock", *, in_all: bool = False) -> Clock:
    """Clocks that run in some of these open states, or in all of them, and may rest in others."""
    runs_in = states if in_all else draw(st.lists(st.sampled_from(states), min_size=1, unique=True))
    rests = [state for state in states if state not in runs_in] if draw(st.booleans()) else []
    tried: list[Limit] = []
    for limit in draw(st.lists(limits(), min_size=1, max_size=3)):
        category = None if limit.category is None else Category(limit.category)
        if not any(earlier.fits(category, limit.urgency) for earlier in tried):  # else it would never be tried
            tried.append(limit)
    restarts = draw(st.lists(st.sampled_from(MEANINGS), max_size=2, unique=True))
    return Clock(
        name, tuple(runs_in), tuple(tried), draw(calendars()), tuple(rests), tuple(restarts), draw(st.booleans())
    )


def _a_class(kind: type[F]) -> type[F]:
    if not (isinstance(kind, type) and issubclass(kind, Fact)):
        raise InvalidValue("kind", f"must be a class of facts, got {brief(kind)}")
    return kind


@st.composite
def _told(draw: st.DrawFn, workflow: Workflow) -> World:
    """The world after a history."""
    world = World(workflow)
    for step in draw(histories(workflow)).steps:
        world.tell(step)
    assume(world.log)
    return world
