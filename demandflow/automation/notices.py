"""Notices: what somebody is to be told, read from the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import fold
from demandflow.domain.facts import Notified
from demandflow.domain.values import Place
from demandflow.errors import StorageBusy, StorageError
from demandflow.store.mapper import Unreadable


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told something. The `id` is the same whenever this notice is given again.

    `place`, `text` and `reference` are those of the demand when the notice was recorded; None where it cannot be read.
    """

    id: str
    demand: UUID
    policy: str
    to: str
    whom: str | None
    kind: str
    what: str
    at: datetime
    correlation: str | None
    place: Place | None = None
    text: str | None = None
    reference: str | None = None

    def __str__(self) -> str:
        about = ", ".join(part for part in (self.reference, self.place, self.text) if part is not None)
        return f"to {self.whom or self.to}: {self.what}" + (f" ({about})" if about else "")


class Pages(Protocol):
    """A log that is read page by page."""

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands, with their positions."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events after a version, up to and including another."""


def notices_after(log: Pages, after: int, page: int = 1000) -> Iterator[tuple[int, Notice | None]]:
    """The notices recorded after a position, each with its own position.

    None is given for an event that cannot be read, and at the end of each page of the log.
    """
    while events := log.page(after, page):
        for position, event in events:
            if isinstance(event, Unreadable):
                yield position, None
            elif isinstance(event.fact, Notified) and event.stamp.kind is None:
                yield position, _notice(event, event.fact, _demand_at(log, event))
        after = events[-1][0]
        yield after, None


def _demand_at(log: Pages, event: Event) -> Demand | None:
    """The demand when this was recorded; None if it cannot be read: the notice is given all the same."""
    try:
        return fold(log.events(event.demand, upto=event.version))
    except StorageBusy:
        raise  # it can be read in a while
    except StorageError:
        return None


def _notice(event: Event, fact: Notified, demand: Demand | None) -> Notice:
    meta = event.meta
    what = (fact.to, fact.whom, fact.kind, fact.what, meta.happened, meta.correlation)
    about = () if demand is None else (demand.place, demand.text, demand.reference)
    return Notice(f"{event.demand}/{event.version}", event.demand, meta.actor.id, *what, *about)
