"""The rows of the log by demand: those of the next demands, of several demands, and of no demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

Rows = Callable[[str, Sequence[Any]], list[Any]]
"""All rows of a query with its values."""
FEW = 300
"""So many demands are read by one query."""
COLUMNS = "rowid, originator_id, originator_version, topic, state"
# without the plus SQLite would read by position and sort; bytes come after all texts, whatever they are
NEXT = f"""SELECT {COLUMNS} FROM stored_events WHERE originator_id > ? AND originator_id < x'' AND +rowid <= ?
    ORDER BY originator_id, originator_version LIMIT ?"""  # noqa: S608
OF_NONE = f"""SELECT {COLUMNS} FROM stored_events
    WHERE (originator_id IS NULL OR originator_id = '' OR originator_id >= x'') AND +rowid <= ?"""  # noqa: S608
OF_SEVERAL = """WITH wanted (demand, upto, below) AS (VALUES {})
    SELECT originator_id, originator_version, topic, state FROM wanted JOIN stored_events
    ON originator_id = demand AND originator_version BETWEEN 1 AND upto AND +stored_events.rowid < below
    ORDER BY originator_id, originator_version"""
NEWEST_OF_SEVERAL = """WITH wanted (demand) AS (VALUES {})
    SELECT demand, (SELECT COALESCE(MAX(originator_version), 0) FROM stored_events WHERE originator_id = demand)
    FROM wanted"""
COMES_LATER = """SELECT EXISTS (SELECT 1 FROM stored_events
    WHERE originator_id = ? AND originator_version BETWEEN 1 AND ? AND +rowid > ?)"""


def next_rows(rows: Rows, after: str, limit: int, upto: int) -> list[Any]:
    """All rows of the next demands up to a position, about so many.

    They come by demand, and those of a demand in the order of recording.
    """
    while True:
        page = rows(NEXT, (after, upto, limit))
        if len(page) == limit:
            last, end = page[-1][1], limit
            while end and page[end - 1][1] == last:
                end -= 1  # there may be more rows of the last demand
            del page[end:]
            if not page:
                limit *= 2
                continue
        if any(row[0] < before[0] and row[1] == before[1] for before, row in pairwise(page)):
            page = [row for _, group in groupby(page, itemgetter(1)) for row in sorted(group)]
        return page


def first_rows(rows: Rows, upto: Mapping[str, tuple[int, int]]) -> Iterator[tuple[str, list[Any]]]:
    """The rows of several demands, each up to a version; only of demands that have all of these."""
    wanted = list(upto.items())
    for begin in range(0, len(wanted), FEW):
        pairs = wanted[begin : begin + FEW]
        query = OF_SEVERAL.format(", ".join(["(?, ?, ?)"] * len(pairs)))
        values = [value for demand, ends in pairs for value in (demand, *ends)]
        for demand, group in groupby(rows(query, values), itemgetter(0)):
            history = list(group)
            if demand in upto and len(history) == upto[demand][0]:  # where an index is damaged, others may come
                yield demand, history


def newest_versions(rows: Rows, demands: Iterable[str]) -> dict[str, int]:
    """The newest version of each of these demands, 0 where there is none."""
    wanted, newest = list(dict.fromkeys(demands)), dict[str, int]()
    for begin in range(0, len(wanted), FEW):
        several = wanted[begin : begin + FEW]
        newest |= rows(NEWEST_OF_SEVERAL.format(", ".join(["(?)"] * len(several))), several)
    return newest
