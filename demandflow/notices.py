"""Notices: what somebody is to be told, as it comes out of the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.facts import Notified
from demandflow.store.mapper import Unreadable


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told something. The `id` is the same whenever this notice is given again."""

    id: str
    demand: UUID
    policy: str
    to: str
    whom: str | None
    kind: str
    what: str
    at: datetime
    gathering: str | None


class Pages(Protocol):
    """A log that is read page by page."""

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands, with their positions."""


def notices_after(log: Pages, after: int, page: int = 1000) -> Iterator[tuple[int, Notice | None]]:
    """The notices recorded after a position, each with its own; None at the end of each page of the log.

    None stands also for what cannot be read.
    """
    while events := log.page(after, page):
        for position, event in events:
            if isinstance(event, Unreadable):
                yield position, None
            elif isinstance(event.fact, Notified):
                yield position, _notice(event, event.fact)
        after = events[-1][0]
        yield after, None


def _notice(event: Event, fact: Notified) -> Notice:
    return Notice(
        id=f"{event.demand}/{event.version}",
        demand=event.demand,
        policy=event.meta.actor.id,
        to=fact.to,
        whom=fact.whom,
        kind=fact.kind,
        what=fact.what,
        at=event.meta.happened,
        gathering=event.meta.correlation,
    )
