"""The rows of a log as they are stored, and what the log says of itself: what is copied without being understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from demandflow.domain.versions.declared import differences
from demandflow.errors import HistoryIncomplete, StorageBusy, StorageError, WorkflowChanged, WrongZone
from demandflow.store import holes, settings
from demandflow.store.holes import POSITIONS, VERSIONS, Hole, Key
from demandflow.store.recorder import id_of
from demandflow.store.statements import NumberedRow, Recorder, Statements
from demandflow.store.tables.by_demand import newest_versions

KEEP = "INSERT INTO demandflow_holes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
HOLDS = "SELECT EXISTS (SELECT 1 FROM stored_events) OR EXISTS (SELECT 1 FROM demandflow_marks)"


@dataclass(frozen=True)
class AboutLog:
    """What a log says of itself: its id and tenant, its settings, what its workflows declare, and its decisions.

    The decisions are those to go on without missing rows, as they are stored.
    """

    id: str
    tenant: str | None
    settings: Mapping[str, str]
    workflows: Mapping[str, str]
    decisions: Sequence[tuple[Any, ...]]


class Misplaced(Exception):
    """A row cannot be put at this position; the second argument says why."""

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(position, problem)
        self.position, self.problem = position, problem


class _Opened(Protocol):
    """A log that is open."""

    id: str
    _recorder: Recorder
    _known: tuple[Hole, ...]
    _newest: Key | None

    def _opened(self) -> AbstractContextManager[None]: ...
    def _missing_end(self) -> Hole | None: ...
    def _unknown(self, gaps: Sequence[Hole]) -> tuple[Hole, ...]: ...
    def _saw(self, rows: Sequence[NumberedRow]) -> None: ...
    def acknowledged_holes(self) -> tuple[Hole, ...]:
        """The holes that are skipped by decision."""


class RawRows:
    """The rows of a log, with their positions."""

    _newest: Key | None

    def raw_page(self: _Opened, after: int, limit: int) -> list[NumberedRow]:
        """The next rows, up to the first that is missing and not acknowledged.

        Raises HistoryIncomplete if that is the next, or the end of the log is missing.
        """
        with self._opened():
            if (end := self._missing_end()) is not None:
                raise HistoryIncomplete((end,))
            rows = self._recorder.page(after, limit)
            if not rows or len(rows) == rows[-1][0] - after:
                self._saw(rows)
                return rows
            there: list[NumberedRow] = []
            for row in rows:
                gap = [Hole(POSITIONS, after + 1, row[0] - 1)] if row[0] > after + 1 else []
                if missing := self._unknown(gap):
                    if there:
                        break
                    raise HistoryIncomplete(missing)
                there.append(row)
                after = row[0]
            return there

    def missing(self: _Opened) -> tuple[Hole, ...]:
        """The holes in the whole log that nobody acknowledged."""
        with self._opened():
            return holes.holes_in(self._recorder.rows)

    def about(self: _Opened) -> AboutLog:
        """What the log says of itself."""
        with self._opened():
            rows = self._recorder.rows
            ((log, tenant),) = rows("SELECT id, tenant FROM demandflow_log")
            return AboutLog(
                log,
                tenant,
                dict(rows("SELECT name, value FROM demandflow_settings ORDER BY name")),
                dict(rows("SELECT key, declared FROM demandflow_workflows ORDER BY key")),
                [tuple(row) for row in rows(holes.DECISIONS)],
            )

    def become(self: _Opened, about: AboutLog) -> None:
        """Be that log, or a part of it, from now on: rows of it can be put here.

        Raises StorageError if this log has events and is another, WrongZone or WorkflowChanged if it says otherwise of
        itself.
        """
        with self._opened():
            self._recorder.transaction(lambda connection: _become(connection, about))
            self.id, self._known = about.id, self.acknowledged_holes()

    def put(self: _Opened, rows: Sequence[NumberedRow], after: int) -> None:
        """Store these rows at their positions, all or none; the newest is at `after`.

        Raises Misplaced for a version that is there already, or whose earlier versions are missing, and StorageBusy if
        somebody records meanwhile.
        """
        with self._opened():
            self._recorder.put(rows, lambda connection: _check(connection, rows, after, self._known))
            self._newest = rows[-1][:3]


def _become(connection: Statements, about: AboutLog) -> None:
    """Write what the log says of itself, where that is not said yet; within a transaction."""
    ((log,),) = connection.execute("SELECT id FROM demandflow_log").fetchall()
    if log != about.id:
        if connection.execute(HOLDS).fetchone()[0]:
            raise StorageError(f"this log is another one: {log}, not {about.id}; load into a new one")
        connection.execute("UPDATE demandflow_log SET id = ?", (about.id,))
    there = dict(connection.execute("SELECT name, value FROM demandflow_settings").fetchall())
    if there["zone"] != about.settings["zone"]:
        raise WrongZone(about.settings["zone"], there["zone"])
    newest = str(max(int(there["format"]), int(about.settings["format"])))
    connection.executemany(settings.PUT, {**about.settings, **there, "format": newest}.items())
    declared = dict(connection.execute("SELECT key, declared FROM demandflow_workflows").fetchall())
    for key, text in about.workflows.items():
        if declared.get(key, text) != text:
            raise WorkflowChanged(key, differences(declared[key], text))
    new = [pair for pair in about.workflows.items() if pair[0] not in declared]
    connection.executemany("INSERT INTO demandflow_workflows VALUES (?, ?)", new)
    decided = {tuple(row) for row in connection.execute(holes.DECISIONS)}
    connection.executemany(KEEP, [row for row in about.decisions if tuple(row) not in decided])


def _check(connection: Statements, rows: Sequence[NumberedRow], after: int, known: Sequence[Hole]) -> None:
    """Raise unless these rows come next, and each version of a demand after the one before it."""
    ((newest,),) = connection.execute("SELECT COALESCE(MAX(rowid), 0) FROM stored_events").fetchall()
    if newest != after:
        raise StorageBusy("somebody else records in this log meanwhile; try again")
    there = newest_versions(lambda sql, values: connection.execute(sql, values).fetchall(), (row[1] for row in rows))
    for position, demand, version, _, _ in rows:
        before = there[demand]
        if version <= before:
            raise Misplaced(position, f"version {version} of demand {id_of(demand)} comes after version {before}")
        if version > before + 1:
            gap = Hole(VERSIONS, before + 1, version - 1, id_of(demand))  # type: ignore[arg-type]
            if missing := holes.without(gap, known):
                raise Misplaced(position, str(missing[0]))
        there[demand] = version
