"""Reading a log without opening it: nothing is made and nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.errors import HistoryIncomplete, StorageBusy
from demandflow.store.holes import holes_in
from demandflow.store.mapper import FactMapper
from demandflow.store.settings import check_log
from demandflow.store.sqlite.failures import storage_errors
from demandflow.store.sqlite.files import IMMUTABLE, check, columns_of, connected, file_of, how_to_read, no_log
from demandflow.store.sqlite.recorder import COLUMNS, id_of

ROWS = f"SELECT {', '.join(COLUMNS)} FROM stored_events ORDER BY rowid"  # noqa: S608


def recorded_events(url: str, facts: Iterable[type[Fact]], tenant: str | None = None) -> Iterator[Event]:
    """All events of a log at `sqlite:///path`, in the order of recording; nothing is made and nothing written.

    Raises InvalidValue if there is no log, and StorageError for what cannot be read: among them NotALog,
    UnknownFormat, WrongTenant, UnreadableEvent, and HistoryIncomplete for missing rows without a decision.
    """
    path, mapper = file_of(url), FactMapper(facts)
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
