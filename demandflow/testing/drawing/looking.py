"""What a question is about: one demand, as it is or once was, or all; and moments and days at which something turns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from demandflow.domain.events import Event
from demandflow.figures import Period
from demandflow.testing.drawing.turning import DAY, HOUR, NO_TIME, US, dues, moments
from demandflow.testing.model.boards import own_fields
from demandflow.testing.model.world import World

FITS = 0.7
"""How often all values of a question fit one demand, as it is or once was, so that something is left of them."""
HAPPENED_IN = ("figures", "figures_by", "scores", "counted", "changes", "durations")
"""Questions about demands that are elsewhere by now."""
BESIDE = (NO_TIME,) * 4 + (US, US, -US, -US, HOUR, -DAY, 2 * DAY, 60 * DAY)
CLOSE = (NO_TIME, NO_TIME, US, -US)
DAYS_BESIDE = (0, 0, 0, 0, 1, -1, -1, -7, 40)
NEAR = (0,) * 8 + (1, -1, 7)
OF_THE_OPEN = ("work_list", "deadlines", "waiting")
HAS = {"closed": "ended", "role": "open", "overdue": "next_due", "due_by": "next_due", "clock": "clocks"}
"""What a demand must have that a parameter of another name is about."""


class Looking:
    """Looks at a demand, or at all of them, and draws moments and days about it."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice = world, dice
        self.fits = False
        self.events: Sequence[Event] = ()

    def look(self, method: str, names: Sequence[str]) -> None:
        """Look at a demand that has what these parameters are about, after one of its events; or at all demands."""
        dice, world = self.dice, self.world
        ids = sorted(world.demands)
        self.fits = dice.random() < FITS
        names = [*names, "open"] if method in OF_THE_OPEN else names
        if not ids:
            self.fits, self.events = False, world.log
            return
        has = {it: sum(self._has(it, name) for name in names) * self.fits + self._turns(it) / 2 for it in ids}
        one = max(dice.sample(ids, len(ids)), key=has.__getitem__)
        self.events = world.events[one] if dice.random() < 0.6 or self.fits else world.log
        self.last = world.demands[one]
        past = method in HAPPENED_IN or {"as_of", "known_on"} & {*names}
        number = dice.randint(1, self.last.version) if past and dice.random() < 0.5 else self.last.version
        self.event, self.rest = world.events[one][number - 1], world.events[one][number - 1 :]
        self.then: Any = world.seen(one, self.last.version, number)

    def _has(self, it: UUID, name: str) -> bool:
        """Whether the demand has what the parameter is about."""
        demand = self.world.demands[it]
        return demand.ended_as == "closed" if name == "closed" else bool(getattr(demand, HAS.get(name, name), True))

    def _turns(self, it: UUID) -> bool:
        """Whether the demand falls due just now."""
        now = self.world.clock.now
        return any(abs(due - now) <= US for due in dues(self.world.demands[it]))

    def is_about(self, name: str) -> bool:
        """Whether the demand that we look at has what the parameter is about; now and then it does not matter."""
        if name == "own" and not own_fields(self.world):
            return self.dice.random() < 0.15
        return name not in HAS or self._has(self.last.id, name) or self.dice.random() < 0.15

    def moment(self) -> datetime:
        """A moment at which something turns, or just beside it, maybe in another zone."""
        if self.fits and self.dice.random() < 0.5:
            event = self.dice.choice(self.rest)
            at = self.dice.choice((event.meta.happened, event.meta.recorded)) + self.dice.choice(CLOSE)
        else:
            at = self.dice.choice(moments(self.world)) + self.dice.choice(BESIDE)
        return at.astimezone(self.world.zone) if self.dice.random() < 0.3 else at

    def day(self) -> date:
        """A day on which something happened or was recorded, ends or is due, or a day beside it."""
        dice, world = self.dice, self.world
        event = dice.choice(self.rest if self.fits else self.events)
        demand = world.streams[event.demand]
        now = world.clock.now
        more = [getattr(demand, "received", None), demand.ended, demand.next_due, now]
        if self.fits:
            more = [now] * 6 * self._turns(demand.id)
        moments = (event.meta.happened, event.meta.recorded, *more)
        at = dice.choice([at for at in moments if at is not None])
        if dice.random() < 0.03:
            return dice.choice((date(1999, 12, 31), date(2199, 6, 1)))
        return world.day(at) + DAY * dice.choice(NEAR if self.fits else DAYS_BESIDE)

    def written_day(self) -> date | str:
        """A day, or as it is written."""
        day = self.day()
        return self.dice.choice((day, day.isoformat()))

    def day_or_moment(self) -> date | str | datetime:
        """A day, or a moment."""
        return self.written_day() if self.dice.random() < 0.5 else self.moment()

    def pair_of_days(self) -> Sequence[date | str]:
        """Two days, the earlier first: often the day before something happened, and that day or a later one."""
        first, last = sorted((self.day(), self.day()))
        if self.fits and self.dice.random() < 0.5:
            day = self.world.day(self.event.meta.happened)
            first, last = day - DAY, max(day, self.dice.choice((day, last)))
        forms: Sequence[Any] = ((first, last), (first.isoformat(), last), [first, last.isoformat()])
        return self.dice.choice(forms)

    def period(self, name: str) -> Period | date | str:
        """A period in which the demand was received or ended, or another such day lies, at its edge or not."""
        at = getattr(self.last, name) if self.fits else None
        day, other = self.day() if at is None else self.world.day(at), self.day()
        first, last = sorted((day, other))
        year, week, _ = day.isocalendar()
        quarter = f"{day.year}-Q{(day.month + 2) // 3}"
        forms = (day, day.isoformat(), f"{day:%Y-%m}", quarter, f"{day.year}", f"{year}-W{week:02}")
        spans = (f"{first}/{last}", f"{first:%Y-%m}/{last}", Period(first, last), f"{day - 9 * DAY}/{day}")
        return self.dice.choice((*forms, *spans))

    def due(self) -> datetime:
        """A moment at which a demand is due, or just beside it; or another."""
        known = [at for demand in self.world.demands.values() if (at := demand.next_due) is not None]
        return (
            self.dice.choice(known) + self.dice.choice(CLOSE) if known and self.dice.random() < 0.5 else self.moment()
        )

    def coming(self) -> datetime:
        """A moment to come, seldom one that is past."""
        at = self.due()
        return at if at >= self.world.clock.now or self.dice.random() < 0.2 else self.world.clock.now + HOUR
