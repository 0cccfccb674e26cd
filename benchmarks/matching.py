"""A year of needs matched to a county's volunteers, as multiples of sorting the same people by one key for each need.

Usage: python benchmarks/matching.py [NEEDS [PEOPLE]]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from random import Random
from statistics import median
from time import process_time

from demandflow.county import Need, Person, Synonyms, match, plan

ROUNDS = 5
ZONE = "Asia/Shanghai"
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
SYNONYMS = Synonyms((("hairdressing", "haircut", "理发"), ("law", "legal aid"), ("care", "home help")))
SKILLS = ("hairdressing", "haircut", "理发", "law", "legal aid", "care", "home help", "music", "repairs", "clinic")
HOURS = (None, "Mon-Fri 08:00-12:00 14:00-18:00", "Sat-Sun 08:00-20:00", "Mon-Sun 18:00-22:00", "Mon-Sun 00:00-24:00")


def people(number: int, dice: Random) -> list[Person]:
    """So many volunteers with one to three skills in one to two of 65 grids."""
    return [
        Person(
            f"volunteer {who}",
            skills=tuple(dice.sample(SKILLS, dice.randint(1, 3))),
            places=tuple({grid(dice) for _ in range(dice.randint(1, 2))}),
            hours=dice.choice(HOURS),
            verified=dice.random() < 0.95,
            withdrawn=dice.random() < 0.05,
            most=10,
        )
        for who in range(number)
    ]


def needs(number: int, dice: Random) -> list[Need]:
    """So many needs of one to three hours in a year, by day."""
    starts = sorted(FIRST + timedelta(days=dice.randrange(365), hours=dice.randrange(12)) for _ in range(number))
    return [
        Need(f"need {n}", dice.choice(SKILLS), grid(dice), moment, dice.choice((60, 120, 180)), shared=2)
        for n, moment in enumerate(starts)
    ]


def grid(dice: Random) -> str:
    """One of 65 grids in 13 communities."""
    number = dice.randrange(65)
    return f"fufeng/chengguan/c{number // 5}/g{number}"


def main(number: int = 200, volunteers: int = 1_300) -> None:
    """Match and plan in turn, in rounds, and print the medians of the time that the processor took."""
    dice = Random(1)
    crowd, asked = people(volunteers, dice), needs(number, dice)
    work: dict[str, Callable[[], object]] = {
        "raw: sorted by one key": lambda: [sorted(crowd, key=attrgetter("load"))[:3] for _ in asked],
        "match, the first three": lambda: [match(need, crowd, synonyms=SYNONYMS, zone=ZONE) for need in asked],
        "plan, all of them": lambda: plan(asked, crowd, synonyms=SYNONYMS, zone=ZONE),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, do in work.items():
            began = process_time()
            do()
            times[name].append(process_time() - began)
    floor = median(times["raw: sorted by one key"])
    print(f"{number:,} needs among {volunteers:,} people, median of {ROUNDS} interleaved rounds")
    for name, taken in times.items():
        print(f"{name:<24} {median(taken) * 1000:>8,.0f} ms {median(taken) / floor:>6.1f} ×")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
