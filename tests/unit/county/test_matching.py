"""Matching: never anybody unfit, whatever the order, and one person more makes nothing worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from demandflow.county import Match, Need, Person, Synonyms, explained, left_out, match, plan
from demandflow.errors import InvalidValue
from tests.profiles import examples
from tests.unit.county.people import SYNONYMS, crowds, naive_key, needs, persons, zones

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANYTHING: Any = "a"
firsts = st.integers(1, 4)
many = settings(max_examples=examples(300))


def later(found: Match | None, before: Match | None) -> bool:
    """Whether a match is worse than the one before."""
    return before is not None and (found is None or found.key > before.key)


@many
@given(crowds(), needs(), zones, firsts)
def test_the_first_are_those_with_the_least_keys(people: tuple[Person, ...], need: Need, zone: str, first: int) -> None:
    expected = sorted(key for person in people if (key := naive_key(need, person, zone)) is not None)[:first]
    event(f"{len(expected)} can")
    assert [found.key for found in match(need, people, synonyms=SYNONYMS, zone=zone, first=first)] == expected


@many
@given(crowds(), needs(), zones)
def test_nobody_is_matched_who_is_unverified_withdrawn_refused_or_has_enough(
    people: tuple[Person, ...], need: Need, zone: str
) -> None:
    by_name = {person.who: person for person in people}
    for found in match(need, people, synonyms=SYNONYMS, zone=zone):
        person = by_name[found.who]
        assert person.verified
        assert not person.withdrawn
        assert person.who not in need.without
        assert person.most is None or person.load < person.most


@given(crowds(), needs(), zones, firsts, st.randoms(use_true_random=False))
def test_the_order_in_which_people_are_given_changes_nothing(
    people: tuple[Person, ...], need: Need, zone: str, first: int, dice: Random
) -> None:
    mixed = dice.sample(people, len(people))
    assert match(need, mixed, synonyms=SYNONYMS, zone=zone, first=first) == match(
        need, people, synonyms=SYNONYMS, zone=zone, first=first
    )
    assert left_out(need, mixed, synonyms=SYNONYMS, zone=zone) == left_out(need, people, synonyms=SYNONYMS, zone=zone)
    assert plan([need, need], mixed, zone=zone) == plan([need, need], people, zone=zone)


@many
@given(crowds(), persons("newcomer"), needs(), zones)
def test_one_more_person_never_makes_the_ith_best_worse(
    people: tuple[Person, ...], newcomer: Person, need: Need, zone: str
) -> None:
    before = match(need, people, synonyms=SYNONYMS, zone=zone)
    after = match(need, (*people, newcomer), synonyms=SYNONYMS, zone=zone)
    assert len(after) >= len(before)
    assert not any(map(later, after, before))


@many
@given(crowds(), needs(), zones, firsts)
def test_everybody_is_either_among_the_first_or_left_out_with_a_reason(
    people: tuple[Person, ...], need: Need, zone: str, first: int
) -> None:
    chosen = match(need, people, synonyms=SYNONYMS, zone=zone, first=first)
    others = left_out(need, people, synonyms=SYNONYMS, zone=zone, first=first)
    reasons = [*((one.who, one.why) for one in chosen), *((one.who, one.why) for one in others)]
    assert sorted(who for who, _ in reasons) == sorted(person.who for person in people)
    assert all(why for _, why in reasons)
    text = explained(need, people, synonyms=SYNONYMS, zone=zone, first=first)
    assert all(person.who in text for person in people)


DISJOINT = st.tuples(*(needs(f"n{number}", MONDAY + number * timedelta(hours=2), 60) for number in range(5)))
AT_ONCE = st.tuples(*(needs(f"n{number}", MONDAY, 60) for number in range(5)))


@many
@given(crowds(), persons("a newcomer"), DISJOINT | AT_ONCE)
def test_one_more_person_makes_no_need_of_a_plan_worse(
    people: tuple[Person, ...], newcomer: Person, asked: tuple[Need, ...]
) -> None:
    before = plan(asked, people, synonyms=SYNONYMS)
    assert not any(map(later, plan(asked, (*people, newcomer), synonyms=SYNONYMS), before))


@given(crowds(), st.lists(st.integers(0, 3).flatmap(lambda n: needs(f"n{n}")), max_size=6), zones)
def test_a_plan_is_one_match_after_another(people: tuple[Person, ...], asked: list[Need], zone: str) -> None:
    now = {person.who: person for person in people}
    for need, planned in zip(asked, plan(asked, people, zone=zone), strict=True):
        expected = match(need, now.values(), zone=zone, first=1)
        assert ((planned,) if planned else ()) == expected
        for found in expected:
            was = now[found.who]
            now[found.who] = replace(was, load=was.load + 1, busy=(*was.busy, (need.starts, need.ends)))
    for person, was in zip(now.values(), people, strict=True):
        assert person.most is None or person.load <= max(person.most, was.load)


def able(
    who: str, *skills: str, places: tuple[str, ...] = ("f/c1/g1",), hours: str | None = None, load: int = 0
) -> Person:
    return Person(who, skills=skills or ("law",), places=places, verified=True, hours=hours, load=load)


def test_where_needs_overlap_a_newcomer_may_cost_a_later_one_its_match() -> None:
    """Why the law speaks of needs that do not overlap: whoever the newcomer spares is taken later."""
    people = [able("b", "law", "cooking"), able("p", "law")]
    asked = [
        Need("early", "law", "f/c1/g1", MONDAY - timedelta(hours=5)),
        Need("law", "law", "f/c1/g1", MONDAY),
        Need("cooking", "cooking", "f/c1/g1", MONDAY),
    ]
    assert [found and found.who for found in plan(asked, people)] == ["b", "p", "b"]
    newcomer = able("a", "law", hours="Mon 04:00-05:00")
    assert [found and found.who for found in plan(asked, [*people, newcomer])] == ["a", "b", None]


def test_skill_comes_before_place_place_before_time_time_before_load_and_the_name_last() -> None:
    people = [
        able("g", "legal aid"),
        able("f", places=("f",)),
        able("e", places=("f/c1/g2",)),
        able("d", places=("f/c1",)),
        able("c"),
        able("b", hours="Mon 09:00-10:00", load=2),
        able("a", hours="Mon 09:00-10:00", load=1),
        able("A", hours="Mon 09:00-10:00", load=1),
    ]
    found = match(Need("n1", "law", "f/c1/g1", MONDAY), people, synonyms=SYNONYMS, first=8)
    assert [one.who for one in found] == ["A", "a", "b", "c", "d", "e", "f", "g"]


def test_why_these_three_and_why_not_the_others() -> None:
    people = [
        able("Chen", hours="Mon-Fri 09:00-12:00"),
        able("Li", "legal aid", places=("f/c1/g2",)),
        able("Wang", places=("f",), load=1),
        able("Zhao", "legal aid", places=("f",)),
        replace(able("Sun", "music"), verified=False, withdrawn=True, load=3, most=3),
        replace(able("Wu", hours="Tue 09:00-10:00", places=("e",)), busy=((MONDAY, MONDAY + timedelta(hours=1)),)),
        Person("Xu", skills=("law",), verified=True),
    ]
    need = Need("n1", "law", "f/c1/g1", MONDAY, without=frozenset({"Xu"}), shared=1)
    assert explained(need, people, synonyms=SYNONYMS).splitlines() == [
        "law at f/c1/g1, Mon 2026-03-02 09:00, 60 minutes",
        "1. Chen offers law, serves f/c1/g1, has time then, has 0 in hand",
        "2. Wang offers law, serves f, helps at any time, has 1 in hand",
        "3. Li offers legal aid, another word for law, serves f/c1/g2, near in f/c1, helps at any time, has 0 in hand",
        "not Sun: does not offer law, is not verified, has withdrawn, has 3 in hand already (possible: up to 3)",
        "not Wu: serves neither there nor in f, has no time then, serves somebody else then",
        "not Xu: is left out of this need",
        "not Zhao: is farther away than Li",
    ]
    assert explained(need, [], zone="Asia/Shanghai").splitlines() == [
        "law at f/c1/g1, Mon 2026-03-02 17:00, 60 minutes",
        "nobody can serve it",
    ]


@pytest.mark.parametrize(
    ("minutes", "hours", "fits"),
    [
        (60, "Sun 01:30-02:00 03:00-03:30", True),  # the clocks skip what lies between
        (60, "Sun 01:30-02:30", False),
        (60, "Sun 01:30-03:29", False),
        (1440, "Sun 01:30-24:00; Mon 00:00-02:30", True),  # 24 hours on a day that has 23
        (1440, "Sun 01:30-24:00; Mon 00:00-01:30", False),
    ],
)
def test_hours_are_by_the_clock_on_the_wall_where_it_goes_forward(minutes: int, hours: str, *, fits: bool) -> None:
    need = Need("n1", "law", "f/c1/g1", datetime(2025, 3, 30, 0, 30, tzinfo=UTC), minutes)
    assert bool(match(need, [able("a", hours=hours)], zone="Europe/Berlin")) is fits


@pytest.mark.parametrize(
    ("minutes", "hours", "fits"),
    [
        (60, "Sun 02:00-03:00", True),  # 02:15 to 03:00, and 02:00 to 02:15 once more
        (60, "Sun 02:15-03:15", False),
        (105, "Sun 02:00-03:00", True),
        (106, "Sun 02:00-03:00", False),
    ],
)
def test_hours_are_by_the_clock_on_the_wall_where_it_goes_back(minutes: int, hours: str, *, fits: bool) -> None:
    need = Need("n1", "law", "f/c1/g1", datetime(2025, 10, 26, 0, 15, tzinfo=UTC), minutes)
    assert bool(match(need, [able("a", hours=hours)], zone="Europe/Berlin")) is fits


def test_who_named_no_place_serves_anywhere_and_is_asked_after_those_who_did() -> None:
    found = match(Need("n1", "law", "f/c1/g1", MONDAY, shared=3), [able("a", places=()), able("b", places=("f",))])
    assert [(one.who, one.why[1]) for one in found] == [("b", "serves f"), ("a", "serves anywhere")]


def test_a_need_shares_as_many_names_of_the_place_as_it_says() -> None:
    people = [able("a", places=("f/c2",)), able("b", places=("f/c1/g2",))]
    need = Need("n1", "law", "f/c1/g1", MONDAY, shared=2)
    assert [found.who for found in match(need, people)] == ["b"]
    assert left_out(need, people)[0].why == ("serves neither there nor in f/c1",)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: match(Need("n", "law", "f", MONDAY), [able("a"), able("a")]), "people: a is listed twice"),
        (lambda: match(Need("n", "law", "f", MONDAY), [ANYTHING]), "people: must be each a Person, got 'a'"),
        (lambda: match(Need("n", "law", "f", MONDAY), [], first=0), "first: must be a whole number from 1"),
        (lambda: match(Need("n", "law", "f", MONDAY), [], zone="Mars"), "zone: 'Mars' is no time zone"),
        (lambda: Need("n", "law", "f", MONDAY, minutes=0), "need's minutes: must be a whole number from 1 to 1440"),
        (lambda: Need("n", "law", "f", MONDAY, shared=2), "need's shared names of the place: must be"),
        (lambda: Need("n", "law", "f", datetime(2026, 1, 1)), "need's start: 2026-01-01T00:00:00 has no time zone"),  # noqa: DTZ001
        (lambda: Person("a", skills=ANYTHING), "skills: must be several"),
        (lambda: Person("a", busy=((MONDAY, MONDAY),)), "busy: 2026-03-02T09:00:00+00:00 is not before"),
        (lambda: Person("a", busy=(ANYTHING,)), "busy: must be pairs of moments"),
        (lambda: Person("a", verified=ANYTHING), "verified: must be True or False"),
        (lambda: Synonyms((("a", "b"), ("B", "c"))), "synonyms: 'b' is in two groups; make them one"),
    ],
)
def test_what_is_wrong_is_said(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue, match="^" + says.replace("+", "\\+")):
        make()
