"""Requests of a log and its volunteers: who can serve one, as of now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from demandflow import CLOSED_LOOP, Actor, Channel, DemandFlow, InvalidValue, Place, Role
from demandflow.county import Synonyms
from demandflow.county.people.matched import volunteers, who_can_serve, why_these
from demandflow.domain.county.people.requests import REQUEST, Requested
from demandflow.domain.county.people.volunteers import VOLUNTEERING, Volunteer, VolunteerRegistered, VolunteerVerified
from demandflow.domain.stream import OtherKind
from demandflow.errors import DemandNotFound
from demandflow.facts import ContractedOut, HandedBack
from demandflow.testing import FrozenClock
from tests.unit.county.playing import AUDITOR, CLERK

HOUR, DISPATCHER = timedelta(hours=1), Actor("qin", Role.DISPATCHER)


def enrolled(flow: DemandFlow, who: str, *, verified: bool = True, **said: Any) -> Volunteer:
    one = flow.start(VolunteerRegistered(who=who, skills=("haircut",), **said), of=Volunteer, by=CLERK)
    return flow.act(one.id, "verify", VolunteerVerified(), of=Volunteer, by=AUDITOR) if verified else one


def asked(flow: DemandFlow, resident: str = "Anna", **said: Any) -> Any:
    fact = Requested(text="cut my hair", channel=Channel.COUNTER, place=Place("fufeng/c1"), resident=resident, **said)
    return flow.start(fact, by=CLERK).id


def test_those_who_can_come_by_skill_place_time_and_load() -> None:
    with DemandFlow.open("memory:", workflows=(CLOSED_LOOP, REQUEST, VOLUNTEERING), clock=FrozenClock()) as flow:
        for who in ("bai", "chu", "Anna"):
            enrolled(flow, who)
        far = enrolled(flow, "dai", places=(Place("linjia"),))
        enrolled(flow, "new", verified=False)
        first = asked(flow, skill="haircut", starts=flow.now() + HOUR, ends=flow.now() + 2 * HOUR)
        assert [one.who for one in who_can_serve(flow, first)] == ["bai", "chu"]
        flow.act(first, "offer", ContractedOut(contractor="bai"), by=DISPATCHER)
        assert {one.who: one.load for one in volunteers(flow)}["bai"] == 1
        then = asked(flow, "Berta", skill="haircut", starts=flow.now() + HOUR, ends=flow.now() + 2 * HOUR)
        assert [one.who for one in who_can_serve(flow, then)] == ["Anna", "chu"]
        whenever = asked(flow, "Berta", skill="理发")
        assert who_can_serve(flow, whenever) == ()
        known = Synonyms((("haircut", "理发"),))
        assert [one.who for one in who_can_serve(flow, whenever, synonyms=known)] == ["Anna", "chu", "bai"]
        flow.act(first, "pass_on", HandedBack(reason="ill"), by=Actor("bai", "contractor"))
        assert [one.who for one in who_can_serve(flow, first)] == ["chu"]
        said = why_these(flow, first)
        assert "1. chu offers haircut" in said
        assert "not bai: is left out of this need" in said
        assert "not dai: serves neither there nor in fufeng" in said
        with pytest.raises(OtherKind):
            who_can_serve(flow, far.id)
        lamp = flow.register("a lamp", channel="counter", place="fufeng", by=CLERK)
        with pytest.raises(InvalidValue, match="asks for no skill"):
            who_can_serve(flow, lamp.id)
        with pytest.raises(DemandNotFound):
            who_can_serve(flow, flow.id_of("x", "1"))
