"""Forms of the service menu: the words of JSON Schema (draft 2020-12) that are checked, and what is wrong in a form.

A word that is not checked where it is written would promise what nobody keeps, so that it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from pydantic import BeforeValidator, ValidationInfo

from demandflow.domain.values import STORED
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.texts import LONGEST_TEXT

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FORMATS = ("date", "date-time", "email", "time", "uuid")
"""The formats of texts that are checked; a time and a moment have an offset from UTC."""
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
DEEPEST = 16
ANY, TEXTS, NUMBERS, LISTS, OBJECTS = TYPES, ("string",), ("integer", "number"), ("array",), ("object",)


class Word(NamedTuple):
    """A word of a form: the types of answers that it is about, and what it says (`must` be so)."""

    about: tuple[str, ...]
    must: str
    holds: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except (re.error, OverflowError, RecursionError):
        return False


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and _are_names(names) and set(names) <= set(TYPES)


def _is_anything(value: Any) -> bool:
    return True


WORDS: Mapping[str, Word] = {
    "$schema": Word(ANY, f"be {DRAFT}", lambda value: value == DRAFT),
    **{word: Word(ANY, "be a text", _is_text) for word in ("title", "description", "$comment")},
    "default": Word(ANY, "be a value", _is_anything),
    "examples": Word(ANY, "be a list", lambda value: isinstance(value, list)),
    "type": Word(ANY, f"be some of {listed(TYPES)}", _is_type),
    "const": Word(ANY, "be a value", _is_anything),
    "enum": Word(ANY, "be a list of one value or more", lambda value: isinstance(value, list) and bool(value)),
    "required": Word(OBJECTS, "be a list of names, each once", _are_names),
    **{word: Word(OBJECTS, "be a number from 0", _is_size) for word in ("minProperties", "maxProperties")},
    **{word: Word(LISTS, "be a number from 0", _is_size) for word in ("minItems", "maxItems")},
    "uniqueItems": Word(LISTS, "be true or false", lambda value: isinstance(value, bool)),
    **{word: Word(TEXTS, "be a number from 0", _is_size) for word in ("minLength", "maxLength")},
    "pattern": Word(TEXTS, "be a regular expression", _is_pattern),
    "format": Word(TEXTS, f"be one of {listed(FORMATS)}", lambda value: value in FORMATS),
    **{
        word: Word(NUMBERS, "be a number", _is_number)
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    },
    "multipleOf": Word(NUMBERS, "be a number above 0", lambda value: _is_number(value) and value > 0),
}
"""The words that hold no other form."""
WITH_FORM: Mapping[str, tuple[str, ...]] = {
    "items": LISTS,
    "additionalProperties": OBJECTS,
    **dict.fromkeys(("not", "if", "then", "else"), ANY),
}
WITH_FORMS = ("allOf", "anyOf", "oneOf")
CHECKED = tuple(sorted((*WORDS, *WITH_FORM, *WITH_FORMS, "properties")))
"""All words that a form may use."""


def form_text(value: object) -> str:
    """A form as the text that is kept: JSON on one line, in the order in which it was written, of a mapping.

    Raises InvalidValue.
    """
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
        form = json.loads(text, parse_constant=_no_number)
        kept = json.dumps(form, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        kept.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidValue("form", f"cannot be written as JSON: {brief(str(error))}") from None
    if not isinstance(form, dict):
        raise InvalidValue("form", f"must be a mapping, such as {{'type': 'object'}}, got {brief(form)}")
    if _depth(form) > DEEPEST:
        raise InvalidValue("form", f"more than {DEEPEST} values are in one another")
    if len(kept) > LONGEST_TEXT:
        raise InvalidValue("form", f"has {len(kept):,} characters (possible: up to {LONGEST_TEXT:,})")
    return kept


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def _form_unless_stored(value: Any, info: ValidationInfo) -> Any:
    return value if value is None or info.context is STORED else form_text(value)


AS_FORM = BeforeValidator(_form_unless_stored)
"""What comes in as a mapping or as JSON is kept as JSON; what is stored was checked when it was recorded."""


def wrong_in_form(form: str) -> tuple[str, ...]:
    """What is wrong in a form, each a sentence that says where; a form asks for an object, whose fields it names."""
    read = json.loads(form)
    if read.get("type") != "object":
        return ("the form must be of type object, so that its answers have names", *_wrong(read, ""))
    return tuple(_wrong(read, ""))


def _wrong(form: Any, where: str) -> Iterator[str]:
    if isinstance(form, bool) and where:
        return
    if not isinstance(form, dict):
        yield f"{where or 'the form'} must be a form, got {brief(form)}"
        return
    said = form.get("type", list(TYPES))
    types = (said if isinstance(said, list) else [said]) if _is_type(said) else list(TYPES)
    for word, value in form.items():
        at = f"{where}.{word}" if where else word
        about = _about(word)
        if about is None:
            yield f"{at} is not checked (possible: {listed(CHECKED)})"
        elif not set(about).intersection(map(str, types)):
            yield f"{at} is not checked of what is of type {listed(types)}"
        elif word in ("then", "else") and "if" not in form:
            yield f"{at} is not checked without if"
        elif word in WORDS:
            if not WORDS[word].holds(value):
                yield f"{at} must {WORDS[word].must}, got {brief(value)}"
        elif word in WITH_FORM:
            yield from _wrong(value, at)
        elif word == "properties" and isinstance(value, dict):
            for name, part in value.items():
                yield from _wrong(part, f"{at}.{name}")
        elif word in WITH_FORMS and isinstance(value, list) and value:
            for number, part in enumerate(value):
                yield from _wrong(part, f"{at}.{number}")
        else:
            yield f"{at} must hold forms, got {brief(value)}"


def _about(word: str) -> tuple[str, ...] | None:
    """The types of answers that the word is about; None if it is no word that is checked."""
    if word in WORDS:
        return WORDS[word].about
    if word == "properties":
        return OBJECTS
    return ANY if word in WITH_FORMS else WITH_FORM.get(word)
