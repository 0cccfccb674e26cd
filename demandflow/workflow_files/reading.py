"""What a file says, read as a workflow: every mistake in it at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move, State
from demandflow.domain.values import Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.workflow_files.plain import Keys, Value, flag, known, number, table, tables, text, words
from demandflow.workflow_files.timing import clock_of, with_calendars
from demandflow.workflow_files.vocabulary import Vocabulary, perhaps

WHERE = {repr(word): word for word in (START, BACK, STAY, ANYWHERE, WHILE_OPEN)}


class InvalidFile(InvalidValue, code="invalid_file"):
    """A file does not say a workflow; `mistakes` holds what is wrong with it, a line each."""

    def __init__(self, what: str, mistakes: tuple[str, ...]) -> None:
        super().__init__(what, mistakes[0] if len(mistakes) == 1 else "; ".join(mistakes))
        self.args, self.mistakes = (what, mistakes), mistakes

    def _lines(self) -> Iterable[str]:
        if len(self.mistakes) == 1:
            return (self._sentence(),)
        return (f"{self.what}: ", *(f"  - {mistake}" for mistake in self.mistakes))


def workflow_from(said: object, vocabulary: Vocabulary, what: str) -> Workflow:
    """The workflow that a file says. Raises InvalidFile with every mistake, then InvalidWorkflow with every defect."""
    if not isinstance(said, dict):
        raise InvalidFile(what, (f"must be a table with {', '.join(WORKFLOW)}, got {brief(said)}",))
    mistakes: list[str] = []
    parts = table(said, "", WORKFLOW, mistakes, vocabulary)
    vocabulary = with_calendars(parts.pop("calendars", {}), mistakes, vocabulary)
    for key, read in (("states", _state), ("moves", _move), ("clocks", clock_of)):
        items = list(enumerate(parts.get(key, ()), start=1))
        parts[key] = [read(one, _place(f"{key} {at}", one), mistakes, vocabulary) for at, one in items]
    if mistakes:
        raise InvalidFile(what, tuple(mistakes))
    return Workflow(**parts)


def _place(where: str, said: Any) -> str:
    name = said.get("name") if isinstance(said, dict) else None
    return f"{where} ({name!r}): " if isinstance(name, str) else f"{where}: "


def _state(said: Any, place: str, mistakes: list[str], vocabulary: Vocabulary) -> State | None:
    parts = table(said, place, STATE, mistakes, vocabulary)
    return None if mistakes else State(**parts)


def _move(said: Any, place: str, mistakes: list[str], vocabulary: Vocabulary) -> Move | None:
    parts = table(said, place, MOVE, mistakes, vocabulary)
    return None if mistakes else Move(**{"from_" if key == "from" else key: value for key, value in parts.items()})


def _stage(said: Any, value: Value) -> Any:
    stages = [stage.value for stage in Stage]
    if said in stages:
        return Stage(said)
    return value.mistake(f"waits_for must be a stage, got {brief(said)} {perhaps(str(said), stages)}")


def _from(said: Any, value: Value) -> Any:
    if isinstance(said, list):
        for word in (word for word in WHERE if word in said):
            value.mistake(f"from must have {word} alone, not in a list")
    states = words(said, value)
    return WHERE.get(states, states) if isinstance(states, str) else states


def _to(said: Any, value: Value) -> Any:
    state = text(said, value)
    return WHERE.get(state, state)


def _fact(said: Any, value: Value) -> Any:
    if not isinstance(said, str):
        return value.must_be("the name of a fact", said)
    return known(value.vocabulary.fact, said, value)


def _rules(said: Any, value: Value) -> Any:
    if not isinstance(said, list):
        return value.must_be("a list of rules", said)
    return tuple(_function(value.vocabulary.rule, one, value) for one in said)


def _condition(said: Any, value: Value) -> Any:
    return _function(value.vocabulary.condition, said, value)


def _function(find: Callable[[Any], Any], said: Any, value: Value) -> Any:
    if not isinstance(said, str | dict):
        return value.must_be("a name, or a table of a name and numbers", said)
    return known(find, said, value)


def _as_it_is(said: Any, _: Value) -> Any:
    return said


WORKFLOW: Keys = {
    "name": (text, True),
    "version": (number, True),
    "tells_nobody": (flag, False),
    "states": (tables, True),
    "moves": (tables, True),
    "clocks": (tables, False),
    "calendars": (_as_it_is, False),
}
STATE: Keys = {
    "name": (text, True),
    "waits_for": (_stage, True),
    "owner": (text, False),
    "ended_as": (text, False),
}
MOVE: Keys = {
    "name": (text, True),
    "fact": (_fact, True),
    "from": (_from, True),
    "to": (_to, True),
    "by": (words, True),
    "when": (_condition, False),
    "means": (words, False),
    "rules": (_rules, False),
    "silent": (flag, False),
}
