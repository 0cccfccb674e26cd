"""Who can serve a need, and why these: in a strict order that looks at each person alone.

Each person's key is absolute: it depends on the need and on that person, never on who else is there, as scores between
the smallest and the largest would. So the order of the input changes nothing, and one person more never makes the
i-th best worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import NamedTuple, cast

from demandflow.calendars.hours import Week
from demandflow.county.people.needs import Need, Person, Synonyms, folded
from demandflow.county.people.wall_clock import Shown, is_within, times_shown
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of, whole_number, zone_of

NO_SYNONYMS = Synonyms()
MOST_FIRST = 100_000
NOWHERE, ANYWHERE = (0, False, ""), (0, True, "")
"""How near somebody is: who serves anywhere is there, but comes from farther away than all who named a place there."""


class Key(NamedTuple):
    """By what people are compared, first things first; less is better, and no two people have the same."""

    synonym: int
    """0 if they offer the skill by the same word, 1 if by another word for it."""
    away: int
    """How many names the need's place has below the nearest place that it shares with one of theirs."""
    beside: int
    """0 if they serve there, 1 if only nearby."""
    unsaid: int
    """0 if it is within their hours, 1 if they did not say when they have time."""
    load: int
    who: str


@dataclass(frozen=True)
class Match:
    """Somebody who can serve a need, with the reasons."""

    who: str
    why: tuple[str, ...]
    key: Key


@dataclass(frozen=True)
class LeftOut:
    """Somebody who is not among the first, with all reasons."""

    who: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class _Question:
    """A need, as it is asked of each person."""

    need: Need
    word: str
    words: frozenset[str]
    names: list[str]
    shown: tuple[Shown, ...]
    near: dict[str, tuple[int, bool, str]] = field(default_factory=dict)
    """How near each place is that was measured already: many people serve the same."""

    @classmethod
    def of(cls, need: Need, synonyms: Synonyms, zone: str) -> _Question:
        shown = times_shown(need.starts, need.ends, zone_of(zone))
        return cls(need, folded(need.skill), synonyms.of(need.skill), need.place.split("/"), shown)

    def objections(self, person: Person) -> Iterator[str]:
        """Why this person cannot serve it; nothing if they can."""
        need = self.need
        if not self.words & person.words:
            yield f"does not offer {need.skill}"
        if not person.verified:
            yield "is not verified"
        if person.withdrawn:
            yield "has withdrawn"
        if person.who in need.without:
            yield "is left out of this need"
        if person.most is not None and person.load >= person.most:
            yield f"has {person.load} in hand already (possible: up to {person.most})"
        depth, there, _ = self.nearest(person)
        if not there and depth < need.shared:
            yield f"serves neither there nor in {'/'.join(self.names[: need.shared])}"
        if person.hours is not None and not is_within(self.shown, cast("Week", person.hours)):
            yield "has no time then"
        if any(begins < need.ends and need.starts < ends for begins, ends in person.busy):
            yield "serves somebody else then"

    def nearest(self, person: Person) -> tuple[int, bool, str]:
        """The deepest place shared with one of theirs: how many names it has, whether they serve there, and theirs."""
        best = NOWHERE if person.places else ANYWHERE
        for place in person.places:
            near = self.near.get(place) or self._measured(place)
            if near > best:
                best = near
        return best

    def _measured(self, place: str) -> tuple[int, bool, str]:
        theirs, depth = place.split("/"), 0
        for ours, other in zip(self.names, theirs, strict=False):
            if ours != other:
                break
            depth += 1
        self.near[place] = near = (depth, depth == len(theirs), place)
        return near

    def key(self, person: Person) -> Key | None:
        """The key of who can serve it; None for who cannot. Most people are told apart by what is asked first."""
        if self.words.isdisjoint(person.words) or next(self.objections(person), None) is not None:
            return None
        depth, there, _ = self.nearest(person)
        synonym, away = int(self.word not in person.words), len(self.names) - depth
        return Key(synonym, away, int(not there), int(person.hours is None), person.load, person.who)

    def best(self, people: Iterable[Person], first: int) -> list[tuple[Key, Person]]:
        keyed = ((key, person) for person in people if (key := self.key(person)) is not None)
        return nsmallest(first, keyed, key=lambda pair: pair[0])

    def matches(self, people: Iterable[Person], first: int) -> tuple[Match, ...]:
        return tuple(Match(key.who, tuple(self.reasons(person)), key) for key, person in self.best(people, first))

    def reasons(self, person: Person) -> Iterator[str]:
        """Why this person can serve it, in the order of the key."""
        by = min(skill for skill in person.skills if folded(skill) in self.words)
        same = self.word in person.words
        yield f"offers {self.need.skill}" if same else f"offers {by}, another word for {self.need.skill}"
        depth, there, place = self.nearest(person)
        where = place or "anywhere"
        yield f"serves {where}" if there else f"serves {where}, near in {'/'.join(self.names[:depth])}"
        yield "helps at any time" if person.hours is None else "has time then"
        yield f"has {person.load} in hand"


