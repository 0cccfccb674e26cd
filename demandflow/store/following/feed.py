"""The feed: what happened, in the order of recording, with the position that a consumer keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from threading import Event as Signal
from typing import Any, NamedTuple, TypeVar

from demandflow.domain.events import Event
from demandflow.errors import InvalidValue, StorageBusy, StorageUnreachable, brief
from demandflow.inputs.arguments import whole_number, yes_or_no
from demandflow.store.backends import waiting_at
from demandflow.store.following.cursor import PAGE
from demandflow.store.log import Log
from demandflow.store.mapper import Unreadable

LAST_POSITION, MOST = 2**63 - 1, 2**31
LONGEST = timedelta(days=1)
OFTEN = timedelta(seconds=1)


class Positioned(NamedTuple):
    """An event, and its position in the log: ask for what comes after it once the event is dealt with."""

    position: int
    event: Event


P = TypeVar("P", bound=tuple[Any, ...])


class Feed:
    """What another system asks to follow the log."""

    _log: Log

    def events_after(
        self, position: int, *, limit: int = PAGE, skip_unreadable: bool = False
    ) -> tuple[Positioned, ...]:
        """What was recorded after a position of the log (0 for the first), at most so many, of demands and all else.

        A consumer keeps the position of the last event that it has dealt with, and asks again after it: it misses none
        and has none twice, however many write. Before a hole, or an event that cannot be read, the events end; the next
        question raises HistoryIncomplete or UnreadableEvent, unless events that cannot be read are to be skipped. A
        hole is never skipped before somebody acknowledges it. Raises InvalidValue for a position that the log never
        reached: an older copy was put back.
        """
        whole_number("position", position, 0, LAST_POSITION)
        whole_number("limit", limit, 1, MOST)
        return tuple(self._read_after(position, limit, yes_or_no("skip_unreadable", skip_unreadable)))

    def follow_events(
        self,
        after: int = 0,
        *,
        stop: Signal | None = None,
        every: timedelta = OFTEN,
        skip_unreadable: bool = False,
    ) -> Iterator[Positioned]:
        """What was recorded after a position, and what is recorded from now on, until `stop` is set.

        Where nothing is left the log is read again `every` so often; of a log in PostgreSQL the server tells when
        something was recorded, and then at once. Raises what events_after() raises, but for StorageBusy and
        StorageUnreachable: it reads again.
        """
        whole_number("after", after, 0, LAST_POSITION)
        skip = yes_or_no("skip_unreadable", skip_unreadable)
        if stop is not None and not isinstance(stop, Signal):
            raise InvalidValue("stop", f"must be a threading.Event, got {brief(stop)}")
        if not isinstance(every, timedelta) or not timedelta(0) < every <= LONGEST:
            problem = f"must be a timedelta of more than nothing and at most a day, got {brief(every)}"
            raise InvalidValue("every", problem)
        read = partial(self._read_after, limit=PAGE, skip=skip)
        return followed(self._log, read, after, stop or Signal(), every)

    def _read_after(self, position: int, limit: int, skip: bool) -> list[Positioned]:
        after = position
        while rows := self._log.page(after, limit):
            events: list[Positioned] = []
            for at, row in rows:
                if not isinstance(row, Unreadable):
                    events.append(Positioned(at, row))
                elif row.hole is not None or not skip:
                    if events:
                        return events
                    raise row.error()
            if events:
                return events
            after = rows[-1][0]
        check_reached(self._log, position)
        return []


def check_reached(log: Log, position: int) -> None:
    """Raise InvalidValue for a position that the log never reached."""
    if position > (last := log.last_position()):
        raise InvalidValue(
            "position",
            f"{position} is behind the newest event of this log, which is at {last}. If an older copy of the log was "
            f"put back, what the consumer knows of later events is no longer recorded; it goes on after {last}",
        )


def followed(
    log: Log, read: Callable[[int], Sequence[P]], after: int, stop: Signal, every: timedelta = OFTEN
) -> Iterator[P]:
    """What `read` gives of a log after a position, again and again, until `stop` is set."""
    with waiting_at(log.path) as wait:
        while not stop.is_set():
            try:
                page = read(after)
            except (StorageBusy, StorageUnreachable):
                page = ()
            for item in page:
                if stop.is_set():
                    return
                after = item[0]
                yield item
            if not page:
                wait(every.total_seconds(), stop)
