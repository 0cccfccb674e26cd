"""Figures: numbers with a definition. Every rate names its denominator and carries its n."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.definitions import (
    GRADED,
    IDENTITY,
    MIDDLE_WEIGHT,
    RATES,
    Definition,
    counts_of,
    definition,
    rates_of,
    satisfied,
    split,
)
from demandflow.projections.rates import ClockFigures, MeanOfUnits, Rate
from demandflow.projections.standing import CLOCK_STANDS, CODES, COUNTS, DECLARES, HAPPENINGS, Count

K = TypeVar("K", str, tuple[str, ...])


@dataclass(frozen=True)
class Figures:
    """All counts and rates of one slice.

    `standings` maps what demands stand for to how many do; `happened` counts what happened, each as often as it did.
    `clocks` are the names of the clocks that there are, `ticking` maps how one stands (`finish met`) to how many do.
    `parked` events of the log could not be taken in; their demands are counted as they stood before them.
    """

    name: str
    standings: Mapping[int, int]
    happened: Mapping[str, int]
    ticking: Mapping[str, int] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    parked: int = 0

    def count(self, name: str) -> int | None:
        """A standing count, a happening or a clock's count by name; None is n/a: no workflow here declares it."""
        if not isinstance(name, str):
            raise InvalidValue("count", f"{brief(name)} is none; give its name")
        if name in COUNTS:
            return COUNTS[name].of(self.standings)
        if name not in self.counts:
            raise InvalidValue("count", f"{name!r} is none (possible: {listed(self.counts)})")
        if name not in HAPPENINGS:
            clock, stands = split(name)
            return int(getattr(self.clock(clock), stands))
        meaning = HAPPENINGS[name]
        number = self.happened.get(meaning, 0)
        needs = DECLARES.get(meaning, 0)
        declared = not needs or any(standing & needs for standing, demands in self.standings.items() if demands)
        return number if number or declared or not any(self.standings.values()) else None

    def rate(self, name: str) -> Rate:
        """A rate by its name in RATES, over the demands whose workflow declares what it needs; or a clock's."""
        if not isinstance(name, str) or name not in self.rates:
            raise InvalidValue("rate", f"{brief(name)} is none (possible: {listed(self.rates)})")
        if name not in RATES:
            return self.clock(split(name)[0]).on_time
        rule = RATES[name]
        needs = [rule.needs, *(COUNTS[one].needs for one in (*dict(rule.numerator), *rule.denominator))]
        numerator = sum((self._counted(one, *needs) * weight for one, weight in rule.numerator), Fraction(0))
        return Rate(name, numerator, sum(self._counted(one, *needs) for one in rule.denominator))

    def clock(self, name: str) -> ClockFigures:
        """How the clock of this name stands: its counts, which add up to the received, and how often it was on time."""
        if not isinstance(name, str) or name not in self.clocks:
            raise InvalidValue("clock", f"{brief(name)} is none (possible: {listed(self.clocks)})")
        ran = {stands: self.ticking.get(f"{name} {stands}", 0) for stands in CLOCK_STANDS}
        return ClockFigures(name, sum(self.standings.values()) - sum(ran.values()), **ran)

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
        over = f"satisfaction {kind}, over the closed"
        return Rate(f"{over}, at least", least, n), Rate(f"{over}, at most", least + ungraded, n)

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
    def counts(self) -> tuple[str, ...]:
        """The names of all counts: of standings, of happenings, and of how each clock stands."""
        return (*COUNTS, *HAPPENINGS, *counts_of(self.clocks))

    @property
    def rates(self) -> tuple[str, ...]:
        """The names of all rates, and of each clock's."""
        return (*RATES, *rates_of(self.clocks))

    @property
    def adds_up(self) -> bool:
        """Received = open + closed + refused + withdrawn + merged."""
        return self.count("received") == sum(self.count(name) or 0 for name in IDENTITY)

    @property
    def identity(self) -> str:
        """The identity as a line: `146 received = 6 open + 128 closed + …`, and how many events are parked, if any."""
        parts = " + ".join(f"{self.count(name)} {name}" for name in IDENTITY)
        parked = f"; {self.parked} {'event is' if self.parked == 1 else 'events are'} parked" if self.parked else ""
        return f"{self.count('received')} received {'=' if self.adds_up else '≠'} {parts}{parked}"

    def as_dict(self) -> dict[str, Any]:
        """All counts, happenings and rates (exact fractions, None for n/a) by name."""
        return {
            **{name: self.count(name) for name in self.counts},
            **{name: self.rate(name).value for name in self.rates},
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row a figure: its name, kind, numerator, n (None for counts), value (a float for rates) and meaning."""
        rows: list[dict[str, Any]] = [
            {"figure": name, "kind": definition(name).kind, "numerator": number, "n": None, "value": number}
            for name in self.counts
            for number in (self.count(name),)
        ]
        intervals = (rate for kind in MIDDLE_WEIGHT for rate in self.satisfaction_interval(kind))
        for rate in (*map(self.rate, self.rates), *intervals):
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
    clocks: tuple[str, ...] = ()
    parked: int = 0

    def __getitem__(self, key: K) -> Figures:
        return self.parts[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def total(self) -> Figures:
        """All parts together: the sums of their counts."""
        standings, happened, ticking = (
            _added(getattr(part, name) for part in self.parts.values()) for name in ("standings", "happened", "ticking")
        )
        return Figures(self.asked, standings, happened, ticking, self.clocks, self.parked)

    def mean_of_units(self, rate: str) -> MeanOfUnits:
        """The unweighted mean of the parts' rates, over those that have one; it may contradict the pooled rate."""
        self._nothing.rate(rate)  # a name that is none is told even where there is no part
        units = (part for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))
        values = [part.rate(rate).value for part in units]
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
        for name in self._nothing.counts:
            table[name] = [one.count(name) for one in self.parts.values()]
        for name in self._nothing.rates:
            rates = (one.rate(name).value for one in self.parts.values())
            table[name] = [None if value is None else float(value) for value in rates]
        for kind in MIDDLE_WEIGHT:
            ends = [part.satisfaction_interval(kind) for part in self.parts.values()]
            for at, name in enumerate(one.name for one in self._nothing.satisfaction_interval(kind)):
                table[name] = [None if (value := one[at].value) is None else float(value) for one in ends]
        return table

    @property
    def _nothing(self) -> Figures:
        return Figures("", {}, {}, {}, self.clocks)


def _added(tallies: Iterable[Mapping[Any, int]]) -> dict[Any, int]:
    added: dict[Any, int] = {}
    for tally in tallies:
        for key, number in tally.items():
            added[key] = added.get(key, 0) + number
    return added


def _meaning(figure: str) -> str:
    return definition("satisfaction_interval" if "over the closed" in figure else figure).says


def figures_of(
    name: str, sums: Mapping[tuple[str, int], int], clocks: tuple[str, ...] = (), parked: int = 0
) -> Figures:
    """The figures of one slice from its sums: (happening or how a clock stands, standing) → number."""
    standings = {standing: number for (what, standing), number in sums.items() if not what}
    happened = {what: number for (what, _), number in sums.items() if what in CODES}
    ticking = {what: number for (what, _), number in sums.items() if what and what not in CODES}
    return Figures(name, standings, happened, ticking, clocks, parked)
