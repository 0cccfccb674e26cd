"""Values check themselves, and say what was wrong."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Accepted, Actor, Category, Channel, DemandFlowError, Extended, InvalidValue, Place, Registered
from demandflow.domain.values import moment
from demandflow.ids import derived_id, uuid7

NAMES = st.text(min_size=1).filter(lambda t: t == t.strip() and t.isprintable() and bool(t))


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_a_place_gives_back_the_names_it_was_made_of(names: list[str]) -> None:
    from unicodedata import normalize

    place = Place.of(*names)
    assert place.names == tuple(normalize("NFC", name) for name in names)
    assert place.depth == len(names)
    assert Place(str(place)) == place == pickle.loads(pickle.dumps(place))
    assert place.level(1).depth == 1
    assert place.within(place.level(1))


def test_a_slash_inside_a_name_is_escaped() -> None:
    place = Place.of("Boston", "Allston / Brighton", "100%")
    assert place == "Boston/Allston %2F Brighton/100%25"
    assert place.names[1] == "Allston / Brighton"
    assert Place("a/b").within("a")
    assert not Place("ab/c").within("a")
    assert Category("a").level(3) == "a"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Place(""), "empty"),
        (lambda: Place("a//b"), "empty"),
        (lambda: Place("a/ b"), "blanks"),
        (lambda: Place("100%"), "%25"),
        (lambda: Place("a\x00"), "control"),
        (lambda: Place(3), "must be a text"),  # type: ignore[arg-type]
        (lambda: Place("a").level(0), "widest is 1"),
        (lambda: Channel(" "), "blanks"),
        (lambda: Channel("\ud800"), "control"),
        (lambda: Actor("", "auditor"), "non-empty"),
        (lambda: Actor("li", "auditor", " x"), "blanks"),
        (lambda: Actor(3, "auditor"), "non-empty"),  # type: ignore[arg-type]
        (lambda: moment(datetime(2025, 1, 1)), "no time zone"),  # noqa: DTZ001
        (lambda: moment("2025-01-01"), "must be a datetime"),
        (lambda: moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))), "outside 1900"),
        (lambda: moment(datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))), "outside 1900"),
        (lambda: Extended(due=datetime(2025, 1, 1)), "no time zone"),  # noqa: DTZ001
        (lambda: Extended(due=1_700_000_000), "valid datetime"),  # type: ignore[arg-type]
        (lambda: Accepted(nte="x"), "possible: note"),  # type: ignore[call-arg]
        (lambda: Accepted(note="\ud800"), "string"),
        (lambda: Registered(text=" ", channel=Channel("x"), place=Place("f")), "text"),
    ],
)
def test_bad_input_says_what_was_wrong(make: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as caught:
        make()  # type: ignore[operator]
    assert isinstance(caught.value, ValueError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), DemandFlowError)


def test_moments_are_kept_in_utc_and_facts_cannot_be_changed() -> None:
    due = datetime(2025, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    fact = Extended(due=due)
    assert (fact.due, fact.due.tzinfo) == (datetime(2025, 1, 1, tzinfo=UTC), UTC)
    with pytest.raises(InvalidValue, match="never changed"):
        fact.due = due  # type: ignore[misc]


def test_two_spellings_of_a_name_are_one_place() -> None:
    assert Place("Pozna\u0144") == Place("Poznan\u0301")


def test_ids_sort_by_time_and_derived_ids_are_the_same_everywhere() -> None:
    ids = [uuid7() for _ in range(2000)]
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == len(ids)
    assert str(derived_id("fufeng", "12345", "7")) == str(derived_id("fufeng", "12345", "7"))
    assert (
        len({derived_id("a", "b", "c"), derived_id(None, "b", "c"), derived_id("a", "bc", ""), derived_id("a", "b")})
        == 4
    )
