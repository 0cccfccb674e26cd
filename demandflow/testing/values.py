"""Values for questions: what occurs in the history, or one beside it, in other spellings, and what does not occur."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import Any

from demandflow.domain.events import Event
from demandflow.domain.moves import ENDS
from demandflow.domain.values import Actor, Role, Stage
from demandflow.figures import Period
from demandflow.projections.figures.definitions import RANGES, counts_of
from demandflow.projections.standing import COUNTS, HAPPENINGS
from demandflow.testing import people
from demandflow.testing.model.world import World, demand_id
from demandflow.testing.turning import DAY, HOUR, NO_TIME, US, moments

BESIDE = (NO_TIME,) * 4 + (US, US, -US, -US, HOUR, -DAY, 2 * DAY, 60 * DAY)
CLOSE = (NO_TIME, NO_TIME, US, -US)
DAYS_BESIDE = (0, 0, 0, 0, 1, -1, -1, -7, 40)
UNHEARD_OF = "nowhere"
UNKNOWN_DEMAND = demand_id(999)
SORTABLE = (
    *("received", "since", "last", "due", "review", "ended", "place", "channel", "category", "contractor", "lead"),
    *("state", "stage", "round"),
)
SLICES = ("place", "category", "channel", "lead", "workflow")
LEVELS: Sequence[Any] = (1, 1, 2, 2, 3, 4, 1000, {"place": 2}, {"place": 3, "category": 1}, {"category": 2}, {})
EVERY = ("day", "week", "month", "quarter", "year")


class Values:
    """Draws values; those of one question mostly come from one demand, so that something fits them all."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice = world, dice
        self.events: Sequence[Event] = ()

    def look(self) -> None:
        """Look at one demand, or at all."""
        one = self.dice.choice(sorted(self.world.demands))
        self.events = self.world.events[one] if self.dice.random() < 0.6 else self.world.log

    def value(self, method: str, name: str) -> Any:
        """A value of this parameter of the method. Raises LookupError where nobody knows what to draw."""
        draw = DRAWN.get((method, name)) or DRAWN.get(("", name))
        if draw is None:
            raise LookupError(f"nobody draws {name} of {method}(): teach demandflow/testing/values.py")
        return draw(self)

    # words

    def said(self, *fields: str) -> list[str]:
        """What the facts that we look at say in these fields."""
        found: list[str] = []
        for event in self.events:
            for field in fields:
                value = getattr(event.fact, field, None)
                found += value if isinstance(value, tuple) else [] if value is None else [value]
        return found

    def name(self, fields: Sequence[str], others: Sequence[str]) -> str:
        """A name that occurs in these fields, or could, maybe written otherwise; one that does not; or none at all."""
        dice = self.dice
        known = str(dice.choice([*self.said(*fields), dice.choice(others)]))
        return dice.choice((*(known,) * 12, *self.respelt(known), UNHEARD_OF, known[:-1] + "x", ""))

    def respelt(self, name: str) -> Sequence[str]:
        """The name in another Unicode form, with blanks around it, and in other letters (which is another name)."""
        return unicodedata.normalize("NFD", name), f" {name} ", name.swapcase()

    def path(self, field: str, others: Sequence[str]) -> str:
        """A path that occurs, or the beginning of one; or what only looks like it."""
        dice = self.dice
        names = str(dice.choice([*self.said(field), dice.choice(others)])).split("/")
        path = "/".join(names[: dice.randint(1, len(names))])
        return dice.choice((*(path,) * 12, *self.respelt(path)[:2], f"{path}x", f"{path}/x", path[:-1].rstrip("/"), ""))

    # moments and days

    def moment(self) -> datetime:
        """A moment at which something turns, or just beside it, maybe in another zone."""
        at = self.dice.choice(moments(self.world)) + self.dice.choice(BESIDE)
        return at.astimezone(self.world.zone) if self.dice.random() < 0.3 else at

    def day(self) -> date:
        """A day on which something happened or was recorded, ends or is due, or a day beside it."""
        dice, world = self.dice, self.world
        event = dice.choice(self.events)
        demand = world.demands[event.demand]
        moments = [event.meta.happened, event.meta.recorded, demand.received, demand.ended, demand.next_due]
        at = dice.choice([at for at in moments if at is not None] + [world.clock.now])
        if dice.random() < 0.03:
            return dice.choice((date(1999, 12, 31), date(2199, 6, 1)))
        return world.day(at) + DAY * dice.choice(DAYS_BESIDE)

    def written_day(self) -> date | str:
        """A day, or as it is written."""
        day = self.day()
        return self.dice.choice((day, day.isoformat()))

    def day_or_moment(self) -> date | str | datetime:
        """A day, or a moment."""
        return self.written_day() if self.dice.random() < 0.5 else self.moment()

    def pair_of_days(self) -> Sequence[date | str]:
        """Two days, the earlier first."""
        first, last = sorted((self.day(), self.day()))
        forms: Sequence[Any] = ((first, last), (first.isoformat(), last), [first, last.isoformat()])
        return self.dice.choice(forms)

    def period(self) -> Period | date | str:
        """A period in which such a day lies, in any form."""
        first, last = sorted((self.day(), self.day()))
        year, week, _ = first.isocalendar()
        quarter = f"{last.year}-Q{(last.month + 2) // 3}"
        forms = (first, first.isoformat(), f"{first:%Y-%m}", quarter, f"{first.year}", f"{year}-W{week:02}")
        spans = (f"{first}/{last}", f"{first:%Y-%m}/{quarter}", Period(first, last))
        return self.dice.choice((*forms, *spans))

    # the rest

    def demand(self) -> Any:
        """The id of a demand."""
        return self.dice.choice(sorted(self.world.demands))

    def clock_names(self) -> list[str]:
        """The names of the clocks that are declared, or ran."""
        declared = (clock.name for flow in self.world.workflows.values() for clock in flow.clocks)
        ran = (clock.clock for demand in self.world.demands.values() for clock in demand.clocks)
        return list(dict.fromkeys((*declared, *ran)))

    def clock(self) -> str | None:
        """The name of a clock; None where there is none."""
        return self.dice.choice(self.clock_names() or [None])

    def count(self) -> str:
        """The name of a count."""
        clocks = self.clock_names()
        by_clock = counts_of([self.dice.choice(clocks)] if clocks else [])
        return self.dice.choice((*COUNTS, *HAPPENINGS, *RANGES * 3, *by_clock * 2))

    def workflow(self) -> str:
        """The name of a workflow that is there."""
        keys = [event.meta.workflow for event in self.events]
        return self.dice.choice((*keys, *self.world.workflows))

    def states(self) -> str:
        """The name of a state: mostly of one that occurs."""
        declared = [state.name for flow in self.world.workflows.values() for state in flow.states]
        return self.dice.choice((*(event.stamp.state for event in self.events), self.dice.choice(declared)))

    def role(self) -> str:
        """A role for which states wait; the resident's where none waits for anybody."""
        owners = {str(state.owner) for flow in self.world.workflows.values() for state in flow.states if state.owner}
        return self.dice.choice(sorted(owners) or [str(Role.RESIDENT)])

    def actor(self) -> Actor:
        """Somebody who may act on a demand, or may not."""
        roles = (*Role, *(role for move in self.world.workflow.moves for role in move.roles))
        demand = self.world.demands[self.events[0].demand]
        return self.dice.choice(
            (*people.actors_for(self.dice.choice(roles), demand), Actor("somebody", self.dice.choice(roles)))
        )

    def dimensions(self) -> tuple[str, ...]:
        """One dimension, or several."""
        number = self.dice.choice((1, 1, 1, 1, 2, 2, 3))
        return tuple(self.dice.sample((*SLICES, "received", "closed"), number))

    def sort(self) -> str | Sequence[str]:
        """One column to sort by, or several, even twice."""
        columns = [self.dice.choice(SORTABLE) for _ in range(self.dice.choice((1, 1, 2, 3)))]
        return self.dice.choice((columns[0], columns, tuple(columns)))

    def position(self) -> int:
        """A position in the log, or behind its end."""
        return self.dice.choice((0, 0, 1, self.dice.randint(0, len(self.world.log)), len(self.world.log) + 1))

    def due(self) -> datetime:
        """A moment at which a demand is due, or just beside it; or another."""
        dues = [at for demand in self.world.demands.values() if (at := demand.next_due) is not None]
        return self.dice.choice(dues) + self.dice.choice(CLOSE) if dues and self.dice.random() < 0.5 else self.moment()

    def contractor(self) -> str:
        """Who has a demand now, leads or helps; or another name."""
        there = [(one.contractor, one.lead, *one.co_handlers) for one in self.world.demands.values()]
        now = [name for names in there for name in names if name]
        if now and self.dice.random() < 0.5:
            return self.dice.choice(now)
        return self.name(("contractor", "co_handlers"), (*people.CONTRACTORS, *people.OFFICERS))

    def overdue(self) -> bool | datetime:
        """Whether overdue, now or at a moment that is still to come (seldom at one that is not)."""
        return self.dice.choice((True, True, True, False, self.coming(), self.coming()))

    def coming(self) -> datetime:
        """A moment to come, seldom one that is past."""
        at = self.due()
        return at if at >= self.world.clock.now or self.dice.random() < 0.2 else self.world.clock.now + HOUR

    def yes_or_no(self) -> bool:
        """True or False."""
        return self.dice.random() < 0.6


