"""The file of a log: found by its URL, made in one step, and refused if it is no log."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from time import sleep
from uuid import uuid4

from demandflow.errors import InvalidValue, NotALog, StorageError, brief
from demandflow.inputs.arguments import plain
from demandflow.store.recorder import COLUMNS
from demandflow.store.tables.schemas import columns_of

OURS = {"demandflow_log": {"id", "tenant"}, "stored_events": set(COLUMNS)}
"""What the file of a log has, whichever release made it."""
IMMUTABLE = "immutable=1"
BETWEEN_STATEMENTS = 0.1
"""So many seconds a writer may be between the statement that makes the write-ahead file and its first event."""
EMPTY = "it is empty (0 bytes). Put the log back, or delete the file if a new log is to begin there"
FOREIGN = "it is an SQLite file, but holds no log. Name the file of a log, or one that is not there yet for a new log"
HALF = (
    "it holds no events, yet says that its newest ones are in a write-ahead file, which is not beside it. It was "
    "copied while it was in use: copy it again with VACUUM INTO, or with its -wal file"
)


def file_of(url: str) -> str | None:
    """The file that the URL names; None for memory. Raises InvalidValue or StorageError."""
    url = plain(url) or ""
    if url == "memory:":
        return None
    path_given = isinstance(url, str) and re.fullmatch(r"sqlite:///[^?#\x00]+", url) and ":memory:" not in url
    if not path_given:
        problem = f"{brief(url)} is not understood (possible: memory:, sqlite:///path, sqlite:////absolute/path, postgresql://…)"
        raise InvalidValue("url", problem)
    path = Path(url.removeprefix("sqlite:///"))
    try:
        os.fsencode(path)
        if not path.parent.is_dir():
            raise StorageError(f"the folder {path.parent} does not exist; create it first")
        if path.is_dir():
            raise StorageError(f"{path} is a folder; name a file in it")
        return str(path.absolute())
    except (OSError, ValueError) as error:  # too long, or with characters that no file name can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidValue("url", f"{brief(url)} cannot be the name of a file ({reason})") from None


def ready(url: str, path: str | None, furnish: Callable[[sqlite3.Connection], object], *, create: bool) -> None:
    """Make the log if it is not there, and check it. Raises InvalidValue or NotALog."""
    if path is None:
        if not create:
            raise InvalidValue("create", "memory: is always a new log; let it be made")
        return
    if not Path(path).exists():
        if not create:
            raise no_log(url)
        make(path, furnish)
    check(path)


def no_log(url: str) -> InvalidValue:
    """The error for a log that is not there."""
    return InvalidValue(url, "there is no such log; name one that was recorded")


def make(path: str, furnish: Callable[[sqlite3.Connection], object]) -> None:
    """Make the file, if it is not there: it is filled under another name, so that it appears complete or not at all."""
    draft = Path(path).with_name(f".{uuid4().hex}.new")
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            furnish(connection)
        with suppress(FileExistsError):  # somebody else was faster
            appear(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def check(path: str, *, writing: bool = True) -> None:
    """Raise NotALog if the file is no log, or the copy of a log without its newest events."""
    file = Path(path)
    if not file.stat().st_size:
        raise NotALog(path, EMPTY)
    if _is_half(file, writing=writing):
        sleep(BETWEEN_STATEMENTS)
        if _is_half(file, writing=writing):
            raise NotALog(path, HALF)


def connected(file: Path, how: str) -> sqlite3.Connection:
    """A connection to a file that is there."""
    return sqlite3.connect(f"{file.as_uri()}?{how}", uri=True, isolation_level=None)


def how_to_read(file: Path) -> str:
    """How to connect so that nothing is made and nothing written."""
    # if nobody has the log open, SQLite is told so, since it would leave files of its own beside it otherwise
    return IMMUTABLE if not wal_of(file).exists() and grows_beside(file) else "mode=ro"


def grows_beside(file: Path) -> bool:
    """Whether its header says that the newest events may be in a write-ahead file.

    Only for a log that this process does not have open: closing the file here takes SQLite's locks from it, and
    whoever else closes the log then deletes the write-ahead file with the events that this process goes on writing.
    """
    with file.open("rb") as opened:
        return opened.read(19)[18:] == b"\x02"


def wal_of(file: Path) -> Path:
    """The write-ahead file, in which SQLite keeps what is not in the file yet."""
    return Path(f"{file}-wal")


def _holds(connection: sqlite3.Connection) -> bool:
    """Whether there are events, or once were."""
    tables = ["stored_events", *(["demandflow_marks"] if columns_of(connection, "demandflow_marks") else [])]
    return any(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in tables)  # noqa: S608


def appear(draft: Path, path: str) -> None:
    """Give the file its name; FileExistsError if another file has it."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if Path(path).exists():
            raise FileExistsError(path) from None
        draft.rename(path)


def _is_half(file: Path, *, writing: bool) -> bool:
    """Whether it holds no events though it had a write-ahead file, and nobody has it open. Raises NotALog."""
    at_rest = not wal_of(file).exists()  # asked first: to connect makes one
    how = "mode=rw" if writing else how_to_read(file)
    with closing(connected(file, how)) as connection:
        if any(not columns <= columns_of(connection, table) for table, columns in OURS.items()):
            raise NotALog(str(file), FOREIGN)
        grows = at_rest and (how == IMMUTABLE or connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)])
        # an earlier release made a write-ahead file even for a log without events; those logs have no settings
        empty = grows and bool(columns_of(connection, "demandflow_settings")) and not _holds(connection)
    return empty and not _is_open(file)


def _is_open(file: Path) -> bool:
    """Whether anybody has the log open, and may be about to record its first event."""
    with closing(connected(file, "mode=rw")) as connection:
        try:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")  # only with the whole file for itself
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
    return False
