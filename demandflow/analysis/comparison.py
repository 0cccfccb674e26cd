"""What a new version of a workflow changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from demandflow.analysis.clock_changes import changed_clocks
from demandflow.analysis.data import as_data
from demandflow.analysis.sentences import changed, more_and_less, named_differences, without
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
        data: dict[str, Any] = as_data(self)
        return data


def diff(old: Workflow, new: Workflow) -> Difference:
    """What the new workflow changes: states, for each move and state it leaves, by whom, where to, and how, and clocks.

    Name and version are not compared. Raises InvalidValue for what is no workflow.
    """
    for what, workflow in (("old", old), ("new", new)):
        if not isinstance(workflow, Workflow):
            raise InvalidValue(what, f"must be a Workflow, got {brief(workflow)}")
    clocks = changed_clocks(old.clocks, new.clocks)
    return Difference(old.key, new.key, (*_states(old, new), *_moves(old, new), *clocks, *_whole(old, new)))


def spoken(part: Any) -> str:
    """A fact, rule or condition as people name it, with the numbers that it was made with."""
    if part is None:
        return "always"
    numbers = ", ".join(f"{name}={value}" for name, value in dict(getattr(part, "made_with", None) or {}).items())
    name = getattr(part, "__name__", repr(part))
    return f"{name}({numbers})" if numbers else name


def _states(old: Workflow, new: Workflow) -> Iterator[str]:
    before, after = ({state.name: state for state in workflow.states} for workflow in (old, new))
    gone = "is gone: a demand in it cannot be migrated"
    return named_differences("state", before, after, _described_state, _changed_state, gone)


def _described_state(state: State) -> str:
    return f"ended as {state.ended_as}" if state.ended_as else f"waits for {state.waits_for.value} ({state.owner})"


def _changed_state(was: State, now: State) -> Iterator[str]:
    return changed(
        ("waits for", was.waits_for.value, now.waits_for.value),
        ("owner", was.owner or "nobody", now.owner or "nobody"),
        ("ends as", was.ended_as or "nobody", now.ended_as or "nobody"),
    )


def _moves(old: Workflow, new: Workflow) -> Iterator[str]:
    before, after = _by_place(old), _by_place(new)
    places: dict[tuple[str, str], list[str]] = {}
    for name, source in dict.fromkeys((*before, *after)):
        was, now = before.get((name, source), []), after.get((name, source), [])
        if list(map(_parts, was)) != list(map(_parts, now)):
            places.setdefault((name, _change(was, now)), []).append(source or "START")
    for (name, change), states in places.items():
        yield f"move {name!r} from {listed(states)}{change}"


def _by_place(workflow: Workflow) -> dict[tuple[str, str], list[Move]]:
    places: dict[tuple[str, str], list[Move]] = {}
    for move in workflow.moves:
        for source in sources(move, workflow.states):
            places.setdefault((move.name, source), []).append(move)
    return places


def _parts(move: Move) -> tuple[Any, ...]:
    return (move.fact, move.to, set(move.roles), move.when, set(move.meanings), move.rules, move.silent)


def _change(was: list[Move], now: list[Move]) -> str:
    """What became of the moves of one name from one state, which are tried in this order."""
    before, after = list(map(_described, was)), [_described(move, was) for move in now]
    if not was:
        return f" is new: {'; '.join(after)}"
    if not now:
        return " is gone"
    if len(was) != len(now):
        return f": {' or '.join(before)} → {' or '.join(after)}"
    if not without(map(_parts, was), map(_parts, now)):
        return f": tried in another order: {' or '.join(after)}"
    return ": " + "; ".join(sentence for pair in zip(was, now, strict=True) for sentence in _changes(*pair))


def _changes(was: Move, now: Move) -> Iterator[str]:
    where = f"to {_goal(now)}: " if was.when is not None or now.when is not None else ""
    if was.fact is not now.fact:
        yield f"{where}records {spoken(was.fact)} → {_beside(now.fact, [was.fact])}"
    if was.to != now.to:
        yield f"{where}leads to {_goal(was)} → {_goal(now)}"
    if was.when != now.when:
        yield f"{where}on condition {spoken(was.when)} → {_beside(now.when, [was.when])}"
    if was.silent != now.silent:
        yield f"{where}{'silent now' if now.silent else 'no longer silent'}"
    for what, before, after in (("by", was.roles, now.roles), ("means", was.meanings, now.meanings)):
        if set(before) != set(after):
            yield more_and_less(f"{where}{what}", without(after, before), without(before, after))
    if was.rules != now.rules:
        more = [_beside(rule, was.rules) for rule in without(now.rules, was.rules)]
        less = [spoken(rule) for rule in without(was.rules, now.rules)]
        if more or less:
            yield more_and_less(f"{where}rules", more, less)
        else:
            yield f"{where}rules in another order: {listed(map(spoken, now.rules))}"


def _described(move: Move, others: Sequence[Move] = ()) -> str:
    """All that a move says, beside the moves that it is compared with."""
    when = f" when {_beside(move.when, [other.when for other in others])}" if move.when is not None else ""
    fact = _beside(move.fact, [other.fact for other in others])
    means = f", means {listed(sorted(move.meanings))}" if move.meanings else ""
    known = [rule for other in others for rule in other.rules]
    rules = f", rules {listed(_beside(rule, known) for rule in move.rules)}" if move.rules else ""
    silent = ", silent" if move.silent else ""
    return f"to {_goal(move)} by {listed(sorted(move.roles))}{when}, records {fact}{means}{rules}{silent}"


def _beside(part: Any, others: Iterable[Any]) -> str:
    """A fact, rule or condition by its name, and whether one of the others has the same name."""
    others = list(others)
    another = part not in others and spoken(part) in map(spoken, others)
    return spoken(part) + (f" (another {'class' if isinstance(part, type) else 'function'})" if another else "")


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
