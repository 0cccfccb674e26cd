"""The figures of each part along one dimension or several, and of all parts together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from demandflow.projections.figures.definitions import SATISFACTION
from demandflow.projections.figures.figures import Figures
from demandflow.projections.figures.rates import MeanOfUnits
from demandflow.projections.standing import COUNTS

K = TypeVar("K", str, tuple[str, ...])


@dataclass(frozen=True, eq=False)
class FiguresBy(Mapping[K, Figures], Generic[K]):
    """The figures of each part along one dimension (keys are names or paths) or several (keys are tuples of them)."""

    dimensions: tuple[str, ...]
    parts: Mapping[K, Figures]
    asked: str = "all"
    clocks: tuple[str, ...] = ()
    parked: int = 0
    missing: int = 0
    note: str = ""

    def __getitem__(self, key: K) -> Figures:
        return self.parts[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def total(self) -> Figures:
        """All parts together: the sums of their counts."""
        names = ("standings", "happened", "ticking", "dues")
        standings, happened, ticking, dues = (
            _added(getattr(part, name) for part in self.parts.values()) for name in names
        )
        return Figures(
            self.asked, standings, happened, ticking, self.clocks, dues, self.parked, self.missing, self.note
        )

    def mean_of_units(self, rate: str) -> MeanOfUnits:
        """The unweighted mean of the parts' rates, over those that have one; it may contradict the pooled rate."""
        self._nothing.rate(rate)  # a name that is none is told even where there is no part
        units = (part for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))
        values = [part.rate(rate).value for part in units]
        found = [value for value in values if value is not None]
        mean = sum(found, Fraction(0)) / len(found) if found else None
        return MeanOfUnits(f"{rate}, mean of units", mean, len(found), len(values) - len(found))

    def __str__(self) -> str:
        rows: list[tuple[str, Figures]] = [
            (" × ".join((key,) if isinstance(key, str) else key) or "(none)", part) for key, part in self.items()
        ]
        lines: list[str] = [f"by {' × '.join(self.dimensions)}, {self.asked}:"]
        for name, part in (*rows, ("together", self.total)):
            overdue = f"; {part.count('overdue')} overdue" if part.count("overdue") else ""
            resolved = f"; resolved {part.resolution()}" if part.resolution().n else ""
            lines.append(f"  {name}: {part.identity}{overdue}{resolved}")
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])

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
        for kind in SATISFACTION:
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
