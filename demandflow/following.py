"""A long-running follower: the policies are asked again and again until somebody says stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

from demandflow.application import DemandFlow
from demandflow.errors import InvalidValue, StorageBusy, brief
from demandflow.running import Notice, Ran

LONGEST = timedelta(days=1)


def follow(
    flow: DemandFlow,
    stop: Event,
    *,
    every: timedelta = timedelta(seconds=5),
    notify: Callable[[Notice], object] | None = None,
    tell: Callable[[Ran | StorageBusy], object] | None = None,
) -> int:
    """Run the policies until `stop` is set; returns how many reactions were recorded.

    What others record is looked for every so often, and what comes due is asked at its moment. `tell` hears of each
    run that came to something, and of a storage that somebody else held; it is tried again. Several followers of one
    log are safe. A stop is heeded between two saves. Raises InvalidValue, StorageError, or what `notify` raises.
    """
    if not isinstance(every, timedelta) or not timedelta(0) < every <= LONGEST:
        raise InvalidValue("every", f"must be a timedelta of more than nothing and at most a day, got {brief(every)}")
    reacted = 0
    while not stop.is_set():
        try:
            ran = flow.run_policies(notify=notify, stop=stop.is_set)
            reacted += len(ran.reacted)
            if tell is not None and (ran.reacted or ran.parked):
                tell(ran)
        except StorageBusy as busy:
            if tell is not None:
                tell(busy)
        stop.wait(_pause(flow, every).total_seconds())
    return reacted


def _pause(flow: DemandFlow, every: timedelta) -> timedelta:
    """Until something comes due, but not longer than others are to be waited for."""
    try:
        due = flow.next_moment()
    except StorageBusy:
        return every
    return every if due is None else max(timedelta(0), min(every, due - flow.now()))


def seconds(text: str) -> timedelta:
    """A number of seconds as it is written on a command line. Raises InvalidValue."""
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        raise InvalidValue("every", f"must be a number of seconds, got {brief(text)}") from None
