"""The county's kinds of streams and its workflows of demands, each with facts that fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from string import ascii_lowercase
from typing import Any

from hypothesis import strategies as st

from demandflow import Workflow
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.patrols import PATROL
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
    above,
)
from demandflow.domain.county.grid.rounds import ROUND
from demandflow.domain.county.people.activities import ACTIVITY
from demandflow.domain.county.people.commitments import COMMITMENT
from demandflow.domain.county.people.home_reports import HOME_REPORT, HomeReported
from demandflow.domain.county.people.requests import REQUEST
from demandflow.domain.county.people.teams import TEAM
from demandflow.domain.county.people.volunteers import VOLUNTEERING
from demandflow.domain.county.services.items import MENU_ITEM, Drafted, Revised
from demandflow.domain.county.services.orders import ORDER, Ordered
from demandflow.domain.values import Place
from demandflow.testing import a
from tests.unit.county.test_commitments import FACTS as PROMISES

KINDS = (ACTIVITY, VOLUNTEERING, TEAM, MENU_ITEM, ROUND, DIRECTORY, HOME_REPORT)
DEMANDS = (PATROL, ORDER, REQUEST, COMMITMENT)
_PERIODS = (("a", "é"), ("2025", "2025-03"))
_REPORTED = partial(HomeReported, zone="UTC", layout=1, digest="x")
TWICE = 0.2
"""How often something is named twice."""
NAMES = (*ascii_lowercase, "é", *map(str, range(100)))
KIND_OF = ("county", "town", "community", "building", "unit")
"""By how deep they lie."""


class _Places:
    """What may happen to the places of a directory as it stands, by lot; now and then to one that is gone."""

    def __init__(self, dice: Random, directory: Directory) -> None:
        gone = dice.random() < 0.1
        self.dice, self.entries = dice, {one.path: one for one in directory.places if gone or one.until is None}
        self.used, self.county = {one.path for one in directory.places}, directory.county or "f"
        self.there = [*self.entries] or [self.county]
        below = [path for path in self.there if path != self.county] or self.there
        self.any, self.below = dice.choice(self.there), dice.choice(below)
        self.around = above(self.below) or self.below
        self.leaves = [path for path in below if path not in map(above, self.entries)] or below

    def new(self, parent: str) -> Place:
        """A place in it that never was."""
        path = next(path for name in NAMES if (path := f"{parent}/{name}") not in self.used)
        self.used.add(path)
        return Place(path)

    def opened(self) -> Opened:
        parents = [path for path in self.there if path.count("/") < len(KIND_OF) - 1]
        parent = self.dice.choice((parents[0], self.dice.choice(parents)))
        kind = KIND_OF[parent.count("/") + 1]
        number, of = self.dice.choice((None, 7)), self.dice.choice(("plate", "unit"))
        return Opened(place=self.new(parent), kind=kind, type=of if kind == "community" else None, members=number)

    def split(self) -> Split:
        into = (self.new(self.around), self.new(self.around))
        moves = tuple((path, self.dice.choice(into)) for path in self.there if above(path) == self.below)
        twice = moves[: self.dice.random() < TWICE]
        return Split(place=self.below, into=into, moves=(*moves, *twice))  # type: ignore[arg-type]

    def joined(self) -> Joined:
        pairs = [(one, two) for one in self.there for two in self.there if one < two and above(one) == above(two) != ""]
        places = self.dice.choice(pairs or [(self.below, self.any)])
        return Joined(places=places, into=self.new(above(places[0]) or self.around))  # type: ignore[arg-type]

    def renamed(self) -> Renamed:
        return Renamed(place=Place(self.below), to=self.new(self.around))

    def closed(self) -> Closed:
        return Closed(
            place=Place(self.dice.choice(self.leaves)), demands_go_to=self.dice.choice((None, Place(self.any)))
        )

    def counted(self) -> Counted:
        return Counted(
            place=Place(self.any), households=self.dice.choice((None, 3)), quarters=self.dice.choice((None, 0))
        )

    def appointed(self) -> Appointed:
        return Appointed(place=Place(self.any), who=self.dice.choice(("张三", "zhao", "né")))

    def relieved(self) -> Relieved:
        terms = [(path, term.who) for path, one in self.entries.items() for term in one.terms if term.until is None]
        place, who = self.dice.choice(terms or [(self.any, "zhao")])
        return Relieved(place=Place(place), who=who)


def _fits(fact: Callable[[_Places], Any]) -> st.SearchStrategy[Callable[[Directory], Any]]:
    """Facts that fit a directory as it stands."""
    return st.integers(0, 2**32).map(lambda lot: lambda directory: fact(_Places(Random(lot), directory)))


_OF_PLACES = {
    **{Opened: _Places.opened, Split: _Places.split, Joined: _Places.joined, Renamed: _Places.renamed},
    **{Closed: _Places.closed, Counted: _Places.counted, Appointed: _Places.appointed, Relieved: _Places.relieved},
}
FORMS = (
    None,
    {"type": "array", "minItems": 1},
    {"type": "object"},
    {
        "type": "object",
        "required": ["fuel"],
        "properties": {"fuel": {"enum": ["gas", "wood"]}, "rooms": {"minimum": 1}},
    },
    {"type": "object", "anyOf": [{"required": ["x"]}, {"not": {"maxProperties": 0}}], "additionalProperties": False},
)
FACTS: Mapping[Workflow, Mapping[Any, Any]] = {
    # samples by type would not name it by the home organisation and the period
    HOME_REPORT: {
        HomeReported: st.builds(
            lambda home, period, position: _REPORTED(
                report=f"{home}, {period}", home=home, period=period, position=position
            ),
            *map(st.sampled_from, _PERIODS),
            st.integers(0, 2),
        )
    },
    DIRECTORY: {
        Founded: st.builds(Founded, county=st.sampled_from([Place(name) for name in ("f", "f/g", *"abcdeghé")])),
        **{kind: _fits(fact) for kind, fact in _OF_PLACES.items()},
    },
    ORDER: {
        Ordered: st.builds(
            partial(a, Ordered),
            resident=st.sampled_from((None, "张三", "Zoë", "zhao")),
            answers=st.sampled_from(
                (None, {}, {"e\u0301": " x ", "wish": ""}, {"rooms": [1, 2.5, {"warm": True}, None]})
            ),
        )
    },
    MENU_ITEM: {kind: st.builds(partial(a, kind), form=st.sampled_from(FORMS)) for kind in (Drafted, Revised)},
    COMMITMENT: PROMISES,
}
"""Those of the others are what the kit makes up."""
