"""What makes a workflow unusable, found when it is built: every defect at once, each with its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from inspect import iscoroutinefunction, signature
from typing import Any

from demandflow.domain.checks.bounds import (
    odd_answers,
    unasked_rework,
    unbounded_rework,
    unspoken_rework,
    wrong_answers,
)
from demandflow.domain.checks.clocks import wrong_clocks
from demandflow.domain.checks.samples import accepted
from demandflow.domain.checks.shape import wrong_ends, wrong_merges, wrong_shape, wrong_telling
from demandflow.domain.checks.ways import leaving, steps_of, tried_together
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.facts import OTHER_SIDE, STANDARD_FACTS, Corrected, Evaluated, Fact, Registered, Reported
from demandflow.domain.moves import BACK, ENDS, MEANINGS, START, STAY, WORDS, Move, State
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.domain.values import Stage
from demandflow.errors import Defect, brief, listed
from demandflow.inputs.texts import is_name

SAYS: dict[str, tuple[type[Fact], str]] = {
    "reported": (Reported, "whether it was resolved"),
    "evaluated": (Evaluated, "whether it was resolved"),
    "corrected": (Corrected, "what was wrong"),
}
"""Meanings that need more than a word: the fact that says it, and what it says."""
WORD = "a name is printable, in composed letters (NFC), without blanks at its ends"
MOST_VERSIONS = 1_000_000_000
LAST, ELSE = "write it last, or give it a condition", "add one without, for when it does not hold"
RESERVED = (*WORDS, "*", "=")
"""Names that no state can have: in files they are words of the table, in the table itself they are signs."""


def defects_of(
    name: str,
    version: int,
    states: Sequence[State],
    moves: Sequence[Move],
    *,
    tells_nobody: bool,
    clocks: Sequence[Clock],
    grades: GradeScale = FIVE_GRADES,
) -> tuple[Defect, ...]:
    """All defects of a workflow.

    A misspelt name is told, and read as the one that was meant, so that it feigns no other defect.
    """
    if defects := tuple(_wrong_types(name, version, states, moves, tells_nobody, grades)):
        return defects
    defects = (*_wrong_names(states, moves), *_wrong_words(states, moves), *_wrong_facts(moves))
    declared, (states, moves) = len(moves), _as_meant(states, moves)
    steps = steps_of(states, moves)
    # where nothing begins, or a move leads nowhere that is known, it is not known either what cannot be reached
    known = len(moves) == declared and any(move.from_ is START for move in moves)
    shape = wrong_shape(states, steps) if known else ()
    return (
        *defects,
        *wrong_clocks(clocks, states),
        *_wrong_owners(states),
        *_wrong_starts(moves),
        *_wrong_order(states, moves),
        *shape,
        *wrong_ends(states, moves, steps),
        *wrong_merges(states, moves, steps),
        *wrong_answers(states, moves, grades.words),
        *unbounded_rework(states, moves, steps, grades.words),
        *unspoken_rework(states, moves, steps),
        *wrong_telling(states, moves, steps, tells_nobody),
    )


def advice_for(states: Sequence[State], moves: Sequence[Move], grades: GradeScale = FIVE_GRADES) -> Iterator[Defect]:
    """What could be better in a workflow without defects."""
    yield from unasked_rework(states, moves, grades.words)
    yield from odd_answers(states, moves, grades.words)
    from_state = leaving(states, moves)
    for state in states:
        may = {
            role for number in from_state[state.name] if moves[number].to is not STAY for role in moves[number].roles
        }
        if state.ended_as is None and state.owner not in may:
            says = f"state {state.name!r} waits for {state.owner}, who has no move that leads on"
            remedy = f"give {state.owner} one, or make {listed(sorted(may))} the owner"
            yield Defect("idle-owner", says, remedy, (state.name,))
    for move in moves:
        for meaning, (kind, _) in SAYS.items():
            if issubclass(move.fact, kind) and meaning not in move.meanings:
                says = f"move {move.name!r} records {move.fact.__name__}, but does not mean {meaning!r}"
                remedy = f"say means={meaning!r}; else neither the figures nor the check of feedback know of it"
                yield Defect("unmeant", says, remedy, (), (move.name,))
    roles = sorted({role for move in moves for role in move.roles} | {s.owner for s in states if s.owner is not None})
    for number, role in enumerate(roles):
        for other in (one for one in roles[number + 1 :] if _one_letter_apart(role, one)):
            names = tuple(move.name for move in moves if {role, other} & set(move.roles))
            yield Defect("alike", f"roles {role!r} and {other!r} look alike", "use one word for one role", (), names)


def _wrong_types(
    name: Any, version: Any, states: Sequence[Any], moves: Sequence[Any], tells_nobody: Any, grades: Any
) -> Iterator[Defect]:
    if not isinstance(name, str) or not is_name(name) or "@" in name:
        yield Defect("type", f"name {brief(name)}", f"give a printable name without @; {WORD}")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= MOST_VERSIONS:
        huge = isinstance(version, int) and abs(version) > MOST_VERSIONS
        said = "a number that is too great" if huge else brief(version)
        yield Defect("type", f"version {said}", f"give a whole number from 1 to {MOST_VERSIONS}")
    if not isinstance(tells_nobody, bool):
        yield Defect("type", f"tells_nobody {brief(tells_nobody)}", "say True or False")
    if not isinstance(grades, GradeScale):
        yield Defect("type", f"grades {brief(grades)}", "give a GradeScale")
    for state in states:
        waits_for: object = getattr(state, "waits_for", None)
        owner: object = getattr(state, "owner", None)
        ended_as: object = getattr(state, "ended_as", None)
        if not isinstance(state, State) or not isinstance(state.name, str):
            yield Defect("type", f"{brief(state)} is no State", "give a State with a name")
        elif not isinstance(owner, str | None):
            says = f"state {state.name!r}: its owner is a role or None, got {brief(owner)}"
            yield Defect("type", says, "give a text", (state.name,))
        elif not isinstance(ended_as, str | None):
            says = f"state {state.name!r} ends as {brief(ended_as)}"
            yield Defect("type", says, f"say one of {listed(ENDS)}, or leave it out", (state.name,))
        elif not isinstance(waits_for, Stage):
            says, remedy = (
                f"state {state.name!r} waits for {brief(waits_for)}",
                f"say a Stage: {listed(Stage.__members__)}",
            )
            yield Defect("type", says, remedy, (state.name,))
    for move in moves:
        if not isinstance(move, Move) or not isinstance(move.name, str) or not is_name(move.name):
            yield Defect("type", f"{brief(move)} is no Move with a printable name", f"give a Move with a name; {WORD}")
        else:
            for says, remedy in _wrong_parts(move):
                yield Defect("type", f"move {move.name!r}: {says}", remedy, (), (move.name,))


def _wrong_parts(move: Any) -> Iterator[tuple[str, str]]:
    if not (isinstance(move.fact, type) and issubclass(move.fact, Fact)):
        yield f"it records {brief(move.fact)}", "give a class of facts"
    states = (move.from_,) if isinstance(move.from_, str) else move.from_
    known = isinstance(states, type(START)) and states not in (STAY, BACK)
    if not known and not (isinstance(states, tuple) and states and all(isinstance(one, str) for one in states)):
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


def _wrong_names(states: Sequence[State], moves: Sequence[Move]) -> Iterator[Defect]:
    names = [state.name for state in states]
    for name, times in Counter(names).items():
        if times > 1:
            yield Defect("doubled", f"state {name!r} is declared {times} times", "declare it once", (name,))
        if not is_name(name):
            says = f"state {name!r} needs a printable name without blanks at its ends"
            yield Defect("name", says, f"give it one; {WORD}", (name,))
        if name in RESERVED:
            yield Defect("reserved", f"state {name!r} has a name that means something else", "give it another", (name,))
    for move in moves:
        to = (move.to,) if isinstance(move.to, str) else ()
        for name in dict.fromkeys((*_named(move), *to)):
            if name not in names:
                says = f"move {move.name!r} names a state {name!r} that is not declared"
                yield Defect("undeclared", says, _did_you_mean(name, names), (name,), (move.name,))
        if len(set(_named(move))) < len(_named(move)):
            says = f"move {move.name!r} names a state twice in {listed(_named(move))}"
            yield Defect("doubled", says, "name it once", _named(move), (move.name,))
        if not move.roles or not all(is_name(role) for role in move.roles):
            says = f"move {move.name!r} may be made by nobody"
            remedy = f"say by whom; {WORD}"
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
            remedy = f"say one of {listed(ENDS)}{_perhaps(state.ended_as, ENDS)}"
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
                remedy = f"say some of {listed(MEANINGS)}{_perhaps(meaning, MEANINGS)}"
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


def _wrong_topic(move: Move, topics: dict[str, type]) -> Iterator[tuple[str, str]]:
    topic = getattr(move.fact, "TOPIC", None)
    if not isinstance(topic, str) or not topic:
        yield f"fact {move.fact.__name__} of move {move.name!r} has no TOPIC", "give it a lasting name"
    elif topics.setdefault(topic, move.fact) is not move.fact:
        yield f"facts {topics[topic].__name__} and {move.fact.__name__} share the TOPIC {topic!r}", "give each its own"
    elif topic.startswith("demand.") and move.fact not in STANDARD_FACTS:
        yield f"fact {move.fact.__name__}: the prefix 'demand.' is ours", "use one of your own"


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


def _wrong_order(states: Sequence[State], moves: Sequence[Move]) -> Iterator[Defect]:
    # where a demand can begin, there may be nothing to go back to
    begins = {move.to for move in moves if move.from_ is START}
    told = set()
    for (name, source, _), these in tried_together(states, moves).items():
        where = f"move {name!r} from {source or 'START'!r}"
        here = ((source,), (name,))
        always = [one.when is None and (one.to is not BACK or source not in begins) for one in these]
        if any(always[:-1]) and (name, source, "early") not in told:
            told.add((name, source, "early"))
            yield Defect(
                "order",
                f"{where}: one without a condition comes before others",
                "write it last, or give it a condition",
                *here,
            )
        back = any(one.to is BACK and one.when is None for one in these)
        if these[-1].when is not None and not back and (name, source, "late") not in told:
            told.add((name, source, "late"))
            yield Defect(
                "order", f"{where}: the last has a condition", "add one without, for when it does not hold", *here
            )


def _as_meant(states: Sequence[State], moves: Sequence[Move]) -> tuple[list[State], list[Move]]:
    """Each state once, and misspelt names of states as the ones that were meant; moves that mean none are left out."""
    by_name: dict[str, State] = {}
    for state in states:
        by_name.setdefault(state.name, _ended_as_meant(state))
    meant: list[Move] = []
    for move in moves:
        said = (*_named(move), move.to) if isinstance(move.to, str) else _named(move)
        names = {name: _meant(name, by_name) for name in said}
        if None in names.values():
            continue
        from_ = tuple(dict.fromkeys(str(names[name]) for name in _named(move))) or move.from_
        to: Any = names[move.to] if isinstance(move.to, str) else move.to
        meant.append(replace(move, from_=from_, to=to))
    return list(by_name.values()), meant


def _ended_as_meant(state: State) -> State:
    """A state that says of its end but half, as if it said the whole."""
    ends = state.waits_for == Stage.ENDED or state.ended_as is not None
    return replace(state, ended_as=_meant(str(state.ended_as), ENDS) or ENDS[0]) if ends else state


def _named(move: Move) -> tuple[str, ...]:
    """The states that a move names as those it leads from."""
    if isinstance(move.from_, str):
        return (move.from_,)
    return move.from_ if isinstance(move.from_, tuple) else ()


def _meant(name: str, names: Sequence[str] | dict[str, Any]) -> str | None:
    return name if name in names else next(iter(get_close_matches(name, list(names))), None)


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether the words differ by one letter, no digit, more or less or other: likely a slip."""
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return False
    at = next((n for n in range(len(short)) if short[n] != long[n]), len(short))
    same = short[at + 1 :] == long[at + 1 :] if len(short) == len(long) else short[at:] == long[at + 1 :]
    return same and not long[at].isdigit()


def _perhaps(word: str, words: Sequence[str]) -> str:
    if word.upper() in WORDS:
        return f"; did you mean {word.upper()}?"
    return f"; did you mean {meant!r}?" if (meant := _meant(word, words)) else ""


def _did_you_mean(name: str, names: Sequence[str]) -> str:
    declared = f"declare it, or name one that is (declared: {listed(names)})"
    return f"{declared}{_perhaps(name, names)}"
