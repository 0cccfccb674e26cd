"""People and needs by lot, and the matching once more, naively."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from demandflow.calendars.hours import Week, opening_week
from demandflow.county import Need, Person, Synonyms

SYNONYMS = Synonyms((("hairdressing", "haircut", "理发"), ("law", "legal aid")))
SKILLS = ("law", "Law", "legal aid", "legal aid", "理发")
PLACES = ("f", "f/c1", "f/c1/g1", "f/c1/g1/b2", "f/c2", "f/c2/g3", "e", "e/c9")
HOURS = (
    None,
    "Mon-Sun 00:00-24:00",
    "Mon-Sun 00:00-12:00 12:00-24:00",
    "Mon-Fri 09:00-12:00 12:00-18:00",
    "Sat-Sun 01:00-02:30 03:00-12:00",
    "Tue 09:00-10:00",
)
STARTS = (
    datetime(2026, 3, 2, 9, tzinfo=UTC),
    datetime(2026, 3, 3, 23, 30, tzinfo=UTC),
    datetime(2025, 3, 30, 0, 30, tzinfo=UTC),  # half an hour before the clocks of Berlin go forward
    datetime(2025, 10, 26, 0, 15, tzinfo=UTC),  # three quarters of an hour before they go back
)
ZONES = ("UTC", "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe")
MINUTE = timedelta(minutes=1)

starts = st.sampled_from(STARTS)
minutes = st.sampled_from((1, 30, 45, 60, 90, 180, 1440))
names = st.sampled_from([f"v{number}" for number in range(8)])


@st.composite
def persons(draw: st.DrawFn, who: str) -> Person:
    """Somebody who is more often than not verified, and there."""
    begins = draw(starts)
    return Person(
        who,
        skills=tuple(draw(st.lists(st.sampled_from(SKILLS), min_size=1, max_size=3, unique=True))),
        places=tuple(draw(st.lists(st.sampled_from(PLACES), max_size=2, unique=True))),
        hours=draw(st.sampled_from((*HOURS[:3], *HOURS))),
        verified=draw(st.integers(0, 9)) != 7,
        withdrawn=draw(st.integers(0, 9)) == 7,
        load=draw(st.integers(0, 2)),
        most=draw(st.sampled_from((None, 1, 3, 3))),
        busy=draw(
            st.sampled_from(((), (), (), (), (), ((begins, begins + draw(st.sampled_from((30, 600))) * MINUTE),)))
        ),
    )


def crowds(most: int = 7) -> st.SearchStrategy[tuple[Person, ...]]:
    """Up to so many people, each with a name of their own."""
    return st.sampled_from((0, 1, *range(2, most + 1), most, most)).flatmap(
        lambda number: st.tuples(*(persons(f"v{who}") for who in range(number)))
    )


@st.composite
def needs(draw: st.DrawFn, name: str = "n1", begins: datetime | None = None, long: int | None = None) -> Need:
    """A need, at any of a few moments or at this one."""
    place = draw(st.sampled_from(PLACES[1:6]))
    return Need(
        name,
        draw(st.sampled_from(SKILLS)),
        place,
        begins or draw(starts),
        long or draw(minutes),
        without=frozenset(draw(st.sets(names, max_size=1))),
        shared=draw(st.sampled_from([1, 1, *range(1, place.count("/") + 2)])),
    )


zones = st.sampled_from(ZONES)


def same_skill(one: str, other: str) -> int | None:
    """0 for the same word, 1 for another word of its group, None for another skill."""
    if one.lower() == other.lower():
        return 0
    groups = [{word.lower() for word in group} for group in SYNONYMS.groups]
    return 1 if any({one.lower(), other.lower()} <= group for group in groups) else None


def common(one: str, other: str) -> int:
    """How many first names two places share."""
    shared = 0
    while one.split("/")[: shared + 1] == other.split("/")[: shared + 1] and shared < len(one.split("/")):
        shared += 1
    return shared


def open_at(week: Week, wall: datetime) -> bool:
    """Whether the clock shows a time within these hours."""
    until = [(opens, closes if closes != time() else time.max) for opens, closes in week[wall.weekday()]]
    return any(opens <= wall.time() < closes for opens, closes in until)


def naive_key(need: Need, person: Person, zone: str) -> tuple[object, ...] | None:
    """The key by its words, minute by minute; None for whoever cannot serve."""
    skills = [same for skill in person.skills if (same := same_skill(need.skill, skill)) is not None]
    shared = [
        (common(need.place, place), need.place == place or need.place.startswith(f"{place}/"))
        for place in person.places
    ]
    every = [need.starts + number * MINUTE for number in range(need.minutes)]
    if not skills or not person.verified or person.withdrawn or person.who in need.without:
        return None
    depth, there = max(shared, default=(0, True))
    if (person.most is not None and person.load >= person.most) or not (there or depth >= need.shared):
        return None
    if any(begins <= moment < ends for moment in every for begins, ends in person.busy):
        return None
    local = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in every]
    if person.hours is not None and not all(open_at(opening_week(person.hours), wall) for wall in local):
        return None
    away = need.place.count("/") + 1 - depth
    return (min(skills), away, 0 if there else 1, int(person.hours is None), person.load, person.who)
