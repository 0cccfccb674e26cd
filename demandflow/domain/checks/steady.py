"""Rules and conditions that look at a clock or throw dice: asked again, they may answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import getclosurevars, ismodule
from types import CodeType
from typing import Any

from demandflow.domain.moves import Move
from demandflow.errors import Defect

ALWAYS_OTHERWISE = ("time", "random")
"""Modules of which everything answers otherwise each time."""
WHAT_TIME_IT_IS = ("now", "today")


def unsteady(moves: Sequence[Move]) -> Iterator[Defect]:
    """Rules and conditions that read what is neither in the demand nor in the proposal, and changes by itself."""
    for move in moves:
        for what, functions in (("rule", move.rules), ("condition", (move.when,) if move.when else ())):
            for function in functions:
                for read in _read_by(function):
                    name = getattr(function, "__name__", repr(function))
                    says = f"{what} {name} of move {move.name!r} looks at {read}: asked again, it may answer otherwise"
                    remedy = "let it look at the demand and the proposal alone; when it happens is proposal.at"
                    yield Defect("unsteady", says, remedy, (), (move.name,))
                    break


def _read_by(function: Any) -> Iterator[str]:
    """The clocks and dice that a function names; of one that is no plain function nothing is known."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return
    names = _names_in(code)
    asks_when = [name for name in names if name.endswith(WHAT_TIME_IT_IS)]
    known = getclosurevars(function)
    for name, value in {**known.globals, **known.nonlocals}.items():
        module = value.__name__ if ismodule(value) else getattr(value, "__module__", None)
        if module in ALWAYS_OTHERWISE:
            yield name
        elif module == "datetime" and asks_when and (ismodule(value) or isinstance(value, type)):
            yield f"{name}.{asks_when[0]}"


def _names_in(code: CodeType) -> list[str]:
    inside = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names_in(part)]
    return [*code.co_names, *inside]
