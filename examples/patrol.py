"""A hazard on a patrol: found, contracted out, checked on site by somebody else, not in order, and once more.

Usage: python examples/patrol.py
"""

from __future__ import annotations

from demandflow import Actor, DemandFlow, Place, Role
from demandflow.county.grid import PATROL, ROUND, Checked, Finding, Found, Round, Walked
from demandflow.errors import Refusal
from demandflow.facts import ContractedOut, Reported, TakenOn

GAO, MENG = Actor("Gao", Role.GRID_ADMINISTRATOR), Actor("Meng", Role.GRID_ADMINISTRATOR)
WORKER, GRID = Actor("Chen", Role.CONTRACTOR, unit="power station"), Place("fufeng/chengguan/c3/g12")


def main() -> None:
    """Walk, find, see to it, and look again."""
    with DemandFlow.open("memory:", workflows=(PATROL, ROUND)) as flow:
        fact = Found(text="a cable hangs over the playground", place=GRID, what=Finding.HAZARD)
        it = flow.start(fact, by=GAO).id
        now = flow.now()
        flow.start(Walked(grid=GRID, since=now, until=now, demands=(it,)), of=Round, by=GAO)
        for in_order in (False, True):
            flow.act(it, "contract_out", ContractedOut(contractor="power station", reason="again"), by=MENG)
            flow.act(it, "take_on", TakenOn(), by=WORKER)
            flow.act(it, "report", Reported(resolved=True, words="tied up"), by=WORKER)
            try:
                flow.act(it, "check", Checked(in_order=True), by=GAO)
            except Refusal as no:
                print(f"Gao may not check it: {no}")
            flow.act(it, "check", Checked(in_order=in_order, words="looked at it"), by=MENG)
        for line in flow.history(it):
            print(line)
        print(flow.figures(workflow="patrol@1").identity)
        print(f"satisfied: {flow.figures().satisfaction()}: no resident was asked")


if __name__ == "__main__":
    main()
