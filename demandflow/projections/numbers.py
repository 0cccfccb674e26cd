"""What lines of the ledger have in common is kept once, under a number."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from demandflow.store.sqlite.tables import Statements

K = TypeVar("K", bound=Hashable)
VALUES = 500
"""So many values are asked for in one query."""


def numbers(
    connection: Statements, table: str, columns: Sequence[str], rows: Mapping[K, tuple[str, ...]]
) -> dict[K, int]:
    """Under which numbers a table of ours keeps these rows, empty ones under 0; what is not there is added."""
    wanted = list({row for row in rows.values() if row})
    names, marks = ", ".join(columns), f"({', '.join('?' * len(columns))})"
    put = f"INSERT INTO demandflow_{table} ({names}) VALUES {marks} ON CONFLICT DO NOTHING"  # noqa: S608
    connection.executemany(put, wanted)
    few = VALUES // len(columns)
    number_of: dict[tuple[str, ...], int] = {(): 0}
    # as many in each query, so that it is made ready once
    query = f"SELECT id, {names} FROM demandflow_{table} WHERE ({names}) IN (VALUES {', '.join([marks] * few)})"  # noqa: S608
    for begin in range(0, len(wanted), few):
        some = wanted[begin : begin + few]
        asked = [*some, *some[-1:] * (few - len(some))]
        found = connection.execute(query, [value for row in asked for value in row])
        number_of |= {tuple(row): number for number, *row in found}
    return {key: number_of[row] for key, row in rows.items()}
