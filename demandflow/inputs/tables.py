"""Tables of a file, as pydantic models, and what is wrong with them in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Strict, ValidationError
from pydantic.fields import FieldInfo

from demandflow.errors import brief, listed

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Strict(False)]
"""A list of a file."""
KINDS = {
    **{"string_type": "a text", "int_type": "a whole number", "bool_type": "true or false", "tuple_type": "a list"},
    **{"dict_type": "a table", "model_type": "a table"},
}
"""What must stand at a place, by the kind of pydantic's error."""
Place = tuple[Any, ...]
"""The keys and positions that lead to a value."""


class Table(BaseModel):
    """A table with these keys and no others, whose values are taken as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def perhaps(word: str, words: Iterable[str]) -> str:
    """What is possible, and what may have been meant."""
    words = list(words)
    nearest = get_close_matches(word, words, n=1)
    return f"(possible: {listed(words)})" + (f"; did you mean {nearest[0]!r}?" if nearest else "")


def mistakes_of(error: ValidationError, model: type[Table], document: object) -> tuple[str, ...]:
    """What is wrong with the document that should be such a table, a sentence each, with its place."""
    at: dict[Place, list[Any]] = {}
    for mistake in error.errors(include_url=False):
        at.setdefault(_place(mistake, document), []).append(mistake)
    meant = {
        (*place[:-1], *get_close_matches(str(place[-1]), _keys(_described(place[:-1], document, model)[1]), n=1))
        for place, mistakes in at.items()
        if mistakes[0]["type"] == "extra_forbidden"
    }
    sentences = []
    for place, mistakes in at.items():
        # of a text or a table, say, the mistakes within the table are told, not that it is no text
        content = [mistake for mistake in mistakes if mistake["type"] not in KINDS]
        deeper = any(other[: len(place)] == place for other in at if other != place)
        if content[:1] and not (content[0]["type"] == "missing" and place in meant):
            sentences.append(_sentence(content[0], place, document, model))
        elif not content and not deeper:
            kinds = " or ".join(dict.fromkeys(KINDS[mistake["type"]] for mistake in mistakes))
            kinds = kinds if place else f"a table with {', '.join(_keys(model))}"
            where = ": ".join(_described(place, document, model)[0])
            sentences.append(f"{where} must be {kinds}, got {brief(mistakes[0]['input'])}".lstrip())
    return tuple(sentences)


def _place(mistake: Any, document: Any) -> Place:
    """Where a mistake is; what pydantic says of the alternatives that it tried is left out."""
    place = []
    for key in mistake["loc"]:
        is_there = isinstance(key, int) if isinstance(document, list | tuple) else key in document
        if is_there:
            document = document[key]
            place.append(key)
        if not isinstance(document, Mapping | list | tuple):
            break
    return (*place, mistake["loc"][-1]) if mistake["type"] == "missing" else tuple(place)


def _sentence(mistake: Any, place: Place, document: Any, model: type[Table]) -> str:
    parts, table, field = _described(place[:-1], document, model)
    around = "".join(f"{part}: " for part in parts)
    match mistake["type"]:
        case "missing":
            return f"{around}needs {place[-1]!r}"
        case "extra_forbidden":
            return f"{around}unknown key {place[-1]!r} {perhaps(str(place[-1]), _keys(table))}"
    parts, _, field = _described(place, document, model)
    if mistake["type"] == "enum":
        words = re.findall("'([^']*)'", mistake["ctx"]["expected"])
        return f"{': '.join(parts)} {brief(mistake['input'])} is not known {perhaps(str(mistake['input']), words)}"
    around = around if field is not None else "".join(f"{part}: " for part in parts)
    return f"{around}{mistake.get('ctx', {}).get('error', mistake['msg'])}"


def _described(place: Place, document: Any, model: type[Table]) -> tuple[list[str], type[Table], FieldInfo | None]:
    """The place in words, the model of the table there, and the field if the place is one."""
    parts: list[str] = []
    field: FieldInfo | None = None
    for key in place:
        in_list, document = isinstance(document, list | tuple), document[key]
        among_names = field is not None and get_origin(field.annotation) is dict
        field = None if among_names or in_list else _keys(model).get(key)
        if field is not None:
            parts.append(key)
            model = next(_tables_in(field.annotation), model)
        elif in_list:
            name = document.get("name") if isinstance(document, Mapping) else None
            parts[-1] += f" {key + 1}" + (f" ({name!r})" if isinstance(name, str) else "")
        else:
            parts[-1:] = [" ".join([*parts[-1:], repr(key)])]
    return parts, model, field


def _keys(model: type[Table]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _tables_in(annotation: Any) -> Iterator[type[Table]]:
    """The tables that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)
