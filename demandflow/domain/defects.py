"""What makes a workflow unusable, found when it is built, each with its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from demandflow.domain.facts import STANDARD_FACTS, Registered
from demandflow.domain.moves import BACK, ENDS, MEANINGS, Move, State, plain_lines, sources
from demandflow.errors import listed


def defects_of(states: Sequence[State], moves: Sequence[Move]) -> list[str]:
    """All defects of a workflow; the shape is looked at only where the names are right."""
    return [*_wrong_names(states, moves), *_wrong_facts(states, moves)] or [
        *_wrong_order(states, moves),
        *_wrong_shape(states, moves),
    ]


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
        if not move.roles:
            yield f"move {move.name!r} may be made by nobody; say by whom"


def _wrong_facts(states: Sequence[State], moves: Sequence[Move]) -> Iterator[str]:
    topics: dict[str, type] = {fact.TOPIC: fact for fact in STANDARD_FACTS}
    facts: dict[str, type] = {}
    for move in moves:
        topic = getattr(move.fact, "TOPIC", None)
        if topic is None:
            yield f"fact {move.fact.__name__} of move {move.name!r} has no TOPIC; give it a lasting name"
        elif topics.setdefault(topic, move.fact) is not move.fact:
            other = topics[topic].__name__
            yield f"facts {other} and {move.fact.__name__} share the TOPIC {topic!r}; give each its own"
        elif topic.startswith("demand.") and move.fact not in STANDARD_FACTS:
            yield f"fact {move.fact.__name__}: the prefix 'demand.' is ours; use one of your own"
        if facts.setdefault(move.name, move.fact) is not move.fact:
            yield f"moves named {move.name!r} record different facts; give them different names"
    starts = [move for move in moves if "" in sources(move, states)]
    if not starts:
        yield "no move registers a demand; add one from START with the fact Registered"
    for move in starts:
        if not issubclass(move.fact, Registered):
            yield f"move {move.name!r} starts a demand with {move.fact.__name__}; use Registered or a subclass"


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
        back = any(move.to is BACK for move in moves if move.name == name)
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
