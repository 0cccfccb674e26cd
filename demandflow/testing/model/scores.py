"""Separate scores: how many of those that give one are satisfied, counted demand by demand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from demandflow.testing.model.counts import Rate, scores_of
from demandflow.testing.model.figures import rate_shown
from demandflow.testing.model.query import Query
from demandflow.testing.model.world import World


def scores(world: World, *, catch_up: bool = True, **asked: Any) -> dict[str, tuple[Any, ...]]:
    """The numbers of each score that is declared."""
    query = Query.of(world, **asked)
    given = [scores_of(seen) for seen in query.standing()]
    found = {}
    for name in query.scores:
        said = [one[name] for one in given if name in one]
        rate = Rate(f"{name} satisfied", Fraction(sum(said)), len(said))
        found[name] = (name, len(said), sum(said), rate_shown(rate), f"{name}: satisfied {rate}")
    return found


def _shown(answer: Any) -> dict[str, tuple[Any, ...]]:
    return {
        name: (one.name, one.evaluated, one.satisfied, rate_shown(one.rate), str(one)) for name, one in answer.items()
    }


QUESTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {"scores": (scores, _shown)}
