"""Durations: how long demands took, from rows, with exact percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.board.filter import Filter
from demandflow.projections.printing import lasted, minute
from demandflow.store.statements import Statements
from demandflow.store.tables.moments import at_microseconds, microseconds

MICROSECOND = timedelta(microseconds=1)
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Durations:
    """Elapsed times, sorted. `unended` had not ended: they are left out, or counted up to the moment `until`.

    Percentiles interpolate linearly between the two nearest ranks (Hyndman and Fan, 1996, type 7).
    """

    name: str
    values: tuple[timedelta, ...]
    unended: int = 0
    until: datetime | None = None
    note: str = field(default="", compare=False)

    @classmethod
    def of(cls, name: str, spans: Iterable[Span], until: datetime | None = None) -> Durations:
        """The durations of these spans; those without an end are left out, or counted up to `until`."""
        values, unended = [], 0
        for began, ended in spans:
            unended += ended is None
            if (end := ended or until) is not None:
                values.append(end - began)
        return cls(name, tuple(sorted(values)), unended, until)

    @property
    def n(self) -> int:
        """How many were counted."""
        return len(self.values)

    def seconds(self, percentile: float) -> Fraction | None:
        """The exact percentile (0 to 100) in seconds; None is n/a. Raises InvalidValue."""
        if isinstance(percentile, bool) or not isinstance(percentile, int | float) or not 0 <= percentile <= 100:
            raise InvalidValue("percentile", f"must be a number from 0 to 100, got {brief(percentile)}")
        if not self.values:
            return None
        at = Fraction(percentile) * (self.n - 1) / 100
        low = self.values[floor(at)] // MICROSECOND
        high = self.values[min(floor(at) + 1, self.n - 1)] // MICROSECOND
        return (low + (high - low) * (at - floor(at))) / 1_000_000

    def percentile(self, percentile: float) -> timedelta | None:
        """The percentile (0 to 100), to the microsecond; None is n/a."""
        exact = self.seconds(percentile)
        return None if exact is None else timedelta(microseconds=round(exact * 1_000_000))

    @property
    def median(self) -> timedelta | None:
        """Half took no longer."""
        return self.percentile(50)

    @property
    def p90(self) -> timedelta | None:
        """Nine in ten took no longer."""
        return self.percentile(90)

    @property
    def mean(self) -> timedelta | None:
        """The mean, to the microsecond; None is n/a."""
        total = sum(value // MICROSECOND for value in self.values)
        return timedelta(microseconds=round(Fraction(total, self.n))) if self.n else None

    @property
    def times(self) -> str:
        """The median, the 90th percentile and the longest, in two units, with n and the number of the unended."""
        left = "left out" if self.until is None else f"counted up to {minute(self.until)}"
        times = {"median": self.median, "90 % within": self.p90, "the longest": max(self.values, default=None)}
        words = listed(f"{what} {lasted(time)}" for what, time in times.items()) if self.values else "n/a"
        return f"{words} (n = {self.n}; {self.unended} not ended, {left})"

    def __str__(self) -> str:
        return f"{self.name}: {self.times}{self.note and f'; {self.note}'}"


def whole_times(
    connection: Statements, board_filter: Filter, ended_as: str | None, until: datetime | None
) -> Durations:
    """From receipt to the end, of the demands that ended so or are open: now, or at that moment."""
    condition, values = board_filter.where()
    open_then = None if until is None else microseconds(until)
    rows = connection.execute(
        f"SELECT received, ended FROM demandflow_board WHERE {condition} "  # noqa: S608
        "AND (ended_as IS NULL OR ended_as = COALESCE(?, ended_as) OR ended > ?)",
        [*values, ended_as, open_then],
    )
    return Durations.of("whole time", _spans(rows, until), until)


def waits(connection: Statements, board_filter: Filter, until: datetime | None) -> dict[str, Durations]:
    """The stays of the demands, by state."""
    condition, values = board_filter.where()
    rows = connection.execute(
        "SELECT state, began, ended FROM demandflow_stays WHERE demand IN "  # noqa: S608
        f"(SELECT demand FROM demandflow_board WHERE {condition}) ORDER BY state",
        values,
    )
    by_state: dict[str, list[tuple[Any, ...]]] = {}
    for state, *span in rows:
        by_state.setdefault(state, []).append(tuple(span))
    return {
        state: Durations.of(f"waiting in {state}", _spans(spans, until), until) for state, spans in by_state.items()
    }


def _spans(rows: Iterable[tuple[Any, ...]], until: datetime | None) -> Iterator[Span]:
    for began, ended in rows:
        start, end = at_microseconds(began), at_microseconds(ended)
        if until is not None and until < start:
            continue  # it had not begun by then
        yield start, None if end is not None and until is not None and until < end else end
