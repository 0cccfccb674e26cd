"""Plain values of a file, each read with its place, so that what is wrong with it can be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from demandflow.errors import InvalidValue, brief
from demandflow.workflow_files.vocabulary import Vocabulary, perhaps


@dataclass(frozen=True)
class Value:
    """Where a value stands, the mistakes found so far, and what names mean."""

    place: str
    key: str
    mistakes: list[str]
    vocabulary: Vocabulary

    def must_be(self, what: str, said: object) -> None:
        """Tell that the value is something else."""
        self.mistake(f"{self.key} must be {what}, got {brief(said)}")

    def mistake(self, says: str) -> None:
        """Tell what is wrong with the value."""
        self.mistakes.append(f"{self.place}{says}")


Read = Callable[[Any, Value], Any]
Keys = Mapping[str, tuple[Read, bool]]
"""The keys of a table, in the order in which they are written: how each is read, and whether it is needed."""


def table(said: Any, place: str, keys: Keys, mistakes: list[str], vocabulary: Vocabulary) -> dict[str, Any]:
    """The values that a table gives to these keys; what is wrong with it joins the mistakes."""
    if not isinstance(said, dict):
        mistakes.append(f"{place}must be a table, got {brief(said)}")
        return {}
    unknown = [key for key in said if key not in keys]
    mistakes += [f"{place}unknown key {key!r} {perhaps(key, keys)}" for key in unknown]
    meant = {nearest for key in unknown for nearest in get_close_matches(key, keys, n=1)}
    values = {}
    for key, (read, needed) in keys.items():
        if key in said:
            values[key] = read(said[key], Value(place, key, mistakes, vocabulary))
        elif needed and key not in meant:
            mistakes.append(f"{place}needs {key!r}")
    return values


def text(said: Any, value: Value) -> Any:
    """A text."""
    if not isinstance(said, str):
        return value.must_be("a text", said)
    if any("\ud800" <= sign <= "\udfff" for sign in said):
        return value.must_be("a text that can be written down", said)
    return said


def number(said: Any, value: Value) -> Any:
    """A whole number."""
    return said if type(said) is int else value.must_be("a whole number", said)


def flag(said: Any, value: Value) -> Any:
    """True or false."""
    return said if isinstance(said, bool) else value.must_be("true or false", said)


def words(said: Any, value: Value) -> Any:
    """A text, or several as a tuple."""
    if isinstance(said, list):
        return tuple(text(one, value) for one in said)
    return text(said, value) if isinstance(said, str) else value.must_be("a text or a list of texts", said)


def tables(said: Any, value: Value) -> Any:
    """A list, whose items are read later."""
    if isinstance(said, list):
        return said
    value.must_be("a list of tables", said)
    return ()


def known(find: Callable[[Any], Any], said: Any, value: Value) -> Any:
    """What is found or made from what is said; an objection is a mistake."""
    try:
        return find(said)
    except InvalidValue as error:
        return value.mistake(str(error))
