"""Replay a process that nobody here designed: permits received by a Dutch municipality, every step of every case.

Usage: python examples/replay_receipt.py receipt.csv [DATABASE]

The workflow is declared from the log: a state for each last activity, from-states are the predecessors seen in it.
Start, end and department of a case are attributes, not events, so they are steps of their own, beside those of the log:
received, assigned, closed; closing leads into an ended twin of each state, which later steps keep. Impossible times are
listed, not refused.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from demandflow import (
    START,
    STAY,
    Action,
    Actor,
    Channel,
    DemandFlow,
    Event,
    Move,
    MoveNotAllowed,
    Place,
    Recorded,
    Registration,
    Stage,
    State,
    Workflow,
)
from demandflow.facts import ContractedOut, Fact, Registered
from demandflow.figures import Durations

STAFF, SOURCE, ASSIGN, CLOSE = "staff", "municipality", "assign", "close"
NOTHING_YET = "nothing done yet"
NOBODY = Actor("nobody", STAFF)
LAST_EVENT = "2012-01-23 14:42:54.644+00:00"


class Received(Registered):
    """A case as the municipality keeps it."""

    TOPIC: ClassVar[str] = "receipt.received"
    planned: datetime | None = None


class Did(Fact):
    """Somebody did an activity."""

    TOPIC: ClassVar[str] = "receipt.did"
    task: str | None = None


class Ended(Fact):
    """The case has an end."""

    TOPIC: ClassVar[str] = "receipt.ended"
    end: datetime | None = None


@dataclass
class Case:
    """One case of the log: its attributes and its steps, in the order of their times."""

    id: str
    rows: list[dict[str, str]] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        return self.rows[0][f"case:{attribute}"]

    @property
    def activities(self) -> tuple[str, ...]:
        """What was done, in order."""
        return tuple(row["concept:name"] for row in self.rows)


def cases_of(file: Path) -> list[Case]:
    """The cases of the file."""
    cases: dict[str, Case] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            cases.setdefault(row["case:concept:name"], Case(row["case:concept:name"])).rows.append(row)
    return list(cases.values())


def twin(state: str) -> str:
    """The ended twin of a state."""
    return f"{state} (ended)"


def workflow_of(histories: Iterable[Sequence[str]]) -> Workflow:
    """The workflow in which just these histories' pairs of neighbours are possible."""
    before: dict[str, dict[str, None]] = {}
    for history in histories:
        for one, next_one in pairwise((NOTHING_YET, *history)):
            before.setdefault(next_one, {})[one] = None
    names = [NOTHING_YET, *before]
    moves = [Move("receive", Received, START, NOTHING_YET, by=STAFF)]
    for activity, predecessors in before.items():
        moves.append(Move(f"do {activity}", Did, tuple(predecessors), activity, by=STAFF))
        moves.append(Move(f"do {activity}", Did, tuple(map(twin, predecessors)), twin(activity), by=STAFF))
    moves.append(Move(ASSIGN, ContractedOut, NOTHING_YET, STAY, by=STAFF, means="contracted_out"))
    moves += [Move(CLOSE, Ended, name, twin(name), by=STAFF) for name in names]
    states = [State(name, Stage.FEEDBACK, owner=STAFF) for name in names]
    states += [State(twin(name), Stage.ENDED, ended_as="closed") for name in names]
    return Workflow("receipt", version=1, states=states, moves=moves)


def moment(text: str) -> datetime | None:
    """A time of the log, whatever its offset."""
    return datetime.fromisoformat(text) if text else None


def registration(case: Case) -> Registration:
    """A case at its start, with its attributes."""
    fact = Received(
        text=f"permit {case.id}",
        channel=Channel(case["channel"]),
        place=Place.of(SOURCE, *filter(None, [case["group"]])),
        source=SOURCE,
        reference=case.id,
        due=moment(case["deadline"]),
        planned=moment(case["enddate_planned"]),
    )
    return Registration(fact=fact, by=Actor(case["responsible"], STAFF), at=moment(case["startdate"]))


