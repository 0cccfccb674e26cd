"""What was tried and nobody judged, since a test that asserts nothing must not pass; and how facts differ."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from demandflow.domain.fact import Fact
from demandflow.testing.copying import code_of

UNJUDGED: dict[int, str] = {}
"""What waits to be judged, by number."""
NUMBERS = itertools.count(1)


def forget_unjudged() -> None:
    """Forget what waits to be judged: it was begun in another test."""
    UNJUDGED.clear()


def all_judged() -> None:
    """Raises AssertionError if a when() was not followed by a judgement; under pytest every test ends with this.

    In a unittest.TestCase without pytest: `self.addCleanup(all_judged)`.
    """
    waiting = list(UNJUDGED.values())
    UNJUDGED.clear()
    if waiting:
        said = "".join(f"\n  {one}" for one in waiting)
        raise AssertionError(f"nobody said what had to come of it; end with .then(…), .refused(…) or .nothing():{said}")


def lines(facts: Sequence[Fact]) -> str:
    """The facts as code, a line each."""
    return "".join(f"\n  {code_of(fact)}" for fact in facts) or " nothing"


def differences(expected: Sequence[Fact], found: Sequence[Fact]) -> str:
    """Where they differ, field by field, if they are of the same classes."""
    if [type(one) for one in expected] != [type(one) for one in found]:
        return ""
    return "".join(
        f"\n  {type(one).__name__}.{name}: expected {code_of(wanted)}, got {code_of(other.__dict__[name])}"
        for one, other in zip(expected, found, strict=True)
        for name, wanted in one.__dict__.items()
        if wanted != other.__dict__[name]
    )
