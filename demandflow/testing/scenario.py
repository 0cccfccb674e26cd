"""Scenarios: given what had happened, when somebody does something, then exactly this is recorded, or it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, Unpack
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.domain.evolve import fold
from demandflow.domain.fact import Fact
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, Refusal, brief
from demandflow.recording.history import line_of
from demandflow.testing.casting import Attempt, Details, Part, beginning, cast, other_of, step
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.judging import NUMBERS, UNJUDGED, differences, lines
from demandflow.testing.model.step import demand_id

_refused: set[int] = set()
"""Outcomes that were judged as refused, by their tokens: from these one may go on."""


@dataclass(frozen=True)
class Situation:
    """What had happened, on a real DemandFlow in memory. It never changes: go on from it as often as you like."""

    workflows: tuple[Workflow, ...]
    events: tuple[Event, ...] = ()
    now: datetime = FrozenClock().now

    @property
    def demands(self) -> tuple[Any, ...]:
        """All demands (and streams of other kinds) as they stand, in the order of registration."""
        kinds = {workflow.of.KIND: workflow.of for workflow in self.workflows}
        by_id = ([event for event in self.events if event.demand == one] for one in self._ids)
        return tuple(fold(events, of=kinds.get(events[0].stamp.kind, Stream)) for events in by_id)

    @property
    def demand(self) -> Any:
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
        UNJUDGED[outcome.token] = f"when({attempt})"
        return outcome

    @property
    def _ids(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(event.demand for event in self.events))

    def _numbered(self, number: int) -> Any:
        if number not in range(1, len(self._ids) + 1):
            raise InvalidValue("demand", f"there is no demand {number} yet (registered so far: {len(self._ids)})")
        return self.demands[number - 1]


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: say what had to, by then(), refused() or nothing(), or go on with when()."""

    attempt: Attempt
    part: Part
    before: Situation
    after: Situation
    recorded: tuple[Event, ...]
    answer: Stream | DemandFlowError
    token: int = field(default_factory=lambda: next(NUMBERS), repr=False, compare=False)

    @property
    def demand(self) -> Any:
        """The demand afterwards; asking for it says that the attempt had to be accepted. Raises AssertionError."""
        __tracebackhide__ = True
        self._accepted("to be accepted")
        assert isinstance(self.answer, Stream)
        return next((one for one in self.after.demands if one.id == self.answer.id), self.answer)

    @property
    def doing(self) -> str:
        """Who tried it, as what, by which move."""
        return f"as {self.part.by.id} ({self.part.by.role}) tried to {self.part.move}"

    def then(self, *facts: Fact) -> Self:
        """Exactly these facts had to be recorded, in this order; of a merge, both sides. Raises AssertionError."""
        __tracebackhide__ = True
        for one in facts:
            if not isinstance(one, Fact):
                raise InvalidValue("then", f"must be told facts, for instance a(Accepted), got {brief(one)}")
        self._accepted(f"to be recorded:{lines(facts)}")
        found = [event.fact for event in self.recorded]
        if found != list(facts):
            self._fail(f"to be recorded:{lines(facts)}", f"this was:{lines(found)}{differences(facts, found)}")
        return self

    def refused(self, error: type[DemandFlowError] = Refusal, match: str | None = None) -> Self:
        """It had to be refused with this error, its words matching the regular expression, and nothing be recorded.

        Raises AssertionError.
        """
        __tracebackhide__ = True
        if not (isinstance(error, type) and issubclass(error, DemandFlowError)):
            raise InvalidValue("error", f"must be a class of errors of demandflow, got {brief(error)}")
        UNJUDGED.pop(self.token, None)
        expected = f"to be refused ({error.__name__})"
        if not isinstance(self.answer, DemandFlowError):
            facts = [event.fact for event in self.recorded]
            self._fail(expected, f"it was accepted, and recorded was:{lines(facts)}")
        if not isinstance(self.answer, error):
            self._fail(expected, f"it was {type(self.answer).__name__}: {self.answer}")
        if match is not None and not re.search(match, str(self.answer)):
            self._fail(f"{expected} with words matching {match!r}", f"they were: {self.answer}")
        _refused.add(self.token)
        return self._nothing_recorded(expected)

    def nothing(self) -> Self:
        """It had to be accepted without anything new being recorded: it had been before. Raises AssertionError."""
        __tracebackhide__ = True
        self._accepted("to be accepted, and nothing recorded")
        return self._nothing_recorded("nothing to be recorded")

    def when(self, fact: Fact | Attempt, **details: Unpack[Details]) -> Outcome:
        """Go on: what was tried had to be accepted, unless it was judged as refused. See Situation.when()."""
        __tracebackhide__ = True
        if self.token not in _refused:
            self._accepted("to be accepted, since the scenario goes on")
        return self.after.when(fact, **details)

    def _nothing_recorded(self, expected: str) -> Self:
        __tracebackhide__ = True
        if self.recorded:
            self._fail(expected, f"recorded was:{lines([event.fact for event in self.recorded])}")
        return self

    def _accepted(self, expected: str) -> None:
        __tracebackhide__ = True
        UNJUDGED.pop(self.token, None)
        if isinstance(self.answer, DemandFlowError):
            self._fail(expected, f"it was refused ({type(self.answer).__name__}): {self.answer}")

    def _fail(self, expected: str, happened: str) -> None:
        __tracebackhide__ = True
        raise AssertionError(
            f"when {self.doing}: {self.attempt}\n"
            f"expected {expected}\n"
            f"but {happened}\n"
            f"The history before it:\n{self.before.history}"
        )


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
        on = beginning(before.workflows, attempt)
        demand = before._numbered(attempt.demand) if on is None else on.of(self._next_id())
        part = self._cast(attempt, demand, on)
        answer: Stream | DemandFlowError
        try:
            answer = self._command(attempt, demand, part, begins=on is not None)
        except DemandFlowError as error:
            answer = error
        recorded = tuple(self._flow.all_events())[len(before.events) :]
        self.situation = Situation(before.workflows, (*before.events, *recorded), self._clock.now)
        return Outcome(attempt, part, before, self.situation, recorded, answer)

    def _command(self, attempt: Attempt, demand: Stream, part: Part, *, begins: bool) -> Stream:
        how: dict[str, Any] = {"by": part.by, "command_id": attempt.command_id, "of": type(demand)}
        if begins:
            return self._flow.start(attempt.fact, **how)  # type: ignore[no-any-return]
        return self._flow.act(demand.id, part.move, attempt.fact, **how)  # type: ignore[no-any-return]

    def _cast(self, attempt: Attempt, it: Stream, on: Workflow | None) -> Part:
        by, move = attempt.by, attempt.move
        for event in self.situation.events:
            if attempt.command_id is not None and event.meta.command_id == attempt.command_id:
                by, move = by or event.meta.actor, move or event.stamp.move
        workflow = on or self._flow.workflows[it.workflow]
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
