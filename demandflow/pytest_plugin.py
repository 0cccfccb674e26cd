"""What pytest gets: the fixtures `demandflow` and `clock`, and scenarios that were never judged fail their test."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from demandflow.application import DemandFlow
    from demandflow.testing.clock import FrozenClock

MARKER = (
    "demandflow(workflow, ..., url=..., zone=..., tenant=...): what the fixture `demandflow` is opened with; "
    "without workflows on the closed loop, without url in memory"
)
WORDS = ("url", "zone", "tenant")
JUDGING = "demandflow.testing.judging"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def clock() -> FrozenClock:
    """The clock that the fixture `demandflow` shows: it stands still until `clock.advance(days=1)`."""
    from demandflow.testing.clock import FrozenClock

    return FrozenClock()


@pytest.fixture
def demandflow(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[DemandFlow]:
    """A DemandFlow in memory on the closed loop, or as `@pytest.mark.demandflow(MY_WORKFLOW)` says; closed after it."""
    from demandflow.application import DemandFlow

    marker = request.node.get_closest_marker("demandflow")
    how: dict[str, Any] = {} if marker is None else dict(marker.kwargs)
    if unknown := [name for name in how if name not in WORDS]:
        pytest.fail(
            f"@pytest.mark.demandflow has no {', '.join(unknown)} (possible: {', '.join(WORDS)})", pytrace=False
        )
    if marker is not None and marker.args:
        how["workflows"] = marker.args
    from demandflow.testing.clock import calendars_may_end

    with calendars_may_end():
        opened = DemandFlow.open(how.pop("url", "memory:"), clock=clock, **how)
    with opened as flow:
        yield flow


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What other tests left unjudged is no fault of the next."""
    if judging := sys.modules.get(JUDGING):
        judging.forget_unjudged()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """A scenario that the test began and never judged fails it."""
    result = yield
    if judging := sys.modules.get(JUDGING):
        try:
            judging.all_judged()
        except AssertionError as unjudged:
            pytest.fail(str(unjudged), pytrace=False)
    return result
