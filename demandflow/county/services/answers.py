"""Answers to the form of a menu item, checked by the jsonschema library (extra `menu`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from demandflow.errors import InvalidValue

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MOST = 20
"""So many problems are named at most."""


def check_answers(form: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Raise InvalidValue for answers that are not what the form asks, with all that is wrong."""
    try:
        plain = json.loads(json.dumps(answers, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue("answers", f"must be plain values, as JSON has them ({error})") from None
    errors = sorted(_checker(json.dumps(form)).iter_errors(plain), key=lambda error: [*map(str, error.absolute_path)])
    if errors:
        more = [f"and {len(errors) - MOST} more"] if len(errors) > MOST else []
        raise InvalidValue("answers", "; ".join([*map(_said, errors[:MOST]), *more]))


def _said(error: ValidationError) -> str:
    where = ".".join(map(str, error.absolute_path))
    return f"{where}: {error.message}" if where else str(error.message)


@lru_cache(maxsize=256)
def _checker(form: str) -> Draft202012Validator:
    """What checks answers to this form. Raises ModuleNotFoundError that says what to install."""
    try:
        from jsonschema import Draft202012Validator, FormatChecker
    except ModuleNotFoundError as missing:
        problem = "ordering from the menu needs jsonschema: pip install 'demandflow[menu]'"
        raise ModuleNotFoundError(problem, name=missing.name) from None
    formats = FormatChecker(formats=())
    for name, check in FORMATS.items():
        formats.checks(name, raises=ValueError)(_of_texts(check))
    return Draft202012Validator(json.loads(form), format_checker=formats)


def _of_texts(check: Callable[[str], object]) -> Callable[[object], bool]:
    """A format is about texts: whatever else there is has any format."""
    return lambda value: not isinstance(value, str) or check(value) is not None


def _written(pattern: str, read: Callable[[str], object]) -> Callable[[str], object]:
    """Reads a text that is written so; None if it is written otherwise."""
    return lambda text: read(text) if re.fullmatch(pattern, text, re.ASCII) else None


def _with_offset(text: str) -> object:
    return datetime.fromisoformat(text).utcoffset()


DAY, TIME, OFFSET = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(\.\d{1,6})?", r"([Zz]|[+-]\d\d:\d\d)"
FORMATS: Mapping[str, Callable[[str], object]] = {
    "date": _written(DAY, date.fromisoformat),
    "date-time": _written(f"{DAY}[Tt ]{TIME}{OFFSET}", _with_offset),
    "email": _written(r"[^@\s]+@[^@\s]+", str),
    "time": _written(TIME + OFFSET, time.fromisoformat),
    "uuid": _written(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", UUID),
}
"""How each format is read; what cannot be read so is none (see FORMATS in domain/county/forms.py)."""
