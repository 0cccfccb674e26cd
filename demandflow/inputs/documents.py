"""Documents: plain values as TOML or JSON, in files and texts."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from demandflow.errors import InvalidValue, brief

WIDTH = 120
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def form_of(path: str | PathLike[str]) -> str:
    """The form of a file, by the end of its name: toml or json. Raises InvalidValue."""
    form = Path(path).suffix.lower().removeprefix(".")
    if form not in PARSE:
        raise InvalidValue(str(path) if str(path).strip() else repr(str(path)), "is neither .toml nor .json")
    return form


def read_document(path: str | PathLike[str]) -> Any:
    """What a .toml or .json file says. Raises InvalidValue, with the line."""
    form = form_of(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidValue(str(path), f"is not written in UTF-8 (at line {line})") from None
    except (OSError, ValueError) as error:
        raise InvalidValue(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return parsed(text, form, str(path))


def parsed(text: str, form: str, what: str) -> Any:
    """What a text in this form ("toml" or "json") says. Raises InvalidValue, with the line."""
    try:
        return PARSE[form](text)
    except RecursionError:
        raise InvalidValue(what, "is nested too deeply") from None
    except _Doubled as error:
        raise InvalidValue(what, f"says the key {error.args[0]!r} twice in one table") from None
    except UnicodeEncodeError as error:
        raise InvalidValue(what, f"has half of a character ({error.object[error.start]!a}); take it out") from None
    except ValueError as error:
        raise InvalidValue(what, f"is no {form.upper()}: {error}") from None


class _Doubled(ValueError):
    """A JSON object has a key twice; the parser would keep the last and say nothing."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise _Doubled(key)
        table[key] = value
    return table


def _json(text: str) -> Any:
    document = json.loads(text, object_pairs_hook=_without_doubles)
    json.dumps(document, ensure_ascii=False).encode()  # halves of characters, which JSON lets through
    return document


PARSE: dict[str, Callable[[str], Any]] = {"toml": tomllib.loads, "json": _json}


def as_json(document: dict[str, Any]) -> str:
    """The document as JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_toml(document: dict[str, Any]) -> str:
    """The document as TOML: plain values first, then each list of tables, then tables of tables."""
    return "\n".join(_table("", document)).lstrip("\n") + "\n"


def _table(path: str, table: dict[str, Any]) -> Iterator[str]:
    """A table with its values; what is a list of tables, or a table that has a heading, comes after the plain ones."""
    headed = {key: value for key, value in table.items() if _is_tables(value) or _has_headings(value, path)}
    yield from (_line(key, value) for key, value in table.items() if key not in headed)
    for key, value in headed.items():
        heading = f"{path}{_key(key)}"
        if isinstance(value, list):
            for item in value:
                yield from ("", f"[[{heading}]]", *(_line(*pair) for pair in item.items()))
        else:
            yield from ("", f"[{heading}]") if path else ()
            yield from _table(f"{heading}.", value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _has_headings(value: Any, path: str) -> bool:
    """Whether a table is written under a heading: one of tables, and all in it."""
    return isinstance(value, dict) and (bool(path) or _is_tables(list(value.values())))


def _line(key: str, value: Any) -> str:
    line = f"{_key(key)} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        return line
    return "\n".join([f"{_key(key)} = [", *(f"  {_value(item)}," for item in value), "]"])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{"".join(map(_letter, value))}"'
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
            return f"{{{inside}}}"
        case _:
            raise InvalidValue("TOML", f"{brief(value)} is not written")


def _letter(letter: str) -> str:
    if letter in ESCAPES or letter.isprintable() or "\ud800" <= letter <= "\udfff":
        return ESCAPES.get(letter, letter)
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
