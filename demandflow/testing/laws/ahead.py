"""Looking ahead: what anybody could still do with a demand, rules asked, and a way on to an end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.testing.laws.search import QUICK, THOROUGH, Onward, Search, Surroundings

ALONE = Surroundings()


@dataclass(frozen=True)
class Outlook:
    """What lies ahead of a demand: a way to where it should come; None if there is none, or none was found.

    `certain` says that there is none: everything was tried. `objections` are what rules said, by "move from state", of
    the moves that would have led nearer.
    """

    way: tuple[Onward, ...] | None
    certain: bool = True
    objections: Mapping[str, str] = field(default_factory=dict)


class Ahead:
    """Looks ahead in one workflow; what its rules were seen to look at is remembered from one look to the next."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self._looked: set[str] = set()

    def outlook(
        self,
        demand: Stream,
        now: datetime,
        to: Collection[str] | None = None,
        around: Surroundings = ALONE,
    ) -> Outlook:
        """A way from here to one of these states (else to any end) that rules and conditions let through."""
        ended = tuple(state.name for state in self.workflow.states if state.ended_as is not None)
        goals = frozenset(ended if to is None else to)
        if demand.state in goals:
            return Outlook(())
        for effort in (QUICK, THOROUGH):
            while True:
                search = Search(self.workflow, self._looked, goals, around, effort)
                way = search.way(demand, now)
                if way is not None:
                    return Outlook(way)
                if search.looked_at <= self._looked:
                    break
                # a rule looked at more than was told apart: tell that apart as well, and look again
                self._looked |= search.looked_at
        certain = search.certain and not search.beyond_the_bounds(demand, now)
        return Outlook(None, certain, search.objections)


def newcomer(workflow: Workflow, at: datetime) -> Any:
    """Another demand that was registered just now; None if none can be."""
    blank = workflow.of(UUID(int=2**128 - 1))
    search = Search(workflow, set(), frozenset(state.name for state in workflow.states), ALONE, QUICK)
    way = search.way(blank, at)
    return None if way is None else way[-1].after
