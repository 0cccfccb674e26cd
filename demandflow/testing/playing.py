"""Playing a history on a real DemandFlow, and what came of each step in truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.commands import Commands
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import Merged, Registered
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.store.mapper import readable
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.histories import Expected, History, Step, Telling, demand_id

OFTEN = 3


@dataclass(frozen=True)
class Done:
    """What had to come of a step, the answer that came (a demand, or what was raised), and what was recorded."""

    number: int
    expected: Expected
    answer: Demand | Exception
    recorded: tuple[Event, ...]

    @property
    def step(self) -> Step:
        """The step."""
        return self.expected.step

    @property
    def accepted(self) -> bool:
        """Whether it was answered with a demand."""
        return isinstance(self.answer, Demand)


@dataclass
class Played:
    """A history that was played: the flow, still open, and what was done."""

    history: History
    flow: DemandFlow
    clock: FrozenClock
    telling: Telling
    done: list[Done] = field(default_factory=list)

    @property
    def workflow(self) -> Workflow:
        """The workflow that was played."""
        return self.history.workflow

    @property
    def expected(self) -> dict[UUID, list[Event]]:
        """What had to be recorded of each demand."""
        found: dict[UUID, list[Event]] = {}
        for done in self.done:
            for event in done.expected.events:
                found.setdefault(event.demand, []).append(event)
        return found

    def other_keys(self, demand: Demand) -> tuple[str, ...]:
        """The workflow to which the demand could move over."""
        keys = (self.telling.twin.key, self.workflow.key)
        return tuple(key for key in keys if key != demand.workflow)

    @property
    def demands(self) -> tuple[UUID, ...]:
        """The demands that had to be registered."""
        return tuple(self.expected)

    def recorded(self, demand: UUID) -> list[Event]:
        """What is recorded of the demand."""
        return self.flow._log.events(demand)


@contextmanager
def play(
    workflow: Workflow,
    steps: Iterable[Step],
    *,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
    url: str = "memory:",
) -> Iterator[Played]:
    """Play these steps on a new DemandFlow, which is closed at the end of the `with` block.

    `open` is called as `DemandFlow.open(url, workflows=…, clock=…, new_id=…)` and must give an empty log. Raises
    InvalidValue for a move that the workflow does not have, or a demand that was never registered.
    """
    history, telling, clock = History(workflow, tuple(steps)), Telling(workflow), FrozenClock()
    _check(history)
    next_id = demand_id(1)
    with calendars_may_end():
        opened = open(url, workflows=(workflow, telling.twin), clock=clock, new_id=lambda: next_id)
    with opened as flow:
        played = Played(history, flow, clock, telling)
        for number, step in enumerate(history.steps, start=1):
            next_id = demand_id(step.demand)
            played.done.append(done_by(flow, clock, telling, number, step))
        yield played


def _check(history: History) -> None:
    """Raise InvalidValue for steps that could never be made: of no demand, or by no move of the workflow."""
    names, registered = dict.fromkeys(move.name for move in history.workflow.moves), set()
    for number, step in enumerate(history.steps, start=1):
        if not isinstance(step, Step):
            raise InvalidValue("steps", f"step {number} must be a Step, got {brief(step)}")
        if step.move not in names:
            near = get_close_matches(step.move, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f" (it has {listed(names)})"
            raise InvalidValue("steps", f"step {number}: {history.workflow.key} has no move {step.move!r}{hint}")
        if isinstance(step.fact, Registered):
            start = history.workflow.move_of(type(step.fact), "")
            if step.move != start:
                raise InvalidValue("steps", f"step {number}: {type(step.fact).__name__} is registered by {start!r}")
            registered.add(step.demand)
        elif isinstance(step.fact, Merged) and step.fact.into.int not in registered:
            raise InvalidValue("steps", f"step {number}: demand {step.fact.into} was not registered before")
        elif step.demand not in registered:
            raise InvalidValue("steps", f"step {number} is of demand {step.demand}, which no step before registers")


def done_by(flow: DemandFlow, clock: FrozenClock, telling: Telling, number: int, step: Step) -> Done:
    """Try the step, and tell what had to come of it and what did."""
    clock.now += step.after
    began = flow._log.last_position()
    expected = telling.tell(step)
    answer: Demand | Exception
    try:
        answer = command(flow, step, expected.at if step.late else None, command_id=f"step {number}")
    except Exception as error:  # a law judges what may be raised
        answer = error
    if number % OFTEN == 0:
        flow.figures()  # the tables follow along the way, not only at the end
    return Done(number, expected, answer, tuple(event for _, event in readable(flow._log.page(began, 10))))


def command(flow: Commands, step: Step, at: datetime | None, **how: Any) -> Demand:
    """Make the step; what happened before is entered with the right to do so."""
    if at is not None and isinstance(flow, DemandFlow):
        with flow.batch(backdating=True) as batch:
            return command(batch, step, at, **how)
    if isinstance(step.fact, Registered):
        return flow.start(step.fact, by=step.by, at=at)
    return flow.act(demand_id(step.demand), step.move, step.fact, by=step.by, at=at, **how)
