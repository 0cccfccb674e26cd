"""Matching the requests of a log to its volunteers: who can serve one, as of now, and why these."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from demandflow.county.people.matching import NO_SYNONYMS, Match, explained, match
from demandflow.county.people.needs import A_DAY_OF_MINUTES, Need, Person, Synonyms
from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.county.people.requests import Requested
from demandflow.domain.county.people.volunteers import Volunteer
from demandflow.domain.demand import Demand
from demandflow.errors import InvalidValue
from demandflow.projections.board.rows import MOST

MINUTE = timedelta(minutes=1)


def who_can_serve(
    flow: StreamsAsked, request_id: UUID, *, synonyms: Synonyms = NO_SYNONYMS, first: int = 3
) -> tuple[Match, ...]:
    """The volunteers to whom a request is offered first, the best first, with the reasons.

    Never who asked for it, or has had it already. Raises DemandNotFound, and InvalidValue for what is no request.
    """
    need, people = _asked(flow, request_id)
    return match(need, people, synonyms=synonyms, zone=flow.zone, first=first)


def why_these(flow: StreamsAsked, request_id: UUID, *, synonyms: Synonyms = NO_SYNONYMS, first: int = 3) -> str:
    """The same in words: why these, and of everybody else why not. Raises as who_can_serve() does."""
    need, people = _asked(flow, request_id)
    return explained(need, people, synonyms=synonyms, zone=flow.zone, first=first)


def volunteers(flow: StreamsAsked) -> tuple[Person, ...]:
    """All volunteers who can do something and have not withdrawn, with what they have in hand, and when."""
    in_hand, busy = defaultdict[str, int](int), defaultdict[str, list[tuple[datetime, datetime]]](list)
    requests = [key for key, one in flow.workflows.items() if any(move.fact is Requested for move in one.moves)]
    for key in requests:
        for row in flow.board(workflow=key, open=True, limit=MOST).rows:
            if row.contractor is not None:
                in_hand[row.contractor] += 1
                if (time := _time_of(flow.stream(Demand, row.demand))) is not None:
                    busy[row.contractor].append(time)
    return tuple(
        Person(
            one.who,
            one.skills,
            one.places,
            one.times,
            verified=one.verified,
            load=in_hand[one.who],
            most=one.at_once,
            busy=tuple(busy[one.who]),
        )
        for one in flow.streams(Volunteer, ended=False)
        if one.skills
    )


def _asked(flow: StreamsAsked, request_id: UUID) -> tuple[Need, tuple[Person, ...]]:
    request = flow.stream(Demand, request_id)
    skill, time, people = request.attributes.get("skill"), _time_of(request), volunteers(flow)
    if not isinstance(skill, str) or request.place is None:
        raise InvalidValue("request", f"demand {request.id} asks for no skill at a place; give a request")
    if time is None:  # any time will do
        time = (flow.now(), flow.now() + MINUTE)
        people = tuple(replace(one, hours=None, busy=()) for one in people)
    minutes = min(max(1, -((time[0] - time[1]) // MINUTE)), A_DAY_OF_MINUTES)
    without = request.handlers.union(request.residents)
    return Need(str(request.id), skill, request.place, time[0], minutes, without), people


def _time_of(request: Demand) -> tuple[datetime, datetime] | None:
    starts, ends = (request.attributes.get(name) for name in ("starts", "ends"))
    return (starts, ends) if isinstance(starts, datetime) and isinstance(ends, datetime) else None
