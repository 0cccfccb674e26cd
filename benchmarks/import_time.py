"""Importing demandflow, in a new process, as a multiple of importing what it depends on.

Usage: python benchmarks/import_time.py [ROUNDS]

pydantic imports little of itself before it is used: so there are two floors, the bare imports, and with them one model
of one field.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter

from rounds import Contestant, Seconds, race, show

ALONE = "import eventsourcing.persistence, msgspec, pydantic, sqlite3, transitions"
FLOOR, IN_USE = "its dependencies alone", "and one pydantic model"
PROCESSES = {
    FLOOR: ALONE,
    IN_USE: f"{ALONE}\nclass One(pydantic.BaseModel):\n    field: int",
    "import demandflow": "import demandflow",
    "a demand registered in memory": """
from demandflow import Actor, DemandFlow
with DemandFlow.open("memory:") as flow:
    flow.register("A lamp.", channel="hotline", place="a/b", by=Actor("Li", "grid_administrator"))
""",
}


def process(code: str) -> Contestant:
    """What a new process takes for this code, from its start to its end."""
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    where.pop("PYTHONDONTWRITEBYTECODE", None)  # the round that warms up compiles all modules

    def run() -> Seconds:
        began = perf_counter()
        number = os.posix_spawn(sys.executable, [sys.executable, "-c", code], where)
        _, status, used = os.wait4(number, 0)
        assert status == 0
        return Seconds(perf_counter() - began, used.ru_utime + used.ru_stime)

    return run


def main(rounds: int = 21) -> None:
    """Start each process in turn."""
    times = race({name: process(code) for name, code in PROCESSES.items()}, rounds)
    for floor in (FLOOR, IN_USE):
        show("Importing, in a new process", times, floor, unit="ms", per_second=1e3)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
