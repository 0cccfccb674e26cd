"""Reminders before and after each due moment, and escalation, in steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.clocks.states import RUNNING
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Escalated, Notified
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, listed
from demandflow.inputs.arguments import yes_or_no
from demandflow.inputs.texts import name_of
from demandflow.policies import moments
from demandflow.policies.parameters import a_span, check_calendar, check_name, several
from demandflow.policies.policy import PolicyContext, Reaction, Timer, as_cause
from demandflow.policies.turns import OWNER, may_record, notice


@dataclass(frozen=True)
class Remind:
    """One step: so long before a due moment, or after it, or at the moment itself; to whom; and whether to escalate.

    Spans are written as `1 working day`. `to` is a role, or `owner`, whoever's turn it is. `clocks` names the clocks it
    is for, without any all; `due` is the moment that a fact named for the demand itself (see Reminders.check).
    Raises InvalidValue.
    """

    before: Span | str | None = None
    after: Span | str | None = None
    to: str = OWNER
    escalate: bool = False
    clocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.before is not None and self.after is not None:
            raise InvalidValue("remind", f"before ({self.before}) or after ({self.after}), not both")
        for field in ("before", "after"):
            if (value := getattr(self, field)) is not None:
                object.__setattr__(self, field, a_span(field, value))
        object.__setattr__(self, "to", name_of(self.to, "to"))
        clocks = {name_of(name, "clocks") for name in several("clocks", self.clocks, str)}
        object.__setattr__(self, "clocks", tuple(sorted(clocks)))
        yes_or_no("escalate", self.escalate)

    def moment(self, due: datetime, calendar: Calendar | None) -> datetime:
        """When it is, in the clock's own calendar."""
        if self.before is not None:
            return moments.before(due, Span.of(self.before), calendar)
        return due if self.after is None else moments.after(due, Span.of(self.after), calendar)

    @property
    def kind(self) -> str:
        """The kind of its notice."""
        return "due_soon" if self.before is not None else "due_now" if self.after is None else "overdue"

    def __str__(self) -> str:
        when = f"{self.before} before" if self.before is not None else f"{self.after} after" if self.after else "due"
        return f"{when}, to {self.to}" + (f" ({listed(self.clocks)})" if self.clocks else "")

    @cached_property
    def asked_for(self) -> Mapping[str, type[Fact]]:
        """The facts that it asks for, by the name of the request: a notice, and maybe an escalation."""
        return {str(self): Notified} | ({f"{self}, escalated": Escalated} if self.escalate else {})

    def is_for(self, clock: str) -> bool:
        """Whether it is a step of this clock."""
        return not self.clocks or clock in self.clocks


STEPS = (Remind(before="1 working day"), Remind(), Remind(after="1 working day", to=Role.SUPERVISOR, escalate=True))


class _Call(NamedTuple):
    """A step of a due moment: when, of which clock, due when, in which calendar."""

    at: datetime
    step: Remind
    clock: str
    due: datetime
    calendar: Calendar | None

    @property
    def asked_for(self) -> Iterator[tuple[Timer, type[Fact]]]:
        """Each timer, and the fact for which it asks."""
        for name, fact in self.step.asked_for.items():
            yield Timer(self.at, as_cause(f"{self.clock} {moments.spelled(self.due)} {name}")), fact

    def says(self, now: datetime) -> str:
        """That it is due, or was."""
        return f"{self.clock} {'was' if self.due < now else 'is'} due {moments.shown(self.due, self.calendar)}"


