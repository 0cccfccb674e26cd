"""How a clock of a demand stands, folded from what was stamped on the events. Refuses nothing and cannot fail."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from demandflow.domain.events import ClockChange

RUNNING, PAUSED = "running", "paused"
MET, MISSED, STOPPED = "met", "missed", "stopped"
CLOCK_STATUSES = (RUNNING, PAUSED, MET, MISSED, STOPPED)


class ClockState(Struct, frozen=True, gc=False):
    """How a clock of a demand stands: when its present or last run began, since when it stands so, when it is due.

    `span` is how long the rule in force at its beginning gave. A running clock without a due moment is undated: the
    calendar did not know the year. `known_due` is the last due moment that was known, `pauses` are those since then.
    """

    clock: str
    status: str
    began: datetime
    since: datetime
    span: str
    due: datetime | None = None
    extensible: bool = False
    known_due: datetime | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def goes_on(self) -> bool:
        """Running, or paused."""
        return self.status in (RUNNING, PAUSED)

    @property
    def undated(self) -> bool:
        """Whether it goes on without a due moment: the calendar did not know the year."""
        return self.goes_on and self.due is None

    @property
    def can_be_overdue(self) -> bool:
        """Whether its due moment stands: it runs, or its pause came too late to move that."""
        return self.due is not None and (self.status == RUNNING or self.paused_too_late)

    @property
    def paused_too_late(self) -> bool:
        """Paused at its due moment or after it: what rests so stays due."""
        return self.status == PAUSED and self.due is not None and self.due <= self.since


def ticked(clocks: tuple[ClockState, ...], ticks: tuple[ClockChange, ...], at: datetime) -> tuple[ClockState, ...]:
    """The clocks after these have changed, in the order of their names."""
    by_name = {one.clock: one for one in clocks}
    for tick in ticks:
        before = by_name.get(tick.clock)
        if before is None or tick.span is not None:
            span, extensible = tick.span or "", bool(tick.extensible)
            by_name[tick.clock] = ClockState(tick.clock, tick.status, at, at, span, tick.due, extensible, tick.due)
            continue
        over = before.status == PAUSED and tick.status == RUNNING
        dated = tick.status == RUNNING and tick.due is not None
        pauses = () if dated else (*before.pauses, (before.since, at)) if over else before.pauses
        by_name[tick.clock] = replace(
            before,
            status=tick.status,
            since=before.since if before.status == tick.status else at,
            due=tick.due,
            known_due=tick.due if dated else before.known_due,
            pauses=pauses,
        )
    return tuple(by_name[name] for name in sorted(by_name))
