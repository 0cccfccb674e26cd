"""Log: all events of one tenant, in the order of recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.errors import HistoryIncomplete, StorageError, StorageUnreachable, UnreadableEvent
from demandflow.inputs.arguments import zone_of
from demandflow.store import holes, settings
from demandflow.store.backends import check_there, is_postgres, only_to_read, postgres_recorder
from demandflow.store.drafts import DraftRows
from demandflow.store.following import cursor
from demandflow.store.holes import POSITIONS, Hole, Key, Verification
from demandflow.store.mapper import FactMapper, Unreadable
from demandflow.store.raw_rows import RawRows
from demandflow.store.recorder import FULL, check_synchronous, id_of
from demandflow.store.row_watch import RowWatch
from demandflow.store.sqlite import files
from demandflow.store.sqlite.failures import storage_error, storage_errors
from demandflow.store.sqlite.recorder import SQLiteRecorder
from demandflow.store.statements import NumberedRow, Recorder, Row, RowTaken, closed
from demandflow.store.tables import by_demand as demands


class VersionTaken(StorageError, code="version_taken"):
    """Somebody else recorded that version of the demand first; the command is decided again."""


class Log(RowWatch, DraftRows, RawRows):
    """All events of one tenant, in the order in which they were recorded; safe from several threads.

    `id` is that of the log, whatever its file is called.
    """

    def __init__(
        self,
        url: str,
        facts: Iterable[type[Fact]],
        tenant: str | None = None,
        *,
        create: bool = True,
        zone: str | None = None,
        workflows: Mapping[str, Workflow] | None = None,
        synchronous: str = FULL,
    ) -> None:
        """Open the log at `memory:`, `sqlite:///path` or `postgresql://…`; with `create`, it is made if there is none.

        Raises InvalidValue or StorageError: among them NotALog, UnknownFormat, WrongTenant, WrongZone, WorkflowChanged.
        """
        self.path, synchronous = url if is_postgres(url) else files.file_of(url), check_synchronous(synchronous)
        self._closed = False
        self._mapper = FactMapper(facts)
        # a log in memory is never read by others, nor opened again
        self._workflows = {} if self.path is None else workflows or {}
        wanted = settings.Wanted(tenant, zone, self._workflows)
        with storage_errors():
            self._recorder = self._made(url, wanted, synchronous, create=create)
            try:
                self.id: str
                self._zone: str
                try:
                    self.id, self._zone = self._recorder.transaction(partial(settings.furnish, wanted))
                except StorageUnreachable:
                    if not only_to_read(self._recorder):
                        raise
                    work = partial(settings.furnish, wanted, writing=False)
                    self.id, self._zone = self._recorder.transaction(work)
                self._wrote = {key for (key,) in self._recorder.rows("SELECT key FROM demandflow_workflows")}
                self._known: tuple[Hole, ...] = tuple(decision.hole for decision in self.decisions())
                self._newest: Key | None = self._marked()
                self._end: Hole | None = self._missing_end()
            except BaseException:
                self._recorder.close()
                raise

    def _made(self, url: str, wanted: settings.Wanted, synchronous: str, *, create: bool) -> Recorder:
        """What keeps the rows."""
        if self.path is None or not is_postgres(self.path):
            files.ready(url, self.path, partial(settings.furnish, wanted), create=create)
            return SQLiteRecorder(self.path, synchronous)
        recorder = postgres_recorder(self.path, synchronous)
        if not create:
            check_there(recorder)
        return recorder

    @property
    def zone(self) -> str:
        """The time zone in which the days of this log end."""
        if self.path is None or self._closed:
            return self._zone
        with self._opened():
            ((self._zone,),) = self._recorder.rows("SELECT value FROM demandflow_settings WHERE name = 'zone'")
        return self._zone

    def rezone(self, zone: str) -> None:
        """Let the days of this log end in another zone. Raises InvalidValue."""
        row = ("zone", zone_of(zone).key)
        with self._opened():
            self._recorder.transaction(lambda connection: connection.execute(settings.PUT, row))
        self._zone = zone

    @property
    def workflows(self) -> frozenset[str]:
        """The keys of the workflows that have written here, as far as the log keeps them."""
        return frozenset(self._wrote)

    def rows(self, events: Iterable[Event]) -> list[Row]:
        """The events as they are stored. Raises InvalidValue unless each can be written down and read back."""
        row = self._mapper.row
        return [row(event) for event in events]

    def append(self, events: Sequence[Event]) -> None:
        """Record these events in one transaction; raises VersionTaken if a version is there already.

        A workflow that writes here for the first time is kept as it is; raises WorkflowChanged if another is kept.
        """
        self.record(events, self.rows(events))

    def record(self, events: Sequence[Event], rows: Sequence[Row]) -> None:
        """Record these events as append() does, by the rows that were made of them."""
        if self._closed:
            raise closed()
        if not rows:
            return
        if self._known:
            self._check_new(events)
        try:
            for event in events:
                if event.meta.workflow not in self._wrote:
                    last = self._first_written(events, rows)
                    break
            else:
                last = self._recorder.append(rows)
        except (sqlite3.IntegrityError, RowTaken) as error:
            raise VersionTaken(str(error)) from error
        except sqlite3.Error as error:
            raise storage_error(error) from error
        demand, version, _, _ = rows[-1]
        self._newest = (last, demand, version)

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events by version: those after one version, up to and including another.

        Raises UnreadableEvent, or HistoryIncomplete if versions are missing and nobody acknowledged it.
        """
        if self._closed:
            raise closed()
        try:
            rows = self._recorder.rows_of(demand.hex, after, upto)
        except sqlite3.Error as error:
            raise storage_error(error) from error
        last = rows[-1][0] if rows else after
        if last != after + len(rows) or (upto is not None and last != upto):
            self._check_versions(demand, [version for version, _, _ in rows], after, upto)
        event = self._mapper.event
        return [event(demand, version, topic, state) for version, topic, state in rows]

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands with their positions in the log.

        A row that cannot be read comes as Unreadable, and so do missing positions, one for all in a row. Raises
        HistoryIncomplete if the end of the log is missing and nobody acknowledged it: the next event takes its
        position, and no reader could tell the difference.
        """
        with self._opened():
            # at the beginning, also look at what other processes noticed
            if (self._end is not None or not after) and (end := self._missing_end()) is not None:
                raise HistoryIncomplete((end,))
            rows = self._recorder.page(after, limit)
            if rows and len(rows) != rows[-1][0] - after:
                return list(self._with_holes(after, rows))[:limit]
            self._saw(rows)
            return [self._read(*row) for row in rows]

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[tuple[int, Event | Unreadable]], str]:
        """All events of the next demands up to a position, about so many, and the last of these demands.

        They come by demand, in the order of the ids; those of a demand in the order of recording.
        """
        with self._opened():
            rows = demands.next_rows(self._recorder.rows, after, limit, upto)
            return [self._read(*row) for row in rows], rows[-1][1] if rows else after

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """Rows without an id and missing positions, up to a position. Raises HistoryIncomplete."""
        with self._opened():
            if (end := self._missing_end()) is not None:
                raise HistoryIncomplete((end,))
            rows = self._recorder.rows(demands.OF_NONE, (upto,))
            ((number,),) = self._recorder.rows("SELECT COUNT(*) FROM stored_events WHERE +rowid <= ?", (upto,))
            gaps = self._recorder.rows(holes.GAPS) if number < upto else []
            missing = self._unknown([Hole(POSITIONS, first, last) for first, last in gaps if last < upto])
            return [
                *((at, row) for at, row in (self._read(*row) for row in rows) if isinstance(row, Unreadable)),
                *((hole.last, Unreadable(None, 0, "", str(hole), hole)) for hole in missing),
            ]

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        """The first events of several demands, each up to a version; all must be before a position.

        Without demands of which events are missing, or come later.
        """
        wanted = {demand.hex: ends for demand, ends in upto.items()}
        histories: dict[UUID, list[Event]] = {}
        with self._opened():
            for text, rows in demands.first_rows(self._recorder.rows, wanted):
                with suppress(UnreadableEvent):
                    demand = UUID(text)
                    histories[demand] = [self._mapper.event(demand, *row[1:]) for row in rows]
        return histories

    def comes_later(self, demand: UUID, version: int, position: int) -> bool:
        """Whether an event of the demand that is earlier than this version has a later position."""
        with self._opened():
            return bool(self._recorder.rows(demands.COMES_LATER, (demand.hex, version - 1, position))[0][0])

    def last_position(self) -> int:
        """The position of the newest event, also if it is missing and nobody acknowledged it; 0 if there is none."""
        with self._opened():
            newest = self._newest
            ((last, there),) = self._recorder.rows(holes.NEWEST, newest or (0, "", 0))
            if newest is not None and not there:
                self._note_missing(newest)
            end = self._missing_end()
            return int(last) if end is None else max(int(last), end.last)

    def verify(self) -> Verification:
        """Look at every row: what is missing, what cannot be read, and what was acknowledged."""
        self.last_position()
        with self._opened():
            missing = holes.holes_in(self._recorder.rows)
            ((events, demands),) = self._recorder.rows(
                "SELECT COUNT(*), COUNT(DISTINCT originator_id) FROM stored_events"
            )
            damage = tuple(self._recorder.damage())
            return Verification(events, demands, missing, tuple(self._unreadable()), self.decisions(), damage)

    def close(self) -> None:
        """Close the storage; doing so twice is harmless."""
        if not self._closed and self.path is not None:
            with suppress(StorageError):
                self._mark()
        self._closed = True
        self._recorder.close()

    def _first_written(self, events: Sequence[Event], rows: Sequence[Row]) -> int:
        """Record rows of workflows that write to this log for the first time, and keep these workflows."""
        writers = {event.meta.workflow for event in events}
        keep = partial(settings.keep_workflows, workflows=self._workflows, writers=writers)
        last = self._recorder.append(rows, keep)
        self._wrote |= writers
        return last

    def _read(self, at: int, text: str, version: int, topic: str, state: bytes) -> tuple[int, Event | Unreadable]:
        """The position and the event of a row, or why it cannot be read."""
        demand = id_of(text)
        try:
            return at, self._mapper.event(demand, version, topic, state)
        except UnreadableEvent as error:
            known, number = (demand if isinstance(demand, UUID) else None), (version if type(version) is int else 0)
            return at, Unreadable(known, number, error.topic, error.reason)

    def _unreadable(self) -> Iterator[str]:
        """The rows that cannot be read, in words."""
        last = 0
        while rows := self._recorder.page(last, cursor.PAGE):
            events = (self._read(*row)[1] for row in rows)
            yield from (str(event) for event in events if isinstance(event, Unreadable))
            last = rows[-1][0]

    def _with_holes(self, after: int, rows: Sequence[NumberedRow]) -> Iterator[tuple[int, Event | Unreadable]]:
        """The rows, and before each the positions that are missing there."""
        for row in rows:
            for hole in self._unknown([Hole(POSITIONS, after + 1, row[0] - 1)] if row[0] > after + 1 else []):
                yield hole.last, Unreadable(None, 0, "", str(hole), hole)
            after = row[0]
            yield self._read(*row)
