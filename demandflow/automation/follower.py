"""A follower: it runs the policies again and again until it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

from demandflow.automation.notices import Notice
from demandflow.automation.reactions import Reactions
from demandflow.automation.runner import PolicyRun
from demandflow.errors import InvalidValue, StorageBusy, StorageUnreachable, brief
from demandflow.store.backends import waiting_at

LONGEST = timedelta(days=1)
SHORTEST = timedelta(seconds=0.05)


def follow(
    flow: Reactions,
    stop: Event,
    *,
    every: timedelta = timedelta(seconds=5),
    notify: Callable[[Notice], object] | None = None,
    tell: Callable[[PolicyRun | Exception], object] | None = None,
) -> int:
    """Run the policies until `stop` is set; returns how many reactions were recorded.

    The log is read again every so often (of one in PostgreSQL the server tells when something was recorded), and
    policies are asked when they are due. `tell` is given each run that recorded or parked something, and each
    StorageBusy, StorageUnreachable and error of `notify`, after which it is tried again in a while. Several followers
    of one log are safe. `stop` is looked at between two saves and two notices. Raises InvalidValue or StorageError.
    """
    if not isinstance(every, timedelta) or not timedelta(0) < every <= LONGEST:
        raise InvalidValue("every", f"must be a timedelta of more than nothing and at most a day, got {brief(every)}")
    reacted = 0
    with waiting_at(flow._log.path) as wait:
        while not stop.is_set():
            pause = every
            try:
                ran = flow.run_policies(stop=stop.is_set)
                reacted += len(ran.reacted)
                if tell is not None and (ran.reacted or ran.parked):
                    tell(ran)
                due = flow.next_moment()
                pause = every if due is None else max(min(SHORTEST, every), min(every, due - flow.now()))
            except (StorageBusy, StorageUnreachable) as error:
                if tell is not None:
                    tell(error)
            if notify is not None:
                _deliver(flow, notify, stop, tell)
            wait(pause.total_seconds(), stop)
    return reacted


def _deliver(
    flow: Reactions,
    notify: Callable[[Notice], object],
    stop: Event,
    tell: Callable[[PolicyRun | Exception], object] | None,
) -> None:
    try:
        flow.deliver_notices(notify, stop=stop.is_set)
    except Exception as error:  # what a community's hook may raise is not known
        if tell is not None:
            tell(error)
