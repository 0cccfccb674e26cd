"""Strategies: people, words, moments, facts, and demands as histories leave them, each made smaller to plain ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.closed_loop import CLOSED_LOOP
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import Fact
from demandflow.domain.samples import plain
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.testing.choosing import MOST, Surroundings, fact_of
from demandflow.testing.fields import models
from demandflow.testing.histories import Telling, histories
from demandflow.testing.words import actors, categories, channels, moments, places, texts

F = TypeVar("F", bound=Fact)

__all__ = [
    "actors",
    "categories",
    "channels",
    "demands",
    "events",
    "facts",
    "facts_for",
    "moments",
    "places",
    "texts",
]


def facts_for(kind: type[Fact], demand: Demand, others: Sequence[UUID], now: datetime) -> SearchStrategy[Any]:
    """A fact of this class that mostly fits the demand as it stands; `others` it could be merged into.

    Raises InvalidValue where no sample is known for a field of it.
    """
    where = Surroundings(demand, tuple(others), now)
    plain(_a_class(kind))
    return st.integers(0, MOST).map(lambda number: fact_of(kind, number, where))


def facts(kind: type[F]) -> SearchStrategy[F]:
    """Any valid fact of this class, for no demand in particular; classes of your own go by their fields.

    It can be registered for a class of your own: `st.register_type_strategy(Weighed, facts)`.
    """
    return models(_a_class(kind))


def demands(workflow: Workflow = CLOSED_LOOP) -> SearchStrategy[Demand]:
    """Demands as histories of this workflow leave them."""
    return _told(workflow).flatmap(lambda telling: st.sampled_from(list(telling.demands.values())))


def events(workflow: Workflow = CLOSED_LOOP) -> SearchStrategy[Event]:
    """Events as histories of this workflow record them."""
    return _recorded(workflow).flatmap(st.sampled_from)


def _a_class(kind: type[F]) -> type[F]:
    if not (isinstance(kind, type) and issubclass(kind, Fact)):
        raise InvalidValue("kind", f"must be a class of facts, got {brief(kind)}")
    return kind


@st.composite
def _told(draw: st.DrawFn, workflow: Workflow) -> Telling:
    telling = Telling(workflow)
    for step in draw(histories(workflow)).steps:
        telling.tell(step)
    assume(telling.demands)
    return telling


@st.composite
def _recorded(draw: st.DrawFn, workflow: Workflow) -> list[Event]:
    found = [event for one in draw(histories(workflow)).told() for event in one.events]
    assume(found)
    return found
