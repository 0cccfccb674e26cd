"""The rows of the log demand by demand: those of the next ones, of several, and those that are of none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

Rows = Callable[[str, Sequence[Any]], list[Any]]
"""All rows of a query with its values."""
FEW = 400
"""So many demands are asked for in one query."""
COLUMNS = "rowid, originator_id, originator_version, topic, state"
# without the plus SQLite would go by position and sort
NEXT = f"""SELECT {COLUMNS} FROM stored_events WHERE originator_id > ? AND +rowid <= ?
    ORDER BY originator_id, originator_version LIMIT ?"""  # noqa: S608
OF_NONE = f"""SELECT {COLUMNS} FROM stored_events
    WHERE (originator_id IS NULL OR originator_id = '') AND +rowid <= ?"""  # noqa: S608
OF_SEVERAL = """WITH wanted (demand, upto) AS (VALUES {})
    SELECT originator_id, originator_version, topic, state FROM wanted JOIN stored_events
    ON originator_id = demand AND originator_version BETWEEN 1 AND upto ORDER BY originator_id, originator_version"""


def next_rows(rows: Rows, after: str, limit: int, upto: int) -> list[Any]:
    """The rows up to a position of the demands next after one, about so many: of each demand all.

    They come by demand, and those of a demand in the order of their recording.
    """
    while True:
        found = rows(NEXT, (after, upto, limit))
        if len(found) == limit:
            last, end = found[-1][1], limit
            while end and found[end - 1][1] == last:
                end -= 1  # of the last one there may be more
            del found[end:]
            if not found:
                limit *= 2
                continue
        if any(row[0] < before[0] and row[1] == before[1] for before, row in pairwise(found)):
            found = [row for _, group in groupby(found, itemgetter(1)) for row in sorted(group)]
        return found


def first_rows(rows: Rows, upto: Mapping[str, int]) -> Iterator[tuple[str, list[Any]]]:
    """The rows of several demands, each up to a version; only of those of which all are there."""
    wanted = list(upto.items())
    for begin in range(0, len(wanted), FEW):
        few = wanted[begin : begin + FEW]
        query = OF_SEVERAL.format(", ".join(["(?, ?)"] * len(few)))
        found = rows(query, [value for pair in few for value in pair])
        for demand, group in groupby(found, itemgetter(0)):
            if len(whole := list(group)) == upto[demand]:
                yield demand, whole
