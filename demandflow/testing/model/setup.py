"""The policies that are run in histories: by a number, which ones and with which numbers of their own."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from random import Random
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
    TellSupporters,
)
from demandflow.policies import standard_policies as shipped
from demandflow.policies.deadlines import STEPS
from demandflow.testing.people import CATEGORIES, CONTRACTORS, PLACES
from demandflow.testing.whims import Whims

OFFICE = Calendar.of(
    "office",
    zone="Europe/Berlin",
    hours="Mon-Fri 09:00-12:00 14:00-18:00",
    days=Days(
        (2024, 2025),
        closed=[date(2025, 3, day) for day in (3, 5, 11, 13, 20, 27, 31)] + [date(2025, 5, 1), date(2024, 12, 30)],
        working=[date(2025, 3, day) for day in (1, 8, 15, 30)] + [date(2024, 12, 28)],
    ),
)
HOTLINE = Calendar.of("hotline", zone="Asia/Shanghai", hours="Mon-Sun 08:00-20:00")
"""By which policies may count where clocks count by another."""
NESTED = ("civil_affairs", "civil_affairs/subsidy")
SPANS = ("0 hours", "2 working hours", "1 working day", "36 hours", "2 calendar days")
MORE = (
    Remind(before="2 calendar days", to="dispatcher"),
    Remind(after="4 working hours", clocks=("due",)),
    Remind(before="30 hours", to="resident", escalate=True),
    Remind(after="2 calendar days", to="contractor"),
)
AREAS = sorted({"/".join(place.split("/")[:depth]) for place in PLACES for depth in range(1, 5)})


@lru_cache(maxsize=64)
def standard_policies(workflow: Workflow, number: int) -> tuple[Any, ...]:
    """The standard policies of this number that may act under the workflow, most of them, and mostly whims as well."""
    dice = Random(number)  # noqa: S311
    calendar = dice.choice([*(clock.calendar for clock in workflow.clocks[:2] or ()), OFFICE, HOTLINE])
    steps: list[Any] = [*dice.sample(STEPS, dice.randint(1, 3)), *dice.sample(MORE, 2)]
    units = [_unit(dice) for _ in range(dice.choice((2, 12, 20)))]
    everything: tuple[Any, ...] = (
        Sorting(
            calendar,
            at=dice.choice((("09:00", "14:00"), ("08:30",))),
            days=dice.choice((1, 30)),
            near=dice.choice((1, 1, 3, 9)),
            alike=_alike(dice),
        ),
        Dispatch(_written(dice, units), dice.choice((None, "chen"))),
        Reminders(_written(dice, steps), dice.choice((calendar, None))),
        CallBacks(calendar, tuple(dice.sample(SPANS, 3)), name=dice.choice(("call_backs", "请回电"))),
        NoticesEnd(dice.choice((None, 3, 1, 3, 9))),
        ReviewSuspended(dice.choice(SPANS), dice.choice((calendar, None))),
        ReopenWindow(dice.choice((None, 5, 20, 40)), dice.choice((0, 3, 5)), dice.choice((calendar, None))),
        Whims(),
        TellSupporters(),
    )
    if dice.random() < 0.15:
        days: dict[str, Any] = {"notice_days": dice.choice((None, 3)), "reopening_days": dice.choice((None, 5, 40))}
        everything = (*shipped(calendar, units=units, steps=steps, alike=_alike(dice), **days), Whims())
    may = {move.fact for move in workflow.moves if "policy" in move.roles}
    return tuple(one for one in everything if may.issuperset(one.records) and dice.random() < 0.9)


def _written(dice: Random, values: list[Any]) -> Any:
    """As people write several: as a tuple, a list, or one alone."""
    return dice.choice((*(tuple(values),) * 4, values, values[0]))


def _unit(dice: Random) -> Handler:
    """A unit for a place, for categories, or for both."""
    categories = NESTED if dice.random() < 0.15 else dice.sample(CATEGORIES, dice.choice((0, 1, 1, 2)))
    return Handler(
        dice.choice((*CONTRACTORS, "居委会", "队", "队2", "队3")),
        dice.choice((None, *AREAS)),
        _written(dice, [*categories]) if categories else (),
    )


def _alike(dice: Random) -> int | None:
    """How alike repeats are; not looked for where the library that compares texts is missing."""
    alike = dice.choice((1, 20, 50, 80, 100, None))
    return alike if find_spec("rapidfuzz") else None
