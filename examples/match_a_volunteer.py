"""You order, I serve: a resident asks for a haircut, and demandflow says who comes first, and why.

Usage: python examples/match_a_volunteer.py
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demandflow import Actor, Channel, DemandFlow, Grade, Place, Role
from demandflow.county import Synonyms, who_can_serve, why_these
from demandflow.county.people import (
    REQUEST,
    VOLUNTEERING,
    Requested,
    Served,
    Volunteer,
    VolunteerRegistered,
    VolunteerVerified,
)
from demandflow.facts import ContractedOut, Evaluated, HandedBack, TakenOn

CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, ANNA = Actor("Zhao", Role.DISPATCHER), Actor("Anna", Role.RESIDENT)
SATURDAY, HOUR = datetime(2026, 3, 7, 10, tzinfo=ZoneInfo("Asia/Shanghai")), timedelta(hours=1)
HERE = (Place("fufeng/chengguan/c3"),)
WORDS = Synonyms((("haircut", "理发", "hairdressing"),))
PEOPLE = (
    VolunteerRegistered(who="Bai", skills=("理发",), places=HERE, times="Sat 09:00-12:00"),
    VolunteerRegistered(who="Chu", skills=("haircut",), places=(Place("fufeng/chengguan"),)),
    VolunteerRegistered(who="Dai", skills=("haircut",), places=HERE, times="Mon-Fri 18:00-20:00"),
    VolunteerRegistered(who="Fu", skills=("law",)),
)  # fmt: skip


def main() -> None:
    """Enrol four people, ask, offer, pass on, serve, evaluate."""
    with DemandFlow.open("memory:", workflows=(REQUEST, VOLUNTEERING), zone="Asia/Shanghai") as flow:
        for fact in PEOPLE:
            it = flow.start(fact, of=Volunteer, by=CLERK).id
            flow.act(it, "verify", VolunteerVerified(), of=Volunteer, by=AUDITOR)
        asked = Requested(
            text="I cannot leave my flat", channel=Channel.HOTLINE, place=Place("fufeng/chengguan/c3/g12"),
            resident="Anna", skill="haircut", starts=SATURDAY, ends=SATURDAY + HOUR,
        )  # fmt: skip
        request = flow.start(asked, by=CLERK).id
        print(why_these(flow, request, synonyms=WORDS))
        for answer in ("passes it on", "serves"):
            first = Actor(who_can_serve(flow, request, synonyms=WORDS)[0].who, Role.CONTRACTOR)
            flow.act(request, "offer", ContractedOut(contractor=first.id), by=DISPATCHER)
            print(f"{first.id} {answer}")
            if answer == "passes it on":
                flow.act(request, "pass_on", HandedBack(reason="a cold"), by=first)
        flow.act(request, "take_on", TakenOn(), by=first)
        flow.act(request, "serve", Served(resolved=True, words="done", minutes=45), by=first)
        done = flow.act(request, "evaluate", Evaluated(resolved=True, grade=Grade.VERY_SATISFIED), by=ANNA)
        print(f"It is {done.state}.")


if __name__ == "__main__":
    main()
