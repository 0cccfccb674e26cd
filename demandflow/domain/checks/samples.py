"""Samples of facts: plain ones where any fact will do, and all that differ in what a condition may look at."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import combinations, islice, product
from math import prod
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from demandflow.domain.fact import Fact
from demandflow.domain.values import Channel, Grade, Word
from demandflow.errors import InvalidValue, listed

F = TypeVar("F", bound=Fact)
Grades: TypeAlias = tuple[Grade, ...]

MOST = 64
NOBODY = UUID(int=0)
THEN = datetime(2025, 3, 1, 8, tzinfo=UTC)
WHO = "resident"
"""The resident of those samples that have one."""


def plain(kind: type[F], grades: Grades = Grade.USUAL, /, **fields: Any) -> F:
    """A fact of this class with plain values wherever one is needed and none is given. Raises InvalidValue."""
    needed = [name for name, info in kind.model_fields.items() if info.is_required() and name not in fields]
    samples = {name: choices_of(kind, grades=grades)[name] for name in needed}
    if unknown := [name for name, choices in samples.items() if not choices]:
        raise InvalidValue(kind.__name__, f"no sample is known for {listed(unknown)}; give it yourself")
    return kind(**{name: choices[0] for name, choices in samples.items()}, **fields)


def variants(kind: type[F], grades: Grades = Grade.USUAL) -> Iterator[F]:
    """Facts of this class that differ in all that a condition may look at: yes or no, a choice, a number, a resident.

    All there are, or, of very many, all that differ from the first in one field or in two. Texts and moments are the
    same in all of them. Raises InvalidValue where no sample of a needed field is known.
    """
    choices = choices_of(kind, grades=grades)
    needed = {name for name, info in kind.model_fields.items() if info.is_required()}
    if unknown := [name for name in needed if not choices[name]]:
        raise InvalidValue(kind.__name__, f"no sample is known for {listed(sorted(unknown))}; give facts yourself")
    names = [name for name, values in choices.items() if len(values) > 1 or name in needed]
    for values in _mixed([choices[name] for name in names]):
        try:
            yield kind(**dict(zip(names, values, strict=True)))
        except InvalidValue:
            continue


def _mixed(choices: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Every combination; if there are very many, those that differ from the first in at most two places."""
    if prod(map(len, choices)) <= MOST:
        yield from product(*choices)
        return
    first = tuple(values[0] for values in choices)
    yield first
    for one, other in combinations(range(len(choices)), 2):
        for pair in product(choices[one], choices[other]):
            if pair != (first[one], first[other]):
                yield *first[:one], pair[0], *first[one + 1 : other], pair[1], *first[other + 1 :]


@cache
def choices_of(
    kind: type[Fact], *, everything: bool = False, grades: Grades = Grade.USUAL
) -> dict[str, tuple[Any, ...]]:
    """Values of each field that differ in what a condition may look at; other optional ones are None.

    With `everything` there are samples of those too.
    """
    fields = kind.model_fields.items()
    return {name: tuple(_choices_of(kind, name, info, everything, grades)) for name, info in fields}


def accepted(kind: type[Fact], name: str, values: Sequence[Any]) -> list[Any]:
    """Those of the values that the field accepts as they are."""
    info = kind.model_fields[name]
    field: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    try:
        accepts = _adapter(field)
    except TypeError:  # a limit that somebody wrote may not be hashable
        accepts = TypeAdapter(field)
    return [value for value in values if _is_accepted(accepts, value)]


@cache
def _adapter(field: Any) -> TypeAdapter[Any]:
    """What accepts values of such a field; kept, because making it is slow."""
    return TypeAdapter(field)


def _choices_of(kind: type[Fact], name: str, info: FieldInfo, everything: bool, grades: Grades) -> list[Any]:
    residents = accepted(kind, name, [WHO, None]) if name == "resident" else []
    choices = residents or list(_choices(info.annotation, grades))
    matters = bool(residents) or any(
        isinstance(value, bool | int | float | Enum) or _is_a_choice(type(value)) for value in choices
    )
    if not (info.is_required() or matters or everything) and None in choices:
        choices = [None]
    choices += [value for value in _at_the_bounds(info) if value not in choices]
    return accepted(kind, name, choices)


def _at_the_bounds(info: FieldInfo) -> Iterator[Any]:
    """Values at the limits that a field declares, and next to them; texts of the length that it asks for."""
    for limit in info.metadata:
        for name in ("ge", "gt", "le", "lt", "multiple_of"):
            if (number := getattr(limit, name, None)) is not None and isinstance(number, int | float | Decimal):
                yield from (number, number + 1, number - 1)
        if (length := getattr(limit, "min_length", None)) is not None:
            yield "sample".ljust(length, "e")


def _is_accepted(accepts: TypeAdapter[Any], value: Any) -> bool:
    try:
        accepts.validate_python(value, strict=None)
    except ValidationError:
        return False
    return True


def _choices(kind: Any, grades: Grades) -> Iterator[Any]:
    """Samples of a type, those that a condition may tell apart."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _choices(get_args(kind)[0], grades)
    elif origin in (Union, types.UnionType):
        for part in get_args(kind):
            yield from [None] if part is type(None) else _choices(part, grades)
    elif origin is Literal:
        yield from get_args(kind)
    elif kind is bool:
        yield from (True, False)
    elif kind in (int, float, Decimal):
        yield from (kind(number) for number in (1, 0, 10, 1_000_000, -1))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield from kind
    elif _is_a_choice(kind):
        yield from grades if kind is Grade else kind.USUAL
    elif isinstance(kind, type) and issubclass(kind, Word):
        yield kind("sample")
    elif kind in SAMPLES:
        yield SAMPLES[kind]
    elif (container := origin or kind) in (tuple, list, frozenset, set, dict):
        yield container()
        if container is not dict and (inner := get_args(kind)):
            yield from (container([item]) for item in islice(_choices(inner[0], grades), 1))
    elif isinstance(kind, type) and issubclass(kind, Fact):
        yield plain(kind)


def _is_a_choice(kind: Any) -> bool:
    """Whether it has words that a condition may tell apart; a channel only says where a demand came from."""
    return isinstance(kind, type) and issubclass(kind, Word) and bool(kind.USUAL) and not issubclass(kind, Channel)


SAMPLES: dict[Any, Any] = {
    **{str: "sample", bytes: b"sample", UUID: NOBODY},
    **{datetime: THEN, date: THEN.date(), timedelta: timedelta(days=1)},
}
