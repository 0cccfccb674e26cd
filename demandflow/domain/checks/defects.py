"""What makes a workflow unusable, found when it is built: every defect at once, each with its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from demandflow.domain.checks.answers import wrong_answers
from demandflow.domain.checks.bounds import unbounded_rework, unspoken_rework
from demandflow.domain.checks.clocks import wrong_clocks
from demandflow.domain.checks.parts import A_NAME, wrong_types
from demandflow.domain.checks.paths import steps_of, tried_together
from demandflow.domain.checks.samples import accepted
from demandflow.domain.checks.shape import wrong_ends, wrong_merges, wrong_shape, wrong_telling
from demandflow.domain.checks.spelling import did_you_mean, meant
from demandflow.domain.checks.stored import wrong_versions
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDE, STANDARD_FACTS, Corrected, Evaluated, Registered, Reported
from demandflow.domain.moves import BACK, ENDS, MEANINGS, START, WORDS, Move, State
from demandflow.domain.own_fields import own_fields
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.domain.stream import Stream
from demandflow.domain.values import Stage
from demandflow.errors import Defect, brief, listed
from demandflow.inputs.texts import is_name

SAYS: dict[str, tuple[type[Fact], str]] = {
    "reported": (Reported, "whether it was resolved"),
    "evaluated": (Evaluated, "whether it was resolved"),
    "corrected": (Corrected, "what was wrong"),
}
"""Meanings that need more than a word: the fact that says it, and what it says."""
OF_DEMANDS: tuple[type[Fact], ...] = (Registered, *OTHER_SIDE, *OTHER_SIDE.values())
SLICED = ("place", "category", "channel", "lead", "workflow", "received", "closed")
"""Dimensions of the figures that every log has."""
RESERVED = (*WORDS, "*", "=")
"""Names that no state can have: they are words of the table in files, or signs in the table itself."""


def defects_of(
    name: str,
    version: int,
    states: Sequence[State],
    moves: Sequence[Move],
    *,
    tells_nobody: bool,
    clocks: Sequence[Clock],
    grades: GradeScale = FIVE_GRADES,
    of: type[Stream] = Demand,
) -> tuple[Defect, ...]:
    """All defects of a workflow, each once.

    A misspelt name is reported, and then read as the one that was meant, so that it causes no other defect.
    """
    if defects := tuple(wrong_types(name, version, states, moves, tells_nobody, grades, of)):
        return defects
    defects = (*_wrong_names(states, moves), *_wrong_words(states, moves), *_wrong_facts(moves))
    declared, (states, moves) = len(moves), _as_meant(states, moves)
    steps = steps_of(states, moves)
    # what cannot be reached is only known if something begins, and every move leads to a state that is known
    known = len(moves) == declared and any(move.from_ is START for move in moves)
    shape = wrong_shape(states, steps) if known else ()
    more = (
        *wrong_clocks(clocks, states),
        *_wrong_owners(states),
        *(_wrong_starts(moves) if of is Demand else _wrong_kind(moves, of)),
        *_wrong_order(states, moves),
        *shape,
        *wrong_ends(states, moves, steps),
        *wrong_merges(states, moves, steps),
        *wrong_answers(states, moves, grades.words),
        *unbounded_rework(states, moves, steps, grades.words),
        *unspoken_rework(states, moves, steps),
        *wrong_telling(states, moves, steps, tells_nobody),
    )
    return tuple(dict.fromkeys((*defects, *more)))


def _wrong_names(states: Sequence[State], moves: Sequence[Move]) -> Iterator[Defect]:
    names = [state.name for state in states]
    for name, times in Counter(names).items():
        if times > 1:
            yield Defect("doubled", f"state {name!r} is declared {times} times", "declare it once", (name,))
        if not is_name(name):
            says = f"state {name!r} needs a printable name without blanks at its ends"
            yield Defect("name", says, f"give it one; {A_NAME}", (name,))
        if name in RESERVED:
            yield Defect("reserved", f"state {name!r} has a name that means something else", "give it another", (name,))
    for move in moves:
        for name in dict.fromkeys(_all_named(move)):
            if name not in names:
                says = f"move {move.name!r} names a state {name!r} that is not declared"
                perhaps = f"; did you mean {word}?" if (word := name.upper()) in WORDS else did_you_mean(name, names)
                remedy = f"declare it, or name one that is (declared: {listed(names)}){perhaps}"
                yield Defect("undeclared", says, remedy, (name,), (move.name,))
        if len(set(_named(move))) < len(_named(move)):
            says = f"move {move.name!r} names a state twice in {listed(_named(move))}"
            yield Defect("doubled", says, "name it once", _named(move), (move.name,))
        if not move.roles or not all(is_name(role) for role in move.roles):
            says = f"move {move.name!r} may be made by nobody"
            remedy = f"say by whom; {A_NAME}"
            yield Defect("nobody", says, remedy, (), (move.name,))
        for what, words in (("means", move.meanings), ("by", move.roles)):
            for word, times in Counter(words).items():
                if times > 1:
                    says = f"move {move.name!r} says {word!r} {times} times in {what}"
                    yield Defect("doubled", says, "say it once", (), (move.name,))


def _wrong_words(states: Sequence[State], moves: Sequence[Move]) -> Iterator[Defect]:
    for state in states:
        if state.ended_as is not None and state.ended_as not in ENDS:
            says = f"state {state.name!r} ends as {state.ended_as!r}"
            remedy = f"say one of {listed(ENDS)}{did_you_mean(state.ended_as, ENDS)}"
            yield Defect("word", says, remedy, (state.name,))
        if (state.waits_for == "ended") != (state.ended_as is not None):
            says = f"state {state.name!r} " + (
                "has ended, but does not say how" if state.ended_as is None else "says how it ended, but waits for more"
            )
            remedy = "waits_for=Stage.ENDED and ended_as=… go together: give both or neither"
            yield Defect("end-unsaid", says, remedy, (state.name,))
    for move in moves:
        for meaning in move.meanings:
            if meaning not in MEANINGS:
                says = f"move {move.name!r} means {meaning!r}"
                remedy = f"say some of {listed(MEANINGS)}{did_you_mean(meaning, MEANINGS)}"
                yield Defect("word", says, remedy, (), (move.name,))


def _wrong_facts(moves: Sequence[Move]) -> Iterator[Defect]:
    topics: dict[str, type] = {fact.TOPIC: fact for fact in STANDARD_FACTS}
    facts: dict[str, type] = {}
    for move in moves:
        for says, remedy in _wrong_topic(move, topics):
            yield Defect("fact", says, remedy, (), (move.name,))
        for name in _unwritable(move.fact):
            says = f"fact {move.fact.__name__}: its {name} may be None, but is something else where nothing is said"
            remedy = "give it the default None, or do not let it be None: what is None is not written down"
            yield Defect("fact", says, remedy, (), (move.name,))
        if facts.setdefault(move.name, move.fact) is not move.fact:
            says = f"moves named {move.name!r} record different facts"
            yield Defect("fact", says, "give them different names", (), (move.name,))
        for meaning, (kind, what) in SAYS.items():
            if meaning in move.meanings and not issubclass(move.fact, kind):
                says = f"move {move.name!r} means {meaning!r}, but {move.fact.__name__} does not say {what}"
                yield Defect("fact", says, f"use {kind.__name__} or a subclass", (), (move.name,))
    recorded = {move.fact for move in moves}
    for fact in dict.fromkeys(move.fact for move in moves):
        names = tuple(move.name for move in moves if move.fact is fact)
        for says in _no_dimensions(fact):
            possible = listed(name for name in own_fields(fact) if name not in SLICED)
            yield Defect("fact", says, f"name some of its own fields (possible: {possible})", (), names)
    for fact, side in OTHER_SIDE.items():
        if fact in recorded and side not in recorded:
            says = f"{fact.__name__} is recorded, but no move records its other side"
            names = tuple(move.name for move in moves if move.fact is fact)
            yield Defect("fact", says, f"add one with {side.__name__}", (), names)


def _unwritable(fact: type[Fact]) -> Iterator[str]:
    """The fields that would read back as something else than None."""
    for name, info in fact.model_fields.items():
        own_default = fact not in STANDARD_FACTS and not info.is_required() and info.get_default() is not None
        if own_default and accepted(fact, name, [None]):
            yield name


def _no_dimensions(fact: type[Fact]) -> Iterator[str]:
    """What it declares as dimensions of the figures that cannot be."""
    names: Any = fact.DIMENSIONS
    if not isinstance(names, tuple):
        yield f"fact {fact.__name__}: its DIMENSIONS must be a tuple of names, got {brief(names)}"
        return
    for name in names:
        if name in SLICED:
            yield f"fact {fact.__name__}: {name!r} of its DIMENSIONS is a dimension of all figures already"
        elif name not in own_fields(fact):
            yield f"fact {fact.__name__}: {brief(name)} of its DIMENSIONS is no field of its own"


def _wrong_topic(move: Move, topics: dict[str, type]) -> Iterator[tuple[str, str]]:
    topic = getattr(move.fact, "TOPIC", None)
    if not isinstance(topic, str) or not topic:
        yield f"fact {move.fact.__name__} of move {move.name!r} has no TOPIC", "give it a lasting name"
    elif topics.setdefault(topic, move.fact) is not move.fact:
        yield f"facts {topics[topic].__name__} and {move.fact.__name__} share the TOPIC {topic!r}", "give each its own"
    elif topic.startswith("demand.") and move.fact not in STANDARD_FACTS:
        yield f"fact {move.fact.__name__}: the prefix 'demand.' is ours", "use one of your own"
    else:
        yield from wrong_versions(move.fact)


def _wrong_owners(states: Sequence[State]) -> Iterator[Defect]:
    for state in states:
        if state.ended_as is None and not is_name(state.owner or ""):
            says = f"in state {state.name!r} it is nobody's turn"
            yield Defect("no-owner", says, "say whose: owner=…", (state.name,))


def _wrong_starts(moves: Sequence[Move]) -> Iterator[Defect]:
    starts = [move for move in moves if move.from_ is START]
    if not starts:
        yield Defect("start", "no move registers a demand", "add one from START with the fact Registered")
    names: dict[type, str] = {}
    for move in moves:
        registers = issubclass(move.fact, Registered)
        here = ((), (move.name,))
        if move in starts and not registers:
            says = f"move {move.name!r} starts a demand with {move.fact.__name__}"
            yield Defect("start", says, "use Registered or a subclass", *here)
        if move in starts and not isinstance(move.to, str):
            yield Defect("start", f"move {move.name!r} starts a demand but leads to no state", "name one", *here)
        if registers and move not in starts:
            says = f"move {move.name!r} registers a demand that is registered already"
            yield Defect("start", says, "lead it from START", *here)
        if registers and names.setdefault(move.fact, move.name) != move.name:
            both = (names[move.fact], move.name)
            says = f"moves {both[0]!r} and {both[1]!r} both start with {move.fact.__name__}"
            yield Defect("start", says, "give each a fact of its own", (), both)


def _wrong_kind(moves: Sequence[Move], of: type[Stream]) -> Iterator[Defect]:
    starts = [move for move in moves if move.from_ is START]
    if not starts:
        yield Defect("start", f"no move begins a {of.KIND}", "add one from START with its first fact")
    for move in starts:
        if not isinstance(move.to, str):
            says = f"move {move.name!r} begins a {of.KIND} but leads to no state"
            yield Defect("start", says, "name one", (), (move.name,))
        if of.KEY is not None and of.KEY not in move.fact.model_fields:
            says = (
                f"a {of.KIND} is known by its {of.KEY!r}, which {move.fact.__name__} of move {move.name!r} does not say"
            )
            yield Defect("start", says, "give the fact this field", (), (move.name,))
    for move in moves:
        if issubclass(move.fact, OF_DEMANDS):
            says = f"move {move.name!r} of a {of.KIND} records {move.fact.__name__}, which only demands can have"
            yield Defect("fact", says, "use a fact of your own", (), (move.name,))


def _wrong_order(states: Sequence[State], moves: Sequence[Move]) -> Iterator[Defect]:
    # where a demand can begin, there may be nothing to go back to
    begins = {move.to for move in moves if move.from_ is START}
    for (name, source, _), alternatives in tried_together(states, moves).items():
        where = f"move {name!r} from {source or 'START'!r}"
        here = ((source,), (name,))
        if any(move.when is None and (move.to is not BACK or source not in begins) for move in alternatives[:-1]):
            says = f"{where}: one without a condition comes before others"
            yield Defect("order", says, "write it last, or give it a condition", *here)
        leads_back = any(move.to is BACK and move.when is None for move in alternatives)
        if alternatives[-1].when is not None and not leads_back:
            says = f"{where}: the last has a condition"
            yield Defect("order", says, "add one without, for when it does not hold", *here)


def _as_meant(states: Sequence[State], moves: Sequence[Move]) -> tuple[list[State], list[Move]]:
    """Each state once, and misspelt names of states corrected; moves to or from an unknown state are left out."""
    by_name: dict[str, State] = {}
    for state in states:
        by_name.setdefault(state.name, _ended_as_meant(state))
    corrected: list[Move] = []
    for move in moves:
        names = {name: meant(name, by_name) for name in _all_named(move)}
        if None in names.values():
            continue
        from_ = tuple(dict.fromkeys(str(names[name]) for name in _named(move))) or move.from_
        to: Any = names[move.to] if isinstance(move.to, str) else move.to
        corrected.append(replace(move, from_=from_, to=to))
    return list(by_name.values()), corrected


def _ended_as_meant(state: State) -> State:
    """The state with both `waits_for` and `ended_as` set, if either says that it has ended."""
    ends = state.waits_for == Stage.ENDED or state.ended_as is not None
    return replace(state, ended_as=meant(str(state.ended_as), ENDS) or ENDS[0]) if ends else state


def _named(move: Move) -> tuple[str, ...]:
    """The states that a move names as those it leads from."""
    if isinstance(move.from_, str):
        return (move.from_,)
    return move.from_ if isinstance(move.from_, tuple) else ()


def _all_named(move: Move) -> tuple[str, ...]:
    """The states that a move names, as those it leads from or to."""
    return (*_named(move), move.to) if isinstance(move.to, str) else _named(move)
