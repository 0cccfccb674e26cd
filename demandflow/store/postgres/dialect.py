"""What PostgreSQL says otherwise than SQLite. All SQL is written once, in what both understand, but for this.

Statements come with question marks for their values, and tables with SQLite's types. A position is the `rowid` of an
event, which is a column of its own here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from demandflow.store.holes import ENDS

LOG, TABLES = 1_207_849_481, 1_207_849_482
"""The numbers of our advisory locks: who writes what is kept with the log, and who writes the tables made from it."""
CHANNEL = "demandflow"
"""On which the server tells that something was recorded, and in which schema."""
TELL = f"SELECT pg_notify('{CHANNEL}', current_schema())"
EVENTS = """CREATE TABLE stored_events (
    originator_id TEXT COLLATE "C" NOT NULL, originator_version BIGINT NOT NULL, topic TEXT COLLATE "C" NOT NULL,
    state BYTEA NOT NULL, rowid BIGINT PRIMARY KEY, UNIQUE (originator_id, originator_version)
)"""
COUNTING = """CREATE TABLE demandflow_log (
    id TEXT COLLATE "C" NOT NULL, tenant TEXT COLLATE "C", last BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 10)"""
"""One row, which counts the events: it stays small where most of its page is free for its next versions."""
HOLES = "demandflow_holes"
"""The decisions are told in their order, by a number of their own."""
OWN = {"stored_events": EVENTS, "demandflow_log": COUNTING}
COUNTED_MORE = """
    UNION SELECT last, (SELECT COALESCE(MAX(rowid), 0) FROM stored_events) FROM demandflow_log
    WHERE last > (SELECT COALESCE(MAX(rowid), 0) FROM stored_events) ORDER BY 1"""
"""What was counted and is not there is missing at the end, whoever saw it."""
EXACTLY = {
    "SELECT name FROM pragma_table_info(?)": (
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"
    ),
    ENDS: ENDS.rpartition("ORDER BY")[0] + COUNTED_MORE,
}
WORDS = (
    (re.compile(r"\binstr\("), "strpos("),
    (re.compile(r" (?:NOT INDEXED|INDEXED BY \w+)"), ""),
    (re.compile(r" (?:AND|OR) originator_id (?:<|>=) x''"), ""),
    (re.compile(r"TYPEOF\(\w+\) = 'integer'"), "TRUE"),
    (
        re.compile(r"json_each\((\w+)\)"),
        r"LATERAL (SELECT key, CAST(value AS BIGINT) AS value FROM json_each_text(CAST(\1 AS JSON))) AS entries",
    ),
)
TYPES = (("INTEGER", "BIGINT"), (" TEXT", ' TEXT COLLATE "C"'), ("BLOB", "BYTEA"), (" WITHOUT ROWID", ""))
_TABLE = re.compile(r"\s*CREATE TABLE (?:IF NOT EXISTS )?(\w+)")
_INDEX = re.compile(r"\s*CREATE INDEX (?:IF NOT EXISTS )?\w+ ON (\w+) \((.*?)\)(.*)", re.DOTALL)
_PLAIN = re.compile(r"INSERT INTO (\w+(?: \([^)?]*\))?) VALUES \([?, ]+\)$")
_ROW = re.compile(r"(INSERT INTO \w+ (?:\([^)?]*\) )?VALUES )(\([?, ]+\))([^?]*)")
_UNIQUE = re.compile(r"(\w+)( TEXT NOT NULL) UNIQUE|,\s*UNIQUE \(([^)]*)\)")


@lru_cache(2000)
def translated(sql: str) -> str:
    """The statement as PostgreSQL takes it, its values numbered: psycopg need not look for marks of its own."""
    if sql in EXACTLY:
        return EXACTLY[sql]
    for pattern, words in WORDS:
        sql = pattern.sub(words, sql)
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))


@lru_cache(100)
def copying(sql: str) -> str | None:
    """The statement that copies rows to where this one inserts them; None if it does anything else."""
    match = _PLAIN.match(sql)
    return match and f"COPY {match[1]} FROM STDIN"


@lru_cache(1000)
def of_several(sql: str, number: int) -> str | None:
    """The statement that inserts so many rows where this one inserts one; None if it does anything else."""
    match = _ROW.fullmatch(sql)
    return match and translated(match[1] + ", ".join([match[2]] * number) + match[3])


def made_by(sql: str) -> str | None:
    """The name of the table that the statement makes, if it makes one."""
    match = _TABLE.match(sql)
    return match and match[1]


@lru_cache(100)
def making(schema: str) -> dict[str, tuple[str, ...]]:
    """The statements that make each table of a schema, with its indexes."""
    statements: dict[str, tuple[str, ...]] = {}
    for sql in filter(str.strip, schema.split(";")):
        if (table := made_by(sql)) is not None:
            statements[table] = tuple(_table(table, sql))
        elif (index := _INDEX.match(sql)) is not None:
            name, columns, when = index.groups()
            statements[name] += (f"CREATE INDEX ON {name} ({_narrow(columns)}){when}",)
    return statements


def _table(table: str, sql: str) -> list[str]:
    """A table; what is unique is so by a hash, since a row of an index has at most 2.7 kB."""
    if table in OWN:
        return [OWN[table]]
    indexes = []
    for column, _, columns in _UNIQUE.findall(sql):
        names = columns or column
        whole = " || chr(10) || ".join(names.split(", "))
        indexes += [
            f"CREATE UNIQUE INDEX ON {table} (md5({whole}))",
            f"CREATE INDEX ON {table} USING hash ({names.split(', ')[0]})",
        ]
    sql = _UNIQUE.sub(r"\1\2", sql).replace(" IF NOT EXISTS", "")
    for ours, theirs in TYPES:
        sql = sql.replace(ours, theirs)
    if table == HOLES:
        sql = sql.rstrip().removesuffix(")") + ", rowid BIGINT GENERATED BY DEFAULT AS IDENTITY)"
    return [sql, *indexes]


def _narrow(columns: str) -> str:
    """The columns by which an index finds and sorts, without those that it only covers: they might be too long."""
    before, receipt, _ = columns.partition("received, demand")
    return before + receipt
