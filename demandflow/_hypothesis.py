"""What Hypothesis calls when it is imported, so that `st.from_type()` knows the public types of demandflow."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import Any, get_origin, is_typeddict

NOT_DRAWN = {
    "DemandFlow": "holds a storage open",
    "Batch": "is given by DemandFlow.batch(), and ends with it",
    "Policy": "is what a community writes: a shape, not a value",
    "PolicyContext": "is given to a policy when it is asked",
}
"""Public classes of which no value can be made up, and why. Errors and the words of a question are none either."""


def register() -> None:
    """Register a strategy for every public type; it is made when it is first drawn from."""
    from hypothesis import strategies as st

    for kind in drawn_types():
        st.register_type_strategy(kind, partial(_strategy_of, kind))


def drawn_types() -> tuple[type, ...]:
    """The public classes of demandflow that are values. Enums are: Hypothesis draws from them by itself."""
    import demandflow

    public = (getattr(demandflow, name) for name in demandflow.__all__ if name not in NOT_DRAWN)
    return tuple(
        kind
        for kind in public
        if isinstance(kind, type) and not issubclass(kind, Enum | BaseException) and not is_typeddict(kind)
    )


def _strategy_of(kind: type, wanted: Any) -> Any:
    """The strategy of this class; none where Hypothesis looks for any class of a wider kind, such as Hashable."""
    if (get_origin(wanted) or wanted) is not kind:
        return NotImplemented
    from demandflow.testing.types import strategy_of

    return strategy_of(kind)
