"""The figures of separate scores: each by itself, with its own n, and never pooled with the grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Unpack

from demandflow.projections import totals
from demandflow.projections.figures import question as questions
from demandflow.projections.figures.question import FigureQuery
from demandflow.projections.query_base import QueryBase
from demandflow.projections.standing import NOT_SATISFIED, OF_SCORES, SATISFIED
from demandflow.store.statements import Statements

if TYPE_CHECKING:  # imported where it is made, since many processes need none
    from demandflow.projections.figures.rates import Rate


@dataclass(frozen=True)
class ScoreFigures:
    """Of the demands whose evaluation in the present round gives this score: how many count as satisfied."""

    name: str
    evaluated: int
    satisfied: int

    @property
    def rate(self) -> Rate:
        """The satisfied of the evaluated."""
        from demandflow.projections.figures.rates import Rate

        return Rate(f"{self.name} {SATISFIED}", Fraction(self.satisfied), self.evaluated)

    def __str__(self) -> str:
        return f"{self.name}: satisfied {self.rate}"


class ScoresAsked(QueryBase):
    """What is asked about scores."""

    def scores(self, *, catch_up: bool = True, **query: Unpack[FigureQuery]) -> Mapping[str, ScoreFigures]:
        """The figures of each score, by its name: of those that the workflows declare, and others that were given.

        Asked as figures() are: `scores(place="fufeng", closed="2026-03")`. The numbers of parts add up. Raises
        InvalidValue.
        """
        with self._projector.tables(catch_up=catch_up) as tables:
            question = self._question(tables, query)
            sums = totals.read_all(tables) if question.everything_now else questions.sums(tables, question)
            names = self._scores(tables)
        return {name: _figures(name, sums) for name in names}

    def _scores(self, tables: Statements) -> tuple[str, ...]:
        """The names of the scores that are declared, and of all others that were ever given."""
        declared = (name for flow in self._workflows.values() for name in flow.grades.scores)
        return tuple(dict.fromkeys((*declared, *sorted(totals.scores(tables)))))


def _figures(name: str, sums: Mapping[tuple[str, int], int]) -> ScoreFigures:
    satisfied, other = (sums.get((f"{OF_SCORES}{name} {status}", 0), 0) for status in (SATISFIED, NOT_SATISFIED))
    return ScoreFigures(name, satisfied + other, satisfied)
