"""The board as a table for spreadsheets: a column for each field of its rows, and one for each own field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from demandflow.projections.sheets import csv_of

OWN_JSON = "own_json"
OWN = "own "
"""Before the name of an own field that is that of a field of ours as well."""


class _Row(Protocol):
    @property
    def own(self) -> Any: ...


def board_as_csv(names: Sequence[str], rows: Sequence[_Row]) -> str:
    """These fields of the rows, and their own fields by name, as CSV. Moments are in UTC, in ISO format."""
    ours = [name for name in names if name != OWN_JSON]
    own = [row.own for row in rows]
    others = sorted({name for values in own for name in values})
    head = (*ours, *(f"{OWN}{name}" if name in ours else name for name in others))
    return csv_of(
        head,
        (
            [*(_cell(getattr(row, name)) for name in ours), *(_cell(values.get(name)) for name in others)]
            for row, values in zip(rows, own, strict=True)
        ),
    )


def _cell(value: Any) -> object:
    """A text or a number as it is; nothing as nothing; yes, no and several values as JSON has them."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | list | dict | tuple):
        return json.dumps(value, ensure_ascii=False) if value not in ((), [], {}) else ""
    return value if isinstance(value, int | float) else "" if value is None else str(value)
