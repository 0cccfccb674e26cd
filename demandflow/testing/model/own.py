"""Own fields in the model: which a fact has, what it would say, corrected, and which texts are in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import STANDARD_FACTS, Corrected
from demandflow.errors import InvalidValue
from demandflow.testing.model.picture import as_right, told_otherwise


def own_of_class(kind: type[Fact]) -> set[str]:
    """The fields that the standard fact, if it extends one, does not have."""
    ours: Any = next((base for base in kind.__mro__ if base in STANDARD_FACTS), Fact)
    return {*kind.model_fields} - {*ours.model_fields}


def as_read(correction: Corrected, stream: Any, events: Sequence[Event]) -> Corrected | None:
    """A correction of own fields with its values as the class of the fact writes them; None if it takes them not."""
    said, right = dict(correction.own or ()), as_right(events)
    if not isinstance(stream, Demand) or not 1 <= correction.event <= len(right):
        return None
    wrong = right[correction.event - 1]
    if isinstance(wrong, Corrected) or not said.keys() <= own_of_class(type(wrong)):
        return None
    try:
        was, written = (_written(told_otherwise(wrong, own)) for own in ((), said.items()))
    except ValueError:
        return None
    changed = {name for name in {*was, *written} if was.get(name) != written.get(name)}
    if changed - {*said} or {*said} - {*written}:
        return None
    fields = {**correction.__dict__, "own": {name: written[name] for name in said}}
    return type(correction)(**fields)


def _written(fact: Fact) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(fact.model_dump_json(exclude_none=True))
    return fields


def writable(name: str, values: Iterable[Any]) -> list[Any]:
    """Those of the values that a correction can say."""
    found = []
    for value in values:
        with suppress(InvalidValue):
            Corrected(event=1, reason="sample", own={name: value})  # type: ignore[arg-type]
            found.append(value)
    return found


def texts_in(value: Any) -> Iterator[str]:
    """All texts in what JSON has for a field."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from texts_in(part)
