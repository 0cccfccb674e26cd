"""Own fields: those of a community's own facts beyond ours, what a fact says in them, and what it should have said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from demandflow.domain.fact import Earlier, Fact
from demandflow.domain.facts import STANDARD_FACTS, Corrected, UnknownFact
from demandflow.domain.values import STORED
from demandflow.errors import InvalidValue, listed
from demandflow.inputs.own_values import OwnValue

F = TypeVar("F", bound=Fact)
OURS = frozenset((*STANDARD_FACTS, UnknownFact))


@cache
def own_fields(kind: type[Fact]) -> tuple[str, ...]:
    """The fields that a community's own class has beyond those of ours that it extends."""
    ours = {name for base in kind.__mro__ if base in OURS for name in base.model_fields}  # type: ignore[attr-defined]
    return tuple(name for name in kind.model_fields if name not in ours)


def own_values(fact: Fact) -> dict[str, Any]:
    """What a fact of a community's own class says beyond those of ours that it extends.

    If the class was not given to open(), as it was stored.
    """
    if isinstance(fact, UnknownFact):
        return fact.fields
    if fact.__pydantic_extra__:
        return fact.__pydantic_extra__
    values = ((name, getattr(fact, name)) for name in own_fields(type(fact)))
    return {name: value for name, value in values if value is not None}


def correctable_own(kind: type[Fact]) -> tuple[str, ...]:
    """The own fields of such a fact that a correction may replace; a correction is never corrected."""
    return () if issubclass(kind, Corrected) else own_fields(kind)


def as_said(kind: type[Fact], own: Iterable[OwnValue], earlier: Earlier | None = None) -> dict[str, Any]:
    """What a correction of such a fact says, as the fact would; of a class that is not known, as it is stored.

    A class that no longer takes a value gets it as it is stored, so that all readers of a log see the same. If the fact
    was stored as an `earlier` class had it, the correction may name fields of then: raises what makes today's of them.
    """
    possible = None if kind in OURS else correctable_own(kind)
    if earlier is not None and possible is not None and any(name not in possible for name, _ in own):
        return _as_said_before(kind, dict(own), earlier)
    if issubclass(kind, Corrected):
        return {}
    values = ((name, _value(kind, name, value)) for name, value in own if possible is None or name in possible)
    return {name: value for name, value in values if value is not None}


def _as_said_before(kind: type[Fact], own: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
    """What becomes otherwise in today's own fields if it was stored so."""
    todays, read = kind.EARLIER[earlier.topic], kind.__pydantic_validator__.validate_json
    was, now = (todays(from_json(to_json({**earlier.fields, **more}))) for more in ({}, own))
    if was == now and (lost := [name for name in own if name not in earlier.fields]):
        raise InvalidValue("own", f"EARLIER[{earlier.topic!r}] of {kind.__name__} makes nothing of {listed(lost)}")
    before, after = (own_values(read(to_json(fields), context=STORED)) for fields in (was, now))
    return {name: value for name, value in after.items() if name not in before or before[name] != value}


def earlier_with(earlier: Earlier | None, own: Iterable[OwnValue]) -> Earlier | None:
    """What was stored of a fact of an earlier class, as if it had been this."""
    return None if earlier is None else earlier._replace(fields={**earlier.fields, **dict(own)})


def with_own(fact: F, values: Mapping[str, Any]) -> F:
    """The fact as if it had said this in its own fields."""
    if isinstance(fact, UnknownFact):
        return fact.model_copy(update={"body": json.dumps({**fact.fields, **values}, ensure_ascii=False)})
    if type(fact) not in OURS:
        return fact.model_copy(update=values)
    copied = fact.model_copy()
    if values:
        object.__setattr__(copied, "__pydantic_extra__", {**(fact.__pydantic_extra__ or {}), **values})
    return copied


def _value(kind: type[Fact], name: str, value: Any) -> Any:
    stored = to_json(value)
    if kind not in OURS:
        try:
            return _adapter(kind, name).validate_json(stored, context=STORED)
        except Exception:  # noqa: S110 - a community's own class may raise anything
            pass
    return json.loads(stored)


@cache
def _adapter(kind: type[Fact], name: str) -> TypeAdapter[Any]:
    """What reads a value of this field; kept, because making it is slow."""
    info = kind.model_fields[name]
    field: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return TypeAdapter(field)
