"""What the declared clocks must show, read off a demand's history: cut into runs, and each run told by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demandflow.calendars.spans import Span
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.clocks.states import MET, MISSED, PAUSED, RUNNING, STOPPED
from demandflow.domain.events import ClockChange, Event
from demandflow.domain.facts import MovedOver, Registered, Sorted
from demandflow.errors import YearNotCovered
from demandflow.testing.model.calendars import naive
from demandflow.testing.model.picture import as_right
from demandflow.testing.model.shared import moments_of

Pause = tuple[datetime, datetime]


@dataclass(frozen=True)
class Stand:
    """How a clock stands: with which event this run began, how it is, and when it runs out."""

    begun: int
    status: str
    due: datetime | None


class Timekeeper:
    """The clocks of one demand after each of its events; `declared` are those of each workflow it was on, by its key.

    What the events themselves say of clocks is not looked at.
    """

    def __init__(self, events: Sequence[Event], declared: Mapping[str, Sequence[Clock]]) -> None:
        self.events, self.at = events, moments_of(events)
        self.declared = [{clock.name: clock for clock in declared.get(one.meta.workflow, ())} for one in events]

    def ticks(self) -> tuple[ClockChange, ...]:
        """The clocks that stand otherwise after the last event: those no longer declared, then the declared ones."""
        return tuple(self._ticks())

    def takes_the_due(self) -> bool:
        """Whether a due moment that the last fact names is a clock's, and not that of the demand as a whole."""
        last = len(self.events) - 1
        extensible = [name for name, clock in self.declared[last].items() if clock.extensible]
        return any(self._runs(name, last) and self._goes_on(name, last) for name in extensible)

    def _ticks(self) -> Iterator[ClockChange]:
        everything = {name for clocks in self.declared for name in clocks}
        for name in (*sorted(everything - self.declared[-1].keys()), *self.declared[-1]):
            before, now = self._stand(name, len(self.events) - 1), self._stand(name, len(self.events))
            if now is None or now == before:
                continue
            if before is not None and now.begun == before.begun:
                yield ClockChange(name, now.status, now.due)
            else:
                extensible = self.declared[-1][name].extensible
                yield ClockChange(name, now.status, now.due, str(self._span(name, now.begun)), extensible or None)

    def _stand(self, name: str, after: int) -> Stand | None:
        """How the clock stands after so many events; None if it never ran."""
        runs = self._all_runs(name, after)
        if not runs:
            return None
        begun, ended = runs[-1]
        if ended is None:
            return Stand(begun, PAUSED if self._rests(name, after - 1) else RUNNING, self._due(name, begun, after))
        due = self._due(name, begun, ended)
        return Stand(begun, self._verdict(name, ended, due), due)

    def _all_runs(self, name: str, after: int) -> list[tuple[int, int | None]]:
        """With which event each run began, and with which it ended."""
        found: list[tuple[int, int | None]] = []
        for n in range(after):
            goes_on = bool(found) and found[-1][1] is None
            here = self._runs(name, n) or self._rests(name, n)
            if goes_on and (not here or self._afresh(name, n)):
                found[-1], goes_on = (found[-1][0], n), False
            if not goes_on and self._runs(name, n) and self._span(name, n) is not None:
                found.append((n, None))
        return found

    def _goes_on(self, name: str, n: int) -> bool:
        runs = self._all_runs(name, n + 1)
        return bool(runs) and runs[-1][1] is None

    def _verdict(self, name: str, ended: int, due: datetime | None) -> str:
        """In time or not; neither, if nobody knows when it was due, or if it ended otherwise than by being done."""
        unknown = due is None or isinstance(self.events[ended].fact, MovedOver)
        if unknown or self.events[ended].stamp.ended_as not in (None, "closed"):
            return STOPPED
        until = ended
        while self._rests(name, until - 1):
            until -= 1
        return MISSED if due is not None and due < self.at[until] else MET

    def _due(self, name: str, begun: int, after: int) -> datetime | None:
        """When the run is due: as it was reckoned or named, later by each pause since that began before it was due."""
        span = self._span(name, begun)
        assert span is not None
        named: datetime | None = None
        due: datetime | None = None
        pauses: list[Pause] = []
        rests_since: datetime | None = None
        for n in range(begun, after):
            if self._rests(name, n):
                rests_since = rests_since or self.at[n]
                continue
            clock, over = self.declared[n][name], [] if rests_since is None else [(rests_since, self.at[n])]
            rests_since, pauses = None, [*pauses, *over]
            if (given := self._named(name, n)) is not None:
                named = due = given
                pauses = []
            elif due is None:
                due = _reckoned(clock, self.at[begun], span, named, pauses)
            elif over:
                due = _reckoned(clock, self.at[begun], span, due, over)
        return due

    def _named(self, name: str, n: int) -> datetime | None:
        """The due moment that the fact names, if the clock takes it."""
        given: Any = getattr(self.events[n].fact, "due", None)
        return given if self.declared[n][name].extensible else None

    def _span(self, name: str, n: int) -> Span | None:
        """How long the clock gives to the demand as it is after this event; None if no limit fits."""
        facts = [one for one in as_right(self.events[: n + 1]) if isinstance(one, Registered | Sorted)]
        category = next((one.category for one in reversed(facts) if one.category is not None), None)
        urgency = next((one.urgency for one in reversed(facts) if one.urgency is not None), None)
        for limit in self.declared[n][name].limits:
            of_category = limit.category is None or f"{category or ''}/".startswith(f"{limit.category}/")
            if of_category and limit.urgency in (None, urgency):
                assert isinstance(limit.span, Span)
                return limit.span
        return None

    def _runs(self, name: str, n: int) -> bool:
        return name in self.declared[n] and self.events[n].stamp.state in self.declared[n][name].runs_in

    def _rests(self, name: str, n: int) -> bool:
        return name in self.declared[n] and self.events[n].stamp.state in self.declared[n][name].paused_in

    def _afresh(self, name: str, n: int) -> bool:
        """Whether it starts anew here: with the round, or with what the move means."""
        stamp, restarts = self.events[n].stamp, self.declared[n][name].restarts
        return stamp.round != self.events[n - 1].stamp.round or any(one in restarts for one in stamp.means or ())


def _reckoned(
    clock: Clock, began: datetime, span: Span, named: datetime | None, pauses: Sequence[Pause]
) -> datetime | None:
    """The due moment, named or reckoned from the beginning, after these pauses; None in years that nobody knows."""
    try:
        due = named or naive(clock.calendar).add(began, span)
        for since, until in pauses:
            if since < due:
                due = naive(clock.calendar).shifted(due, since, until, span)
    except YearNotCovered:
        return None
    return due
