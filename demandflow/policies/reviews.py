"""Suspended demands are reviewed, and residents are told until when they can come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Notified, Reopened
from demandflow.domain.rules.book import the_reopening_window_is_open
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.inputs.arguments import whole_number
from demandflow.policies import moments
from demandflow.policies.parameters import a_span, check_calendar, check_name
from demandflow.policies.policy import PolicyContext, Reaction, Timer
from demandflow.policies.turns import OWNER, declared, may_record, notice

CAN_COME_BACK = ("closed", "refused", "withdrawn")
WINDOW_DAYS = 30


@dataclass(frozen=True)
class ReviewSuspended:
    """The owner is told when a suspended demand is to be looked at again (`review`), or so long `before`.

    Working time is counted in `calendar`; without one, days have 24 hours. Raises InvalidValue.
    """

    before: Span | str = "0 hours"
    calendar: Calendar | None = None
    name: str = "reviews"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (Notified,)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar, needed=False)
        object.__setattr__(self, "before", a_span("before", self.before))

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """The review date, or so long before it."""
        if self.on and demand.open and demand.review is not None and may_record(workflow, demand, Notified):
            at = moments.before(demand.review, Span.of(self.before), self.calendar)
            yield Timer(at, f"review {moments.spelled(demand.review)}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notice."""
        workflow = context.workflow(demand)
        if timer in self.timers(demand, workflow) and demand.review is not None:
            what = f"to be looked at again {moments.shown(demand.review, self.calendar)}"
            yield from notice(OWNER, "review", what, demand, workflow)


@dataclass(frozen=True)
class ReopenWindow:
    """The resident is told, so many days before, until when their demand can be reopened or appealed (`window_closes`).

    That is for demands that ended as closed, refused or withdrawn, and whose resident is known. Days have 24 hours. The
    workflow says how many the window has (`the_reopening_window_is_open`), else it has 30; `days` can only shorten it.
    In a shorter window than `before_days` the notice comes at once, after the window not at all. The moment is written
    in the zone of `calendar`, else in UTC. Raises InvalidValue.
    """

    days: int | None = None
    before_days: int = 3
    calendar: Calendar | None = None
    name: str = "reopen_window"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (Notified,)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar, needed=False)
        whole_number("before_days", self.before_days, 0, 3660)
        if self.days is None:
            return
        whole_number("days", self.days, 1, 3660)
        if self.before_days > self.days:
            problem = f"{self.before_days} is before the window of {self.days} days opens; give {self.days} at most"
            raise InvalidValue("before_days", problem)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """So many days before the window closes, where a move leads back."""
        if not self.on or demand.ended is None or demand.ended_as not in CAN_COME_BACK or demand.anonymous:
            return
        leads_back = any(rows[0].move.fact is Reopened for rows in workflow.moves_from(demand.state).values())
        if leads_back and may_record(workflow, demand, Notified):
            until = self._until(demand.ended, demand, workflow)
            at = max(until - timedelta(days=self.before_days), demand.ended)
            yield Timer(moments.kept(at), f"window until {moments.spelled(until)}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notice, while the window is open."""
        workflow = context.workflow(demand)
        if demand.ended is None or timer not in self.timers(demand, workflow):
            return
        until = self._until(demand.ended, demand, workflow)
        if context.now <= until:
            what = f"it can be taken up again until {moments.shown(until, self.calendar)}"
            yield Reaction(Notified(to=Role.RESIDENT, kind="window_closes", what=what, whom=demand.resident))

    def _until(self, ended: datetime, demand: Demand, workflow: Workflow) -> datetime:
        given = declared(the_reopening_window_is_open, workflow, demand, Reopened)
        days = min((*given, *(() if self.days is None else (self.days,))), default=WINDOW_DAYS)
        return ended + timedelta(days=days)
