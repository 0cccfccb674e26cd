"""Notices: what somebody is to be told, as it comes out of the log."""

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

    `place`, `text` and `reference` are those of the demand as it stood when the notice was recorded; None where what
    was recorded of it cannot be read.
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
        about = ", ".join(said for said in (self.reference, self.place, self.text) if said is not None)
        return f"to {self.whom or self.to}: {self.what}" + (f" ({about})" if about else "")


class Pages(Protocol):
    """A log that is read page by page."""

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands, with their positions."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events by version: those after one, up to and including another."""


def notices_after(log: Pages, after: int, page: int = 1000) -> Iterator[tuple[int, Notice | None]]:
    """The notices recorded after a position, each with its own; None at the end of each page of the log.

    None stands also for what cannot be read.
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
    """The demand as it stood then; None if it cannot be read: a notice is given all the same."""
    try:
        return fold(log.events(event.demand, upto=event.version))
    except StorageBusy:
        raise  # it can be read in a while
    except StorageError:
        return None


def _notice(event: Event, fact: Notified, demand: Demand | None) -> Notice:
    return Notice(
        id=f"{event.demand}/{event.version}",
        demand=event.demand,
        policy=event.meta.actor.id,
        to=fact.to,
        whom=fact.whom,
        kind=fact.kind,
        what=fact.what,
        at=event.meta.happened,
        correlation=event.meta.correlation,
        place=None if demand is None else demand.place,
        text=None if demand is None else demand.text,
        reference=None if demand is None else demand.reference,
    )
