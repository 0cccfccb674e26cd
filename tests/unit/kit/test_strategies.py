"""Strategies draw what is valid, whatever the class, and st.from_type() knows every public type."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, is_typeddict
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

import demandflow
from demandflow import (
    CLOSED_LOOP,
    Actor,
    Category,
    Channel,
    Demand,
    Event,
    Figures,
    InvalidValue,
    Meta,
    Place,
    Proposal,
    Role,
    Stamp,
    State,
    Workflow,
)
from demandflow._hypothesis import NOT_DRAWN, drawn_types, public_classes, register
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.values import Moment
from demandflow.facts import Fact, Registered, UnknownFact
from demandflow.inputs.moments import EARLIEST, LATEST
from demandflow.store.mapper import FactMapper
from demandflow.testing.strategies import (
    actors,
    categories,
    channels,
    demands,
    events,
    facts,
    facts_for,
    moments,
    places,
    texts,
)
from demandflow.testing.types import strategy_of
from tests.profiles import examples, slow
from tests.stories import T0, A, B, Story

pytestmark = pytest.mark.long


class Crate(BaseModel):
    """A part of a fact."""

    fruit: Literal["plum", "pear"]
    kilos: Annotated[Decimal, Field(gt=0, le=50, decimal_places=2)]


class Weekday(Enum):
    MONDAY = "monday"
    TUESDAY = "tuesday"


class Harvested(Fact):
    """A fact of a community's own, with about every kind of field."""

    TOPIC: ClassVar[str] = "market.harvested"
    crates: Annotated[tuple[Crate, ...], Field(min_length=1, max_length=2)]
    day: Weekday
    dozens: Annotated[int, Field(ge=12, lt=100, multiple_of=12)]
    share: Annotated[float, Field(ge=0, le=1)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{3}$")]
    label: Annotated[str, StringConstraints(min_length=2, max_length=5)]
    ripe: bool
    at: Moment
    where: Place | None = None
    tags: frozenset[str] = frozenset()
    pair: tuple[int, bool] = (0, False)
    prices: dict[str, int] = {}
    weight: int = 5

    @field_validator("label")
    @classmethod
    def _no_blank(cls, label: str) -> str:
        if label.startswith("o"):
            raise ValueError("begins with o")
        return label

    @model_validator(mode="after")
    def _heavy_if_ripe(self) -> Harvested:
        if self.ripe and self.weight < 5:
            raise ValueError("what is ripe is heavy")
        return self


KINDS: tuple[type[Fact], ...] = (*STANDARD_FACTS, Harvested)
SOME = settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def envelope(fact: Fact) -> Event:
    """The fact as it is recorded."""
    return Event(A, 1, fact, Meta(Actor("li", "clerk"), T0, T0, "any@1"), Stamp("move", "state", "audit", 1))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=examples(40))
@given(st.data())
def test_any_fact_of_a_class_can_be_written_down_and_read_back(kind: type[Fact], data: st.DataObject) -> None:
    fact = data.draw(facts(kind))
    assert type(fact) is kind
    mapper = FactMapper(KINDS)
    assert mapper.to_domain_event(mapper.to_stored_event(envelope(fact))).fact == fact


@given(facts(Registered))
def test_what_comes_from_elsewhere_has_a_source_and_a_reference_or_neither(fact: Registered) -> None:
    assert (fact.source is None) == (fact.reference is None)


@given(texts())
def test_texts_are_in_one_spelling_and_valid_wherever_people_write(text: str) -> None:
    assert text == unicodedata.normalize("NFC", text) == text.strip() != ""
    assert Actor(text, "clerk").id == text
    assert Place.of(text).names == (text,)
    assert demandflow.facts.Noted(text=text).text == text


@given(texts(min_size=3, max_size=4))
def test_texts_are_as_long_as_wanted(text: str) -> None:
    assert 3 <= len(text) <= 4


@pytest.mark.parametrize("wanted", ["路", "%", "'", "مص", "🚒"])
def test_texts_are_of_many_scripts_and_nasty(wanted: str) -> None:
    assert wanted in find(texts(), lambda text: wanted in text, settings=settings(max_examples=2000, database=None))