@dataclass(frozen=True)
class Reminders:
    """Whoever has the turn is reminded of each due moment, and the supervisor when it has passed.

    That is each due moment of a running clock, counted in the clock's own calendar, and that of the demand itself
    (called `due`), counted in `calendar`; without one, its days have 24 hours. Each step acts once per due moment.
    Where several have passed, only the latest acts. A step before the clock began does nothing, nor does one whose
    addressee is not known. Steps with `escalate` also escalate: once a round, and not while it is the resident's turn
    (nobody above them decides) but when it is somebody else's again. The supervisor is told once of a clock whose due
    moment nobody knows (`undated`). Raises InvalidValue.
    """

    steps: tuple[Remind, ...] = STEPS
    calendar: Calendar | None = None
    name: str = "reminders"
    on: bool = True

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar, needed=False)
        object.__setattr__(self, "steps", several("steps", self.steps, Remind))
        for name, times in Counter(name for step in self.steps for name in step.asked_for).items():
            if times > 1:
                raise InvalidValue("steps", f"{name!r} is there {times} times; once is enough")

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """Notices, and escalations if a step is one."""
        return (Notified, Escalated) if any(step.escalate for step in self.steps) else (Notified,)

    def check(self, workflows: Iterable[Workflow]) -> None:
        """Raise InvalidValue for a step of a clock that none of these workflows has; the demand itself has `due`."""
        known = {name for flow in workflows for name in (*(clock.name for clock in flow.clocks), _whole(flow))}
        for name in (name for step in self.steps if self.on for name in step.clocks):
            if name not in known:
                raise InvalidValue("clocks", f"{name!r} is none; possible: {listed(sorted(known))}")

    def watches(self, clock: str) -> bool:
        """Whether a step is for this clock."""
        return any(step.is_for(clock) for step in self.steps)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """Every step of every due moment, once for each fact it asks for, and at once for a clock without one."""
        yield from (timer for timer, _, _ in self._asks(demand, workflow))
        yield from (timer for timer, _ in self._undated(demand, workflow))

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notice, if no later step of the same due moment has passed; or the escalation."""
        workflow = context.workflow(demand)
        for undated, clock in self._undated(demand, workflow):
            if undated == timer:
                what = f"nobody knows when {clock} is due: the calendar does not know the year"
                yield Reaction(Notified(to=Role.SUPERVISOR, kind="undated", what=what))
        for dated, call, fact in self._asks(demand, workflow):
            if dated == timer and fact is Notified:
                calls = (
                    other
                    for other in self._calls(demand, workflow)
                    if (other.clock, other.due) == (call.clock, call.due)
                )
                if not any(call.at < other.at <= context.now for other in calls):
                    yield from notice(call.step.to, call.step.kind, call.says(context.now), demand, workflow)
            elif dated == timer and not demand.escalated and workflow.state(demand.state).owner != Role.RESIDENT:
                yield Reaction(Escalated(reason=call.says(context.now)))

    def _asks(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[Timer, _Call, type[Fact]]]:
        """Each timer of a due moment, its step, and the fact for which it asks."""
        for call in self._calls(demand, workflow) if self.on and demand.open else ():
            for timer, fact in call.asked_for:
                if may_record(workflow, demand, fact):
                    yield timer, call, fact

    def _undated(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[Timer, str]]:
        """Each timer for a clock without a due moment, and the name of the clock."""
        if self.on and demand.open and may_record(workflow, demand, Notified):
            for clock in demand.clocks:
                if clock.status == RUNNING and clock.due is None:
                    cause = f"{clock.clock} undated, begun {moments.spelled(clock.began)}"
                    yield Timer(clock.began, as_cause(cause)), clock.clock

    def _calls(self, demand: Demand, workflow: Workflow) -> Iterator[_Call]:
        for clock, due, began, calendar in self._dues(demand, workflow):
            for step in self.steps:
                if step.is_for(clock) and (at := step.moment(due, calendar)) > began:
                    yield _Call(at, step, clock, due, calendar)

    def _dues(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[str, datetime, datetime, Calendar | None]]:
        for running in demand.running:
            clock = workflow.clock(running.clock)
            if running.due is not None:
                yield running.clock, running.due, running.began, self.calendar if clock is None else clock.calendar
        if demand.due is not None and demand.received is not None:
            yield _whole(workflow), demand.due, demand.received, self.calendar


def _whole(workflow: Workflow) -> str:
    """The name for the due moment of the demand itself, which no clock has."""
    name = "due"
    while workflow.clock(name) is not None:
        name = f"{name} of the whole"
    return name
