"""Figures: numbers with a definition. Every rate names its denominator and carries its n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from demandflow.domain.moves import ENDS
from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.standing import COUNTS, DECLARES, HAPPENINGS, Count

GRADED = ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied")
MIDDLE_WEIGHT = {"strict": Fraction(0), "weighted": Fraction(9, 10), "lenient": Fraction(1)}


@dataclass(frozen=True)
class Definition:
    """How a rate is put together: weighted counts over counts; `needs` is what the workflow must declare."""

    name: str
    numerator: tuple[tuple[str, Fraction], ...]
    denominator: tuple[str, ...]
    needs: str | None = None

    def __str__(self) -> str:
        terms = (name if weight == 1 else f"{float(weight):g} × {name}" for name, weight in self.numerator if weight)
        return f"{self.name} = ({' + '.join(terms)}) / ({' + '.join(self.denominator)})"


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator, pooled; `n` is the denominator. Without any, the rate is n/a, never 0 %."""

    name: str
    numerator: Fraction
    n: int

    @property
    def value(self) -> Fraction | None:
        """The exact rate, from 0 to 1; None is n/a."""
        return self.numerator / self.n if self.n else None

    @property
    def percent(self) -> str:
        """The rate in per cent, rounded half up to one decimal: `85.6 %` or `n/a`."""
        if self.value is None:
            return "n/a"
        exact = Decimal(self.value.numerator) * 100 / Decimal(self.value.denominator)
        return f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP)} %"

    def __str__(self) -> str:
        whole = self.numerator.denominator == 1
        number = str(self.numerator) if whole else f"{float(self.numerator):.1f}"
        return f"{number}/{self.n} = {self.percent}" if self.n else "n/a"


def _plain(*names: str) -> tuple[tuple[str, Fraction], ...]:
    return tuple((name, Fraction(1)) for name in names)


def _satisfied(kind: str) -> tuple[tuple[str, Fraction], ...]:
    return (*_plain("very_satisfied", "satisfied"), ("basically_satisfied", MIDDLE_WEIGHT[kind]))


DEFINITIONS: dict[str, Definition] = {
    one.name: one
    for one in (
        Definition("resolution received", _plain("resolved"), ("received",), "evaluated"),
        Definition("resolution accountable", _plain("resolved"), ("open", "closed"), "evaluated"),
        Definition("resolution callback", _plain("resolved"), ("evaluated",), "evaluated"),
        Definition("resolution contractor", _plain("reported_resolved"), ("closed",), "reported"),
        *(Definition(f"satisfaction {kind}", _satisfied(kind), GRADED, "evaluated") for kind in MIDDLE_WEIGHT),
        Definition("participation", _plain("evaluated"), ("asked",), "asked"),
        Definition("coverage", _plain("closed_and_asked"), ("closed",), "asked"),
        Definition("on_time", _plain("met"), ("met", "missed")),
    )
}
"""Every rate by its name. Sources: figures 1–3 after the Beijing and Fufeng programs, grades after 好差评."""


@dataclass(frozen=True)
class Figures:
    """All counts and rates of one slice, now.

    `standings` maps what demands stand for to how many do; `happened` counts what happened, each as often as it did.
    """

    name: str
    standings: Mapping[int, int]
    happened: Mapping[str, int]

    def count(self, name: str) -> int | None:
        """A standing count or a happening by name; None is n/a: no workflow here declares it."""
        if not isinstance(name, str):
            raise InvalidValue("count", f"{brief(name)} is none; give its name")
        if name in COUNTS:
            return COUNTS[name].of(self.standings)
        if name not in HAPPENINGS:
            raise InvalidValue("count", f"{name!r} is none (possible: {listed((*COUNTS, *HAPPENINGS))})")
        meaning = HAPPENINGS[name]
        number = self.happened.get(meaning, 0)
        declared = any(standing & DECLARES[meaning] for standing, demands in self.standings.items() if demands)
        return number if number or declared or not any(self.standings.values()) else None

    def rate(self, name: str) -> Rate:
        """A rate by its name in DEFINITIONS, over the demands whose workflow declares what it needs."""
        if not isinstance(name, str) or name not in DEFINITIONS:
            raise InvalidValue("rate", f"{brief(name)} is none (possible: {listed(DEFINITIONS)})")
        rule = DEFINITIONS[name]
        numerator = sum((self._counted(one, rule.needs) * weight for one, weight in rule.numerator), Fraction(0))
        return Rate(name, numerator, sum(self._counted(one, rule.needs) for one in rule.denominator))

    def resolution(self, kind: str = "received") -> Rate:
        """How many were resolved: `received`, `accountable`, `callback` or `contractor` (see docs/figures.md)."""
        return self.rate(f"resolution {kind}")

    def satisfaction(self, kind: str = "strict") -> Rate:
        """How many of the evaluations were satisfied: `strict`, `weighted` (middle grade 0.9) or `lenient`."""
        return self.rate(f"satisfaction {kind}")

    def satisfaction_interval(self, kind: str = "strict") -> tuple[Rate, Rate]:
        """Over the closed: those without an evaluation counted once as dissatisfied and once as satisfied."""
        if not isinstance(kind, str) or kind not in MIDDLE_WEIGHT:
            raise InvalidValue("satisfaction", f"{brief(kind)} is none (possible: {listed(MIDDLE_WEIGHT)})")
        closed = {one: number for one, number in self.standings.items() if COUNTS["closed"].asks(one)}
        inner = Figures(self.name, closed, {})
        n = inner._counted("closed", "evaluated")
        least = sum((inner._counted(one, "evaluated") * weight for one, weight in _satisfied(kind)), Fraction(0))
        ungraded = n - sum(inner._counted(grade, "evaluated") for grade in GRADED)
        name = f"satisfaction {kind}, over the closed"
        return Rate(f"{name}, at least", least, n), Rate(f"{name}, at most", least + ungraded, n)

    @property
    def participation(self) -> Rate:
        """Of those asked, how many evaluated."""
        return self.rate("participation")

    @property
    def coverage(self) -> Rate:
        """Of the closed, how many were asked."""
        return self.rate("coverage")

    @property
    def on_time(self) -> Rate:
        """Of those closed with a due moment, how many were closed by then."""
        return self.rate("on_time")

    @property
    def adds_up(self) -> bool:
        """Received = open + closed + refused + withdrawn + merged."""
        return self.count("received") == sum(self.count(name) or 0 for name in ("open", *ENDS))

    @property
    def identity(self) -> str:
        """The identity as a line: `146 received = 6 open + 128 closed + …`."""
        parts = " + ".join(f"{self.count(name)} {name}" for name in ("open", *ENDS))
        return f"{self.count('received')} received {'=' if self.adds_up else '≠'} {parts}"

    def as_dict(self) -> dict[str, Any]:
        """All counts, happenings and rates (exact fractions, None for n/a) by name."""
        return {
            **{name: self.count(name) for name in (*COUNTS, *HAPPENINGS)},
            **{name: self.rate(name).value for name in DEFINITIONS},
        }

    def _counted(self, name: str, needs: str | None) -> int:
        count = COUNTS[name]
        return Count(count.mask, count.bits, needs or count.needs).of(self.standings) or 0


def figures_of(name: str, sums: Mapping[tuple[str, int], int]) -> Figures:
    """The figures of one slice from its sums: (happening, standing) → number."""
    standings = {standing: number for (happening, standing), number in sums.items() if not happening}
    return Figures(name, standings, {happening: number for (happening, _), number in sums.items() if happening})