@given(moments())
def test_moments_lie_in_the_allowed_range_and_have_a_zone(at: datetime) -> None:
    assert at.utcoffset() is not None
    assert EARLIEST <= at < LATEST


@given(st.tuples(moments(), moments()).filter(lambda pair: pair[0] < pair[1]), st.data())
def test_moments_lie_between_those_that_are_said(pair: tuple[datetime, datetime], data: st.DataObject) -> None:
    assert pair[0] <= data.draw(moments(after=pair[0], before=pair[1])) < pair[1]


@given(st.sampled_from([*Role, "usher"]), st.data())
def test_people_are_in_the_role_that_is_said(role: str, data: st.DataObject) -> None:
    assert data.draw(actors(role)).role == role
    assert data.draw(actors()).role in list(Role)


@given(channels(), places(), categories())
def test_words_check_themselves(channel: Channel, place: Place, category: Category) -> None:
    assert (Channel(str(channel)), Place(str(place)), Category(str(category))) == (channel, place, category)
    assert Place.of(*place.names) == place


@given(demands())
def test_a_demand_is_as_a_history_leaves_it(demand: Demand) -> None:
    assert demand.version == len(demand.facts) > 0
    assert demand.workflow in ("closed-loop@2", "closed-loop@3")
    assert demand.state in {state.name for state in CLOSED_LOOP.states}


class Enough(Exception):
    """All that was looked for was seen."""


def test_demands_come_to_nearly_every_state() -> None:
    found: set[str] = set()

    @settings(SOME, max_examples=300)
    @given(demands())
    def seen(demand: Demand) -> None:
        found.add(demand.state)
        if len(found) >= 6:
            raise Enough

    with pytest.raises(Enough):
        seen()


def test_what_fails_is_made_smaller_to_something_readable() -> None:
    once = settings(max_examples=1000, database=None, suppress_health_check=list(HealthCheck))
    assert find(facts(Registered), lambda _: True, settings=once) == Registered(
        text="ok", channel=Channel.HOTLINE, place=Place("fufeng/chengguan/c3")
    )
    assert find(actors(Role.AUDITOR), lambda _: True, settings=once) == Actor("王芳", Role.AUDITOR)
    assert find(moments(), lambda _: True, settings=once) == datetime(2000, 1, 1, tzinfo=UTC)


@slow
def test_a_demand_that_fails_is_made_smaller_to_its_registration() -> None:
    once = settings(max_examples=1000, database=None, suppress_health_check=list(HealthCheck))
    assert find(demands(), lambda _: True, settings=once).facts == (Registered,)


@given(st.sampled_from(STANDARD_FACTS), st.data())
def test_a_fact_for_a_demand_is_of_the_class_and_says_what_the_demand_has(
    kind: type[Fact], data: st.DataObject
) -> None:
    demand = Story().tell("register accept contract_out").demand
    assert type(data.draw(facts_for(kind, demand, [B], T0))) is kind


class Odd(Fact):
    """A fact of which no sample is known."""

    TOPIC: ClassVar[str] = "market.odd"
    crate: Crate


class Strange:
    """Something that pydantic takes as it is."""


class Stranger(Fact):
    """A fact with a field of such a class."""

    TOPIC: ClassVar[str] = "market.stranger"
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    strange: Strange


def test_a_fact_without_samples_says_so_at_once() -> None:
    with pytest.raises(InvalidValue, match="no sample is known for crate; give it yourself"):
        facts_for(Odd, Demand(A), [], T0)


