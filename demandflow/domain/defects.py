"""What makes a workflow unusable, found when it is built, each with its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from demandflow.domain.facts import (
    OTHER_SIDE,
    STANDARD_FACTS,
    Evaluated,
    Fact,
    Registered,
    Reported,
)
from demandflow.domain.moves import BACK, ENDS, MEANINGS, START, STAY, Move, State, plain_lines, sources
from demandflow.domain.values import Stage
from demandflow.errors import brief, listed


def defects_of(name: str, version: int, states: Sequence[State], moves: Sequence[Move]) -> list[str]:
    """All defects of a workflow; each kind is looked for only where what it rests on is sound."""
    if defects := [*_wrong_types(name, version, states, moves)]:
        return defects
    if defects := [*_wrong_names(states, moves), *_wrong_facts(states, moves)]:
        return defects
    return [*_wrong_order(states, moves), *_wrong_shape(states, moves)]


def _wrong_types(name: Any, version: Any, states: Sequence[Any], moves: Sequence[Any]) -> Iterator[str]:
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or "@" in name:
        yield f"name {brief(name)}: give a printable name without @"
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        yield f"version {brief(version)}: give a whole number from 1"
    for state in states:
        waits_for: object = getattr(state, "waits_for", None)
        owner: object = getattr(state, "owner", None)
        if not isinstance(state, State) or not isinstance(state.name, str):
            yield f"{brief(state)} is no State"
        elif not isinstance(owner, str | None):
            yield f"state {state.name!r}: its owner is a role or None, got {brief(owner)}"
        elif not isinstance(waits_for, Stage):
            yield f"state {state.name!r} waits for {brief(waits_for)}; say a Stage: {listed(Stage.__members__)}"
    for move in moves:
        if not isinstance(move, Move) or not isinstance(move.name, str) or not move.name.isprintable() or not move.name:
            yield f"{brief(move)} is no Move with a printable name"
        else:
            yield from (f"move {move.name!r}: {defect}" for defect in _wrong_parts(move))


def _wrong_parts(move: Any) -> Iterator[str]:
    if not (isinstance(move.fact, type) and issubclass(move.fact, Fact)):
        yield f"it records {brief(move.fact)}; give a class of facts"
    if not isinstance(move.from_, str | tuple | type(START)) or move.from_ in (STAY, BACK):
        yield f"it leads from {brief(move.from_)}; give states, START, WHILE_OPEN or ANYWHERE"
    if not isinstance(move.to, str) and move.to not in (STAY, BACK):
        yield f"it leads to {brief(move.to)}; give a state, STAY or BACK"
    if not isinstance(move.rules, tuple) or not all(map(callable, move.rules)):
        yield f"rules is a tuple of functions, got {brief(move.rules)}"
    if move.when is not None and not callable(move.when):
        yield f"when is a function, got {brief(move.when)}"
    for what in ("means", "by"):
        words = getattr(move, what)
        if not isinstance(words, str | tuple) or not all(isinstance(word, str) for word in words):
            yield f"{what} is a word or a tuple of words, got {brief(words)}"


def _wrong_names(states: Sequence[State], moves: Sequence[Move]) -> Iterator[str]:
    names = [state.name for state in states]
    for name, times in Counter(names).items():
        if times > 1:
            yield f"state {name!r} is declared {times} times; declare it once"
        if not name.strip() or name != name.strip():
            yield f"state {name!r} needs a name without blanks at its ends"
    for state in states:
        if state.ended_as is not None and state.ended_as not in ENDS:
            yield f"state {state.name!r} ends as {state.ended_as!r}; say one of {listed(ENDS)}"
        if (state.waits_for == "ended") != (state.ended_as is not None):
            yield f"state {state.name!r}: waits_for=Stage.ENDED and ended_as=… go together; give both or neither"
    for move in moves:
        to = (move.to,) if isinstance(move.to, str) else ()
        for name in (*sources(move, states), *to):
            if name and name not in names:
                yield f"move {move.name!r} names a state {name!r} that is not declared (declared: {listed(names)})"
        for meaning in move.meanings:
            if meaning not in MEANINGS:
                yield f"move {move.name!r} means {meaning!r}; say some of {listed(MEANINGS)}"
        if not move.roles or not all(isinstance(role, str) and role.strip() for role in move.roles):
            yield f"move {move.name!r} may be made by nobody; say by whom"


def _wrong_facts(states: Sequence[State], moves: Sequence[Move]) -> Iterator[str]:
    topics: dict[str, type] = {fact.TOPIC: fact for fact in STANDARD_FACTS}
    facts: dict[str, type] = {}
    for move in moves:
        topic = getattr(move.fact, "TOPIC", None)
        if not isinstance(topic, str) or not topic:
            yield f"fact {move.fact.__name__} of move {move.name!r} has no TOPIC; give it a lasting name"
        elif topics.setdefault(topic, move.fact) is not move.fact:
            other = topics[topic].__name__
            yield f"facts {other} and {move.fact.__name__} share the TOPIC {topic!r}; give each its own"
        elif topic.startswith("demand.") and move.fact not in STANDARD_FACTS:
            yield f"fact {move.fact.__name__}: the prefix 'demand.' is ours; use one of your own"
        if facts.setdefault(move.name, move.fact) is not move.fact:
            yield f"moves named {move.name!r} record different facts; give them different names"
        for meaning, kind in (("evaluated", Evaluated), ("reported", Reported)):
            if meaning in move.meanings and not issubclass(move.fact, kind):
                says = f"{move.fact.__name__} does not say whether it was resolved"
                yield f"move {move.name!r} means {meaning!r}, but {says}; use {kind.__name__} or a subclass"
    recorded = {move.fact for move in moves}
    for fact, side in OTHER_SIDE.items():
        if fact in recorded and side not in recorded:
            yield f"{fact.__name__} is recorded, but no move records its other side; add one with {side.__name__}"
    starts = [move for move in moves if "" in sources(move, states)]
    if not starts:
        yield "no move registers a demand; add one from START with the fact Registered"
    names: dict[type, str] = {}
    for move in moves:
        registers = issubclass(move.fact, Registered)
        if move in starts and not registers:
            yield f"move {move.name!r} starts a demand with {move.fact.__name__}; use Registered or a subclass"
        if move in starts and not isinstance(move.to, str):
            yield f"move {move.name!r} starts a demand but leads to no state; name one"
        if registers and move not in starts:
            yield f"move {move.name!r} registers a demand that is registered already; lead it from START"
        if registers and names.setdefault(move.fact, move.name) != move.name:
            both = f"{names[move.fact]!r} and {move.name!r}"
            yield f"moves {both} both start with {move.fact.__name__}; give each a fact of its own"


def _wrong_order(states: Sequence[State], moves: Sequence[Move]) -> Iterator[str]:
    conditions: dict[tuple[str, str, str], list[bool]] = {}
    for move in moves:
        for source in sources(move, states):
            for role in move.roles:
                conditional = move.when is not None or move.to is BACK
                conditions.setdefault((move.name, source, role), []).append(conditional)
    told = set()
    for (name, source, _), conditionals in conditions.items():
        if not all(conditionals[:-1]) and (name, source, "early") not in told:
            told.add((name, source, "early"))
            yield f"move {name!r} from {source!r}: one without a condition comes before others; write it last"
        back = any(move.to is BACK for move in moves if move.name == name and source in sources(move, states))
        if conditionals[-1] and not back and (name, source, "late") not in told:
            told.add((name, source, "late"))
            yield f"move {name!r} from {source!r}: the last has a condition; add one without"


def _wrong_shape(states: Sequence[State], moves: Sequence[Move]) -> Iterator[str]:
    lines = [(source, dest) for source, dest, _ in plain_lines(states, moves)]
    reached = _closure({""}, lines)
    ends = {state.name for state in states if state.ended_as is not None}
    ending = _closure(ends, [(dest, source) for source, dest in lines])
    for state in states:
        if state.name not in reached:
            yield f"state {state.name!r} cannot be reached; add a move to it or take it out"
        elif state.name not in ending:
            yield f"from state {state.name!r} no end can be reached; add a way to an ended state"


def _closure(names: set[str], arrows: list[tuple[str, str]]) -> set[str]:
    reached = set(names)
    while more := {dest for source, dest in arrows if source in reached} - reached:
        reached |= more
    return reached
