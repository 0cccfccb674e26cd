"""How open demands stand towards their due moments, at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from demandflow.projections.printing import minute


@dataclass(frozen=True)
class Deadlines:
    """How open demands stand towards their due moment, at a moment.

    Whatever they are, `undated` of them have a clock without a due moment: its calendar does not know the year.
    """

    at: datetime
    overdue: int
    not_yet_due: int
    no_due: int
    undated: int = 0
    note: str = ""

    def __str__(self) -> str:
        counts = f"{self.overdue} overdue, {self.not_yet_due} not yet due, {self.no_due} without a due moment"
        undated = f", {self.undated} with a clock whose calendar does not know the year" if self.undated else ""
        return f"at {minute(self.at)}: {counts}{undated}{self.note and f'; {self.note}'}"
