"""Volunteers: what was last said of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.people.volunteers import (
    AvailabilityDeclared,
    HomeChanged,
    ReportedIn,
    SkillsDeclared,
    VolunteerRegistered,
)
from demandflow.domain.values import Actor

SAID_BY: dict[str, tuple[type, ...]] = {
    "member": (VolunteerRegistered, SkillsDeclared),
    "occupation": (VolunteerRegistered, SkillsDeclared),
    "skills": (VolunteerRegistered, SkillsDeclared),
    "places": (VolunteerRegistered, AvailabilityDeclared),
    "times": (VolunteerRegistered, AvailabilityDeclared),
    "at_once": (VolunteerRegistered, AvailabilityDeclared),
    "home": (VolunteerRegistered, HomeChanged, ReportedIn),
}
"""Which facts say it; where they do not, it stays as it was."""
BEGIN: dict[str, Any] = {"member": False, "skills": (), "places": ()}


def volunteer(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """Each field as it was said last; lists name everything once."""
    facts = [fact for fact, _, _ in told]
    found: dict[str, Any] = {}
    for name, kinds in SAID_BY.items():
        said = [getattr(fact, name) for fact in facts if isinstance(fact, kinds)]
        last = next((value for value in reversed(said) if value is not None), BEGIN.get(name))
        found[name] = tuple(dict.fromkeys(last)) if isinstance(last, tuple) else last
    communities = [fact.community for fact in facts if isinstance(fact, ReportedIn)]
    who = [fact.who for fact in facts if isinstance(fact, VolunteerRegistered)]
    return {**found, "who": who[-1], "reported_in": tuple(dict.fromkeys(communities))}
