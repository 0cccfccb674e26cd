"""Volunteers: they speak for themselves, somebody else verifies them, and what they newly claim is verified again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Event, Place, Role
from demandflow.domain.county.people.volunteers import (
    VOLUNTEERING,
    AvailabilityDeclared,
    HomeChanged,
    ReportedIn,
    SkillsDeclared,
    Volunteer,
    VolunteerRegistered,
    VolunteerReturned,
    VolunteerVerified,
    VolunteerWithdrew,
)
from demandflow.domain.evolve import evolve
from demandflow.errors import InvalidValue, MoveNotAllowed, RuleBroken
from demandflow.facts import Noted
from tests.unit.county.playing import AUDITOR, CLERK, Attempt, Player, attempts, undecided, volunteer

ZHANG = volunteer("zhang")
C1, C2 = Place("fufeng/chengguan/c1"), Place("fufeng/chengguan/c2")


def a_volunteer(*, verified: bool = True, **said: Any) -> Player[Volunteer]:
    """Zhang, who offered to help."""
    player = Player(VOLUNTEERING, Volunteer)
    player.tell("register", VolunteerRegistered(**{"who": "zhang", "skills": ("haircuts",)} | said), ZHANG)
    if verified:
        player.tell("verify", VolunteerVerified(), AUDITOR)
    return player


skills = st.lists(st.sampled_from(("haircuts", "law", "plumbing")), max_size=3).map(tuple)
places = st.lists(st.sampled_from((C1, C2)), max_size=3).map(tuple)
occupations = st.sampled_from((None, None, "lawyer", "barber"))
times = st.sampled_from((None, "Mon-Fri 18:00-21:00", "Sat,Sun 09:00-12:00 14:00-24:00"))
loads = st.none() | st.integers(1, 3)
homes = st.sampled_from(("first branch", "second branch"))
who = st.sampled_from(("zhang", "zhang", "li"))
registrations = st.builds(
    VolunteerRegistered, who=who, member=st.booleans(), occupation=occupations, skills=skills, times=times
)
MOVES = {
    "register": registrations,
    "declare_skills": st.builds(
        SkillsDeclared,
        skills=st.none() | skills,
        occupation=occupations,
        member=st.sampled_from((None, None, None, True, False)),
    ),
    "declare_availability": st.builds(AvailabilityDeclared, places=st.none() | places, times=times, at_once=loads),
    "change_home": st.builds(HomeChanged, home=homes),
    "report_in": st.builds(ReportedIn, community=st.sampled_from((C1, C2)), home=st.none() | homes),
    "verify": st.just(VolunteerVerified()),
    "withdraw": st.just(VolunteerWithdrew()),
    "return": st.just(VolunteerReturned()),
}
OFTEN = (*MOVES, "verify", "verify", "verify", "declare_skills", "declare_skills", "report_in", "report_in")


def whose_turn(fact: Any) -> Actor:
    return AUDITOR if isinstance(fact, VolunteerVerified) else ZHANG


@dataclass
class Card:
    """The same on a card in a box: the simplest thing that could be right."""

    status: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    communities: list[str] = field(default_factory=list)

    def allows(self, fact: Any, by: Actor) -> bool:
        community = by.role in ("grid_administrator", "auditor")
        if isinstance(fact, VolunteerRegistered):
            return not self.status and (community or (by.role in ("volunteer", "member") and by.id == fact.who))
        if not self.status:
            return False
        who = self.said["who"]
        if isinstance(fact, VolunteerVerified):
            return self.status == "registered" and community and by.id != who
        if not community and not (by.role in ("volunteer", "member") and by.id == who):
            return False
        if isinstance(fact, VolunteerReturned):
            return self.status == "withdrawn"
        if isinstance(fact, ReportedIn) and (not self.said["member"] or fact.community in self.communities):
            return False
        empty = isinstance(fact, SkillsDeclared | AvailabilityDeclared) and not fact.model_dump(exclude_none=True)
        return self.status != "withdrawn" and not empty

    def write(self, fact: Any, by: Actor) -> None:
        said = fact.model_dump(exclude_none=True)
        match fact:
            case VolunteerVerified():
                self.status = "verified"
            case VolunteerWithdrew():
                self.status = "withdrawn"
            case VolunteerRegistered() | VolunteerReturned():
                self.status = "registered"
            case SkillsDeclared() if by.id == self.said["who"]:
                new_skill = any(skill not in self.said["skills"] for skill in fact.skills or ())
                new_work = fact.occupation is not None and fact.occupation != self.said.get("occupation")
                if new_skill or new_work or (fact.member is True and not self.said["member"]):
                    self.status = "registered"
            case ReportedIn():
                self.communities.append(said.pop("community"))
        if not isinstance(fact, VolunteerVerified | VolunteerWithdrew | VolunteerReturned):
            lists = {name: list(dict.fromkeys(value)) for name, value in said.items() if isinstance(value, tuple)}
            self.said |= said | lists


@given(registrations, attempts(MOVES, whose_turn, OFTEN, 4, 20))
def test_a_volunteer_is_what_a_card_in_a_box_would_say(first: VolunteerRegistered, history: list[Attempt]) -> None:
    player, card = Player(VOLUNTEERING, Volunteer), Card()
    for attempt in (Attempt("register", first, volunteer(first.who)), *history):
        allowed = card.allows(attempt.fact, attempt.by)
        assert player.attempt(attempt) is allowed, attempt
        if allowed:
            card.write(attempt.fact, attempt.by)
        them = player.stream
        assert (them.state, them.verified) == (card.status, card.status == "verified")
        assert list(them.reported_in) == card.communities
        for name in ("who", "member", "home", "occupation", "times", "at_once"):
            assert getattr(them, name) == card.said.get(name), name
        for name in ("skills", "places"):
            assert list(getattr(them, name)) == card.said.get(name, []), name
    assert player.replayed() == player.stream


@given(undecided((*VOLUNTEERING.facts, Noted), ("registered", "verified", "withdrawn"), *MOVES.values()))
def test_whatever_was_recorded_can_be_read(events: list[Event]) -> None:
    them: Volunteer | None = None
    for event in events:
        them = evolve(them, event, Volunteer)
        for several in (them.skills, them.places, them.reported_in):
            assert len({*several}) == len(several)
        assert them.verified is (event.stamp.state == "verified")
        hash(them)


def test_somebody_else_of_the_community_verifies() -> None:
    them = a_volunteer(verified=False)
    for myself in (Actor("zhang", Role.AUDITOR), Actor("li", Role.GRID_ADMINISTRATOR, "zhang")):
        with pytest.raises(RuleBroken, match="cannot verify themselves"):
            them.tell("verify", VolunteerVerified(), myself)
    assert them.tell("verify", VolunteerVerified(), CLERK).verified


@pytest.mark.parametrize(
    ("said", "verified"),
    [
        ({"skills": ()}, True),
        ({"skills": ("haircuts", "law")}, False),
        ({"occupation": "lawyer"}, False),
        ({"member": True}, False),
        ({"member": False}, True),
    ],
)
def test_who_claims_more_is_verified_again_and_who_claims_less_is_not(said: dict[str, Any], verified: bool) -> None:
    assert a_volunteer().tell("declare_skills", SkillsDeclared(**said), ZHANG).verified is verified
    assert (
        a_volunteer().tell("declare_skills", SkillsDeclared(**said), Actor("zhang", Role.AUDITOR)).verified is verified
    )
    assert a_volunteer().tell("declare_skills", SkillsDeclared(**said), CLERK).verified


def test_what_is_not_named_stays_and_a_declaration_names_something() -> None:
    them = a_volunteer(places=[C1], times="Sat 09:00-12:00", at_once=2)
    them.tell("declare_availability", AvailabilityDeclared(places=(), at_once=1), ZHANG)
    assert (them.stream.places, them.stream.times, them.stream.at_once) == ((), "Sat 09:00-12:00", 1)
    with pytest.raises(RuleBroken, match="say at least one of places, times, at_once"):
        them.tell("declare_availability", AvailabilityDeclared(), ZHANG)


def test_volunteers_act_for_themselves_and_the_community_for_anybody() -> None:
    them = a_volunteer()
    with pytest.raises(RuleBroken, match="li is not zhang"):
        them.tell("withdraw", VolunteerWithdrew(), volunteer("li"))
    assert them.tell("withdraw", VolunteerWithdrew(reason="moved away"), CLERK).ended_as == "withdrawn"
    with pytest.raises(RuleBroken, match="li cannot do this for zhang"):
        Player(VOLUNTEERING, Volunteer).tell("register", VolunteerRegistered(who="zhang"), volunteer("li"))


def test_who_comes_back_is_verified_again() -> None:
    them = a_volunteer()
    them.tell("withdraw", VolunteerWithdrew(), ZHANG)
    with pytest.raises(MoveNotAllowed):
        them.tell("verify", VolunteerVerified(), AUDITOR)
    back = them.tell("return", VolunteerReturned(), ZHANG)
    assert (back.state, back.skills, back.open) == ("registered", ("haircuts",), True)


def test_a_member_reports_in_once_a_community() -> None:
    with pytest.raises(RuleBroken, match="zhang is no member"):
        a_volunteer().tell("report_in", ReportedIn(community=C1), ZHANG)
    member = a_volunteer(member=True, home="first branch")
    member.tell("report_in", ReportedIn(community=C1, home="second branch"), Actor("zhang", "member"))
    with pytest.raises(RuleBroken, match="zhang has reported in to fufeng/chengguan/c1"):
        member.tell("report_in", ReportedIn(community=C1), CLERK)
    member.tell("report_in", ReportedIn(community=C2), CLERK)
    assert (member.stream.reported_in, member.stream.home) == ((C1, C2), "second branch")


@pytest.mark.parametrize(
    "wrong", [{"times": "Mo 18:00-21:00"}, {"times": "at night"}, {"at_once": 0}, {"places": ("a//b",)}, {"who": "~1"}]
)
def test_a_registration_says_what_can_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        VolunteerRegistered(**{"who": "zhang"} | wrong)
