"""Repeats among real letters to a mayor, in Chinese: how many of the suggestions are by the same author."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

from demandflow import Demand, Place
from demandflow.domain.demand import as_if
from demandflow.domain.facts import Noted
from demandflow.policies import Sorting
from demandflow.testing import demand_id
from tests.unit.policies.test_policies import LOOP, OFFICE, World, china


def letters_of_those_who_wrote_several(folder: Path) -> list[Demand]:
    """Their letters, each as a demand that waits for the audit, numbered as the letter is."""
    with gzip.open(folder / "letters.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    often = Counter(row["留言用户"] for row in rows)
    return [_demand(row) for row in rows if often[row["留言用户"]] > 1]


def _demand(row: dict[str, str]) -> Demand:
    year, month, day, *clock = (part.rjust(2, "0") for part in re.findall("[0-9]+", row["留言时间"]))
    at = china(f"{year}-{month}-{day} {':'.join(clock)}")
    return as_if(
        Demand(demand_id(int(row["留言编号"]))),
        version=1,
        workflow=LOOP.key,
        state="registered",
        stage="audit",
        round=1,
        received=at,
        since=at,
        last=at,
        text=row["留言详情"],
        place=Place("A市"),
        resident=row["留言用户"],
    )


def test_of_the_letters_suggested_as_repeats_most_are_by_the_same_author(data: Path) -> None:
    """The policy does not look at the author; so an author who comes again is a witness that it found a repeat.

    Read by a person, the pairs by two authors are about the same matter as well.
    """
    letters = letters_of_those_who_wrote_several(data / "taidi")
    authors = {letter.id: letter.resident for letter in letters}
    policy, same, other = Sorting(OFFICE, near=1, alike=80), 0, []
    for letter in letters:
        (timer,) = [timer for timer in policy.timers(letter, LOOP) if timer.cause == "repeats"]
        for reaction in policy.then(timer, letter, World(timer.at, tuple(letters))):
            assert isinstance(reaction.fact, Noted)
            named = demand_id(int(reaction.fact.text.split("demand ")[1].split(":")[0].replace("-", ""), 16))
            if authors[named] == letter.resident:
                same += 1
            else:
                other.append((named.int, letter.id.int))
    print(len(letters), same, other)
    assert same >= 50
    assert len(other) <= 5
