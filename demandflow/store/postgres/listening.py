"""Whoever follows a log in PostgreSQL is told by the server when something was recorded."""

from __future__ import annotations

from threading import Event
from time import monotonic

import psycopg

from demandflow.errors import StorageError
from demandflow.store.postgres.connection import Raw, connect, failures
from demandflow.store.postgres.dialect import CHANNEL

HEED = 0.2
"""So often, in seconds, whoever waits looks whether to stop."""


class Listener:
    """Waits on a connection of its own; where that is lost, or cannot listen, only the time passes."""

    def __init__(self, url: str) -> None:
        self._url, self._schema = url, ""
        self._raw: Raw | None = None
        self._deaf = False

    def wait(self, seconds: float, stop: Event) -> None:
        """Until something may have been recorded, `stop` is set, or so many seconds have passed."""
        until = monotonic() + seconds
        try:
            if self._deaf:
                stop.wait(seconds)
                return None
            if self._raw is None:
                return self._listen()  # what was recorded before is to be read first
            while not stop.is_set() and (left := until - monotonic()) > 0:
                told = list(self._raw.notifies(timeout=min(left, HEED), stop_after=1))
                if any(one.payload == self._schema for one in told):
                    list(self._raw.notifies(timeout=0))  # all at once
                    return None
        except (StorageError, psycopg.Error):
            self.close()
            stop.wait(max(0.0, until - monotonic()))
        return None

    def close(self) -> None:
        """Close its connection; it may wait again."""
        if self._raw is not None:
            self._raw.close()
        self._raw = None

    def _listen(self) -> None:
        self._raw = connect(self._url)
        with failures(self._raw):
            (self._schema,) = self._raw.execute("SELECT current_schema()").fetchone() or ("",)
            (self._deaf,) = self._raw.execute("SELECT pg_is_in_recovery()").fetchone() or (False,)
            if self._deaf:  # a standby tells nobody
                return self.close()
            self._raw.execute(f"LISTEN {CHANNEL}")
        return None
