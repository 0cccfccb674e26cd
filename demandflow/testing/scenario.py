"""Scenarios: given what had happened, when somebody does something, then exactly this is recorded, or it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import fold
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, brief
from demandflow.recording.history import line_of
from demandflow.testing.casting import Part, cast, other_of
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.copying import code_of
from demandflow.testing.judging import Judged, register_unjudged
from demandflow.testing.model.world import demand_id

MINUTE = timedelta(minutes=1)


class Details(TypedDict, total=False):
    """What may be said of a step of a scenario besides its fact; what is left out is chosen.

    `by` is who does it: without it, somebody who may and to whom no rule objects, if there is one. `move` is the
    move: without it, the one that records such a fact from there. `after` is how long after the step before (a
    minute), `demand` which one, numbered from 1 in the order of registration (1). `command_id` is the command's: where
    an earlier step had it, `by` and `move` are those of that step.
    """

    by: Actor | None
    move: str | None
    after: timedelta
    demand: int
    command_id: str | None


@dataclass(frozen=True)
class Attempt:
    """A step of a scenario, as step() makes it."""

    fact: Fact
    by: Actor | None = None
    move: str | None = None
    after: timedelta = MINUTE
    demand: int = 1
    command_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.fact, Fact):
            raise InvalidValue("step", f"must be a fact, for instance a(Accepted), got {brief(self.fact)}")
        if not isinstance(self.after, timedelta) or self.after < timedelta(0):
            raise InvalidValue("after", f"must be a span of time, not below 0, got {brief(self.after)}")
        if self.move is not None and isinstance(self.fact, Registered):
            raise InvalidValue("move", "a registration takes the move that its workflow has for it; leave it out")

    def __str__(self) -> str:
        said = [code_of(self.fact)]
        said += [f"{name}={code_of(value)}" for name in ("by", "move") if (value := getattr(self, name)) is not None]
        said += [f"demand={self.demand}"] if self.demand != 1 else []
        said += [f"command_id={self.command_id!r}"] if self.command_id is not None else []
        return ", ".join(said)


def step(fact: Fact, **details: Unpack[Details]) -> Attempt:
    """A step of a scenario of which more is said than its fact (see Details). Raises InvalidValue."""
    if unknown := [name for name in details if name not in Details.__annotations__]:
        raise InvalidValue("step", f"has no {', '.join(unknown)} (possible: {', '.join(Details.__annotations__)})")
    return Attempt(fact, **details)


@dataclass(frozen=True)
class Situation:
    """What had happened, on a real DemandFlow in memory. It never changes: go on from it as often as you like."""

    workflows: tuple[Workflow, ...]
    events: tuple[Event, ...] = ()
    now: datetime = FrozenClock().now

    @property
    def demands(self) -> tuple[Demand, ...]:
        """All demands as they stand, in the order of registration."""
        found = (fold([event for event in self.events if event.demand == one]) for one in self._ids)
        return tuple(one for one in found if one is not None)

    @property
    def demand(self) -> Demand:
        """The first demand as it stands. Raises InvalidValue if none is registered."""
        return self._numbered(1)

    @property
    def history(self) -> str:
        """What happened so far, a line an event."""
        lines: list[str] = []
        for number, one in enumerate(self._ids, start=1):
            lines += [f"demand {number}:"] if len(self._ids) > 1 else []
            lines += [str(line_of(event)) for event in self.events if event.demand == one]
        return "\n".join(lines) or "nothing happened yet"

    def when(self, fact: Fact | Attempt, **details: Unpack[Details]) -> Outcome:
        """Somebody tries this now, and it is done or refused at once; judge what came of it (see Details).

        Raises AssertionError if no move of the workflow records such a fact, or several do; InvalidValue.
        """
        __tracebackhide__ = True
        attempt = _attempt(fact, details)
        with _Stage(self) as stage:
            outcome = stage.play(attempt)
        register_unjudged(outcome.token, f"when({attempt})")
        return outcome

    @property
    def _ids(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(event.demand for event in self.events))

    def _numbered(self, number: int) -> Demand:
        if number not in range(1, len(self._ids) + 1):
            raise InvalidValue("demand", f"there is no demand {number} yet (registered so far: {len(self._ids)})")
        return self.demands[number - 1]


@dataclass(frozen=True)
class Outcome(Judged):
    """What came of an attempt: say what had to, by then(), refused() or nothing(), or go on with when().

    `demand` is the demand afterwards; asking for it says that the attempt had to be accepted.
    """

    attempt: Attempt
    before: Situation
    after: Situation

    def when(self, fact: Fact | Attempt, **details: Unpack[Details]) -> Outcome:
        """Go on: what was tried had to be accepted, unless it was judged as refused. See Situation.when()."""
        __tracebackhide__ = True
        self._goes_on()
        return self.after.when(fact, **details)


def given(*facts: Fact | Attempt, workflow: Workflow | tuple[Workflow, ...] = CLOSED_LOOP) -> Situation:
    """What had happened: each fact recorded a minute after the one before, by somebody who may (see step()).

    Several workflows may be given, demands start on the first. Raises AssertionError with the history so far where one
    of them is refused, or where no move records it, or several do; InvalidValue.
    """
    __tracebackhide__ = True
    workflows = (workflow,) if isinstance(workflow, Workflow) else tuple(workflow)
    situation = Situation(workflows)
    with _Stage(situation) as stage:
        for number, fact in enumerate(facts, start=1):
            outcome = stage.play(_attempt(fact, {}))
            if isinstance(outcome.answer, DemandFlowError):
                raise AssertionError(
                    f"given {number}, {outcome.attempt}: was refused, {outcome.doing}\n  {outcome.answer}\n"
                    f"The history so far:\n{outcome.before.history}"
                )
    return stage.situation


class _Stage:
    """A DemandFlow on which a situation is played on."""

    def __init__(self, situation: Situation) -> None:
        self.situation, self._clock = situation, FrozenClock(situation.now)
        workflows, clock = situation.workflows, self._clock
        with calendars_may_end():
            self._flow = DemandFlow.open("memory:", workflows=workflows, clock=clock, new_id=self._next_id)
        if situation.events:
            self._flow._log.append(list(situation.events))

    def __enter__(self) -> _Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._flow.close()

    def play(self, attempt: Attempt) -> Outcome:
        """Try it; what is recorded has happened in the situation afterwards."""
        before = self.situation
        self._clock.now += attempt.after
        demand = before._numbered(attempt.demand) if not isinstance(attempt.fact, Registered) else None
        part = self._cast(attempt, demand)
        answer: Demand | DemandFlowError
        try:
            answer = self._command(attempt, demand, part)
        except DemandFlowError as error:
            answer = error
        recorded = tuple(self._flow.all_events())[len(before.events) :]
        self.situation = Situation(before.workflows, (*before.events, *recorded), self._clock.now)
        return Outcome(attempt, part, before, self.situation, recorded, answer)

    def _command(self, attempt: Attempt, demand: Demand | None, part: Part) -> Demand:
        how: dict[str, Any] = {"by": part.by, "command_id": attempt.command_id}
        if demand is None:
            assert isinstance(attempt.fact, Registered)
            return self._flow.start(attempt.fact, **how)
        return self._flow.act(demand.id, part.move, attempt.fact, **how)

    def _cast(self, attempt: Attempt, demand: Demand | None) -> Part:
        by, move = attempt.by, attempt.move
        for event in self.situation.events:
            if attempt.command_id is not None and event.meta.command_id == attempt.command_id:
                by, move = by or event.meta.actor, move or event.stamp.move
        it = demand or Demand(self._next_id())
        workflow = self._flow.workflows.get(it.workflow, self.situation.workflows[0])
        other = other_of(it, attempt.fact)
        there = next((one for one in self.situation.demands if one.id == other), None)
        at = max([self._clock.now, *(one.last for one in (it, there) if one is not None and one.last is not None)])
        return cast(workflow, it, attempt.fact, at, move=move, by=by, other=there)

    def _next_id(self) -> UUID:
        return demand_id(len(self.situation._ids) + 1)


def _attempt(fact: Fact | Attempt, details: Details) -> Attempt:
    if not isinstance(fact, Attempt):
        return step(fact, **details)
    if details:
        raise InvalidValue("step", "say it in step(…) or beside it, not in both")
    return fact
