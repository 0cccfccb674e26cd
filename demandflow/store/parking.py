"""Events of the log that cannot be read or applied: what is said of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.facts import UnknownFact
from demandflow.errors import DemandFlowError, HistoryIncomplete, StorageError, UnreadableEvent
from demandflow.store.mapper import Unreadable

OF_ONE_DEMAND = (UnreadableEvent, HistoryIncomplete)
"""Errors of the storage that concern one demand, and no other."""
LONGEST = 1000
"""So many characters of a reason are kept."""


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event of the log that could not be taken in, why, and what goes on without it.

    The events that follow it on the same demand wait with it, so that nothing is counted on what is not known.
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
    """An event that cannot be applied, to be parked; raises the error again if it is not the event's fault."""
    if isinstance(error, OF_ONE_DEMAND):
        return Parking(position, row.demand, row.version, str(error))
    if not of_the_row(error):
        raise error
    return Parking(position, row.demand, row.version, f"{topic_of(row)} cannot be applied: {said(error)}")


def waiting(position: int, row: Event) -> Parking:
    """An event that comes after a parked one of its demand, to be parked with it."""
    return Parking(position, row.demand, row.version, "waits for an earlier event of this demand that is parked")


def topic_of(row: Event | Unreadable) -> str:
    """The name under which the fact is stored."""
    if isinstance(row, Unreadable):
        return row.topic
    return row.fact.topic if isinstance(row.fact, UnknownFact) else row.fact.TOPIC


def grouped(parked: Iterable[tuple[str, Parking]]) -> tuple[ParkedEvent, ...]:
    """One line an event, in the order of the log; the reason is that of the first reader."""
    lines: dict[int, ParkedEvent] = {}
    for left_out_of, one in parked:
        before = lines.get(one.position)
        without = (*(before.left_out_of if before else ()), left_out_of)
        reason = before.reason if before else one.reason
        lines[one.position] = ParkedEvent(one.position, one.demand, one.version, reason, without)
    return tuple(lines[position] for position in sorted(lines))


def of_the_row(error: Exception) -> bool:
    """Whether it is the row's own fault, and not that of a storage that is held, full or closed."""
    if isinstance(error, sqlite3.Error):
        return isinstance(error, sqlite3.DataError | sqlite3.IntegrityError | sqlite3.InterfaceError)
    return isinstance(error, OF_ONE_DEMAND) or not isinstance(error, StorageError | MemoryError)


def said(error: BaseException | None) -> str:
    """What the error says, with its kind where it is none of ours."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # what a community's fact raises may not even be printable
        text = "it cannot be printed"
    return text if isinstance(error, DemandFlowError) else f"{type(error).__name__}: {text}"


def storable(reason: str) -> str:
    """The reason as a text that the tables can hold."""
    return reason[:LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
