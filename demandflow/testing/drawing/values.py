"""Values for questions: what occurs in the history, or one beside it, in other spellings, and what does not occur."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Role
from demandflow.projections.figures.definitions import RANGES, counts_of, counts_of_scores
from demandflow.projections.standing import COUNTS, HAPPENINGS
from demandflow.testing import people
from demandflow.testing.drawing.looking import Looking
from demandflow.testing.drawing.turning import US
from demandflow.testing.model.boards import own_fields
from demandflow.testing.model.counts import counts_of as counts_with
from demandflow.testing.model.own import texts_in
from demandflow.testing.model.query import own_of
from demandflow.testing.model.rows import row_of
from demandflow.testing.model.step import demand_id

DEMANDS_ASKED = 0.9
UNHEARD_OF = "nowhere"
UNKNOWN_DEMAND = demand_id(999)
OFTEN_TIED, OFTEN_MISSING = (
    ("place", "channel", "state", "stage", "round", "supporters"),
    ("due", "review", "ended", "category", "lead"),
)
SORTABLE = ("received", "since", "last", "contractor", *OFTEN_TIED, *OFTEN_MISSING)
SLICES = ("place", "category", "channel", "lead", "workflow")
LEVELS: Sequence[Any] = (1, 1, 2, 2, 3, 3, 4, 1000, {"place": 2}, {"place": 3, "category": 1}, {"category": 2}, {})
EVERY = ("day", "week", "week", "month", "quarter", "year")


class Values(Looking):
    """Draws values; those of one question mostly fit one demand, so that something is left of them all."""

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
        """A name that fits, or that occurs in these fields, or could, maybe written otherwise; or another; or none."""
        dice = self.dice
        if self.fits:
            fitting = str(self.then[fields[0]] or "")
            return dice.choice((*(fitting,) * 8, *self.respelt(fitting)[:2]))
        known = str(dice.choice([*self.said(*fields), dice.choice(others)]))
        return dice.choice((*(known,) * 12, *self.respelt(known), UNHEARD_OF, known[:-1] + "x", ""))

    def respelt(self, name: str) -> Sequence[str]:
        """The name in another Unicode form, with blanks around it, and in other letters (which is another name)."""
        return unicodedata.normalize("NFD", name), f" {name} ", name.swapcase()

    def path(self, field: str, others: Sequence[str]) -> str:
        """A path that fits or occurs, or the beginning of one; or what only looks like it."""
        dice = self.dice
        known = self.then[field] or "" if self.fits else dice.choice([*self.said(field), dice.choice(others)])
        if not known:
            return ""
        names = str(known).split("/")
        path = "/".join(names[: dice.randint(1, len(names))])
        alike = *self.respelt(path)[:2], f"{path}x", f"{path}/x", path[:-1].rstrip("/"), ""
        return path if self.fits and dice.random() < 0.8 else dice.choice((*(path,) * 12, *alike))

    def letters(self) -> str:
        """Some letters of a text, maybe as capital letters, or in another Unicode form; or such as occur nowhere."""
        dice = self.dice
        if self.fits:
            texts = [self.last.text, *(text for text in texts_in(row_of(self.last)["own"]) if text.strip())]
        else:
            texts = [*self.said("text"), dice.choice(people.TEXTS)]
        text = dice.choice(texts)
        begin = dice.randrange(len(text))
        some = text[begin : begin + dice.choice((1, 2, 2, 5, 20))]
        some = some if some.strip() else text
        return dice.choice((*(some,) * 6, *self.respelt(some), *([] if self.fits else [f"{some}x", UNHEARD_OF])))

    def own(self) -> dict[str, Any]:
        """What own fields of a demand say, or could say, maybe written otherwise; None for those that say nothing."""
        demands = [self.last] if self.fits else self.world.demands.values()
        return self._own([row_of(demand)["own"] for demand in demands], sorted(own_fields(self.world)))

    def own_dimensions(self) -> dict[str, Any]:
        """The same of those that are dimensions, mostly what they said then."""
        others = (row_of(demand)["own"] for demand in self.world.demands.values())
        said = [own_of(self.world, self.then)] if self.fits else list(others)
        return self._own(said, self.world.own_dimensions)

    def _own(self, said: Sequence[dict[str, Any]], possible: Sequence[str]) -> dict[str, Any]:
        dice, names = self.dice, sorted({name for one in said for name in one if name in possible})
        # mostly one that a demand has
        names = names if names and dice.random() < 0.8 else list(possible)
        own: dict[str, Any] = {}
        for name in dice.sample(names, min(len(names), dice.choice((1, 1, 1, 2)))):
            value = dice.choice([*(one.get(name) for one in said), *(() if self.fits else (None, True, 1, UNHEARD_OF))])
            if isinstance(value, str) and dice.random() < 0.3:
                value = dice.choice(self.respelt(value))
            if not isinstance(value, list | dict):
                own[name] = value
        return own

    # the rest

    def demand(self) -> Any:
        """The id of a demand, seldom of something else."""
        ids = self.world.demands if self.world.demands and self.dice.random() < DEMANDS_ASKED else self.world.streams
        return self.dice.choice(sorted(ids))

    def stream(self) -> Any:
        """The id of a demand, or of what else it is."""
        return self.dice.choice(sorted(self.world.streams))

    def kind(self) -> Any:
        """A kind of stream: mostly of one that was just looked at."""
        kinds = [flow.of for flow in self.world.workflows.values()]
        return self.dice.choice((*kinds, *(type(one) for one in self.world.streams.values()), Stream))

    def kind_with_a_key(self) -> Any:
        """A kind of stream that is known by a word, seldom another."""
        kinds = [flow.of for flow in self.world.workflows.values()]
        return self.dice.choice([*[kind for kind in kinds if kind.KEY is not None] * 6, *kinds])

    def clock_names(self) -> list[str]:
        """The names of the clocks that are declared, or ran."""
        declared = (clock.name for flow in self.world.of_demands.values() for clock in flow.clocks)
        ran = (clock.clock for demand in self.world.demands.values() for clock in demand.clocks)
        return list(dict.fromkeys((*declared, *ran)))

    def clock(self) -> str | None:
        """The name of a clock; None where there is none."""
        ran = [str(clock.clock) for clock in self.then["clocks"]] if self.fits else []
        return self.dice.choice(ran or self.clock_names() or [None])

    def count(self) -> str:
        """The name of a count: mostly one that includes the demand, or what happened to it."""
        clocks = self.clock_names()
        if self.fits and self.dice.random() < 0.8:
            means = self.event.stamp.means or ()
            happened = [name for name, meaning in HAPPENINGS.items() if meaning in means]
            now = self.world.clock.now
            before, here, after = (counts_with(self.then, at, clocks) for at in (now - US, now, now + US))
            return self.dice.choice([*sorted(here), *sorted(before ^ after) * 6, *happened * 12])
        scores = [name for flow in self.world.of_demands.values() for name in flow.grades.scores]
        by_clock = counts_of([self.dice.choice(clocks)] if clocks else [])
        by_score = counts_of_scores([self.dice.choice(scores)] if scores else [])
        return self.dice.choice((*COUNTS, *HAPPENINGS, *RANGES * 3, *by_clock * 2, *by_score * 3))

    def workflow(self) -> str:
        """The name of a workflow that is there."""
        keys = [event.meta.workflow for event in self.events if event.stamp.kind is None]
        return str(self.then["workflow"]) if self.fits else self.dice.choice((*keys, *self.world.of_demands))

    def state(self) -> str:
        """The name of a state: mostly of one that occurs."""
        declared = [state.name for flow in self.world.of_demands.values() for state in flow.states]
        events = [event for event in self.events if event.stamp.kind is None]
        occur = [self.then["state"]] * 9 if self.fits else [event.stamp.state for event in events]
        return self.dice.choice((*occur, self.dice.choice(declared)))

    def role(self) -> str:
        """A role for which states wait; the resident's where none waits for anybody."""
        flows = self.world.of_demands
        here = flows[self.last.workflow].state(self.last.state).owner if self.fits else None
        owners = {str(state.owner) for flow in flows.values() for state in flow.states if state.owner}
        return str(here or self.dice.choice(sorted(owners) or [str(Role.RESIDENT)]))

    def actor(self) -> Actor:
        """Somebody who may act on a demand, or may not."""
        roles = (*Role, *(role for move in self.world.workflow.moves for role in move.roles))
        demand = self.world.streams[self.events[0].demand]
        return self.dice.choice(
            (*people.actors_for(self.dice.choice(roles), demand), Actor("somebody", self.dice.choice(roles)))
        )

    def dimensions(self) -> tuple[str, ...]:
        """One dimension, or several."""
        number = self.dice.choice((1, 1, 1, 1, 2, 2, 3))
        dimensions = (*SLICES, "received", "closed", *self.world.own_dimensions)
        return tuple(self.dice.sample(dimensions, number))

    def sort(self) -> str | Sequence[str]:
        """One column to sort by, or several, even twice: often one in which rows are alike, then one that some lack."""
        dice = self.dice
        columns = [dice.choice(SORTABLE) for _ in range(dice.choice((1, 1, 2, 3)))]
        if dice.random() < 0.5:
            columns = [dice.choice(OFTEN_TIED), dice.choice(OFTEN_MISSING), *columns[1:]]
        return dice.choice((columns[0], columns, tuple(columns), columns))

    def position(self) -> int:
        """A position in the log, or behind its end."""
        return self.dice.choice((0, 0, 1, self.dice.randint(0, len(self.world.log)), len(self.world.log) + 1))

    def contractor(self) -> str:
        """Who has a demand now or helps; or another name."""
        those = [self.last] if self.fits and self.dice.random() < 0.6 else self.world.demands.values()
        now = [name for one in those for name in (one.contractor, *one.co_handlers) if name]
        if self.fits or (now and self.dice.random() < 0.5):
            return self.dice.choice(now or [""])
        return self.name(("contractor", "co_handlers"), (*people.CONTRACTORS, *people.OFFICERS))

    def overdue(self) -> bool | datetime:
        """Whether overdue, now or at a moment that is still to come (seldom at one that is not)."""
        return self.dice.choice((True, True, True, False, self.coming(), self.coming()))

    def whether(self, name: str) -> bool:
        """Whether the demand is so; else True or False."""
        so = {**row_of(self.last), "open": self.last.ended_as is None}
        return bool(so[name]) if self.fits else self.yes_or_no()

    def yes_or_no(self) -> bool:
        """True or False."""
        return self.dice.random() < 0.6
