"""The demands of a log as they were, and as they would be under other clocks."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from demandflow.analysis.choice import Choice
from demandflow.domain.clocks.rejudging import judged_by
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow


class RejudgedDemands:
    """Every demand as it was and as it would be: only its clocks, its due moment and its escalation can differ.

    The clocks of the workflow judge a demand for as long as it is on one of the workflows `of`. Where policies are
    asked again, what they escalated in the log does not count.
    """

    def __init__(self, workflow: Workflow, of: str | Iterable[str] | None, *, ask_policies: bool) -> None:
        self.judges = Choice(workflow, of).includes
        self.workflow, self.ask_policies = workflow, ask_policies
        self.was: dict[UUID, Demand] = {}
        self.would_be: dict[UUID, Demand] = {}
        self.judged: dict[UUID, None] = {}
        """The demands that were ever on one of the workflows, in the order of recording."""

    def add(self, event: Event) -> None:
        """Apply the next event of the log."""
        was, would_be = self.was.get(event.demand), self.would_be.get(event.demand)
        self.was[event.demand] = now = evolve(was, event)
        if self.judges(event):
            self.judged[event.demand] = None
            after = self._rejudged(would_be, event)
        elif was is None or would_be is None or would_be is was:
            after = now
        else:
            after = _left(was, would_be, now, event)
        self._keep(now, after)

    def escalate(self, demand: UUID) -> None:
        """Note that a policy would have escalated the demand."""
        self._keep(self.was[demand], as_if(self.would_be[demand], escalated=True))

    def _rejudged(self, would_be: Demand | None, event: Event) -> Demand:
        after = evolve(would_be, judged_by(would_be, event, self.workflow.clocks))
        if self.ask_policies and event.meta.actor.role == Role.POLICY and "escalated" in (event.stamp.means or ()):
            return as_if(after, escalated=would_be is not None and would_be.escalated)
        return after

    def _keep(self, was: Demand, would_be: Demand) -> None:
        """Keep what differs only: a log has many demands, and most of them would be as they were."""
        differs = {name: getattr(would_be, name) for name in ("clocks", "due", "escalated")}
        alike = all(getattr(was, name) == value for name, value in differs.items())
        self.would_be[was.id] = was if alike else as_if(was, **differs)


def _left(was: Demand, would_be: Demand, now: Demand, event: Event) -> Demand:
    """A demand that left for another workflow: clocks that were the same go on as they did, the others stop."""
    stopped = evolve(would_be, judged_by(would_be, event, ()))
    clocks = {
        clock.clock: clock
        for after, same in ((now, True), (stopped, False))
        for clock in after.clocks
        if (was.clock(clock.clock) == would_be.clock(clock.clock)) is same
    }
    due = now.due if was.due == would_be.due else stopped.due
    return as_if(stopped, clocks=tuple(clocks[name] for name in sorted(clocks)), due=due)
