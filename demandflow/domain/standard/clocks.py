"""The clocks of the standard workflow, with a community's own spans."""

from __future__ import annotations

from demandflow.calendars.calendar import Calendar
from demandflow.domain.clocks.clock import Clock, Limits

WORK = ("accepted", "contracted_out", "handed_back", "in_hand", "taken_over")


def standard_clocks(
    calendar: Calendar,
    *,
    accept: Limits = "1 working day",
    details: Limits = "10 calendar days",
    dispatch: Limits = "1 working day",
    take_on: Limits = "1 working day",
    finish: Limits = "5 working days",
    feed_back: Limits = "1 working day",
    evaluate: Limits = "15 calendar days",
) -> tuple[Clock, ...]:
    """The clocks of the closed loop: `closed_loop("ours", clocks=standard_clocks(OFFICE, finish="10 working days"))`.

    `accept` waits for the audit, `details` for the resident's answer, `dispatch` for somebody to give the work to,
    `take_on` for the contractor, `finish` from the audit to the report (it rests while suspended or waiting for
    details, and is what an extension extends), `feed_back` for the resident to be told, `evaluate` for their verdict.
    The spans are examples, not a norm: take your own. Raises InvalidValue.
    """
    return (
        Clock("accept", ("registered",), accept, calendar, paused_in=("details_asked",)),
        Clock("details", ("details_asked",), details, calendar),
        Clock("dispatch", ("accepted", "handed_back", "taken_over"), dispatch, calendar),
        Clock("take_on", ("contracted_out",), take_on, calendar, restarts=("contracted_out",)),
        Clock("finish", WORK, finish, calendar, paused_in=("suspended", "details_asked"), extensible=True),
        Clock("feed_back", ("reported",), feed_back, calendar),
        Clock("evaluate", ("fed_back",), evaluate, calendar),
    )
