"""A clock that stands still until it is told to go on, and ids that are counted."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from demandflow.calendars.ends import CalendarEnds


@contextmanager
def calendars_may_end() -> Iterator[None]:
    """Opens flows without the warning that a calendar ends: what is played here is not played today."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CalendarEnds)
        yield


class FrozenClock:
    """Give it to `DemandFlow.open(clock=…)`; it shows `now` until `advance()`."""

    def __init__(self, now: datetime = datetime(2025, 3, 1, 8, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now

    def advance(self, **by: float) -> datetime:
        """Go on by so much (the arguments of timedelta) and say what time it is then."""
        self.now += timedelta(**by)
        return self.now


def counted_ids() -> Callable[[], UUID]:
    """Ids that are numbers from 1: give it to `DemandFlow.open(new_id=…)`."""
    numbers = itertools.count(1)
    return lambda: UUID(int=next(numbers))
