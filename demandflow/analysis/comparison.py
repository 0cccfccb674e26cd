"""What a new version of a workflow changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from demandflow.analysis.clock_changes import changed_clocks
from demandflow.domain.facts import Fact
from demandflow.domain.moves import Move, State, sources
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed


@dataclass(frozen=True)
class Difference:
    """What differs between two workflows, a sentence each; it is true if anything does."""

    old: str
    new: str
    lines: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        if not self.lines:
            return f"{self.old} and {self.new} do not differ"
        return "\n".join([f"{self.old} → {self.new}", *(f"  - {line}" for line in self.lines)])

    def as_dict(self) -> dict[str, Any]:
        """The same as data."""
        return {"old": self.old, "new": self.new, "lines": list(self.lines)}


def diff(old: Workflow, new: Workflow) -> Difference:
    """What the new workflow changes: states, for each move and state it leaves, by whom, where to, and how, and clocks.

    Name and version are not compared. Raises InvalidValue for what is no workflow.
    """
    for what, one in (("old", old), ("new", new)):
        if not isinstance(one, Workflow):
            raise InvalidValue(what, f"must be a Workflow, got {brief(one)}")
    clocks = changed_clocks(old.clocks, new.clocks)
    return Difference(old.key, new.key, (*_states(old, new), *_moves(old, new), *clocks, *_whole(old, new)))


def spoken(function: Callable[..., Any] | None) -> str:
    """A rule or condition as people name it, with the numbers that it was made with."""
    if function is None:
        return "always"
    made_with = getattr(function, "made_with", None) or {}
    numbers = ", ".join(f"{name}={value}" for name, value in dict(made_with).items())
    name = getattr(function, "__name__", repr(function))
    return f"{name}({numbers})" if numbers else name


def _states(old: Workflow, new: Workflow) -> Iterator[str]:
    before, after = ({state.name: state for state in one.states} for one in (old, new))
    for name in (name for name in before if name not in after):
        yield f"state {name!r} is gone: a demand that stands there cannot move over"
    for name in (name for name in after if name not in before):
        yield f"state {name!r} is new: {_said(after[name])}"
    for name in (name for name in after if name in before and before[name] != after[name]):
        changes = [
            f"{what} {_none(was)} → {_none(now)}"
            for what, was, now in (
                ("waits for", before[name].waits_for.value, after[name].waits_for.value),
                ("owner", before[name].owner, after[name].owner),
                ("ends as", before[name].ended_as, after[name].ended_as),
            )
            if was != now
        ]
        yield f"state {name!r}: {'; '.join(changes)}"


def _said(state: State) -> str:
    return f"ended as {state.ended_as}" if state.ended_as else f"waits for {state.waits_for.value} ({state.owner})"


def _none(value: object) -> str:
    return "nobody" if value is None else str(value)


def _moves(old: Workflow, new: Workflow) -> Iterator[str]:
    before, after = _by_place(old), _by_place(new)
    told: dict[tuple[str, str], list[str]] = {}
    for name, source in dict.fromkeys((*before, *after)):
        was, now = before.get((name, source), []), after.get((name, source), [])
        if [_parts(one) for one in was] != [_parts(one) for one in now]:
            told.setdefault((name, _change(was, now)), []).append(source or "START")
    for (name, change), places in told.items():
        yield f"move {name!r} from {listed(places)}{change}"


def _by_place(workflow: Workflow) -> dict[tuple[str, str], list[Move]]:
    places: dict[tuple[str, str], list[Move]] = {}
    for move in workflow.moves:
        for source in sources(move, workflow.states):
            places.setdefault((move.name, source), []).append(move)
    return places


def _parts(move: Move) -> tuple[Any, ...]:
    return (move.fact, move.to, set(move.roles), move.when, set(move.meanings), move.rules, move.silent)


def _change(was: list[Move], now: list[Move]) -> str:
    before, after = _Words(()), _Words(was)
    if not was:
        return f" is new: {'; '.join(map(before.way, now))}"
    if not now:
        return " is gone"
    if len(was) != len(now):
        return f": {' or '.join(map(before.way, was))} → {' or '.join(map(after.way, now))}"
    if not _without(map(_parts, was), map(_parts, now)):
        return f": tried in another order: {' or '.join(map(after.way, now))}"
    return ": " + "; ".join(line for one, other in zip(was, now, strict=True) for line in _changes(one, other))


def _changes(was: Move, now: Move) -> Iterator[str]:
    where = f"to {_goal(now)}: " if was.when is not None or now.when is not None else ""
    words = _Words((was,))
    if was.fact is not now.fact:
        yield f"{where}records {was.fact.__name__} → {words.fact(now.fact)}"
    if was.to != now.to:
        yield f"{where}leads to {_goal(was)} → {_goal(now)}"
    if was.when != now.when:
        yield f"{where}on condition {spoken(was.when)} → {words.condition(now.when)}"
    if was.silent != now.silent:
        yield f"{where}{'silent now' if now.silent else 'no longer silent'}"
    for what, one, other in (("by", was.roles, now.roles), ("means", was.meanings, now.meanings)):
        if set(one) != set(other):
            yield _more_and_less(f"{where}{what}", _without(other, one), _without(one, other))
    if was.rules != now.rules:
        more, less = _without(now.rules, was.rules), _without(was.rules, now.rules)
        if more or less:
            yield _more_and_less(f"{where}rules", map(words.rule, more), map(spoken, less))
        else:
            yield f"{where}rules in another order: {listed(map(spoken, now.rules))}"


def _without(some: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """What is left of some when each of the others has taken one away that is equal to it."""
    left = list(some)
    for other in others:
        if other in left:
            left.remove(other)
    return left


def _more_and_less(what: str, more: Iterable[str], less: Iterable[str]) -> str:
    return " ".join([what, *(f"+{one}" for one in more), *(f"−{one}" for one in less)])


class _Words:
    """How the parts of moves are called, beside those they are compared with: another of the same name is told so."""

    def __init__(self, others: Iterable[Move]) -> None:
        others = list(others)
        self._facts = [move.fact for move in others]
        self._conditions = [move.when for move in others if move.when is not None]
        self._rules = [rule for move in others for rule in move.rules]

    def fact(self, fact: type[Fact]) -> str:
        """A class of facts."""
        another = fact not in self._facts and fact.__name__ in [one.__name__ for one in self._facts]
        return f"{fact.__name__} (another class)" if another else fact.__name__

    def condition(self, condition: Callable[..., Any] | None) -> str:
        """A condition, or that there is none."""
        return "always" if condition is None else _beside(condition, self._conditions)

    def rule(self, rule: Callable[..., Any]) -> str:
        """A rule."""
        return _beside(rule, self._rules)

    def way(self, move: Move) -> str:
        """All that a move says."""
        condition = "" if move.when is None else f" when {self.condition(move.when)}"
        means = f", means {listed(sorted(move.meanings))}" if move.meanings else ""
        rules = f", rules {listed(map(self.rule, move.rules))}" if move.rules else ""
        silent = ", silent" if move.silent else ""
        said = f"to {_goal(move)} by {listed(sorted(move.roles))}{condition}"
        return f"{said}, records {self.fact(move.fact)}{means}{rules}{silent}"


def _beside(function: Callable[..., Any], others: Iterable[Callable[..., Any]]) -> str:
    others = list(others)
    another = function not in others and spoken(function) in map(spoken, others)
    return f"{spoken(function)} (another function)" if another else spoken(function)


def _goal(move: Move) -> str:
    return move.to if isinstance(move.to, str) else move.to.name


def _whole(old: Workflow, new: Workflow) -> Iterator[str]:
    if old.of is not new.of:
        yield f"it is of another kind of stream: {new.of.KIND or 'demand'} instead of {old.of.KIND or 'demand'}"
    if old.tells_nobody != new.tells_nobody:
        yield "it declares that it tells nobody" if new.tells_nobody else "it no longer declares that it tells nobody"
    if old.grades != new.grades:
        yield f"its grades are {_scale(new)} instead of {_scale(old)}"


def _scale(workflow: Workflow) -> str:
    return listed(f"{it.name} ({it.weight:g}{', satisfied' if it.satisfied else ''})" for it in workflow.grades.grades)
