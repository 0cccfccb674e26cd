"""What Hypothesis calls when it is imported, so that `st.from_type()` knows the public types of demandflow."""

from __future__ import annotations

from enum import Enum
from functools import partial
from importlib import import_module
from typing import Any, get_origin, is_typeddict

MODULES = ("demandflow", "demandflow.facts", "demandflow.figures")
"""Where the public types are."""
NOT_DRAWN = {
    "DemandFlow": "holds a storage open",
    "Batch": "is given by DemandFlow.batch(), and ends with it",
}
"""Public classes of which no value can be made up, and why. Errors and the words of a question are none either."""


def register() -> None:
    """Register a strategy for every public type; it is made when it is first drawn from."""
    from hypothesis import strategies as st

    for kind in drawn_types():
        st.register_type_strategy(kind, partial(_strategy_of, kind))


def drawn_types() -> tuple[type, ...]:
    """The public classes of demandflow that are values. Enums are: Hypothesis draws from them by itself."""
    return tuple(
        kind
        for kind in public_classes()
        if not issubclass(kind, Enum | BaseException) and kind.__name__ not in NOT_DRAWN and not is_typeddict(kind)
    )


def public_classes() -> tuple[type, ...]:
    """All public classes of demandflow, each once."""
    modules = [import_module(name) for name in MODULES]
    public = (getattr(module, name) for module in modules for name in module.__all__)
    return tuple(dict.fromkeys(kind for kind in public if isinstance(kind, type)))


def _strategy_of(kind: type, wanted: Any) -> Any:
    """The strategy of this class; none where Hypothesis looks for any class of a wider kind, such as Hashable."""
    if (get_origin(wanted) or wanted) is not kind:
        return NotImplemented
    from demandflow.testing.types import strategy_of

    return strategy_of(kind)
