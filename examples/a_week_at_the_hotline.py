"""A week at the hotline: 2,000 demands, three holidays, a make-up Saturday, a burst main, and policies that act.

Usage: python examples/a_week_at_the_hotline.py [DATABASE]

People collect always; they sort, dispatch, work and call back only in office hours. Policies do what must not be
forgotten: gather what is new at set hours, contract out by place and category, remind, escalate. At the end it prints
what was due, met and escalated, and why, and what a stricter clock would have made of the same week.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow import (
    Action,
    Actor,
    Calendar,
    Category,
    Channel,
    Days,
    DemandFlow,
    FeedbackMethod,
    Grade,
    Place,
    Registration,
    Role,
    closed_loop,
    standard_clocks,
)
from demandflow.analysis import what_if
from demandflow.facts import (
    Accepted,
    Escalated,
    Evaluated,
    Fact,
    FedBack,
    Merged,
    Noted,
    Registered,
    Reported,
    Sorted,
    TakenOn,
)
from demandflow.figures import BoardRow
from demandflow.policies import Handler, standard_policies

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 10, 5, tzinfo=ZONE)
HOLIDAYS = Days(
    [2026, 2027],
    closed=[*(date(2026, 10, day) for day in range(1, 8)), date(2027, 1, 1)],
    working=[date(2026, 10, 10)],
)
OFFICE = Calendar.of("office", zone=ZONE.key, hours="Mon-Fri 09:00-12:00 14:00-18:00", days=HOLIDAYS)
LOOP = closed_loop("hotline", clocks=standard_clocks(OFFICE, finish="1 working day"))
STRICTER = closed_loop("hotline", version=3, clocks=standard_clocks(OFFICE, finish="3 working hours"))
UNITS = (
    Handler("water works", "fufeng/north", ("water",)),
    Handler("water works", "fufeng/south", ("water",)),
    Handler("lighting team", "fufeng/north", ("lighting",)),
    Handler("lighting team", "fufeng/south", ("lighting",)),
    Handler("north roads", "fufeng/north", ("roads",)),
    Handler("south roads", "fufeng/south", ("roads",)),
    Handler("north office", "fufeng/north"),
    Handler("south office", "fufeng/south"),
)
TEXTS = {
    "water": ("no water since this morning", "the tap water is brown", "水管漏水，楼道里都是水"),
    "lighting": ("the street lamp is out", "the lamp in the stairwell flickers", "路灯坏了，晚上很黑"),
    "roads": ("a hole in the road", "the pavement is broken", "人行道的砖松了"),
    "noise": ("music at night", "building work before six", "半夜施工太吵"),
    "waste": ("the bins were not emptied", "rubbish in the courtyard", "垃圾没有人收"),
}
STORM = (
    "the main has burst, the street is under water",
    "a burst main, the street is flooded",
    "主水管爆裂，街上全是水",
)
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
WEEK = 7 * 24


class Week:
    """The hours of a week, and what people do in them; chance is thrown with a seed, so that each run is the same."""

    def __init__(self, database: str) -> None:
        self.now, self.chance, self.number = MONDAY.astimezone(UTC), Random(20261005), 0
        policies = standard_policies(OFFICE, units=UNITS)
        self.flow = DemandFlow.open(
            database, workflows=(LOOP,), zone=ZONE.key, policies=policies, clock=lambda: self.now, new_id=self.new_id
        )
        self.notices: Counter[str] = Counter()

    def new_id(self) -> UUID:
        """Ids in the order of registration."""
        self.number += 1
        return UUID(int=self.number)

    def live(self) -> None:
        """Let the week go by, hour after hour."""
        for hour in range(WEEK):
            self.now = (MONDAY + timedelta(hours=hour)).astimezone(UTC)
            self.flow.register_many(self.calls(hour))
            self.flow.run_policies(notify=lambda notice: self.notices.update([notice.kind]))
            if OFFICE.is_open(self.now):
                for step in (self.sort, self.take_on, self.report, self.feed_back):
                    self.flow.act_many(list(step()))
            if 8 <= self.now.astimezone(ZONE).hour < 22:
                self.flow.act_many(list(self.evaluate()))

    def calls(self, hour: int) -> Iterator[Registration]:
        """What residents ask for in this hour; the main bursts on Thursday evening."""
        busy = 15 if 8 <= hour % 24 < 22 else 5
        for _ in range(busy if hour % 7 else busy - 4):
            about = self.chance.choice(list(TEXTS))
            yield self.call(
                f"{self.chance.choice(TEXTS[about])} ({self.chance.randrange(90)})",
                self.chance.choice(("north/c1", "north/c2", "south/c3")),
            )
        if hour in range(3 * 24 + 18, 3 * 24 + 21):
            for _ in range(100):
                yield self.call(self.chance.choice(STORM), "north/c2")

    def call(self, text: str, place: str) -> Registration:
        """One call."""
        who = f"resident {self.chance.randrange(900)}"
        fact = Registered(text=text, channel=Channel("hotline"), place=Place(f"fufeng/{place}"), resident=who)
        return Registration(fact=fact, by=CLERK)

    def sort(self) -> Iterator[Action]:
        """The auditor merges what the policy calls a repeat of something that is still open, and accepts the rest."""
        for row in self.waiting("registered", 130):
            into = self.repeats(row)
            if into is not None:
                yield self.action(row, "merge", Merged(into=into), AUDITOR)
                continue
            about = next((one for one, texts in TEXTS.items() if row.text.rpartition(" (")[0] in texts), "water")
            yield self.action(row, "sort", Sorted(category=Category(about)), AUDITOR)
            yield self.action(row, "accept", Accepted(), AUDITOR)

    def repeats(self, row: BoardRow) -> UUID | None:
        """The demand that this one is said to be a repeat of, for a burst main: others may well be two."""
        if row.text not in STORM:
            return None
        noted = [event.fact.text for event in self.flow.events(row.demand) if isinstance(event.fact, Noted)]
        found = re.search(r"repeat of demand ([0-9a-f-]{36})", " ".join(noted))
        return UUID(found[1]) if found else None

    def take_on(self) -> Iterator[Action]:
        """Units begin what they were given."""
        for row in self.waiting("contracted_out", 90):
            yield self.action(row, "take_on", TakenOn(), self.worker(row))

    def report(self) -> Iterator[Action]:
        """Units report what they did: some more an hour than others."""
        can = {"water works": 22, "lighting team": 14, "north roads": 5, "south roads": 12, "north office": 14}
        done: Counter[str] = Counter()
        for row in self.waiting("in_hand", 400):
            unit = row.contractor or ""
            if done[unit] < can.get(unit, 12):
                done[unit] += 1
                yield self.action(row, "report", Reported(resolved=True, words="done"), self.worker(row))

    def feed_back(self) -> Iterator[Action]:
        """A clerk calls residents."""
        for row in self.waiting("reported", 70):
            yield self.action(row, "feed_back", FedBack(way=FeedbackMethod.CALL), CLERK)

    def evaluate(self) -> Iterator[Action]:
        """Residents say whether it is resolved, when they find the time."""
        for row in self.waiting("fed_back", 400):
            if self.chance.random() < 0.3:
                resolved = self.chance.random() < 0.95
                fact = Evaluated(resolved=resolved, grade=Grade.SATISFIED if resolved else Grade.DISSATISFIED)
                yield self.action(row, "evaluate", fact, Actor(row.resident or "", Role.RESIDENT))

    def waiting(self, state: str, most: int) -> Iterable[BoardRow]:
        """The demands in this state, the earliest due first."""
        return self.flow.board(state=state, sort=("due", "received"), limit=most).rows

    def action(self, row: BoardRow, move: str, fact: Fact, by: Actor) -> Action:
        """One move."""
        return Action(demand=row.demand, move=move, fact=fact, by=by)

    def worker(self, row: BoardRow) -> Actor:
        """Somebody of the unit that has it."""
        return Actor(f"worker of {row.contractor}", Role.CONTRACTOR, unit=row.contractor)


def main(database: str = "memory:") -> None:
    """Let the week go by, and print what it came to."""
    week = Week(database)
    with week.flow as flow:
        week.live()
        print(flow.figures().identity)
        print("\nclock          no deadline  running  overdue   met  missed  stopped  on time of the due, of the ended")
        for name in flow.figures().clocks:
            clock = flow.figures().clock(name)
            goes_on = f"{clock.none:>11}{clock.running:>9}{clock.overdue:>9}"
            counts = f"{goes_on}{clock.met:>6}{clock.missed:>8}{clock.stopped:>9}"
            print(f"{name:<15}{counts}  {clock.on_time}, {clock.on_time_of_the_ended}")
        print("\nnotices: " + ", ".join(f"{kind} {number}" for kind, number in sorted(week.notices.items())))
        overdue = flow.board(overdue=True, sort="due", limit=5, total=True)
        print(f"\n{overdue.total} are overdue; the longest:")
        for row in overdue.rows:
            print(f"  {row.text[:40]:<42}{row.state:<16}{row.clock}, for {flow.now() - (row.due or flow.now())}")
        escalated = flow.board(escalated=True, limit=2000, total=True)
        why = Counter(
            event.fact.reason.partition(" was")[0]
            for row in escalated.rows
            for event in flow.events(row.demand)
            if isinstance(event.fact, Escalated)
        )
        print(f"\n{escalated.total} were escalated, because of: {', '.join(f'{a} {n}' for a, n in why.most_common())}")
        print(f"{len(flow.parked())} reactions are parked")
        print("\nwith 3 working hours to finish instead of 1 working day:")
        print(what_if(flow.all_events(), STRICTER, flow.policies, until=flow.now()))


if __name__ == "__main__":
    main(*sys.argv[1:2])
