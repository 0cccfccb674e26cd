"""A batch: events that are not recorded yet, seen together with the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.errors import StorageError
from demandflow.store.log import Log, VersionTaken
from demandflow.store.statements import Row


class PendingLog:
    """A log seen together with events that are not recorded yet: what a batch works on."""

    def __init__(self, log: Log | PendingLog) -> None:
        self._log = log
        self._over, self._torn = False, False
        self.pending: list[Event] = []
        self._rows: list[Row] = []
        self._by_demand: dict[UUID, list[Event]] = {}

    def rows(self, events: Iterable[Event]) -> list[Row]:
        """The events as they will be stored. Raises InvalidValue unless each can be written down and read back."""
        return self._log.rows(events)

    def append(self, events: Sequence[Event]) -> None:
        """Remember these events. Raises VersionTaken, or InvalidValue as rows() does."""
        if self._over:
            raise StorageError("this batch is over, nothing more can be recorded in it; begin another")
        self.record(events, self.rows(events))

    def record(self, events: Sequence[Event], rows: Sequence[Row]) -> None:
        """Remember these events and the rows that were made of them."""
        self._check_whole()
        for event in events:
            if any(other.version == event.version for other in self._by_demand.get(event.demand, ())):
                raise VersionTaken(f"{event.demand} has a version {event.version} in this batch already")
        self._torn = True
        self.pending.extend(events)
        self._rows.extend(rows)
        for event in events:
            self._by_demand.setdefault(event.demand, []).append(event)
        self._torn = False

    def take_back(self, began: int) -> set[UUID]:
        """Forget all events but the first ones, so many; returns the demands concerned."""
        if began == len(self.pending) and not self._torn:
            return set()
        self._torn = True
        taken = {event.demand for event in self.pending[began:]}
        del self.pending[began:], self._rows[began:]
        kept: dict[UUID, list[Event]] = {demand: [] for demand in taken}
        for event in self.pending:
            if event.demand in taken:
                kept[event.demand].append(event)
        self._by_demand |= kept
        self._torn = False
        return taken

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events, recorded and pending."""
        pending = self._by_demand.get(demand, ())
        pending = [event for event in pending if after < event.version <= (upto or event.version)]
        return [*self._log.events(demand, after=after, upto=upto), *pending]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over = True
        if kind is None and self.pending:
            self._check_whole()
            self._log.record(self.pending, self._rows)

    def _check_whole(self) -> None:
        """Raise StorageError if remembering events was interrupted, so that only a part would be recorded."""
        if self._torn:
            raise StorageError("this batch was interrupted in the middle; nothing of it is recorded, begin another")
