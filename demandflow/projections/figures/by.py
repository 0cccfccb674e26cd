"""The figures of each part along one or several dimensions, and of all parts together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from demandflow.projections.figures.definitions import SATISFACTION
from demandflow.projections.figures.figures import Figures
from demandflow.projections.figures.rates import MeanOfUnits, Rate
from demandflow.projections.figures.satisfaction import NEVER_POOLED

K = TypeVar("K", str, tuple[str, ...])


@dataclass(frozen=True, eq=False)
class FiguresBy(Mapping[K, Figures], Generic[K]):
    """The figures of each part along one dimension (keys are names or paths) or several (keys are tuples of these).

    `name` says which demands they are about, as in Figures.
    """

    dimensions: tuple[str, ...]
    parts: Mapping[K, Figures]
    name: str = "all"
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
        return Figures(self.name, standings, happened, ticking, self.clocks, dues, self.parked, self.missing, self.note)

    def mean_of_units(self, rate: str) -> MeanOfUnits:
        """The unweighted mean of the parts' rates, over those that have one; it may contradict the pooled rate.

        As the pooled rate, satisfaction has none over several workflows.
        """
        self._empty.rate(rate)  # refuses an unknown name even if there are no parts
        units = (part for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))
        rates = [part.rate(rate).value for part in units]
        if rate in NEVER_POOLED and (beside := self.total.rate(rate).beside):
            return MeanOfUnits(f"{rate}, mean of units", None, 0, len(rates), beside)
        values = [value for value in rates if value is not None]
        mean = sum(values, Fraction(0)) / len(values) if values else None
        return MeanOfUnits(f"{rate}, mean of units", mean, len(values), len(rates) - len(values))

    def __str__(self) -> str:
        rows: list[tuple[str, Figures]] = [
            (" × ".join((key,) if isinstance(key, str) else key) or "(none)", part) for key, part in self.items()
        ]
        lines: list[str] = [f"by {' × '.join(self.dimensions)}, {self.name}:"]
        for name, part in (*rows, ("together", self.total)):
            overdue = f"; {part.count('overdue')} overdue" if part.count("overdue") else ""
            resolved = f"; resolved {part.resolution()}" if part.resolution().n else ""
            lines.append(f"  {name}: {part.identity}{overdue}{resolved}")
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])

    @property
    def headings(self) -> tuple[str, ...]:
        """The dimensions as columns of a table, in which `received` and `closed` are counts already."""
        figures = {*self._empty.counts, *self._empty.rates}
        return tuple(f"{name} in" if name in figures else name for name in self.dimensions)

    def columns(self) -> dict[str, list[Any]]:
        """One list for each column: the dimensions, then each count, and each rate as a float; None is n/a.

        Dimensions of time are called `received in` and `closed in`. pandas.DataFrame(…) and polars.DataFrame(…) take
        the result as it is.
        """
        keys = [(key,) if isinstance(key, str) else key for key in self.parts]
        table: dict[str, list[Any]] = {name: [key[at] for key in keys] for at, name in enumerate(self.headings)}
        for name in self._empty.counts:
            table[name] = [part.count(name) for part in self.parts.values()]
        for name in self._empty.rates:
            table[name] = [_float(part.rate(name)) for part in self.parts.values()]
        for kind in SATISFACTION:
            intervals = [part.satisfaction_interval(kind) for part in self.parts.values()]
            for at, rate in enumerate(self._empty.satisfaction_interval(kind)):
                table[rate.name] = [_float(interval[at]) for interval in intervals]
        return table

    @property
    def _empty(self) -> Figures:
        return Figures("", {}, {}, {}, self.clocks)


def _float(rate: Rate) -> float | None:
    return None if rate.value is None else float(rate.value)


def _added(tallies: Iterable[Mapping[Any, int]]) -> dict[Any, int]:
    total: Counter[Any] = Counter()
    for tally in tallies:
        total.update(tally)
    return dict(total)
