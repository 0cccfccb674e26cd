"""What exploring a workflow found: where a demand can stand, the steps between, and what follows from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
    `ways` are short ways to the ended states on which no rule objects: each was gone, by somebody and with some fact.
    `longest` is the way to the configuration that takes the most steps to come to, of those that can be gone so.
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
    ways: Mapping[str, tuple[Taken, ...]] = field(default_factory=dict)
    longest: tuple[Taken, ...] = ()

    def way_to(self, arrived: Callable[[Configuration], bool]) -> tuple[Taken, ...] | None:
        """The shortest way from the start to such a configuration, rules not asked; None if there is none."""
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
    def ways_to_ends(self) -> dict[str, tuple[Taken, ...]]:
        """A short way to each ended state to which conditions and rules let a demand come."""
        return dict(self.ways)

    @property
    def closed_off(self) -> tuple[str, ...]:
        """The ended states to which conditions let a demand come, but no way was found on which no rule objects."""
        return tuple(end for end in self.ends if end not in self.ways and self._is_reached(end))

    def _is_reached(self, state: str) -> bool:
        return any(one.state == state for one in self.configurations)

    def __str__(self) -> str:
        told = f", told apart by {', '.join(self.told_apart)}" if self.told_apart else ""
        cut = f"; {self.cut} at the bound of {self.bound}" if self.cut else ""
        lines = [f"{self.workflow}: {len(self.configurations)} configurations, {len(self.steps)} steps{told}{cut}"]
        lines += [f"shortest way to {end}, {len(way)} steps: {_told(way)}" for end, way in self.ways_to_ends.items()]
        lines += [f"no way to {end} was found on which no rule objects" for end in self.closed_off]
        lines += [f"longest way, {len(self.longest)} steps: {_told(self.longest)}"] if self.longest else []
        never = f"not used within the bound of {self.bound}" if self.cut else "never used"
        unsure = f"undecided (it depends on {', '.join(self.uncertain)})"
        for what, moves in ((never, self.unused), (unsure, self.undecided)):
            lines += [f"{what}: {move} from {source or 'START'} to {goal}" for move, source, goal in moves]
        return "\n".join(lines)


def _told(way: Iterable[Taken]) -> str:
    return " → ".join(f"{step.move} ({step.after.state})" for step in way)
