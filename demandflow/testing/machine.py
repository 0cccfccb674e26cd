"""A state machine for Hypothesis: random moves, possible and impossible, against a real DemandFlow."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from demandflow.application import DemandFlow
from demandflow.domain.closed_loop import CLOSED_LOOP
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, LetGo, Merged, Registered, TookIn, Unmerged
from demandflow.domain.moves import Move, Proposal, sources
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError
from demandflow.projections.projector import Projector
from demandflow.testing import laws
from demandflow.testing.clock import FrozenClock
from demandflow.testing.shadow import Shadow
from demandflow.testing.strategies import actors_for, facts_for, registrations

MOST_DEMANDS = 3


class Tally:
    """How often each move was accepted and refused while the machine ran."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def least(self, workflow: Workflow) -> tuple[int, int]:
        """How often the rarest move was accepted, and refused."""
        names = {move.name for move in workflow.moves}
        return min(self.accepted[name] for name in names), min(self.refused[name] for name in names)

    def table(self, workflow: Workflow) -> str:
        """A line a move, in the order of the workflow."""
        names = dict.fromkeys(move.name for move in workflow.moves)
        lines = [f"{name:<16}{self.accepted[name]:>10}{self.refused[name]:>10}" for name in names]
        return "\n".join([f"{'move':<16}{'accepted':>10}{'refused':>10}", *lines])


def as_state_machine(
    workflow: Workflow = CLOSED_LOOP,
    *,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
    url: str = "memory:",
    tally: Tally | None = None,
    weights: Mapping[str, int] | None = None,
) -> type[RuleBasedStateMachine]:
    """A Hypothesis state machine that plays the workflow on a real DemandFlow and checks the laws after every step.

    `open` is called as `DemandFlow.open(url, workflows=(workflow,), clock=…, new_id=…)` at the start of each sequence
    and must give an empty log. `weights` say how often a move is tried, by name; usually 4, or 1 if it is
    possible everywhere. Run it with `hypothesis.stateful.run_state_machine_as_test`, or its `TestCase` with pytest.
    """
    counts = tally or Tally()

    class Machine(_Machine):
        def _open(self) -> DemandFlow:
            numbers = itertools.count(1)
            new_id = lambda: UUID(int=next(numbers))  # noqa: E731
            return open(url, workflows=(workflow,), clock=self.clock, new_id=new_id)

    Machine.workflow, Machine.tally, Machine.weighted = workflow, counts, _weighted(workflow, weights or {})
    Machine.__name__ = Machine.__qualname__ = f"{workflow.name.title().replace('-', '')}Machine"
    return Machine


