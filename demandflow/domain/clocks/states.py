"""The state of a demand's clock, folded from the changes stamped on its events. Refuses nothing and cannot fail."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from demandflow.domain.events import ClockChange

RUNNING, PAUSED = "running", "paused"
MET, MISSED, STOPPED = "met", "missed", "stopped"
CLOCK_STATUSES = (RUNNING, PAUSED, MET, MISSED, STOPPED)


class ClockState(Struct, frozen=True, gc=False):
    """The state of a clock: its status and since when, when its present or last run began, and when that is due.

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
        """Whether its due moment counts: it runs, or was paused too late to move that."""
        return self.due is not None and (self.status == RUNNING or self.paused_too_late)

    @property
    def paused_too_late(self) -> bool:
        """Whether it was paused at its due moment or after it, so that it stays due."""
        return self.status == PAUSED and self.due is not None and self.due <= self.since


def with_changes(
    clocks: tuple[ClockState, ...], changes: tuple[ClockChange, ...], at: datetime
) -> tuple[ClockState, ...]:
    """The clocks after these changes, in the order of their names."""
    by_name = {state.clock: state for state in clocks}
    for change in changes:
        before = by_name.get(change.clock)
        if before is None or change.span is not None:
            span, extensible = change.span or "", bool(change.extensible)
            by_name[change.clock] = ClockState(
                change.clock, change.status, at, at, span, change.due, extensible, change.due
            )
            continue
        resumed = before.status == PAUSED and change.status == RUNNING
        dated = change.status == RUNNING and change.due is not None
        pauses = () if dated else (*before.pauses, (before.since, at)) if resumed else before.pauses
        by_name[change.clock] = replace(
            before,
            status=change.status,
            since=before.since if before.status == change.status else at,
            due=change.due,
            known_due=change.due if dated else before.known_due,
            pauses=pauses,
        )
    return tuple(by_name[name] for name in sorted(by_name))
