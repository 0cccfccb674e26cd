"""The search for a way on: what anybody could do with a demand, step by step, rules asked, till it comes somewhere."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from demandflow.domain.checks.bounds import OFTEN
from demandflow.domain.decide import event_of
from demandflow.domain.demand import Demand
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDES, Merged, MovedOver, TookIn
from demandflow.domain.moves import Proposal
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import InvalidValue
from demandflow.testing.drawing.distances import distances
from demandflow.testing.laws.places import AGES, COUNTERS, PARTS, much_later, place_of, told_apart, watched
from demandflow.testing.laws.witnesses import facts, people

ALL = -1


class Effort(NamedTuple):
    """How hard to look: which waits, how many facts of a class, dull steps in a row, and proposals in all."""

    waits: tuple[timedelta, ...]
    facts: int
    dull: int
    proposals: int
    shortest: bool = False


QUICK = Effort((AGES[0], AGES[4]), 24, 8, 4_000)
SHORTEST = Effort(QUICK.waits, 24, 1, 30_000, shortest=True)
THOROUGH = Effort(AGES, 1_000, 25, 30_000)


class Onward(NamedTuple):
    """A step that could be made: what is proposed, and the demand before and after it."""

    proposal: Proposal[Any]
    before: Any
    after: Any


@dataclass(frozen=True)
class Surroundings:
    """What there is besides the demand: open demands to merge it into, people and facts that were seen before.

    Of the classes in `unsure` the samples will not do: where such a fact could help, nothing is certain.
    """

    others: Sequence[Demand] = ()
    people: Sequence[Actor] = ()
    facts: Sequence[Fact] = ()
    unsure: Collection[type[Fact]] = ()


class _Node(NamedTuple):
    demand: Any
    steps: int
    came_by: Onward | None
    before: _Node | None


class Search:
    """One search in one workflow; what rules and conditions look at meanwhile is in `looked_at`."""

    def __init__(
        self, workflow: Workflow, looked: Collection[str], goals: frozenset[str], around: Surroundings, effort: Effort
    ) -> None:
        self.workflow, self.goals, self.around, self.effort = workflow, goals, around, effort
        self.looked_at = set(looked)
        self._told_apart = told_apart(looked)
        self._far = distances(workflow, goals)
        self._visited: dict[tuple[Any, ...], Any] = {}
        self._tried = 0
        self.certain = True
        self.objections: dict[str, str] = {}

    def way(self, demand: Stream, now: datetime) -> tuple[Onward, ...] | None:
        """A way from the demand to a goal; None where all was tried, or as much as may be.

        The shortest, if that is asked for; else demands in states where few were yet are gone on from first, so that
        no move that is refused again and again holds it up.
        """
        numbers = count()
        in_state: Counter[str] = Counter()
        waiting: list[tuple[tuple[int, int], int, int, _Node, Iterator[Onward]]] = []

        def add(node: _Node) -> tuple[int, int]:
            state = node.demand.state
            least = (0 if self.effort.shortest else in_state[state], node.steps + self._far[state])
            in_state[state] += 1
            entry = (least, -node.steps, next(numbers), node, self._ways_on(node.demand, now))
            heapq.heappush(waiting, entry)
            return least

        if demand.state in self._far:
            self._visited[place_of(demand, self._told_apart)] = demand
            add(_Node(demand, 0, None, None))
        while waiting:
            least, depth, number, node, ways_on = heapq.heappop(waiting)
            for onward in ways_on:
                after = _Node(onward.after, node.steps + 1, onward, node)
                if onward.after.state in self.goals:
                    return _steps_to(after)
                if onward.after.state in self._far and add(after) <= least:
                    # this one is nearer: go on from it first, and come back here afterwards
                    heapq.heappush(waiting, (least, depth, number, node, ways_on))
                    break
            if self._tried > self.effort.proposals:
                self.certain = False
                return None
        return None

    def beyond_the_bounds(self, demand: Stream, now: datetime) -> bool:
        """Whether there is a way once numbers that go up from here are very high: a condition may ask for a bound."""
        places = list(self._visited.values())
        rising = [name for name in COUNTERS if any(getattr(one, name, 0) > getattr(demand, name, 0) for one in places)]
        if not rising and not {"version", "facts"} & self.looked_at:
            return False
        search = Search(self.workflow, self.looked_at, self.goals, self.around, THOROUGH)
        return search.way(much_later(demand, rising), now) is not None or not search.certain

    def _ways_on(self, demand: Stream, now: datetime) -> Iterator[Onward]:
        """The steps that can be made from here to a place where none led before, those to the goal first."""
        moves = self.workflow.moves_from(demand.state)
        for name in sorted(moves, key=lambda name: min(self._far.get(row.dest, OFTEN) for row in moves[name])):
            kind = moves[name][0].move.fact
            if kind not in OTHER_SIDES and not issubclass(kind, MovedOver):
                yield from self._by(name, moves[name], demand, now)

    def _by(self, name: str, rows: Sequence[Row], demand: Stream, now: datetime) -> Iterator[Onward]:
        """The steps by the moves of one name, now and then later, where that may make a difference."""
        soonest = now if demand.last is None else max(now, demand.last)
        nearer = min(self._far.get(row.dest, OFTEN) for row in rows) < self._far.get(demand.state, OFTEN)
        for wait in self.effort.waits:
            time_matters, dull = False, 0  # in a row, by all of them
            try:
                tried = self._facts(rows[0].move.fact, demand, soonest + wait)
            except InvalidValue:  # no sample is known
                self.certain = False
                return
            refused: set[tuple[str, int]] = set()  # by role: facts by their numbers, or all
            for role in dict.fromkeys(role for row in rows for role in row.move.roles):
                for by in people(role, demand, self.around.people):
                    dull_by_them = 0
                    for number, fact in enumerate(tried):
                        if dull_by_them > self.effort.dull or dull > 2 * self.effort.dull:
                            break
                        if self._tried > self.effort.proposals:
                            return
                        if (role, number) in refused or (role, ALL) in refused:
                            continue
                        self._tried += 1
                        proposal = Proposal(name, fact, by, soonest + wait, self._other(fact))
                        after, looked, objection = self._judged(rows, demand, proposal)
                        self.looked_at |= looked
                        time_matters |= "at" in looked
                        if after is None:
                            if objection and nearer:
                                self.objections[f"{name} from {demand.state}"] = objection
                            mattered = looked & PARTS - {"move"}
                            if not mattered:
                                refused.add((role, ALL))
                            elif mattered == {"fact"}:
                                refused.add((role, number))
                            elif mattered == {"by"}:
                                break
                            continue
                        place = place_of(after, self._told_apart)
                        dull, dull_by_them = dull + 1, dull_by_them + 1
                        if place not in self._visited:
                            dull = dull_by_them = 0
                            self._visited[place] = after
                            yield Onward(proposal, demand, after)
            if rows[0].move.fact in self.around.unsure:
                self.certain = False
            if not time_matters:
                return

    def _facts(self, kind: type[Fact], demand: Stream, at: datetime) -> list[Fact]:
        """Facts that were seen before, if the samples will not do; else samples, and then those."""
        seen = [fact for fact in self.around.facts if type(fact) is kind]
        if kind in self.around.unsure:
            return seen
        made: list[Fact] = []
        others = [other.id for other in self.around.others] if issubclass(kind, Merged) else []
        for fact in facts(kind, demand, at, others, self.workflow.grades.words):
            made.append(fact)
            if len(made) >= self.effort.facts:
                break
        return [*made, *(fact for fact in seen if fact not in made)]

    def _other(self, fact: Fact) -> Demand | None:
        into = fact.into if isinstance(fact, Merged) else None
        return next((other for other in self.around.others if other.id == into), None)

    def _judged(self, rows: Sequence[Row], demand: Any, proposal: Proposal[Any]) -> tuple[Any, set[str], str]:
        """The demand after the step, if it can be made; what was looked at for that; and what was objected."""
        looked: set[str] = set()
        asking = watched(demand, proposal, looked)
        row = next((row for row in rows if fits(row, demand, proposal, asking)), None)
        if row is None:
            return None, looked, ""
        if isinstance(proposal.fact, Merged) and not self._taken_in(proposal, demand):
            return None, looked | {"fact", "other"}, ""
        let_through = set(looked)
        for rule in row.move.rules:
            by_this = watched(demand, proposal, alone := set[str]())
            objection = _answer(rule, *by_this)
            if objection is not None:
                return None, looked | alone, str(objection)
            let_through |= alone
        self.looked_at |= let_through
        return evolve(demand, event_of(self.workflow, demand, proposal, row)), looked, ""

    def _taken_in(self, proposal: Proposal[Any], demand: Stream) -> bool:
        """Whether the demand into which it is merged can take it in."""
        other = proposal.other
        if other is None or other.id == demand.id:
            return False
        name = self.workflow.move_of(TookIn, other.state, proposal.by.role)
        if name is None:
            return False
        side = Proposal(name, TookIn(demand=demand.id), proposal.by, max(proposal.at, other.last or proposal.at))
        rows = self.workflow.moves_from(other.state)[name]
        row = next((row for row in rows if fits(row, other, side, (other, side))), None)
        return row is not None and all(_answer(rule, other, side) is None for rule in row.move.rules)


def fits(row: Row, demand: Stream, proposal: Proposal[Any], asking: tuple[Stream, Proposal[Any]]) -> bool:
    """Whether the row is for this role, from where the demand came, and on a condition that holds."""
    move = row.move
    if proposal.by.role not in move.roles or (move.leads_back and row.dest != demand.came_from):
        return False
    if move.when is None:
        return True
    answer = _answer(move.when, *asking)
    return bool(answer) and not isinstance(answer, str)


def _answer(function: Any, demand: Stream, proposal: Proposal[Any]) -> Any:
    """What a rule or a condition answers; one that raises lets nothing through."""
    try:
        return function(demand, proposal)
    except Exception as error:  # what a community's rule may raise is not known
        return f"{type(error).__name__}: {error}"


def _steps_to(node: _Node) -> tuple[Onward, ...]:
    steps: deque[Onward] = deque()
    at: _Node | None = node
    while at is not None and at.came_by is not None:
        steps.appendleft(at.came_by)
        at = at.before
    return tuple(steps)
