"""The watch over a log's rows: missing rows are noticed and reported, and skipped only by decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.domain.values import Actor
from demandflow.errors import HistoryIncomplete, StorageError
from demandflow.store import holes
from demandflow.store.holes import VERSIONS, Acknowledged, Hole, Key
from demandflow.store.recorder import id_of
from demandflow.store.sqlite.failures import storage_errors
from demandflow.store.statements import NumberedRow, Recorder, Statements, closed


class RowWatch:
    """Notices missing rows by their versions and positions, and whether the newest row that was read is still there."""

    _recorder: Recorder
    _known: tuple[Hole, ...]
    _newest: Key | None
    _end: Hole | None
    _closed: bool

    def acknowledged_holes(self) -> tuple[Hole, ...]:
        """The holes that are skipped by decision."""
        return tuple(decision.hole for decision in self.decisions())

    def number_missing(self) -> int:
        """How many events are missing by decision: each is known by its position, its version, or both."""
        return holes.number_missing(self.acknowledged_holes())

    def decisions(self) -> tuple[Acknowledged, ...]:
        """The decisions to skip holes, in their order."""
        with self._opened():
            return holes.decided(self._recorder.rows(holes.DECISIONS))

    def acknowledge(self, missing: Sequence[Hole], by: Actor, at: datetime, reason: str) -> None:
        """Skip these holes from now on. Raises InvalidValue."""

        def decide(connection: Statements) -> None:
            holes.acknowledge(connection, missing, by=by, at=at, reason=reason)
            if any(hole.what == holes.END for hole in missing):
                self._recorder.rewind(connection)

        with self._opened():
            self._recorder.transaction(decide)
            self._known, self._newest = self.acknowledged_holes(), None
            self._end = self._missing_end()

    def _check_new(self, events: Sequence[Event]) -> None:
        """Raise StorageError for an event that would take the place of a missing one."""
        for event in events:
            place = Hole(VERSIONS, event.version, event.version, event.demand)
            if not holes.without(place, self._known):
                raise StorageError(f"{place}, and nothing is recorded in its place")

    def _check_versions(self, demand: UUID, versions: Sequence[int], after: int, upto: int | None) -> None:
        """Raise HistoryIncomplete for missing versions, unless they are acknowledged."""
        gaps, before = holes.gaps_in(demand, versions, after)
        if upto is not None and before < upto:
            later = "SELECT 1 FROM stored_events WHERE originator_id = ? AND originator_version > ? LIMIT 1"
            with self._opened():
                if self._recorder.rows(later, (demand.hex, upto)):
                    gaps.append(Hole(VERSIONS, before + 1, upto, demand))
        if missing := self._unknown(gaps):
            raise HistoryIncomplete(missing)

    def _unknown(self, gaps: Sequence[Hole]) -> tuple[Hole, ...]:
        """The parts of these gaps that nobody acknowledged, here or in another process."""
        if any(holes.without(gap, self._known) for gap in gaps):
            self._known = self.acknowledged_holes()
        return tuple(part for gap in gaps for part in holes.without(gap, self._known))

    def _saw(self, rows: Sequence[NumberedRow]) -> None:
        """Remember the newest row that was read."""
        if rows and rows[-1][0] > (self._newest or (0,))[0] and isinstance(id_of(rows[-1][1]), UUID):
            self._newest = rows[-1][:3]

    def _note_missing(self, row: Key) -> None:
        """Keep with the log that this row was there and is missing."""
        put = "INSERT INTO demandflow_marks VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._recorder.transaction(lambda connection: connection.execute(put, row))
        self._newest, self._end = None, self._missing_end()

    def _missing_end(self) -> Hole | None:
        """The end of the log, if it is missing and nobody acknowledged it."""
        self._end = holes.end_of(self._recorder.rows(holes.ENDS))
        return self._end

    def _marked(self) -> Key | None:
        """The newest row as it was marked."""
        rows = self._recorder.rows("SELECT position, demand, version FROM demandflow_marks ORDER BY position DESC")
        return next((row for row in rows if isinstance(row[0], int)), None)  # one that was altered marks nothing

    def _mark(self) -> None:
        """Mark the newest row, if it is another than last time, without waiting for a lock."""
        with self._opened():
            if self._newest is not None and self._newest != self._marked():
                self._recorder.wait_for_nobody()
                self._recorder.transaction(holes.mark_the_end)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        if self._closed:
            raise closed()
        with storage_errors():
            yield
