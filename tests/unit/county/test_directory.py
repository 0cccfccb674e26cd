"""The directory of places: held against a model that keeps a picture of every moment, and a few examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Event, Place, Proposal
from demandflow.domain.county.grid.directory import Comparable, Directory, Total
from demandflow.domain.county.grid.directory_rules import DIRECTORY, REGISTRAR
from demandflow.domain.county.grid.places import (
    Appointed,
    Closed,
    Counted,
    Founded,
    Joined,
    Opened,
    Relieved,
    Renamed,
    Split,
)
from demandflow.domain.decide import decide, event_of
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.errors import InvalidValue, RuleBroken
from tests.stories import DAY, T0, A

KEEPER = Actor("qian", REGISTRAR)
MOVES = {move.fact: move.name for move in DIRECTORY.moves}


@dataclass
class Told:
    """A directory told step by step."""

    directory: Directory = field(default_factory=lambda: Directory(A))
    at: datetime = T0
    events: list[Event] = field(default_factory=list)

    def tell(self, *facts: Fact, days: int = 0) -> Told:
        self.at += days * DAY
        for fact in facts:
            event = decide(DIRECTORY, self.directory, Proposal(MOVES[type(fact)], fact, KEEPER, self.at))
            self.events.append(event)
            self.directory = evolve(self.directory, event, Directory)
        return self

    def refused(self, fact: Fact) -> str:
        with pytest.raises(RuleBroken) as refusal:
            self.tell(fact)
        return str(refusal.value)


def opened(path: str, kind: str = "grid", **more: Any) -> Opened:
    return Opened(place=Place(path), kind=kind, **more)


def split(place: str, into: Iterable[str], moves: Mapping[str, str]) -> Split:
    pairs = tuple((Place(child), Place(to)) for child, to in moves.items())
    return Split(place=Place(place), into=tuple(map(Place, into)), moves=pairs)


def joined(*places: str, into: str) -> Joined:
    return Joined(places=tuple(map(Place, places)), into=Place(into))


def town() -> Told:
    """A community with two grids, of which the first has two buildings, and people responsible for some of it."""
    return Told().tell(
        Founded(county=Place("f")),
        opened("f/c", "community", type="plate"),
        *(opened("f/c/g1"), opened("f/c/g2"), opened("f/c/g1/b1", "building"), opened("f/c/g1/b2", "building")),
        *(Appointed(place=Place("f/c"), who="li"), Appointed(place=Place("f/c/g1"), who="hua")),
    )


SPLIT = split("f/c/g1", ("f/c/g1a", "f/c/g1b"), {"f/c/g1/b1": "f/c/g1a", "f/c/g1/b2": "f/c/g1b"})

# the model: a picture of every moment, and where each event put every place

Picture: TypeAlias = dict[str, frozenset[str]]
"""The places that are there, each with those who are responsible for it."""


def parent(path: str) -> str:
    return "/".join(path.split("/")[:-1])


class Model:
    """What is there after each event, and of each event where the places of before lie after it."""

    def __init__(self) -> None:
        self.pictures: list[tuple[datetime, Picture]] = []
        self.ways: list[dict[str, set[str]]] = []
        self.used: set[str] = set()

    def accepts(self, fact: Fact) -> bool:
        there = self.pictures[-1][1]
        match fact:
            case Opened(place=place):
                return place not in self.used and parent(place) in there
            case Appointed(place=place, who=who):
                return place in there and who not in there[place]
            case Relieved(place=place, who=who):
                return place in there and who in there[place]
            case Closed(place=place, demands_go_to=to):
                empty = not any(parent(other) == place for other in there)
                return place in there and place != "f" and empty and (to is None or (to != place and to in there))
            case Split(place=place, into=into, moves=moves):
                children = {path for path in there if parent(path) == place}
                named = {child for child, _ in moves}
                goes = all(to in into for _, to in moves) and named == children and len(named) == len(moves)
                return self._can_become((place,), into) and goes
            case Joined(places=places, into=into):
                names = [path.split("/")[-1] for path in there if parent(path) in places]
                return self._can_become(places, (into,)) and len(names) == len(set(names))
            case Renamed(place=place, to=to):
                return self._can_become((place,), (to,))
        raise AssertionError(fact)

    def _can_become(self, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
        beside = len({parent(path) for path in (*old, *new)}) == 1 and "f" not in old
        once = len(set(old)) == len(old) and len(set(new)) == len(new)
        return beside and once and all(p in self.pictures[-1][1] for p in old) and not self.used.intersection(new)

    def record(self, fact: Fact, at: datetime) -> None:
        there = dict(self.pictures[-1][1]) if self.pictures else {}
        way = {path: {path} for path in there}
        match fact:
            case Founded(county=place):
                there[place] = frozenset()
            case Opened(place=place):
                there[place] = frozenset()
                way[place] = set()
            case Appointed(place=place, who=who):
                there[place] |= {who}
            case Relieved(place=place, who=who):
                there[place] -= {who}
            case Closed(place=place, demands_go_to=to):
                del there[place]
                way[place] = {str(to or parent(place))}
            case Split(place=place, into=into, moves=moves):
                self._become(there, way, {place: into}, dict(moves))
            case Joined(places=places, into=into):
                self._become(there, way, dict.fromkeys(places, (into,)), {})
            case Renamed(place=place, to=to):
                self._become(there, way, {place: (to,)}, {})
        self.used |= there.keys()
        self.pictures.append((at, there))
        self.ways.append(way)

    @staticmethod
    def _become(there: Picture, way: dict[str, set[str]], new: dict[Any, Any], moves: dict[Any, Any]) -> None:
        for old, into in new.items():
            for name in into:
                there[name] = there.get(name, frozenset()) | there[old]
            way[old] = set(map(str, into))
            for path in [path for path in there if path.startswith(f"{old}/")]:
                child = "/".join(path.split("/")[: old.count("/") + 2])
                to = moves.get(child, into[0]) + path[len(old) :]
                there[to] = there.pop(path)
                way[path] = {to}
            del there[old]

    def index(self, on: datetime) -> int:
        return max((n for n, (at, _) in enumerate(self.pictures) if at <= on), default=-1)

    def there(self, on: datetime) -> Picture:
        return self.pictures[n][1] if (n := self.index(on)) >= 0 else {}

    def responsible(self, place: str, on: datetime) -> tuple[str, ...]:
        there = self.there(on)
        while place:
            if there.get(place):
                return tuple(sorted(there[place]))
            place = parent(place)
        return ()

    def lies(self, place: str, then: datetime, on: datetime) -> set[str]:
        """Where a place that is there at one moment lies at another: event for event, forwards or backwards."""
        first, last, places = self.index(then), self.index(on), {place}
        for way in self.ways[first + 1 : last + 1]:
            places = set().union(*(way.get(path, {path}) for path in places))
        for way in reversed(self.ways[last + 1 : first + 1]):
            before = {
                path: {old for old, new in way.items() if path in new and not _goes_in(way, old)} for path in places
            }
            places = set().union(*(before[path] or {parent(path)} for path in places))
        return places


def _goes_in(way: dict[str, set[str]], old: str) -> bool:
    """Whether the place was closed: what lies there afterwards was another's before."""
    return any(other != old and new == {other} and new == way[old] for other, new in way.items())


