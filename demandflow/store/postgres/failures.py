"""The errors for failures of PostgreSQL or of the way there: no exception of psycopg goes further than here."""

from __future__ import annotations

import re

import psycopg
import psycopg_pool
from psycopg import errors

from demandflow.errors import StorageBusy, StorageError, StorageUnreachable
from demandflow.store.statements import RowRefused, RowTaken

MAY_BE = "what was to be recorded may be recorded or not: do it again with the same command_id"
READ_ONLY = (
    "it is a standby, or set to be read only. Name all hosts and target_session_attrs=read-write in the URL, or look "
    "at default_transaction_read_only of the database and the role"
)
MAKE_ROOM = "nothing was recorded: make room on the server's disk, then it goes on"
BUSY = (
    *(errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled),
    *(errors.TooManyConnections, psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests),
)
LOST = (
    *(errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow),
    *(errors.IdleInTransactionSessionTimeout, errors.ConnectionException, psycopg.InterfaceError),
)
CHANGED = (errors.UndefinedTable, errors.UndefinedColumn, errors.InFailedSqlTransaction)
OF_THE_ROW = (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded)
NO_DATABASE = re.compile(r'database ".*" does not exist')


def failure(error: psycopg.Error, *, lost: bool) -> Exception:
    """The error for the caller. `lost` says that the connection is gone."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, BUSY):
        return StorageBusy(f"the storage is held by somebody else ({text}); try again")
    if isinstance(error, errors.ReadOnlySqlTransaction):  # somebody else may be the primary by now
        return StorageUnreachable(f"the database takes no writes ({text}); {READ_ONLY}")
    if lost or isinstance(error, LOST):
        return StorageUnreachable(f"the database cannot be reached ({text}); {MAY_BE}")
    if isinstance(error, errors.UniqueViolation):
        return RowTaken(text)
    if isinstance(error, OF_THE_ROW):
        return RowRefused(text)
    if isinstance(error, CHANGED):
        remedy = "flow.rebuild() makes them from the log, and so does opening it again"
        return StorageError(f"the tables were changed by somebody else ({text}); {remedy}")
    if isinstance(error, errors.DiskFull):
        return StorageError(f"the storage cannot be used: {text}; {MAKE_ROOM}")
    if isinstance(error, errors.InsufficientPrivilege):
        who = "`demandflow init URL` makes the tables, by a role that may make tables there"
        return StorageError(f"the storage cannot be used: {text} ({who})")
    return StorageError(f"the storage cannot be used: {text}")


def unreachable(error: Exception) -> StorageUnreachable:
    """The error for a connection that could not be made."""
    return StorageUnreachable(f"the database cannot be reached: {' '.join(str(error).split())}")
