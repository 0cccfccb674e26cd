"""What somebody needs, who could serve it, and which words mean the same skill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from demandflow.calendars.hours import Week, opening_week
from demandflow.domain.values import Place
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of, whole_number, yes_or_no
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import name_of

A_DAY_OF_MINUTES = 1_440
MOST_LOAD = 100_000
Busy = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class Synonyms:
    """Groups of words that mean the same skill: `Synonyms((("hairdressing", "haircut", "理发"), …))`.

    Whatever no group names is a skill all the same, known by its own word only. Upper and lower case are the same
    word. Raises InvalidValue for what is no word, and for a word that two groups name.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    _by_word: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_word: dict[str, frozenset[str]] = {}
        groups = [_names("synonyms", group) for group in each_of("synonyms", self.groups, '(("haircut", "理发"),)')]
        for group in groups:
            words = frozenset(map(folded, group))
            if twice := sorted(words & by_word.keys()):
                raise InvalidValue("synonyms", f"{brief(twice[0])} is in two groups; make them one")
            by_word |= dict.fromkeys(words, words)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "_by_word", by_word)

    def of(self, skill: str) -> frozenset[str]:
        """All words for a skill, its own among them, in lower case."""
        return self._by_word.get(folded(skill), frozenset({folded(skill)}))


@dataclass(frozen=True)
class Need:
    """Somebody is needed with a skill, at a place, from a moment on for so many minutes (1 to 1,440).

    `without` names the people who are left out: who passed it on, and whom the resident does not want. Whoever serves
    only near the place must share its first `shared` names, as 3 in `fufeng/chengguan/c3/g12`: who serves another grid
    comes, who serves another community does not. Raises InvalidValue.
    """

    id: str
    skill: str
    place: str
    starts: datetime
    minutes: int = 60
    without: frozenset[str] = frozenset()
    shared: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", name_of(self.id, "need's id"))
        object.__setattr__(self, "skill", name_of(self.skill, "need's skill"))
        object.__setattr__(self, "place", Place(self.place))
        object.__setattr__(self, "starts", moment(self.starts, "need's start"))
        whole_number("need's minutes", self.minutes, 1, A_DAY_OF_MINUTES)
        whole_number("need's shared names of the place", self.shared, 1, Place(self.place).depth)
        object.__setattr__(self, "without", frozenset(_names("people to leave out", self.without)))

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return self.starts + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Person:
    """Somebody who may serve: what they offer, the places they serve with all below them, and when in the week.

    Without places they serve anywhere, without hours at any time; both are asked after those who said where and when.
    `hours` are by the clock on the wall: "Mon-Fri 09:00-12:00; Sat 14:00-18:00". `load` is how much they have in hand,
    `most` how much they take at once, if they said so; `busy` are moments (from, until) at which they serve already.
    Nobody serves who is not verified or has withdrawn. Raises InvalidValue.
    """

    who: str
    skills: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    hours: str | Week | None = None
    verified: bool = False
    withdrawn: bool = False
    load: int = 0
    most: int | None = None
    busy: Busy = ()
    words: frozenset[str] = field(init=False, repr=False, compare=False)
    """The skills in lower case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "who", name_of(self.who, "person"))
        object.__setattr__(self, "skills", _names("skills", self.skills))
        places = tuple(map(Place, each_of("places", self.places, "('fufeng/chengguan',)")))
        object.__setattr__(self, "places", places)
        if self.hours is not None:
            object.__setattr__(self, "hours", opening_week(self.hours))
        yes_or_no("verified", self.verified)
        yes_or_no("withdrawn", self.withdrawn)
        whole_number("load", self.load, 0, MOST_LOAD)
        if self.most is not None:
            whole_number("most", self.most, 0, MOST_LOAD)
        object.__setattr__(self, "busy", tuple(map(_interval, each_of("busy", self.busy, "((from, until),)"))))
        object.__setattr__(self, "words", frozenset(map(folded, self.skills)))


def folded(word: str) -> str:
    """A word as it is compared: upper and lower case are the same."""
    return word.casefold()


def _names(what: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(name_of(value, what) for value in each_of(what, values, '("hairdressing", "law")'))


def _interval(pair: object) -> tuple[datetime, datetime]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise InvalidValue("busy", f"must be pairs of moments (from, until), got {brief(pair)}")
    begins, ends = moment(pair[0], "busy from"), moment(pair[1], "busy until")
    if begins >= ends:
        raise InvalidValue("busy", f"{begins.isoformat()} is not before {ends.isoformat()}")
    return begins, ends
