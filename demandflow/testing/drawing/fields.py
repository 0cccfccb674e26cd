"""What a field can hold: a strategy for every type that a fact may use, within the limits that the field declares."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from demandflow.domain.values import Category, Place, Word
from demandflow.errors import InvalidValue
from demandflow.inputs.moments import EARLIEST, LATEST
from demandflow.inputs.own_values import OwnValue
from demandflow.testing.drawing.words import categories, moments, places, texts, words

M = TypeVar("M", bound=BaseModel)

FEW = 3
LIMITS = ("min_length", "max_length", "pattern", "gt", "ge", "lt", "le", "multiple_of", "decimal_places")
BOTH_OR_NEITHER = ("source", "reference")
"""Fields of which a fact says both or neither."""


def models(kind: type[M]) -> SearchStrategy[M]:
    """Any valid value of a pydantic class, optional fields mostly left out when it is made smaller."""
    fields = kind.model_fields
    needed = {name: _field(info) for name, info in fields.items() if info.is_required()}
    others = {name: _field(info) for name, info in fields.items() if not info.is_required()}

    @st.composite
    def made(draw: st.DrawFn) -> M:
        values = draw(st.fixed_dictionaries(needed, optional=others))
        if any(values.get(name) is None for name in BOTH_OR_NEITHER):
            values = {name: value for name, value in values.items() if name not in BOTH_OR_NEITHER or name in needed}
        try:
            return kind(**values)
        except (InvalidValue, ValidationError):
            reject()

    return made()


def _field(info: FieldInfo) -> SearchStrategy[Any]:
    """What the field accepts; its type's own validators have the last word."""
    kind: Any = info.annotation
    if info.metadata:
        kind = Annotated[(kind, *info.metadata)]
    try:
        accepts: TypeAdapter[Any] = TypeAdapter(kind)
    except PydanticSchemaGenerationError:  # a class that pydantic takes as it is
        return values_of(kind)

    def is_accepted(value: object) -> bool:
        try:
            accepts.validate_python(value)
        except ValidationError:
            return False
        return True

    return values_of(kind).filter(is_accepted)


def values_of(kind: Any, metadata: Sequence[Any] = ()) -> SearchStrategy[Any]:
    """Values of a type, annotated or not; what is not known here is left to Hypothesis."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values_of(inner[0], inner[1:])
    said = {name: getattr(one, name, None) for one in metadata for name in LIMITS if hasattr(one, name)}
    limits = {name: value for name, value in said.items() if value is not None}
    if origin in (Union, types.UnionType):
        # None first: what is made smaller says nothing
        parts = sorted(inner, key=lambda one: one is not type(None))
        return st.one_of(list(map(values_of, parts)))
    if (origin or kind) in COLLECTIONS:
        return _collections(origin or kind, inner, limits)
    for base, make in SIMPLE:
        if isinstance(kind, type) and issubclass(kind, base):
            return make(kind, limits)
    return st.from_type(kind)


def _texts(kind: type, limits: Mapping[str, Any]) -> SearchStrategy[Any]:
    if pattern := limits.get("pattern"):
        return st.from_regex(pattern)
    return texts(max_size=limits.get("max_length"), min_size=limits.get("min_length", 1))


def _own_values() -> SearchStrategy[OwnValue]:
    return st.builds(OwnValue, texts(), st.integers() | st.booleans() | texts())


def _whole(kind: type, limits: Mapping[str, Any]) -> SearchStrategy[int]:
    least, most = limits.get("ge"), limits.get("le")
    least = limits["gt"] + 1 if least is None and "gt" in limits else least
    most = limits["lt"] - 1 if most is None and "lt" in limits else most
    step = limits.get("multiple_of", 1)
    lowest = None if least is None else -(-least // step)
    return st.integers(lowest, None if most is None else most // step).map(lambda number: number * step)


def _fractions(kind: type, limits: Mapping[str, Any]) -> SearchStrategy[float]:
    least, most = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    # a stored fact has no word for what is not a number
    return st.floats(least, most, allow_nan=False, allow_infinity=False)


def _decimals(kind: type, limits: Mapping[str, Any]) -> SearchStrategy[Decimal]:
    least, most = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    places = limits.get("decimal_places")
    return st.decimals(least, most, allow_nan=False, allow_infinity=False, places=places)


def _collections(kind: type, inner: Sequence[Any], limits: Mapping[str, Any]) -> SearchStrategy[Any]:
    least = limits.get("min_length", 0)
    most = limits.get("max_length", least + FEW)
    if kind is dict:
        keys, values = inner or (str, str)
        return st.dictionaries(values_of(keys), values_of(values), min_size=least, max_size=most)
    if kind is tuple and inner and inner[-1] is not ...:
        return st.tuples(*map(values_of, inner))
    return st.lists(values_of(inner[0] if inner else str), min_size=least, max_size=most).map(kind)


def _written(kind: type, limits: Mapping[str, Any]) -> SearchStrategy[bytes]:
    return _texts(kind, limits).map(str.encode)


COLLECTIONS = (tuple, list, set, frozenset, dict)
Make = Callable[[Any, Mapping[str, Any]], SearchStrategy[Any]]
# the narrower types first: a choice may be a text, and yes or no is a number
SIMPLE: tuple[tuple[type, Make], ...] = (
    (OwnValue, lambda kind, limits: _own_values()),
    (bool, lambda _, __: st.booleans()),
    (Enum, lambda kind, _: st.sampled_from(kind)),
    (Place, lambda kind, _: places().map(kind)),
    (Category, lambda kind, _: categories().map(kind)),
    (Word, lambda kind, _: words(kind)),
    (str, _texts),
    (int, _whole),
    (float, _fractions),
    (Decimal, _decimals),
    (bytes, _written),
    (datetime, lambda _, __: moments()),
    (date, lambda _, __: st.dates(EARLIEST.date(), LATEST.date())),
    (BaseModel, lambda kind, _: st.deferred(lambda: models(kind))),
)
