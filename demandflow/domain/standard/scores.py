"""Separate scores of an evaluation: each side of the work, by a name of the community's own, with a grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import AfterValidator, BeforeValidator, Strict

from demandflow.domain.values import Grade, Name
from demandflow.errors import InvalidValue, listed

V = TypeVar("V")


class Score(NamedTuple):
    """What a resident says of one side of the work: `attitude`, `satisfied`."""

    name: Name
    grade: Grade

    def __str__(self) -> str:
        return f"{self.name}: {self.grade}"


def _pairs(value: Any) -> Any:
    """A mapping from names to grades, or a list of pairs or of texts such as `attitude: satisfied`, as pairs."""
    if isinstance(value, Mapping):
        return tuple(value.items())
    if isinstance(value, list | tuple):
        texts = (isinstance(one, str) for one in value)
        return tuple(
            tuple(part.strip() for part in one.rpartition(":")[::2]) if is_text else one
            for one, is_text in zip(value, texts, strict=True)
        )
    return value


def _in_order(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """By name, so that the same scores are the same whoever wrote them down."""
    if not scores or len(dict(scores)) < len(scores):
        said = listed(map(str, scores), none="none")
        raise InvalidValue("scores", f"give at least one, each name once, got {said}; or leave them out")
    return tuple(sorted(scores))


Scores = Annotated[tuple[Score, ...], Strict(False), BeforeValidator(_pairs), AfterValidator(_in_order)]
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
