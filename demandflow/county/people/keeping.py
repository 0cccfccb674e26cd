"""What was promised, and what came of it: commitments kept, of those that were due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from demandflow.county.credits import BROKEN, KEPT, LATE, UNCLAIMED, WITHDRAWN
from demandflow.county.streams_asked import StreamsAsked
from demandflow.inputs.arguments import word_among, zone_of
from demandflow.projections.figures.periods import Period
from demandflow.projections.streams import sums

ALL = "all"
BY = (ALL, "who", "home")
PROMISES = (KEPT, LATE, BROKEN, UNCLAIMED, WITHDRAWN)


@dataclass(frozen=True)
class Kept:
    """How many commitments were kept, late, broken, open and overdue, or withdrawn."""

    kept: int = 0
    late: int = 0
    broken: int = 0
    overdue: int = 0
    withdrawn: int = 0

    @classmethod
    def of(cls, amounts: Mapping[str, int]) -> Kept:
        """From amounts by measure."""
        return cls(*(amounts.get(name, 0) for name in PROMISES))

    @property
    def due(self) -> int:
        """Those that are judged: what was withdrawn, and what is not due yet, is not."""
        return self.kept + self.late + self.broken + self.overdue

    @property
    def rate(self) -> float | None:
        """Kept of due, from 0 to 1; None if none was due."""
        return self.kept / self.due if self.due else None

    def __str__(self) -> str:
        return f"{self.kept} of {self.due} = {100 * self.kept / self.due:.1f} %" if self.due else "n/a"


def kept(flow: StreamsAsked, period: str, *, by: str = ALL) -> dict[str, Kept]:
    """The commitments that fell due in a period, or were withdrawn in it: `by` all, who, or home; sorted by name.

    What is open counts once its day is over. Raises InvalidValue.
    """
    word_among("by", by, BY)
    begin, end = Period.of(period).moments(zone_of(flow.zone))
    now, upto = flow.now(), flow.last_position()
    with flow.stream_tables.tables() as tables:
        booked = sums(tables, begin, end, upto)
        to_come = sums(tables, max(begin, now), max(end, now), upto)
    amounts: dict[str, dict[str, int]] = {}
    for key, amount in booked.items():
        home, who, _, measure = key
        if measure in PROMISES:
            counts = amounts.setdefault({ALL: ALL, "who": who, "home": home}[by], {})
            counts[measure] = counts.get(measure, 0) + amount - (to_come.get(key, 0) if measure == UNCLAIMED else 0)
    return {name: Kept.of(counts) for name, counts in sorted(amounts.items())}
