"""Figures: numbers with a definition. Every rate names its denominator and carries its n."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Generic, TypeVar

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.definitions import GRADED, IDENTITY, MIDDLE_WEIGHT, RATES, Definition, definition, satisfied
from demandflow.projections.standing import COUNTS, DECLARES, HAPPENINGS, Count

K = TypeVar("K", str, tuple[str, ...])


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
        return in_percent(self.value)

    def __str__(self) -> str:
        whole = self.numerator.denominator == 1
        number = str(self.numerator) if whole else f"{float(self.numerator):.1f}"
        return f"{number}/{self.n} = {self.percent}" if self.n else "n/a"


@dataclass(frozen=True)
class MeanOfUnits:
    """The unweighted mean of the units' rates, which is not the pooled rate; `without` units have none.

    What belongs to no unit is left out.
    """

    name: str
    value: Fraction | None
    units: int
    without: int

    def __str__(self) -> str:
        return f"{in_percent(self.value)} (mean of {self.units} units)" if self.units else "n/a"


@dataclass(frozen=True)
class Figures:
    """All counts and rates of one slice.

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
        """A rate by its name in RATES, over the demands whose workflow declares what it needs."""
        if not isinstance(name, str) or name not in RATES:
            raise InvalidValue("rate", f"{brief(name)} is none (possible: {listed(RATES)})")
        rule = RATES[name]
        needs = [rule.needs, *(COUNTS[one].needs for one in (*dict(rule.numerator), *rule.denominator))]
        numerator = sum((self._counted(one, *needs) * weight for one, weight in rule.numerator), Fraction(0))
        return Rate(name, numerator, sum(self._counted(one, *needs) for one in rule.denominator))

    def definition(self, name: str) -> Definition:
        """What a count, a rate or another figure means, with its source."""
        return definition(name)

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
        least = sum((inner._counted(one, "evaluated") * weight for one, weight in satisfied(kind)), Fraction(0))
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
        return self.count("received") == sum(self.count(name) or 0 for name in IDENTITY)

    @property
    def identity(self) -> str:
        """The identity as a line: `146 received = 6 open + 128 closed + …`."""
        parts = " + ".join(f"{self.count(name)} {name}" for name in IDENTITY)
        return f"{self.count('received')} received {'=' if self.adds_up else '≠'} {parts}"

    def as_dict(self) -> dict[str, Any]:
        """All counts, happenings and rates (exact fractions, None for n/a) by name."""
        return {
            **{name: self.count(name) for name in (*COUNTS, *HAPPENINGS)},
            **{name: self.rate(name).value for name in RATES},
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row a figure: its name, kind, numerator, n (None for counts), value (a float for rates) and meaning."""
        rows: list[dict[str, Any]] = [
            {"figure": name, "kind": definition(name).kind, "numerator": number, "n": None, "value": number}
            for name in (*COUNTS, *HAPPENINGS)
            for number in (self.count(name),)
        ]
        for name in RATES:
            rate = self.rate(name)
            value = None if rate.value is None else float(rate.value)
            top = float(rate.numerator) if rate.n else None
            rows.append({"figure": name, "kind": "rate", "numerator": top, "n": rate.n, "value": value})
        for kind in MIDDLE_WEIGHT:
            for rate in self.satisfaction_interval(kind):
                value = None if rate.value is None else float(rate.value)
                top = float(rate.numerator) if rate.n else None
                rows.append({"figure": rate.name, "kind": "rate", "numerator": top, "n": rate.n, "value": value})
        return [{"slice": self.name, **row, "meaning": _meaning(row["figure"])} for row in rows]

    def _counted(self, name: str, *needs: str | None) -> int:
        """How many, of the demands whose workflow declares all that is needed."""
        declared = 0
        for one in needs:
            declared |= DECLARES[one] if one is not None else 0
        count = COUNTS[name]
        return Count(count.mask | declared, count.bits | declared, count.needs).of(self.standings) or 0


@dataclass(frozen=True, eq=False)
class FiguresBy(Mapping[K, Figures], Generic[K]):
    """The figures of each part along one dimension (keys are names or paths) or several (keys are tuples of them)."""

    dimensions: tuple[str, ...]
    parts: Mapping[K, Figures]
    asked: str = "all"

    def __getitem__(self, key: K) -> Figures:
        return self.parts[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def total(self) -> Figures:
        """All parts together: the sums of their counts."""
        standings: dict[int, int] = {}
        happened: dict[str, int] = {}
        for part in self.parts.values():
            for standing, number in part.standings.items():
                standings[standing] = standings.get(standing, 0) + number
            for happening, number in part.happened.items():
                happened[happening] = happened.get(happening, 0) + number
        return Figures(self.asked, standings, happened)

    def mean_of_units(self, rate: str) -> MeanOfUnits:
        """The unweighted mean of the parts' rates, over those that have one; it may contradict the pooled rate."""
        Figures("", {}, {}).rate(rate)  # a name that is none is told even where there is no part
        values = [
            part.rate(rate).value for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key)
        ]
        found = [value for value in values if value is not None]
        mean = sum(found, Fraction(0)) / len(found) if found else None
        return MeanOfUnits(f"{rate}, mean of units", mean, len(found), len(values) - len(found))

    @property
    def headings(self) -> tuple[str, ...]:
        """What the dimensions are called in a table, where `received` and `closed` are counts already."""
        return tuple(f"{name} in" if name in COUNTS else name for name in self.dimensions)

    def columns(self) -> dict[str, list[Any]]:
        """One list a column: the dimensions, then each count, and each rate as a float; None is n/a.

        Dimensions of time are called `received in` and `closed in`, beside the counts. As pandas.DataFrame(…) or
        polars.DataFrame(…) take it.
        """
        keys = [(key,) if isinstance(key, str) else key for key in self.parts]
        table: dict[str, list[Any]] = {name: [key[at] for key in keys] for at, name in enumerate(self.headings)}
        for name in (*COUNTS, *HAPPENINGS):
            table[name] = [one.count(name) for one in self.parts.values()]
        for name in RATES:
            values = [one.rate(name).value for one in self.parts.values()]
            table[name] = [None if value is None else float(value) for value in values]
        for kind in MIDDLE_WEIGHT:
            ends = [part.satisfaction_interval(kind) for part in self.parts.values()]
            for at in (0, 1):
                name = Figures("", {}, {}).satisfaction_interval(kind)[at].name
                table[name] = [None if (value := one[at].value) is None else float(value) for one in ends]
        return table


def _meaning(figure: str) -> str:
    return definition("satisfaction_interval" if "over the closed" in figure else figure).says


def figures_of(name: str, sums: Mapping[tuple[str, int], int]) -> Figures:
    """The figures of one slice from its sums: (happening, standing) → number."""
    standings = {standing: number for (happening, standing), number in sums.items() if not happening}
    return Figures(name, standings, {happening: number for (happening, _), number in sums.items() if happening})


def in_percent(value: Fraction | None) -> str:
    """In per cent, rounded half up to one decimal, or n/a."""
    if value is None:
        return "n/a"
    exact = Decimal(value.numerator) * 100 / Decimal(value.denominator)
    return f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP)} %"
