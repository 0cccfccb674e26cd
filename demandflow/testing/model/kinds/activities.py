"""Activities: who takes part, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.people.activities import (
    Announced,
    Attendance,
    AttendanceCorrected,
    Attended,
    Joined,
    Left,
    Rescheduled,
)
from demandflow.domain.county.people.volunteers import Participant
from demandflow.domain.values import Actor

ANNOUNCED = ("title", "what", "place", "team", "minutes", "places", "waiting_list")


def activity(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """Somebody takes part from when they first joined since they last left; who came keeps their first home."""
    facts = [fact for fact, _, _ in told]
    announced = next(fact for fact in reversed(facts) if isinstance(fact, Announced))
    starts = [fact.starts for fact in facts if isinstance(fact, Announced | Rescheduled)]
    return {
        **{name: getattr(announced, name) for name in ANNOUNCED},
        "starts": starts[-1],
        "asked": _taking_part(facts),
        "attended": _came(facts),
    }


def _taking_part(facts: Sequence[Any]) -> tuple[Participant, ...]:
    found = []
    for who in {fact.who for fact in facts if isinstance(fact, Joined)}:
        left = max((at for at, fact in enumerate(facts) if isinstance(fact, Left) and fact.who == who), default=-1)
        since = [at for at, fact in enumerate(facts) if isinstance(fact, Joined) and fact.who == who and at > left]
        found += [(since[0], Participant(who, facts[since[0]].home))] if since else []
    return tuple(person for _, person in sorted(found, key=lambda pair: pair[0]))


def _came(facts: Sequence[Any]) -> tuple[Attendance, ...]:
    first: dict[str, int] = {}
    for at, fact in enumerate(facts):
        if isinstance(fact, Attended):
            first.setdefault(fact.who, at)
    found = []
    for who, at in first.items():
        signed_up = {person.who: person.home for person in _taking_part(facts[:at])}
        put_right = [f.minutes for f in facts[at:] if isinstance(f, AttendanceCorrected) and f.who == who]
        minutes = [facts[at].minutes, *put_right]
        found.append(Attendance(who, minutes[-1], facts[at].home or signed_up.get(who)))
    return tuple(found)
