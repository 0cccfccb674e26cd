"""The path from a command to the log: load, decide, append, evolve; and again if somebody was faster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from demandflow.domain.decide import Command, decide, other_side
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event, Meta
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import Fact, Merged, MovedOver, Unmerged
from demandflow.domain.moves import Proposal
from demandflow.domain.moving import reasons_not_to_move
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import (
    DemandNotFound,
    HistoryIncomplete,
    InvalidValue,
    Overtaken,
    Refusal,
    RuleBroken,
    StorageBusy,
    StorageError,
    UnknownWorkflow,
    brief,
)
from demandflow.history import line_of
from demandflow.kept import MOST, KeptDemands
from demandflow.moments import ALLOWED_SKEW, Moments
from demandflow.replayed import EarlierStates, check_same_command, check_same_reference, reference_of
from demandflow.store.holes import VERSIONS, Hole
from demandflow.store.log import VersionTaken

ATTEMPTS = 50


class Events(Protocol):
    """What the handler needs of a log."""

    def append(self, events: Sequence[Event]) -> None:
        """Record these events, all or none."""

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""

    def check(self, events: Iterable[Event]) -> None:
        """Raise InvalidValue unless each event can be written down and read back."""


class CommandHandler:
    """Decides what is proposed and records it. Keeps the states it saw; the version insert decides who was first."""

    def __init__(
        self,
        log: Events,
        workflows: Mapping[str, Workflow],
        moments: Moments,
        *,
        policies: Iterable[str] = (),
        known: CommandHandler | None = None,
        backdating: bool = False,
        keep: int = MOST,
    ) -> None:
        """`known` is another handler of the same log: what it has seen is only brought up to date here.

        Under the names of `policies` only their reactions are recorded. With `backdating` anybody may enter what
        happened long ago. So many demands' states are kept.
        """
        self._log, self._workflows, self._moments, self._known = log, workflows, moments, known
        self._policies, self._backdating = frozenset(policies), backdating
        self._kept = KeptDemands(keep)
        self._earlier = EarlierStates(lambda demand, after, upto: log.events(demand, after=after, upto=upto))

    def on(self, log: Events, *, backdating: bool = False) -> CommandHandler:
        """A handler on what is not recorded yet, beside this one, which knows what this one has seen."""
        return CommandHandler(
            log, self._workflows, self._moments, policies=self._policies, known=self, backdating=backdating
        )

    def learn(self, beside: CommandHandler) -> None:
        """Take over what a handler beside this one has seen, once all of it is recorded."""
        self._kept.learn(beside._kept)

    def check_clock(self) -> None:
        """Raise ClockBehind if the clock is too far behind what is recorded for anything to be recorded by it."""
        self._moments.recording()

    def events(self, demand: UUID) -> list[Event]:
        """All events of the demand. Raises DemandNotFound."""
        found = self._log.events(demand)
        if not found:
            raise DemandNotFound(str(demand))
        return found

    def knows(self, demand: UUID) -> bool:
        """Whether anything is recorded of the demand."""
        return bool(self._log.events(demand, upto=1))

    def forget(self, demands: Iterable[UUID]) -> None:
        """Load these again: what was seen of them is no longer so."""
        self._kept.forget(demands)

    def workflow_of(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on; raises UnknownWorkflow if it was not given to open()."""
        return self.workflow(demand.workflow)

    def workflow(self, key: str) -> Workflow:
        """The workflow of this key; raises UnknownWorkflow if it was not given to open()."""
        if key not in self._workflows:
            raise UnknownWorkflow(key, tuple(self._workflows))
        return self._workflows[key]

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now. Raises DemandNotFound."""
        kept = self._kept.get(demand)
        if kept is None and self._known is not None:
            kept = self._known._kept.get(demand)
        return self._refreshed(kept, demand)

    def start(self, command: Command, workflow: Workflow, *, derived: bool, chosen: bool = False) -> Demand:
        """Register a demand; the same one again changes nothing. Raises IdReused if it said something else.

        `derived` ids come again with the same reference or command; `chosen` says that the caller named the workflow.
        """
        for _ in range(ATTEMPTS):
            if derived and (known := self._registered(command, workflow, chosen=chosen)) is not None:
                return known
            proposed = self._opening(command, workflow)
            try:
                return self._appended([proposed])
            except VersionTaken:
                if self._log.events(command.demand, upto=1) == [proposed[1]]:
                    return self.current(command.demand)  # stored, though the answer was lost
                if not derived:
                    raise StorageError(f"new_id made {command.demand}, which is in the log already") from None
        raise StorageBusy(f"demand {command.demand} could not be registered in {ATTEMPTS} attempts")

    def would_start(self, command: Command, workflow: Workflow, *, derived: bool, chosen: bool = False) -> Demand:
        """What start() would return or raise; nothing is recorded."""
        if derived and (known := self._registered(command, workflow, chosen=chosen)) is not None:
            return known
        blank, event = self._opening(command, workflow)
        self._log.check([event])
        return evolve(blank, event)

    def handle(self, command: Command) -> Demand:
        """Record one fact, and its other side where it has one; returns the demand after it.

        Raises a Refusal (with who did what meanwhile, if somebody was faster), DemandNotFound or IdReused.
        """
        began: dict[UUID, int] = {}
        for _ in range(ATTEMPTS):
            demand, other = self._kept.get(command.demand) or self.current(command.demand), None
            try:
                if (known := self._done_before(demand, command)) is not None:
                    return known
                other = self._other(demand, command.fact)
                proposed = self._proposed(demand, other, command)
            except Exception as error:  # decided on what was kept: is it still so?
                if self._overtaken(demand, other):
                    continue
                if isinstance(error, Overtaken):
                    began.setdefault(demand.id, command.seen_version)
                if isinstance(error, Refusal):
                    error.meanwhile = tuple(line for one, after in began.items() for line in self._since(one, after))
                raise
            try:
                return self._appended(proposed)
            except VersionTaken:
                for one, _event in proposed:
                    began.setdefault(one.id, one.version)
                if not self._overtaken(demand, other):
                    raise StorageError(f"demand {demand.id} cannot be written, though nobody else wrote it") from None
        busy = f"demand {command.demand} is written by others all the time"
        raise StorageBusy(f"{busy}; gave up after {ATTEMPTS} attempts")

    def would(self, command: Command) -> Demand:
        """What handle() would return or raise; nothing is recorded."""
        demand = self.current(command.demand)
        if (known := self._done_before(demand, command)) is not None:
            return known
        other = self._other(demand, command.fact)
        if other is not None:
            other = self.current(other.id)
        proposed = self._proposed(demand, other, command)
        self._log.check([event for _, event in proposed])
        return evolve(*proposed[0])

    def _registered(self, command: Command, workflow: Workflow, *, chosen: bool) -> Demand | None:
        """The demand as it was registered, if the same reference or command came before."""
        first = self._log.events(command.demand, upto=1)
        if not first:
            return None
        event, on = first[0], self._workflows.get(first[0].meta.workflow, workflow)
        if reference_of(command.fact) is None:
            check_same_command(event, command, on)
        else:
            check_same_reference(event, command, on, asked=workflow.key if chosen else None)
        return evolve(None, event)

    def _done_before(self, demand: Demand, command: Command) -> Demand | None:
        """The demand as it was after this command, if the same one came before."""
        if not (ids := command.command_ids):
            return None
        version = next((version for command, version in demand.commands if command in ids), None)
        if version is None:
            return None
        event = self._event(demand.id, version)
        check_same_command(event, command, self.workflow_of(demand))
        return self._after(demand.id, version)

    def _event(self, demand: UUID, version: int) -> Event:
        """An event that was recorded. Raises HistoryIncomplete if it went since."""
        if events := self._log.events(demand, after=version - 1, upto=version):
            return events[0]
        raise HistoryIncomplete((Hole(VERSIONS, version, version, demand),))

    def _after(self, demand: UUID, version: int) -> Demand:
        """The demand as it was after this event of it: what is stored is folded once, for all who ask."""
        stored = (self._known or self)._earlier.after(demand, version)
        if stored is None or stored.version < version:
            stored = fold(self._log.events(demand, after=stored.version if stored else 0, upto=version), stored)
        assert stored is not None  # noqa: S101
        return stored

    def _opening(self, command: Command, workflow: Workflow) -> tuple[Demand, Event]:
        blank = Demand(command.demand, workflow=workflow.key)
        recorded, at = self._when(command)
        return blank, self._decided(workflow, blank, command, recorded, at)

    def _proposed(self, demand: Demand, other: Demand | None, command: Command) -> list[tuple[Demand, Event]]:
        """The events to record: one, or one on each side of a merge, at the same moment."""
        recorded, at = self._when(command, demand, other)
        workflow = self._goes_on_under(demand, command)
        if (change := self._changed(demand, command)) is not None:
            # whoever might have done it then is told what changed; everybody else only that they may not
            then = self._after(demand.id, min(max(command.seen_version, 1), demand.version))
            self._decided(workflow, then, command, recorded, max(at, then.last or at), other)
            raise Overtaken(command.move, change)
        proposed = [(demand, self._decided(workflow, demand, command, recorded, at, other))]
        if other is not None and other.id == demand.id:
            raise InvalidValue("into", "a demand cannot be merged into itself")
        if other is not None:
            workflow = self.workflow_of(other)
            side = other_side(command.fact, demand)
            move = workflow.move_of(type(side), other.state) or side.TOPIC.rpartition(".")[2]
            answer = Command(other.id, move, side, command.by, reaction=command.reaction)
            proposed.append((other, self._decided(workflow, other, answer, recorded, at)))
        return proposed

    def _changed(self, demand: Demand, command: Command) -> str | None:
        """What is no longer as the caller saw it, if they said what they saw."""
        seen = command.seen
        if isinstance(seen, int):
            if seen > demand.version:
                raise InvalidValue(
                    "seen", f"version {brief(seen)} is not recorded; the demand is in version {demand.version}"
                )
            seen = demand if seen == demand.version else self._after(demand.id, seen)
        if seen is not None and _standing(seen) != _standing(demand):
            return f"you saw {_standing(seen)}, now it is {_standing(demand)}"
        return None

    def _goes_on_under(self, demand: Demand, command: Command) -> Workflow:
        """The workflow that the demand is on, or the one to which it is to move over."""
        if not isinstance(command.fact, MovedOver):
            return self.workflow_of(demand)
        workflow = self.workflow(command.fact.workflow)
        if reasons := reasons_not_to_move(demand, workflow):
            raise RuleBroken(command.move, tuple((reasons_not_to_move.__name__, reason) for reason in reasons))
        return workflow

    def _when(self, command: Command, *demands: Demand | None) -> tuple[datetime, datetime]:
        """When it is recorded, and when it happened."""
        if command.by.role == Role.POLICY and command.by.id in self._policies and not command.reaction:
            raise InvalidValue("by", f"{command.by.id} is a policy, which acts by itself when the policies are run")
        recorded = self._moments.recording(*demands)
        at = self._moments.happened(command.at, command.by, recorded, *demands, backdating=self._backdating)
        return recorded, at

    def _decided(
        self,
        workflow: Workflow,
        demand: Demand,
        command: Command,
        recorded: datetime,
        at: datetime,
        other: Demand | None = None,
    ) -> Event:
        late = True if at < recorded - ALLOWED_SKEW else None
        ids = (command.command_id, command.correlation, command.causation)
        meta = Meta(command.by, at, recorded, workflow.key, *ids, late)
        return decide(workflow, demand, Proposal(command.move, command.fact, command.by, at, other), meta)

    def _appended(self, proposed: list[tuple[Demand, Event]]) -> Demand:
        self._log.append([event for _, event in proposed])
        self._moments.saw(proposed[0][1].meta.recorded)
        after = [evolve(demand, event) for demand, event in proposed]
        for demand in after:
            self._kept.keep(demand)
        return after[0]

    def _other(self, demand: Demand, fact: Fact) -> Demand | None:
        """The other demand of a merge or an un-merge."""
        into = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
        if into is None:
            return None
        return self._kept.get(into) or self.current(into)

    def _overtaken(self, *demands: Demand | None) -> bool:
        """Whether any of these is no longer as stored; what was stored meanwhile is kept."""
        return any(
            self._refreshed(demand, demand.id).version != demand.version for demand in demands if demand is not None
        )

    def _refreshed(self, kept: Demand | None, demand: UUID) -> Demand:
        fresh = fold(self._log.events(demand, after=kept.version if kept else 0), kept)
        if fresh is None:
            raise DemandNotFound(str(demand))
        self._moments.saw(fresh.recorded)
        self._kept.keep(fresh)
        return fresh

    def _since(self, demand: UUID, version: int) -> list[str]:
        return [line_of(event).summary for event in self._log.events(demand, after=version)]


def _standing(demand: Demand) -> str:
    """What somebody who decides has seen."""
    with_whom = f" with {demand.contractor}" if demand.contractor else ""
    return f"{demand.state}{with_whom} in round {demand.round}"
