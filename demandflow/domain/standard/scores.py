"""Separate scores of an evaluation: each side of the work, by a name of the community's own, with a grade."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, NamedTuple, TypeVar

from pydantic import AfterValidator, BeforeValidator, Strict

from demandflow.domain.values import Grade, Name
from demandflow.errors import InvalidValue, listed
from demandflow.inputs.arguments import pairs_of

V = TypeVar("V")


class Score(NamedTuple):
    """What a resident says of one side of the work: `attitude`, `satisfied`."""

    name: Name
    grade: Grade

    def __str__(self) -> str:
        return f"{self.name}: {self.grade}"


def _read(text: str) -> tuple[str, str]:
    """Of `attitude: satisfied` the name and the grade."""
    name, _, grade = text.rpartition(":")
    return name.strip(), grade.strip()


def _in_order(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """By name, so that the same scores are the same whoever wrote them down."""
    if not scores or len(dict(scores)) < len(scores):
        said = listed(map(str, scores), none="none")
        raise InvalidValue("scores", f"give at least one, each name once, got {said}; or leave them out")
    return tuple(sorted(scores))


Scores = Annotated[
    tuple[Score, ...], Strict(False), BeforeValidator(partial(pairs_of, read=_read)), AfterValidator(_in_order)
]
"""Several scores, by name; given as a mapping from names to grades, too."""


def corrected_scores(was: Iterable[Score], said: Iterable[Score]) -> tuple[Score, ...]:
    """The scores, with those that a correction says instead of those of the same names."""
    return tuple(Score(*pair) for pair in sorted({**dict(was), **dict(said)}.items()))


def corrected_meanings(
    was: Iterable[tuple[str, V]], said: Iterable[Score], means: Iterable[tuple[str, V]]
) -> tuple[tuple[str, V], ...]:
    """What these scores count for, after a correction that says some of them otherwise."""
    replaced = {score.name for score in said}
    return tuple(sorted([*((name, it) for name, it in was if name not in replaced), *means], key=lambda pair: pair[0]))