def actor(row: dict[str, str]) -> Actor:
    """The person who did it, of their group."""
    return Actor(row["org:resource"], STAFF, row["org:group"] or None)


def actions(case: Case, demand: UUID) -> Iterator[Action]:
    """The steps of a case in the order of their times, the end among them."""
    received, end = moment(case["startdate"]), moment(case["enddate"])
    department = ContractedOut(contractor=case["department"], due=moment(case["deadline"]))
    yield Action(demand=demand, move=ASSIGN, fact=department, by=NOBODY, at=received, command_id=ASSIGN)
    steps: list[tuple[datetime, str, Fact, Actor, str]] = []
    for row in case.rows:
        task = row["concept:instance"]
        at = datetime.fromisoformat(row["time:timestamp"])
        steps.append((at, f"do {row['concept:name']}", Did(task=task), actor(row), task))
    if end is not None:
        steps.append((end, CLOSE, Ended(end=end), Actor(case["responsible"], STAFF), CLOSE))
    for at, move, fact, by, key in sorted(steps, key=lambda step: step[0]):
        yield Action(demand=demand, move=move, fact=fact, by=by, at=at, command_id=key)


def replay(flow: DemandFlow, cases: list[Case]) -> list[UUID]:
    """Record every case and every step; all of them must be admitted."""
    started = flow.register_many(map(registration, cases))
    ids = [one.demand.id for one in started if isinstance(one, Recorded)]
    assert len(ids) == len(cases), "every case is recorded"
    steps = [action for case, demand in zip(cases, ids, strict=True) for action in actions(case, demand)]
    refused = [one for one in flow.act_many(steps) if not isinstance(one, Recorded)]
    assert not refused, refused[:3]
    return ids


def did(events: Sequence[Event]) -> list[Event]:
    """The events that are steps of the log."""
    return [event for event in events if isinstance(event.fact, Did)]


@dataclass
class Told:
    """What the engine has recorded, read back from it."""

    histories: dict[UUID, list[Event]]
    ends: dict[UUID, tuple[datetime, datetime | None]]
    departments: dict[UUID, str]
    channels: dict[UUID, str]

    @classmethod
    def by(cls, flow: DemandFlow) -> Told:
        """Everything, from the board and the events."""
        rows = flow.board(limit=2**31).rows
        events = {row.demand: flow.events(row.demand) for row in rows}
        ends: dict[UUID, tuple[datetime, datetime | None]] = {}
        for demand, recorded in events.items():
            start = recorded[0].meta.happened
            end = next((event.meta.happened for event in recorded if event.stamp.move == CLOSE), None)
            ends[demand] = (start, end)
        histories = {demand: did(recorded) for demand, recorded in events.items()}
        return cls(histories, ends, {r.demand: r.lead or "" for r in rows}, {r.demand: r.channel for r in rows})

    def activities(self) -> Counter[str]:
        """How often each activity was done."""
        return Counter(event.stamp.move.removeprefix("do ") for events in self.histories.values() for event in events)

    def variants(self) -> Counter[tuple[str, ...]]:
        """The different histories, and how many cases have each."""
        named = (tuple(event.stamp.move.removeprefix("do ") for event in events) for events in self.histories.values())
        return Counter(named)

    def first_to_last(self) -> Durations:
        """From the first step to the last."""
        spans = ((events[0].meta.happened, events[-1].meta.happened) for events in self.histories.values())
        return Durations.of("first to last step", spans)

    def start_to_end(self, keep: Iterable[UUID] | None = None) -> Durations:
        """From the start of the case to its end, as they were recorded."""
        chosen = self.ends if keep is None else keep
        return Durations.of("start to end", (self.ends[demand] for demand in chosen))

    def after_the_end(self) -> dict[UUID, int]:
        """How many steps came after the end of the case."""
        late = {}
        for demand, events in self.histories.items():
            end = self.ends[demand][1]
            late[demand] = sum(end is not None and event.meta.happened > end for event in events)
        return {demand: number for demand, number in late.items() if number}

    def impossible(self) -> dict[str, int]:
        """Times that cannot be: listed, not refused."""
        ends = self.ends.items()
        first = {demand: events[0].meta.happened for demand, events in self.histories.items()}
        return {
            "end before start": sum(end is not None and end < start for _, (start, end) in ends),
            "first step before start": sum(first[demand] < start for demand, (start, _) in ends),
        }


