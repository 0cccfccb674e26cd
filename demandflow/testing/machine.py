"""A state machine for Hypothesis: random steps and crashes against a real DemandFlow, laws after every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import SearchStrategy

from demandflow.application import DemandFlow
from demandflow.domain.demand import as_if
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, StorageError, brief
from demandflow.testing import clock_laws, demand_laws, figure_laws
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.histories import THROWN, Choice, History, Step, Telling, demand_id
from demandflow.testing.law import Law
from demandflow.testing.laws import Own, Rules, laws
from demandflow.testing.playing import Done, Played, command, done_by
from demandflow.testing.telling import told_step

AFTER_A_STEP = (
    demand_laws.refused_changes_nothing,
    demand_laws.accepted_records_exactly_what_it_says,
    demand_laws.a_move_lands_where_the_table_says,
    demand_laws.a_demand_looks_as_its_history_says,
    demand_laws.replay_equals_live,
    demand_laws.corrections_equal_having_been_right,
    demand_laws.what_is_possible_is_said,
    demand_laws.no_way_past_feedback,
    clock_laws.a_clock_stands_as_its_states_say,
    clock_laws.the_next_due_moment_is_the_soonest,
    figure_laws.figures_equal_a_rebuild,
    figure_laws.the_identity,
    figure_laws.the_board_shows_where_demands_stand,
)


class Tally:
    """How often each move was accepted and refused while the machine ran."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def count(self, done: Done) -> None:
        """Count one step, and what was recorded on the other demand with it."""
        if not done.accepted:
            self.refused[done.step.move] += 1
        self.accepted.update(event.stamp.move for event in done.recorded)

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
    url: str | Callable[[], str] = "memory:",
    rules: Rules = (),
    also: Own = (),
    facts: Mapping[type[Fact], SearchStrategy[Any]] | None = None,
    tally: Tally | None = None,
) -> type[RuleBasedStateMachine]:
    """A Hypothesis state machine that plays the workflow on a real DemandFlow and checks the laws after every step.

    `url` is memory: or a function that names a new, empty storage for each sequence; there the flow is also abandoned
    and opened again between steps. `open` is called as `DemandFlow.open(url, workflows=…, clock=…, new_id=…)`. `rules`,
    `also` and `facts` are those of check(). Run it with `hypothesis.stateful.run_state_machine_as_test`, or its
    `TestCase` with pytest. Raises InvalidValue.
    """
    if not callable(url) and url != "memory:":
        raise InvalidValue("url", f"must be memory: or a function that names a new storage each time, got {brief(url)}")
    kept = laws(workflow, rules=rules, also=also)

    class Machine(_Machine):
        opened_by = staticmethod(open)

    Machine.workflow, Machine.laws, Machine.tally = workflow, kept, tally or Tally()
    Machine.new_url = staticmethod(url if callable(url) else lambda: "memory:")
    Machine.facts = facts or {}
    Machine.__name__ = Machine.__qualname__ = f"{workflow.name.title().replace('-', '')}Machine"
    return Machine


class _Broken(Exception):
    """What breaks a batch off."""


