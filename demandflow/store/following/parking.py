"""Events of the log that cannot be read or applied, and the reasons."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.fact import stored_topic
from demandflow.domain.facts import UnknownFact
from demandflow.errors import DemandFlowError, HistoryIncomplete, StorageError, UnreadableEvent
from demandflow.store.mapper import Unreadable

OF_ONE_DEMAND = (UnreadableEvent, HistoryIncomplete)
"""Errors of the storage that concern one demand, and no other."""
LONGEST = 1000
"""The longest reason that is kept, in characters."""


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that could not be taken in, the reason, and what was made without it.

    Later events of the same demand wait with it, so that no figure is based on something unknown.
    """

    position: int
    demand: UUID | None
    version: int
    reason: str
    left_out_of: tuple[str, ...]


class Parking(NamedTuple):
    """An event to park."""

    position: int
    demand: UUID | None
    version: int
    reason: str


def unreadable(position: int, row: Unreadable) -> Parking:
    """A row that cannot be read, to be parked."""
    reason = row.reason if row.hole is not None else f"{row.topic} cannot be read: {row.reason}"
    return Parking(position, row.demand, row.version, reason)


def unusable(position: int, row: Event, error: Exception) -> Parking:
    """An event that cannot be applied, to be parked; raises the error if it is not the fault of the event."""
    if isinstance(error, OF_ONE_DEMAND):
        return Parking(position, row.demand, row.version, str(error))
    if not of_the_row(error):
        raise error
    return Parking(position, row.demand, row.version, f"{topic_of(row)} cannot be applied: {reason_of(error)}")


def waiting(position: int, row: Event) -> Parking:
    """An event after a parked event of the same demand, to be parked as well."""
    return Parking(position, row.demand, row.version, "waits for an earlier event of this demand that is parked")


def topic_of(row: Event | Unreadable) -> str:
    """The topic under which facts of this class are stored today; of an unknown class, under which it was stored."""
    if isinstance(row, Unreadable):
        return row.topic
    return row.fact.topic if isinstance(row.fact, UnknownFact) else stored_topic(type(row.fact))


def grouped(parked: Iterable[tuple[str, Parking]]) -> tuple[ParkedEvent, ...]:
    """The parked events of several readers, each event once, in the order of the log, with the first reason."""
    events: dict[int, ParkedEvent] = {}
    for reader, parking in parked:
        event = events.get(parking.position) or ParkedEvent(*parking, left_out_of=())
        events[parking.position] = replace(event, left_out_of=(*event.left_out_of, reader))
    return tuple(events[position] for position in sorted(events))


def of_the_row(error: Exception) -> bool:
    """Whether it is the fault of the row, and not of a storage that is busy, full or closed."""
    if isinstance(error, sqlite3.Error):
        return isinstance(error, sqlite3.DataError | sqlite3.IntegrityError | sqlite3.InterfaceError)
    return isinstance(error, OF_ONE_DEMAND) or not isinstance(error, StorageError | MemoryError)


def reason_of(error: BaseException | None) -> str:
    """The message of the error, with its class unless it is one of ours."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # what a community's fact raises may not even be printable
        text = "it cannot be printed"
    return text if isinstance(error, DemandFlowError) else f"{type(error).__name__}: {text}"


def storable(reason: str) -> str:
    """The reason as a text that the tables can store."""
    return reason[:LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
