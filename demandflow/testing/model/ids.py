"""The ids of demands that other systems keep, made again from what is written about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

from demandflow.errors import InvalidValue
from demandflow.testing.model.world import World

NAMESPACE = UUID("5f3c2c1e-0d1f-5f55-8f62-6d1b8f7f2f60")
"""Recorded ids depend on it: it must never change."""


def id_of(world: World, source: str, reference: str) -> UUID:
    """The same for the same names of a tenant, however they are spelt; without a tenant, the first is null."""
    names = [normalize("NFC", name).strip() for name in (source, reference)]
    if not all(names):
        raise InvalidValue("reference", "must say something")
    return uuid5(NAMESPACE, json.dumps([world.environment.tenant, *names], ensure_ascii=False))


QUESTIONS: Mapping[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {"id_of": (id_of, lambda answer: answer)}
