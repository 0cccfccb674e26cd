"""Every place that a demand can come to: states with the counters and conditions that matter, walked to a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from demandflow.domain.admission import stamp_of
from demandflow.domain.demand import Demand, evolve
from demandflow.domain.events import Event, Meta
from demandflow.domain.facts import OTHER_SIDES, Fact
from demandflow.domain.moves import BACK, Proposal, sources
from demandflow.domain.samples import THEN, WHO, variants
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import InvalidValue, MoveNotAllowed, brief

LATER = (timedelta(hours=1), timedelta(days=60))
UNTOLD = frozenset({"id", "workflow", "version", "facts", "commands", "declares", "text"})


class Configuration(NamedTuple):
    """Where a demand can stand: its state, where BACK would lead, and what conditions tell apart."""

    state: str
    back_to: str | None
    told_apart: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        parts = [name if value is True else f"{name}={value}" for name, value in self.told_apart if value]
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

    `told_apart` are the fields of a demand that conditions asked for; `cut` how many configurations lay at the bound
    and were not gone on from; `unused` the moves (name, from, to) that no condition ever let through.
    """

    workflow: str
    ends: tuple[str, ...]
    configurations: tuple[Configuration, ...]
    steps: tuple[Taken, ...]
    told_apart: tuple[str, ...]
    bound: int
    cut: int
    unused: tuple[tuple[str, str, str], ...]

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
        lines += [f"never used: {move} from {source or 'START'} to {goal}" for move, source, goal in self.unused]
        return "\n".join(lines)


def explore(
    workflow: Workflow,
    *,
    bound: int = 6,
    most: int = 20_000,
    facts: Mapping[type[Fact], Iterable[Fact]] | None = None,
) -> Explored:
    """Walk every way through the workflow, conditions asked, rules not: they may object to a fact, not to a move.

    Conditions are asked about sample facts that differ in every yes or no, choice and number (or about those given
    in `facts`), an hour and sixty days later, by each role. Configurations differ in what conditions looked at. Numbers
    beyond `bound` are not gone on from. Raises InvalidValue where there are more than `most` configurations, and
    whatever a condition raises.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    if isinstance(bound, bool) or not isinstance(bound, int) or bound < 1:
        raise InvalidValue("bound", f"must be a whole number from 1, got {brief(bound)}")
    asked: set[str] = set()
    while True:
        walk = _Walk(workflow, bound, most, facts or {}, frozenset(asked))
        found = walk.explored()
        if walk.looked_at <= asked:
            return found
        # a condition asked for more than was told apart: tell that apart as well, and walk again
        asked |= walk.looked_at


class _Watched(Demand):
    """A demand that remembers what it was asked for."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            object.__getattribute__(self, "__dict__")["_asked"].add(name)
        return object.__getattribute__(self, name)


