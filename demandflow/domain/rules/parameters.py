"""Rules and conditions with a number in them: the same number makes the same function, which knows how it was made."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from demandflow.errors import InvalidValue, brief

P = ParamSpec("P")
R = TypeVar("R", bound=Callable[..., Any])

MOST = 10_000
TAKEN = ("rule", "condition")


def numbered(maker: Callable[P, R]) -> Callable[P, R]:
    """Decorates a function that makes a rule or a condition from whole numbers (1 to 10,000), to make each only once.

    What it makes has `made_by`, the decorated function, and `made_with`, its numbers by name. The decorated function
    has `takes`, their names, and raises InvalidValue for anything but such numbers. Raises InvalidValue for a maker
    whose number has a name that means something else in workflow files.
    """
    wanted = signature(maker)
    if taken := [name for name in TAKEN if name in wanted.parameters]:
        problem = f"its number cannot be named {taken[0]!r}: in files that word names what is made; name it otherwise"
        raise InvalidValue(maker.__name__, problem)
    made: dict[tuple[int, ...], R] = {}

    @wraps(maker)
    def make(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            numbers = wanted.bind(*args, **kwargs)
        except TypeError as error:
            raise InvalidValue(maker.__name__, str(error)) from None
        numbers.apply_defaults()
        for what, number in numbers.arguments.items():
            if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST:
                problem = f"{what} must be a whole number from 1 to {MOST}, got {brief(number)}"
                raise InvalidValue(maker.__name__, problem)
        key = tuple(numbers.arguments.values())
        if key not in made:
            function: Any = maker(*args, **kwargs)
            function.made_by, function.made_with = make, dict(numbers.arguments)
            made.setdefault(key, function)
        return made[key]

    make.takes = tuple(wanted.parameters)  # type: ignore[attr-defined]
    return make
