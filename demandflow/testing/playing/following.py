"""Following the log, or running the policies again and again, until whoever does it would wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from threading import Event
from types import ModuleType
from unittest.mock import patch

from demandflow.application import DemandFlow
from demandflow.store.following import feed
from demandflow.testing.model.world import World
from demandflow.testing.playing.agreeing import same_answer


@contextmanager
def until_it_waits(module: ModuleType) -> Iterator[list[float]]:
    """Whoever would wait in this module is told to stop instead; yields the seconds they would have waited."""
    waited = list[float]()

    def wait(seconds: float, stop: Event) -> None:
        waited.append(seconds)
        stop.set()

    with patch.object(module, "waiting_at", lambda _: nullcontext(wait)):
        yield waited


def followed(flow: DemandFlow, world: World, position: int) -> None:
    """Whoever follows the log from there has all of it, and then waits. Raises Differs."""
    every = (timedelta(seconds=1), timedelta(seconds=2), timedelta(days=1))[position % 3]
    with until_it_waits(feed) as waited:
        found = list(flow.follow_events(position, every=every, skip_unreadable=position % 2 == 1))
    want = [pair for pair in enumerate(world.log, 1) if pair[0] > position]
    same_answer(f"follow_events({position})", (found, waited), (want, [every.total_seconds()]))
