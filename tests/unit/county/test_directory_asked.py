"""Directories of places beside demands: who gets what, figures by the places of another day, places nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import CLOSED_LOOP, Actor, DemandFlow, Place
from demandflow.county.grid.places import (
    administrators,
    close_place,
    directories,
    directory_of,
    known_places,
    responsible,
    restated,
    unknown_places,
)
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY, REGISTRAR
from demandflow.domain.county.grid.places import Appointed, Closed, Founded, Joined, Opened, Relieved, Renamed, Split
from demandflow.domain.fact import Fact
from demandflow.errors import InvalidValue, RuleBroken
from demandflow.policies import Dispatch
from demandflow.projections.figures.figures import Figures
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, T0

KEEPER = Actor("qian", REGISTRAR)
MOVES = {move.fact: move.name for move in DIRECTORY.moves}


class County:
    """An open log with a directory, and the clock by which it is kept."""

    def __init__(self, url: str = "memory:", **more: Any) -> None:
        self.clock = FrozenClock()
        more = {"workflows": (CLOSED_LOOP, DIRECTORY), "zone": "Asia/Shanghai", **more}
        self.flow = DemandFlow.open(url, clock=self.clock, **more)

    def tell(self, *facts: Fact, days: int = 0) -> None:
        self.clock.advance(days=days)
        for fact in facts:
            if isinstance(fact, Founded):
                self.flow.start(fact, of=Directory, by=KEEPER)
            else:
                place = getattr(fact, "place", None) or fact.places[0]  # type: ignore[attr-defined]
                directory = directory_of(self.flow, place)
                assert directory is not None
                self.flow.act(directory.id, MOVES[type(fact)], fact, of=Directory, by=KEEPER)

    def ask(self, place: str) -> Any:
        return self.flow.register("dark", channel="hotline", place=place, resident="wu", by=CLERK).id


TOWN = (
    Founded(county=Place("f")),
    Opened(place=Place("f/c"), kind="community", type="plate"),
    *(Opened(place=Place(f"f/c/{name}"), kind="grid") for name in ("g1", "g2")),
    *(Opened(place=Place(f"f/c/g1/{name}"), kind="building") for name in ("b1", "b2")),
    *(Appointed(place=Place(f"f/c/{name}"), who=who) for name, who in (("g1", "hua"), ("g2", "chen"))),
)
BUILDINGS = ((Place("f/c/g1/b1"), Place("f/c/g1a")), (Place("f/c/g1/b2"), Place("f/c/g1b")))
SPLIT = Split(place=Place("f/c/g1"), into=(Place("f/c/g1a"), Place("f/c/g1b")), moves=BUILDINGS)


@pytest.fixture
def url(log_url: str) -> str:
    return log_url


@pytest.fixture
def county(url: str) -> Iterator[County]:
    told = County(url)
    told.tell(*TOWN)
    yield told
    told.flow.close()


def test_who_was_responsible_is_told_of_every_day(county: County) -> None:
    county.tell(Renamed(place=Place("f/c/g2"), to=Place("f/c/north")), days=1)
    county.tell(Appointed(place=Place("f/c"), who="li"))
    county.tell(SPLIT, days=1)
    flow = county.flow
    assert responsible(flow, "f/c/g1", "2025-03-01") == ("hua",)
    assert responsible(flow, "f/c/g1", "2025-03-03") == ("li",)
    assert responsible(flow, "f/c/g2", "2025-03-02") == responsible(flow, "f/c/north") == ("chen",)
    assert responsible(flow, "f/c/g1", T0) == ("hua",)
    assert responsible(flow, "elsewhere") == ()
    with pytest.raises(InvalidValue):
        responsible(flow, "f/c", "soon")


def test_a_directory_of_one_community_answers_before_that_of_the_county(county: County) -> None:
    county.tell(Appointed(place=Place("f/c"), who="li"))
    county.tell(Founded(county=Place("f/c/g1"), kind="grid"), Opened(place=Place("f/c/g1/b9"), kind="building"))
    assert responsible(county.flow, "f/c/g1/b9") == ("hua",)  # nobody in its own, so those of the county's
    assert [directory.county for directory in directories(county.flow)("f/c/g1/b9")] == ["f/c/g1", "f"]
    county.tell(Appointed(place=Place("f/c/g1/b9"), who="sun"))
    assert responsible(county.flow, "f/c/g1/b9") == ("sun",)
    assert county.flow.streams(Directory)[0].county == "f"


def test_founding_twice_is_one_directory(county: County) -> None:
    again = county.flow.start(Founded(county=Place("f")), of=Directory, by=KEEPER)
    assert [directory.id for directory in county.flow.streams(Directory)] == [again.id]


def received(figures: Mapping[str, Figures]) -> dict[str, int | None]:
    return {name: part.count("received") for name, part in figures.items()}


def test_figures_of_old_places_are_restated_and_nothing_is_guessed(county: County) -> None:
    for place in ("f/c/g1", "f/c/g1/b1", "f/c/g1/b1", "f/c/g1/b2/u3", "f/c/g2", "f/x", "f/c"):
        county.ask(place)
    before = county.flow.figures_by("place", level=16)
    county.tell(SPLIT, days=1)
    county.ask("f/c/g1a/b1")
    now = restated(county.flow, county.flow.figures_by("place", level=16), level=3)
    assert received(now) == {
        "f/c": 1,
        "f/c/g1a": 3,
        "f/c/g1a or f/c/g1b": 1,
        "f/c/g1b": 1,
        "f/c/g2": 1,
        "f/x": 1,
    }
    assert now.total == county.flow.figures()
    then = restated(county.flow, county.flow.figures_by("place", level=16), "2025-03-01", level=3)
    assert received(then) == {"f/c": 1, "f/c/g1": 5, "f/c/g2": 1, "f/x": 1}
    assert received(restated(county.flow, before, "2025-03-01")) == received(before)


PLACES = st.sampled_from([f"f/c/{name}" for name in ("g1", "g2", "g1/b1", "g1/b2", "g1/b7", "g9")] + ["f", "f/c", "x"])
CHANGES = (
    SPLIT,
    Renamed(place=Place("f/c/g2"), to=Place("f/c/north")),
    Joined(places=(Place("f/c/g1b"), Place("f/c/north")), into=Place("f/c/g3")),
    Closed(place=Place("f/c/g1a/b1")),
)


@given(st.lists(st.tuples(PLACES, st.integers(0, 4)), max_size=8), st.integers(0, 5), st.integers(1, 16))
def test_restated_figures_add_up(asked: list[tuple[str, int]], days: int, level: int) -> None:
    county = County()
    with county.flow as flow:
        county.tell(*TOWN)
        for number, change in enumerate((*CHANGES, None)):
            for place, when in asked:
                if when == number:
                    county.ask(place)
            county.tell(*([] if change is None else [change]), days=1)
        figures = flow.figures_by("place", level=16)
        again = restated(flow, figures, f"2025-03-0{days + 1}", level)
        assert again.total == figures.total == flow.figures()
        assert sum(part.count("open") or 0 for part in again.values()) == len(asked)


def test_a_place_is_closed_only_with_a_word_on_its_open_demands(county: County) -> None:
    county.ask("f/c/g2")
    county.tell(Renamed(place=Place("f/c/g2"), to=Place("f/c/north")), days=1)
    with pytest.raises(RuleBroken, match=r"demands are open at f/c/north \(1\): say where they go \(demands_go_to=…\)"):
        close_place(county.flow, "f/c/north", by=KEEPER)
    directory = close_place(county.flow, "f/c/north", "f/c/g1", by=KEEPER)
    assert directory.now("f/c/g2", county.clock.now) == ("f/c/g1",)
    close_place(county.flow, "f/c/g1/b1", by=KEEPER)
    with pytest.raises(InvalidValue, match="no directory is about 'x/c'"):
        close_place(county.flow, "x/c", by=KEEPER)


@pytest.mark.parametrize("goes_to", [None, "f/c/g2"])
def test_what_is_registered_while_its_place_is_closed_lies_where_all_lies_that_comes_later(
    county: County, monkeypatch: pytest.MonkeyPatch, goes_to: str | None
) -> None:
    look = county.flow.figures_by

    def overtaken(*given: Any, **more: Any) -> Any:
        found = look(*given, **more)
        county.ask("f/c/g1/b1")  # after it was looked whether demands are open there
        return found

    monkeypatch.setattr(county.flow, "figures_by", overtaken)
    directory = close_place(county.flow, "f/c/g1/b1", goes_to, by=KEEPER)
    assert directory.now("f/c/g1/b1", county.clock.now) == (goes_to or "f/c/g1",)
    assert [row.place for row in county.flow.board(open=True).rows] == ["f/c/g1/b1"], "it is not lost"


def test_places_that_no_directory_knows_are_listed(county: County) -> None:
    for place in ("f/c/g9", "f/c/g9", "x", "f/c/g1"):
        county.ask(place)
    county.tell(SPLIT, days=1)  # g1 is gone, but known
    assert unknown_places(county.flow) == {"f/c/g9": 2, "x": 1}


def test_or_they_are_refused_by_choice(url: str) -> None:
    rule = known_places(lambda place: directory_of(here.flow, place))
    moves = [replace(m, rules=(*m.rules, rule)) if m.name in ("register", "sort") else m for m in CLOSED_LOOP.moves]
    here = County(url, workflows=(replace(CLOSED_LOOP, name="known-places", version=1, moves=moves), DIRECTORY))
    with here.flow as flow:
        with pytest.raises(RuleBroken, match="no directory knows f/c/g1"):
            here.ask("f/c/g1")
        here.tell(*TOWN)
        demand = here.ask("f/c/g1")
        with pytest.raises(RuleBroken, match="the directory of f does not know f/c/g9"):
            flow.sort(demand, place="f/c/g9", by=AUDITOR)
        flow.sort(demand, category="lamps", by=AUDITOR)
        here.tell(SPLIT, days=1)
        with pytest.raises(RuleBroken, match="f/c/g1 is not there; say where it is now: f/c/g1a, f/c/g1b"):
            here.ask("f/c/g1")


def test_a_demand_goes_to_who_is_responsible_for_its_place_now(url: str) -> None:
    here = County(url, policies=(Dispatch(fallback="hall", responsible=administrators(lambda: here.flow)),))
    with here.flow as flow:
        here.tell(*TOWN)
        demands = [here.ask(place) for place in ("f/c/g1/b1", "f/c/g2", "f/c")]
        here.tell(Renamed(place=Place("f/c/g2"), to=Place("f/c/north")), days=1)
        north = Place("f/c/north")
        here.tell(*(Appointed(place=north, who=who) for who in (AUDITOR.id, "zhu")))
        here.tell(Relieved(place=north, who="chen"))
        for demand in demands:
            flow.accept(demand, by=AUDITOR)
        flow.run_policies()
        assert [flow.demand(demand).contractor for demand in demands] == ["hua", "zhu", "hall"]


def test_who_is_responsible_is_asked_by_a_function() -> None:
    wrong: Any = "li"
    with pytest.raises(InvalidValue, match="responsible: must be a function or None"):
        Dispatch(responsible=wrong)
