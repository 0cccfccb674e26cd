"""How far each hook was told, and who is telling it just now."""

from __future__ import annotations

from datetime import datetime, timedelta

from demandflow.tables import Tables, written

LEASE = timedelta(minutes=1)
"""So long after it was last heard of, whoever was telling a hook is taken for dead."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS demandflow_delivered (
    hook TEXT NOT NULL, log TEXT NOT NULL, last INTEGER NOT NULL, holder TEXT NOT NULL, until TEXT NOT NULL,
    PRIMARY KEY (hook, log)
)
"""


class Deliveries:
    """One teller at a time for each hook, and the position up to which it was told; it only moves forward."""

    def __init__(self, tables: Tables, log: str, holder: str) -> None:
        self._tables, self._log, self._holder = tables, log, holder
        with tables.transaction():
            tables.connection.execute(SCHEMA)

    def begin(self, hook: str, now: datetime) -> int | None:
        """The position from which to tell; None if somebody else is telling."""
        with self._tables.locked(), self._tables.transaction():
            row = self._tables.connection.execute(
                "SELECT last, holder, until FROM demandflow_delivered WHERE hook = ? AND log = ?", (hook, self._log)
            ).fetchone()
            last, holder, until = row or (0, "", "")
            if holder not in ("", self._holder) and until > (written(now) or ""):
                return None
            self._write(hook, last, self._holder, now)
        return int(last)

    def move(self, hook: str, last: int, now: datetime) -> bool:
        """Note that all up to a position was told; False if somebody else is telling meanwhile."""
        with self._tables.locked(), self._tables.transaction():
            changed = self._tables.connection.execute(
                "UPDATE demandflow_delivered SET last = MAX(last, ?), until = ? "
                "WHERE hook = ? AND log = ? AND holder = ?",
                (last, written(now + LEASE), hook, self._log, self._holder),
            )
        return changed.rowcount == 1

    def end(self, hook: str) -> None:
        """Let somebody else tell it."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.execute(
                "UPDATE demandflow_delivered SET holder = '' WHERE hook = ? AND log = ? AND holder = ?",
                (hook, self._log, self._holder),
            )

    def _write(self, hook: str, last: int, holder: str, now: datetime) -> None:
        row = (hook, self._log, last, holder, written(now + LEASE))
        self._tables.connection.execute("INSERT OR REPLACE INTO demandflow_delivered VALUES (?, ?, ?, ?, ?)", row)