def match(
    need: Need, people: Iterable[Person], *, synonyms: Synonyms = NO_SYNONYMS, zone: str = "UTC", first: int = 3
) -> tuple[Match, ...]:
    """The first few who can serve a need, best first: by skill, place, time, load, and last by name.

    `zone` is the one in which people said their hours. Raises InvalidValue, as for a person who is listed twice.
    """
    whole_number("first", first, 1, MOST_FIRST)
    return _Question.of(need, synonyms, zone).matches(_listed(people), first)


def left_out(
    need: Need, people: Iterable[Person], *, synonyms: Synonyms = NO_SYNONYMS, zone: str = "UTC", first: int = 3
) -> tuple[LeftOut, ...]:
    """Everybody whom `match` does not name, by name, with why: what stands against them, or who comes before them."""
    whole_number("first", first, 1, MOST_FIRST)
    question, everybody = _Question.of(need, synonyms, zone), _listed(people)
    chosen = [key for key, _ in question.best(everybody, first)]
    names = {key.who for key in chosen}
    others = sorted((person for person in everybody if person.who not in names), key=lambda person: person.who)
    return tuple(LeftOut(person.who, tuple(_against(question, person, chosen))) for person in others)


def explained(
    need: Need, people: Iterable[Person], *, synonyms: Synonyms = NO_SYNONYMS, zone: str = "UTC", first: int = 3
) -> str:
    """Why these, and why not the others, as lines to be read."""
    everybody, local = _listed(people), need.starts.astimezone(zone_of(zone))
    lines = [f"{need.skill} at {need.place}, {local:%a %Y-%m-%d %H:%M}, {need.minutes} minutes"]
    chosen = match(need, everybody, synonyms=synonyms, zone=zone, first=first)
    lines += [f"{number}. {found.who} {', '.join(found.why)}" for number, found in enumerate(chosen, 1)]
    lines += [] if chosen else ["nobody can serve it"]
    others = left_out(need, everybody, synonyms=synonyms, zone=zone, first=first)
    return "\n".join((*lines, *(f"not {other.who}: {', '.join(other.why)}" for other in others)))


def plan(
    needs: Iterable[Need], people: Iterable[Person], *, synonyms: Synonyms = NO_SYNONYMS, zone: str = "UTC"
) -> tuple[Match | None, ...]:
    """The best for each need, first come, first served; None where nobody is left.

    Who is chosen has one more in hand, and no time for another need at those moments. Nothing is optimised over all
    needs: so one person more makes no need's match worse, as long as no two needs overlap in time (a serial
    dictatorship; for needs that overlap, or the least total cost, that does not hold). Raises InvalidValue.
    """
    left = {person.who: person for person in _listed(people)}
    found: list[Match | None] = []
    for need in each_of("needs", needs, "(Need(…),)"):
        best = _Question.of(need, synonyms, zone).matches(left.values(), 1)
        found.append(best[0] if best else None)
        for chosen in best:
            person = left[chosen.who]
            left[chosen.who] = replace(person, load=person.load + 1, busy=(*person.busy, (need.starts, need.ends)))
    return tuple(found)


_LATER = (
    "offers the skill by another word than {before}",
    "is farther away than {before}",
    "serves only nearby, unlike {before}",
    "did not say when, unlike {before}",
    "has more in hand than {before}",
    "comes after {before} by name only",
)
"""Why one comes after another, by the first part of the key in which they differ."""


def _against(question: _Question, person: Person, chosen: list[Key]) -> Iterator[str]:
    key = question.key(person)
    if key is None:
        yield from question.objections(person)
        return
    last = chosen[-1]
    differs = next(part for part, (ours, theirs) in enumerate(zip(key, last, strict=True)) if ours != theirs)
    yield _LATER[differs].format(before=last.who)


def _listed(people: Iterable[Person]) -> list[Person]:
    listed = list(each_of("people", people, "(Person(…),)"))
    seen: set[str] = set()
    for person in listed:
        if not isinstance(person, Person):
            raise InvalidValue("people", f"must be each a Person, got {brief(person)}")
        if person.who in seen:
            raise InvalidValue("people", f"{person.who} is listed twice")
        seen.add(person.who)
    return listed