def one_of(*values: Any) -> Callable[[Values], Any]:
    """One of these, whatever happened."""
    return lambda draw: draw.dice.choice(values)


DRAWN: Mapping[tuple[str, str], Callable[[Values], Any]] = {
    ("", "place"): lambda draw: draw.path("place", people.PLACES),
    ("", "category"): lambda draw: draw.path("category", people.CATEGORIES),
    ("", "channel"): lambda draw: draw.name(("channel",), people.CHANNELS),
    ("", "contractor"): Values.contractor,
    ("", "lead"): Values.contractor,
    ("", "resident"): lambda draw: draw.name(("resident", "resident", "representative"), people.RESIDENTS),
    ("", "urgency"): lambda draw: draw.name(("urgency",), people.URGENCIES),
    ("", "workflow"): Values.workflow,
    ("", "state"): Values.states,
    ("", "stage"): one_of(*map(str, Stage)),
    ("", "ended_as"): one_of(*ENDS),
    ("durations", "ended_as"): one_of(*ENDS, None, None),
    ("", "clock"): Values.clock,
    **{("", name): Values.yes_or_no for name in ("escalated", "open", "undated", "descending", "total")},
    **{("", name): Values.yes_or_no for name in ("catch_up", "skip_unreadable")},
    ("", "overdue"): Values.overdue,
    ("", "due_by"): Values.due,
    ("", "open_until"): Values.moment,
    ("", "at"): Values.coming,
    ("", "received"): Values.period,
    ("", "closed"): Values.period,
    ("", "as_of"): Values.written_day,
    ("", "known_on"): Values.written_day,
    **{(method, name): Values.day_or_moment for method in ("board", "demand") for name in ("as_of", "known_on")},
    **{("changes", name): Values.pair_of_days for name in ("as_of", "known_on")},
    ("", "sort"): Values.sort,
    ("", "limit"): one_of(1, 1, 2, 2, 3, 50, 2**31),
    ("", "role"): Values.role,
    ("", "dimensions"): Values.dimensions,
    ("", "level"): one_of(*LEVELS),
    ("", "every"): one_of(*EVERY),
    ("", "count"): Values.count,
    ("", "demand_id"): Values.demand,
    ("", "by"): Values.actor,
    ("notices", "after"): Values.position,
    ("", "source"): lambda draw: draw.dice.choice((*draw.respelt("métro"), "métro", "12345", "Ⅳ")),
    ("", "reference"): lambda draw: draw.dice.choice((*draw.respelt("é/1"), "é/1", "2025-7", "~x")),
}
"""How each parameter is drawn, and that of one method where it differs."""
