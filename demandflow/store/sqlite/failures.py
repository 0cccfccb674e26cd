"""The errors for failures of SQLite or of the file: no exception of a library goes further than here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS

from demandflow.errors import StorageBusy, StorageError
from demandflow.store.statements import RowRefused

FILE = "file"
"""What is written or read that is no log."""
MAKE_ROOM = "; nothing was recorded: make room on the disk, then it goes on"
NOT_WRITABLE = "; nothing was recorded: this process must be allowed to write the file and its folder, then it goes on"
FAILING = "; look at the disk: it may be full or failing. Then do it again with the same command_id"
REMEDIES = {
    sqlite3.SQLITE_FULL: MAKE_ROOM,
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN), NOT_WRITABLE),
    sqlite3.SQLITE_IOERR: FAILING,
}
REMEDIES_OF_THE_SYSTEM = {
    **dict.fromkeys((ENOSPC, EDQUOT), MAKE_ROOM),
    **dict.fromkeys((EACCES, EPERM, EROFS), NOT_WRITABLE),
    **dict.fromkeys((EIO, EFBIG), FAILING),
}
"""What to do, by the code of the error."""


def storage_error(error: sqlite3.Error | OSError | UnicodeDecodeError, what: str = "storage") -> StorageError:
    """The error for the caller: StorageBusy where trying again may help."""
    if isinstance(error, OSError):
        remedy = "" if what == FILE else REMEDIES_OF_THE_SYSTEM.get(error.errno or 0, "")
        return StorageError(f"the {what} cannot be used: {error.strerror or error}{remedy}")
    if "locked" in str(error) or "busy" in str(error):
        return StorageBusy(f"the {what} is held by somebody else ({error}); try again")
    remedy = REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")  # the rest says more of the same
    return StorageError(f"the {what} cannot be used: {str(error) or type(error).__name__}{remedy}")


@contextmanager
def storage_errors(what: str = "storage") -> Iterator[None]:
    """Raise what fails in this block as an error for the caller."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, what) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the last: words of a damaged file
        raise storage_error(error) from error
    except RowRefused as error:
        raise StorageError(f"the storage cannot be used: {error}") from error


@contextmanager
def table_errors() -> Iterator[None]:
    """The same for the tables made from the log; if somebody changed them, the error says how to rebuild them."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # there is no such table or column
            remedy = "flow.rebuild() makes them from the log, and so does opening it again"
            raise StorageError(f"the tables were changed by somebody else ({error}); {remedy}") from error
        raise storage_error(error, "tables") from error
