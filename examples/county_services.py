"""The rest of the county's year: places, rounds, the menu, volunteers, activities and commitments, all by numbers.

whole_county.py records it all, beside the demands of county_year.py, in one log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from demandflow import CLOSED_LOOP, Actor, Channel, DemandFlow, FeedbackMethod, Grade, Place, Role
from demandflow.batches import Batch
from demandflow.county import Synonyms, menu, order, who_can_serve
from demandflow.county.grid import (
    DIRECTORY,
    PATROL,
    ROUND,
    Appointed,
    Checked,
    Directory,
    Finding,
    Found,
    Founded,
    Opened,
    Round,
    Walked,
)
from demandflow.county.people import (
    ACTIVITY,
    COMMITMENT,
    HOME_REPORT,
    REQUEST,
    TEAM,
    VOLUNTEERING,
    Activity,
    Announced,
    Attended,
    Done,
    Held,
    Joined,
    Judged,
    Progressed,
    Promised,
    ReportedIn,
    Requested,
    Served,
    SkillsDeclared,
    Team,
    TeamFounded,
    TeamJoined,
    Volunteer,
    VolunteerRegistered,
    VolunteerVerified,
)
from demandflow.county.services import MENU_ITEM, ORDER, Drafted, Item, Published
from demandflow.facts import ContractedOut, Evaluated, HandedBack, Reported, TakenOn, Withdrawn

ZONE, DAY, HOUR = ZoneInfo("Asia/Shanghai"), timedelta(days=1), timedelta(hours=1)
BEGAN = datetime(2025, 1, 2, 8, tzinfo=ZONE)
WORKFLOWS = (
    *(CLOSED_LOOP, PATROL, ORDER, REQUEST, COMMITMENT),
    *(DIRECTORY, ROUND, MENU_ITEM, VOLUNTEERING, TEAM, ACTIVITY, HOME_REPORT),
)
REGISTRAR, EDITOR, ORGANISER = Actor("Ma", "registrar"), Actor("Ma", "menu_editor"), Actor("Hua", "organiser")
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, SUPERVISOR = Actor("Zhao", Role.DISPATCHER), Actor("Sun", Role.SUPERVISOR)

TOWN = Place.of("fufeng", "chengguan")
COMMUNITIES = ("dongdajie", "nanguan", "beiguan", "xihu", "xinqu", "laocheng")
GRIDS = [
    Place.of("fufeng", "chengguan", name, f"g{number}")
    for name in COMMUNITIES
    for number in range(1, 11 if name == "laocheng" else 12)
]
ADMINISTRATORS, QUARTERS, FINDS = 98, 198, 76
MEMBERS, WITH_SKILLS, NO_MEMBERS = 2_620, 1_300, 400
TEAMS, THINGS, TEAM_ACTIVITIES, ACTIVITIES, PARTICIPATIONS = 33, 200, 40, 35, 1_380
HOMES = tuple(f"branch {number}" for number in range(1, 25))
SKILLS = ("law", "haircut", "mending", "first aid", "tutoring", "driving", "care", "music")
SYNONYMS = Synonyms((("haircut", "理发"), ("mending", "repairs"), ("law", "legal aid")))
DEPARTMENTS = {
    "party_affairs": ("transfer of membership", "party service centre"),
    "culture": ("a reading room key", "culture station"),
    "labour": ("a training place", "employment office"),
    "family_planning": ("a health check", "health station"),
    "civil_affairs": ("a subsidy", "civil affairs office"),
    "housing": ("a repair", "property management"),
    "women": ("legal advice for women", "women's federation"),
    "persons_with_disabilities": ("a ramp", "disabled persons' federation"),
}
FORM = {
    "type": "object",
    "properties": {"phone": {"type": "string", "title": "Telephone", "pattern": "^[0-9]{7,11}$"}},
    "required": ["phone"],
    "additionalProperties": False,
}


def community(name: str) -> Place:
    """The place of a community."""
    return Place.of("fufeng", "chengguan", name)


def administrator(number: int) -> Actor:
    """The administrator of this number; the first 65 are of a grid each, the others help there."""
    return Actor(f"administrator {number}", Role.GRID_ADMINISTRATOR)


def places(batch: Batch) -> None:
    """A directory: six towns, six communities, 65 grids with 198 residential quarters, and who is responsible."""
    directory = batch.start(Founded(county=Place("fufeng")), of=Directory, by=REGISTRAR, at=BEGAN).id

    def tell(move: str, fact: Any) -> None:
        batch.act(directory, move, fact, of=Directory, by=REGISTRAR, at=BEGAN)

    for town in ("chengguan", "jiangzhang", "wujing", "tiandu", "duanjia", "zhaogong"):
        tell("open_place", Opened(place=Place.of("fufeng", town), kind="town"))
    for number, name in enumerate(COMMUNITIES):
        kind, members = ("unit" if name == "laocheng" else "plate"), 77 if number else 80
        tell("open_place", Opened(place=community(name), kind="community", type=kind, branches=1, members=members))
    for number, grid in enumerate(GRIDS):
        quarters = QUARTERS // len(GRIDS) + (number < QUARTERS % len(GRIDS))
        tell("open_place", Opened(place=grid, kind="grid", quarters=quarters))
    for number in range(ADMINISTRATORS):
        tell("appoint", Appointed(place=GRIDS[number % len(GRIDS)], who=administrator(number).id))


def patrols(batch: Batch) -> None:
    """Each grid is walked once a month; on 76 of the rounds a dispute or a hazard is found, handled and checked."""
    rounds = [(month, number) for month in range(12) for number in range(len(GRIDS))]
    with_a_find = {round(n * len(rounds) / FINDS) for n in range(FINDS)}
    for at_round, (month, number) in enumerate(rounds):
        grid, by, at = GRIDS[number], administrator(number), BEGAN + month * 30 * DAY + number % 20 * DAY + HOUR
        found: tuple[Any, ...] = ()
        if at_round in with_a_find:
            what = (Finding.DISPUTE, Finding.HAZARD)[at_round % 2]
            fact = Found(text=f"a {what} on a round", place=grid, what=what)
            found = (batch.start(fact, workflow=PATROL.key, by=by, at=at).id,)
            batch.act(found[0], "handle", Reported(resolved=True, words="on the spot"), by=by, at=at + HOUR)
            other = administrator((number + 1) % len(GRIDS))
            batch.act(found[0], "check", Checked(in_order=True), by=other, at=at + DAY)
        walked = Walked(grid=grid, since=at, until=at + HOUR, demands=found)
        batch.start(walked, of=Round, by=by, at=at + HOUR)


def written_menu(batch: Batch) -> None:
    """An item of each of the eight departments, published in January."""
    for department, (name, contractor) in DEPARTMENTS.items():
        drafted = Drafted(
            item=name, department=department, name=name.capitalize(), days=10, contractor=contractor, form=FORM,
            steps=("You order.", "We look at it within two days.", "We call you."),
        )  # fmt: skip
        item = batch.start(drafted, of=Item, by=EDITOR, at=BEGAN).id
        batch.act(item, "publish", Published(), of=Item, by=EDITOR, at=BEGAN + DAY)


def orders(flow: DemandFlow) -> None:
    """Three orders of each item, each brought round its loop."""
    for number, item in enumerate(3 * list(menu(flow))):
        at, resident = BEGAN + (20 + 10 * number) * DAY, Actor(f"resident {number}", Role.RESIDENT)
        it = order(
            flow, item.item, {"phone": "09171234567"}, resident=resident.id, place=GRIDS[number],
            channel=Channel.WECHAT_GROUP, by=resident, at=at,
        ).id  # fmt: skip
        contractor = item.contractor or "property management"
        worker = Actor("Chen", Role.CONTRACTOR, unit=contractor)
        flow.accept(it, by=AUDITOR, at=at + DAY)
        flow.contract_out(it, contractor, by=DISPATCHER, at=at + DAY)
        flow.take_on(it, by=worker, at=at + 2 * DAY)
        flow.report(it, "Done.", by=worker, at=at + 5 * DAY)
        flow.feed_back(it, FeedbackMethod.CALL, by=CLERK, at=at + 6 * DAY)
        flow.evaluate(it, resolved=True, grade=Grade.SATISFIED, by=resident, at=at + 7 * DAY)


def people(batch: Batch) -> None:
    """2,620 members report in to their community; 1,300 members and others say what they can do, and are verified."""
    for number in range(MEMBERS + NO_MEMBERS):
        member, at = number < MEMBERS, BEGAN + number % 90 * DAY
        fact = VolunteerRegistered(who=f"volunteer {number}", member=member, home=HOMES[number % len(HOMES)])
        it = batch.start(fact, of=Volunteer, by=CLERK, at=at).id
        if member:
            where = community(COMMUNITIES[number % len(COMMUNITIES)])
            batch.act(it, "report_in", ReportedIn(community=where), of=Volunteer, by=CLERK, at=at + HOUR)
        if not member or number < WITH_SKILLS - NO_MEMBERS:
            skills = SkillsDeclared(skills=(SKILLS[number % len(SKILLS)],))
            batch.act(it, "declare_skills", skills, of=Volunteer, by=CLERK, at=at + 2 * HOUR)
            batch.act(it, "verify", VolunteerVerified(), of=Volunteer, by=AUDITOR, at=at + DAY)


def teams(batch: Batch) -> None:
    """33 teams do 200 practical things."""
    team: list[Any] = []
    for number in range(TEAMS):
        fact = TeamFounded(team=f"team {number}", skills=(SKILLS[number % len(SKILLS)],))
        team.append(batch.start(fact, of=Team, by=ORGANISER, at=BEGAN + 100 * DAY).id)
        for who in range(3):
            member = number + TEAMS * who
            joined = TeamJoined(who=f"volunteer {member}", home=HOMES[member % len(HOMES)])
            batch.act(team[-1], "join", joined, of=Team, by=ORGANISER, at=BEGAN + 100 * DAY)
    for number in range(THINGS):
        at, of = BEGAN + (101 + number) * DAY, number % TEAMS
        done = Done(text="a practical thing", place=GRIDS[number % len(GRIDS)], who=(f"volunteer {of}",), minutes=60)
        batch.act(team[of], "do", done, of=Team, by=ORGANISER, at=at)


def activities(batch: Batch) -> None:
    """35 activities with 1,380 participations in all, and 40 of the teams."""
    subjects = ("legal aid", "free clinic", "care for people living alone", "volunteer work")
    who = count()
    for number in range(ACTIVITIES):
        came = PARTICIPATIONS // ACTIVITIES + (number < PARTICIPATIONS % ACTIVITIES)
        names = [next(who) % WITH_SKILLS for _ in range(came)]
        _held(batch, subjects[number % len(subjects)], number * 10, names, None)
    for number in range(TEAM_ACTIVITIES):
        _held(batch, "round of the team", number * 6, [number % TEAMS], f"team {number % TEAMS}")


def _held(batch: Batch, what: str, day: int, names: list[int], team: str | None) -> None:
    starts = BEGAN + (day + 5) * DAY + HOUR
    announced = Announced(title=what, what=what, place=TOWN, starts=starts, minutes=120, places=60, team=team)
    it = batch.start(announced, of=Activity, by=ORGANISER, at=starts - 2 * DAY).id
    for number in names:
        joined = Joined(who=f"volunteer {number}", home=HOMES[number % len(HOMES)])
        batch.act(it, "join", joined, of=Activity, by=ORGANISER, at=starts - DAY)
    batch.act(it, "hold", Held(), of=Activity, by=ORGANISER, at=starts + 2 * HOUR)
    for number in names:
        attended = Attended(who=f"volunteer {number}", minutes=120)
        batch.act(it, "attend", attended, of=Activity, by=ORGANISER, at=starts + 2 * HOUR)


def requests(flow: DemandFlow) -> None:
    """Twelve residents ask for a volunteer; who comes first is offered it, and one in four passes it on."""
    for number in range(12):
        at, resident = BEGAN + (150 + number) * DAY, Actor(f"resident {number}", Role.RESIDENT)
        fact = Requested(
            text="You order, I serve", channel=Channel.COUNTER, place=GRIDS[number], resident=resident.id,
            skill=("repairs", *SKILLS)[number % 9], starts=at + DAY, ends=at + DAY + HOUR,
        )  # fmt: skip
        it = flow.start(fact, by=CLERK, at=at).id
        for passes_on in (True, False) if number % 4 == 0 else (False,):
            volunteer = Actor(who_can_serve(flow, it, synonyms=SYNONYMS)[0].who, Role.CONTRACTOR)
            flow.act(it, "offer", ContractedOut(contractor=volunteer.id), by=DISPATCHER, at=at)
            if passes_on:
                flow.act(it, "pass_on", HandedBack(reason="no time that day"), by=volunteer, at=at)
        flow.act(it, "take_on", TakenOn(), by=volunteer, at=at)
        served = Served(resolved=True, words="Done.", minutes=60)
        flow.act(it, "serve", served, by=volunteer, at=at + DAY + HOUR)
        flow.act(it, "evaluate", Evaluated(resolved=True, grade=Grade.SATISFIED), by=resident, at=at + 2 * DAY)


def commitments(batch: Batch) -> None:
    """60 promises: 52 kept, 4 late, 3 broken, 1 withdrawn."""
    for number in range(60):
        promiser, resident = f"volunteer {number}", Actor(f"resident {number}", Role.RESIDENT)
        by, at = Actor(promiser, Role.CONTRACTOR), BEGAN + (110 + number) * DAY
        fact = Promised(
            text="lamps in our stairways", channel=Channel.COUNTER, place=GRIDS[number], resident=resident.id,
            promiser=promiser, measure="lamps mended", target=12, due=at + 30 * DAY,
        )  # fmt: skip
        it = batch.start(fact, by=by, at=at).id
        batch.act(it, "publish", ContractedOut(contractor=promiser), by=AUDITOR, at=at + DAY)
        if number == 59:
            batch.act(it, "withdraw", Withdrawn(reason="moved away"), by=by, at=at + 2 * DAY)
            continue
        batch.act(it, "progress", Progressed(done=6, evidence="photographs"), by=by, at=at + 10 * DAY)
        claimed = at + (40 if 52 <= number < 56 else 20) * DAY
        batch.act(it, "claim", Reported(resolved=True, words="all twelve"), by=by, at=claimed)
        kept = number < 56
        judged = Judged(resolved=kept, grade=Grade.SATISFIED if kept else Grade.DISSATISFIED)
        batch.act(it, "confirm", judged, by=resident, at=claimed + 15 * DAY)


def record(flow: DemandFlow) -> Iterator[str]:
    """Record it all, part by part; says which part is recorded."""
    for part in (places, patrols, written_menu, people, teams, activities, commitments):
        with flow.batch(backdating=True) as batch:
            part(batch)
        yield part.__name__
    for told in (orders, requests):
        told(flow)
        yield told.__name__
