"""What the engine answers, or raises, held against what it must."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from demandflow.domain.stream import Stream
from demandflow.errors import DemandFlowError, InvalidValue
from demandflow.testing.differs import Differs


def other_types(want: object, got: object, where: str) -> str:
    """Where a value is of another type, however deep."""
    if type(want) is not type(got):
        return f"{where} was read as {type(got).__name__}, was {type(want).__name__}"
    inner: list[tuple[object, object, str]] = []
    if hasattr(type(want), "model_fields"):
        inner = [(value, vars(got).get(name), f"{where}.{name}") for name, value in vars(want).items()]
    elif isinstance(want, tuple | list) and isinstance(got, tuple | list):
        inner = [(one, other, f"{where}[{n}]") for n, (one, other) in enumerate(zip(want, got, strict=False))]
    return next((found for one, other, at in inner if (found := other_types(one, other, at))), "")


def same_demand(said: str, got: Stream, want: Stream) -> None:
    """Raise Differs unless it is the same demand."""
    if type(got) is not type(want):
        raise Differs(f"{said} a stream of another kind", got, want)
    if got != want:
        pairs = {name: (getattr(got, name), getattr(want, name)) for name in want.__struct_fields__}
        pairs = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        raise Differs(said, *({name: pair[side] for name, pair in pairs.items()} for side in (0, 1)))


def well_said(said: str, error: Any, about: Sequence[str] = ()) -> None:
    """Raise Differs unless the error names what it is about, and comes to another process as it is."""
    another = str(pickle.loads(pickle.dumps(error)))  # noqa: S301
    if not str(error) or another != str(error):
        raise Differs(f"{said}: what the error says in another process", another, str(error))
    made_of = _made_of(error.__class__)
    held = [getattr(error, name, None) for name in made_of]
    if any(value is None and "None" not in kind for value, kind in zip(held, made_of.values(), strict=True)):
        raise Differs(f"{said}: what the error holds", held, f"{', '.join(made_of)}")
    if made_of and [*error.args] != held:
        raise Differs(f"{said}: what the error hands on", error.args, held)
    named = getattr(error, "what", "")
    if not isinstance(named, str) or (about and isinstance(error, InvalidValue) and named not in about):
        raise Differs(f"{said}: what the error is about", named, " or ".join(about) or "a name")


@cache
def _made_of(kind: type[Exception]) -> dict[str, str]:
    """The arguments of a kind of error, and their types."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()  # the first is self
    return {one.name: str(one.annotation) for one in parameters if one.kind == one.POSITIONAL_OR_KEYWORD}


def same_answer(said: str, got: Any, want: Any) -> None:
    """Raise Differs unless it is the same answer."""
    if got == want:
        return
    if isinstance(got, dict) and isinstance(want, dict):  # only what differs
        names = [name for name in {**got, **want} if got.get(name, "none") != want.get(name, "none")]
        got, want = ({name: one.get(name, "none") for name in names} for one in (got, want))
    raise Differs(said, got, want)


def raised(do: Callable[[], object]) -> str | None:
    """The error that this raises. Raises Differs if it does not say what is wrong in another process, too."""
    try:
        do()
    except DemandFlowError as error:
        well_said("what is refused", error)
        return type(error).__name__
    return None
