"""Two public commitments: one kept, though it was confirmed late, and one broken.

Usage: python examples/two_commitments.py
"""

from __future__ import annotations

from datetime import timedelta

from demandflow import Actor, Channel, DemandFlow, Grade, Place, Role
from demandflow.county.people import COMMITMENT, Judged, Progressed, Promised
from demandflow.errors import Refusal
from demandflow.facts import ContractedOut, Reported, Stepped
from demandflow.testing import FrozenClock

CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
ZHANG, ANNA, DAY = Actor("Zhang", Role.CONTRACTOR), Actor("Anna", Role.RESIDENT), timedelta(days=1)


def main() -> None:
    """Promise twice, keep one."""
    clock = FrozenClock()
    with DemandFlow.open("memory:", workflows=(COMMITMENT,), clock=clock) as flow:
        promised = []
        for text in ("twelve lamps mended in your stairway", "a bench at the gate"):
            fact = Promised(
                text=text, channel=Channel.COUNTER, place=Place("fufeng/chengguan/c3"), resident="Anna",
                promiser="Zhang", measure=text, target=1, due=clock.now + 30 * DAY,
            )  # fmt: skip
            promised.append(flow.start(fact, by=CLERK).id)
            flow.act(promised[-1], "publish", ContractedOut(contractor="Zhang"), by=AUDITOR)
        kept, broken = promised
        clock.now += 20 * DAY
        flow.act(kept, "progress", Progressed(done=1, evidence="photographs"), by=ZHANG)
        flow.act(kept, "claim", Reported(resolved=True, words="all twelve shine"), by=ZHANG)
        try:
            flow.act(broken, "lapse", Stepped(), by=AUDITOR)
        except Refusal as not_yet:
            print(f"Not broken yet: {not_yet}")
        clock.now += 20 * DAY  # its date has passed; what counts is when it was claimed
        flow.act(kept, "confirm", Judged(resolved=True, grade=Grade.SATISFIED), by=ANNA)
        flow.act(broken, "lapse", Stepped(note="no bench"), by=AUDITOR)
        for it in promised:
            print(f"{flow.demand(it).text}: {flow.demand(it).state}")
            for line in flow.history(it):
                print(line)


if __name__ == "__main__":
    main()
