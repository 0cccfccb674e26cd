"""A copy of a log in use, by SQLite's own online backup."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from demandflow.errors import NotALog, StorageBusy
from demandflow.store.sqlite.files import check, connected

BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
PATIENCE, PAUSE = 20, 0.25
"""So often it tries again where the file is locked, and so many seconds it waits each time."""
NEWEST = "SELECT COUNT(*), COALESCE(MAX(rowid), 0) FROM stored_events"


def copy(source: Path, target: Path) -> tuple[int, int]:
    """Copy the file of a log as it is at one moment; returns how many events it has, and the position of the newest.

    Whoever records goes on meanwhile. The copy is one file, complete without any beside it. Raises NotALog for what is
    no log or damaged, StorageBusy, and what SQLite raises.
    """
    check(str(source))
    tries = 0

    def step(status: int, remaining: int, total: int) -> None:
        nonlocal tries
        tries += status in BUSY
        if tries > PATIENCE:
            raise StorageBusy("the log is locked by somebody else; try again")

    with closing(connected(source, "mode=rw")) as log, closing(sqlite3.connect(target, isolation_level=None)) as made:
        # in one step: else it would begin again whenever somebody records
        log.backup(made, pages=-1, progress=step, sleep=PAUSE)
        made.execute("PRAGMA journal_mode=DELETE")
        damage = [line for (line,) in made.execute("PRAGMA quick_check") if line != "ok"]
        if damage:
            raise NotALog(str(source), f"SQLite reports damage ({damage[0]})")
        events, newest = made.execute(NEWEST).fetchone()
    return events, newest
