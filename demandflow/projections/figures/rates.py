"""Rates: a numerator over a denominator, pooled or as a mean of units; and the figures of a clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from demandflow.errors import listed
from demandflow.projections.figures.definitions import ON_TIME, ON_TIME_OF_THE_ENDED


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator, pooled; `n` is the denominator. If it is 0, the rate is n/a, never 0 %.

    `beside` has to be printed with the rate.
    """

    name: str
    numerator: Fraction
    n: int
    beside: str = ""

    @property
    def value(self) -> Fraction | None:
        """The exact rate, from 0 to 1; None is n/a."""
        return self.numerator / self.n if self.n else None

    @property
    def percent(self) -> str:
        """The rate in per cent, rounded half up to one decimal: `85.6 %` or `n/a`."""
        return in_percent(self.value)

    def __str__(self) -> str:
        number = str(self.numerator) if self.numerator.denominator == 1 else f"{float(self.numerator):.1f}"
        beside = f" ({self.beside})" if self.beside else ""
        return f"{number}/{self.n} = {self.percent}{beside}" if self.n else f"n/a{beside}"


@dataclass(frozen=True)
class MeanOfUnits:
    """The unweighted mean of the units' rates, which is not the pooled rate; `without` units have no rate.

    Demands that belong to no unit are left out. `beside` has to be printed with it.
    """

    name: str
    value: Fraction | None
    units: int
    without: int
    beside: str = ""

    def __str__(self) -> str:
        if self.units:
            return f"{in_percent(self.value)} (mean of {self.units} units)"
        return f"n/a ({self.beside})" if self.beside else "n/a"


@dataclass(frozen=True)
class ClockFigures:
    """The demands of a slice by the status of one clock: in `none` it never ran, in `running` it runs or is paused.

    Of the running, `overdue` are past their due moment at the moment asked about, and `undated` have no due moment.
    """

    name: str
    none: int
    running: int
    met: int
    missed: int
    stopped: int
    overdue: int = 0
    undated: int = 0

    @property
    def received(self) -> int:
        """All demands: none + running + met + missed + stopped."""
        return self.none + self.running + self.met + self.missed + self.stopped

    @property
    def due(self) -> int:
        """Demands in which it came due: met + missed + overdue."""
        return self.met + self.missed + self.overdue

    @property
    def on_time(self) -> Rate:
        """Of those in which it came due, how many ended by then."""
        return Rate(f"{self.name} {ON_TIME}", Fraction(self.met), self.due)

    @property
    def on_time_of_the_ended(self) -> Rate:
        """Of those in which it ended by its due moment or later, how many by then; printed with the overdue."""
        ended = self.met + self.missed
        return Rate(f"{self.name} {ON_TIME_OF_THE_ENDED}", Fraction(self.met), ended, overdue_beside(self.overdue))

    def __str__(self) -> str:
        status = f"{self.none} none + {self.running} running + {self.met} met + {self.missed} missed"
        return f"{self.name}: {self.received} received = {status} + {self.stopped} stopped{self._of_the_running}"

    @property
    def _of_the_running(self) -> str:
        numbers = {"overdue": self.overdue, "undated": self.undated}
        words = listed((f"{number} {what}" for what, number in numbers.items() if number), none="")
        return f"; of the running {words}" if words else ""


def overdue_beside(number: int) -> str:
    """What is printed beside a rate that leaves out the overdue."""
    return f"besides, {number} overdue" if number else ""


def in_percent(value: Fraction | None) -> str:
    """In per cent, rounded half up to one decimal, or n/a."""
    if value is None:
        return "n/a"
    exact = Decimal(value.numerator) * 100 / Decimal(value.denominator)
    return f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP)} %"
