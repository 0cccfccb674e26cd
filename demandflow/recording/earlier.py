"""What was recorded earlier: the answer to a command that comes again, and what changed since a caller looked."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from demandflow.domain.decide import Command, decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.moves import Proposal
from demandflow.domain.stream import S, Stream
from demandflow.domain.values import Actor
from demandflow.domain.versions.workflows import Workflows
from demandflow.domain.workflow import Workflow
from demandflow.errors import CommandConflict, HistoryIncomplete, InvalidValue, RoleNotAllowed, brief
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import as_kept
from demandflow.recording.command import ids_of
from demandflow.recording.demands import Events
from demandflow.recording.history import line_of
from demandflow.store.holes import VERSIONS, Hole

EVERY = 25
"""A state is kept every so many versions; of the last versions that were read, so many states are kept, all of them."""
MOST = 64
"""About so many states are kept of one demand; of a longer history they are further apart."""
KEPT = 32
"""The states of so many demands are kept: those that were needed last."""


class EarlierStates:
    """Demands as they were after an earlier event. To ask for one version after the other reads each event once."""

    def __init__(
        self,
        events: Callable[[UUID, int, int], list[Event]],
        kind_of: Callable[[Event], type[Stream]] = lambda _: Demand,
    ) -> None:
        """`events` reads a demand's events after a version, up to and including another."""
        self._events, self._kind_of = events, kind_of
        self._kept: OrderedDict[UUID, dict[int, Any]] = OrderedDict()  # without a lock, as the demands kept

    def after(self, demand: UUID, version: int) -> Any:
        """The demand after this event of it, or after its last one; None if there is none."""
        kept = dict(self._kept.get(demand, ()))
        state = kept.get(max((known for known in kept if known <= version), default=0))
        every = EVERY << (version // (EVERY * MOST)).bit_length()
        walked: deque[Stream] = deque(maxlen=EVERY)
        for event in self._events(demand, state.version if state else 0, version):
            state = evolve(state, event, self._kind_of(event) if state is None else Demand)
            walked.append(state)
            if state.version % every == 0:
                kept[state.version] = state
        if walked:
            apart = [state for state in kept.values() if state.version % every == 0]
            self._kept.pop(demand, None)
            self._kept[demand] = {state.version: state for state in (*apart, *walked)}
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return state


class Earlier:
    """What was recorded earlier: needed when a command comes again, or was decided on a state that has changed."""

    def __init__(self, log: Events, workflows: Workflows, beside: Earlier | None = None) -> None:
        """`beside` reads the same log: its states are used here."""
        self._log, self._workflows = log, workflows
        self._states: EarlierStates = (
            beside._states if beside is not None else EarlierStates(self._events, workflows.kind_of)
        )

    def registered(self, command: Command, workflow: Workflow, *, chosen: bool) -> Any:
        """The demand as it was registered, if the same reference or command came before."""
        first = self._log.events(command.demand, upto=1)
        if not first:
            return None
        event, on = first[0], self._workflows.get(first[0].meta.workflow, workflow)
        if (reference := reference_of(command.fact, workflow)) is not None:
            _check_same_reference(reference, event, command, on, chosen=workflow.key if chosen else None)
        else:
            _check_same_command(event, command, on)
        return evolve(None, event, on.of)

    def version_of(self, demand: Stream, command: Command) -> int | None:
        """The version to which this command led, if the same one came before."""
        if command.command_id is None:
            return None
        ids = ids_of(command)
        return next((version for known, version in demand.commands if known in ids), None)

    def done(self, demand: S, command: Command) -> S | None:
        """The demand as it was after this command, if the same one came before."""
        if command.command_id is None or (version := self.version_of(demand, command)) is None:
            return None
        if not (events := self._events(demand.id, version - 1, version)):
            raise HistoryIncomplete((Hole(VERSIONS, version, version, demand.id),))
        _check_same_command(events[0], command, self._workflows[demand.workflow])
        done: S = self.after(demand.id, version)
        return done

    def after(self, demand: UUID, version: int) -> Any:
        """The demand as it was after this event of it."""
        state = self._states.after(demand, version)
        if state is None or state.version < version:  # the rest is not stored yet
            events = self._events(demand, state.version if state else 0, version)
            state = fold(events, state, self._workflows.kind_of(events[0]))
        assert state is not None  # noqa: S101
        return state

    def changed(self, demand: Stream, seen: Stream | int) -> str | None:
        """What has changed since the caller saw the demand, if it matters for a decision."""
        if isinstance(seen, int):
            if seen > demand.version:
                problem = f"version {brief(seen)} is not recorded; the demand is in version {demand.version}"
                raise InvalidValue("seen", problem)
            seen = demand if seen == demand.version else self.after(demand.id, seen)
        was, now = _standing(seen), _standing(demand)
        return None if was == now else f"you saw {was}, now it is {now}"

    def since(self, seen: Mapping[UUID, int]) -> tuple[str, ...]:
        """What was recorded of these demands after these versions, in words."""
        events = (event for demand, version in seen.items() for event in self._log.events(demand, after=version))
        return tuple(line_of(event).summary for event in events)

    def _events(self, demand: UUID, after: int, upto: int) -> list[Event]:
        return self._log.events(demand, after=after, upto=upto)


def reference_of(fact: Fact, workflow: Workflow) -> str | None:
    """What it is known by, if there is only one of it: source and reference of a demand, the key of another stream."""
    if isinstance(fact, Registered) and fact.source is not None:
        return f"{fact.source}/{fact.reference}"
    return None if workflow.of.KEY is None else f"{workflow.of.KIND}/{getattr(fact, workflow.of.KEY)}"


def _standing(demand: Any) -> str:
    """What matters for a decision."""
    with_whom = f" with {with_}" if (with_ := getattr(demand, "contractor", None)) else ""
    return f"{demand.state}{with_whom} in round {demand.round}"


def _check_same_command(event: Event, command: Command, workflow: Workflow) -> None:
    """Raise unless this is the command that led to the event, from the same actor.

    Raises RoleNotAllowed for a role that may not make such a move at all, else CommandConflict with what differs.
    """
    what = f"command {command.command_id!r}"
    if (event.meta.actor, event.stamp.move) != (command.by, command.move):
        _check_role(workflow, command.move, command.by)
    if event.meta.actor != command.by:
        raise CommandConflict(what, str(event.demand), ("by",))
    _check_same(what, event, command, {})


def _check_same_reference(
    reference: str, event: Event, command: Command, workflow: Workflow, *, chosen: str | None
) -> None:
    """Raise unless this says what was registered under the reference, by somebody who might have registered it.

    `chosen` is the workflow that the caller named, if they did. Raises RoleNotAllowed for a role that may not register
    at all, else CommandConflict with what differs.
    """
    what = f"reference {reference!r}"
    if event.meta.actor != command.by:
        _check_role(workflow, command.move, command.by)
        proposal = Proposal(event.stamp.move, event.fact, command.by, event.meta.happened)
        try:
            decide(workflow, workflow.of(event.demand, workflow=workflow.key), proposal)
        except Exception:  # whatever a rule objects: its words may say what is recorded
            raise CommandConflict(what, str(event.demand), ("by",)) from None
    _check_same(what, event, command, {} if chosen is None else {"workflow": (event.meta.workflow, chosen)})


def _check_same(what: str, event: Event, command: Command, more: Mapping[str, tuple[Any, Any]]) -> None:
    facts = (event.fact, command.fact)
    was, now = ({name: as_kept(value) for name, value in fact.__dict__.items()} for fact in facts)
    pairs: dict[str, tuple[Any, Any]] = {"fact": (type(event.fact), type(command.fact))}
    pairs |= {name: (was.get(name), now.get(name)) for name in {**was, **now}}
    pairs["move"] = (event.stamp.move, command.move)
    if command.at is not None:
        pairs["at"] = (event.meta.happened, moment(command.at, "at"))
    if different := tuple(name for name, (before, after) in {**pairs, **more}.items() if before != after):
        raise CommandConflict(what, str(event.demand), different)


def _check_role(workflow: Workflow, move: str, by: Actor) -> None:
    """Raise RoleNotAllowed unless the role may make this move from some state."""
    rows = (row for row in workflow.moves if row.name == move)
    allowed = tuple(dict.fromkeys(role for row in rows for role in row.roles))
    if by.role not in allowed:
        raise RoleNotAllowed(move, by.role, allowed)
