"""Reminders before and after each due moment, and escalation, in steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from demandflow.domain.calendars import Calendar
from demandflow.domain.demand import RUNNING, Demand
from demandflow.domain.facts import Escalated, Fact, Notified
from demandflow.domain.spans import Span
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.policies import moments
from demandflow.policies.parameters import a_span, a_word, check_calendar, check_name, several
from demandflow.policies.policy import Look, Reaction, Wake
from demandflow.policies.turns import OWNER, addressed, may_record


@dataclass(frozen=True)
class Remind:
    """One step: so long before a due moment, or after it, or at the moment itself; to whom; and whether to escalate.

    Spans are written as `1 working day`. `to` is a role, or `owner`, whoever's turn it is. `clocks` are the names of
    those it is for, without any all; `due` is the moment that a fact named for the whole. Raises InvalidValue.
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
        object.__setattr__(self, "to", a_word("to", self.to))
        object.__setattr__(self, "clocks", several("clocks", self.clocks, str))
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
        return f"{when}, to {self.to}"

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
    def cause(self) -> str:
        return f"{self.clock} {moments.spelled(self.due)} {self.step}"


@dataclass(frozen=True)
class Reminders:
    """Whoever's turn it is is reminded of each due moment, and the supervisor when it has passed.

    That is each due moment of a running clock, counted in the clock's own calendar, and that of the demand as a whole
    (called `due`), counted in `calendar`; without one, its days have 24 hours. Each step speaks once a due moment.
    Where several have passed when it is asked, only the latest speaks; one that is not after the beginning is silent,
    and so is one to whom nobody can be told. Steps with `escalate` also record it, once a round, but not while it is
    the resident's turn: nobody above them decides. A clock whose due moment nobody knows is told the supervisor once
    (`undated`). Raises InvalidValue.
    """

    steps: tuple[Remind, ...] = STEPS
    calendar: Calendar | None = None
    name: str = "reminders"
    on: bool = True

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar, needed=False)
        object.__setattr__(self, "steps", several("steps", self.steps, Remind))
        said = [f"{step}{listed(step.clocks, '')}" for step in self.steps]
        if twice := next((one for one in said if said.count(one) > 1), None):
            raise InvalidValue("steps", f"{twice!r} is there {said.count(twice)} times; once is enough")

    @property
    def records(self) -> tuple[type[Fact], ...]:
        """Notices, and escalations if a step is one."""
        return (Notified, Escalated) if any(step.escalate for step in self.steps) else (Notified,)

    def wakes(self, demand: Demand, workflow: Workflow) -> Iterable[Wake]:
        """Every step of every due moment, and at once for a clock without one."""
        if not self.on or not demand.open or not may_record(workflow, demand, Notified):
            return
        yield from (Wake(call.at, call.cause) for call in self._calls(demand, workflow))
        yield from (wake for _, wake in _undated(demand))

    def then(self, wake: Wake, demand: Demand, look: Look) -> Iterable[Reaction]:
        """The notice, and maybe the escalation, if no later step of the same due moment has passed."""
        workflow = look.workflow(demand)
        if wake not in self.wakes(demand, workflow):
            return
        for clock, undated in _undated(demand):
            if undated == wake:
                what = f"nobody knows when {clock} is due: the calendar does not know the year"
                yield Reaction(Notified(to=Role.SUPERVISOR, kind="undated", what=what))
                return
        calls = list(self._calls(demand, workflow))
        call = next(one for one in calls if one.cause == wake.cause)
        passed = [one.at for one in calls if (one.clock, one.due) == (call.clock, call.due) and one.at <= look.now]
        told = addressed(call.step.to, demand, workflow)
        if told is None or max(passed, default=call.at) > call.at:
            return
        was = "was" if call.due < look.now else "is"
        says = f"{call.clock} {was} due {moments.shown(call.due, call.calendar)}"
        yield Reaction(Notified(to=told[0], kind=call.step.kind, what=says, whom=told[1]))
        theirs = workflow.state(demand.state).owner == Role.RESIDENT
        if call.step.escalate and not demand.escalated and not theirs and may_record(workflow, demand, Escalated):
            yield Reaction(Escalated(reason=says))

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
            name = "due" if workflow.clock("due") is None else "due of the whole"
            yield name, demand.due, demand.received, self.calendar


def _undated(demand: Demand) -> Iterator[tuple[str, Wake]]:
    for one in demand.clocks:
        if one.stands == RUNNING and one.due is None:
            yield one.clock, Wake(one.began, f"{one.clock} undated, begun {moments.spelled(one.began)}")
