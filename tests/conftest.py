"""Hypothesis profiles, and the real data, where they are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demandflow import DemandFlow
from demandflow.testing import FrozenClock
from demandflow.testing.playing.places import Schemas
from tests.paths import DATA
from tests.profiles import load_profile
from tests.servers import WHY_NOT, schemas

load_profile()
BACKENDS = ("memory", "sqlite", "postgres")


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


@pytest.fixture(scope="session")
def servers() -> Iterator[Schemas | None]:
    """A PostgreSQL server, started when the first test needs it."""
    with schemas() as server:
        yield server


@pytest.fixture
def postgres(servers: Schemas | None) -> Iterator[str]:
    """The URL of an empty schema of PostgreSQL."""
    if servers is None:
        pytest.skip(WHY_NOT)
    with servers.schema() as url:
        yield url


@pytest.fixture(params=BACKENDS)
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log may be: in memory, in a file, in PostgreSQL."""
    request.node.user_properties.append(("backend", request.param))
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres")
        return url
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'flow.db'}"


@pytest.fixture(params=BACKENDS[1:])
def kept_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log may be that is opened again, or by several."""
    request.node.user_properties.append(("backend", request.param))
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres")
        return url
    return f"sqlite:///{tmp_path / 'flow.db'}"


@pytest.fixture
def flow(log_url: str, clock: FrozenClock) -> Iterator[DemandFlow]:
    """A DemandFlow in memory, one in a file, and one in PostgreSQL."""
    with DemandFlow.open(log_url, clock=clock) as opened:
        yield opened


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: many a test waits for a server, a process or the disk."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests ran where, and whether those that need the real data did, is said and not guessed."""
    passed = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    counted = Counter(said["backend"] for said in passed if "backend" in said)
    terminalreporter.write_line(", ".join(f"{backend}: {counted[backend]} tests" for backend in BACKENDS))
    ran = sum("real-data" in said for said in passed)
    where = "there" if DATA.is_dir() else "not there, so the tests that need it were skipped"
    terminalreporter.write_line(f"real data: {where}; {ran} tests ran on it")
