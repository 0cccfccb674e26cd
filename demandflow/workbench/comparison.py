"""What a new version of a workflow changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
    """What the new workflow changes: states, and for each move and state it leaves, by whom, where to, and how.

    Name and version are not compared. Raises InvalidValue for what is no workflow.
    """
    for what, one in (("old", old), ("new", new)):
        if not isinstance(one, Workflow):
            raise InvalidValue(what, f"must be a Workflow, got {brief(one)}")
    return Difference(old.key, new.key, (*_states(old, new), *_moves(old, new), *_whole(old, new)))


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
    for name in before.keys() - after.keys():
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
    told: dict[str, list[str]] = {}
    for name, source in dict.fromkeys((*before, *after)):
        was, now = before.get((name, source), []), after.get((name, source), [])
        if [_parts(one) for one in was] != [_parts(one) for one in now]:
            told.setdefault(f"move {name!r} from {{}}{_change(was, now)}", []).append(source or "START")
    for line, places in told.items():
        yield line.format(listed(places))


def _by_place(workflow: Workflow) -> dict[tuple[str, str], list[Move]]:
    places: dict[tuple[str, str], list[Move]] = {}
    for move in workflow.moves:
        for source in sources(move, workflow.states):
            places.setdefault((move.name, source), []).append(move)
    return places


def _parts(move: Move) -> tuple[Any, ...]:
    return (move.fact, move.to, set(move.roles), move.when, set(move.meanings), move.rules, move.silent)


def _change(was: list[Move], now: list[Move]) -> str:
    if not was:
        return f" is new: {'; '.join(map(_way, now))}"
    if not now:
        return " is gone"
    if len(was) != len(now):
        return f": {' or '.join(map(_way, was))} → {' or '.join(map(_way, now))}"
    return ": " + "; ".join(line for one, other in zip(was, now, strict=True) for line in _changes(one, other))


def _changes(was: Move, now: Move) -> Iterator[str]:
    where = f"to {_goal(now)}: " if was.when is not None or now.when is not None else ""
    if was.fact is not now.fact:
        yield f"{where}records {was.fact.__name__} → {now.fact.__name__}"
    if was.to != now.to:
        yield f"{where}leads to {_goal(was)} → {_goal(now)}"
    if was.when != now.when:
        others = " (another function)" if spoken(was.when) == spoken(now.when) else ""
        yield f"{where}on condition {spoken(was.when)} → {spoken(now.when)}{others}"
    if was.silent != now.silent:
        yield f"{where}{'silent now' if now.silent else 'no longer silent'}"
    for what, one, other in (("by", was.roles, now.roles), ("means", was.meanings, now.meanings)):
        yield from _more_and_less(f"{where}{what}", one, other)
    if was.rules != now.rules:
        gone, new = _named(was.rules, now.rules), _named(now.rules, was.rules)
        yield from _more_and_less(f"{where}rules", gone, new)
        if not gone and not new:
            yield f"{where}rules in another order"


def _named(rules: Iterable[Any], others: Iterable[Any]) -> list[str]:
    return [spoken(rule) for rule in rules if rule not in others]


def _more_and_less(what: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    was, now = list(was), list(now)
    more, less = [one for one in now if one not in was], [one for one in was if one not in now]
    if more or less:
        yield " ".join([what, *(f"+{one}" for one in more), *(f"−{one}" for one in less)])
    elif sorted(was) == sorted(now) and was and what.endswith("rules"):
        yield f"{what}: {listed(was)} (other functions of the same names)"


def _way(move: Move) -> str:
    condition = "" if move.when is None else f" when {spoken(move.when)}"
    return f"to {_goal(move)} by {listed(move.roles)}{condition}"


def _goal(move: Move) -> str:
    return move.to if isinstance(move.to, str) else move.to.name


def _whole(old: Workflow, new: Workflow) -> Iterator[str]:
    if old.tells_nobody != new.tells_nobody:
        yield "it declares that it tells nobody" if new.tells_nobody else "it no longer declares that it tells nobody"
