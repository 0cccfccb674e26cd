"""A million deadlines on a Chinese office's calendar, as multiples of adding a timedelta to each start.

Usage: python benchmarks/a_million_deadlines.py [DEADLINES]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import perf_counter

from demandflow.calendars import chinese_days
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span

ROUNDS = 3
SPANS = ("3 working days", "5 full working days", "24 working hours", "15 calendar days", "24 hours")
FIRST, SECONDS = datetime(2011, 1, 1, tzinfo=UTC), 15 * 365 * 86_400


def main(deadlines: int = 1_000_000) -> None:
    """Compute each kind of deadline in turn, in rounds, and print the medians."""
    hours = "Mon-Fri 09:00-12:00 14:00-18:00"
    office, dice = Calendar.of("office", zone="Asia/Shanghai", hours=hours, days=chinese_days()), Random(1)
    starts = [FIRST + timedelta(seconds=dice.randrange(SECONDS)) for _ in range(deadlines)]
    began = perf_counter()
    office.add_many((FIRST, starts[-1]), "1 working hour")
    office.between(FIRST, FIRST + timedelta(seconds=SECONDS), "working hours")
    ready, three, days = perf_counter() - began, timedelta(days=3), Span.of("3 working days")
    work: dict[str, Callable[[], object]] = {"raw: start + timedelta": lambda: [start + three for start in starts]}
    for span in SPANS:
        work[span] = lambda span=span: office.add_many(starts, span)  # type: ignore[misc]
    work["3 working days, one by one"] = lambda: [office.add(start, days) for start in starts]
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, do in work.items():
            began = perf_counter()
            do()
            times[name].append(perf_counter() - began)
    floor = median(times["raw: start + timedelta"])
    print(f"{deadlines:,} deadlines, median of {ROUNDS} interleaved rounds; calendar ready in {ready * 1000:.0f} ms")
    for name, taken in times.items():
        print(f"{name:<28} {deadlines / median(taken):>12,.0f} a second {median(taken) / floor:>7.1f} ×")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
