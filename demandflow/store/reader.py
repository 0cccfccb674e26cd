"""Reading a log without opening it: nothing is made and nothing written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from demandflow.domain.events import Event
from demandflow.domain.facts import Fact
from demandflow.errors import InvalidValue, StorageBusy, StorageError, WrongTenant, brief
from demandflow.store.log import file_of, storage_errors
from demandflow.store.mapper import FactMapper

COLUMNS = ("originator_id", "originator_version", "topic", "state")
"""How the library's recorder writes an event down."""


def recorded_events(url: str, facts: Iterable[type[Fact]], tenant: str | None = None) -> Iterator[Event]:
    """All events of a log at `sqlite:///path`, in the order of their recording; nothing is made and nothing written.

    Raises InvalidValue where there is no log, StorageError for what cannot be read, or WrongTenant.
    """
    file, mapper = Path(file_of(url) or ""), FactMapper(facts)
    if not file.is_file():
        raise _no_log(url)
    # where nobody has the log open, SQLite is told so: else it would leave files of its own beside it
    how = "mode=ro" if Path(f"{file}-wal").exists() else "immutable=1"
    began = file.stat().st_mtime_ns
    with storage_errors(), closing(sqlite3.connect(f"{file.as_uri()}?{how}", uri=True)) as connection:
        known = {table: _columns(connection, table) for table in ("stored_events", "demandflow_log")}
        whose = connection.execute("SELECT tenant FROM demandflow_log").fetchone() if known["demandflow_log"] else None
        if whose is None or not known["stored_events"] >= set(COLUMNS):
            raise _no_log(url)
        if whose[0] != tenant:
            raise WrongTenant(tenant, whose[0])
        for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM stored_events ORDER BY rowid"):  # noqa: S608
            yield mapper.to_domain_event(_stored(*row))
    if how == "immutable=1" and file.stat().st_mtime_ns != began:
        raise StorageBusy("somebody wrote to the log while it was read; try again")


def _no_log(url: str) -> InvalidValue:
    return InvalidValue(url, "there is no such log; name one that was recorded")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _stored(demand: Any, version: Any, topic: Any, state: Any) -> StoredEvent:
    """A row of the log. Raises StorageError for what we never wrote."""
    try:
        return StoredEvent(UUID(demand), int(version), str(topic), state)
    except (ValueError, TypeError, AttributeError):
        raise StorageError(f"event {brief(version)} of demand {brief(demand)} is none of ours") from None
