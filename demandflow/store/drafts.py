"""Drafts: words that somebody keeps before they are registered, in a table beside the log, and erasable."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection
from typing import Any, Protocol
from uuid import UUID

from demandflow.store.sqlite.recorder import SQLiteRecorder
from demandflow.store.sqlite.tables import moment_of, written

TABLE = """CREATE TABLE IF NOT EXISTS demandflow_drafts (
    id TEXT PRIMARY KEY, who TEXT NOT NULL, words TEXT NOT NULL, kept TEXT NOT NULL
) WITHOUT ROWID"""
READ = "SELECT id, who, words, kept FROM demandflow_drafts"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has not registered yet: whose it is, their words, and since when they are kept, in UTC."""

    id: UUID
    who: str
    words: str
    kept: datetime


class _Opened(Protocol):
    """A log that is open."""

    _recorder: SQLiteRecorder

    def _opened(self) -> AbstractContextManager[None]: ...


class DraftRows:
    """The drafts beside a log."""

    def keep_draft(self: _Opened, draft: Draft) -> None:
        """Keep it."""
        row = (draft.id.hex, draft.who, draft.words, written(draft.kept))
        with self._opened():
            self._recorder.transaction(
                lambda connection: connection.execute("INSERT INTO demandflow_drafts VALUES (?, ?, ?, ?)", row)
            )

    def draft(self: _Opened, draft: UUID) -> Draft | None:
        """The draft, if it is kept."""
        with self._opened():
            rows = self._recorder.rows(f"{READ} WHERE id = ?", (draft.hex,))
        return _draft(rows[0]) if rows else None

    def drafts_of(self: _Opened, who: str) -> tuple[Draft, ...]:
        """What they keep, the oldest first."""
        with self._opened():
            return tuple(map(_draft, self._recorder.rows(f"{READ} WHERE who = ? ORDER BY kept, id", (who,))))

    def erase_draft(self: _Opened, draft: UUID) -> None:
        """Overwrite it, in the file and in the write-ahead file; nothing happens if it is not kept."""

        def erase(connection: Connection) -> None:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("DELETE FROM demandflow_drafts WHERE id = ?", (draft.hex,))

        with self._opened():
            self._recorder.transaction(erase)
            self._recorder.empty_the_write_ahead_file()


def _draft(row: Any) -> Draft:
    draft, who, words, kept = row
    return Draft(UUID(draft), who, words, moment_of(kept))
