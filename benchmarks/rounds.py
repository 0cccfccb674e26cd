"""Contestants in rounds: each round in a random order, and each compared with another of the same round.

So a machine that is slow for a while is slow for both, and nobody always comes first. Beside the time that passed
stands that of the processor: it is the same when others use the machine, but knows nothing of waiting for the disk.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import NamedTuple


class Seconds(NamedTuple):
    """What a unit of work took."""

    passed: float
    processor: float


Contestant = Callable[[], Seconds]
"""Does its work once and checks it; returns what a unit of the work alone took."""


class Ratio(NamedTuple):
    """The median of the pairs of all rounds, and the quartiles: half of the pairs lie between."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


class Times(NamedTuple):
    """What each contestant took, round by round."""

    seconds: Mapping[str, Sequence[Seconds]]

    def passed(self, name: str) -> float:
        """The seconds that a unit of its work usually takes."""
        return median(each.passed for each in self.seconds[name])

    def ratio(self, name: str, to: str) -> Ratio:
        """How many times as long the one takes as the other."""
        return self._ratio(name, to, lambda each: each.passed)

    def processor(self, name: str, to: str) -> Ratio:
        """How many times as much of the processor the one takes as the other."""
        return self._ratio(name, to, lambda each: each.processor)

    def _ratio(self, name: str, to: str, of: Callable[[Seconds], float]) -> Ratio:
        pairs = [of(one) / of(other) for one, other in zip(self.seconds[name], self.seconds[to], strict=True)]
        low, _, high = quantiles(pairs, n=4) if len(pairs) > 1 else pairs * 3
        return Ratio(median(pairs), low, high)


def timed(work: Callable[[], object], units: int = 1) -> Seconds:
    """What a unit of the work takes; the garbage of others is collected before."""
    gc.collect()
    passed, processor = perf_counter(), process_time()
    work()
    return Seconds((perf_counter() - passed) / units, (process_time() - processor) / units)


def race(contestants: Mapping[str, Contestant], rounds: int, seed: int = 1) -> Times:
    """Let all work in each round, in random order, after one round that warms up and does not count."""
    dice, names = Random(seed), list(contestants)
    seconds: dict[str, list[Seconds]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        dice.shuffle(names)
        for name in names:
            took = contestants[name]()
            if number:
                seconds[name].append(took)
    return Times(seconds)


def show(title: str, times: Times, floor: str, *, unit: str, per_second: float) -> None:
    """Print what each takes in this unit, of which a second has so many, and how many times the floor."""
    width = max(map(len, times.seconds))
    print(f"\n{title}\n{len(times.seconds[floor])} rounds: medians, in brackets the quartiles of the pairs")
    for name in times.seconds:
        line = f"  {name:<{width}}  {times.passed(name) * per_second:10.3f} {unit}"
        if name != floor:
            line += f"  {times.ratio(name, floor)} × {floor}, of the processor {times.processor(name, floor)}"
        print(line)
