"""A log loaded from a file that was exported: the same log, with the same ids, positions and stored bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from demandflow.errors import InvalidValue
from demandflow.exchange.contents import Contents
from demandflow.exchange.lines import DamagedFile, file_named
from demandflow.store.backends import is_postgres
from demandflow.store.following.cursor import PAGE
from demandflow.store.log import Log
from demandflow.store.raw_rows import AboutLog, Misplaced
from demandflow.store.sqlite.failures import FILE, storage_errors
from demandflow.store.sqlite.files import file_of
from demandflow.store.statements import NumberedRow


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many events the file has, and how many of them were not in the log before."""

    events: int
    new: int

    def __str__(self) -> str:
        return f"{self.events} events, of which {self.new} are new"


def load_log(file: str | Path, url: str) -> Loaded:
    """Make the log that the file was exported from, or add to it what the file has more.

    The whole file is checked first. Loading again changes nothing, and after an interruption goes on where it was.
    Raises DamagedFile, which names the line, and nothing is recorded then; InvalidValue, or StorageError: among them
    WrongTenant, WrongZone and WorkflowChanged if the log there says otherwise of itself.
    """
    path = file_named(file)
    with storage_errors(FILE):
        if not path.is_file():
            raise InvalidValue("file", f"there is no file {path}")
    if not is_postgres(url) and file_of(url) is None:
        raise InvalidValue("url", "a log in memory would end with this process; load into a file")
    about = check(path)
    with closing(Log(url, (), about.tenant, zone=about.settings["zone"])) as log:
        return load(path, log)


def check(path: Path) -> AboutLog:
    """Read the whole file; returns what it says of its log. Raises DamagedFile."""
    with closing(Contents(path)) as contents:
        for _ in contents.rows():
            pass
        return contents.about


def load(path: Path, log: Log) -> Loaded:
    """Add to an open log what it does not have of the file. Raises DamagedFile if it has something else in its place.

    Rows that are there come first, so that this is known before anything is recorded.
    """
    with closing(Contents(path)) as contents:
        rows, newest, new = contents.rows(), 0, 0
        there = _stored(log)
        begun = False
        waiting: list[tuple[int, NumberedRow]] = []
        for line, row in rows:
            if not begun and (known := next(there, None)) is not None:
                if known != row or log.id != contents.about.id:
                    raise DamagedFile(str(path), line, f"the log has another event at position {known[0]}")
                newest = row[0]
                continue
            if not begun:
                log.become(contents.about)
                begun = True
            waiting.append((line, row))
            if len(waiting) == PAGE:
                newest, new, waiting = _put(path, log, waiting, newest), new + len(waiting), []
        if not begun:
            log.become(contents.about)
        if waiting:
            _put(path, log, waiting, newest)
        return Loaded(contents.events, new + len(waiting))


def _stored(log: Log) -> Iterator[NumberedRow]:
    """The rows that the log has."""
    last = 0
    while rows := log.raw_page(last, PAGE):
        yield from rows
        last = rows[-1][0]


def _put(path: Path, log: Log, rows: list[tuple[int, NumberedRow]], after: int) -> int:
    """Store these rows; returns the position of the last."""
    try:
        log.put([row for _, row in rows], after)
    except Misplaced as error:
        line = next(line for line, row in rows if row[0] == error.position)
        raise DamagedFile(str(path), line, error.problem) from None
    return rows[-1][1][0]