WHO = st.sampled_from(["li", "hua"])


@st.composite
def facts(draw: st.DrawFn, there: list[str]) -> Fact:
    """Something that is often possible: it happens mostly to what is there, and what is new lies mostly beside it."""
    known, names = st.sampled_from([*there, "f/c/gone"]), st.sampled_from([f"g{n}" for n in range(8)])
    place = draw(known)
    children = [path for path in there if parent(path) == place]
    beside = names.map(lambda name: Place(f"{parent(place)}/{name}".strip("/")))
    match draw(st.sampled_from(("open", "open", "appoint", "appoint", "relieve", "close", "split", "join", "rename"))):
        case "open":
            return opened(f"{place}/{draw(names)}")
        case "appoint":
            return Appointed(place=Place(place), who=draw(WHO))
        case "relieve":
            return Relieved(place=Place(place), who=draw(WHO))
        case "close":
            return Closed(place=Place(place), demands_go_to=draw(st.none() | known.map(Place)))
        case "split":
            into = draw(st.lists(beside, min_size=2, max_size=3, unique=draw(st.booleans())))
            goes = [(Place(child), draw(st.sampled_from(into))) for child in children if draw(st.integers(0, 9))]
            return Split(place=Place(place), into=tuple(into), moves=tuple(goes))
        case "join":
            others = st.sampled_from([path for path in there if parent(path) == parent(place)] or [place])
            return joined(place, draw(others), *draw(st.lists(known, max_size=1)), into=draw(beside))
    return Renamed(place=Place(place), to=draw(beside))


