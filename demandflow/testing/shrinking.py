"""The smallest history that still shows what is wrong: steps left out, facts made plain, no time lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.values import Category, Channel, Place
from demandflow.errors import DemandFlowError
from demandflow.testing.histories import History, Step
from demandflow.testing.people import CATEGORIES, CHANNELS, PLACES, TEXTS

ROUNDS = 5
NO_TIME = timedelta(0)
PLAIN: dict[type, Any] = {str: TEXTS[0], Place: PLACES[0], Channel: CHANNELS[0], Category: CATEGORIES[0]}


def smallest(history: History, breaks: Callable[[History], bool]) -> History:
    """The history without all that is not needed for it to break what it breaks."""
    for _ in range(ROUNDS):
        before = history
        for smaller in (_without_demands, _without_steps, _plainer, _renumbered):
            history = _least(history, breaks, smaller)
        if history == before:
            break
    return history


def _least(
    history: History, breaks: Callable[[History], bool], smaller: Callable[[History], Iterator[tuple[Step, ...]]]
) -> History:
    """The history after each smaller one that still breaks it has been taken, until none does."""
    again = True
    while again:
        again = False
        for steps in smaller(history):
            tried = replace(history, steps=steps)
            if steps and steps != history.steps and breaks(tried):
                history, again = tried, True
                break
    return history


def _without_demands(history: History) -> Iterator[tuple[Step, ...]]:
    for demand in sorted({step.demand for step in history.steps}, reverse=True):
        yield tuple(step for step in history.steps if step.demand != demand)


def _without_steps(history: History) -> Iterator[tuple[Step, ...]]:
    steps = history.steps
    for size in (8, 4, 2, 1):
        for at in range(len(steps) - size, -1, -1):
            if not any(isinstance(step.fact, Registered) for step in steps[at : at + size]):
                yield (*steps[:at], *steps[at + size :])


def _plainer(history: History) -> Iterator[tuple[Step, ...]]:
    for at, step in enumerate(history.steps):
        plainer = [replace(step, after=NO_TIME), replace(step, late=NO_TIME)]
        plainer += [replace(step, fact=fact) for fact in _plainer_facts(step.fact)]
        for one in plainer:
            yield (*history.steps[:at], one, *history.steps[at + 1 :])


def _renumbered(history: History) -> Iterator[tuple[Step, ...]]:
    if len({step.demand for step in history.steps}) == 1:
        yield tuple(replace(step, demand=1) for step in history.steps)


def _plainer_facts(fact: Fact) -> Iterator[Fact]:
    """The fact without one of what it need not say, or with plainer words for it."""
    for name, info in type(fact).model_fields.items():
        value = getattr(fact, name)
        plain = PLAIN.get(type(value)) if info.is_required() else None
        if value is not None and value != plain and (plain is not None or not info.is_required()):
            try:
                yield type(fact)(**{**fact.__dict__, name: plain})
            except DemandFlowError:
                continue
