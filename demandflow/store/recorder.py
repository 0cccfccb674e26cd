"""The rows of a log behind eventsourcing's recorder interface, whichever database they are in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent

from demandflow.errors import InvalidValue, brief
from demandflow.store.statements import Row, RowTaken, Statements

FULL, NORMAL = "FULL", "NORMAL"
"""Whether a commit waits for the disk."""
COLUMNS = ("originator_id", "originator_version", "topic", "state")
IDS_KEPT = 2_000
"""So many ids are kept: the rows of a demand are near each other, and parsing an id again is slower."""
NUMBERED = f"SELECT rowid, {', '.join(COLUMNS)} FROM stored_events"  # noqa: S608
PUT = f"INSERT INTO stored_events (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608


class RowRecorder(ApplicationRecorder):
    """What every recorder of rows can do for whoever knows eventsourcing's interface."""

    def append(self, rows: Sequence[Row], first: Callable[[Statements], object] | None = None) -> int:
        """Store these rows; returns the position of the last row."""
        raise NotImplementedError

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        raise NotImplementedError

    def rows_of(self, demand: str, after: int = 0, upto: int | None = None) -> list[tuple[int, str, bytes]]:
        """Version, topic and state of the demand's rows after one version, up to and including another."""
        raise NotImplementedError

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        """Write these rows; their positions. Raises eventsourcing's IntegrityError."""
        rows = [(_hex(row.originator_id), row.originator_version, row.topic, row.state) for row in stored_events]
        try:
            last = self.append(rows) if rows else 0
        except (sqlite3.IntegrityError, RowTaken) as error:
            raise IntegrityError(error) from error
        return range(last - len(rows) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The rows of one demand, by version."""
        rows = self.rows_of(_hex(originator_id), gt or 0, lte)[:: -1 if desc else 1]
        return [StoredEvent(originator_id, *row) for row in rows[:limit]]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The rows of all demands, by position. An id that is no UUID is left as it is."""
        query = f"{NUMBERED} WHERE rowid {'>=' if inclusive_of_start else '>'} ?"
        values: list[Any] = [1 if start is None else start]
        if stop is not None:
            query, values = f"{query} AND rowid <= ?", [*values, stop]
        if topics:
            query, values = f"{query} AND topic IN ({', '.join('?' * len(topics))})", [*values, *topics]
        rows = self.rows(f"{query} ORDER BY rowid LIMIT ?", [*values, limit])
        return [Notification(id_of(demand), version, topic, state, at) for at, demand, version, topic, state in rows]

    def max_notification_id(self) -> int | None:
        """The position of the newest row."""
        ((newest,),) = self.rows("SELECT MAX(rowid) FROM stored_events")
        return newest  # type: ignore[no-any-return]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Not offered: readers follow the log page by page."""
        raise NotImplementedError


def check_synchronous(value: object) -> str:
    """How commits are written to the disk. Raises InvalidValue."""
    if isinstance(value, str) and value in (FULL, NORMAL):
        return value
    problem = f"{brief(value)} is not understood (possible: {FULL}, every commit waits for the disk; {NORMAL}, a power"
    raise InvalidValue("synchronous", f"{problem} cut may take the last ones)")


@lru_cache(IDS_KEPT, typed=True)
def id_of(text: Any) -> UUID | str:
    """The id of the demand of a row; what is no UUID as it is."""
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return str(text)


def _hex(demand: UUID | str) -> str:
    return demand.hex if isinstance(demand, UUID) else demand
