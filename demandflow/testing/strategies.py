"""Strategies: people, texts and facts that fit a demand as it stands, mostly; and sometimes do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.demand import Demand
from demandflow.domain.facts import (
    Accepted,
    CallbackMissed,
    ContractedOut,
    Corrected,
    DetailsAsked,
    DetailsGiven,
    Escalated,
    Evaluated,
    Extended,
    ExtensionAsked,
    Fact,
    FedBack,
    HandedBack,
    LetGo,
    Merged,
    Noted,
    NoticeEnded,
    Refused,
    Registered,
    Reopened,
    Reported,
    Resumed,
    Sorted,
    Stepped,
    Suspended,
    TakenOn,
    TookIn,
    Unmerged,
    Withdrawn,
    correctable,
)
from demandflow.domain.values import Actor, Category, Channel, Grade, Place, Role, Urgency, Way

RESIDENTS = ("张三", "李四", "Anna")
OFFICERS = ("王芳", "zhao", "chen")
CONTRACTORS = ("水电队", "legal aid", "chen")
PLACES = tuple(map(Place, ("fufeng/chengguan/c3/g12/b4", "fufeng/chengguan/c3", "fufeng/jiangzhang", "岐山/蔡家坡")))
CATEGORIES = tuple(map(Category, ("culture", "civil_affairs/subsidy", "civil_affairs", "住房/维修")))
CHANNELS = (Channel.HOTLINE, Channel.WISH_BOX, Channel.WECHAT_GROUP)


def texts() -> SearchStrategy[str]:
    """Texts of a few letters, Chinese and others."""
    return st.sampled_from(("路灯坏了", "ok", "não", "a/b", "…"))


def registrations(now: datetime) -> SearchStrategy[Registered]:
    """What a resident asks for; one in four is anonymous."""
    resident = st.sampled_from((*RESIDENTS, None))
    days = st.none() | st.integers(1, 20)
    return st.tuples(resident, st.booleans(), days).flatmap(
        lambda drawn: st.builds(
            Registered,
            text=texts(),
            channel=st.sampled_from(CHANNELS),
            place=st.sampled_from(PLACES),
            resident=st.just(drawn[0]),
            representative=st.just("daughter" if drawn[0] and drawn[1] else None),
            category=st.none() | st.sampled_from(CATEGORIES),
            due=st.just(None if drawn[2] is None else now + timedelta(days=drawn[2])),
        )
    )


def actors_for(role: str, demand: Demand) -> list[Actor]:
    """People in this role: the one whose demand or work it is, and others."""
    if role == Role.RESIDENT:
        names = [demand.resident or RESIDENTS[0], demand.representative or "daughter", *RESIDENTS]
        return [Actor(name, role) for name in dict.fromkeys(names)]
    if role == Role.CONTRACTOR:
        units = dict.fromkeys([demand.contractor or CONTRACTORS[0], *CONTRACTORS])
        return [Actor("liu", role, unit) for unit in units]
    return [Actor(name, role) for name in OFFICERS]


def facts_for(fact: type[Fact], demand: Demand, others: Sequence[UUID], now: datetime) -> SearchStrategy[Any]:
    """A fact of this class for the demand as it stands; `others` are the demands it could be merged into."""
    later = st.sampled_from((1, 2, 5, 20, -1)).map(lambda days: max(demand.due or now, now) + timedelta(days=days))
    says = st.none() | texts()
    recipes: dict[type[Fact], Callable[[], SearchStrategy[Any]]] = {
        Registered: lambda: registrations(now),
        Sorted: lambda: st.builds(
            Sorted,
            category=st.none() | st.sampled_from(CATEGORIES),
            place=st.none() | st.sampled_from(PLACES),
            urgency=st.none() | st.sampled_from(Urgency),
        ),
        ContractedOut: lambda: st.builds(
            ContractedOut,
            contractor=st.sampled_from(CONTRACTORS),
            co_handlers=st.sampled_from((None, None, None, ("居委会",), ("王芳",))),
            due=st.none() | later,
            reason=says,
        ),
        ExtensionAsked: lambda: st.builds(ExtensionAsked, until=later, reason=texts()),
        Extended: lambda: st.builds(Extended, due=later, reason=says),
        Suspended: lambda: st.builds(Suspended, reason=texts(), review=st.none() | later | later),
        Reported: lambda: st.builds(Reported, resolved=st.booleans(), words=texts()),
        FedBack: lambda: _tellings(demand),
        Evaluated: lambda: st.builds(
            Evaluated,
            resolved=st.booleans(),
            grade=st.sampled_from(Grade),
            words=says,
            written_by=st.sampled_from((None, None, None, "王芳", "chen")),
        ),
        Merged: lambda: st.builds(Merged, into=st.sampled_from(list(others) or [demand.id]), reason=says),
        Unmerged: lambda: st.builds(Unmerged, reason=texts()),
        TookIn: lambda: st.builds(TookIn, demand=st.just(demand.id)),
        LetGo: lambda: st.builds(LetGo, demand=st.just(demand.id)),
        Corrected: lambda: _corrections(demand),
        DetailsAsked: lambda: st.builds(DetailsAsked, question=texts()),
        DetailsGiven: lambda: st.builds(DetailsGiven, answer=texts()),
        Refused: lambda: st.builds(Refused, code=texts(), words=texts()),
        HandedBack: lambda: st.builds(HandedBack, reason=texts()),
        Reopened: lambda: st.builds(Reopened, reason=texts()),
        Withdrawn: lambda: st.builds(Withdrawn, reason=says),
        Escalated: lambda: st.builds(Escalated, reason=texts()),
        Noted: lambda: st.builds(Noted, text=texts()),
        **{kind: _with_note(kind) for kind in (Accepted, TakenOn, Resumed, CallbackMissed, NoticeEnded, Stepped)},
    }
    return recipes.get(fact, lambda: st.builds(fact))()


def _with_note(kind: type[Fact]) -> Callable[[], SearchStrategy[Any]]:
    return lambda: st.builds(kind, note=st.none() | texts())


def _tellings(demand: Demand) -> SearchStrategy[FedBack]:
    ways = [Way.PUBLIC_NOTICE] * 5 if demand.anonymous else [Way.CALL] * 5
    return st.builds(FedBack, way=st.sampled_from([*ways, *Way]), words=st.none() | texts())


def _corrections(demand: Demand) -> SearchStrategy[Corrected]:
    """Mostly of a field that the named event has, to another value; sometimes of one it has not."""
    named = [(number, field) for number, kind in enumerate(demand.facts, start=1) for field in correctable(kind)]
    values: dict[str, SearchStrategy[Any]] = {
        "category": st.sampled_from(CATEGORIES),
        "place": st.sampled_from(PLACES),
        "channel": st.sampled_from(CHANNELS),
        "contractor": st.sampled_from((*CONTRACTORS, "王芳")),
        "resolved": st.booleans(),
        "grade": st.sampled_from(Grade),
    }
    wrong = [(demand.version, "grade"), (demand.version + 1, "place")]
    return st.sampled_from([*named, *named, *wrong]).flatmap(
        lambda chosen: values[chosen[1]].map(
            lambda value: Corrected(event=chosen[0], reason="typo", **{chosen[1]: value})
        )
    )
