"""Where the time of a command goes, in lives as they are lived: each part by itself, beside the raw insert of the row.

Usage: python benchmarks/parts_of_a_command.py [ROUNDS]

A stopwatch of its own adds a fifth of a microsecond to each part.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from lives import COMMANDS, LIFE, Flow, Raw, of_others, register, rows_of

from demandflow import commands
from demandflow.recording import handling
from demandflow.store.log import Log
from demandflow.store.sqlite.writer import Writer

LIVES = 24
WHOLE, INSERT, FLOOR = "a command, as its caller sees it", "inserting the row", "the raw insert"
PARTS: dict[str, tuple[Any, str]] = {
    "looking at what was given": (commands, "command_from"),
    "deciding": (handling.CommandHandler, "_decided"),
    "making the row": (Log, "rows"),
    INSERT: (Writer, "append"),
    "evolving": (handling, "evolve"),
}
REST = "making the fact, and what lies between"
MOVES = ("register", "accept", "contract_out", "take_on", "report", "feed_back", "evaluate")


class Stopwatch:
    """The seconds that each call of a part took."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {part: [] for part in PARTS}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take the time of each part."""
        with ExitStack() as patches:
            for part, (owner, name) in PARTS.items():
                patches.enter_context(patch.object(owner, name, self._timed(part, getattr(owner, name))))
            yield

    def _timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        took = self.took[part]

        def timed(*given: Any, **more: Any) -> Any:
            began = perf_counter()
            try:
                return work(*given, **more)
            finally:
                took.append(perf_counter() - began)

        return timed


def lived(flow: Flow, took: dict[str, list[float]]) -> None:
    """One life, and what each command of it took."""
    began = perf_counter()
    lamp = register(flow.flow)
    for move, step in zip(MOVES, (*LIFE, None), strict=True):
        took[move].append(perf_counter() - began)
        if step is not None:
            began = perf_counter()
            step(flow.flow, lamp)


def main(rounds: int = 25) -> None:
    """Live, insert the same rows raw, and live again under the stopwatch, in turn."""
    moves: dict[str, list[float]] = {move: [] for move in MOVES}
    raw_took, watch = [], Stopwatch()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        flow = Flow(folder / "lives.db", synchronous="NORMAL")
        for _ in range(LIVES):
            flow.live()
        rows = rows_of(flow.file)
        raw = Raw(folder / "raw.db", flow.file, "NORMAL")
        for _ in range(rounds):
            for _ in range(LIVES):
                lived(flow, moves)
            for row in of_others(rows):
                began = perf_counter()
                raw.insert([row])
                raw_took.append(perf_counter() - began)
            with watch.watching():
                for _ in range(LIVES):
                    flow.live()
        lives = LIVES * (1 + 2 * rounds)
        flow.check(lives, lives * COMMANDS)
        flow.close()
        raw.close()
    whole = sum(median(took) for took in moves.values()) / COMMANDS
    parts = {part: median(took) for part, took in watch.took.items()}
    floor = median(raw_took)
    print(f"\nA command, its state kept, synchronous=NORMAL: medians of {rounds * LIVES} lives")
    for name, seconds in {
        WHOLE: whole,
        **parts,
        REST: whole - sum(parts.values()),
        FLOOR: floor,
    }.items():
        print(f"  {name:<40} {seconds * 1e6:6.1f} µs  {seconds / floor:5.2f} × {FLOOR}")
    for move, took in moves.items():
        print(f"    {move:<38} {median(took) * 1e6:6.1f} µs  {median(took) / floor:5.2f} × {FLOOR}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
