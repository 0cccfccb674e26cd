"""Up to which event each hook was given its notices, and which process is giving them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from demandflow.domain.facts import STANDARD_FACTS, Notified
from demandflow.errors import InvalidValue, StorageError
from demandflow.store.following.cursor import ALL, Cursor
from demandflow.store.following.parking import Parking, unreadable
from demandflow.store.following.sources import Source
from demandflow.store.mapper import Unreadable
from demandflow.store.statements import replacing
from demandflow.store.tables.moments import written
from demandflow.store.tables.schemas import columns_of
from demandflow.store.tables.tables import Tables

LEASE = timedelta(minutes=1)
"""A process that was giving notices and did nothing for so long counts as dead."""
READER = "notices to"
SCHEMA = """
CREATE TABLE demandflow_delivered (
    hook TEXT NOT NULL, log TEXT NOT NULL, holder TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (hook, log)
);
"""
LEASED = replacing("demandflow_delivered", ("hook", "log", "holder", "until"), "hook, log")
NO_NOTICES = {fact.TOPIC for fact in STANDARD_FACTS} - {Notified.TOPIC}


class Deliveries:
    """The position up to which each hook was given its notices, by one process at a time.

    The position is not in the log. Where it is lost, nobody guesses it, since then all notices would be given again, or
    some never.
    """

    def __init__(self, source: Source, tables: Tables, holder: str) -> None:
        self._source, self._tables, self._log, self._holder = source, tables, source.id, holder
        self.heal()

    def heal(self) -> None:
        """Make the table if it is gone or has other columns."""
        with self._tables.locked():
            if not self._tables.altered(SCHEMA):
                return
            positions = {hook: self._cursor(hook).after(last) for hook, last in self._positions_of_earlier_releases()}
            with self._tables.transaction():
                self._tables.make(SCHEMA, self._tables.altered(SCHEMA))
                for hook, position in positions.items():
                    self._lease(hook, "", "")
                    if position is not None:
                        self._cursor(hook).move(position)

    def begin(self, hook: str, now: datetime, after: int | None = None) -> int | None:
        """The position after which to go on; None if another process gives the notices. `after` says where to begin.

        Raises StorageError if the position is lost, InvalidValue for an `after` where no event is.
        """
        reader = self._cursor(hook)
        with self._tables.locked():
            began = reader.position()
            given = None if after is None else reader.after(after)
            if after is not None and given is None:
                raise InvalidValue("after", f"must be 0 or the position of an event; there is none at {after}")
            matches = reader.matches(began)
            with self._tables.transaction():
                row = self._tables.connection.execute(
                    "SELECT holder, until FROM demandflow_delivered WHERE hook = ? AND log = ?", (hook, self._log)
                ).fetchone()
                holder, until = row or ("", "")
                # a lease that ends further ahead than any can was written by a clock that was wrong
                alive = _text(now) < until <= _text(now + LEASE)
                if (holder not in ("", self._holder) and alive) or reader.position() != began:
                    return None
                if given is None and row is None and (began is None or began.log != self._log):
                    given = reader.start  # this hook was never given anything
                if given is not None:
                    reader.begin()
                    reader.move(given)
                elif began is None or not matches or reader.number_parked() != began.parked:
                    raise StorageError(_lost(hook))
                self._lease(hook, self._holder, _text(now + LEASE))
                position = reader.position()
        return None if position is None else position.last

    def move(self, hook: str, position: int, now: datetime) -> bool:
        """Note that all notices up to a position were given; an event that cannot be read there is parked.

        False if another process gives the notices meanwhile.
        """
        reader = self._cursor(hook)
        rows = reader.reread([position])
        parked = [
            unreadable(at, row) for at, row in rows if isinstance(row, Unreadable) and row.topic not in NO_NOTICES
        ]
        moved = reader.after(position)
        with self._holding(hook, now) as holds:
            began = reader.position()
            if holds and began is not None and moved is not None and position > began.last:
                reader.park(parked)
                reader.move(moved._replace(parked=began.parked + len(parked)))
        return holds

    def to_try_again(self, hook: str) -> list[int]:
        """The positions of parked events that are to be tried again."""
        with self._tables.locked():
            return [line.position for line in self._cursor(hook).parked(limit=ALL, again=True)]

    def settle(self, hook: str, position: int, now: datetime) -> bool:
        """Note that a parked event was dealt with, if it can be read; False if another process gives the notices."""
        reader = self._cursor(hook)
        rows = reader.reread([position])
        with self._holding(hook, now) as holds:
            began = reader.position()
            if holds and began is not None:
                reader.unpark([position])
                reader.park(unreadable(at, row) for at, row in rows if isinstance(row, Unreadable))
                reader.move(began._replace(parked=reader.number_parked()))
        return holds

    def end(self, hook: str) -> None:
        """Let another process go on."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.execute(
                "UPDATE demandflow_delivered SET holder = '' WHERE hook = ? AND log = ? AND holder = ?",
                (hook, self._log, self._holder),
            )

    def parked_events(self) -> list[tuple[str, Parking]]:
        """The events that could not be read, each with the reader that left it out."""
        with self._tables.locked():
            readers = self._tables.connection.execute(
                "SELECT DISTINCT reader FROM demandflow_parked_events WHERE reader LIKE ?", (f"{READER} %",)
            ).fetchall()
            cursors = [Cursor(self._source, self._tables, reader) for (reader,) in readers]
            return [(reader.reader, parked) for reader in cursors for parked in reader.parked(limit=ALL)]

    def retry_parked_events(self) -> None:
        """Let the parked events be tried again, at the next delivery."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.execute(
                "UPDATE demandflow_parked_events SET again = 1 WHERE reader LIKE ?", (f"{READER} %",)
            )

    def _cursor(self, hook: str) -> Cursor:
        return Cursor(self._source, self._tables, f"{READER} {hook}")

    @contextmanager
    def _holding(self, hook: str, now: datetime) -> Iterator[bool]:
        """A transaction, and whether this process holds the hook: its lease is renewed."""
        with self._tables.locked(), self._tables.transaction():
            changed = self._tables.connection.execute(
                "UPDATE demandflow_delivered SET until = ? WHERE hook = ? AND log = ? AND holder = ?",
                (_text(now + LEASE), hook, self._log, self._holder),
            )
            yield changed.rowcount == 1

    def _lease(self, hook: str, holder: str, until: str) -> None:
        row = (hook, self._log, holder, until)
        self._tables.connection.execute(LEASED, row)

    def _positions_of_earlier_releases(self) -> list[tuple[str, int]]:
        """The positions of hooks, where an earlier release kept them beside the lease."""
        if not {"hook", "log", "last"} <= columns_of(self._tables.connection, "demandflow_delivered"):
            return []
        rows = self._tables.connection.execute(
            "SELECT hook, last FROM demandflow_delivered WHERE log = ?", (self._log,)
        )
        return [(str(hook), int(last)) for hook, last in rows]


def _text(at: datetime) -> str:
    return written(at) or ""


def _lost(hook: str) -> str:
    return (
        f"how far the hook {hook!r} was told is lost, or its log is not as it was; nothing was given, so that "
        "no notice goes out twice. Say after which position to go on (flow.notices() lists them): "
        f"deliver_notices(…, hook={hook!r}, after=0) gives all of them"
    )
