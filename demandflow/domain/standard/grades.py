"""What grades count for: the five of the public 好差评 scheme, and scales that workflows bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from demandflow.domain.events import GradeMeaning
from demandflow.domain.fact import Fact
from demandflow.domain.facts import GRADED
from demandflow.domain.values import Grade
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import each_of, yes_or_no
from demandflow.inputs.texts import name_of

FIVE: dict[Grade, GradeMeaning] = {
    Grade.VERY_SATISFIED: GradeMeaning(100, True),
    Grade.SATISFIED: GradeMeaning(100, True),
    Grade.BASICALLY_SATISFIED: GradeMeaning(90),
    Grade.DISSATISFIED: GradeMeaning(0),
    Grade.VERY_DISSATISFIED: GradeMeaning(0),
}
"""What the five count for, in every scale; no event says it."""


@dataclass(frozen=True)
class ScaleGrade:
    """A grade of a scale: its weight, from 0 to 1 in hundredths, and whether it counts as satisfied.

    Raises InvalidValue.
    """

    name: str
    weight: float
    satisfied: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", str(Grade(self.name)))
        yes_or_no("satisfied", self.satisfied)
        weight: Any = self.weight
        is_number = isinstance(weight, int | float | Fraction) and not isinstance(weight, bool)
        if not (is_number and 0 <= weight <= 1) or abs(weight * 100 - round(weight * 100)) > 1e-9:
            raise InvalidValue("weight", f"must be from 0 to 1, in hundredths such as 0.9, got {brief(weight)}")
        object.__setattr__(self, "weight", round(weight * 100) / 100)
        ours = FIVE.get(Grade(self.name))
        if ours not in (None, self.means):
            satisfied = "satisfied" if ours.satisfied else "not satisfied"
            problem = f"{self.name} weighs {ours.weight / 100:g} and counts as {satisfied} in every scale"
            raise InvalidValue("grade", f"{problem}; give yours another name")

    @property
    def means(self) -> GradeMeaning:
        """What an event says of it."""
        return GradeMeaning(round(self.weight * 100), self.satisfied)


@dataclass(frozen=True)
class GradeScale:
    """The grades that residents may give, from the best to the worst; `scores` are what else they may grade by name.

    Raises InvalidValue.
    """

    grades: tuple[ScaleGrade, ...]
    scores: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        grades = tuple(each_of("grades", self.grades, "(ScaleGrade('good', 1, True), ScaleGrade('bad', 0))"))
        object.__setattr__(self, "grades", grades)
        if not grades or not all(isinstance(grade, ScaleGrade) for grade in grades):
            raise InvalidValue("grades", f"must be some of ScaleGrade, got {brief(grades)}")
        if len(self.stamps) < len(grades):
            raise InvalidValue("grades", f"each has a name of its own, got {listed(grade.name for grade in grades)}")
        scores = tuple(name_of(name, "scores") for name in each_of("scores", self.scores, "('timeliness', 'attitude')"))
        object.__setattr__(self, "scores", scores)
        if len(set(scores)) < len(scores):
            raise InvalidValue("scores", f"each has a name of its own, got {listed(scores)}")

    @cached_property
    def stamps(self) -> Mapping[Grade, GradeMeaning | None]:
        """Its grades, each with what an event must say of it: nothing of the five."""
        return {(word := Grade(grade.name)): None if word in FIVE else grade.means for grade in self.grades}

    def check(self, fact: Fact, workflow: str) -> None:
        """Raise InvalidValue if the fact gives a grade, or a score, that is not in the scale of this workflow."""
        if not isinstance(fact, GRADED):
            return
        if fact.grade is not None and fact.grade not in self.stamps:
            raise InvalidValue("grade", f"{brief(fact.grade)} is none of {workflow} (possible: {listed(self.words)})")
        for name, grade in fact.scores or ():
            if name not in self.scores:
                possible = listed(self.scores, "it has none")
                raise InvalidValue("scores", f"{brief(name)} is none of {workflow} (possible: {possible})")
            if grade not in self.stamps:
                raise InvalidValue(
                    "scores", f"{brief(grade)} is no grade of {workflow} (possible: {listed(self.words)})"
                )

    def meaning_of(self, fact: Fact) -> GradeMeaning | None:
        """What the event must say of the fact's grade; nothing where it gives none, or one of the five."""
        return self.stamps.get(fact.grade) if isinstance(fact, GRADED) and fact.grade is not None else None

    def meanings_of(self, fact: Fact) -> tuple[tuple[str, GradeMeaning], ...] | None:
        """What the event must say of the fact's scores; nothing where they are of the five, or there are none."""
        scores = fact.scores if isinstance(fact, GRADED) else None
        if scores is None:
            return None
        means = ((name, self.stamps[grade]) for name, grade in scores)
        return tuple((name, it) for name, it in means if it is not None) or None

    @property
    def words(self) -> tuple[Grade, ...]:
        """Its grades by name, in their order."""
        return tuple(self.stamps)


FIVE_GRADES = GradeScale(tuple(ScaleGrade(word, it.weight / 100, it.satisfied) for word, it in FIVE.items()))
"""The scale of every workflow that brings none of its own."""
