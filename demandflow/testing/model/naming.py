"""The ids that follow from what is said: of what other systems keep, of what is known by a word, of commands."""

from __future__ import annotations

import json
import re
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.stream import Stream

NAMESPACE = UUID("5f3c2c1e-0d1f-5f55-8f62-6d1b8f7f2f60")
"""Recorded ids depend on it: it must never change."""


def derived(tenant: str | None, *names: str, kind: type[Stream] | None = None) -> UUID:
    """The same for the same names of a tenant; other kinds than demands are named last."""
    named: list[Any] = [tenant, *names]
    if kind is not None and kind.KIND is not None:
        named.append({"kind": kind.KIND})
    return uuid5(NAMESPACE, json.dumps(named, ensure_ascii=False))


def is_a_key(word: object) -> bool:
    """Whether something can be known by it."""
    return isinstance(word, str) and bool(word.strip()) and not re.search(r"[\x00-\x1f\x7f-\x9f]", word.strip())


def spelt(word: str) -> str:
    """The word as ids are made of it: in one Unicode form, without blanks around it."""
    return normalize("NFC", word).strip()


def key_of(fact: Fact, kind: type[Stream]) -> Any:
    """The word by which a stream of this kind is known that begins with the fact; None if by none."""
    return None if kind.KEY is None else getattr(fact, kind.KEY, None)


def id_of_the_beginning(tenant: str | None, fact: Fact, kind: type[Stream], command: str | None) -> UUID | None:
    """The id of what begins so, if it follows from a reference, a key or the id of the command."""
    if isinstance(fact, Registered) and fact.source is not None and fact.reference is not None:
        return derived(tenant, spelt(fact.source), spelt(fact.reference))
    if kind.KEY is not None:
        key = key_of(fact, kind)
        return derived(tenant, spelt(key), kind=kind) if is_a_key(key) else None
    if command is not None:
        return uuid5(derived(tenant, kind=kind), f"command {normalize('NFC', command)}")
    return None
