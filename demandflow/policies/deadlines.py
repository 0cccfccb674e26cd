"""Reminders before and after each due moment, and escalation, in steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.clocks.states import RUNNING
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Escalated, Notified
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.texts import name_of
from demandflow.policies import moments
from demandflow.policies.parameters import a_span, check_calendar, check_name, several
from demandflow.policies.policy import PolicyContext, Reaction, Timer, as_cause
from demandflow.policies.turns import OWNER, addressed, may_record


@dataclass(frozen=True)
class Remind:
    """One step: so long before a due moment, or after it, or at the moment itself; to whom; and whether to escalate.

    Spans are written as `1 working day`. `to` is a role, or `owner`, whoever's turn it is. `clocks` are the names of
    those it is for, without any all; `due` is the moment that a fact named for the whole (see also Reminders.check).
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
        clocks = {name_of(one, "clocks") for one in several("clocks", self.clocks, str)}
        object.__setattr__(self, "clocks", tuple(sorted(clocks)))
        if not isinstance(self.escalate, bool):
            raise InvalidValue("escalate", f"must be True or False, got {brief(self.escalate)}")

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

    @property
    def asked_for(self) -> dict[str, type[Fact]]:
        """What it asks for, under which name: a notice, and maybe apart from it an escalation."""
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
        """Each wake, and the fact for which it asks."""
        for name, fact in self.step.asked_for.items():
            yield Timer(self.at, as_cause(f"{self.clock} {moments.spelled(self.due)} {name}")), fact

    def says(self, now: datetime) -> str:
        """That it is due, or was."""
        return f"{self.clock} {'was' if self.due < now else 'is'} due {moments.shown(self.due, self.calendar)}"


@dataclass(frozen=True)
class Reminders:
    """Whoever's turn it is is reminded of each due moment, and the supervisor when it has passed.

    That is each due moment of a running clock, counted in the clock's own calendar, and that of the demand as a whole
    (called `due`), counted in `calendar`; without one, its days have 24 hours. Each step speaks once a due moment.
    Where several have passed when it is asked, only the latest speaks; one that is not after the beginning is silent,
    and so is one to whom nobody can be told. Steps with `escalate` also escalate, whatever was said: once a round, and
    not while it is the resident's turn (nobody above them decides) but when it is somebody else's again. A clock whose
    due moment nobody knows is told the supervisor once (`undated`). Raises InvalidValue.
    """

    steps: tuple[Remind, ...] = STEPS
    calendar: Calendar | None = None
    name: str = "reminders"
    on: bool = True

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar, needed=False)
        object.__setattr__(self, "steps", several("steps", self.steps, Remind))
        said = [name for step in self.steps for name in step.asked_for]
        if twice := next((one for one in said if said.count(one) > 1), None):
            raise InvalidValue("steps", f"{twice!r} is there {said.count(twice)} times; once is enough")

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """Notices, and escalations if a step is one."""
        return (Notified, Escalated) if any(step.escalate for step in self.steps) else (Notified,)

    def check(self, workflows: Iterable[Workflow]) -> None:
        """Each clock that a step names is one of these workflows, or `due`. Raises InvalidValue."""
        known = [name for workflow in workflows for name in (*(one.name for one in workflow.clocks), _whole(workflow))]
        for name in (name for step in self.steps if self.on for name in step.clocks):
            if name not in known:
                raise InvalidValue("clocks", f"{name!r} is none; possible: {listed(sorted(set(known)))}")

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
        for asked, call, fact in self._asks(demand, workflow):
            if asked == timer and fact is Notified:
                yield from self._notice(call, demand, context)
            elif asked == timer and not demand.escalated and workflow.state(demand.state).owner != Role.RESIDENT:
                yield Reaction(Escalated(reason=call.says(context.now)))

    def _notice(self, call: _Call, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        workflow = context.workflow(demand)
        dues = (one for one in self._calls(demand, workflow) if (one.clock, one.due) == (call.clock, call.due))
        told = addressed(call.step.to, demand, workflow)
        if told is not None and not any(call.at < one.at <= context.now for one in dues):
            yield Reaction(Notified(to=told[0], kind=call.step.kind, what=call.says(context.now), whom=told[1]))

    def _asks(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[Timer, _Call, type[Fact]]]:
        """Each wake of a due moment, the step that it is of, and the fact for which it asks."""
        for call in self._calls(demand, workflow) if self.on and demand.open else ():
            for timer, fact in call.asked_for:
                if may_record(workflow, demand, fact):
                    yield timer, call, fact

    def _undated(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[Timer, str]]:
        """Each wake for a clock that nobody can date, and its name."""
        if self.on and demand.open and may_record(workflow, demand, Notified):
            for one in demand.clocks:
                if one.status == RUNNING and one.due is None:
                    cause = f"{one.clock} undated, begun {moments.spelled(one.began)}"
                    yield Timer(one.began, as_cause(cause)), one.clock

    def _calls(self, demand: Demand, workflow: Workflow) -> Iterator[_Call]:
        for clock, due, began, calendar in self._dues(demand, workflow):
            for step in self.steps:
                if step.is_for(clock) and (at := step.moment(due, calendar)) > began:
                    yield _Call(at, step, clock, due, calendar)

    def _dues(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[str, datetime, datetime, Calendar | None]]:
        for one in demand.running:
            clock = workflow.clock(one.clock)
            if one.due is not None:
                yield one.clock, one.due, one.began, self.calendar if clock is None else clock.calendar
        if demand.due is not None and demand.received is not None:
            yield _whole(workflow), demand.due, demand.received, self.calendar


def _whole(workflow: Workflow) -> str:
    """What the due moment of a demand as a whole is called: like none of the clocks."""
    name = "due"
    while workflow.clock(name) is not None:
        name = f"{name} of the whole"
    return name
