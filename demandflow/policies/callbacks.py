"""Call-backs spread over days, and the end of public notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.spans import Span
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import NoticeEnded, Notified
from demandflow.domain.rules.book import the_notice_period_is_over
from demandflow.domain.values import Role, Stage
from demandflow.domain.workflow import Workflow
from demandflow.inputs.arguments import whole_number
from demandflow.policies import moments
from demandflow.policies.parameters import check_calendar, check_name, spans
from demandflow.policies.policy import PolicyContext, Reaction, Timer
from demandflow.policies.turns import declared, may_record

AFTER = ("4 working hours", "1 working day", "3 working days")
NOTICE_DAYS = 7


@dataclass(frozen=True)
class CallBacks:
    """A resident who was told and asked, and says nothing, is to be called back so long after they were told.

    Each of `after` is one attempt; the grid administrator gets a notice (`call_back`) when its time has come, whether
    the call before it was made in vain or not made at all. An attempt that was missed already needs no notice, and of
    several whose time has passed only the last gets one. Nobody is called about anonymous or evaluated demands.
    Raises InvalidValue.
    """

    calendar: Calendar
    after: tuple[Span | str, ...] = AFTER
    name: str = "call_backs"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (Notified,)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        check_calendar(self.name, self.calendar)
        object.__setattr__(self, "after", spans("after", self.after))

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """Each attempt that was not missed yet, so long after the resident was told."""
        return [timer for _, timer in self._attempts(demand, workflow)]

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The notice of the attempt, if the time of a later one has not come."""
        attempts = list(self._attempts(demand, context.workflow(demand)))
        number = next((number for number, attempt in attempts if attempt == timer), None)
        if number is None or any(later > number and attempt.at <= context.now for later, attempt in attempts):
            return
        what = f"call back for an evaluation, attempt {number} of {len(self.after)}; missed: {demand.missed_callbacks}"
        yield Reaction(Notified(to=Role.GRID_ADMINISTRATOR, kind="call_back", what=what))

    def _attempts(self, demand: Demand, workflow: Workflow) -> Iterator[tuple[int, Timer]]:
        told = demand.told_at if self.on and demand.open and demand.asked else None
        if told is None or demand.stage != Stage.EVALUATION or demand.anonymous or demand.evaluated:
            return
        if may_record(workflow, demand, Notified):
            for number, span in enumerate(self.after, start=1):
                if number > demand.missed_callbacks:
                    at = moments.after(told, Span.of(span), self.calendar)
                    yield number, Timer(at, f"call {number}, told {moments.spelled(told)}")


@dataclass(frozen=True)
class NoticesEnd:
    """An anonymous demand is closed when its public notice has hung for so many days (of 24 hours).

    The workflow says how many (`the_notice_period_is_over`), else they are 7; `days` can only lengthen the period.
    Raises InvalidValue.
    """

    days: int | None = None
    name: str = "notices_end"
    on: bool = True
    records: ClassVar[tuple[type[Fact], ...]] = (NoticeEnded,)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        if self.days is not None:
            whole_number("days", self.days, 1, 3660)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """So many days after the public was told, where nobody can be asked."""
        told = demand.told_at if self.on and demand.open and demand.anonymous else None
        if told is not None and not demand.evaluated and may_record(workflow, demand, NoticeEnded):
            wanted = declared(the_notice_period_is_over, workflow, demand, NoticeEnded)
            days = max((*wanted, *(() if self.days is None else (self.days,))), default=NOTICE_DAYS)
            yield Timer(moments.kept(told + timedelta(days=days)), f"notice of {moments.spelled(told)}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """That it ended."""
        if timer in self.timers(demand, context.workflow(demand)):
            yield Reaction(NoticeEnded())