AHEAD = [opened("f/c"), opened("f/d"), *(opened(f"f/c/g{n}") for n in (0, 1)), opened("f/c/g0/g0")]


@given(st.data())
def test_the_directory_is_as_a_picture_of_every_moment_says(data: st.DataObject) -> None:
    told, model = Told().tell(Founded(county=Place("f"))), Model()
    model.record(told.events[0].fact, T0)
    for number in range(data.draw(st.integers(0, 25))):
        was, there = told.directory, sorted(model.pictures[-1][1])
        fact = AHEAD[number] if number < len(AHEAD) else data.draw(facts(there))
        if model.accepts(fact):
            told.tell(fact, days=data.draw(st.sampled_from([0, 0, 1])))
            model.record(fact, told.at)
        else:
            told.refused(fact)
            assert told.directory == was
    directory = told.directory
    instants = [T0 - DAY, *dict.fromkeys(at + late for at, _ in model.pictures for late in (timedelta(0), DAY / 2))]
    names = [entry.path for entry in directory.places]
    assert names == sorted(model.used)  # each name once, for good
    for on in instants:
        picture = model.there(on)
        assert directory.standing("grid", on) == tuple(sorted(picture.keys() - {"f"}))
        assert {name for name in names if directory.there(name, on)} == picture.keys()
        for path in picture:
            assert directory.responsible(path, on) == model.responsible(path, on)
            assert directory.now(path, on) == (path,)
    for then in instants:
        for on in instants:
            for path in model.there(then):
                if on >= T0:
                    assert set(directory.now(path, on)) == model.lies(path, then, on), (path, then, on)
            _comparable_is_what_shares_ground(directory, model, then, on)
    folded = None
    for event in told.events:
        folded = evolve(folded, event, Directory)
    assert folded == directory


def _comparable_is_what_shares_ground(directory: Directory, model: Model, then: datetime, on: datetime) -> None:
    groups = directory.comparable("grid", then, on)
    before = [path for group in groups for path in group.before]
    after = [path for group in groups for path in group.after]
    assert sorted(before) == sorted(model.there(then).keys() - {"f"})
    assert sorted(after) == sorted(model.there(on).keys() - {"f"})
    earlier, later = sorted((then, on))
    for path in model.there(earlier).keys() - {"f"}:
        mine = next(group for group in groups if path in (group.before if then <= on else group.after))
        lies = model.lies(path, earlier, later) - {"f"}
        assert lies <= set(mine.after if then <= on else mine.before)


@given(st.lists(facts(["f", "f/c", "f/c/g0", "f/c/g1", "f/c/g0/g1", "x"]), max_size=12))
def test_nothing_fails_whatever_was_recorded(recorded: list[Fact]) -> None:
    directory = Directory(A)
    for version, fact in enumerate(recorded, 1):
        row = DIRECTORY.moves_from("kept")[MOVES[type(fact)]][0]
        event = event_of(DIRECTORY, directory, Proposal(row.move.name, fact, KEEPER, T0), row)
        directory = evolve(directory, event, Directory)
        assert directory.version == version
    for place in ("f/c/g0/g1", "x", "f"):
        for on in (T0, T0 - DAY):
            assert directory.now(place, on)
            directory.responsible(place, on)
    directory.comparable("grid", T0 - DAY, T0)


