"""What is wrong with the parts that a workflow is given: their types, and the signatures of rules and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import iscoroutinefunction, signature
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.moves import BACK, ENDS, START, STAY, Move, State
from demandflow.domain.standard.grades import GradeScale
from demandflow.domain.stream import Stream
from demandflow.domain.values import Stage
from demandflow.errors import Defect, brief, listed
from demandflow.inputs.texts import is_name

A_NAME = "a name is printable, in composed letters (NFC), without blanks at its ends"
MOST_VERSIONS = 1_000_000_000


def wrong_types(
    name: Any, version: Any, states: Sequence[Any], moves: Sequence[Any], tells_nobody: Any, grades: Any, of: Any
) -> Iterator[Defect]:
    """Parts of the wrong type, which nothing else can be asked about."""
    if not isinstance(name, str) or not is_name(name) or "@" in name:
        yield Defect("type", f"name {brief(name)}", f"give a printable name without @; {A_NAME}")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= MOST_VERSIONS:
        huge = isinstance(version, int) and abs(version) > MOST_VERSIONS
        given = "a number that is too great" if huge else brief(version)
        yield Defect("type", f"version {given}", f"give a whole number from 1 to {MOST_VERSIONS}")
    if not isinstance(tells_nobody, bool):
        yield Defect("type", f"tells_nobody {brief(tells_nobody)}", "say True or False")
    if not isinstance(grades, GradeScale):
        yield Defect("type", f"grades {brief(grades)}", "give a GradeScale")
    if not (isinstance(of, type) and issubclass(of, Stream)) or (of.KIND is None) is not (of is Demand):
        yield Defect("type", f"of={brief(of)}", "give Demand, or a class of Stream that says its KIND")
    for state in states:
        if not isinstance(state, State) or not isinstance(state.name, str):
            yield Defect("type", f"{brief(state)} is no State", "give a State with a name")
        elif wrong := _wrong_field(state):
            says, remedy = wrong
            yield Defect("type", f"state {state.name!r}{says}", remedy, (state.name,))
    for move in moves:
        if not isinstance(move, Move) or not isinstance(move.name, str) or not is_name(move.name):
            remedy = f"give a Move with a name; {A_NAME}"
            yield Defect("type", f"{brief(move)} is no Move with a printable name", remedy)
        else:
            for says, remedy in _wrong_fields(move):
                yield Defect("type", f"move {move.name!r}: {says}", remedy, (), (move.name,))


def _wrong_field(state: Any) -> tuple[str, str] | None:
    if not isinstance(state.owner, str | None):
        return f": its owner is a role or None, got {brief(state.owner)}", "give a text"
    if not isinstance(state.ended_as, str | None):
        return f" ends as {brief(state.ended_as)}", f"say one of {listed(ENDS)}, or leave it out"
    if not isinstance(state.waits_for, Stage):
        return f" waits for {brief(state.waits_for)}", f"say a Stage: {listed(Stage.__members__)}"
    return None


def _wrong_fields(move: Any) -> Iterator[tuple[str, str]]:
    if not (isinstance(move.fact, type) and issubclass(move.fact, Fact)):
        yield f"it records {brief(move.fact)}", "give a class of facts"
    states = (move.from_,) if isinstance(move.from_, str) else move.from_
    a_word = isinstance(states, type(START)) and states not in (STAY, BACK)
    if not a_word and not (isinstance(states, tuple) and states and all(isinstance(name, str) for name in states)):
        yield f"it leads from {brief(move.from_)}", "give states, START, WHILE_OPEN or ANYWHERE"
    if not isinstance(move.to, str) and move.to not in (STAY, BACK):
        yield f"it leads to {brief(move.to)}", "give a state, STAY or BACK"
    if not isinstance(move.rules, tuple) or not all(map(callable, move.rules)):
        yield f"rules is a tuple of functions, got {brief(move.rules)}", "write rules=(one, another)"
    else:
        yield from (wrong for rule in move.rules for wrong in wrong_function("rule", rule))
    if move.when is not None and not callable(move.when):
        yield f"when is a function, got {brief(move.when)}", "give a condition or leave it out"
    elif move.when is not None:
        yield from wrong_function("condition", move.when)
    if not isinstance(move.silent, bool):
        yield f"silent is True or False, got {brief(move.silent)}", "say which"
    for what in ("means", "by"):
        words = getattr(move, what)
        if not isinstance(words, str | tuple) or not all(isinstance(word, str) for word in words):
            yield f"{what} is a word or a tuple of words, got {brief(words)}", "write words"


def wrong_function(what: str, function: Any) -> Iterator[tuple[str, str]]:
    """A rule or condition that cannot be asked about a demand and a proposal."""
    name = getattr(function, "__name__", repr(function))
    if isinstance(function, type) or iscoroutinefunction(function):
        kind = "a class" if isinstance(function, type) else "a coroutine"
        yield f"{what} {name} is {kind}", "give a function of a demand and a proposal that answers at once"
        return
    try:
        signature(function).bind(None, None)
    except TypeError:
        takes = f"; if it makes a {what}, call it: {name}(…)"
        yield f"{what} {name} cannot be asked about a demand and a proposal", f"let it take these two{takes}"
    except ValueError:  # what is written in C may not say what it takes
        return
