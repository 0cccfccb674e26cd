"""`demandflow follow`: a process of its own that acts, stops when it is told to, and loses nothing when killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demandflow import Actor, Calendar, DemandFlow, Role, closed_loop, standard_clocks
from demandflow.cli.main import main

OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, accept="1 hours"))
HERE = """
from demandflow import Calendar, closed_loop, standard_clocks
from demandflow.facts import Notified
from demandflow.policies import Remind, Reminders

OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, accept="1 hours"))
POLICIES = (Reminders(steps=(Remind(), Remind(after="1 hours", to="supervisor", escalate=True))),)
NOTHING = 7


def make():
    return POLICIES


def notify(notice):
    with open("notices.txt", "a") as file:
        file.write(f"{notice.id}\\n")
"""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of policies, and a log with forty demands that nobody audited in time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "town.py").write_text(HERE)
    began = datetime.now(UTC) - timedelta(hours=5)
    with DemandFlow.open(f"sqlite:///{tmp_path}/town.db", workflows=[TIMED], clock=lambda: began) as flow:
        for number in range(40):
            flow.register(f"lamp {number}", channel="hotline", place="f/c1", by=Actor("Li", Role.GRID_ADMINISTRATOR))
    return tmp_path


@contextmanager
def following(town: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "demandflow", "follow", f"sqlite:///{town}/town.db", "--workflow", "town:TIMED"]
    command += ["--policies", "town:POLICIES", "--every", "0.05", *more]
    running = subprocess.Popen(command, cwd=town, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


def reactions(town: Path) -> Counter[str | None]:
    with DemandFlow.open(f"sqlite:///{town}/town.db", workflows=[TIMED]) as flow:
        by_policy = (event for event in flow.all_events() if event.meta.actor.role == Role.POLICY)
        return Counter(f"{event.demand} {event.meta.command_id}" for event in by_policy)


def told(town: Path) -> list[str]:
    notices = town / "notices.txt"
    return notices.read_text().split() if notices.exists() else []


def wait_for(town: Path, number: int) -> None:
    until = time.monotonic() + 60
    while len(reactions(town)) < number:
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_acts_and_stops_cleanly_on_a_signal(town: Path, number: int) -> None:
    with following(town, "--notify", "town:notify") as process:
        wait_for(town, 80)
        while len(told(town)) < 40:
            time.sleep(0.05)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "following sqlite:///" in said
    assert "reminders 80; 0 parked" in said
    assert "stopped; 80 reactions recorded" in said
    assert len(told(town)) == len(set(told(town))) == 40


@pytest.mark.long
def test_killed_again_and_again_it_does_everything_once(town: Path) -> None:
    for pause in (0.5, 0.9, 1.3):
        with following(town) as process, following(town) as another:
            time.sleep(pause)
            process.kill()
            another.kill()
    with following(town) as process:
        wait_for(town, 80)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert set(reactions(town).values()) == {1}
    assert len(reactions(town)) == 80


def follow(town: Path, *more: str) -> int:
    return main(["follow", f"sqlite:///{town}/town.db", "--workflow", "town:TIMED", *more])


def test_once_runs_once_and_policies_may_be_made_by_a_function(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["follow", f"sqlite:///{town}/town.db", "--workflow", f"{town}/town.py:TIMED",
                 "--policies", f"{town}/town.py:make", "--once"]) == 0  # fmt: skip
    assert "reminders 80; 0 parked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--policies", "town:NOBODY"), "NOBODY"),
        (("--policies", "town:NOTHING"), "is no policy"),
        (("--policies", "nowhere:POLICIES"), "nowhere"),
        (("--policies", "town:POLICIES", "--every", "0"), "more than 0"),
        (("--policies", "town:POLICIES", "--notify", "town:NOTHING"), "no function"),
        (("--policies", "town:POLICIES", "--zone", "Nowhere"), "zone"),
        ((), "--policies"),
    ],
)
def test_a_misuse_is_told_in_a_line(
    town: Path, more: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert follow(town, *more) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "town.py").write_text(HERE)
    more = ["--policies", f"{tmp_path}/town.py:POLICIES", "--once"]
    assert main(["follow", f"sqlite:///{tmp_path}/none.db", *more]) == 2
    assert "there is no such log" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()


def test_what_if_compares_a_log_with_other_clocks(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (town / "strict.py").write_text(HERE.replace('"1 hours"', '"9 hours"'))
    log = f"sqlite:///{town}/town.db"
    assert main(["workflow", "what-if", log, f"{town}/town.py:TIMED"]) == 0
    later = datetime.now(UTC) - timedelta(hours=2)
    assert main(["workflow", "what-if", log, f"{town}/strict.py:TIMED", "--until", later.isoformat(), "--json"]) == 1
    assert '"would_be": "running"' in capsys.readouterr().out
    assert main(["workflow", "what-if", log, f"{town}/strict.py:TIMED", "--until", "soon"]) == 2
    assert "'soon' is no moment" in capsys.readouterr().err
