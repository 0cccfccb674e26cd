"""Drafts: words that somebody keeps before they are registered, in a table beside the log, and erasable."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from demandflow.store.statements import Recorder
from demandflow.store.tables.moments import moment_of, written

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

    _recorder: Recorder

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
        """Overwrite it, as far as the database can; nothing happens if it is not kept."""
        with self._opened():
            self._recorder.erase("demandflow_drafts", draft.hex)


def _draft(row: Any) -> Draft:
    draft, who, words, kept = row
    return Draft(UUID(draft), who, words, moment_of(kept))
