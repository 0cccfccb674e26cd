"""The ids of what another system keeps, and of what is known by a word, made again from what is written about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from demandflow.domain.stream import Stream
from demandflow.errors import InvalidValue
from demandflow.testing.model.naming import derived, is_a_key, spelt
from demandflow.testing.model.world import World


def id_of(world: World, source: str, reference: str) -> UUID:
    """The same for the same names of a tenant, however they are spelt; without a tenant, the first is null."""
    names = [spelt(name) for name in (source, reference)]
    if not all(names):
        raise InvalidValue("reference", "must say something")
    return derived(world.environment.tenant, *names)


def id_of_stream(world: World, kind: type[Stream], key: str) -> UUID:
    """The same for the same word; another for each kind. Raises InvalidValue for a kind that has no word."""
    if kind.KEY is None or not is_a_key(key):
        raise InvalidValue("kind", "is known by no such word")
    return derived(world.environment.tenant, spelt(key), kind=kind)


QUESTIONS: Mapping[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "id_of": (id_of, lambda answer: answer),
    "id_of_stream": (id_of_stream, lambda answer: answer),
}
