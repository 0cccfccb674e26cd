"""The fields of a class that is stored, in words that no release of a library changes."""

from __future__ import annotations

import inspect
import types
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct

from demandflow.domain.fact import Fact


def fields_of_fact(kind: type[Fact]) -> dict[str, str]:
    """The fields of a fact: types, and defaults where there are any."""
    return {
        name: rendered(info.annotation) + ("" if info.is_required() else f" = {info.default!r}")
        for name, info in kind.model_fields.items()
    }


def fields_of(kind: type) -> dict[str, str]:
    """The same of what is stored around facts, by the names that are stored."""
    if issubclass(kind, Struct):
        hints = get_type_hints(kind)
        return {
            one.encode_name: rendered(hints[one.name]) + ("" if one.default is NODEFAULT else f" = {one.default!r}")
            for one in msgspec.structs.fields(kind)
        }
    return {name: rendered(hint) for name, hint in get_type_hints(kind).items()}


def rendered(kind: Any) -> str:
    """A type in words that no release of a library changes; how a value is checked does not matter."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return rendered(inside[0])
    if origin in (Union, types.UnionType):
        return " | ".join(map(rendered, inside))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(rendered, inside))}]"
    if kind is Ellipsis or kind is type(None):
        return "..." if kind is Ellipsis else "None"
    return str(kind.__name__) if inspect.isclass(kind) else str(kind).rpartition(".")[2]