class _Walk:
    def __init__(
        self,
        workflow: Workflow,
        bound: int,
        most: int,
        facts: Mapping[type[Fact], Iterable[Fact]],
        told_apart: frozenset[str],
    ) -> None:
        self.workflow, self.bound, self.most, self.told_apart = workflow, bound, most, told_apart
        self.looked_at: set[str] = set()
        self._facts = {kind: tuple(facts.get(kind) or variants(kind)) for kind in workflow.facts}
        back = [move for move in workflow.moves if move.to is BACK]
        self._goes_back = {source for move in back for source in sources(move, workflow.states)}

    def explored(self) -> Explored:
        blank = Demand(UUID(int=0))
        begin = self._configuration(blank)
        stands, steps = {begin: blank}, dict[Taken, None]()
        used: set[tuple[int, str, str]] = set()
        waiting, cut = deque([begin]), 0
        while waiting:
            here = waiting.popleft()
            if self._beyond(here):
                cut += 1
                continue
            for row, after in self._ways_on(stands[here]):
                there = self._configuration(after)
                used.add((row.order, str(row.source), row.dest))
                steps[Taken(row.move.name, here, there)] = None
                if there not in stands:
                    stands[there] = after
                    waiting.append(there)
            if len(stands) > self.most:
                told = ", ".join(sorted(self.told_apart))
                problem = f"{self.workflow.key} has more than {self.most} configurations (told apart by {told})"
                raise InvalidValue("most", f"{problem}; give a lower bound, or fewer facts")
        declared = [
            (row.order, str(row.source), row.dest)
            for state in ("", *(one.name for one in self.workflow.states))
            for rows in self.workflow.moves_from(state).values()
            for row in rows
            if row.move.fact not in OTHER_SIDES
        ]
        unused = tuple((self.workflow.moves[n].name, a, b) for n, a, b in declared if (n, a, b) not in used)
        apart = tuple(sorted(self.told_apart))
        ends = tuple(state.name for state in self.workflow.states if state.ended_as is not None)
        return Explored(self.workflow.key, ends, tuple(stands), tuple(steps), apart, self.bound, cut, unused)

    def _ways_on(self, demand: Demand) -> Iterator[tuple[Row, Demand]]:
        """Each row that can be taken from here, with a demand that took it, once for all that is told apart."""
        for name, rows in self.workflow.moves_from(demand.state).items():
            if rows[0].move.fact in OTHER_SIDES:
                continue
            seen: set[tuple[int, Configuration]] = set()
            asks = any(row.when is not None for row in rows)
            for role in dict.fromkeys(role for row in rows for role in row.move.roles):
                for fact in self._facts[rows[0].move.fact]:
                    for later in LATER if asks else LATER[:1]:
                        at = (demand.last or THEN) + later
                        proposal = Proposal(name, fact, Actor(WHO, role), at)
                        row = self._row(demand, proposal)
                        if row is None:
                            continue
                        after = _taken(self.workflow, demand, proposal, row)
                        key = (row.order, self._configuration(after))
                        if key not in seen:
                            seen.add(key)
                            yield row, after

    def _row(self, demand: Demand, proposal: Proposal[Any]) -> Row | None:
        watched = object.__new__(_Watched)
        watched.__dict__.update(demand.__dict__, _asked=set())
        try:
            return self.workflow.row_for(watched, proposal)
        except MoveNotAllowed:
            return None
        finally:
            # the table itself asks for the state and where it came from
            self.looked_at |= watched.__dict__["_asked"] - UNTOLD - {"state", "came_from"}

    def _configuration(self, demand: Demand) -> Configuration:
        told = [(name, _said(getattr(demand, name, None))) for name in sorted(self.told_apart)]
        back_to = demand.came_from if demand.state in self._goes_back else None
        return Configuration(demand.state, back_to, tuple(told))

    def _beyond(self, here: Configuration) -> bool:
        numbers = (value for _, value in here.told_apart if isinstance(value, int) and not isinstance(value, bool))
        return any(number > self.bound for number in numbers)


def _taken(workflow: Workflow, demand: Demand, proposal: Proposal[Any], row: Row) -> Demand:
    meta = Meta(proposal.by, proposal.at, proposal.at, workflow.key)
    stamp = stamp_of(workflow, demand, proposal, row)
    return evolve(demand, Event(demand.id, demand.version + 1, proposal.fact, meta, stamp))


def _said(value: Any) -> Any:
    """What is told apart of a value: itself if it is a word, a number or a choice; of others, whether there are any."""
    if isinstance(value, Mapping):
        return tuple(sorted((name, _said(one)) for name, one in value.items()))
    if isinstance(value, tuple | list | frozenset | set):
        return len(value)
    if isinstance(value, datetime):
        return "a moment"
    return value if isinstance(value, str | int | float | Enum | UUID | None) else repr(value)


def _told(way: Iterable[Taken]) -> str:
    return " → ".join(f"{step.move} ({step.after.state})" for step in way)
