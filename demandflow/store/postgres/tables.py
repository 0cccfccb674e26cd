"""Tables made from the log, in its database: one connection, one thread at a time, and one process that writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from demandflow.errors import StorageError
from demandflow.store.postgres.connection import READING, TAKE_TURNS, Connection
from demandflow.store.postgres.dialect import TABLES, making
from demandflow.store.tables.schemas import beside, tables_of
from demandflow.store.tables.tables import Tables

PRESENT = """SELECT c.relname, obj_description(c.oid, 'pg_class'),
    (SELECT string_agg(a.attname || ' ' || a.atttypid || ' ' || a.attnotnull, ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT string_agg(index, '; ' ORDER BY index) FROM (
        SELECT i.indkey::text || ' ' || i.indisunique || i.indisvalid || (i.indpred IS NULL) || (i.indexprs IS NULL)
        FROM pg_index i WHERE i.indrelid = c.oid) AS indexes (index))
    FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY(?)"""
"""The tables that are there: what is said of each, its columns and its indexes."""
THERE = "SELECT to_regclass(?) IS NOT NULL"


class PostgresTables(Tables):
    """A connection to tables that can be rebuilt from the log.

    Who writes them takes the turn of all processes, and reads the position after that. Who reads holds the first table
    of the schema, so that its tables are not replaced by others meanwhile: a view of the past would find those empty.
    """

    connection: Connection

    def __init__(self, url: str) -> None:
        super().__init__()
        self.connection = Connection(url)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all that is written in the block, or nothing; one process at a time."""
        with self.errors():
            self.leave()
            try:
                self.connection.begin("BEGIN", (TAKE_TURNS, (TABLES,)))
                yield
                self.connection.run("COMMIT")
            finally:
                self.leave()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in the block as of one moment."""
        with self.locked():
            self.leave()
            self.connection.begin(READING)
            yield

    def begin_reading(self, schema: str) -> None:
        """From now on, until leave(), read the tables of the schema as of this moment; nobody replaces them."""
        self.leave()
        gate = tables_of(schema)[0]
        try:
            # the moment comes with the first query: after the lock
            self.connection.begin(READING, (f"LOCK TABLE {gate} IN ACCESS SHARE MODE", ()))
        except StorageError:
            self.leave()
            if self._is_there(gate):
                raise
            self.connection.begin(READING)  # there is nothing to read yet

    def leave(self) -> None:
        """End an open transaction. The lock is ours, so an interruption left it open."""
        self.connection.leave()

    def altered(self, schema: str) -> list[str]:
        """The tables of the schema that are missing, have another shape, or lack an index."""
        tables = tables_of(schema)
        present = self._present(tables)
        return [table for table in tables if present.get(table, (None, ""))[0] != _meant(schema, table, present)]

    def make(self, schema: str, tables: Iterable[str]) -> None:
        """Make these tables of the schema, empty, and drop what has their names now; within a transaction.

        Those that are as they are to be made are emptied.
        """
        names = list(tables)
        present = self._present(names)
        new = [table for table in names if present.get(table, (None, ""))[0] != _meant(schema, table, present)]
        for table in names:
            if table in new:
                self.connection.run(f"DROP TABLE IF EXISTS {table} CASCADE")
                for statement in making(schema)[table]:
                    self.connection.run(statement)
            elif self.connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone() == (True,):  # noqa: S608
                self.connection.run(f"TRUNCATE {table}")
        for table, (_, shape) in self._present(new).items():
            self.connection.run(f"COMMENT ON TABLE {table} IS '{_said(schema, table, shape)}'")

    def put_in_place(self, schema: str) -> None:
        """Replace the tables of the schema by those that were made beside them; within a transaction."""
        for table in tables_of(schema):
            self.connection.run(f"DROP TABLE IF EXISTS {table} CASCADE")
            self.connection.run(f"ALTER TABLE {beside(table)} RENAME TO {table}")

    def _present(self, tables: Iterable[str]) -> dict[str, tuple[str | None, str]]:
        """What is said of the tables that are there, and their shapes."""
        rows = self.connection.execute(PRESENT, [list(tables)])
        return {table: (said, f"{columns}; {indexes}") for table, said, columns, indexes in rows}

    def _is_there(self, table: str) -> bool:
        return bool(self.connection.execute(THERE, [table]).fetchone()[0])


def _meant(schema: str, table: str, present: dict[str, tuple[str | None, str]]) -> str | None:
    """What must be said of the table, if it has the shape in which it was made."""
    return _said(schema, table, present[table][1]) if table in present else "it is not there"


def _said(schema: str, table: str, shape: str) -> str:
    """By which statements a table was made, and the shape that it had then: both as a hash."""
    statements = " ".join(making(schema)[table]).replace("demandflow_new_", "demandflow_")
    return " ".join(hashlib.sha256(text.encode()).hexdigest()[:32] for text in (statements, shape))
