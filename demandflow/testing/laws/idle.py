"""Moves that were never made in any history, and that nobody can make with any demand, whatever comes before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from demandflow.domain.facts import OTHER_SIDES, Corrected, Merged, MovedOver
from demandflow.domain.moves import BACK, STAY, Move, Proposal, sources
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import Defect
from demandflow.testing.drawing.distances import distances
from demandflow.testing.environments import START
from demandflow.testing.laws.ahead import newcomer
from demandflow.testing.laws.places import COUNTERS, at_state, much_later
from demandflow.testing.laws.search import QUICK, THOROUGH, Effort, Search, Surroundings, fits
from demandflow.testing.playing.law import Played

VISITS = 20
"""How often something must have been tried where a move leads from before anything is said of it."""
MADE = "(made)"
NOT_ASKED = (*OTHER_SIDES, Merged, MovedOver, Corrected)
"""Facts that need another demand, another workflow or an earlier event."""


class Idle:
    """Notes what was made in each history, and says in the end what nobody can make."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self._made: set[int] = set()
        self._visits: Counter[str] = Counter()
        self._unsure: frozenset[type] = frozenset()

    def note(self, played: Played) -> None:
        """What was made in this history, and in which states something was tried."""
        if played.difference is not None:
            return
        moves, states = self.workflow.moves, self.workflow.states
        self._unsure |= played.history.own_facts
        self._visits.update(
            done.expected.before.state for done in played.done if isinstance(done.expected.before, self.workflow.of)
        )
        for demand in played.own:
            before = ""
            for event in played.recorded(demand):
                stamp = event.stamp
                for number, move in enumerate(moves):
                    goal = before if move.to is STAY else stamp.state if move.to is BACK else move.to
                    same = (stamp.move, stamp.state, stamp.means or ()) == (move.name, goal, move.meanings)
                    if same and before in sources(move, states):
                        self._made.add(number)
                before = stamp.state

    def advice(self) -> Iterator[Defect]:
        """The moves that were never made where something was tried often, and that nobody can make."""
        for number, move in enumerate(self.workflow.moves):
            states = sources(move, self.workflow.states)
            often = sum(self._visits[state] for state in states) >= VISITS
            if number in self._made or not often or move.fact in NOT_ASKED or self._unsure:
                continue
            why = why_never(self.workflow, move)
            if why is not None:
                goal = f" that leads to {move.to!r}" if isinstance(move.to, str) else ""
                says = f"move {move.name!r}{goal} can never be made: {why}"
                remedy = "mend what keeps it from being made, or take it out"
                yield Defect("idle-move", says, remedy, states, (move.name,))


def why_never(workflow: Workflow, move: Move) -> str | None:
    """Why nobody can make the move with any demand that comes to where it leads from.

    None if somebody can, if none comes there (then another move is to blame), or if not all was tried.
    """
    looked: set[str] = set()
    blank, other = workflow.of(UUID(int=1)), newcomer(workflow, START)
    around = Surroundings(() if other is None else (other,))
    for effort in (QUICK, THOROUGH):
        while True:
            search = _ToMake(workflow, looked, move, around, effort)
            if search.way(blank, START) is not None:
                return None
            if search.looked_at <= looked:
                break
            looked |= search.looked_at
        if not search.certain:
            return None
    for demand in search.met:  # maybe a condition waits for a bound
        late = _ToMake(workflow, looked, move, around, QUICK)
        if late.way(much_later(demand, COUNTERS), demand.last or START) is not None or not late.certain:
            return None
    return search.why


class _ToMake(Search):
    """A search for a demand with which somebody can make this move."""

    def __init__(self, workflow: Workflow, looked: set[str], move: Move, around: Surroundings, effort: Effort) -> None:
        super().__init__(workflow, looked, frozenset({MADE}), around, effort)
        self.move = move
        self._sources = sources(move, workflow.states)
        ways = distances(workflow, self._sources)
        self._far = {MADE: 0, **{state: far + 1 for state, far in ways.items()}}
        self._said: Counter[str] = Counter()

    @property
    def met(self) -> Sequence[Stream]:
        """The demands that came to where the move leads from, as many as differ in what matters."""
        return [demand for demand in self._visited.values() if demand.state in self._sources]

    @property
    def why(self) -> str | None:
        """What most often kept the move from being made."""
        return self._said.most_common(1)[0][0] if self._said else None

    def _judged(self, rows: Sequence[Row], demand: Any, proposal: Proposal[Any]) -> tuple[Any, set[str], str]:
        after, looked, objection = super()._judged(rows, demand, proposal)
        if any(row.move is self.move for row in rows):
            taken = next((row for row in rows if fits(row, demand, proposal, (demand, proposal))), None)
            if taken is not None and taken.move is self.move:
                after = None if after is None else at_state(after, MADE)
                self._said.update([objection] if objection else [])
            elif taken is None or rows.index(taken) > [row.move for row in rows].index(self.move):
                self._said["its condition does not hold"] += 1
            else:
                self._said["one of its name that is written before it is always taken"] += 1
        return after, looked, objection
