"""Hypothesis profiles, and the real data, where they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demandflow import DemandFlow
from demandflow.testing import FrozenClock
from tests.paths import DATA
from tests.profiles import load_profile

load_profile()


@pytest.fixture
def data(record_property: Callable[[str, object], None]) -> Path:
    """The folder with the real data; DEMANDFLOW_DATA names another."""
    record_property("real-data", str(DATA.name))
    if not DATA.is_dir():
        if "DEMANDFLOW_DATA" in os.environ:
            pytest.fail(f"the real data are said to be at {DATA}, but are not")
        pytest.skip("no real data here; point DEMANDFLOW_DATA at the folder that has it")
    return DATA


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(params=["memory", "sqlite"])
def flow(request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock) -> Iterator[DemandFlow]:
    """A DemandFlow in memory and one in a file."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url, clock=clock) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Whether the tests that need the real data ran is said, not guessed."""
    ran = sum("real-data" in dict(report.user_properties) for report in terminalreporter.stats.get("passed", []))
    where = "there" if DATA.is_dir() else "not there, so the tests that need it were skipped"
    terminalreporter.write_line(f"real data: {where}; {ran} tests ran on it")
