"""Which demands and happenings a question about figures is about, and how these demands stood."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
from unicodedata import normalize
from uuid import UUID

from demandflow.domain.facts import Corrected
from demandflow.errors import InvalidValue, brief, listed
from demandflow.testing.model.counts import HAPPENINGS, Seen
from demandflow.testing.model.periods import Days, day_of, days_of, end_of, name_of
from demandflow.testing.model.rows import as_json, says
from demandflow.testing.model.world import World

PATHS = ("place", "category")
DIMENSIONS = (*PATHS, "channel", "lead", "workflow")


@dataclass(frozen=True)
class Happening:
    """What an event of a demand meant, and how the demand stood right after it, and stands at last."""

    demand: UUID
    version: int
    meaning: str
    after: Seen
    at_last: Seen


@dataclass(frozen=True)
class Query:
    """Which demands are asked about, and as of when; without a day, now."""

    world: World
    words: Mapping[str, str]
    received: Days | None = None
    closed: Days | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    as_of: date | None = None
    known_on: date | None = None

    @classmethod
    def of(cls, world: World, **query: Any) -> Query:
        """What the arguments of a question ask for. Raises InvalidValue for a workflow that is not there."""
        given = {name: value for name, value in query.items() if value is not None}
        words = {name: spelt_as_kept(given[name]) for name in DIMENSIONS if name in given}
        if words.get("workflow") not in (None, *world.of_demands):
            raise InvalidValue("workflow", "there is none")
        own = dict(given.get("own", {}))
        if not {*own} <= {*world.own_dimensions}:
            raise InvalidValue("own", "there is no such dimension")
        windows: Any = {name: days_of(given[name]) for name in ("received", "closed") if name in given}
        days: Any = {name: day_of(given[name]) for name in ("as_of", "known_on") if name in given}
        return cls(world, words, own=own, **windows, **days)

    @property
    def clocks(self) -> tuple[str, ...]:
        """The names of all clocks that are declared, and of others that ran, each once."""
        declared = (clock.name for flow in self.world.of_demands.values() for clock in flow.clocks)
        ran = {clock.clock for demand in self.world.demands.values() for clock in demand.clocks}
        return tuple(dict.fromkeys((*declared, *sorted(ran))))

    @property
    def scores(self) -> tuple[str, ...]:
        """The names of all scores that are declared, each once."""
        return tuple(dict.fromkeys(name for flow in self.world.workflows.values() for name in flow.grades.scores))

    @property
    def at(self) -> datetime:
        """The moment by which demands are judged: the end of the earlier day, or now if that is still to come."""
        return min(self.world.clock.now, self.end)

    @property
    def end(self) -> datetime:
        """The end of the earlier day, or of the present day."""
        now = self.world.day(self.world.clock.now)
        return end_of(min(day for day in (self.as_of, self.known_on, now) if day is not None), self.world.zone)

    @property
    def name(self) -> str:
        """What it is about, in words."""
        windows = {"received": self.received, "closed": self.closed}
        names = [f"{how} {name_of(days)}" for how, days in windows.items() if days is not None]
        names += [f"{name} {self.words[name]}" for name in DIMENSIONS if name in self.words]
        of_own = [f"{name} {'' if value is None else key_of(value)}" for name, value in self.own.items()]
        days = {"as of": self.as_of, "known on": self.known_on}
        names += [f"{how} {day}" for how, day in days.items() if day is not None]
        return ", ".join([*names, *of_own]) or "all"

    def is_in_slice(self, seen: Seen) -> bool:
        """Whether such a demand is in the place, category, channel, lead and workflow asked for, and says so."""
        said = own_of(self.world, seen)
        return all(says(said.get(name), value) for name, value in self.own.items()) and all(
            (seen[name] or "") == word or (name in PATHS and word and (seen[name] or "").startswith(f"{word}/"))
            for name, word in self.words.items()
        )

    def is_in_window(self, seen: Seen) -> bool:
        """Whether such a demand was received, and is closed, in the periods asked for."""
        day, received, closed = self.world.day, self.received, self.closed
        if received is not None and not received[0] <= day(seen["received"]) <= received[1]:
            return False
        return closed is None or (seen["ended_as"] == "closed" and closed[0] <= day(seen["ended"]) <= closed[1])

    def known(self, demand: UUID) -> int:
        """How many events of the demand were known."""
        return self.world.known(demand, self.known_on)

    def number(self, demand: UUID, known: int) -> int:
        """How many of those that were known had happened."""
        return self.world.so_far(demand, known, self.as_of)

    def stood(self, demand: UUID, known: int | None = None, number: int | None = None) -> Seen | None:
        """How the demand stood (after so many events, by so many that were known); None if that is not asked about."""
        known = self.known(demand) if known is None else known
        seen = self.world.seen(demand, known, self.number(demand, known) if number is None else number)
        return seen if seen is not None and self.is_in_window(seen) and self.is_in_slice(seen) else None

    def standing(self) -> list[Seen]:
        """How each of the demands stood."""
        return [seen for demand in self.world.demands if (seen := self.stood(demand)) is not None]

    def happened(self) -> Iterator[Happening]:
        """What happened in the slices, to demands that are in the windows, in whatever slice they are at last."""
        for demand in self.world.demands:
            yield from self.happened_to(demand, self.known(demand))

    def happened_to(self, demand: UUID, known: int) -> Iterator[Happening]:
        """What happened to this demand, by so many events."""
        number = self.number(demand, known)
        at_last = self.world.seen(demand, known, number)
        if at_last is None or not self.is_in_window(at_last):
            return
        for event in self.world.events[demand][:number]:
            after = self.world.seen(demand, known, event.version)
            late = ("in_retrospect",) if event.meta.retrospect else ()
            if after is not None and self.is_in_slice(after):
                for meaning in {*(event.stamp.means or ()), *late} & {*HAPPENINGS.values()}:
                    yield Happening(demand, event.version, meaning, after, at_last)

    def note(self, empty: bool) -> str:
        """What is said of an empty answer: which of the words no demand ever had, and what is spelt like them."""
        words = [name for name in ("place", "category", "channel", "lead") if self.words.get(name)] if empty else []
        ever = list(ever_seen(self.world)) if words else []
        said = []
        for name in words:
            alone = Query(self.world, {name: self.words[name]})
            if not any(alone.is_in_slice(seen) for seen in ever):
                had = {seen[name] for seen in ever if seen[name]}
                parts = {"/".join(path.split("/")[:n]) for path in had for n in range(1, path.count("/") + 2)}
                alike = get_close_matches(self.words[name], sorted(parts))
                said.append(f"no demand ever had the {name} {brief(self.words[name])}")
                said[-1] += f" (there is {listed(alike)})" if alike else ""
        return "; ".join(said)


def own_of(world: World, seen: Seen) -> dict[str, Any]:
    """What a demand that stood so says in these fields; what is no scalar is alike."""
    said = {name: as_json(seen["_attributes"][name]) for name in world.own_dimensions if name in seen["_attributes"]}
    return {name: [] if isinstance(value, list | dict) else _whole(value) for name, value in said.items()}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def key_of(value: Any) -> str:
    """The part of those that say so: what would be taken for a number, for yes or no is in quotes, if it is a text."""
    is_plain = isinstance(value, str) and value and not _is_json(value)
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _is_json(text: str) -> bool:
    """Whether it is what JSON has for something that is a part."""
    if text[0] in '"[{':
        return text[0] == '"' or text == "[]"
    with suppress(ValueError):
        json.loads(text)
        return text == text.strip()
    return False


def ever_seen(world: World) -> Iterator[Seen]:
    """How every demand stood after each event, also by what corrections said of events before them."""
    for demand in world.demands:
        for event in world.events[demand]:
            first = 1 if isinstance(event.fact, Corrected) else event.version
            for number in range(first, event.version + 1):
                yield world.seen(demand, event.version, number) or {}


def spelt_as_kept(word: str) -> str:
    """The word as it would have been recorded."""
    return normalize("NFC", str.__str__(word).strip())
