"""Missing rows of the log: how they are noticed, and acknowledged by a decision that is kept with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.values import Actor
from demandflow.errors import InvalidValue, StorageError, brief, listed
from demandflow.store.recorder import id_of
from demandflow.store.statements import Statements
from demandflow.store.tables.schemas import columns_of

TABLES = (
    """CREATE TABLE IF NOT EXISTS demandflow_holes (
        what TEXT NOT NULL, demand TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        at TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, unit TEXT, reason TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS demandflow_marks (
        position INTEGER NOT NULL, demand TEXT NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (position, demand, version)
    ) WITHOUT ROWID""",
)
"""The decisions, and the rows that were once the newest, by which a missing end is noticed."""
Rows = Callable[[str], list[Any]]
"""All rows of a query."""
Key = tuple[int, str, int]
"""A row's position, demand and version."""
VERSIONS, POSITIONS, END = "versions", "positions", "end"
DECISIONS = "SELECT what, demand, first, last, at, actor, role, unit, reason FROM demandflow_holes ORDER BY rowid"
GAPS = """SELECT before + 1, at - 1 FROM
    (SELECT rowid AS at, LAG(rowid, 1, 0) OVER (ORDER BY rowid) AS before FROM stored_events) AS neighbours
    WHERE at > before + 1"""
GAPS_OF_DEMANDS = """SELECT demand, before + 1, version - 1 FROM (
        SELECT originator_id AS demand, originator_version AS version,
            LAG(originator_version, 1, 0) OVER (PARTITION BY originator_id ORDER BY originator_version) AS before
        FROM stored_events WHERE TYPEOF(originator_version) = 'integer'
    ) AS neighbours WHERE version > before + 1 ORDER BY demand, version"""
# no join: PostgreSQL, which believes a table to be long until it has looked, would read all rows of the log
ENDS = """SELECT position, last FROM (
        SELECT position, (SELECT COALESCE(MAX(rowid), 0) FROM stored_events) AS last,
            (SELECT CASE WHEN originator_id <> mark.demand OR originator_version <> mark.version THEN 1 ELSE 0 END
                FROM stored_events AS row WHERE row.rowid = mark.position) AS other
        FROM demandflow_marks AS mark
    ) AS marked WHERE other = 1 OR (other IS NULL AND position > last) ORDER BY position"""
NEWEST = """SELECT (SELECT COALESCE(MAX(rowid), 0) FROM stored_events),
    EXISTS (SELECT 1 FROM stored_events WHERE rowid = ? AND originator_id = ? AND originator_version = ?)"""
MARK = """INSERT INTO demandflow_marks
    SELECT rowid, originator_id, originator_version FROM stored_events WHERE TRUE
    ORDER BY rowid DESC LIMIT 1 ON CONFLICT DO NOTHING"""
READERS = ("demandflow_cursors", "demandflow_position")
"""Where readers of the log keep their positions: in the tables of today, and in those of earlier releases."""
MARK_OF_READERS = """INSERT INTO demandflow_marks SELECT last, demand, version FROM {table}
    WHERE log = ? AND LENGTH(demand) = 32
        AND last > (SELECT COALESCE(MAX(last), 0) FROM demandflow_holes WHERE what = 'end')
    ON CONFLICT DO NOTHING"""
"""A reader that is behind an end that is acknowledged as missing has not read anything since."""
FORGET_MARKS = """DELETE FROM demandflow_marks WHERE position < (SELECT MAX(rowid) FROM stored_events) AND EXISTS (
    SELECT 1 FROM stored_events AS row WHERE row.rowid = position AND originator_id = demand
        AND originator_version = version)"""


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing rows, from the first to the last: `versions` of a demand, `positions` in the log, or its `end`."""

    what: str
    first: int
    last: int
    demand: UUID | None = None

    def __str__(self) -> str:
        several = self.first < self.last
        noun = "version" if self.what == VERSIONS else "position"
        rows = f"{noun}s {self.first} to {self.last}" if several else f"{noun} {self.first}"
        if self.what == END:
            return f"the end is missing, {rows}"
        whose = f" of demand {self.demand}" if self.what == VERSIONS else ""
        return f"{rows}{whose} {'are' if several else 'is'} missing"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The decision to go on without the rows of a hole: by whom, when and why."""

    hole: Hole
    by: Actor
    at: datetime
    reason: str

    def __str__(self) -> str:
        return f"{self.hole}; acknowledged by {self.by.id} ({self.by.role}) at {self.at:%Y-%m-%d %H:%M}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of looking at the whole log: holes that nobody acknowledged, and rows that cannot be read.

    It is `ok` if there are none. `damage` is what SQLite itself reports about the file.
    """

    events: int
    demands: int
    holes: tuple[Hole, ...] = ()
    unreadable: tuple[str, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()
    damage: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is missing but what was acknowledged, and all rows can be read."""
        return not (self.holes or self.unreadable or self.damage)

    def __str__(self) -> str:
        lines = [f"{self.events} events of {self.demands} demands: {'all is there' if self.ok else 'not whole'}"]
        lines += [f"  {hole}" for hole in self.holes]
        lines += [f"  unreadable: {line}" for line in self.unreadable]
        lines += [f"  damaged: {line}" for line in self.damage]
        lines += [f"  known: {decision}" for decision in self.acknowledged]
        return "\n".join(lines)


def holes_in(rows: Rows, *, settled: bool = True) -> tuple[Hole, ...]:
    """All missing rows that are not acknowledged; a log of an earlier release (not `settled`) has no decisions yet."""
    known = [decision.hole for decision in decided(rows(DECISIONS))] if settled else []
    gaps = [Hole(POSITIONS, first, last) for first, last in rows(GAPS)]
    for demand, first, last in rows(GAPS_OF_DEMANDS):
        if isinstance(demand_id := id_of(demand), UUID):
            gaps.append(Hole(VERSIONS, first, last, demand_id))
    end = end_of(rows(ENDS)) if settled else None
    return (*(part for gap in gaps for part in without(gap, known)), *([end] if end is not None else []))


def gaps_in(demand: UUID, versions: Iterable[int], after: int) -> tuple[list[Hole], int]:
    """The gaps between these versions, which come after another version; and the last of them."""
    gaps = []
    for version in versions:
        if type(version) is not int:
            continue  # it cannot be read
        if version > after + 1:
            gaps.append(Hole(VERSIONS, after + 1, version - 1, demand))
        after = version
    return gaps, after


def number_missing(known: Sequence[Hole]) -> int:
    """How many events are missing, by these holes: each is known by its position, its version, or both."""
    return max(
        sum(hole.last - hole.first + 1 for hole in known if (hole.what == VERSIONS) is by_version)
        for by_version in (True, False)
    )


def end_of(rows: Sequence[tuple[int, int]]) -> Hole | None:
    """The missing end: from the marks whose rows are no longer there, each with the position where the log ends now."""
    rows = [row for row in rows if isinstance(row[0], int)]  # a mark that was altered marks nothing
    if not rows:
        return None
    return Hole(END, min(rows[0][0], rows[0][1] + 1), rows[-1][0])


def without(hole: Hole, known: Iterable[Hole]) -> list[Hole]:
    """The parts of a hole that are not among the known ones."""
    left, begin = [], hole.first
    same = [other for other in known if (other.what, other.demand) == (hole.what, hole.demand)]
    for other in sorted(same, key=lambda other: other.first):
        if begin < other.first <= hole.last:
            left.append(Hole(hole.what, begin, other.first - 1, hole.demand))
        begin = max(begin, other.last + 1) if other.first <= hole.last else begin
    return [*left, Hole(hole.what, begin, hole.last, hole.demand)] if begin <= hole.last else left


def decided(rows: Iterable[Sequence[Any]]) -> tuple[Acknowledged, ...]:
    """The decisions in these rows. Raises StorageError for what was altered so that it is none."""
    try:
        return tuple(
            Acknowledged(
                Hole(what, int(first), int(last), UUID(demand) if demand else None),
                Actor(actor, role, unit),
                datetime.fromisoformat(at),
                reason,
            )
            for what, demand, first, last, at, actor, role, unit, reason in rows
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise StorageError(f"the decisions to go on without missing rows were altered ({brief(error)})") from error


def acknowledge(connection: Statements, holes: Sequence[Hole], by: Actor, at: datetime, reason: str) -> None:
    """Keep the decision to skip these holes. Raises InvalidValue for what is no hole of this log."""
    there = holes_in(lambda query: connection.execute(query).fetchall())
    for hole in holes:
        if hole not in there:
            problem = f"{brief(hole)} is none that verify() names (it names: {listed(there)})"
            raise InvalidValue("holes", problem)
        demand = "" if hole.demand is None else hole.demand.hex
        row = (hole.what, demand, hole.first, hole.last, at.isoformat(), by.id, by.role, by.unit, reason)
        connection.execute("INSERT INTO demandflow_holes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if hole.what == END:
            connection.execute("DELETE FROM demandflow_marks WHERE position <= ?", (hole.last,))


def mark_the_end(connection: Statements, log: str | None = None) -> None:
    """Mark the newest row; with the log's id, also the newest row that its readers came to."""
    for table in READERS if log is not None else ():
        if {"log", "last", "demand", "version"} <= columns_of(connection, table):
            connection.execute(MARK_OF_READERS.format(table=table), (log,))
    connection.execute(MARK)
    connection.execute(FORGET_MARKS)
