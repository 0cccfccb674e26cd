"""Samples of facts: whatever a condition may look at is there in both ways, and each can really be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import Field

from demandflow import Category, Channel, Grade, InvalidValue, Place
from demandflow.domain.checks.samples import MOST, choices_of, plain, variants
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.facts import Evaluated, Fact, Registered, Reported


class Everything(Fact):
    """One field of every kind."""

    TOPIC: ClassVar[str] = "tests.everything"
    yes: bool
    grade: Annotated[Grade, "as the resident gave it"]
    size: Literal["small", "large"]
    text: str
    raw: bytes
    id: UUID
    at: datetime
    day: date
    long: timedelta
    count: int
    share: float
    sum: Decimal
    place: Place
    category: Category
    channel: Channel
    names: tuple[str, ...]
    listed: list[int]
    known: set[str]
    kept: frozenset[str]
    table: dict[str, int]
    bare: list  # type: ignore[type-arg]
    report: Reported
    maybe: int | None
    better: Annotated[Literal["yes", "no"], "or better not"] | None
    resident: str | None = None
    remark: str | None = None


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """Samples are found once for each class; here they are found anew for each test."""
    choices_of.cache_clear()


EXPECTED: dict[str, Sequence[Any]] = {
    "yes": (True, False), "grade": Grade.USUAL, "size": ("small", "large"), "text": ("sample",), "raw": (b"sample",),
    "id": (UUID(int=0),), "at": (datetime(2025, 3, 1, 8, tzinfo=UTC),), "day": (date(2025, 3, 1),),
    "long": (timedelta(days=1),), "count": (1, 0, 10, 1_000_000, -1), "share": (1.0, 0.0, 10.0, 1_000_000.0, -1.0),
    "sum": tuple(map(Decimal, (1, 0, 10, 1_000_000, -1))), "place": (Place("sample"),),
    "category": (Category("sample"),), "channel": (Channel("sample"),), "names": ((), ("sample",)),
    "listed": ([], [1]), "known": (set(), {"sample"}), "kept": (frozenset(), frozenset({"sample"})), "table": ({},),
    "bare": ([],), "better": ("yes", "no", None),
    "report": (Reported(resolved=True, words="sample"),), "maybe": (1, 0, 10, 1_000_000, -1, None),
    "resident": ("resident", None), "remark": (None,),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_each_kind_of_field_has_samples_that_a_condition_can_tell_apart(name: str) -> None:
    assert choices_of(Everything)[name] == EXPECTED[name]
    assert [type(one) for one in choices_of(Everything)[name]] == [type(one) for one in EXPECTED[name]]


def test_what_is_optional_and_tells_nothing_has_samples_where_everything_is_wanted() -> None:
    assert choices_of(Everything, everything=True)["remark"] == ("sample", None)
    assert choices_of(Registered)["source"] == (None,)


class Measured(Fact):
    """A number that must lie within bounds, and a text of some length."""

    TOPIC: ClassVar[str] = "tests.measured"
    metres: Annotated[int, Field(ge=20, lt=90)]
    litres: Annotated[float, Field(gt=0.5, le=2)]
    pairs: Annotated[int, Field(multiple_of=7, gt=100)]
    dozens: Annotated[int, Field(multiple_of=12, gt=0)]
    since: Annotated[date, Field(ge=date(2000, 1, 1))]
    code: Annotated[str, Field(min_length=9)]
    short: Annotated[str, Field(max_length=3)] = "abc"


def test_numbers_are_tried_at_their_bounds_and_texts_are_as_long_as_they_must_be() -> None:
    found = choices_of(Measured)
    assert set(found["metres"]) == {20, 21, 89}
    assert set(found["litres"]) == {1.0, 1.5, 2.0}
    assert {101, 1_000_000} & set(found["pairs"]) == set()
    assert set(found["dozens"]) == {12}
    assert found["since"] == (date(2025, 3, 1),), "no number, so nothing is next to it"
    assert found["code"] == ("sampleeee",)
    assert found["short"] == ()


class Small(Fact):
    """As many as can all be tried: two answers for each of six questions."""

    TOPIC: ClassVar[str] = "tests.small"
    one: bool
    two: bool
    three: bool
    four: bool = False
    five: bool = False
    six: bool = False


class Large(Small):
    """One question more: too many to try them all."""

    TOPIC: ClassVar[str] = "tests.large"
    seven: bool = False


def test_few_facts_are_all_tried_and_of_many_those_that_differ_from_the_first_in_at_most_two_fields() -> None:
    few, many = list(variants(Small)), list(variants(Large))
    assert len({one.model_dump_json() for one in few}) == len(few) == MOST == 2**6
    first = many[0].model_dump()
    assert set(first.values()) == {True}
    differing = [{name for name, value in one.model_dump().items() if value != first[name]} for one in many[1:]]
    names = sorted(first)
    assert {frozenset(one) for one in differing} == {frozenset({a, b}) for a in names for b in names}


class Picky(Fact):
    """A fact that takes some of its values only together."""

    TOPIC: ClassVar[str] = "tests.picky"
    first: bool
    second: bool

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        if self.first and not self.second:
            raise InvalidValue("Picky", "the second goes before the first")


def test_grades_are_those_of_the_workflow() -> None:
    ours = (Grade("fine"), Grade("poor"))
    assert {fact.grade for fact in variants(Evaluated, ours)} == set(ours)


def test_what_a_fact_refuses_is_left_out_and_the_others_are_tried() -> None:
    assert [(one.first, one.second) for one in variants(Picky)] == [(True, True), (False, True), (False, False)]


class Waved(Fact):
    """Fields of which no sample is known."""

    TOPIC: ClassVar[str] = "tests.waved"
    wave: complex
    after: complex
    maybe: complex | None = None


def test_of_what_no_sample_is_known_is_said() -> None:
    with pytest.raises(InvalidValue) as plainly:
        plain(Waved)
    assert str(plainly.value) == "Waved: no sample is known for wave, after; give it yourself"
    with pytest.raises(InvalidValue) as varied:
        next(variants(Waved))
    assert str(varied.value) == "Waved: no sample is known for after, wave; give facts yourself"
    assert plain(Waved, wave=1j, after=2j).after == 2j


@pytest.mark.parametrize("kind", STANDARD_FACTS)
def test_of_every_standard_fact_there_are_samples_and_a_plain_one(kind: type[Fact]) -> None:
    assert plain(kind) in list(variants(kind)), "the plain one is one of them"
    assert all(type(one) is kind for one in variants(kind))


def test_a_plain_fact_takes_what_is_given_and_leaves_out_what_is_optional() -> None:
    assert plain(Registered, text="a lamp") == Registered(
        text="a lamp", channel=Channel("sample"), place=Place("sample")
    )
    assert plain(Reported, resolved=False) == Reported(resolved=False, words="sample")