def test_nobody_is_guessed_where_a_place_became_several() -> None:
    told = town().tell(Appointed(place=Place("f/c/g2"), who="chen"))
    told.tell(SPLIT, days=1).tell(Appointed(place=Place("f/c/g1a"), who="sun"), days=1)
    directory, now = told.directory, told.at
    assert directory.now("f/c/g1", now) == ("f/c/g1a", "f/c/g1b")
    assert directory.responsible("f/c/g1", now) == ("li",)
    assert directory.responsible("f/c/g1/b1", now) == ("hua", "sun")  # its building lies in one of them
    assert directory.responsible("f/c/g1/b2", now) == ("hua",)
    assert directory.responsible("f/c/g1", T0) == directory.responsible("f/c/g1/b1", T0) == ("hua",)


def test_responsible_people_go_along_and_counts_where_only_the_name_changes() -> None:
    told = town().tell(Counted(place=Place("f/c/g2"), households=120))
    told.tell(Renamed(place=Place("f/c/g2"), to=Place("f/c/north")), days=1)
    assert told.directory.total("grid", "households", told.at) == Total(120, said=1, places=2)
    counted = Told().tell(Founded(county=Place("f")), opened("f/g", households=30))
    assert counted.directory.total("grid", "households", T0) == Total(30, said=1, places=1)
    told.tell(joined("f/c/g1", "f/c/north", into="f/c/all"), days=1)
    assert told.directory.responsible("f/c/g2", told.at) == ("hua",)
    assert told.directory.total("grid", "households", told.at) == Total(0, said=0, places=1)
    assert told.directory.total("grid", "households", T0) == Total(120, said=1, places=2)


def test_grids_of_two_days_are_compared_by_the_ground_that_they_share() -> None:
    told = town().tell(SPLIT, days=1)
    first = told.at
    told.tell(joined("f/c/g1b", "f/c/g2", into="f/c/g3"), days=1)
    told.tell(opened("f/c/new"), days=1)
    compared = told.directory.comparable
    assert compared("grid", T0, first) == (
        Comparable(("f/c/g1",), ("f/c/g1a", "f/c/g1b")),
        Comparable(("f/c/g2",), ("f/c/g2",)),
    )
    assert compared("grid", first, told.at) == (
        Comparable((), ("f/c/new",)),
        Comparable(("f/c/g1a",), ("f/c/g1a",)),
        Comparable(("f/c/g1b", "f/c/g2"), ("f/c/g3",)),
    )
    assert compared("grid", T0, told.at)[1] == Comparable(("f/c/g1", "f/c/g2"), ("f/c/g1a", "f/c/g3"))


def test_what_the_directory_does_not_know_lies_where_the_place_above_it_lies() -> None:
    told = town()
    assert told.directory.now("f/c/g2/b9", told.at) == ("f/c/g2/b9",)
    told.tell(Renamed(place=Place("f/c/g2"), to=Place("f/c/north")), days=1)
    assert told.directory.now("f/c/g2/b9", told.at) == ("f/c/north",)
    assert told.directory.now("elsewhere/c", told.at) == ("elsewhere/c",)
    assert told.directory.responsible("elsewhere/c", told.at) == ()


def test_what_was_closed_lies_where_its_demands_went_or_in_the_place_above() -> None:
    told = town().tell(Closed(place=Place("f/c/g1/b1")), days=1)
    told.tell(Closed(place=Place("f/c/g1/b2"), demands_go_to=Place("f/c/g2")))
    assert told.directory.now("f/c/g1/b1", told.at) == ("f/c/g1",)
    assert told.directory.now("f/c/g1/b2", told.at) == ("f/c/g2",)


