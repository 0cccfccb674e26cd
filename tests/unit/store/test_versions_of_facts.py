"""Facts whose class was changed, renamed or retired: what was written before is read, and says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, InvalidValue, Move, Workflow, fold
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.facts import Fact, Noted, UnknownFact
from demandflow.store.log import Log
from demandflow.store.mapper import FactMapper
from tests.stories import Story
from tests.unit.store.test_storage import MARKET, Weighed

CLERK = Actor("li", "clerk")
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "by": CLERK}


class Gauged(Fact):
    """What was Weighed before: under another name, in grams, and since its third version with a reason."""

    TOPIC: ClassVar[str] = "market.gauged"
    VERSION: ClassVar[int] = 3
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
        "market.weighed": lambda was: {"grams": was["kilos"] * 1000, "reason": "not said"},
        "market.gauged@2": lambda was: {**was, "reason": "not said"},
    }
    grams: int
    reason: str


class GaugedAtTwo(Fact):
    """Its second version."""

    TOPIC: ClassVar[str] = "market.gauged"
    VERSION: ClassVar[int] = 2
    grams: int


class Extending(Gauged):
    """One that extends it: its own versions begin with the first."""

    TOPIC: ClassVar[str] = "market.extending"


def market(version: int, *kinds: type[Fact]) -> Workflow:
    """The market, with moves that record such facts."""
    moves = [Move(f"weigh_{number}", kind, "open", "done", by="clerk") for number, kind in enumerate(kinds)]
    return Workflow("market", version, MARKET.states, [MARKET.moves[0], *moves])


@given(kilos=st.integers(-(10**9), 10**9))
def test_what_an_earlier_class_wrote_is_read_as_the_class_of_today_says_it(kilos: int) -> None:
    event = Story().tell("register").events[0]
    now = FactMapper([Gauged, Extending])
    for fact in (Weighed(kilos=kilos), GaugedAtTwo(grams=kilos * 1000)):
        demand, version, topic, state = FactMapper([type(fact)]).row(_with(event, fact))
        assert topic == ("market.weighed" if isinstance(fact, Weighed) else "market.gauged@2")
        read = now.event(event.demand, version, topic, state)
        assert read == _with(event, Gauged(grams=kilos * 1000, reason="not said"))
        again = now.row(read)
        assert (again[0], again[2]) == (demand, "market.gauged@3")
        assert now.event(event.demand, *again[1:]) == read
    extending = now.row(_with(event, Extending(grams=kilos, reason="x")))
    assert extending[2] == "market.extending"


def _with(event: Any, fact: Fact) -> Any:
    return type(event)(event.demand, event.version, fact, event.meta, event.stamp)


def test_a_class_may_change_over_the_years_of_a_log(kept_url: str) -> None:
    with DemandFlow.open(kept_url, workflows=[MARKET]) as flow:
        demand = flow.register("plums", **PLACED).id
        flow.act(demand, "weigh", Weighed(kilos=3), by=CLERK)
    for kind, fact in ((GaugedAtTwo, GaugedAtTwo(grams=5)), (Gauged, Gauged(grams=7, reason="sold"))):
        with DemandFlow.open(kept_url, workflows=[market(kind.VERSION, kind)], create=False) as flow:
            other = flow.register("pears", **PLACED).id
            assert flow.act(other, "weigh_0", fact, by=CLERK).attributes["grams"] == fact.grams
    with DemandFlow.open(kept_url, workflows=[market(3, Gauged)], create=False) as flow:
        said = [event.fact for event in flow.all_events() if isinstance(event.fact, Gauged)]
        assert said == [
            Gauged(grams=grams, reason=why) for grams, why in ((3000, "not said"), (5, "not said"), (7, "sold"))
        ]
        assert dict(flow.demand(demand).attributes) == {"grams": 3000, "reason": "not said"}
        assert not flow.parked_events()
        assert flow.figures().count("received") == 3
        assert flow.figures().count("closed") == 3
        assert flow.verify().ok
    with DemandFlow.open(kept_url, create=False) as stranger:
        kept = [event.fact for event in stranger.all_events() if isinstance(event.fact, UnknownFact)]
        assert [fact.topic for fact in kept] == ["market.weighed", "market.gauged@2", "market.gauged@3"]


def test_an_earlier_topic_belongs_to_one_class_and_what_makes_todays_fields_may_fail(kept_url: str) -> None:
    with pytest.raises(InvalidValue, match=r"Weighed and Gauged share the topic 'market\.weighed'"):
        DemandFlow.open(kept_url, workflows=[market(4, Weighed, Gauged)])
    with DemandFlow.open(kept_url, workflows=[market(2, GaugedAtTwo)]) as flow:
        demand = flow.register("plums", **PLACED).id
        flow.act(demand, "weigh_0", GaugedAtTwo(grams=3), by=CLERK)

    class Broken(Gauged):
        TOPIC: ClassVar[str] = "market.gauged"
        VERSION: ClassVar[int] = 3
        EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
            "market.gauged@2": lambda was: {"grams": was["no such field"]}
        }

    with DemandFlow.open(kept_url, workflows=[market(5, Broken)], create=False) as flow:
        (parked,) = flow.parked_events()
        assert "KeyError" in parked.reason
        assert flow.figures().count("received") == 1


def test_a_standard_fact_that_is_retired_is_kept_and_shown_and_its_demand_stands_where_it_stood(kept_url: str) -> None:
    events = Story().tell("register note accept note").events
    log = Log(kept_url, STANDARD_FACTS)
    log.append(events)
    log.close()
    log = Log(kept_url, [fact for fact in STANDARD_FACTS if fact is not Noted])
    read = log.events(events[0].demand)
    log.close()
    kept = [event.fact.topic for event in read if isinstance(event.fact, UnknownFact)]
    assert kept == ["demand.noted"] * 2
    demand, was = fold(read), fold(events)
    assert demand is not None
    assert was is not None
    assert (demand.stamp, demand.version) == (was.stamp, 4)
    assert [event.meta for event in read] == [event.meta for event in events]
