"""Facts whose class was changed, renamed or retired: what was written before is read, and says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as as_if

from demandflow import Actor, Channel, DemandFlow, InvalidValue, Move, Place, Workflow, fold
from demandflow.analysis.verifying import verify
from demandflow.domain.fact import Earlier, written
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.facts import Fact, Noted, Registered, UnknownFact
from demandflow.store.log import Log
from demandflow.store.mapper import FactMapper
from demandflow.testing import Environment, Step, play
from demandflow.testing.operations import Upset
from tests.profiles import examples
from tests.stories import Story
from tests.unit.recording.test_kinds import TREES, Planted, Tree
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
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
        "market.weighed": lambda was: {"grams": was["kilos"] * 1000}
    }
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
        assert read.earlier == Earlier(topic, written(fact))
        assert as_if(read, earlier=None) == _with(event, Gauged(grams=kilos * 1000, reason="not said"))
        again = now.row(read)
        assert (again[0], again[2]) == (demand, "market.gauged@3")
        assert now.event(event.demand, *again[1:]) == as_if(read, earlier=None)
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


def test_the_kit_carries_elsewhere_a_log_whose_facts_have_versions() -> None:
    registered = Registered(text="plums", channel=Channel.HOTLINE, place=Place("fufeng/c1"))
    weighed = Step(1, "weigh_0", Gauged(grams=3, reason="sold"), CLERK)
    steps = [Step(1, "file", registered, CLERK), weighed, Step(2, "file", registered, CLERK)]
    assert len(steps) % 2, "so that the lines of the file are looked at"
    with play(market(3, Gauged), [*steps, Upset("carried elsewhere")], Environment(file=True)) as played:
        assert played.difference is None
        assert [event.fact for event in played.flow.all_events()] == [step.fact for step in steps]


WEIGHED, GAUGED = market(1, Weighed), market(2, GaugedAtTwo)
DEEDS = st.lists(st.tuples(st.sampled_from("wgs"), st.sampled_from(["record", "ask", "rebuild", "rezone"])), max_size=8)


@settings(max_examples=examples(15))
@given(deeds=DEEDS)
@example(deeds=[("w", "record"), ("w", "ask"), ("g", "ask")])
@example(deeds=[("g", "record"), ("g", "ask"), ("w", "record"), ("w", "ask"), ("g", "ask")])
@example(deeds=[("w", "record"), ("g", "ask"), ("w", "record"), ("s", "ask"), ("g", "ask")])
@example(deeds=[("w", "record"), ("g", "ask"), ("w", "rezone"), ("w", "ask"), ("g", "ask")])
def test_whoever_reads_and_writes_beside_it_a_class_of_today_has_its_own_board(deeds: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        of = {"w": [WEIGHED], "g": [GAUGED], "s": None}
        flows = {
            who: stack.enter_context(DemandFlow.open(f"sqlite:///{folder}/a.db", workflows=given, zone="UTC"))
            for who, given in of.items()
        }
        facts: dict[str, Fact] = {"w": Weighed(kilos=3), "g": GaugedAtTwo(grams=3000)}
        for who, what in [*deeds, ("g", "ask")]:
            flow = flows[who]
            if what == "record" and who in facts:
                demand = flow.register("plums", **PLACED).id
                flow.act(demand, "weigh_0", facts[who], by=CLERK)
            elif what == "rebuild":
                flow.rebuild()
            elif what == "rezone":
                flow._log.rezone("UTC" if flow.zone != "UTC" else "Asia/Shanghai")  # whoever asks makes the tables
            said = [dict(row.own) for row in flow.board().rows]
            if who == "g":
                assert all(own == {"grams": 3000} for own in said)
                assert verify(flow).ok


def test_with_more_than_it_needs_nobody_makes_the_tables_of_versions_again(kept_url: str) -> None:
    with DemandFlow.open(kept_url, workflows=[WEIGHED]) as flow:
        flow.act(flow.register("plums", **PLACED).id, "weigh_0", Weighed(kilos=3), by=CLERK)
        assert flow.board().rows[0].own == {"kilos": 3}
        with DemandFlow.open(kept_url, workflows=[GAUGED]) as now:
            assert now.board().rows[0].own == {"grams": 3000}
            assert flow.board().rows[0].own == {"grams": 3000}
            with DemandFlow.open(kept_url, workflows=[market(3, Gauged)]) as latest:
                assert latest.board().rows[0].own == {"grams": 3000, "reason": "not said"}
                assert now.board().rows[0].own == {"grams": 3000, "reason": "not said"}


class GrownTree(Planted):
    """What was Planted before, with its height."""

    VERSION: ClassVar[int] = 2
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {"tree.planted": dict}
    height: int = 0


def test_streams_that_an_older_class_cannot_read_are_there_for_the_class_of_today(kept_url: str) -> None:
    moves = [replace(move, fact=GrownTree) if move.fact is Planted else move for move in TREES.moves]
    grown = Workflow("trees", 2, TREES.states, moves, of=Tree)
    with DemandFlow.open(kept_url, workflows=[TREES]) as flow, DemandFlow.open(kept_url, workflows=[grown]) as now:
        now.start(GrownTree(number="7", height=3), by=Actor("li", "gardener"), of=Tree)
        (parked,) = flow.parked_events()
        assert parked.reason == "tree.planted@2 is of no workflow given to open()"
        assert [tree.state for tree in now.streams(Tree)] == ["stands"]
        assert not now.parked_events()
        assert verify(now).ok