@pytest.mark.parametrize(
    ("fact", "objection"),
    [
        (opened("f/c/g1"), "f/c/g1: there is or was such a place; give the new one a name of its own"),
        (opened("f/d/g1"), "f/d is not there, so f/d/g1 cannot be opened in it; open it first"),
        (opened("f/d", "community"), "say the type of the community f/d: plate, unit"),
        (opened("f/c/g3", type="plate"), "f/c/g3 is no community and has no type"),
        (Counted(place=Place("f/c/g1")), "say what was counted at f/c/g1"),
        (Appointed(place=Place("f/c/g1"), who="hua"), "hua is responsible for f/c/g1 already"),
        (Relieved(place=Place("f/c/g1"), who="li"), "li is not responsible for f/c/g1 (are: hua)"),
        (Renamed(place=Place("f"), to=Place("g")), "f is what the directory is of; give it up and found another"),
        (Renamed(place=Place("f/c/g1"), to=Place("f/g1")), "f/g1: does not lie in f/c, as f/c/g1 does"),
        (Closed(place=Place("f/c/g1")), "f/c/g1/b1, f/c/g1/b2: close or move what lies in f/c/g1 first"),
        (
            Closed(place=Place("f/c/g2"), demands_go_to=Place("f/c/g2")),
            "open demands cannot go to f/c/g2: name another place that is there",
        ),
        (
            joined("f/c/g1", "f/c/g1/b1", into="f/c/g3"),
            "f/c/g1, f/c/g1/b1 are of different kinds and cannot be joined",
        ),
        (joined("f/c/g2", "f/c/g2", into="f/c/g3"), "f/c/g2 is named twice"),
        (
            split("f/c/g1", ("f/c/x", "f/c/y"), {"f/c/g1/b1": "f/c/x"}),
            "say in which of f/c/x, f/c/y these lie afterwards: f/c/g1/b2",
        ),
        (
            split("f/c/g2", ("f/c/x", "f/c/y"), {"f/c/g1/b1": "f/c/x"}),
            "f/c/g1/b1: no such place lies directly in f/c/g2",
        ),
        (
            Split(place=Place("f/c/g1"), into=SPLIT.into, moves=(*SPLIT.moves, SPLIT.moves[0])),
            "f/c/g1/b1 is named twice",
        ),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(fact: Fact, objection: str) -> None:
    assert objection in town().refused(fact)


def test_numbers_are_bounded_and_a_split_names_several() -> None:
    for wrong in (-1, 2_000_000_000, True):
        with pytest.raises(InvalidValue):
            Counted(place=Place("f/c"), households=wrong)
    with pytest.raises(InvalidValue):
        split("f/c/g1", ("f/c/x",), {})


def test_places_below_have_names_of_their_own_when_grids_are_joined() -> None:
    told = town().tell(opened("f/c/g2/b1", "building"))
    fact = joined("f/c/g1", "f/c/g2", into="f/c/g3")
    assert "f/c/g1/b1, f/c/g2/b1 would have the same name; rename one of them first" in told.refused(fact)
    told.tell(Renamed(place=Place("f/c/g2/b1"), to=Place("f/c/g2/b3")), fact)
    assert told.directory.standing("building", told.at) == ("f/c/g3/b1", "f/c/g3/b2", "f/c/g3/b3")


def test_a_county_of_many_places_is_kept_in_no_time() -> None:
    towns = [opened(f"f/t{n}", "town") for n in range(6)]
    grids = [opened(f"f/t{n % 6}/g{n}") for n in range(300)]
    told = Told().tell(Founded(county=Place("f")), *towns, *grids)
    told.tell(*(Appointed(place=grid.place, who=f"a{n % 98}") for n, grid in enumerate(grids)))
    assert len(told.directory.standing("grid", T0)) == 300
    assert told.directory.responsible("f/t1/g7/b2", T0) == ("a7",)


def test_a_place_that_was_there_for_no_time_lies_where_it_went() -> None:
    told = town()
    told.tell(
        Renamed(place=Place("f/c/g2"), to=Place("f/c/x")), Renamed(place=Place("f/c/x"), to=Place("f/c/y")), days=1
    )
    assert not told.directory.there("f/c/x", told.at)
    for name in ("f/c/g2", "f/c/x", "f/c/y"):
        assert told.directory.now(name, told.at) == ("f/c/y",)
        assert told.directory.now(name, T0) == ("f/c/g2",)


def test_lists_and_mappings_are_taken_as_they_come_from_a_form_or_from_json() -> None:
    said: Any = {"place": "f/c/g1", "into": ["f/c/g1a", "f/c/g1b"], "moves": dict(SPLIT.moves)}
    assert Split(**said) == SPLIT
