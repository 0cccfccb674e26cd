"""The path from a command to the log: load, decide, append, evolve; and again if somebody was faster."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any
from uuid import UUID

from demandflow.domain.decide import Command, decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event, Meta
from demandflow.domain.evolve import S, evolve
from demandflow.domain.facts import Corrected, MovedOver
from demandflow.domain.merging import other_of, other_side
from demandflow.domain.moves import Proposal
from demandflow.domain.stream import Stream, of_kind
from demandflow.domain.values import Role
from demandflow.domain.versions.migration import check_it_may_move
from demandflow.domain.versions.workflows import Workflows
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, Refusal, StaleDemand, StorageBusy, StorageError
from demandflow.recording.attempts import ATTEMPTS, pause
from demandflow.recording.demands import MOST, Demands
from demandflow.recording.earlier import Earlier
from demandflow.recording.moments import ALLOWED_SKEW, Moments
from demandflow.recording.own_corrections import as_its_class_writes_it
from demandflow.store.log import Log, VersionTaken
from demandflow.store.pending import PendingLog


class CommandHandler:
    """Decides what is proposed and records it; the version insert decides who was first."""

    def __init__(
        self,
        log: Log | PendingLog,
        workflows: Workflows,
        moments: Moments,
        *,
        policies: Iterable[str] = (),
        beside: CommandHandler | None = None,
        backdating: bool = False,
        keep: int = MOST,
    ) -> None:
        """`beside` is another handler of the same log: what it has loaded is only brought up to date here.

        Under the names of `policies` only their reactions are recorded. With `backdating` anybody may enter what
        happened long ago. At most `keep` demands are kept in memory.
        """
        self._log, self.workflows, self.moments = log, workflows, moments
        self._policies, self._backdating = frozenset(policies), backdating
        self.demands: Demands = Demands(log, workflows, moments.saw, keep, None if beside is None else beside.demands)
        self._earlier: Earlier = Earlier(log, workflows, None if beside is None else beside._earlier)

    def on(self, log: PendingLog, *, backdating: bool = False) -> CommandHandler:
        """A handler beside this one, of events that are not recorded yet."""
        moments, policies = copy(self.moments), self._policies
        return CommandHandler(log, self.workflows, moments, policies=policies, beside=self, backdating=backdating)

    def trying(self) -> CommandHandler:
        """A handler that decides as this one does and records nothing."""
        return self.on(PendingLog(self._log), backdating=self._backdating)

    def handle(self, command: Command, of: type[S] = Demand) -> S:  # type: ignore[assignment]
        """Record one fact, and its other side where it has one; returns the demand (or what else it is) after it.

        Raises a Refusal (with who did what meanwhile, if somebody was faster), DemandNotFound or CommandConflict.
        """
        seen: dict[UUID, int] = {}
        for number in range(ATTEMPTS):
            demand, other = self.demands.seen(command.demand), None
            if not isinstance(demand, of):
                demand = of_kind(demand, of)
            try:
                if isinstance(command.fact, Corrected):
                    command = as_its_class_writes_it(command, demand, self._earlier, self._log)
                if (done := self._earlier.done(demand, command)) is not None:
                    return done
                other = other_of(demand, command.fact, self.demands.seen)
                events = self._decided(command, demand, other)
            except Exception as error:  # it was decided on what was kept: has that changed?
                if self.demands.changed_meanwhile(demand, other):
                    continue
                if isinstance(error, StaleDemand):
                    seen.setdefault(demand.id, command.seen_version)
                if isinstance(error, Refusal):
                    error.meanwhile = self._earlier.since(seen)
                raise
            try:
                return self._appended(events, demand, other)  # type: ignore[no-any-return]
            except VersionTaken:
                pause(number)
                for event in events:
                    seen.setdefault(event.demand, event.version - 1)
                if not self.demands.changed_meanwhile(demand, other):
                    raise StorageError(f"demand {demand.id} cannot be written, though nobody else wrote it") from None
        raise StorageBusy(f"demand {command.demand} is written by others all the time; gave up after {ATTEMPTS} times")

    def start(self, command: Command, workflow: Workflow, *, derived: bool, chosen: bool = False) -> Any:
        """Register a demand; the same one again changes nothing. Raises CommandConflict if it said something else.

        `derived` ids come again with the same reference or command; `chosen` says that the caller named the workflow.
        """
        for _ in range(ATTEMPTS):
            if derived and (known := self._earlier.registered(command, workflow, chosen=chosen)) is not None:
                return known
            events = self._decided(command, blank := workflow.of(command.demand, workflow=workflow.key))
            try:
                return self._appended(events, blank)
            except VersionTaken:
                if self._log.events(command.demand, upto=1) == events:
                    return self.demands.current(command.demand)  # stored, though the answer was lost
                if not derived:
                    raise StorageError(f"new_id made {command.demand}, which is in the log already") from None
        raise StorageBusy(f"demand {command.demand} could not be registered in {ATTEMPTS} attempts")

    def _decided(self, command: Command, demand: Stream, other: Demand | None = None) -> list[Event]:
        """The events to record: one, or one on each side of a merge, at the same moment."""
        by, fact = command.by, command.fact
        if by.role == Role.POLICY and by.id in self._policies and not command.reaction:
            raise InvalidValue("by", f"{by.id} is a policy, which acts by itself when the policies are run")
        recorded = self.moments.recording(demand, other)
        at = self.moments.happened(command.at, by, recorded, demand, other, backdating=self._backdating)
        workflow = self.workflows[fact.workflow if isinstance(fact, MovedOver) else demand.workflow]
        if isinstance(fact, MovedOver):
            check_it_may_move(demand, workflow, command.move)
        late = True if at < recorded - ALLOWED_SKEW else None
        meta = Meta(by, at, recorded, workflow.key, command.command_id, command.correlation, command.causation, late)
        if command.seen is not None and (change := self._earlier.changed(demand, command.seen)) is not None:
            # who might have done it then hears what changed; who might not hears that they may not
            then = self._earlier.after(demand.id, min(max(command.seen_version, 1), demand.version))
            decide(workflow, then, Proposal(command.move, fact, by, max(at, then.last or at), other), meta)
            raise StaleDemand(command.move, change)
        events = [decide(workflow, demand, Proposal(command.move, fact, by, at, other), meta)]
        if other is not None and isinstance(demand, Demand):
            events.append(self._decided_there(command, demand, other, meta))
        return events

    def _decided_there(self, command: Command, demand: Demand, other: Demand, meta: Meta) -> Event:
        """The other side of a merge or an un-merge."""
        workflow, side = self.workflows[other.workflow], other_side(demand, command.fact)
        move = workflow.move_of(type(side), other.state) or side.TOPIC.rpartition(".")[2]
        there = Meta(meta.actor, meta.happened, meta.recorded, workflow.key, retrospect=meta.retrospect)
        return decide(workflow, other, Proposal(move, side, command.by, meta.happened), there)

    def _appended(self, events: list[Event], *demands: Stream | None) -> Any:
        """The demand after its event, once all are stored."""
        self._log.append(events)
        self.moments.saw(events[0].meta.recorded)
        after = [evolve(demand, event) for demand, event in zip(demands, events, strict=False)]
        for demand in after:
            self.demands.keep(demand)
        return after[0]