class _Machine(RuleBasedStateMachine):
    workflow: Workflow
    tally: Tally
    weighted: dict[str, list[Move]]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.flow = self._open()
        self.shadow = Shadow(self.workflow)
        self.rebuilt = Projector(laws.Detached(self.flow), "UTC")
        self.live: dict[UUID, Demand] = {}
        self.touched: set[UUID] = set()
        self.last: tuple[UUID, Move, Any, Actor, str] | None = None
        self.commands = 0

    def _open(self) -> DemandFlow:
        raise NotImplementedError

    def teardown(self) -> None:
        """Close what was opened."""
        self.rebuilt.close()
        self.flow.close()

    # steps

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """There is a demand to begin with."""
        self.register(data)

    @precondition(lambda self: len(self.live) < MOST_DEMANDS)
    @rule(data=st.data())
    def register(self, data: st.DataObject) -> None:
        """Somebody registers what a resident asks for."""
        move = next(move for move in self.workflow.moves if "" in sources(move, self.workflow.states))
        fact = data.draw(registrations(self.clock.now), label="registered")
        blank = Demand(UUID(int=0), resident=fact.resident)
        by = data.draw(st.sampled_from([a for role in move.roles for a in actors_for(role, blank)]), label="by")
        expected = self._expected(Demand(UUID(int=0)), move, fact, by, self.clock.now, None)
        before = self.flow._log.last_position()
        try:
            demand = self.flow.start(fact, by=by)
        except DemandFlowError as error:
            self._refused(move.name, expected, error, before)
            return
        assert isinstance(expected, Move), f"registered, though {expected} was expected"
        self._accepted(demand, expected, fact)

    def a_possible_move(self, data: st.DataObject) -> None:
        """Somebody who may makes a move that the state has, rather one that leads on; a rule may object."""
        demand = self._some_demand(data)
        if moves := self.weighted[demand.state]:
            self._propose(data, demand, data.draw(st.sampled_from(moves), label="move"))

    # most of the steps are such moves
    first_move = rule(data=st.data())(a_possible_move)
    second_move = rule(data=st.data())(a_possible_move)
    third_move = rule(data=st.data())(a_possible_move)
    fourth_move = rule(data=st.data())(a_possible_move)
    fifth_move = rule(data=st.data())(a_possible_move)

    @rule(data=st.data())
    def any_move(self, data: st.DataObject) -> None:
        """Somebody in any role makes any move: mostly impossible, and then the right error is expected."""
        demand = self._some_demand(data)
        names = {move.name: move for move in self.workflow.moves}
        move = names[data.draw(st.sampled_from(list(names)), label="move")]
        roles = dict.fromkeys(role for one in self.workflow.moves for role in one.roles)
        role = data.draw(st.sampled_from([*roles, *move.roles]), label="role")
        self._propose(data, demand, move, role)

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_same_again(self) -> None:
        """Asking twice records once and gives the same result."""
        assert self.last is not None
        demand, move, fact, by, command = self.last
        before = self.flow._log.last_position()
        again = self.flow.act(demand, move.name, fact, by=by, command_id=command)
        assert self.flow._log.last_position() == before, "asking twice recorded twice"
        assert dict(again.commands)[command] == again.version, "asking twice gave another result"

    @rule(days=st.sampled_from((0, 1, 6, 8, 31)), hours=st.integers(0, 23))
    def time_goes_by(self, days: int, hours: int) -> None:
        """Nothing happens by itself."""
        self.clock.advance(days=days, hours=hours)

    # laws

    @invariant()
    def the_laws_hold(self) -> None:
        """After every step, for every demand it touched and for the figures."""
        for demand in self.touched:
            live = self.flow.demand(demand)
            assert live == self.live[demand], "reading gives another demand than the command did"
            assert not (wrong := self.shadow.differences(live)), wrong
            for law in laws.DEMAND_LAWS:
                law(self.flow, live)
        if self.touched:
            laws.figures_add_up(self.flow)
            laws.figures_equal_a_rebuild(self.flow, self.rebuilt)
            laws.ledger_equals_totals(self.flow)
        self.touched.clear()

    # how a step is made

    def _some_demand(self, data: st.DataObject) -> Demand:
        """A demand, rather one that is open, and rather the one that is furthest on."""
        going = sorted((one for one in self.live.values() if one.open), key=lambda one: one.version)
        ids = [*self.live, *(one.id for one in going * 2 + going[-1:] * 6)]
        return self.live[data.draw(st.sampled_from(ids), label="demand")] if ids else self._registered_first(data)

    def _registered_first(self, data: st.DataObject) -> Demand:
        while not self.live:
            self.register(data)
        return next(iter(self.live.values()))

    def _propose(self, data: st.DataObject, demand: Demand, move: Move, role: str | None = None) -> None:
        others = [other for other in self.live if other != demand.id] * 4 + [demand.id]
        fact = data.draw(facts_for(move.fact, demand, others, self.clock.now), label="fact")
        into = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
        other = self.live[into] if into else None
        roles = (role,) if role else move.roles
        people = [actor for one in roles for actor in actors_for(one, demand)]
        now = self.clock.now
        fitting = [a for a in people if isinstance(self._expected(demand, move, fact, a, now, other), Move)]
        by = data.draw(st.sampled_from(fitting * 4 + people if role is None else people), label="by")
        at = data.draw(st.sampled_from((None,) * 9 + (now - timedelta(days=2),)), label="at")
        expected = self._expected(demand, move, fact, by, at or now, other)
        before = self.flow._log.last_position()
        self.commands += 1
        command = f"command {self.commands}"
        try:
            after = self.flow.act(demand.id, move.name, fact, by=by, at=at, command_id=command)
        except DemandFlowError as error:
            self._refused(move.name, expected, error, before)
            return
        assert isinstance(expected, Move), f"{move.name} was recorded, though {expected} was expected"
        recorded = self.flow._log.page(before, 10)
        assert len(recorded) == (1 if other is None else 2), "another number of facts was recorded than proposed"
        assert (recorded[0][1].fact, recorded[0][1].meta.actor) == (fact, by), "another fact was recorded"
        self._accepted(after, expected, fact)
        self.last = (demand.id, move, fact, by, command)
        if other is not None:
            self._other_side(demand, other, fact)

    def _expected(
        self, demand: Demand, move: Move, fact: Any, by: Actor, at: datetime, other: Demand | None
    ) -> Move | str:
        return self.shadow.expected(demand, Proposal(move.name, fact, by, at, other))

    def _other_side(self, demand: Demand, other: Demand, fact: Any) -> None:
        side = TookIn(demand=demand.id) if isinstance(fact, Merged) else LetGo(demand=demand.id)
        move = next(one for one in self.workflow.moves if one.fact is type(side))
        after = self.flow.demand(other.id)
        self._accepted(after, move, side)
        if isinstance(fact, Unmerged):
            assert demand.id not in after.took_in, "let go, and still there"
            assert self.live[demand.id].state == demand.came_from, "un-merging does not cancel merging"
            assert self.live[demand.id].ended_as is None, "un-merging does not cancel merging"

    def _accepted(self, demand: Demand, move: Move, fact: Any) -> None:
        self.tally.accepted[move.name] += 1
        self.shadow.accept(demand.id, move, fact)
        self.live[demand.id] = demand
        self.touched.add(demand.id)
        if isinstance(fact, Registered):
            self.last = None

    def _refused(self, move: str, expected: Move | str, error: DemandFlowError, before: int) -> None:
        self.tally.refused[move] += 1
        assert type(error).__name__ == expected, f"{move}: {expected} was expected, got {error!r}"
        assert self.flow._log.last_position() == before, "a refused command recorded something"
        assert str(error), "a refusal says nothing"


def _weighted(workflow: Workflow, weights: Mapping[str, int]) -> dict[str, list[Move]]:
    """The moves of each state, each as often as its weight says; those made everywhere are the least likely."""
    weighted: dict[str, list[Move]] = {"": [], **{state.name: [] for state in workflow.states}}
    for move in workflow.moves:
        usual = 4 if isinstance(move.from_, str | tuple) else 1
        for source in sources(move, workflow.states):
            if move.fact not in OTHER_SIDES:
                weighted[source] += [move] * weights.get(move.name, usual)
    return weighted
