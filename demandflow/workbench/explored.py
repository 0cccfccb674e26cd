"""What exploring a workflow found: where a demand can stand, the steps between, and what follows from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Configuration(NamedTuple):
    """Where a demand can stand: its state, where BACK would lead, and the values of what conditions tell apart."""

    state: str
    back_to: str | None
    values: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        parts = [name if value is True else f"{name}={value}" for name, value in self.values if value]
        parts += [f"back to {self.back_to}"] if self.back_to else []
        return f"{self.state} ({', '.join(parts)})" if parts else self.state


class Taken(NamedTuple):
    """One step: by which move, from which configuration to which."""

    move: str
    before: Configuration
    after: Configuration


@dataclass(frozen=True)
class Explored:
    """What was found: all configurations, all steps between them, and what follows from them.

    `told_apart` names the fields of a demand that conditions asked for; `cut` is how many configurations lay at the
    bound and were not gone on from; `unused` the moves (name, from, to) that no condition ever let through. What
    conditions asked for and exploring cannot try in full is `uncertain` (the version, the facts, moments, texts, what
    is in a collection; of a proposal `at` and `other`); `undecided` are the moves that were not used, but that such a
    condition may let through, or that may be used after one.
    """

    workflow: str
    ends: tuple[str, ...]
    configurations: tuple[Configuration, ...]
    steps: tuple[Taken, ...]
    told_apart: tuple[str, ...]
    bound: int
    cut: int
    unused: tuple[tuple[str, str, str], ...]
    uncertain: tuple[str, ...] = ()
    undecided: tuple[tuple[str, str, str], ...] = ()

    def way_to(self, arrived: Callable[[Configuration], bool]) -> tuple[Taken, ...] | None:
        """The shortest way from the start to such a configuration; None if there is none."""
        first = {step.after: step for step in reversed(self.steps)}
        goal = next((one for one in self.configurations if arrived(one)), None)
        if goal is None:
            return None
        way: deque[Taken] = deque()
        while goal in first and goal != self.configurations[0]:
            way.appendleft(first[goal])
            goal = way[0].before
        return tuple(way)

    @property
    def longest(self) -> tuple[Taken, ...]:
        """The way to the configuration that takes the most steps to come to, going straight."""
        return self.way_to(lambda one: one == self.configurations[-1]) or ()

    @property
    def ways_to_ends(self) -> dict[str, tuple[Taken, ...]]:
        """The shortest way to each ended state that can be reached."""
        ways = {end: self.way_to(lambda one, end=end: one.state == end) for end in self.ends}  # type: ignore[misc]
        return {end: way for end, way in ways.items() if way is not None}

    def __str__(self) -> str:
        told = f", told apart by {', '.join(self.told_apart)}" if self.told_apart else ""
        cut = f"; {self.cut} at the bound of {self.bound}" if self.cut else ""
        lines = [f"{self.workflow}: {len(self.configurations)} configurations, {len(self.steps)} steps{told}{cut}"]
        lines += [f"shortest way to {end}, {len(way)} steps: {_told(way)}" for end, way in self.ways_to_ends.items()]
        lines.append(f"longest way, {len(self.longest)} steps: {_told(self.longest)}")
        never = f"not used within the bound of {self.bound}" if self.cut else "never used"
        unsure = f"undecided (it depends on {', '.join(self.uncertain)})"
        for what, moves in ((never, self.unused), (unsure, self.undecided)):
            lines += [f"{what}: {move} from {source or 'START'} to {goal}" for move, source, goal in moves]
        return "\n".join(lines)


def _told(way: Iterable[Taken]) -> str:
    return " → ".join(f"{step.move} ({step.after.state})" for step in way)
