"""Bring letters to a mayor's mailbox in, in Chinese, with their replies; find repeats, and ask nobody how it was.

Usage: python examples/import_letters.py LETTERS.csv[.gz] CATEGORIES.csv [DATABASE]

A letter that names one category of the official tree is put under it. Letters by the same author with similar text are
suggested as repeats, by a note on the later one: a merge is a person's act. Nobody evaluates here, so satisfaction is
n/a, not 0.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import ClassVar

from demandflow import (
    ANYWHERE,
    START,
    STAY,
    Action,
    Actor,
    Category,
    Channel,
    DemandFlow,
    FeedbackMethod,
    Move,
    Place,
    Recorded,
    Role,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.facts import FedBack, Noted, Registered
from demandflow.importing import Column, Constant, Made, Report, Row, RowMapping, RowStep, Timestamp, Value, import_file

OFFICE, FINDER = Actor("市长信箱", "office"), Actor("repeats", Role.POLICY)
ALIKE = 0.6


class Letter(Registered):
    """A letter with its subject."""

    TOPIC: ClassVar[str] = "letters.written"
    subject: str | None = None


class Replied(FedBack):
    """The office wrote back."""

    TOPIC: ClassVar[str] = "letters.replied"
    words: str | None = None


IN_ORDER = (rules.times_do_not_run_backwards,)
LETTERS = Workflow(
    "letters",
    version=1,
    states=[State("written", Stage.FEEDBACK, owner="office"), State("replied", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("write", Letter, START, "written", by="office"),
        Move(
            "reply", Replied, "written", "replied", by="office", means="told", rules=(rules.times_do_not_run_backwards,)
        ),
        Move("note", Noted, ANYWHERE, STAY, by=Role.POLICY),
    ],
)


def tree_of(file: Path) -> dict[str, Category | None]:
    """The official categories by their last name; None where two have the same."""
    found: dict[str, Category | None] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for names in list(csv.reader(lines))[1:]:
            found[names[-1]] = None if names[-1] in found else Category.of(*names)
    return found


def mapping(tree: dict[str, Category | None]) -> RowMapping:
    """How a letter's row is read."""

    def named(row: Row) -> Category | None:
        text = row["留言主题"] + row["留言详情"]
        names = [category for name, category in tree.items() if name in text]
        return names[0] if len(names) == 1 else None

    start: dict[str, Value] = {
        "text": Column("留言详情"),
        "subject": Column("留言主题"),
        "resident": Column("留言用户"),
        "channel": Constant(Channel("mailbox")),
        "place": Constant(Place("A市")),
        "category": Made(("留言主题", "留言详情"), named),
    }
    reply: dict[str, Value] = {"way": Constant(FeedbackMethod.MESSAGE), "words": Column("答复意见")}
    return RowMapping(
        source="mailbox",
        reference="留言编号",
        by=OFFICE,
        zone="Asia/Shanghai",
        formats=("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d"),
        start=RowStep("write", Letter, Timestamp("留言时间"), start),
        steps=(RowStep("reply", Replied, Timestamp("答复时间"), reply),),
    )


@cache
def plain(text: str) -> str:
    """A text without blanks."""
    return "".join(text.split())


def repeats(flow: DemandFlow) -> Iterator[Action]:
    """Suggestions: letters by the same author that are alike, each noted on the later one."""
    by_author: dict[str, list[tuple[str, str, Action]]] = {}
    for row in flow.board(limit=2**31).rows:
        demand = flow.demand(row.demand)
        note = Action(demand=row.demand, move="note", fact=Noted(text="-"), by=FINDER)
        by_author.setdefault(row.resident or "", []).append((demand.reference or "", plain(row.text), note))
    for letters in by_author.values():
        for (first, text, _), (_, later, note) in combinations(letters, 2):
            matcher = SequenceMatcher(None, text, later, autojunk=False)
            if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
                says = Noted(text=f"perhaps a repeat of letter {first}: {matcher.ratio():.0%} alike, same author")
                yield Action(demand=note.demand, move="note", fact=says, by=FINDER, command_id=f"repeat of {first}")


def bring_in(flow: DemandFlow, letters: str, categories: str) -> tuple[Report, int]:
    """Record letters and replies, then the suggestions; returns the report, and how many were suggested."""
    report = import_file(flow, letters, mapping(tree_of(Path(categories))))
    return report, sum(isinstance(one, Recorded) for one in flow.act_many(repeats(flow)))


def main(letters: str, categories: str, database: str = "") -> None:
    """Bring the letters in and print what they come to."""
    with DemandFlow.open(
        f"sqlite:///{database}" if database else "memory:", workflows=(LETTERS,), zone="Asia/Shanghai"
    ) as flow:
        report, suggested = bring_in(flow, letters, categories)
        print(report)
        rows = flow.board(limit=2**31).rows
        authors = [row.resident for row in rows]
        twice = {author for author in authors if authors.count(author) > 1}
        print(f"{len(set(authors))} authors, {len(twice)} of them with several letters; {suggested} repeats suggested")
        print(f"from letter to reply: {flow.durations().times}")
        for year, figures in flow.figures_by("received", every="year").items():
            print(f"{year}: {figures.count('received')} letters")
        for category, figures in flow.figures_by("category").items():
            print(f"{category or '(names no category, or several)'}: {figures.count('received')}")
        figures = flow.figures()
        print(f"{figures.identity}; satisfaction {figures.satisfaction()}: nobody was asked")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:4])
