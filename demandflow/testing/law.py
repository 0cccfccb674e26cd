"""A law: something that holds for every history of a workflow, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demandflow.testing.playing import Played


@dataclass(frozen=True)
class Law:
    """A law: its name, what it says, the function that raises AssertionError where it is broken.

    `code` is how a test names it, `needs` what that has to import.
    """

    name: str
    says: str
    holds: Callable[[Played], None]
    code: str
    needs: tuple[object, ...] = ()


def law(function: Callable[[Played], None]) -> Law:
    """The law that a function of what was played checks; its name and its docstring's first line say which."""
    word = getattr(function, "__name__", "a law")
    name = word.replace("_", " ").strip()
    says = (function.__doc__ or name).strip().partition("\n")[0]
    return Law(name, says, function, f"law({word})", (function,))
