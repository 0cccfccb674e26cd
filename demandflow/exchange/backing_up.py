"""A backup: a copy of the file of a log, with all its tables, while it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from demandflow.errors import InvalidValue
from demandflow.exchange.new_files import appearing, new_file
from demandflow.store.backends import is_postgres
from demandflow.store.sqlite.backup import copy
from demandflow.store.sqlite.failures import FILE, storage_errors
from demandflow.store.sqlite.files import file_of, no_log


@dataclass(frozen=True, slots=True)
class BackedUp:
    """How many events a backup has, and the position of the newest."""

    events: int
    position: int

    def __str__(self) -> str:
        return f"{self.events} events, up to position {self.position}"


def backup_log(url: str, file: str | Path) -> BackedUp:
    """Copy the log at `sqlite:///path` to a new file, as it is at one moment, with its tables, positions and drafts.

    It may be in use meanwhile. The file appears complete or not at all. Raises InvalidValue or StorageError.
    """
    path = new_file(file)
    if is_postgres(url):
        raise InvalidValue("url", "PostgreSQL backs up its logs itself (pg_basebackup, pg_dump); or export it")
    source = file_of(url)
    if source is None:
        raise InvalidValue("url", "a log in memory has no file; export it")
    with storage_errors(FILE):
        if not Path(source).is_file():
            raise no_log(url)
    with appearing(path) as draft:
        return BackedUp(*copy(Path(source), draft))
