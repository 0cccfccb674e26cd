"""The smallest history that still fails in the same way: less of it, each operation plainer, then the environment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any, TypeVar

from demandflow.domain.fact import Fact
from demandflow.errors import DemandFlowError
from demandflow.testing.drawing.asking import ONE_OF_THESE
from demandflow.testing.environments import PLAIN
from demandflow.testing.model.step import NO_TIME, Step
from demandflow.testing.operations import Ask, Batch, History, Operation

PLAYED = 3_000
"""How many operations are played again at most, so that it is the same history on every machine."""
D = TypeVar("D", bound=Any)


class EnoughPlayed(Exception):
    """No more is tried."""


def smallest(history: History, fails: Callable[[History], bool], *, most: int = PLAYED) -> History:
    """The smallest history found by playing so many operations for which `fails` says that it fails in the same way."""
    search = _Search(history, fails, most)
    try:
        search.play_plainly()
        before = None
        while before != search.best:
            before = search.best
            search.leave_out()
            search.make_plainer()
    except EnoughPlayed:
        pass
    return search.best


class _Search:
    """The smallest history so far."""

    def __init__(self, history: History, fails: Callable[[History], bool], most: int) -> None:
        self.best, self._fails, self._left = history, fails, most

    def play_plainly(self) -> None:
        """Where nothing has to be special, all that follows is played faster."""
        self._take(replace(self.best, environment=PLAIN))

    def leave_out(self) -> None:
        """Leave out operations: halves, then quarters, down to single ones, the last first."""
        size = max(len(self.best.operations) // 2, 1)
        while size:
            at = len(self.best.operations) - size
            while at > -size:
                rest = (*self.best.operations[: max(at, 0)], *self.best.operations[at + size :])
                self._take(replace(self.best, operations=rest))
                at -= size
            size //= 2

    def make_plainer(self) -> None:
        """Make each operation plainer, then the environment."""
        for at in range(len(self.best.operations)):
            tried = True
            while tried:  # what was taken may be made plainer still
                before, after = self.best.operations[:at], self.best.operations[at + 1 :]
                others = (
                    replace(self.best, operations=(*before, one, *after)) for one in plainer(self.best.operations[at])
                )
                tried = any(map(self._take, others))
        while any(self._take(replace(self.best, environment=one)) for one in by_default(self.best.environment)):
            pass

    def _take(self, history: History) -> bool:
        """Go on with this history if it fails in the same way. Raises EnoughPlayed."""
        self._left -= len(history.operations)
        if self._left < 0:
            raise EnoughPlayed
        if not history.operations or not self._fails(history):
            return False
        self.best = history
        return True


def plainer(operation: Operation) -> Iterator[Operation]:
    """The operation with one thing less: given plainly, at once, with less said."""
    if isinstance(operation, Ask):
        yield from [replace(operation, opener=0)] if operation.opener else []
        yield from [replace(operation, after=NO_TIME)] if operation.after else []
        # what must be refused would no longer have to be, without what is wrong with it
        for name in operation.keywords if operation.refused is None else ():
            others = {other: value for other, value in operation.keywords.items() if other != name}
            if name not in (needed := ONE_OF_THESE.get(operation.method, ())) or not others.keys().isdisjoint(needed):
                yield replace(operation, keywords=others)
        return
    # without its table or its rows nothing would happen to it
    yield from by_default(operation, but=("with_what",))
    if isinstance(operation, Batch):
        steps = operation.steps
        yield from (steps if len(steps) == 1 and not operation.migrates else ())
        for at in range(len(steps)) if len(steps) > 1 else ():
            yield replace(operation, steps=(*steps[:at], *steps[at + 1 :]))
        for at, step in enumerate(steps):
            fewer = (one for one in plainer(step) if isinstance(one, Step))
            yield from (replace(operation, steps=(*steps[:at], one, *steps[at + 1 :])) for one in fewer)
    if isinstance(operation, Step):
        for fact in shorter(operation.fact):
            yield replace(operation, fact=fact)


def by_default(value: D, but: Collection[str] = ()) -> Iterator[D]:
    """The value with one of its fields as it is by default, but for these."""
    for field in fields(value):
        if field.name not in but and field.default is not MISSING and getattr(value, field.name) != field.default:
            yield replace(value, **{field.name: field.default})


def shorter(fact: Fact) -> Iterator[Fact]:
    """The fact without one of the fields that it need not say."""
    for name, field in type(fact).model_fields.items():
        if not field.is_required() and getattr(fact, name) is not None:
            try:
                yield type(fact)(**{**fact.__dict__, name: None})
            except DemandFlowError:  # one of several is needed
                continue
