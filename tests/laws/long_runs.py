"""`make laws`: many histories of several workflows, asked all along; a failure says the number that replays it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from secrets import randbits
from unittest.mock import patch

from demandflow import CLOSED_LOOP, Calendar, Days, Event, Limit, Workflow, closed_loop, standard_clocks
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.testing import LAWS, Checked, LawBroken, Played
from demandflow.testing.checking import Broken, hold_by_lot, report
from demandflow.testing.playing.places import SERVER
from tests import small_workflow
from tests.servers import WHY_NOT, schemas

AT_ONCE, OPERATIONS = 2, 24
SHARE = 25
HISTORIES = 2_000
ON_POSTGRES = 8
"""Of so many histories one is kept in PostgreSQL, where there is a server; the others in memory and in files."""


def no_contracting_without_audit(played: Played) -> None:
    """Nobody reaches contracting without an audit."""
    for demand in played.demands:
        audited = False
        event: Event
        for event in played.recorded(demand):
            means = event.stamp.means or ()
            audited |= "accepted" in means
            assert audited or "contracted_out" not in means, "contracted out without an audit"


@cache
def workflows() -> tuple[Workflow, ...]:
    """The closed loop, with clocks and without, and small ones of other kinds."""
    closed, working = (date(2025, 3, 3), date(2025, 3, 5), date(2025, 4, 18), date(2025, 5, 1)), (date(2025, 3, 8),)
    days = Days(range(2020, 2041), closed=closed, working=working)
    office = Calendar.of("office", zone="Europe/Berlin", hours="Mon-Fri 09:00-12:00 14:00-18:00", days=days)
    finish = (Limit("2 full working days", urgency="emergency"), Limit("3 working days", category="civil_affairs"))
    clocks = standard_clocks(office, feed_back="24 hours", finish=(*finish, Limit("5 working days")))
    timed = closed_loop("timed-loop", bound=2, callback_hours=None, clocks=clocks, support=True)
    yard, *others = small_workflow.workflows()[1:]
    scored = GradeScale(FIVE_GRADES.grades, ("timeliness", "attitude"))
    return (CLOSED_LOOP, timed, replace(yard, grades=scored), *others)


@dataclass
class Share:
    """What came of some of the histories."""

    histories: int = 0
    steps: int = 0
    questions: int = 0
    broken: str = ""


def one(number: int, server: str = "") -> Checked:
    """The history of this number, held against all laws. Raises LawBroken."""
    workflow = workflows()[number % len(workflows())]
    done = Checked(workflow)
    with patch.dict(os.environ, {SERVER: "" if number % ON_POSTGRES else server}):
        try:
            hold_by_lot(number, workflow, {}, OPERATIONS, LAWS, done)
        except Broken as broken:
            raise report(broken) from None
    return done


def several(numbers: Iterable[int], server: str = "") -> Share:
    """The histories of these numbers, until one breaks a law; some of them on this server of PostgreSQL."""
    share = Share()
    for number in numbers:
        try:
            done = one(number, server)
        except LawBroken as broken:
            share.broken = f"python -m tests.laws 1 {number}\n\n{broken}"
            return share
        share.histories += 1
        share.steps += done.steps
        share.questions += done.questions
    return share


def shares(number: int, first: int, server: str) -> Iterator[Share]:
    """So many histories, shared out."""
    play = partial(several, server=server)
    begins = range(first, first + number, SHARE)
    parts = (range(begin, min(begin + SHARE, first + number)) for begin in begins)
    if number <= SHARE:
        yield from map(play, parts)
    else:
        with ProcessPoolExecutor(AT_ONCE) as workers:
            yield from workers.map(play, parts)


def main(number: int = HISTORIES, first: int | None = None) -> int:
    """Play them; 1 if a law is broken."""
    first, began, whole = randbits(48) if first is None else first, time.perf_counter(), Share()
    print(f"from {first} on: python -m tests.laws {number} {first}", flush=True)
    with schemas() as server:
        print(f"one of {ON_POSTGRES} on PostgreSQL" if server else WHY_NOT, flush=True)
        for share in shares(number, first, server.url if server else ""):
            if share.broken:
                print(f"broken; again by {share.broken}")
                return 1
            whole.histories += share.histories
            whole.steps += share.steps
            whole.questions += share.questions
    seconds = round(time.perf_counter() - began)
    print(
        f"{whole.histories} histories, {whole.steps} steps, {whole.questions} questions, {seconds} s; no law was broken"
    )
    return 0
