"""Rows of the board: what each shows of a demand, which are asked for, and in which order they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from unicodedata import normalize

from pydantic import TypeAdapter

from demandflow.domain.demand import Demand
from demandflow.testing.model.demands import next_due_of
from demandflow.testing.model.own import texts_in
from demandflow.testing.model.world import World

Row = dict[str, Any]
GOING_ON = ("running", "paused")
JSON: TypeAdapter[Any] = TypeAdapter(Any)


def row_of(demand: Demand) -> Row:
    """The demand as the board shows it."""
    due, clock = next_due_of(demand)
    same = ("version", "workflow", "state", "stage", "ended_as", "round", "received", "since", "last", "category")
    more = ("urgency", "contractor", "co_handlers", "lead", "resident", "review", "ended", "resolved", "grade")
    return {
        "demand": demand.id,
        **{name: getattr(demand, name) for name in (*same, *more, "escalated", "text")},
        "due": due,
        "clock": clock,
        "place": demand.place or "",
        "channel": demand.channel or "",
        "supporters": len(demand.supporters),
        "undated": tuple(one.clock for one in demand.clocks if one.status in GOING_ON and one.due is None),
        "own": {name: as_json(value) for name, value in demand._attributes.items()},
    }


def as_json(value: Any) -> Any:
    """A field as JSON has it."""
    if isinstance(value, set | frozenset):
        return sorted(map(as_json, value), key=JSON.dump_json)
    return JSON.dump_python(value, mode="json", exclude_none=True, fallback=str)


def line_of(row: Row) -> str:
    """The row as it is printed."""
    about = " · ".join(row[name] for name in ("place", "channel", "category", "resident") if row[name])
    line = f"{row['received']:%Y-%m-%d %H:%M} UTC {about}: {row['state']}"
    if row["contractor"] or row["lead"]:
        line += f", with {row['contractor']}" if row["contractor"] else f", last with {row['lead']}"
    if row["due"]:
        line += f", due {row['due']:%Y-%m-%d %H:%M} UTC" + (f" ({row['clock']})" if row["clock"] else "")
    if row["undated"]:
        line += f", no date known for {', '.join(row['undated'])}"
    line += f", supported by {row['supporters']}" if row["supporters"] else ""
    text = row["text"] if len(row["text"]) <= 60 else f"{row['text'][:59]}…"
    return f"{line}: {' '.join(text.split())} [{row['demand']}]"


SHEET = (
    *("demand", "version", "workflow", "state", "stage", "ended_as", "round", "received", "since", "last", "due"),
    *("clock", "place", "channel", "category", "urgency", "contractor", "co_handlers", "lead", "resident", "review"),
    *("ended", "resolved", "grade", "escalated", "supporters", "undated", "text"),
)


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as a sheet: every cell is a text that no spreadsheet reckons with."""
    own = sorted({name for row in rows for name in row["own"]})
    head = [*SHEET, *(f"own {name}" if name in SHEET else name for name in own)]
    lines = [[*(row[name] for name in SHEET), *(row["own"].get(name) for name in own)] for row in rows]
    return "".join(",".join(map(_cell, line)) + "\n" for line in (head, *lines))


def _cell(value: Any) -> str:
    if value is None or value in ((), [], {}):
        return ""
    if isinstance(value, str):
        text = f"'{value}" if value[:1] and value[0] in "=+-@\t\r" else str(value)
    elif isinstance(value, bool | tuple | list | dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
    return '"' + text.replace('"', '""') + '"' if {*',"\n\r'} & {*text} else text


def matches(world: World, row: Row, where: dict[str, Any]) -> bool:
    """Whether it is one of those that are asked for."""
    return all(fits(world, row, name, wanted) for name, wanted in where.items() if wanted is not None)


def fits(world: World, row: Row, name: str, wanted: Any) -> bool:
    """Whether the row has what is wanted under this name: an empty word is wanted of those that have none."""
    if name == "open":
        return (row["ended_as"] is None) is wanted
    if name in ("escalated", "undated"):
        return bool(row[name]) is wanted
    if name == "received":
        return in_period(world.day(row["received"]), wanted)
    if name == "closed":
        return row["ended_as"] == "closed" and in_period(world.day(row["ended"]), wanted)
    if name == "text":
        said = (row["text"], *texts_in(row["own"]))
        return any(as_recorded(wanted).casefold() in normalize("NFC", text).casefold() for text in said)
    if name == "own":
        return all(says(row["own"].get(field), value) for field, value in wanted.items())
    word, has = as_recorded(wanted), row[name] or ""
    if word and name in ("place", "category"):
        return f"{has}/".startswith(f"{word}/")
    if word and name == "contractor":
        return word == has or word in row["co_handlers"]
    return bool(word == has)


def says(has: Any, wanted: Any) -> bool:
    """Whether a field says what is wanted: yes and no are no numbers, and a text may be written in another way."""
    if isinstance(has, str) and isinstance(wanted, str):
        return has in (wanted, as_recorded(wanted))
    return isinstance(has, bool) == isinstance(wanted, bool) and bool(has == wanted)


def as_recorded(wanted: str) -> str:
    """A word as it would have been recorded."""
    return normalize("NFC", wanted.strip())


def in_period(day: date, written: Any) -> bool:
    """Whether the day lies in a period as people write it."""
    if isinstance(written, date):
        return day == written
    if not isinstance(written, str):
        return bool(written.first <= day <= written.last)
    first, _, last = written.partition("/")
    return first <= _named_like(first, day) and _named_like(last or first, day) <= (last or first)


def _named_like(other: str, day: date) -> str:
    """The day, month, quarter, year or week that this day is or lies in, whichever the other is."""
    if "W" in other:
        return "{:04}-W{:02}".format(*day.isocalendar())
    if "Q" in other:
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: len(other)]


def in_order(rows: list[Row], columns: Sequence[str], *, descending: bool = False) -> list[Row]:
    """In the order of these columns and then of receipt, all in one direction; those that have none come last."""
    for column in reversed([*columns, "received", "demand"]):
        having, missing = ([row for row in rows if (row[column] is None) is none] for none in (False, True))
        rows = [*sorted(having, key=lambda row: row[column], reverse=descending), *missing]
    return rows
