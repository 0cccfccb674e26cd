"""Vocabulary: the names by which a file speaks of facts, rules, conditions and calendars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MappingProxyType
from typing import Any, TypeVar

from demandflow.calendars.calendar import Calendar
from demandflow.domain.fact import Fact
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.rules import book as rule_book
from demandflow.domain.rules import separations, supporting
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.tables import perhaps
from demandflow.inputs.texts import is_name

T = TypeVar("T")
Named = Mapping[str, T] | Iterable[T]
FunctionName = str | dict[str, str | int]
"""How a file names a rule or a condition: by its name, or by its name and its numbers."""


@dataclass(frozen=True)
class Vocabulary:
    """Which names mean which facts, rules, conditions and calendars. Raises InvalidValue for what is none."""

    facts: Mapping[str, type[Fact]] = field(default_factory=dict, hash=False)
    rules: Mapping[str, Callable[..., Any]] = field(default_factory=dict, hash=False)
    conditions: Mapping[str, Callable[..., Any]] = field(default_factory=dict, hash=False)
    calendars: Mapping[str, Calendar] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for what in ("facts", "rules", "conditions", "calendars"):
            object.__setattr__(self, what, MappingProxyType(_checked(what, _by_name(what, getattr(self, what)))))

    def with_(
        self,
        *,
        facts: Named[type[Fact]] = (),
        rules: Named[Callable[..., Any]] = (),
        conditions: Named[Callable[..., Any]] = (),
        calendars: Named[Calendar] = (),
    ) -> Vocabulary:
        """The same and a community's own words: several, or a mapping that gives each its name.

        Raises InvalidValue for a name that means something else already.
        """
        return Vocabulary(
            _joined("facts", self.facts, facts),
            _joined("rules", self.rules, rules),
            _joined("conditions", self.conditions, conditions),
            _joined("calendars", self.calendars, calendars),
        )

    def fact(self, name: str) -> type[Fact]:
        """The facts of this name. Raises InvalidValue, with what is possible."""
        return _looked_up("fact", name, self.facts)

    def rule(self, said: FunctionName) -> Callable[..., Any]:
        """The rule that is named so. Raises InvalidValue, with what is possible."""
        return _function("rule", said, self.rules)

    def condition(self, said: FunctionName) -> Callable[..., Any]:
        """The condition that is named so. Raises InvalidValue, with what is possible."""
        return _function("condition", said, self.conditions)

    def name_of(self, fact: type[Fact]) -> str | None:
        """The name of these facts; None if they have none here."""
        return next((name for name, word in self.facts.items() if word is fact), None)

    def say_rule(self, rule: Callable[..., Any]) -> FunctionName | None:
        """How a file names this rule; None if it cannot."""
        return _name_for("rule", rule, self.rules)

    def say_condition(self, condition: Callable[..., Any]) -> FunctionName | None:
        """How a file names this condition; None if it cannot."""
        return _name_for("condition", condition, self.conditions)

    def say_calendar(self, calendar: Calendar) -> str | None:
        """The name of this calendar; None if it has none here."""
        return next((name for name, word in self.calendars.items() if word == calendar), None)


def numbers_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The numbers that a rule or a condition is made from; none for one that takes none."""
    return tuple(getattr(function, "takes", ()))


def _by_name(what: str, words: Any) -> dict[Any, Any]:
    if isinstance(words, Mapping):
        return dict(words)
    if isinstance(words, str | type | Calendar) or not isinstance(words, Iterable):
        raise InvalidValue(what, f"must be several or a mapping from names, got {brief(words)}")
    by_name: dict[Any, Any] = {}
    for word in words:
        name = word.name if isinstance(word, Calendar) else getattr(word, "__name__", None)
        if by_name.setdefault(name, word) != word:
            raise InvalidValue(what, f"two of them are named {name!r}; give them names of their own in a mapping")
    return by_name


def _checked(what: str, by_name: dict[Any, Any]) -> dict[str, Any]:
    for name, word in by_name.items():
        if what == "facts" and not (isinstance(word, type) and issubclass(word, Fact)):
            raise InvalidValue(what, f"{brief(word)} is no class of facts")
        if what == "calendars" and not isinstance(word, Calendar):
            raise InvalidValue(what, f"{brief(word)} is no Calendar")
        if what != "calendars" and not callable(word):
            raise InvalidValue(what, f"{brief(word)} is no function")
        if not is_name(name) or (name == "<lambda>" and not isinstance(word, Calendar)):
            raise InvalidValue(what, f"{brief(word)} needs a printable name; give it one in a mapping")
    return by_name


def _joined(what: str, ours: Mapping[str, T], theirs: Named[T]) -> dict[str, T]:
    joined = dict(ours)
    for name, word in _by_name(what, theirs).items():
        if joined.setdefault(name, word) != word:
            raise InvalidValue(what, f"{name!r} means {brief(joined[name])} already; give it another name in a mapping")
    return joined


def _looked_up(what: str, name: str, words: Mapping[str, T]) -> T:
    if not isinstance(name, str):
        raise InvalidValue(what, f"must be named by a text, got {brief(name)}")
    if name not in words:
        raise InvalidValue(f"{what} {name!r}", f"is not known {perhaps(name, words)}")
    return words[name]


def _function(what: str, said: FunctionName, words: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    if not isinstance(said, str | dict):
        raise InvalidValue(what, f"must be a name, or a table of a name and numbers, got {brief(said)}")
    numbers = {} if isinstance(said, str) else {key: value for key, value in said.items() if key != what}
    name = said if isinstance(said, str) else said.get(what)
    if not isinstance(name, str):
        raise InvalidValue(what, f"{brief(said)} says no {what} ({what} = …)")
    function = _looked_up(what, name, words)
    takes = numbers_of(function)
    if set(numbers) != set(takes):
        form = ", ".join((f'{what} = "{name}"', *(f"{number} = …" for number in takes)))
        needs = f"write {{{form}}}" if takes else "write its name only"
        problem = f"takes {listed(takes, 'no number')}, got {listed(numbers, 'none')}; {needs}"
        raise InvalidValue(f"{what} {name!r}", problem)
    made: Callable[..., Any] = function(**numbers) if takes else function
    return made


def _name_for(what: str, function: Callable[..., Any], words: Mapping[str, Callable[..., Any]]) -> FunctionName | None:
    for name, word in words.items():
        if word == function and not numbers_of(word):
            return name
    maker = getattr(function, "made_by", None)
    for name, word in words.items():
        if maker is not None and word == maker:
            return {what: name, **getattr(function, "made_with", {})}
    return None


def _standard(returns: tuple[str, str]) -> dict[str, Callable[..., Any]]:
    """The functions of the rule book that return this, or make what does."""
    return {
        name: function
        for book in (rule_book, separations, supporting)
        for name, function in vars(book).items()
        if isinstance(function, FunctionType)
        and function.__module__ == book.__name__
        and not name.startswith("_")
        and function.__annotations__["return"] in returns
    }


STANDARD_VOCABULARY = Vocabulary(
    facts={fact.__name__: fact for fact in STANDARD_FACTS},
    rules=_standard(("str | None", "Rule")),
    conditions=_standard(("bool", "Condition")),
)
"""All facts of demandflow, and all of its rule book."""
