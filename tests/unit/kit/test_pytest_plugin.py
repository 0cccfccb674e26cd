"""What pytest gets from demandflow: two fixtures, a marker, and tests that do not pass by asserting nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demandflow import Actor, DemandFlow, Role
from demandflow.testing import FrozenClock

pytest_plugins = ["pytester"]

MARKET = """
import pytest
from demandflow import Move, Stage, START, State, Workflow
from demandflow.facts import Noted, Registered, Reported
from demandflow.testing.builders import a, a_demand
from demandflow.testing.scenario import given

MARKET = Workflow(
    "market", 1,
    states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("file", Registered, START, "open", by="clerk"),
        Move("weigh", Reported, "open", "done", by="clerk", means="reported"),
    ],
    tells_nobody=True,
)
"""


def test_a_flow_on_the_closed_loop_is_there_with_its_clock(demandflow: DemandFlow, clock: FrozenClock) -> None:
    demand = demandflow.register("no light", channel="hotline", place="c1", by=Actor("li", Role.GRID_ADMINISTRATOR))
    assert demand.received == clock.now
    assert list(demandflow.workflows) == ["closed-loop@2", "closed-loop@1"]


def run(pytester: pytest.Pytester, tests: str, **outcomes: int) -> str:
    """Run these tests with pytest as a user would, warnings being errors; what it said."""
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    pytester.makepyfile(MARKET + tests)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**outcomes)
    return result.stdout.str()


def test_a_marker_says_what_the_flow_is_opened_with(pytester: pytest.Pytester) -> None:
    tests = """
pytestmark = pytest.mark.demandflow(MARKET)

def test_of_the_module(demandflow, clock):
    assert list(demandflow.workflows) == ["market@1"]
    assert a_demand(demandflow, "done").last == clock.now
    clock.advance(days=1)
    assert demandflow.deadlines().at == clock.now

@pytest.mark.demandflow(MARKET, zone="Asia/Shanghai", url="sqlite:///market.db", tenant="fair")
def test_of_its_own(demandflow):
    assert a_demand(demandflow, "open").state == "open"
    import pathlib
    assert pathlib.Path("market.db").exists()

@pytest.mark.demandflow(MARKET, colour="red")
def test_wrong(demandflow):
    pass
"""
    said = run(pytester, tests, passed=2, errors=1)
    assert "@pytest.mark.demandflow has no colour (possible: url, zone, tenant)" in said


def test_the_flow_is_closed_at_the_end(pytester: pytest.Pytester) -> None:
    tests = """
kept = []

def test_first(demandflow):
    kept.append(demandflow)

def test_second():
    from demandflow import StorageError
    with pytest.raises(StorageError):
        kept[0].board()
"""
    run(pytester, tests, passed=2)


def test_a_clock_of_ones_own_takes_the_place_of_ours(pytester: pytest.Pytester) -> None:
    tests = """
from datetime import UTC, datetime
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)

@pytest.fixture
def clock():
    return lambda: NEW_YEAR

def test_new_year(demandflow):
    assert a_demand(demandflow, "registered").received == NEW_YEAR
"""
    run(pytester, tests, passed=1)


def test_a_test_whose_scenario_nobody_judged_fails_and_the_next_does_not(pytester: pytest.Pytester) -> None:
    tests = """
import unittest
BEGUN = given(a(Registered), workflow=MARKET)
LOOSE = BEGUN.when(a(Reported, words="in the module"))

def test_silent():
    BEGUN.when(a(Reported, words="never judged"))

def test_judged():
    BEGUN.when(a(Reported)).then(a(Reported))
    assert LOOSE.demand.state == "done"

def test_wrong():
    BEGUN.when(a(Reported, words="begun in vain"))
    assert 1 == 2

class TestOld(unittest.TestCase):
    def test_silent(self):
        BEGUN.when(a(Reported, words="an old test"))

    def test_judged(self):
        BEGUN.when(a(Reported)).then(a(Reported))
"""
    said = run(pytester, tests, passed=2, failed=3)
    assert "end with .then(…), .refused(…) or .nothing():" in said
    assert "when(Reported(resolved=True, words='never judged'))" in said
    assert "words='an old test'" in said
    assert "judging.py" not in said
    assert "begun in vain'))" not in said.partition("short test summary")[2]
    assert "assert 1 == 2" in said


def test_a_failed_scenario_shows_the_line_of_the_test_and_not_our_code(pytester: pytest.Pytester) -> None:
    said = run(pytester, "\ndef test_it():\n    given(workflow=MARKET).when(a(Registered)).then(a(Noted))\n", failed=1)
    assert ">       given(workflow=MARKET).when(a(Registered)).then(a(Noted))" in said
    assert "judging.py" not in said
    assert "expected to be recorded:" in said


def test_the_marker_and_the_fixtures_are_explained(pytester: pytest.Pytester) -> None:
    said = pytester.runpytest_inprocess("--markers").stdout.str()
    assert "@pytest.mark.demandflow(workflow, ..., url=..., zone=..., tenant=...): " in said
    said = pytester.runpytest_inprocess("--fixtures").stdout.str()
    assert "A DemandFlow in memory on the closed loop" in said


def test_the_plugin_brings_neither_hypothesis_nor_the_kit_before_a_test_asks_for_it() -> None:
    kit = "('hypothesis', 'demandflow.testing')"
    code = f"import sys, demandflow.pytest_plugin; print([m for m in {kit} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.long
def test_the_plugin_is_measured_where_pytest_runs_under_coverage(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(demandflow): pass\n", encoding="utf-8")
    options = ["--source=demandflow", f"--data-file={tmp_path / 'measured'}"]
    run = [sys.executable, "-m", "coverage", "run", *options, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    subprocess.run(run, cwd=tmp_path, capture_output=True, check=True)
    report = [sys.executable, "-m", "coverage", "report", f"--data-file={tmp_path / 'measured'}"]
    done = subprocess.run(
        [*report, "--include=*/pytest_plugin.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[-1].rstrip("%")) > 80, done.stdout
