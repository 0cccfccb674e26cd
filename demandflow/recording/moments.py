"""When something is recorded and when it happened: a clock that is checked, and who may enter what is past."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor
from demandflow.errors import BackdatingNotAllowed, ClockBehind, ClockJumped, InvalidValue, brief
from demandflow.inputs.moments import moment

ALLOWED_SKEW = timedelta(minutes=5)
"""So far ahead of the clock a fact may be said to have happened: the clocks of desks differ."""
FAR_BEHIND = timedelta(minutes=10)
"""A clock that is further behind what is recorded, or further ahead than time has gone by, is taken for wrong."""
QUIET = timedelta(days=366)
"""Where nothing was recorded for so long, nobody may have used the log; or the clock is wrong."""
LATE_ENTRY = timedelta(hours=24)


class Moments:
    """Says when a fact is recorded and happened, or why it cannot be.

    `late_entry` is how far back `at` may lie; for the roles in `backdating` there is no limit. `newest` reads when
    something was last recorded; recordings after `trusted_until` do not count. `elapsed` counts the seconds that really
    go by; without it, jumps of the clock are not noticed.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        late_entry: timedelta = LATE_ENTRY,
        backdating: Collection[str] = (),
        newest: Callable[[], datetime | None] = lambda: None,
        trusted_until: datetime | None = None,
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        if not isinstance(late_entry, timedelta) or late_entry < timedelta(0):
            raise InvalidValue("late_entry", f"must be a timedelta of nothing or more, got {brief(late_entry)}")
        self._clock, self._late_entry, self._backdating = clock, late_entry, roles(backdating)
        self._trusted_until = None if trusted_until is None else moment(trusted_until, "clocks_right_until")
        self._read_newest: Callable[[], datetime | None] | None = newest
        self._newest: datetime | None = None
        self._elapsed, self._began = elapsed, None if elapsed is None else (self.now(), elapsed())

    def now(self) -> datetime:
        """The present moment by the clock, in UTC."""
        return moment(self._clock(), "clock")

    def saw(self, recorded: datetime | None) -> None:
        """Remember when something was recorded."""
        trusted = recorded is not None and (self._trusted_until is None or recorded <= self._trusted_until)
        if recorded is not None and trusted and (self._newest is None or recorded > self._newest):
            self._newest = recorded

    def learn(self, other: Moments) -> None:
        """Remember what a copy saw, once its events are recorded; before that they say nothing about the clock."""
        self.saw(other._newest)
        self._read_newest, self._began = other._read_newest, other._began

    def recording(self, *demands: Stream | None) -> datetime:
        """The moment at which something is recorded now, on these demands. Raises ClockBehind; warns of a jump."""
        now = self.now()
        if self._read_newest is not None:
            self.saw(self._read_newest())
            self._read_newest = None
            if self._elapsed is not None and self._newest is not None and now - self._newest > QUIET:
                warnings.warn(ClockJumped(self._newest, now), stacklevel=2)
        by_now = now + FAR_BEHIND
        if self._newest is not None and self._newest > by_now:
            raise ClockBehind(now, self._newest, "something")
        for demand in demands:
            if demand is not None and demand.recorded is not None and demand.recorded > by_now:
                raise ClockBehind(now, demand.recorded, f"the last of demand {demand.id}")
        self._look_for_a_jump(now)
        return now

    def happened(
        self, at: datetime | None, by: Actor, recorded: datetime, *demands: Stream | None, backdating: bool = False
    ) -> datetime:
        """When it happened: as given, or now, but not before what happened last.

        With `backdating` anybody may enter what is past. Raises InvalidValue for the future, and BackdatingNotAllowed
        for what happened longer ago than this actor may enter.
        """
        last = recorded
        for demand in demands:
            if demand is not None and demand.last is not None and demand.last > last:
                last = demand.last
        if at is None:
            return last
        at = moment(at, "at")
        if at > max(recorded + ALLOWED_SKEW, last):
            problem = f"{at:%Y-%m-%d %H:%M:%S} UTC is in the future; a fact is recorded once it has happened"
            raise InvalidValue("at", problem)
        if recorded - at > self._late_entry and not backdating and by.role not in self._backdating:
            allowed = tuple(sorted(self._backdating))
            raise BackdatingNotAllowed(by.id, by.role, at, recorded - self._late_entry, allowed)
        return at

    def _look_for_a_jump(self, now: datetime) -> None:
        if self._elapsed is None or self._began is None or now - self._began[0] <= FAR_BEHIND:
            return  # so soon after the last look it cannot be so far ahead
        (began, seconds), gone_by = self._began, self._elapsed()
        expected = began + timedelta(seconds=gone_by - seconds)
        self._began = now, gone_by
        if now - expected > FAR_BEHIND:
            warnings.warn(ClockJumped(expected, now), stacklevel=2)


def roles(given: object) -> frozenset[str]:
    """Several roles, or one, by their names. Raises InvalidValue."""
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, Collection):
        raise InvalidValue("backdating", f"must be roles, for instance ('importer',), got {brief(given)}")
    for name in names:
        if not isinstance(name, str) or not name or not name.isprintable():
            raise InvalidValue("backdating", f"must be names of roles, got {brief(name)}")
    return frozenset(map(str, names))
