"""What the file of a log says about it: tenant, format, time zone and workflows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from demandflow.domain.versions.declared import declared, differences
from demandflow.domain.workflow import Workflow
from demandflow.errors import UnknownFormat, WorkflowChanged, WrongTenant, WrongZone
from demandflow.inputs.arguments import zone_of
from demandflow.store import drafts, holes
from demandflow.store.sqlite.recorder import ROWS
from demandflow.store.statements import Statements, replacing
from demandflow.store.tables.schemas import columns_of

FORMAT, WITH_KINDS = 1, 2
"""The formats that this release writes: with demands alone, and with streams of other kinds.

A log of a later format may have what this release would count wrongly.
"""
TABLES = (
    "CREATE TABLE IF NOT EXISTS demandflow_log (id TEXT NOT NULL, tenant TEXT)",
    "CREATE TABLE IF NOT EXISTS demandflow_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS demandflow_workflows (key TEXT PRIMARY KEY, declared TEXT NOT NULL) WITHOUT ROWID",
    drafts.TABLE,
)
PUT = replacing("demandflow_settings", ("name", "value"), "name")
DEFAULT_ZONE = "UTC"
WROTE = """SELECT DISTINCT json_extract(CAST(state AS TEXT), '$.meta.workflow') FROM stored_events
    WHERE json_valid(CAST(state AS TEXT))"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller who opens a log says about it."""

    tenant: str | None = None
    zone: str | None = None
    workflows: Mapping[str, Workflow] | None = None

    def __post_init__(self) -> None:
        if self.zone is not None:
            zone_of(self.zone)


def furnish(wanted: Wanted, connection: Statements, *, writing: bool = True) -> tuple[str, str]:
    """Make the tables that are not there; returns the log's id and zone.

    What the log does not say yet is taken from the caller. Where nothing can be written, all must be there. Raises
    WrongTenant, UnknownFormat, WrongZone or WorkflowChanged; within a transaction, so that nothing is changed then.
    """
    for table in (ROWS, *holes.TABLES, *TABLES) if writing else ():
        connection.execute(table)
    known = check_log(connection, wanted.tenant)
    log = known or str(uuid4())
    if known is None:
        connection.execute("INSERT INTO demandflow_log VALUES (?, ?)", (log, wanted.tenant))
    settings = dict(connection.execute("SELECT name, value FROM demandflow_settings").fetchall())
    if "format" not in settings:  # new, or of a release before there were settings
        zone = wanted.zone or _zone_of_tables(connection) or DEFAULT_ZONE
        connection.executemany(PUT, [("format", str(FORMAT)), ("zone", zone)])
        writers = {key for (key,) in connection.execute(WROTE)} if known is not None else set()
    else:
        zone, writers = settings["zone"], set[str]()
    keep_workflows(connection, wanted.workflows or {}, writers)
    if wanted.zone is not None and wanted.zone != zone:
        raise WrongZone(wanted.zone, zone)
    if writing:
        holes.mark_the_end(connection, log)
    return log, zone


def check_log(connection: Statements, tenant: str | None) -> str | None:
    """The id of the log, if there is one. Raises WrongTenant, or UnknownFormat for one of a later release."""
    row = connection.execute("SELECT id, tenant FROM demandflow_log").fetchone()
    if row is None:
        return None
    if columns_of(connection, "demandflow_settings"):
        number = connection.execute("SELECT value FROM demandflow_settings WHERE name = 'format'").fetchone()
        if number is not None and number[0] not in (str(FORMAT), str(WITH_KINDS)):
            raise UnknownFormat(number[0], str(WITH_KINDS))
    if row[1] != tenant:
        raise WrongTenant(tenant, row[1])
    return str(row[0])


def keep_workflows(connection: Statements, workflows: Mapping[str, Workflow], writers: Iterable[str]) -> None:
    """Keep what the writing workflows declare. Raises WorkflowChanged if one declared something else before.

    With the first that is of another kind than demands the format rises: releases that know no kinds refuse the log.
    """
    kept = dict(connection.execute("SELECT key, declared FROM demandflow_workflows").fetchall())
    for key in [key for key in workflows if key in kept]:
        if (now := declared(workflows[key])) != kept[key]:
            raise WorkflowChanged(key, differences(kept[key], now))
    new = [(key, declared(workflows[key])) for key in writers if key in workflows and key not in kept]
    connection.executemany("INSERT INTO demandflow_workflows VALUES (?, ?)", new)
    if any(workflows[key].of.KIND is not None for key, _ in new):
        connection.execute(PUT, ("format", str(WITH_KINDS)))


def _zone_of_tables(connection: Statements) -> str | None:
    """The zone in which an earlier release made the tables beside the log."""
    if "zone" not in columns_of(connection, "demandflow_position"):
        return None
    row = connection.execute("SELECT zone FROM demandflow_position").fetchone()
    return None if row is None else str(row[0])
