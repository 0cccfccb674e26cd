"""Teams: who is on each, and how much it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.people.teams import Done, TeamFounded, TeamJoined, TeamLeft
from demandflow.domain.county.people.volunteers import Participant
from demandflow.domain.values import Actor


def team(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """Somebody is on it from when they first joined since they last left."""
    facts = [fact for fact, _, _ in told]
    founded = next(fact for fact in reversed(facts) if isinstance(fact, TeamFounded))
    people: dict[str, Participant] = {}
    for at, fact in enumerate(facts):
        later = {other.who for other in facts[at:] if isinstance(other, TeamLeft)}
        if isinstance(fact, TeamJoined) and fact.who not in later:
            people.setdefault(fact.who, Participant(fact.who, fact.home))
    return {
        "team": founded.team,
        "skills": tuple(dict.fromkeys(founded.skills)),
        "home": founded.home,
        "people": tuple(people.values()),
        "done": sum(isinstance(fact, Done) for fact in facts),
    }