class _Machine(RuleBasedStateMachine):
    workflow: Workflow
    laws: tuple[Law, ...]
    tally: Tally
    facts: Mapping[type[Fact], SearchStrategy[Any]]
    new_url: Callable[[], str]
    opened_by: Callable[..., DemandFlow]

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.telling = FrozenClock(), Telling(self.workflow)
        self.url, self.next_id = self.new_url(), demand_id(1)
        self.flow = self._open()
        self.abandoned: list[DemandFlow] = []
        self.done: list[Done] = []
        self.last: Done | None = None
        self.wholly = True

    def _open(self) -> DemandFlow:
        workflows = (self.workflow, self.telling.twin)
        with calendars_may_end():
            return self.opened_by(self.url, workflows=workflows, clock=self.clock, new_id=lambda: self.next_id)

    def teardown(self) -> None:
        """Check what is checked once a sequence, and close what was opened."""
        try:
            if self.done and self.wholly:
                played = self._played(self.done)
                for one in self.laws:
                    one.holds(played)
        finally:
            for flow in (self.flow, *self.abandoned):
                flow.close()

    # steps

    @initialize(choice=THROWN, data=st.data())
    def begin(self, choice: Choice, data: st.DataObject) -> None:
        """There is a demand to begin with."""
        self._try(choice, data)

    @rule(choice=THROWN, data=st.data())
    def register(self, choice: Choice, data: st.DataObject) -> None:
        """Somebody registers what a resident asks for, up to a few."""
        self._try(choice._replace(kind=14), data)

    def a_possible_move(self, choice: Choice, data: st.DataObject) -> None:
        """Somebody who may makes a move that the state has, rather one that leads on; a rule may object."""
        self._try(choice._replace(kind=0), data)

    # most of the steps are such moves
    first_move = rule(choice=THROWN, data=st.data())(a_possible_move)
    second_move = rule(choice=THROWN, data=st.data())(a_possible_move)
    third_move = rule(choice=THROWN, data=st.data())(a_possible_move)
    fourth_move = rule(choice=THROWN, data=st.data())(a_possible_move)
    fifth_move = rule(choice=THROWN, data=st.data())(a_possible_move)

    @rule(choice=THROWN, data=st.data(), other_fact=st.booleans())
    def an_impossible_move(self, choice: Choice, data: st.DataObject, other_fact: bool) -> None:
        """Somebody in any role makes any move, maybe with another fact: mostly refused, with the right error."""
        self._try(choice._replace(kind=13 if other_fact else 12), data)

    @precondition(lambda self: self.last is not None and self.last.accepted)
    @rule()
    def the_same_again(self) -> None:
        """Asking twice records once and gives the same result."""
        assert self.last is not None
        if not isinstance(self.last.step.fact, Registered):
            demand_laws.asking_twice_records_once.holds(self._played([self.last]))

    @rule(choice=THROWN, data=st.data())
    def a_batch_breaks_off(self, choice: Choice, data: st.DataObject) -> None:
        """A process dies within a batch: nothing of it is recorded."""
        step = self._step(choice, data)
        if step is None:
            return
        began = self.flow._log.last_position()
        with suppress(_Broken, DemandFlowError), self.flow.batch() as batch:
            command(batch, step, None)
            raise _Broken
        assert self.flow._log.last_position() == began, "a batch that broke off recorded something"

    @rule(after=st.integers(20, 20_000))
    def the_tables_break_off(self, after: int) -> None:
        """A process dies while it writes the tables."""
        connection = self.flow._projector._connection
        connection.set_progress_handler(lambda: 1, after)
        try:
            with suppress(StorageError):
                self.flow.figures()
        finally:
            connection.set_progress_handler(None, 0)

    @precondition(lambda self: self.url != "memory:")
    @rule(closed=st.booleans())
    def a_crash_and_a_reopening(self, closed: bool) -> None:
        """The flow is closed or abandoned, and opened again: nothing is lost."""
        if closed:
            self.flow.close()
        else:
            self.abandoned.append(self.flow)
        self.flow = self._open()
        for demand, live in self.telling.demands.items():
            # the commands' ids are not told to the model
            found = as_if(self.flow.demand(demand), commands=())
            assert found == live, f"demand {demand.int} is another one after a crash"

    # laws

    @invariant()
    def the_laws_hold(self) -> None:
        """After every step, for the demand it touched and for the figures."""
        if self.last is not None:
            done, self.last = self.last, None
            self.wholly = False
            played = self._played([done])
            for one in AFTER_A_STEP:
                one.holds(played)
            self.last, self.wholly = done, True

    def _try(self, choice: Choice, data: st.DataObject) -> None:
        step = self._step(choice, data)
        if step is None:
            return
        note(told_step(step, len(self.done) + 1))
        self.next_id = demand_id(step.demand)
        done = done_by(self.flow, self.clock, self.telling, len(self.done) + 1, step)
        self.tally.count(done)
        self.done.append(done)
        self.last = done

    def _step(self, choice: Choice, data: st.DataObject) -> Step | None:
        given = {kind: partial(data.draw, strategy) for kind, strategy in self.facts.items()}
        return self.telling.step(choice, given) or self.telling.step(choice._replace(kind=12), given)

    def _played(self, done: list[Done]) -> Played:
        history = History(self.workflow, tuple(one.step for one in done), frozenset(self.facts))
        return Played(history, self.flow, self.clock, self.telling, done)
