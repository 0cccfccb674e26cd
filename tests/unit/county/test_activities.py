"""Activities: no more join than there are places, in order; attendance is written down once, and by others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Event, Place, Role
from demandflow.domain.county.people.activities import (
    ACTIVITY,
    Activity,
    Announced,
    AttendanceCorrected,
    Attended,
    Cancelled,
    Held,
    Joined,
    Left,
    Rescheduled,
)
from demandflow.domain.evolve import evolve
from demandflow.errors import InvalidValue, MoveNotAllowed, RoleNotAllowed, RuleBroken
from demandflow.facts import Noted
from tests.unit.county.playing import (
    AUDITOR,
    CLERK,
    HOUR,
    NAMES,
    ORGANISER,
    T0,
    Attempt,
    Player,
    attempts,
    undecided,
    volunteer,
)

STARTS = T0 + 20 * HOUR
PLACE = Place("fufeng/chengguan/c3")


def announced(places: int | None = None, **more: Any) -> Announced:
    what: dict[str, Any] = {"title": "Free clinic", "what": "clinic", "place": PLACE, "starts": STARTS, "minutes": 120}
    return Announced(**what | {"places": places} | more)


def an_activity(places: int | None = None, *who: str, **more: Any) -> Player[Activity]:
    """An activity that these people have joined."""
    player = Player(ACTIVITY, Activity)
    player.tell("announce", announced(places, **more), ORGANISER)
    for name in who:
        player.tell("join", Joined(who=name, home=f"branch of {name}"), volunteer(name))
    return player


names = st.sampled_from(NAMES)
homes = st.sampled_from((None, "first branch", "second branch"))
minutes = st.integers(0, 1440)
starts = st.sampled_from((40, 24, 12, 5, 1, 0, -2)).map(lambda hours: T0 + hours * HOUR)
MOVES = {
    "join": st.builds(Joined, who=names, home=homes),
    "leave": st.builds(Left, who=names),
    "reschedule": st.builds(Rescheduled, starts=starts),
    "hold": st.just(Held()),
    "cancel": st.just(Cancelled(reason="rain")),
    "attend": st.builds(Attended, who=names, minutes=minutes, home=homes),
    "correct_attendance": st.builds(AttendanceCorrected, who=names, minutes=minutes, reason=st.just("misread")),
}
BEFORE = ("join", "join", "join", "join", "leave", "leave", "reschedule")
AFTERWARDS = ("attend", "attend", "attend", "correct_attendance", "correct_attendance", "cancel", "hold")
announcements = st.builds(
    lambda places, waits, at: announced(places, waiting_list=waits, starts=at),
    st.sampled_from((1, 2, 3, None)),
    st.sampled_from((True, True, False)),
    starts,
)


def whose_turn(fact: Any) -> Actor:
    if isinstance(fact, AttendanceCorrected):
        return AUDITOR
    return volunteer(fact.who) if isinstance(fact, Joined | Left) else ORGANISER


histories = st.tuples(
    attempts(MOVES, whose_turn, BEFORE, 6, 16),
    attempts(MOVES, whose_turn, ("hold",), hours=(40, 12)),
    attempts(MOVES, whose_turn, AFTERWARDS, 4, 12),
    attempts(MOVES, whose_turn),
).map(lambda parts: [attempt for part in parts for attempt in part])


@dataclass
class Sheet:
    """The same on a sheet of paper: the simplest thing that could be right."""

    places: int | None
    waits: bool
    starts: datetime
    status: str = "announced"
    seats: list[str] = field(default_factory=list)
    queue: list[str] = field(default_factory=list)
    came: dict[str, int] = field(default_factory=dict)

    def allows(self, fact: Any, by: Actor, at: datetime) -> bool:
        organising = by.role in ("organiser", "grid_administrator")
        begun = at >= self.starts
        match fact:
            case Joined(who=who) | Left(who=who):
                there = who in self.seats + self.queue
                full = self.places is not None and len(self.seats) == self.places
                own = organising or (by.role in ("volunteer", "member", "resident") and by.id == who)
                possible = (not there and (self.waits or not full)) if isinstance(fact, Joined) else there
                return own and possible and self.status == "announced" and not begun
            case Rescheduled():
                return organising and self.status == "announced" and not begun and fact.starts > at
            case Held():
                return organising and self.status == "announced" and begun
            case Cancelled():
                return organising and self.status == "announced"
            case Attended(who=who):
                return organising and self.status == "held" and who not in self.came and by.id != who
            case AttendanceCorrected(who=who):
                correcting = by.role in ("auditor", "supervisor") and by.id != who
                return correcting and self.status == "held" and who in self.came
        raise AssertionError(fact)

    def write(self, fact: Any) -> None:
        match fact:
            case Joined(who=who):
                (self.seats if self.places is None or len(self.seats) < self.places else self.queue).append(who)
            case Left(who=who) if who in self.seats:
                self.seats.remove(who)
                self.seats += [self.queue.pop(0)] if self.queue else []
            case Left(who=who):
                self.queue.remove(who)
            case Rescheduled(starts=starts):
                self.starts = starts
            case Held():
                self.status = "held"
            case Cancelled():
                self.status = "cancelled"
            case Attended(who=who, minutes=minutes) | AttendanceCorrected(who=who, minutes=minutes):
                self.came[who] = minutes


@given(announcements, histories)
def test_an_activity_is_what_a_sheet_of_paper_would_say(fact: Announced, history: list[Attempt]) -> None:
    """Also: joined never exceeds the places, in order; nobody is lost, nobody is there twice; refusals are the right
    ones and change nothing."""
    player = Player(ACTIVITY, Activity)
    assert player.attempt(Attempt("announce", fact, CLERK)) is (fact.starts > T0)
    if player.stream.version == 0:
        return
    sheet = Sheet(fact.places, fact.waiting_list, fact.starts)
    for attempt in history:
        allowed = sheet.allows(attempt.fact, attempt.by, player.now + attempt.later)
        assert player.attempt(attempt) is allowed, attempt
        if allowed:
            sheet.write(attempt.fact)
        activity = player.stream
        assert activity.joined == tuple(sheet.seats)
        assert activity.waiting == tuple(sheet.queue)
        assert activity.places is None or len(activity.joined) <= activity.places
        assert activity.waiting_list or not activity.waiting
        assert {came.who: came.minutes for came in activity.attended} == sheet.came
        assert (activity.state, activity.starts) == (sheet.status, sheet.starts)
    assert player.replayed() == player.stream


@given(
    undecided(
        (Announced, Joined, Left, Rescheduled, Held, Cancelled, Attended, AttendanceCorrected, Noted),
        ("announced", "held", "cancelled"),
        announcements,
        *MOVES.values(),
    )
)
def test_whatever_was_recorded_can_be_read(events: list[Event]) -> None:
    activity: Activity | None = None
    for event in events:
        activity = evolve(activity, event, Activity)
        everybody = (*activity.joined, *activity.waiting)
        assert len({*everybody}) == len(everybody) == len(activity.asked)
        assert activity.places is None or len(activity.joined) <= activity.places
        assert len({came.who for came in activity.attended}) == len(activity.attended)
        hash(activity)


def test_the_waiting_list_moves_up_when_somebody_leaves() -> None:
    activity = an_activity(2, "zhang", "li", "wang", "zhao")
    assert (activity.stream.joined, activity.stream.waiting) == (("zhang", "li"), ("wang", "zhao"))
    assert activity.stream.full
    activity.tell("leave", Left(who="zhang"), volunteer("zhang"))
    assert (activity.stream.joined, activity.stream.waiting) == (("li", "wang"), ("zhao",))
    activity.tell("join", Joined(who="zhang"), volunteer("zhang"))
    assert activity.stream.waiting == ("zhao", "zhang")


def test_without_a_waiting_list_a_full_activity_cannot_be_joined() -> None:
    activity = an_activity(2, "zhang", "li", waiting_list=False)
    assert "join" not in {move.name for move in ACTIVITY.possible(activity.stream)}
    with pytest.raises(RuleBroken, match="all 2 places are taken, and there is no waiting list"):
        activity.tell("join", Joined(who="wang"), ORGANISER)
    activity.tell("leave", Left(who="li"), ORGANISER)
    assert activity.tell("join", Joined(who="wang"), volunteer("wang")).joined == ("zhang", "wang")


def test_without_a_number_of_places_everybody_joins() -> None:
    activity = an_activity(None, *NAMES, waiting_list=False).stream
    assert (activity.joined, activity.waiting, activity.full) == (NAMES, (), False)


def test_people_join_for_themselves_and_the_organiser_lets_anybody_join() -> None:
    activity = an_activity(2)
    with pytest.raises(RuleBroken, match="zhang cannot do this for li"):
        activity.tell("join", Joined(who="li"), volunteer("zhang"))
    with pytest.raises(RoleNotAllowed):
        activity.tell("join", Joined(who="li"), AUDITOR)
    assert activity.tell("join", Joined(who="li"), ORGANISER).joined == ("li",)


def test_attendance_is_written_down_by_others_once_and_corrected_with_a_reason() -> None:
    activity = an_activity(2, "zhang", "hua")
    with pytest.raises(MoveNotAllowed):
        activity.tell("attend", Attended(who="zhang", minutes=90), ORGANISER)
    with pytest.raises(RuleBroken, match="it only begins 2025-03-02 04:00:00 UTC"):
        activity.tell("hold", Held(), ORGANISER)
    activity.tell("hold", Held(), ORGANISER, later=22 * HOUR)
    activity.tell("attend", Attended(who="zhang", minutes=90), ORGANISER)
    with pytest.raises(RuleBroken, match="zhang is written down with 90 minutes; correct that"):
        activity.tell("attend", Attended(who="zhang", minutes=120), ORGANISER)
    with pytest.raises(RuleBroken, match="hua took part; somebody else writes that down"):
        activity.tell("attend", Attended(who="hua", minutes=120), ORGANISER)
    activity.tell("attend", Attended(who="hua", minutes=120, home="third branch"), CLERK)
    with pytest.raises(RuleBroken, match="nothing is written down of li"):
        activity.tell("correct_attendance", AttendanceCorrected(who="li", minutes=5, reason="he was there"), AUDITOR)
    another = AttendanceCorrected(who="zhang", minutes=0, reason="it was another Zhang")
    with pytest.raises(RuleBroken, match="zhang took part; somebody else writes that down"):
        activity.tell("correct_attendance", another, Actor("zhang", Role.SUPERVISOR))
    activity.tell("correct_attendance", another, AUDITOR)
    zhang, hua = activity.stream.attended
    assert (zhang.who, zhang.minutes, zhang.home) == ("zhang", 0, "branch of zhang")
    assert (hua.who, hua.minutes, hua.home) == ("hua", 120, "third branch")
    assert activity.stream.attendance("hua") == hua


def test_nobody_joins_leaves_or_moves_what_has_begun_but_it_can_be_cancelled() -> None:
    activity = an_activity(2, "zhang")
    activity.now = STARTS
    for move, fact in (
        ("join", Joined(who="li")),
        ("leave", Left(who="zhang")),
        ("reschedule", Rescheduled(starts=STARTS + HOUR)),
    ):
        with pytest.raises(RuleBroken, match="it began 2025-03-02 04:00:00 UTC"):
            activity.tell(move, fact, ORGANISER)
    assert activity.tell("cancel", Cancelled(reason="the doctor is ill"), ORGANISER).ended_as == "withdrawn"


def test_what_is_rescheduled_begins_then() -> None:
    activity = an_activity(1, "zhang")
    with pytest.raises(RuleBroken, match="it would start 2025-03-01 08:00:00 UTC, before this is said"):
        activity.tell("reschedule", Rescheduled(starts=T0), ORGANISER)
    activity.tell("reschedule", Rescheduled(starts=STARTS + HOUR, reason="the hall is taken"), ORGANISER)
    activity.now = STARTS
    assert activity.tell("join", Joined(who="li"), volunteer("li")).waiting == ("li",)


@pytest.mark.parametrize(
    "wrong", [{"places": 0}, {"places": -1}, {"places": True}, {"minutes": 0}, {"minutes": 10_081}, {"starts": None}]
)
def test_an_announcement_has_numbers_that_can_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        announced(**wrong)


@pytest.mark.parametrize("number", [-1, 1441, 1_000_000])
def test_nobody_is_anywhere_for_more_than_a_day(number: int) -> None:
    with pytest.raises(InvalidValue, match="minutes"):
        Attended(who="zhang", minutes=number)
    with pytest.raises(InvalidValue, match="minutes"):
        AttendanceCorrected(who="zhang", minutes=number, reason="?")
