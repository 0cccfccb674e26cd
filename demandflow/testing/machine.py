"""A state machine for Hypothesis: everything by lot on a real DemandFlow, and the model beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import SearchStrategy

from demandflow.application import DemandFlow
from demandflow.domain.fact import Fact
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.workflow import Workflow
from demandflow.testing.drawing.drawing import LOT, Drawing
from demandflow.testing.environments import PLAIN, any_environment
from demandflow.testing.laws.laws import Own, Rules, laws
from demandflow.testing.operations import History, Operation
from demandflow.testing.playing.law import Law, Played
from demandflow.testing.playing.player import Player
from demandflow.testing.tally import Tally
from demandflow.testing.telling import told


def as_state_machine(
    workflow: Workflow = CLOSED_LOOP,
    *,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
    rules: Rules = (),
    also: Own = (),
    facts: Mapping[type[Fact], SearchStrategy[Any]] | None = None,
    tally: Tally | None = None,
) -> type[RuleBasedStateMachine]:
    """A Hypothesis state machine that plays the workflow on a real DemandFlow, and the model beside it.

    Each sequence has an environment of its own: in memory or in a file, in some zone, with one opener or several.
    `open`, `rules`, `also` and `facts` are those of check(). Run it with
    `hypothesis.stateful.run_state_machine_as_test`, or its `TestCase` with pytest. Raises InvalidValue.
    """
    kept = laws(workflow, rules=rules, also=also)

    class Machine(_Machine):
        opened_by = staticmethod(open)

    Machine.workflow, Machine.laws, Machine.tally, Machine.facts = workflow, kept, tally or Tally(), facts or {}
    Machine.__name__ = Machine.__qualname__ = f"{workflow.name.title().replace('-', '')}Machine"
    return Machine


class _Machine(RuleBasedStateMachine):
    workflow: Workflow
    laws: tuple[Law, ...]
    tally: Tally
    facts: Mapping[type[Fact], SearchStrategy[Any]]
    opened_by: Callable[..., DemandFlow]

    def __init__(self) -> None:
        super().__init__()
        self.player: Player | None = None
        self.operations: list[Operation] = []
        self.broken = False

    def teardown(self) -> None:
        """Hold the laws against all that was done, and close what was opened."""
        if self.player is None:
            return
        try:
            for done in self.player.done:
                self.tally.count(done)
            if not self.broken:
                history = History(self.workflow, tuple(self.operations), self.environment, frozenset(self.facts))
                for one in self.laws:
                    one.holds(Played(history, self.player))
        finally:
            self.player.close()

    @initialize(lot=LOT, data=st.data())
    def begin(self, lot: int, data: st.DataObject) -> None:
        """Somewhere, a first demand is registered; the plainest environment is the one of lot 0."""
        dice = Random(lot)  # noqa: S311
        self.environment = any_environment(dice) if lot else PLAIN
        self.player = Player(self.workflow, self.environment, open=self.opened_by)
        given = {kind: partial(data.draw, strategy) for kind, strategy in self.facts.items()}
        self.drawing = Drawing(self.player.world, dice, given, self.environment)
        self.drawing.prelude = 0
        note(f"{self.environment}")
        self._do(self.drawing.command)

    @rule(lot=LOT)
    def somebody_makes_a_move(self, lot: int) -> None:
        """Rather one that is possible and leads on."""
        self._do(self.drawing.command, lot)

    # most of what is done are such moves
    another_move = rule(lot=LOT)(lambda self, lot: self._do(self.drawing.command, lot))
    a_third_move = rule(lot=LOT)(lambda self, lot: self._do(self.drawing.command, lot))

    @rule(lot=LOT)
    def something_is_done(self, lot: int) -> None:
        """A command comes again, a question is asked, the policies are run, something breaks."""
        self._do(self.drawing.operation, lot)

    @rule(lot=LOT)
    def somebody_asks(self, lot: int) -> None:
        """Any public question."""
        self._do(lambda: self.drawing.asking.question(lot % 6), lot)

    def _do(self, drawn: Callable[[], Operation | None], lot: int | None = None) -> None:
        assert self.player is not None
        if lot is not None:
            self.drawing.draw_by(Random(lot))  # noqa: S311
        operation = drawn()
        if operation is None:
            return
        note(told(operation, len(self.operations) + 1))
        self.operations.append(operation)
        self.broken = True
        self.player.do(operation)
        self.broken = False
