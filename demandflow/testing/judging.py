"""Judging what came of an attempt, and remembering what nobody judged: a test that asserts nothing must not pass."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.errors import DemandFlowError, InvalidValue, Refusal, brief
from demandflow.testing.casting import Part
from demandflow.testing.copying import code_of

_unjudged: dict[int, str] = {}
_refused: set[int] = set()
_tokens = itertools.count(1)


def register_unjudged(token: int, said: str) -> None:
    """Remember that this waits to be judged."""
    _unjudged[token] = said


def forget_unjudged() -> None:
    """Forget what waits to be judged: it was begun in another test."""
    _unjudged.clear()


def all_judged() -> None:
    """Raises AssertionError if a when() was not followed by a judgement; under pytest every test ends with this.

    In a unittest.TestCase without pytest: `self.addCleanup(all_judged)`.
    """
    waiting = list(_unjudged.values())
    _unjudged.clear()
    if waiting:
        lines = "".join(f"\n  {said}" for said in waiting)
        raise AssertionError(
            f"nobody said what had to come of it; end with .then(…), .refused(…) or .nothing():{lines}"
        )


class Circumstances(Protocol):
    """What had happened before or after an attempt, as far as judging needs it."""

    @property
    def demands(self) -> tuple[Demand, ...]:
        """All demands as they stand."""

    @property
    def history(self) -> str:
        """What happened so far, a line an event."""


@dataclass(frozen=True)
class Judged:
    """What came of an attempt: by which move and whom, before and after, what was recorded, and the answer."""

    attempt: object
    part: Part
    before: Circumstances
    after: Circumstances
    recorded: tuple[Event, ...]
    answer: Demand | DemandFlowError
    token: int = field(default_factory=lambda: next(_tokens), repr=False, compare=False)

    @property
    def demand(self) -> Demand:
        """The demand afterwards. Raises AssertionError if it was refused."""
        __tracebackhide__ = True
        self._accepted("to be accepted")
        assert isinstance(self.answer, Demand)
        return next((one for one in self.after.demands if one.id == self.answer.id), self.answer)

    @property
    def doing(self) -> str:
        """Who tried it, as what, by which move."""
        return f"as {self.part.by.id} ({self.part.by.role}) tried to {self.part.move}"

    def then(self, *facts: Fact) -> Self:
        """Exactly these facts had to be recorded, in this order; of a merge, both sides. Raises AssertionError."""
        __tracebackhide__ = True
        for one in facts:
            if not isinstance(one, Fact):
                raise InvalidValue("then", f"must be told facts, for instance a(Accepted), got {brief(one)}")
        self._accepted(f"to be recorded:{_lines(facts)}")
        found = [event.fact for event in self.recorded]
        if found != list(facts):
            self._fail(f"to be recorded:{_lines(facts)}", f"this was:{_lines(found)}{_differences(facts, found)}")
        return self

    def refused(self, error: type[DemandFlowError] = Refusal, match: str | None = None) -> Self:
        """It had to be refused with this error, its words matching the regular expression, and nothing be recorded.

        Raises AssertionError.
        """
        __tracebackhide__ = True
        if not (isinstance(error, type) and issubclass(error, DemandFlowError)):
            raise InvalidValue("error", f"must be a class of errors of demandflow, got {brief(error)}")
        _unjudged.pop(self.token, None)
        expected = f"to be refused ({error.__name__})"
        if not isinstance(self.answer, DemandFlowError):
            facts = [event.fact for event in self.recorded]
            self._fail(expected, f"it was accepted, and recorded was:{_lines(facts)}")
        if not isinstance(self.answer, error):
            self._fail(expected, f"it was {type(self.answer).__name__}: {self.answer}")
        if match is not None and not re.search(match, str(self.answer)):
            self._fail(f"{expected} with words matching {match!r}", f"they were: {self.answer}")
        _refused.add(self.token)
        return self._nothing_recorded(expected)

    def nothing(self) -> Self:
        """It had to be accepted without anything new being recorded: it had been before. Raises AssertionError."""
        __tracebackhide__ = True
        self._accepted("to be accepted, and nothing recorded")
        return self._nothing_recorded("nothing to be recorded")

    def _nothing_recorded(self, expected: str) -> Self:
        __tracebackhide__ = True
        if self.recorded:
            self._fail(expected, f"recorded was:{_lines([event.fact for event in self.recorded])}")
        return self

    def _goes_on(self) -> None:
        """What is gone on from was accepted, unless it was judged as refused."""
        __tracebackhide__ = True
        if self.token not in _refused:
            self._accepted("to be accepted, since the scenario goes on")

    def _accepted(self, expected: str) -> None:
        __tracebackhide__ = True
        _unjudged.pop(self.token, None)
        if isinstance(self.answer, DemandFlowError):
            self._fail(expected, f"it was refused ({type(self.answer).__name__}): {self.answer}")

    def _fail(self, expected: str, happened: str) -> None:
        __tracebackhide__ = True
        raise AssertionError(
            f"when {self.doing}: {self.attempt}\n"
            f"expected {expected}\n"
            f"but {happened}\n"
            f"The history before it:\n{self.before.history}"
        )


def _lines(facts: Sequence[Fact]) -> str:
    return "".join(f"\n  {code_of(fact)}" for fact in facts) or " nothing"


def _differences(expected: Sequence[Fact], found: Sequence[Fact]) -> str:
    """Where they differ, field by field, if they are of the same classes."""
    if [type(one) for one in expected] != [type(one) for one in found]:
        return ""
    return "".join(
        f"\n  {type(one).__name__}.{name}: expected {code_of(wanted)}, got {code_of(other.__dict__[name])}"
        for one, other in zip(expected, found, strict=True)
        for name, wanted in one.__dict__.items()
        if wanted != other.__dict__[name]
    )
