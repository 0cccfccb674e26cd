"""The demands of a log as they were, and beside them as other clocks would have judged them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from demandflow.domain.clocks.rejudging import judged_by
from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow


class _Otherwise(NamedTuple):
    """All in which a demand can differ from what it was: the rest is what people did."""

    clocks: tuple[ClockState, ...]
    due: datetime | None
    escalated: bool


class JudgedAnew:
    """Follows every demand; those on the workflow are judged by its clocks for as long as they are on it.

    With `anew`, policies escalate anew: what they escalated in the log does not count.
    """

    def __init__(self, workflow: Workflow, of: Iterable[str] | None, *, anew: bool) -> None:
        self.workflow, self.anew = workflow, anew
        self._of = None if of is None else frozenset([of] if isinstance(of, str) else of)
        self.was: dict[UUID, Demand] = {}
        self.judged: dict[UUID, None] = {}
        self._otherwise: dict[UUID, _Otherwise] = {}

    def judges(self, event: Event) -> bool:
        """Whether the demand is on the workflow when this has happened."""
        key = event.meta.workflow
        return key in self._of if self._of is not None else key.rpartition("@")[0] == self.workflow.name

    def would(self, demand: UUID) -> Demand:
        """The demand as it would have been."""
        was, otherwise = self.was[demand], self._otherwise.get(demand)
        if otherwise is None:
            return was
        return as_if(was, **otherwise._asdict())

    def see(self, event: Event) -> None:
        """One more recorded event."""
        came = self.was.get(event.demand)
        before = None if came is None else self.would(event.demand)
        self.was[event.demand] = went = evolve(came, event)
        if self.judges(event):
            self.judged[event.demand] = None
            self._keep(went, self._on_it(before, event))
        elif before is not came and before is not None and came is not None:
            self._keep(went, _off_it(came, before, went, event))

    def escalate(self, demand: UUID) -> None:
        """A policy would have escalated it."""
        would = self.would(demand)
        self._keep(self.was[demand], _Otherwise(would.clocks, would.due, escalated=True))

    def _on_it(self, before: Demand | None, event: Event) -> _Otherwise:
        would = evolve(before, judged_by(before, event, self.workflow.clocks))
        escalated = would.escalated
        if self.anew and event.meta.actor.role == Role.POLICY and "escalated" in (event.stamp.means or ()):
            escalated = before is not None and before.escalated
        return _Otherwise(would.clocks, would.due, escalated)

    def _keep(self, went: Demand, would: _Otherwise) -> None:
        if would == (went.clocks, went.due, went.escalated):
            self._otherwise.pop(went.id, None)
        else:
            self._otherwise[went.id] = would


def _off_it(came: Demand, before: Demand, went: Demand, event: Event) -> _Otherwise:
    """On another workflow what stood the same goes on as it did; a clock that stood otherwise is judged by none."""
    would = evolve(before, judged_by(before, event, ()))
    clocks = {one.clock: one for one in went.clocks if came.clock(one.clock) == before.clock(one.clock)}
    clocks |= {one.clock: one for one in would.clocks if came.clock(one.clock) != before.clock(one.clock)}
    due = went.due if came.due == before.due else would.due
    return _Otherwise(tuple(clocks[name] for name in sorted(clocks)), due, would.escalated)
