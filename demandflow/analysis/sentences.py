"""Sentences about what differs between two workflows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def named_differences(
    what: str,
    before: Mapping[str, T],
    after: Mapping[str, T],
    described: Callable[[T], str],
    changes: Callable[[T, T], Iterable[str]],
    gone: str = "is gone",
) -> Iterator[str]:
    """A sentence for each that is gone, then for each that is new, then for each that has changed."""
    yield from (f"{what} {name!r} {gone}" for name in before if name not in after)
    yield from (f"{what} {name!r} is new: {described(after[name])}" for name in after if name not in before)
    for name in after:
        if name in before and (sentences := list(changes(before[name], after[name]))):
            yield f"{what} {name!r}: {'; '.join(sentences)}"


def changed(*values: tuple[str, Any, Any]) -> Iterator[str]:
    """What became of each value (its name, before, after), if it became another."""
    return (f"{what} {before} → {after}" for what, before, after in values if before != after)


def more_and_less(what: str, more: Iterable[object], less: Iterable[object]) -> str:
    """What was added, and what was taken away."""
    return " ".join([what, *(f"+{part}" for part in more), *(f"−{part}" for part in less)])


def without(parts: Iterable[T], others: Iterable[T]) -> list[T]:
    """The parts that are left when each of the others has taken an equal one away."""
    left = list(parts)
    for other in others:
        if other in left:
            left.remove(other)
    return left
