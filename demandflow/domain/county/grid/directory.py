"""The directory of places: which there are, who is responsible where, and what became of which.

Names are never used again, so that a path says for good which place was meant. What comes of a place lies beside it, so
that the places above keep their ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from demandflow.domain.county.grid.places import (
    Appointed,
    Closed,
    Counted,
    Entries,
    Entry,
    Founded,
    Joined,
    Numbers,
    Opened,
    Relieved,
    Renamed,
    Split,
    Term,
    above,
    entry_of,
    succeeded,
    with_entries,
)
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.stream import Change, Stream


class Total(NamedTuple):
    """What places counted together: how many of them said something, of how many there are."""

    number: int
    said: int
    places: int


class Comparable(NamedTuple):
    """Places of two days that cover the same ground: what is figured of all of these can be compared."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class Directory(Stream, frozen=True):
    """The places of a county (or of one community of a big one), as they are and as they were."""

    KIND: ClassVar[str | None] = "directory"
    KEY: ClassVar[str | None] = "county"

    county: str = ""
    places: Entries = ()

    def changes(self, event: Event, change: Change) -> None:
        """What the directory keeps otherwise after this event."""
        fact, at = event.fact, change["last"]
        if isinstance(fact, Founded):
            change["county"] = str(fact.county)
        if others := list(self._changed(fact, at)):
            change["places"] = with_entries(self.places, others)

    def _changed(self, fact: Fact, at: datetime) -> Iterator[Entry]:
        match fact:
            case Founded():
                yield Entry(str(fact.county), fact.kind, at)
            case Opened():
                path, numbers = str(fact.place), Numbers.of(fact, at)
                counted = (numbers,) if numbers.said else ()
                yield Entry(path, fact.kind, at, came_from=(above(path),), type=fact.type, numbers=counted)
            case Split():
                into = tuple(map(str, fact.into))
                moves = {str(child): str(to) for child, to in fact.moves}
                yield from succeeded(self.places, {str(fact.place): into}, moves, at)
            case Joined():
                successors = {str(place): (str(fact.into),) for place in fact.places}
                yield from succeeded(self.places, successors, {}, at)
            case Renamed():
                yield from succeeded(self.places, {str(fact.place): (str(fact.to),)}, {}, at)
            case Counted() | Appointed() | Relieved() | Closed() if entry := self.entry(fact.place):
                yield _told(entry, fact, at)

    def entry(self, place: str) -> Entry | None:
        """What is kept of a place, whether it is there or gone; None if the directory never knew it."""
        return entry_of(self.places, place)

    def there(self, place: str, on: datetime) -> bool:
        """Whether the place was there at this moment."""
        return (entry := self.entry(place)) is not None and entry.there(on)

    def standing(self, kind: str, on: datetime) -> tuple[str, ...]:
        """The places of this kind that were there at this moment, sorted."""
        return tuple(entry.path for entry in self.places if entry.kind == kind and entry.there(on))

    def responsible(self, place: str, on: datetime) -> tuple[str, ...]:
        """Who was responsible for the place at this moment: those of the nearest place above it that had any.

        A place that was recorded earlier is asked about where it lay then; if that was in several, those above all of
        them are responsible.
        """
        path = _common(self.now(place, on))
        while path:
            entry = self.entry(path)
            if entry is not None and (names := sorted(term.who for term in entry.terms if term.covers(on))):
                return tuple(names)
            path = above(path)
        return ()

    def now(self, place: str, on: datetime) -> tuple[str, ...]:
        """Where a place that was recorded at any time lies at this moment: itself, another, or one of several.

        What was closed without a word, or is not opened yet, lies in the place above it; so does what the directory
        does not know, once the place above it is another.
        """
        known = str(place)
        while known and self.entry(known) is None:
            known = above(known)
        if not known or (known != place and self.there(known, on)):
            return (str(place),)
        lies, seen, waiting = set(), {""}, [known]
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            entry = self.entry(path)
            if entry is not None and not entry.there(on) and (beyond := entry.beyond(on)):
                waiting += beyond
            else:
                lies.add(path)
        return tuple(sorted(lies)) or (str(place),)

    def total(self, kind: str, measure: str, on: datetime) -> Total:
        """What the places of this kind counted together, each as it did last until this moment."""
        there = [entry for entry in self.places if entry.kind == kind and entry.there(on)]
        said = [number for entry in there if (number := entry.number(measure, on)) is not None]
        return Total(sum(said), len(said), len(there))

    def comparable(self, kind: str, first: datetime, second: datetime) -> tuple[Comparable, ...]:
        """The places of this kind at two moments, in the smallest groups that cover the same ground at both, sorted."""
        if second < first:
            return tuple(sorted(Comparable(*reversed(group)) for group in self.comparable(kind, second, first)))
        after = set(self.standing(kind, second))
        groups: list[tuple[set[str], set[str]]] = []
        for path in self.standing(kind, first):
            into = after.intersection(self.now(path, second))
            shared = [group for group in groups if not group[1].isdisjoint(into)]
            groups = [group for group in groups if group not in shared]
            groups.append(({path}.union(*(g[0] for g in shared)), into.union(*(g[1] for g in shared))))
        opened = after.difference(*(group[1] for group in groups))
        both = [*groups, *((set[str](), {path}) for path in opened)]
        return tuple(sorted(Comparable(tuple(sorted(old)), tuple(sorted(new))) for old, new in both))


def _told(entry: Entry, fact: Counted | Appointed | Relieved | Closed, at: datetime) -> Entry:
    """The entry after something was said of the place."""
    match fact:
        case Counted():
            return replace(entry, numbers=(*entry.numbers, Numbers.of(fact, at)))
        case Appointed():
            return replace(entry, terms=(*entry.terms, Term(fact.who, at)))
        case Relieved():
            return replace(entry, terms=tuple(term.ended(at, fact.who) for term in entry.terms))
        case Closed():
            return entry.ended(at, (str(fact.demands_go_to or above(entry.path)),))


def _common(paths: tuple[str, ...]) -> str:
    """The deepest path that is above all of these, or the only one itself."""
    names = [path.split("/") for path in paths]
    shared = next((n for n, level in enumerate(zip(*names, strict=False)) if len(set(level)) > 1), min(map(len, names)))
    return "/".join(names[0][:shared])
