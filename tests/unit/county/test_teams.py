"""Teams: joined once, left by who is on them; what they did is written down by others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Event, Place
from demandflow.domain.county.people.teams import TEAM, Done, Team, TeamDissolved, TeamFounded, TeamJoined, TeamLeft
from demandflow.domain.evolve import evolve
from demandflow.errors import InvalidValue, MoveNotAllowed, RuleBroken
from demandflow.facts import Noted
from tests.unit.county.playing import CLERK, NAMES, ORGANISER, Attempt, Player, attempts, undecided, volunteer

FOUNDED = TeamFounded(team="red waistcoats", skills=("haircuts", "haircuts"), home="first branch")
names = st.sampled_from(NAMES)
MOVES = {
    "found": st.just(FOUNDED),
    "join": st.builds(TeamJoined, who=names, home=st.sampled_from((None, "second branch"))),
    "leave": st.builds(TeamLeft, who=names),
    "do": st.builds(Done, text=st.just("swept"), place=st.just(Place("c1")), who=st.lists(names, max_size=2)),
    "dissolve": st.just(TeamDissolved()),
}


def whose_turn(fact: Any) -> Actor:
    return volunteer(fact.who) if isinstance(fact, TeamJoined | TeamLeft) else ORGANISER


histories = st.tuples(
    attempts(MOVES, whose_turn, ("join", "join", "leave", "do", "do"), 6, 20), attempts(MOVES, whose_turn)
).map(lambda parts: [attempt for part in parts for attempt in part])


def done(*who: str) -> Done:
    return Done(text="swept the stairs", place=Place("fufeng/chengguan/c1"), who=who, minutes=60)


def a_team(*who: str) -> Player[Team]:
    player = Player(TEAM, Team)
    player.tell("found", FOUNDED, ORGANISER)
    for name in who:
        player.tell("join", TeamJoined(who=name), volunteer(name))
    return player


def allows(members: list[str], there: bool, fact: Any, by: Actor) -> bool:
    """What a list of names would allow."""
    organising = by.role in ("organiser", "grid_administrator")
    match fact:
        case TeamFounded():
            return False
        case TeamJoined(who=who) | TeamLeft(who=who):
            own = organising or (by.role in ("volunteer", "member") and by.id == who)
            return there and own and (who in members) is isinstance(fact, TeamLeft)
        case Done(who=who):
            return there and organising and by.id not in who and {*who} <= {*members} and len({*who}) == len(who)
    return there and organising


@given(histories)
def test_a_team_is_what_a_list_of_names_would_say(history: list[Attempt]) -> None:
    player = a_team()
    members: list[str] = []
    there, things = True, 0
    for attempt in history:
        fact = attempt.fact
        allowed = allows(members, there, fact, attempt.by)
        assert player.attempt(attempt) is allowed, attempt
        if allowed and isinstance(fact, TeamJoined):
            members.append(fact.who)
        elif allowed and isinstance(fact, TeamLeft):
            members.remove(fact.who)
        elif allowed and isinstance(fact, TeamDissolved):
            there = False
        things += allowed and isinstance(fact, Done)
        assert (list(player.stream.members), player.stream.open, player.stream.done) == (members, there, things)
    assert player.replayed() == player.stream


@given(undecided((*TEAM.facts, Noted), ("founded", "dissolved"), *MOVES.values()))
def test_whatever_was_recorded_can_be_read(events: list[Event]) -> None:
    team: Team | None = None
    for event in events:
        team = evolve(team, event, Team)
        assert len({*team.members}) == len(team.members)
        assert len({*team.skills}) == len(team.skills)
        hash(team)
    assert team is None or team.done == sum(isinstance(event.fact, Done) for event in events)


def test_a_team_is_founded_once_with_its_skills_and_its_home() -> None:
    team = a_team().stream
    assert (team.team, team.skills, team.home) == ("red waistcoats", ("haircuts",), "first branch")
    with pytest.raises(MoveNotAllowed):
        a_team().tell("found", FOUNDED, ORGANISER)


def test_volunteers_join_and_leave_for_themselves() -> None:
    team = a_team("zhang")
    for move, fact in (("join", TeamJoined(who="li")), ("leave", TeamLeft(who="li"))):
        with pytest.raises(RuleBroken, match="zhang cannot do this for li"):
            team.tell(move, fact, volunteer("zhang"))
    with pytest.raises(RuleBroken, match="zhang is on the team already"):
        team.tell("join", TeamJoined(who="zhang"), CLERK)
    with pytest.raises(RuleBroken, match="li is not on the team"):
        team.tell("leave", TeamLeft(who="li"), CLERK)


def test_what_was_done_is_written_down_by_others_of_people_on_the_team() -> None:
    team = a_team("zhang", "hua")
    with pytest.raises(RuleBroken, match="hua took part; somebody else writes that down"):
        team.tell("do", done("zhang", "hua"), ORGANISER)
    with pytest.raises(RuleBroken, match="li did not join the team; let them join first"):
        team.tell("do", done("zhang", "li"), ORGANISER)
    with pytest.raises(RuleBroken, match="somebody is named twice in zhang, zhang"):
        team.tell("do", done("zhang", "zhang"), ORGANISER)
    team.tell("do", done("zhang", "hua"), CLERK)
    assert team.tell("do", done(), ORGANISER).done == 2
    team.tell("dissolve", TeamDissolved(reason="merged"), ORGANISER)
    with pytest.raises(MoveNotAllowed):
        team.tell("do", done("zhang"), ORGANISER)


def test_what_was_done_took_no_more_than_a_day() -> None:
    with pytest.raises(InvalidValue, match="minutes"):
        Done(text="swept", place=Place("c1"), minutes=1441)
