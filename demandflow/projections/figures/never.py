"""Whether what is asked for ever was there: a place that no demand was ever at is most likely misspelt."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from demandflow.errors import brief, listed
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.order import Order
from demandflow.projections.board.pages import rows_of
from demandflow.projections.figures.question import Question

SLICED = ("place", "category", "channel", "lead")
WORDS_OF = {**dict.fromkeys(SLICED, "demandflow_slices"), "urgency": "demandflow_board"}
"""The tables that hold all words of these columns."""


def never_there(connection: sqlite3.Connection, asked: Mapping[str, str | None]) -> str:
    """Says of which words no demand ever was, with those that are spelt alike; empty if there is nothing to say."""
    said: list[str] = []
    for name, value in asked.items():
        if value and not _ever(connection, name, value):
            column = "lead" if name == "contractor" else name
            alike = _alike(connection, column, value) if column in WORDS_OF else []
            had = "has" if name == "urgency" else "ever had"  # another may have been set since
            said.append(f"no demand {had} the {name} {brief(value)}{f' (there is {listed(alike)})' if alike else ''}")
    return "; ".join(said)


def _ever(connection: sqlite3.Connection, name: str, value: str) -> bool:
    if name in SLICED:
        condition, values = Question.of({name: value}).slices()
        found = connection.execute(f"SELECT EXISTS (SELECT 1 FROM demandflow_slices WHERE {condition})", values)  # noqa: S608
        return bool(found.fetchone()[0])
    chosen = replace(Filter(), **{name: value})  # type: ignore[arg-type]
    there = bool(rows_of(connection, ("received", "demand"), chosen, Order(("received",), False), 1, None))
    return there or (name == "contractor" and _ever(connection, "lead", value))


def _alike(connection: sqlite3.Connection, column: str, value: str) -> list[str]:
    rows = connection.execute(f"SELECT DISTINCT {column} FROM {WORDS_OF[column]}")  # noqa: S608
    words = [word for (word,) in rows if word]
    parts = {"/".join(word.split("/")[: n + 1]) for word in words for n in range(word.count("/") + 1)}
    return get_close_matches(value, sorted(parts | set(words)), n=3)
