"""Every place that a demand can come to: states with the counters and conditions that matter, walked to a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, Fact
from demandflow.domain.moves import BACK, Proposal, sources
from demandflow.domain.samples import THEN, WHO, variants
from demandflow.domain.values import Actor
from demandflow.domain.ways import closure
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.workbench.ahead import Ahead, newcomer
from demandflow.workbench.explored import Configuration, Explored, Taken
from demandflow.workbench.search import Surroundings, taken
from demandflow.workbench.watching import compared, uncertain, watched

__all__ = ["Configuration", "Explored", "Taken", "explore"]

LATER = (timedelta(hours=1), timedelta(days=60))
"""At once, and after every period of the standard workflow (its longest, to reopen, is of thirty days)."""
FARTHEST = 25
"""Of so many of the farthest configurations it is tried whether they can be come to."""
LEAST_BOUND, BEYOND = 6, 3
"""How far counters are followed at least, and how far beyond the greatest number that a condition was made with."""


def explore(
    workflow: Workflow,
    *,
    bound: int | None = None,
    most: int = 20_000,
    facts: Mapping[type[Fact], Iterable[Fact]] | None = None,
) -> Explored:
    """Walk every way through the workflow, conditions asked; then try which ways to an end no rule objects to.

    Conditions are asked about sample facts that differ in every yes or no, choice and number (or about those given
    in `facts`), an hour and sixty days later, by each role. Configurations differ in what conditions looked at. Numbers
    beyond `bound` are not gone on from; it is 6, or 3 beyond the greatest number that a condition was made with.
    Raises InvalidValue where there are more than `most` configurations, and whatever a condition raises.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    bound = _bound_for(workflow) if bound is None else bound
    for what, number in (("bound", bound), ("most", most)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InvalidValue(what, f"must be a whole number from 1, got {brief(number)}")
    samples = _samples(workflow, facts)
    asked: set[str] = set()
    while True:
        walk = _Walk(workflow, bound, most, samples, frozenset(asked))
        found = walk.explored()
        if walk.looked_at <= asked:
            return _with_ways(found, walk, {} if facts is None else samples)
        # a condition asked for more than was told apart: tell that apart as well, and walk again
        asked |= walk.looked_at


def _with_ways(found: Explored, walk: _Walk, given: Mapping[type[Fact], tuple[Fact, ...]]) -> Explored:
    """What was found, with the ways on which somebody went with some fact, and no rule objected."""
    workflow, blank = walk.workflow, Demand(UUID(int=0))
    other = newcomer(workflow, THEN)
    own = tuple(fact for several in given.values() for fact in several)
    around = Surroundings(() if other is None else (other,), (), own, frozenset(given))
    ahead, ways = Ahead(workflow), {}
    for end in found.ends:
        outlook = ahead.outlook(blank, THEN, (end,), around, shortest=True)
        if outlook.way:
            places = [found.configurations[0], *(walk.configuration(onward.after) for onward in outlook.way)]
            moves = (onward.proposal.move for onward in outlook.way)
            ways[end] = tuple(Taken(*step) for step in zip(moves, places, places[1:], strict=False))
    longest: tuple[Taken, ...] = ()
    for goal in reversed(found.configurations[-FARTHEST:]):
        way = found.way_to(goal.__eq__) or ()
        if ahead.gone(blank, THEN, [(step.move, _comes_to(walk, step.after)) for step in way], around):
            longest = way
            break
    return replace(found, ways=ways, longest=longest)


def _comes_to(walk: _Walk, place: Configuration) -> Callable[[Demand], bool]:
    return lambda demand: walk.configuration(demand) == place


def _bound_for(workflow: Workflow) -> int:
    """Beyond every number that a condition was made with."""
    numbers = [
        number
        for move in workflow.moves
        for number in dict(getattr(move.when, "made_with", None) or {}).values()
        if isinstance(number, int)
    ]
    return max(LEAST_BOUND, max(numbers, default=0) + BEYOND)


def _samples(workflow: Workflow, given: Any) -> dict[type[Fact], tuple[Fact, ...]]:
    """The facts that are tried, by their classes: those that are given, samples of the others."""
    if not isinstance(given, Mapping | None):
        raise InvalidValue("facts", f"must give facts for classes of facts, got {brief(given)}")
    tried = {}
    for kind, several in (given or {}).items():
        if kind not in workflow.facts:
            theirs = listed(one.__name__ for one in workflow.facts)
            raise InvalidValue("facts", f"{workflow.key} records no {brief(kind)} (it records {theirs})")
        if isinstance(several, str | Fact) or not isinstance(several, Iterable):
            raise InvalidValue("facts", f"must be several for {kind.__name__}, got {brief(several)}")
        tried[kind] = tuple(several)
        for one in tried[kind]:
            if type(one) is not kind:
                raise InvalidValue("facts", f"{brief(one)} is no {kind.__name__}")
    return {kind: tried.get(kind) or tuple(variants(kind)) for kind in workflow.facts}


class _Walk:
    def __init__(
        self,
        workflow: Workflow,
        bound: int,
        most: int,
        facts: Mapping[type[Fact], tuple[Fact, ...]],
        told_apart: frozenset[str],
    ) -> None:
        self.workflow, self.bound, self.most, self.told_apart = workflow, bound, most, told_apart
        self.looked_at: set[str] = set()
        self._uncertain: dict[tuple[str, str], set[str]] = {}
        self._facts = facts
        back = [move for move in workflow.moves if move.to is BACK]
        self._goes_back = {source for move in back for source in sources(move, workflow.states)}

    def explored(self) -> Explored:
        blank = Demand(UUID(int=0))
        begin = self.configuration(blank)
        stands, steps = {begin: blank}, dict[Taken, None]()
        used: set[tuple[int, str, str]] = set()
        waiting, cut = deque([begin]), 0
        while waiting:
            here = waiting.popleft()
            if self._beyond(here):
                cut += 1
                continue
            for row, after in self._ways_on(stands[here]):
                there = self.configuration(after)
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
        moves = [(self.workflow.moves[n].name, a, b) for n, a, b in declared]
        beyond = self._beyond_uncertain(moves)
        unused = [move for move, one in zip(moves, declared, strict=True) if one not in used]
        undecided = tuple(one for one in unused if (one[1], one[0]) in self._uncertain or one[1] in beyond)
        return Explored(
            self.workflow.key,
            tuple(state.name for state in self.workflow.states if state.ended_as is not None),
            tuple(stands),
            tuple(steps),
            tuple(sorted(self.told_apart)),
            self.bound,
            cut,
            tuple(one for one in unused if one not in undecided),
            tuple(sorted(set().union(*self._uncertain.values()))),
            undecided,
        )

    def _beyond_uncertain(self, moves: Iterable[tuple[str, str, str]]) -> set[str]:
        """The states to which a demand may come otherwise than was found, after a condition that is uncertain."""
        arrows = [(source, goal) for _, source, goal in moves]
        return closure({goal for name, source, goal in moves if (source, name) in self._uncertain}, arrows)

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
                        row = self._row(rows, demand, proposal)
                        if row is None:
                            continue
                        after = taken(self.workflow, demand, proposal, row)
                        key = (row.order, self.configuration(after))
                        if key not in seen:
                            seen.add(key)
                            yield row, after

    def _row(self, rows: Iterable[Row], demand: Demand, proposal: Proposal[Any]) -> Row | None:
        """The row that is taken, as the workflow takes it; what its conditions ask for is remembered."""
        asked: set[str] = set()
        asking = watched(demand, proposal, asked)
        try:
            for row in rows:
                move = row.move
                if proposal.by.role not in move.roles or (move.leads_back and row.dest != demand.came_from):
                    continue
                if move.when is None or move.when(*asking):
                    return row
            return None
        finally:
            self.looked_at |= compared(asked)
            if unsure := uncertain(asked):
                self._uncertain.setdefault((demand.state, proposal.move), set()).update(unsure)

    def configuration(self, demand: Demand) -> Configuration:
        values = [(name, _said(getattr(demand, name, None))) for name in sorted(self.told_apart)]
        back_to = demand.came_from if demand.state in self._goes_back else None
        return Configuration(demand.state, back_to, tuple(values))

    def _beyond(self, here: Configuration) -> bool:
        numbers = (value for _, value in here.values if isinstance(value, int) and not isinstance(value, bool))
        return any(number > self.bound for number in numbers)


def _said(value: Any) -> Any:
    """What is told apart of a value: itself if it is a word, a number or a choice; of others, whether there are any."""
    if isinstance(value, Mapping):
        return tuple(sorted((name, _said(one)) for name, one in value.items()))
    if isinstance(value, tuple | list | frozenset | set):
        return len(value)
    if isinstance(value, datetime):
        return "a moment"
    return value if isinstance(value, str | int | float | Enum | UUID | None) else repr(value)