def swapped(variants: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The histories that come of swapping two neighbouring steps, and that are not in the log."""
    known = set(variants)
    found = set()
    for one in known:
        for at in range(len(one) - 1):
            found.add((*one[:at], one[at + 1], one[at], *one[at + 2 :]))
    return found - known


def admitted(flow: DemandFlow, history: Sequence[str]) -> bool:
    """Whether the engine lets this history through, step by step."""
    plain: Any = {"text": "x", "channel": Channel("x"), "place": Place(SOURCE)}
    try:
        with flow.batch() as batch:
            demand = batch.start(Received(**plain), by=NOBODY).id
            for activity in history:
                batch.act(demand, f"do {activity}", Did(), by=NOBODY)
    except MoveNotAllowed:
        return False
    return True


def print_all(flow: DemandFlow, told: Told, as_of: datetime) -> None:
    """What the log comes to."""
    figures, due = flow.figures(), flow.deadlines(as_of)
    print(
        f"{len(told.histories)} cases, {sum(told.activities().values())} steps of {len(told.activities())} activities:"
    )
    for activity, number in told.activities().most_common():
        print(f"  {number:>5}  {activity}")
    print(f"{len(told.variants())} variants; the most frequent {told.variants().most_common(1)[0][1]} cases")
    print(figures.identity)
    print(f"on time, of the due {figures.on_time}; of the ended {figures.on_time_of_the_ended}")
    print(f"late {figures.count('missed')}")
    print(f"as of {as_of}: {due.overdue} open and overdue, {due.not_yet_due} open and not yet due")
    print(told.first_to_last())
    print(told.start_to_end())
    late = told.after_the_end()
    print(f"steps after the end: {sum(late.values())} in {len(late)} cases; impossible times: {told.impossible()}")
    for title, part_of, parts in (
        ("department", told.departments, flow.figures_by("lead")),
        ("channel", told.channels, flow.figures_by("channel")),
    ):
        print(f"\n{title:<18}{'cases':>7}{'closed':>8}{'late':>6}  start to end")
        for name, part in ((name, part) for name, part in parts.items() if part.count("received")):
            spans = told.start_to_end(demand for demand, where in part_of.items() if where == name)
            counts = f"{part.count('received'):>7}{part.count('closed'):>8}{part.count('missed'):>6}"
            print(f"{name:<18}{counts}  {spans.times}")


def main(file: str, database: str | None = None) -> None:
    """Replay the file and print what it came to; then try histories that are not in it."""
    cases = cases_of(Path(file))
    workflow = workflow_of(case.activities for case in cases)
    url = f"sqlite:///{database}" if database else "memory:"
    as_of = datetime.fromisoformat(LAST_EVENT)
    how: Any = {"zone": "Europe/Amsterdam", "clock": lambda: as_of, "backdating": STAFF}
    with DemandFlow.open(url, workflows=(workflow,), **how) as flow:
        replay(flow, cases)
        told = Told.by(flow)
        print_all(flow, told, as_of)
    with DemandFlow.open("memory:", workflows=(workflow,)) as flow:
        others = swapped(told.variants())
        passed = sum(admitted(flow, history) for history in others)
        print(f"\n{len(others)} histories that are not in the log: {passed} admitted, {len(others) - passed} refused")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:3])
