"""The policies that are run in histories."""

from __future__ import annotations

from datetime import date
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.domain.workflow import Workflow
from demandflow.policies import (
    CallBacks,
    Dispatch,
    Handler,
    NoticesEnd,
    Remind,
    Reminders,
    ReopenWindow,
    ReviewSuspended,
    Sorting,
)
from demandflow.policies.deadlines import STEPS
from demandflow.testing.whims import Whims

OFFICE = Calendar.of(
    "office",
    zone="Europe/Berlin",
    hours="Mon-Fri 09:00-12:00 14:00-18:00",
    days=Days((2024, 2025), closed=(date(2025, 3, 3), date(2025, 5, 1)), working=(date(2025, 3, 8),)),
)
UNITS = (
    Handler("水电队", "fufeng/chengguan"),
    Handler("chen", categories=("civil_affairs",)),
    Handler("legal aid", "fufeng", ("culture", "civil_affairs/subsidy")),
    Handler("居委会", "fufeng/chengguan"),
    Handler("legal aid", "fufeng/chengguan"),
    Handler("水电队", "fufeng"),
    Handler("居委会", "fufeng"),
)


def standard_policies(workflow: Workflow) -> tuple[Any, ...]:
    """The standard policies that may act under the workflow, but for likely repeats; some with numbers of their own."""
    calendar = workflow.clocks[0].calendar if workflow.clocks else OFFICE
    more = (Remind(before="2 calendar days", to="dispatcher"), Remind(after="4 working hours", clocks=("due",)))
    everything = (
        Sorting(calendar, alike=None),
        Dispatch(UNITS),
        Reminders((*STEPS, *more), calendar),
        CallBacks(calendar),
        NoticesEnd(9),
        ReviewSuspended("2 working hours", calendar),
        ReopenWindow(20, calendar=calendar),
        Whims(),
    )
    may = {move.fact for move in workflow.moves if "policy" in move.roles}
    return tuple(policy for policy in everything if may.issuperset(policy.records))
