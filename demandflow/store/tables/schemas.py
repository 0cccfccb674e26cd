"""Schemas of the tables made from the log: their names and shapes, and the same tables made beside those in use."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cache, lru_cache
from typing import Any, NamedTuple

from demandflow.store.statements import Answer, Statements, plans

MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master"


class Shape(NamedTuple):
    """A table or an index as SQLite keeps it."""

    type: str
    name: str
    table: str
    sql: str | None

    @property
    def meant(self) -> tuple[str, str, str | None]:
        """What matters when shapes are compared: an index may have any name, and a renamed table has quotes."""
        if self.sql is None or self.type != "index":
            return self.type, self.table, self.sql and self.sql.replace('"', "")
        return self.type, self.table, self.sql.replace('"', "").replace(f" {self.name} ", " ", 1)


class Beside:
    """Runs statements about the tables of a schema on those that are made beside them."""

    def __init__(self, connection: Statements, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Answer:
        """Run a statement."""
        return self._connection.execute(beside_of(sql, self._schema), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        """Run a statement for each of these rows of values."""
        return self._connection.executemany(beside_of(sql, self._schema), parameters)


@cache
def shapes_of(schema: str) -> tuple[Shape, ...]:
    """The shapes of these tables as SQLite keeps them, each table before its indexes."""
    with closing(sqlite3.connect(":memory:")) as blank:
        blank.executescript(schema)
        shapes = [Shape._make(row) for row in blank.execute(MASTER)]
    return tuple(sorted(shapes, key=lambda shape: (shape.table, shape.type != "table")))


def tables_of(schema: str) -> tuple[str, ...]:
    """The names of the tables of a schema."""
    return tuple(shape.name for shape in shapes_of(schema) if shape.type == "table")


def beside(table: str) -> str:
    """The name of the table that is made beside this one."""
    return table.replace("demandflow_", "demandflow_new_", 1)


@lru_cache(1000)
def beside_of(sql: str, schema: str) -> str:
    """The same statement, or the same schema, for the tables made beside those of the schema."""
    names = "|".join(tables_of(schema))
    return re.sub(rf"\b(?:{names})\b", lambda match: beside(match[0]), sql)


def index_names(connection: Statements, table: str) -> dict[str, str]:
    """The indexes of a table by their names in the schema; one that was made beside another has a number as well."""
    if plans(connection):
        return {}
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (table,))
    return {re.sub(r"_\d+$", "", name): name for (name,) in rows}


def columns_of(connection: Statements, table: str) -> set[str]:
    """The columns of a table; none if there is no such table."""
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}
