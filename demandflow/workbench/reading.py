"""What a file says, read as a workflow: every mistake in it at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move, State
from demandflow.domain.values import Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.workbench.vocabulary import Vocabulary, perhaps

WHERE = {repr(word): word for word in (START, BACK, STAY, ANYWHERE, WHILE_OPEN)}


class InvalidFile(InvalidValue):
    """A file does not say a workflow; `mistakes` holds what is wrong with it, a line each."""

    def __init__(self, what: str, mistakes: tuple[str, ...]) -> None:
        super().__init__(what, mistakes[0] if len(mistakes) == 1 else "".join(f"\n  - {one}" for one in mistakes))
        self.args, self.mistakes = (what, mistakes), mistakes


@dataclass(frozen=True)
class _Value:
    """Where a value stands, so that what is wrong with it can be told."""

    place: str
    key: str
    mistakes: list[str]
    vocabulary: Vocabulary

    def must_be(self, what: str, said: object) -> None:
        self.mistake(f"{self.key} must be {what}, got {brief(said)}")

    def mistake(self, says: str) -> None:
        self.mistakes.append(f"{self.place}{says}")


Read = Callable[[Any, _Value], Any]


def workflow_from(said: object, vocabulary: Vocabulary, what: str) -> Workflow:
    """The workflow that a file says. Raises InvalidFile with every mistake, then InvalidWorkflow with every defect."""
    mistakes: list[str] = []
    parts = _read(said, what, WORKFLOW, mistakes, vocabulary) if isinstance(said, dict) else {}
    if not isinstance(said, dict):
        mistakes.append(f"must be a table with {', '.join(WORKFLOW)}, got {brief(said)}")
    for key, read in (("states", _state), ("moves", _move)):
        items = list(enumerate(parts.get(key, ()), start=1))
        parts[key] = [read(one, _place(key, number, one), mistakes, vocabulary) for number, one in items]
    if mistakes:
        raise InvalidFile(what, tuple(mistakes))
    return Workflow(**parts)


def _place(key: str, number: int, said: Any) -> str:
    name = said.get("name") if isinstance(said, dict) else None
    return f"{key} {number} ({name!r})" if isinstance(name, str) else f"{key} {number}"


def _state(said: Any, where: str, mistakes: list[str], vocabulary: Vocabulary) -> State | None:
    parts = _read(said, where, STATE, mistakes, vocabulary)
    return None if mistakes else State(**parts)


def _move(said: Any, where: str, mistakes: list[str], vocabulary: Vocabulary) -> Move | None:
    parts = _read(said, where, MOVE, mistakes, vocabulary)
    return None if mistakes else Move(**{"from_" if key == "from" else key: value for key, value in parts.items()})


def _read(
    said: Any, where: str, keys: Mapping[str, tuple[Read, bool]], mistakes: list[str], vocabulary: Vocabulary
) -> dict[str, Any]:
    """The values that a table gives to these keys; what is wrong with it joins the mistakes."""
    place = "" if keys is WORKFLOW else f"{where}: "
    if not isinstance(said, dict):
        mistakes.append(f"{place}must be a table, got {brief(said)}")
        return {}
    unknown = [key for key in said if key not in keys]
    mistakes += [f"{place}unknown key {key!r} {perhaps(key, keys)}" for key in unknown]
    meant = {nearest for key in unknown for nearest in get_close_matches(key, keys, n=1)}
    values = {}
    for key, (read, needed) in keys.items():
        if key in said:
            values[key] = read(said[key], _Value(place, key, mistakes, vocabulary))
        elif needed and key not in meant:
            mistakes.append(f"{place}needs {key!r}")
    return values


def _text(said: Any, value: _Value) -> Any:
    if not isinstance(said, str):
        return value.must_be("a text", said)
    if any("\ud800" <= sign <= "\udfff" for sign in said):
        return value.must_be("a text that can be written down", said)
    return said


def _number(said: Any, value: _Value) -> Any:
    return said if type(said) is int else value.must_be("a whole number", said)


def _flag(said: Any, value: _Value) -> Any:
    return said if isinstance(said, bool) else value.must_be("true or false", said)


def _words(said: Any, value: _Value) -> Any:
    if isinstance(said, list):
        return tuple(_text(one, value) for one in said)
    return _text(said, value) if isinstance(said, str) else value.must_be("a text or a list of texts", said)


def _tables(said: Any, value: _Value) -> Any:
    if isinstance(said, list):
        return said
    value.must_be("a list of tables", said)
    return ()


def _stage(said: Any, value: _Value) -> Any:
    stages = [stage.value for stage in Stage]
    if said in stages:
        return Stage(said)
    return value.mistake(f"waits_for must be a stage, got {brief(said)} {perhaps(str(said), stages)}")


def _from(said: Any, value: _Value) -> Any:
    if isinstance(said, list):
        for word in (word for word in WHERE if word in said):
            value.mistake(f"from must have {word} alone, not in a list")
    states = _words(said, value)
    return WHERE.get(states, states) if isinstance(states, str) else states


def _to(said: Any, value: _Value) -> Any:
    state = _text(said, value)
    return WHERE.get(state, state)


def _fact(said: Any, value: _Value) -> Any:
    if not isinstance(said, str):
        return value.must_be("the name of a fact", said)
    return _known(value.vocabulary.fact, said, value)


def _rules(said: Any, value: _Value) -> Any:
    if not isinstance(said, list):
        return value.must_be("a list of rules", said)
    return tuple(_function(value.vocabulary.rule, one, value) for one in said)


def _condition(said: Any, value: _Value) -> Any:
    return _function(value.vocabulary.condition, said, value)


def _function(find: Callable[[Any], Any], said: Any, value: _Value) -> Any:
    if not isinstance(said, str | dict):
        return value.must_be("a name, or a table of a name and numbers", said)
    return _known(find, said, value)


def _known(find: Callable[[Any], Any], said: Any, value: _Value) -> Any:
    try:
        return find(said)
    except InvalidValue as error:
        return value.mistake(str(error))


WORKFLOW: dict[str, tuple[Read, bool]] = {
    "name": (_text, True),
    "version": (_number, True),
    "tells_nobody": (_flag, False),
    "states": (_tables, True),
    "moves": (_tables, True),
}
"""The keys of a file, in the order in which they are written: how each is read, and whether it is needed."""
STATE: dict[str, tuple[Read, bool]] = {
    "name": (_text, True),
    "waits_for": (_stage, True),
    "owner": (_text, False),
    "ended_as": (_text, False),
}
MOVE: dict[str, tuple[Read, bool]] = {
    "name": (_text, True),
    "fact": (_fact, True),
    "from": (_from, True),
    "to": (_to, True),
    "by": (_words, True),
    "when": (_condition, False),
    "means": (_words, False),
    "rules": (_rules, False),
    "silent": (_flag, False),
}
