"""Home reports: sums of what everybody did, for the home that they had, made again byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demandflow import Actor, Channel, DemandFlow, Grade, InvalidValue, Place, Role
from demandflow.county import HIDDEN
from demandflow.county.credits import MINUTES, PARTICIPATIONS, THINGS
from demandflow.county.home_reports import (
    corrected_since,
    home_document,
    public_homes,
    report_home,
    report_homes,
    reports_due,
    reproduced,
)
from demandflow.county.people.keeping import Kept, kept
from demandflow.domain.county.people.activities import (
    ACTIVITY,
    Activity,
    Announced,
    AttendanceCorrected,
    Attended,
    Held,
    Joined,
)
from demandflow.domain.county.people.commitments import COMMITMENT, Judged, Promised
from demandflow.domain.county.people.home_reports import HOME_REPORT, HomeReport
from demandflow.domain.county.people.requests import REQUEST, Requested, Served
from demandflow.domain.county.people.teams import TEAM, Done, Team, TeamFounded, TeamJoined
from demandflow.domain.county.people.volunteers import (
    VOLUNTEERING,
    HomeChanged,
    ReportedIn,
    Volunteer,
    VolunteerRegistered,
)
from demandflow.errors import DemandNotFound, StorageError
from demandflow.facts import ContractedOut, Corrected, Evaluated, Reported, Stepped, TakenOn
from demandflow.testing import FrozenClock
from tests.unit.county.playing import AUDITOR, CLERK, ORGANISER, volunteer

WORKFLOWS = (REQUEST, COMMITMENT, ACTIVITY, VOLUNTEERING, TEAM, HOME_REPORT)
CHIEF, SUPERVISOR = Actor("fang", Role.AUDITOR), Actor("tian", Role.SUPERVISOR)
FUFENG = Place("fufeng")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def flow(log_url: str) -> Iterator[DemandFlow]:
    clock = FrozenClock()
    with DemandFlow.open(log_url, workflows=WORKFLOWS, clock=clock, zone="Asia/Shanghai") as opened:
        yield opened


def clock_of(flow: DemandFlow) -> FrozenClock:
    clock = flow._clock
    assert isinstance(clock, FrozenClock)
    return clock


def later(flow: DemandFlow, by: timedelta) -> datetime:
    clock_of(flow).now += by
    return clock_of(flow).now


def held(flow: DemandFlow, who: dict[str, int], **homes: str) -> Activity:
    """An activity that these attended, for so many minutes."""
    starts = flow.now() + HOUR
    announced = Announced(title="legal aid", what="legal_aid", place=FUFENG, starts=starts, minutes=120)
    activity = flow.start(announced, of=Activity, by=ORGANISER)
    for name in who:
        flow.act(activity.id, "join", Joined(who=name, home=homes.get(name)), of=Activity, by=ORGANISER)
    later(flow, 3 * HOUR)
    flow.act(activity.id, "hold", Held(), of=Activity, by=ORGANISER)
    for name, minutes in who.items():
        flow.act(activity.id, "attend", Attended(who=name, minutes=minutes), of=Activity, by=ORGANISER)
    return flow.stream(Activity, activity.id)


def enrolled(flow: DemandFlow, who: str, home: str) -> Volunteer:
    return flow.start(VolunteerRegistered(who=who, member=True, home=home), of=Volunteer, by=CLERK)


def served(flow: DemandFlow, who: str, minutes: int, grade: str) -> Any:
    asked = Requested(text="carry coal", channel=Channel.COUNTER, place=FUFENG, resident="Anna", skill="carrying")
    it = flow.start(asked, by=CLERK).id
    flow.act(it, "offer", ContractedOut(contractor=who), by=Actor("qin", Role.DISPATCHER))
    flow.act(it, "take_on", TakenOn(), by=Actor(who, "contractor"))
    flow.act(it, "serve", Served(resolved=True, words="done", minutes=minutes), by=Actor(who, "contractor"))
    flow.act(it, "evaluate", Evaluated(resolved=True, grade=Grade(grade)), by=Actor("Anna", "resident"))
    return it


def test_a_report_of_everything_is_made_again_after_corrections(flow: DemandFlow) -> None:
    zhang, _ = enrolled(flow, "zhang", "school"), enrolled(flow, "li", "school")
    flow.act(zhang.id, "report_in", ReportedIn(community=Place("fufeng/c1")), of=Volunteer, by=volunteer("zhang"))
    activity = held(flow, {"zhang": 90, "li": 120})
    request = served(flow, "zhang", 30, Grade.SATISFIED)
    team = flow.start(TeamFounded(team="lamps", home="school"), of=Team, by=ORGANISER)
    flow.act(team.id, "join", TeamJoined(who="li", home="school"), of=Team, by=ORGANISER)
    flow.act(team.id, "do", Done(text="a bench", place=FUFENG, who=("li",), minutes=15), of=Team, by=ORGANISER)
    with pytest.raises(InvalidValue, match="2025-03 is not over"):
        report_home(flow, "school", "2025-03", by=CHIEF)
    later(flow, 35 * DAY)
    assert reports_due(flow, every="month", since="2025-03") == (("school", "2025-03"),)
    report = report_home(flow, "school", "2025-03", by=CHIEF)
    assert str(report) == (
        "# school: 2025-03\n\n"
        f"As known at event {report.position}; layout 1; 3 people.\n\n"
        "## What was done\n\n"
        "| who | hours | participations | things done | reported in |\n|---|---:|---:|---:|---:|\n"
        "| lamps | 0:00 | 0 | 1 | 0 |\n| li | 2:15 | 1 | 1 | 0 |\n| zhang | 2:00 | 1 | 0 | 1 |\n"
        "| all | 4:15 | 2 | 2 | 1 |\n\n"
        "## Demands of volunteer-request\n\n"
        "| who | closed | resolved | satisfied, of evaluated |\n|---|---:|---:|---:|\n"
        "| zhang | 1 | 1 | 1 of 1 = 100.0 % |\n| all | 1 | 1 | 1 of 1 = 100.0 % |\n"
    )
    assert reports_due(flow, every="month", since="2025-03") == ()
    wrong = AttendanceCorrected(who="zhang", minutes=0, reason="was ill")
    flow.act(activity.id, "correct_attendance", wrong, of=Activity, by=SUPERVISOR)
    flow.act(zhang.id, "change_home", HomeChanged(home="hospital"), of=Volunteer, by=volunteer("zhang"))
    fix = Corrected(event=5, reason="written down wrongly", grade=Grade.DISSATISFIED, confirmed_by="Anna")
    flow.act(request, "correct", fix, by=SUPERVISOR)
    flow.rebuild()
    assert reproduced(flow, "school", "2025-03") == report == report_home(flow, "school", "2025-03", by=CHIEF)
    now = home_document(flow, "school", "2025-03")
    assert "| zhang | 0:30 | 0 | 0 | 1 |" in str(now)
    assert "0 of 1 = 0.0 %" in str(now)
    since = corrected_since(flow, "school", "2025-03")
    assert "2025-03-01 zhang: minutes -90" in since
    assert "zhang: satisfied (volunteer-request) -1" in since
    assert home_document(flow, "hospital", "2025-03").amounts == {}
    assert len(flow.streams(HomeReport)) == 1


def test_all_that_is_due_is_reported_once(flow: DemandFlow) -> None:
    held(flow, {"zhang": 90, "li": 120}, zhang="school", li="hospital")
    assert report_homes(flow, every="month", since="2025-03", by=CHIEF) == ()
    later(flow, 35 * DAY)
    made = report_homes(flow, every="month", since="2025-03", by=CHIEF)
    assert [(one.home, one.period) for one in made] == [("hospital", "2025-03"), ("school", "2025-03")]
    assert report_homes(flow, every="month", since="2025-03", by=CHIEF) == ()
    assert tuple(reproduced(flow, one.home, one.period) for one in made) == made


def test_kept_is_of_all_that_were_due(flow: DemandFlow) -> None:
    enrolled(flow, "Zhang", "school")
    zhang, anna = Actor("Zhang", "contractor"), Actor("Anna", "resident")
    ids = []
    for days in (3, 3, 3, 90):
        promise = Promised(
            text="lamps",
            channel=Channel.COUNTER,
            place=FUFENG,
            resident="Anna",
            promiser="Zhang",
            measure="lamps",
            target=1,
            due=flow.now() + days * DAY,
        )
        ids.append(flow.start(promise, by=CLERK).id)
        flow.act(ids[-1], "publish", ContractedOut(contractor="Zhang"), by=AUDITOR)
    flow.act(ids[0], "claim", Reported(resolved=True, words="x"), by=zhang)
    later(flow, 5 * DAY)
    flow.act(ids[0], "confirm", Judged(resolved=True, grade=Grade.SATISFIED), by=anna)
    assert "| Zhang | 1 of 3 = 33.3 % | 0 | 0 | 2 | 0 |" in str(home_document(flow, "school", "2025-03"))
    for by, name in (("all", "all"), ("who", "Zhang"), ("home", "school")):
        assert kept(flow, "2025", by=by) == {name: Kept(kept=1, overdue=2)}, "the fourth is not due yet"
    flow.act(ids[1], "lapse", Stepped(), by=AUDITOR)
    flow.act(ids[2], "claim", Reported(resolved=True, words="x"), by=zhang)
    flow.act(ids[2], "confirm", Judged(resolved=True, grade=Grade.SATISFIED), by=anna)
    assert "| Zhang | 1 of 3 = 33.3 % | 1 | 1 | 0 | 0 |" in str(home_document(flow, "school", "2025-03"))


def test_what_cannot_be_right_is_not_reported(tmp_path: Path) -> None:
    url, clock = f"sqlite:///{tmp_path / 'log.db'}", FrozenClock()
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=clock) as opened:
        held(opened, {"zhang": 60}, zhang="school")
    clock.now += 40 * DAY
    few = (REQUEST, HOME_REPORT, VOLUNTEERING)
    with DemandFlow.open(url, workflows=few, clock=clock) as other, pytest.raises(StorageError, match="parked_events"):
        report_home(other, "school", "2025-03", by=CHIEF)
    with DemandFlow.open(url, workflows=WORKFLOWS, clock=clock) as again:
        report_home(again, "school", "2025-03", by=CHIEF)
    with DemandFlow.open(url, workflows=few, clock=clock) as other:
        with pytest.raises(InvalidValue, match="cannot be made again"):
            reproduced(other, "school", "2025-03")
        with pytest.raises(DemandNotFound):
            reproduced(other, "school", "2025-04")


def test_for_everybody_to_see_small_numbers_are_hidden(flow: DemandFlow) -> None:
    homes = {f"p{n}": "school" if n < 6 else "hospital" for n in range(8)}
    held(flow, dict.fromkeys(homes, 60), **homes)
    shown = public_homes(flow, "2025-03", every="month", under=2)
    assert dict(shown.rows) == {"hospital": (2, 2), "school": (6, 6), "all": (8, 8)}
    few = public_homes(flow, "2025-03", every="month")  # 2 would follow from 6, and 6 from 2
    assert dict(few.rows) == {"hospital": (HIDDEN, HIDDEN), "school": (HIDDEN, HIDDEN), "all": (8, 8)}


def test_no_cell_of_a_csv_is_taken_for_a_formula(flow: DemandFlow) -> None:
    held(flow, {"=1+1": 60}, **{"=1+1": "school"})
    assert "'=1+1" in home_document(flow, "school", "2025").as_csv()


WHO, HOMES = ("zhang", "li", "wang"), ("school", "hospital")
DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("home"), st.sampled_from(WHO), st.sampled_from(HOMES)),
        st.tuples(st.just("come"), st.sampled_from(WHO), st.integers(0, 90)),
        st.tuples(st.just("wrong"), st.sampled_from(WHO), st.integers(0, 90)),
        st.tuples(st.just("done"), st.sampled_from(WHO), st.integers(0, 90)),
    ),
    max_size=14,
)


@given(DOINGS)
@example([("done", "zhang", 0), ("home", "zhang", "hospital"), ("done", "zhang", 0)])  # all at the same moment
def test_sums_are_what_a_list_would_say(doings: list[tuple[str, str, Any]]) -> None:
    """Each for the home of when it was written down; a correction for the home of what it corrects."""
    with DemandFlow.open("memory:", workflows=WORKFLOWS, clock=FrozenClock()) as flow:
        homes, want, there = (
            dict.fromkeys(WHO, "school"),
            Counter[tuple[str, str, str]](),
            dict[str, tuple[Any, str, int]](),
        )
        people = {who: enrolled(flow, who, "school") for who in WHO}
        team = flow.start(TeamFounded(team="lamps"), of=Team, by=ORGANISER)
        for who in WHO:
            flow.act(team.id, "join", TeamJoined(who=who), of=Team, by=ORGANISER)
        for what, who, value in doings:
            if what == "home":
                flow.act(people[who].id, "change_home", HomeChanged(home=value), of=Volunteer, by=volunteer(who))
                homes[who] = value
            elif what == "come":
                there[who] = held(flow, {who: value}).id, homes[who], value
                want[homes[who], who, MINUTES] += value
                want[homes[who], who, PARTICIPATIONS] += value > 0
            elif what == "done":
                done = Done(text="x", place=FUFENG, who=(who,), minutes=value)
                flow.act(team.id, "do", done, of=Team, by=ORGANISER)
                want[homes[who], who, MINUTES] += value
                want[homes[who], who, THINGS] += 1
            elif who in there and there[who][2] > 0:  # what was 0 had no home yet
                it, home, was = there[who]
                fact = AttendanceCorrected(who=who, minutes=value, reason="x")
                flow.act(it, "correct_attendance", fact, of=Activity, by=SUPERVISOR)
                there[who] = it, home, value
                want[home, who, MINUTES] += value - was
                want[home, who, PARTICIPATIONS] += (value > 0) - (was > 0)
        for _ in range(2):
            found = {
                (home, who, measure): amount
                for home in HOMES
                for who, amounts in home_document(flow, home, "2025").amounts.items()
                for (_, measure), amount in amounts.items()
                if who in WHO
            }
            assert found == {key: amount for key, amount in want.items() if amount}
            flow.rebuild()
