"""What can happen to the places of a county, and what is kept of each.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BeforeValidator, Field, Strict

from demandflow.domain.fact import Fact
from demandflow.domain.values import Name, Place, Text

COUNTY, TOWN, COMMUNITY, GRID = "county", "town", "community", "grid"
BUILDING, UNIT, QUARTER = "building", "unit", "quarter"
"""The usual kinds of places; any other name is as good."""
PLATE_TYPE, UNIT_TYPE = COMMUNITY_TYPES = "plate", "unit"
"""The types of communities."""

Number: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000_000)]


def _pairs(moves: Any) -> Any:
    """A mapping as pairs: a fact holds nothing that can be changed."""
    return tuple(moves.items()) if isinstance(moves, Mapping) else moves


_Places: TypeAlias = Annotated[tuple[Place, ...], Strict(False), Field(min_length=2)]
_Moves: TypeAlias = Annotated[
    tuple[Annotated[tuple[Place, Place], Strict(False)], ...], Strict(False), BeforeValidator(_pairs)
]


class Founded(Fact):
    """A directory was begun: of a county, or, where that is big, of one of its communities."""

    TOPIC: ClassVar[str] = "directory.founded"
    county: Place
    kind: Name = COUNTY


class _Numbers(Fact):
    """Those that are counted at a place, as far as they are known."""

    households: Number | None = None
    population: Number | None = None
    branches: Number | None = None
    members: Number | None = None
    quarters: Number | None = None


class Opened(_Numbers):
    """A place was set up inside another; a community says of which type it is."""

    TOPIC: ClassVar[str] = "directory.opened"
    place: Place
    kind: Name
    type: Name | None = None


class Counted(_Numbers):
    """How many live there, how many branches and members of the party and how many quarters there are now."""

    TOPIC: ClassVar[str] = "directory.counted"
    place: Place


class Appointed(Fact):
    """Somebody is responsible for a place from now on."""

    TOPIC: ClassVar[str] = "directory.appointed"
    place: Place
    who: Name


class Relieved(Fact):
    """Somebody is no longer responsible for a place."""

    TOPIC: ClassVar[str] = "directory.relieved"
    place: Place
    who: Name


class Split(Fact):
    """Several places came of one; `moves` says of each place directly below it in which of them it lies now."""

    TOPIC: ClassVar[str] = "directory.split"
    place: Place
    into: _Places
    moves: _Moves = ()


class Joined(Fact):
    """One place came of several; what lay below them lies below it."""

    TOPIC: ClassVar[str] = "directory.joined"
    places: _Places
    into: Place


class Renamed(Fact):
    """A place has another name; what lies below it goes along."""

    TOPIC: ClassVar[str] = "directory.renamed"
    place: Place
    to: Place


class Closed(Fact):
    """A place was given up, and where its open demands go, if there were any."""

    TOPIC: ClassVar[str] = "directory.closed"
    place: Place
    demands_go_to: Place | None = None


class GivenUp(Fact):
    """The directory is no longer kept."""

    TOPIC: ClassVar[str] = "directory.given_up"
    reason: Text


class Numbers(Struct, frozen=True):
    """What was counted at a place at one time; None where nothing was said."""

    since: datetime
    households: int | None = None
    population: int | None = None
    branches: int | None = None
    members: int | None = None
    quarters: int | None = None

    @classmethod
    def of(cls, fact: Opened | Counted, at: datetime) -> Numbers:
        """What the fact says."""
        return cls(at, *(getattr(fact, name) for name in MEASURES))

    @property
    def said(self) -> bool:
        """Whether anything was said."""
        return any(getattr(self, name) is not None for name in MEASURES)


MEASURES = Numbers.__struct_fields__[1:]


class Term(Struct, frozen=True):
    """From when until when somebody was responsible for a place."""

    who: str
    since: datetime
    until: datetime | None = None

    def covers(self, on: datetime) -> bool:
        """Whether they were responsible at this moment."""
        return self.since <= on and (self.until is None or on < self.until)

    def ended(self, at: datetime, *who: str) -> Term:
        """The term as it is when these, or everybody, are relieved; one that is over is as it was."""
        return replace(self, until=at) if self.until is None and (not who or self.who in who) else self


class Entry(Struct, frozen=True):
    """What the directory keeps of a place, also after it is gone: from when until when it was there, and with whom.

    It came of the places `came_from`, or was opened in it, and what was there lies in the places `into` since it ended.
    """

    path: str
    kind: str
    since: datetime
    until: datetime | None = None
    came_from: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    type: str | None = None
    terms: tuple[Term, ...] = ()
    numbers: tuple[Numbers, ...] = ()

    def there(self, on: datetime) -> bool:
        """Whether the place was there at this moment."""
        return self.since <= on and (self.until is None or on < self.until)

    @property
    def in_office(self) -> tuple[str, ...]:
        """Who is responsible for it now."""
        return tuple(term.who for term in self.terms if term.until is None)

    def number(self, measure: str, on: datetime) -> int | None:
        """What was counted last until this moment; None if nothing was."""
        said = (getattr(numbers, measure) for numbers in reversed(self.numbers) if numbers.since <= on)
        return next((number for number in said if number is not None), None)

    def beyond(self, on: datetime) -> tuple[str, ...]:
        """Where to look for what lay here when the place was not there at this moment."""
        return self.came_from if on < self.since else self.into

    def ended(self, at: datetime, into: tuple[str, ...]) -> Entry:
        """The place after it is gone: nobody is responsible for it any more."""
        return replace(self, until=at, into=into, terms=tuple(term.ended(at) for term in self.terms))

    def moved(self, path: str, at: datetime) -> Entry:
        """The same place under another path, with who is responsible for it and what was counted."""
        terms = tuple(Term(who, at) for who in self.in_office)
        return replace(self, path=path, since=at, came_from=(self.path,), terms=terms)


Entries: TypeAlias = tuple[Entry, ...]
"""All places that there are or were, sorted by their paths."""
_by_path = attrgetter("path")


def above(path: str) -> str:
    """The path of the place in which this one lies; empty if it lies in none."""
    return path.rpartition("/")[0]


def entry_of(entries: Entries, path: str) -> Entry | None:
    """What is kept of the place; None if it never was there."""
    at = bisect_left(entries, path, key=_by_path)
    return entries[at] if at < len(entries) and entries[at].path == path else None


def entries_below(entries: Entries, path: str) -> Entries:
    """What is kept of the places below one, at any depth, and whether they are there or gone."""
    first, last = (bisect_left(entries, f"{path}{end}", key=_by_path) for end in "/0")  # 0 is the letter after /
    return entries[first:last]


def with_entries(entries: Entries, others: Iterable[Entry]) -> Entries:
    """The entries with these added, or in the place of those of the same path."""
    by_path = {entry.path: entry for entry in (*entries, *others)}
    return tuple(sorted(by_path.values(), key=_by_path))


def succeeded(
    entries: Entries, successors: Mapping[str, tuple[str, ...]], moves: Mapping[str, str], at: datetime
) -> list[Entry]:
    """The entries that change where places end and others come of them.

    Who is responsible stays so for all that comes of a place, until they are relieved. What was counted goes along
    where it is the same place by another name, and what lies below goes along to the place that `moves` names.
    """
    others: dict[str, Entry] = {}
    for path, into in successors.items():
        was = entry_of(entries, path)
        if was is None or was.until is not None or not into:
            continue
        for name in into:
            new = others.get(name, Entry(name, was.kind, at, type=was.type))
            names = dict.fromkeys((*new.in_office, *was.in_office))
            numbers = was.numbers if len(into) == len(successors) == 1 else ()
            terms = tuple(Term(who, at) for who in names)
            others[name] = replace(new, came_from=(*new.came_from, path), terms=terms, numbers=numbers)
        for below in entries_below(entries, path):
            if below.until is None:
                name, *rest = below.path[len(path) + 1 :].split("/", 1)
                target = "/".join((moves.get(f"{path}/{name}", into[0]), name, *rest))
                others[target] = below.moved(target, at)
                others[below.path] = below.ended(at, (target,))
        others[path] = was.ended(at, into)
    return list(others.values())
