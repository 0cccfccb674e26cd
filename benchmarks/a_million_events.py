"""A long log from SQLite to PostgreSQL and back: exported, loaded, verified, rebuilt while somebody records.

Each step is done in a process of its own, on a log of a tenth of the events and then on one of all: what it takes, and
the most memory that the process ever had, which must not grow with the log. PostgreSQL's own memory is not in it. What
SQLite loads, rebuilds and verifies is the log that came back from there.

Usage: python benchmarks/a_million_events.py [EVENTS]
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from typing import NamedTuple

from lives import COMMANDS, of_others, opened, register, rows_of, side_by_side

from demandflow import DemandFlow
from demandflow.analysis.verifying import verify
from demandflow.exchange import export_log, load_log

PAGE, LIVED = 1_000, 14_000
"""So many events are recorded by commands, in pages; the others are the same rows again, of other demands."""
PAUSE = 0.02


class Step(NamedTuple):
    """What a step took: seconds, and the most memory, in MiB; and what else there is to say."""

    seconds: float
    memory: float
    note: str = ""


def make(url: str, events: str) -> str:
    """Fill a new log, though not its tables."""
    file, number = Path(url.removeprefix("sqlite:///")), int(events)
    with opened(file, synchronous="NORMAL") as flow:
        for _ in range(0, min(number, LIVED), PAGE * COMMANDS):
            for _ in side_by_side(flow, PAGE, PAGE):
                pass
    lived = rows_of(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for there in range(len(lived), number, len(lived)):
            rows = of_others(lived)[: number - there]
            connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    return ""


def export(url: str, file: str) -> str:
    """Write it to a file."""
    return f"{export_log(url, file).events:,} events, {Path(file).stat().st_size / 2**20:,.0f} MiB"


def load(url: str, file: str) -> str:
    """Read it from a file."""
    loaded = load_log(file, url)
    assert loaded.new == loaded.events, loaded
    return ""


def ask(url: str) -> str:
    """Open it and ask for the figures, which are there."""
    with DemandFlow.open(url, create=False) as flow:
        return flow.figures().identity


def check(url: str) -> str:
    """Verify it."""
    with DemandFlow.open(url, create=False) as flow:
        verified = verify(flow)
        assert verified.ok, verified
        return ""


def rebuild(url: str) -> str:
    """Rebuild its tables beside the present ones, while a process of its own records."""
    with DemandFlow.open(url, create=False) as flow, recording(url) as said:
        flow.rebuild()
    return said[0]


def record(url: str) -> None:
    """One command after the other with a pause between, until told to stop; print how many, and how long they took."""
    seconds: list[float] = []
    with DemandFlow.open(url, create=False) as flow:
        register(flow)
        print("ready", flush=True)
        until_told = Thread(target=sys.stdin.read, daemon=True)
        until_told.start()
        while until_told.is_alive():
            began = perf_counter()
            register(flow)
            seconds.append(perf_counter() - began)
            sleep(PAUSE)
    seconds.sort()
    usual, slowest = seconds[len(seconds) // 2] * 1000, seconds[-1] * 1000
    print(f"meanwhile {len(seconds):,} commands, usually {usual:.1f} ms, at most {slowest:.0f} ms")


STEPS: dict[str, Callable[..., str]] = {step.__name__: step for step in (make, export, load, ask, check, rebuild)}


@contextmanager
def recording(url: str) -> Iterator[list[str]]:
    """Somebody records while the block runs; afterwards there is what they say of it."""
    said: list[str] = []
    command = [sys.executable, __file__, "record", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        yield said
        other.stdin.close()
        said.append(other.stdout.read().strip())


def measured(step: Callable[..., str], *given: str) -> None:
    """Do a step in this process, and print what it took."""
    began = perf_counter()
    note = step(*given)
    seconds = perf_counter() - began
    print(json.dumps(Step(seconds, most_memory(), note)))


def most_memory() -> float:
    """The most that this process ever had, in MiB. What getrusage says begins with what its parent had."""
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) / 1024


def there_and_back(events: int, postgres: str, folder: Path) -> dict[str, Step]:
    """All steps on a log of so many events."""
    here, back = (f"sqlite:///{folder}/{events}-{name}.db" for name in ("here", "back"))
    files = [f"{folder}/{events}-{name}.jsonl.gz" for name in ("here", "postgres")]
    steps = [
        ("the log is made", "make", here, str(events)),
        ("SQLite: export", "export", here, files[0]),
        ("PostgreSQL: load", "load", postgres, files[0]),
        ("PostgreSQL: export", "export", postgres, files[1]),
        ("PostgreSQL: rebuild", "rebuild", postgres),
        ("PostgreSQL: open, figures", "ask", postgres),
        ("PostgreSQL: verify", "check", postgres),
        ("SQLite: load", "load", back, files[1]),
        ("SQLite: rebuild", "rebuild", back),
        ("SQLite: open, figures", "ask", back),
        ("SQLite: verify", "check", back),
    ]
    took: dict[str, Step] = {}
    for name, *step in steps:
        done = subprocess.run([sys.executable, __file__, *step], stdout=subprocess.PIPE, check=True)
        took[name] = Step(*json.loads(done.stdout))
        print(f"{events:>12,}  {name:<26}{took[name].seconds:9.1f} s  {took[name].note}", flush=True)
    assert Path(files[0]).read_bytes() == Path(files[1]).read_bytes(), "the same log is the same file"
    return took


def main(events: int = 1_000_000) -> None:
    """A tenth of them and then all, each on a server of its own."""
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.servers import Server

    took: dict[int, dict[str, Step]] = {}
    for number in (events // 10, events):
        server = Server()
        try:
            server.start()
            with tempfile.TemporaryDirectory() as folder:
                took[number] = there_and_back(number, server.url, Path(folder))
        finally:
            server.close()
    print(f"\n{'events':<26}" + "".join(f"{number:>34,}" for number in took))
    for name in took[events]:
        print(f"{name:<26}" + "".join(_cell(steps[name], number) for number, steps in took.items()))


def _cell(step: Step, events: int) -> str:
    return f"{step.seconds:9.1f} s {events / step.seconds:9,.0f}/s {step.memory:7.0f} MiB"


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2])
    elif len(sys.argv) > 2:
        measured(STEPS[sys.argv[1]], *sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:]))