@SOME
@given(facts(Odd), facts(Stranger))
def test_classes_inside_a_fact_go_by_their_own_fields(odd: Odd, stranger: Stranger) -> None:
    assert odd.crate.kilos > 0
    assert isinstance(stranger.strange, Strange)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: facts(Actor),  # type: ignore[type-var]
        lambda: facts_for("Noted", Demand(A), [], T0),  # type: ignore[arg-type]
        lambda: actors(""),
        lambda: moments(after=T0, before=T0),
        lambda: moments(after=T0.replace(tzinfo=None)),
        lambda: moments(before=LATEST + timedelta(days=1)),
        lambda: strategy_of(int),
    ],
)
def test_what_makes_no_sense_is_said_to_be_none(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()


def of_which_none_is_made(kind: type) -> str | None:
    """Why no value of a public class is made up."""
    if issubclass(kind, BaseException):
        return "an error is raised, not given"
    if is_typeddict(kind):
        return "the words of a question, each with its own meaning"
    return NOT_DRAWN.get(kind.__name__)


def test_no_public_class_is_forgotten() -> None:
    left_out = [kind for kind in public_classes() if of_which_none_is_made(kind)]
    enums = [kind for kind in public_classes() if issubclass(kind, Enum)]
    assert {*drawn_types(), *left_out, *enums} == set(public_classes())
    assert set(NOT_DRAWN) == {kind.__name__ for kind in left_out} & set(NOT_DRAWN), "no reason without its class"


@pytest.mark.parametrize(
    "kind",
    [kind for kind in public_classes() if not of_which_none_is_made(kind)],
    ids=lambda kind: kind.__name__,
)
@SOME
@given(st.data())
def test_every_public_type_can_be_drawn_from(kind: type, data: st.DataObject) -> None:
    assert isinstance(data.draw(st.from_type(kind)), kind)


@SOME
@given(st.from_type(Proposal[Any]), st.from_type(Workflow), st.data())
def test_generic_types_and_parts_of_a_workflow_fit(
    proposal: Proposal[Any], workflow: Workflow, data: st.DataObject
) -> None:
    assert isinstance(proposal.fact, Fact)
    assert data.draw(st.from_type(State)).name
    assert workflow.key


@SOME
@given(st.from_type(Figures))
def test_figures_that_are_drawn_add_up(figures: Figures) -> None:
    assert figures.adds_up


@SOME
@given(events())
def test_events_are_as_histories_record_them(event: Event) -> None:
    assert type(event.fact) in STANDARD_FACTS
    assert isinstance(event.demand, UUID)
    assert event.version >= 1


def test_a_class_of_ones_own_is_registered_in_a_line() -> None:
    st.register_type_strategy(Harvested, facts)

    @SOME
    @given(st.from_type(Harvested))
    def harvested(fact: Harvested) -> None:
        assert fact.dozens % 12 == 0

    harvested()


def test_registering_changes_nothing_for_other_types() -> None:
    register()
    any_hashable: Any = Hashable
    ours = tuple(drawn_types())

    @settings(max_examples=examples(200), phases=[Phase.generate])
    @given(st.from_type(str), st.from_type(dict[str, int]), st.from_type(any_hashable))
    def others(text: str, mapping: dict[str, int], value: Hashable) -> None:
        assert not any(isinstance(one, ours) for one in (text, mapping, value))

    others()


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "imports", ["import hypothesis, demandflow", "import demandflow, hypothesis", "import demandflow.testing"]
)
def test_hypothesis_knows_the_types_whatever_is_imported_first(imports: str) -> None:
    code = f"""{imports}
from hypothesis import Phase, find, settings, strategies as st
import demandflow.facts
once = settings(database=None, max_examples=1, phases=[Phase.generate])
for kind in (demandflow.Meta, demandflow.facts.Accepted):
    print(find(st.from_type(kind), lambda _: True, settings=once).__class__.__name__)"""
    assert in_a_process(code).split() == ["Meta", "Accepted"]


def test_importing_hypothesis_makes_no_strategy_yet() -> None:
    code = "import sys, hypothesis; print([name for name in sys.modules if name.startswith('demandflow.testing')])"
    assert in_a_process(code) == "[]"


def test_an_unknown_fact_keeps_its_topic_and_body() -> None:
    assert issubclass(UnknownFact, Fact)
    assert find(facts(UnknownFact), lambda _: True, settings=settings(database=None)).topic == "ok"
