"""Reading a log without opening it: nothing is made and nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.errors import HistoryIncomplete, StorageBusy
from demandflow.store.backends import check_there, is_postgres, postgres_recorder
from demandflow.store.following.cursor import PAGE
from demandflow.store.holes import holes_in
from demandflow.store.mapper import FactMapper
from demandflow.store.recorder import COLUMNS, id_of
from demandflow.store.settings import check_log
from demandflow.store.sqlite.failures import storage_errors
from demandflow.store.sqlite.files import IMMUTABLE, check, connected, file_of, how_to_read, no_log
from demandflow.store.tables.schemas import columns_of

NEWEST = "SELECT MAX(rowid) FROM stored_events"
ROWS = f"SELECT {', '.join(COLUMNS)} FROM stored_events ORDER BY rowid"  # noqa: S608


def recorded_events(url: str, facts: Iterable[type[Fact]], tenant: str | None = None) -> Iterator[Event]:
    """All events of a log at `sqlite:///path` or `postgresql://…`, in the order of recording; nothing is written.

    Raises InvalidValue if there is no log, and StorageError for what cannot be read: among them NotALog,
    UnknownFormat, WrongTenant, UnreadableEvent, and HistoryIncomplete for missing rows without a decision.
    """
    mapper = FactMapper(facts)
    if is_postgres(url):
        for demand, version, topic, state in _in_postgres(url, tenant):
            yield mapper.event(id_of(demand), version, topic, state)
        return
    path = file_of(url)
    if path is None or not (file := Path(path)).is_file():
        raise no_log(url)
    with storage_errors():
        check(path, writing=False)
        how, began = how_to_read(file), file.stat().st_mtime_ns
        with closing(connected(file, how)) as connection:
            check_log(connection, tenant)
            settled = bool(columns_of(connection, "demandflow_holes"))
            if missing := holes_in(lambda query: connection.execute(query).fetchall(), settled=settled):
                raise HistoryIncomplete(missing)
            for demand, version, topic, state in connection.execute(ROWS):
                yield mapper.event(id_of(demand), version, topic, state)
        if how == IMMUTABLE and file.stat().st_mtime_ns != began:
            raise StorageBusy("somebody wrote to the log while it was read; try again")


def _in_postgres(url: str, tenant: str | None) -> Iterator[tuple[Any, ...]]:
    """The rows of a log in PostgreSQL, without their positions, page by page up to the newest of now."""
    recorder = postgres_recorder(url)
    try:
        with storage_errors():
            check_there(recorder)
            recorder.transaction(lambda connection: check_log(connection, tenant))
            if missing := holes_in(recorder.rows):
                raise HistoryIncomplete(missing)
            last, end = 0, recorder.rows(NEWEST)[0][0] or 0
            while last < end and (rows := recorder.page(last, PAGE)):
                yield from (row[1:] for row in rows)
                last = rows[-1][0]
    finally:
        recorder.close()
