"""The policies of the standard workflow, with a community's own numbers."""

from __future__ import annotations

from collections.abc import Sequence

from demandflow.calendars.calendar import Calendar
from demandflow.policies.callbacks import CallBacks, NoticesEnd
from demandflow.policies.deadlines import STEPS, Remind, Reminders
from demandflow.policies.dispatch import Dispatch, Handler
from demandflow.policies.policy import Policy
from demandflow.policies.reviews import ReopenWindow, ReviewSuspended
from demandflow.policies.sorting import Sorting
from demandflow.policies.supporters import TellSupporters

BEFORE_DAYS = 3


def standard_policies(
    calendar: Calendar,
    *,
    units: Sequence[Handler] = (),
    fallback: str | None = None,
    at: Sequence[str] = ("09:00", "14:00"),
    alike: int | None = 80,
    steps: Sequence[Remind] = STEPS,
    notice_days: int | None = None,
    reopening_days: int | None = None,
) -> tuple[Policy, ...]:
    """All shipped policies, in one calendar; without units or a fallback, a dispatcher dispatches.

    `notice_days` and `reopening_days` are the workflow's own if they are not given. `alike=None` suggests no repeats
    and needs no rapidfuzz. To change anything else, make the policy yourself: `Dispatch(units=…, name="night shift")`.
    Raises InvalidValue, and ModuleNotFoundError where rapidfuzz is needed and missing.
    """
    before = min(BEFORE_DAYS, reopening_days) if isinstance(reopening_days, int) else BEFORE_DAYS
    dispatch = (Dispatch(tuple(units), fallback),) if units or fallback is not None else ()
    return (
        Sorting(calendar, tuple(at), alike=alike),
        *dispatch,
        Reminders(tuple(steps), calendar),
        CallBacks(calendar),
        NoticesEnd(notice_days),
        ReviewSuspended(calendar=calendar),
        ReopenWindow(reopening_days, max(before, 0), calendar),
        TellSupporters(),
    )
