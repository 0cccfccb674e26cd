"""What was recorded when a command came first: told again to who may know it, from states that are folded once."""

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
from demandflow.domain.values import Actor
from demandflow.domain.versions.workflows import Workflows
from demandflow.domain.workflow import Workflow
from demandflow.errors import CommandConflict, HistoryIncomplete, InvalidValue, RoleNotAllowed, brief
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import as_kept
from demandflow.recording.history import line_of
from demandflow.recording.kept import Events
from demandflow.store.holes import VERSIONS, Hole

EVERY = 25
"""Of a demand that is asked about, so many versions apart a state is kept; of the last walk, so many are kept all."""
MOST = 64
"""States that are kept so of one demand, about; of a longer history they are further apart."""
KEPT = 32
"""So many demands' states are kept; they are those of the last that were asked about."""


class EarlierStates:
    """Demands as they were after an earlier event; whoever asks for one after the other reads each event once."""

    def __init__(self, events: Callable[[UUID, int, int], list[Event]]) -> None:
        """`events` reads a demand's events after a version, up to and including another."""
        self._events = events
        self._kept: OrderedDict[UUID, dict[int, Demand]] = OrderedDict()  # without a lock, as the demands kept

    def after(self, demand: UUID, version: int) -> Demand | None:
        """The demand after this event of it, or after its last one; None if there is none."""
        kept = dict(self._kept.get(demand, ()))
        state = kept.get(max((known for known in kept if known <= version), default=0))
        every = EVERY << (version // (EVERY * MOST)).bit_length()
        walked: deque[Demand] = deque(maxlen=EVERY)
        for event in self._events(demand, state.version if state else 0, version):
            state = evolve(state, event)
            walked.append(state)
            if state.version % every == 0:
                kept[state.version] = state
        if walked:
            apart = [one for one in kept.values() if one.version % every == 0]
            self._keep(demand, {one.version: one for one in (*apart, *walked)})
        return state

    def _keep(self, demand: UUID, states: dict[int, Demand]) -> None:
        self._kept.pop(demand, None)
        self._kept[demand] = states
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class Replayed:
    """What was recorded before: looked at when a command comes again, or was decided on what is no longer so."""

    def __init__(self, log: Events, workflows: Workflows, beside: Replayed | None = None) -> None:
        """What is stored is folded once, for all who ask `beside`."""
        self._log, self._workflows = log, workflows
        self._earlier: EarlierStates = beside._earlier if beside is not None else EarlierStates(self._events)

    def registered(self, command: Command, workflow: Workflow, *, chosen: bool) -> Demand | None:
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

    def done(self, demand: Demand, command: Command) -> Demand | None:
        """The demand as it was after this command, if the same one came before."""
        if command.command_id is None:
            return None
        ids = command.command_ids
        version = next((version for known, version in demand.commands if known in ids), None)
        if version is None:
            return None
        if not (events := self._events(demand.id, version - 1, version)):
            raise HistoryIncomplete((Hole(VERSIONS, version, version, demand.id),))
        check_same_command(events[0], command, self._workflows[demand.workflow])
        return self.after(demand.id, version)

    def after(self, demand: UUID, version: int) -> Demand:
        """The demand as it was after this event of it."""
        stored = self._earlier.after(demand, version)
        if stored is None or stored.version < version:  # the rest is not stored yet
            stored = fold(self._events(demand, stored.version if stored else 0, version), stored)
        assert stored is not None  # noqa: S101
        return stored

    def changed(self, demand: Demand, seen: Demand | int) -> str | None:
        """What is no longer as the caller saw it, if anything that decides is."""
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


def _standing(demand: Demand) -> str:
    """What somebody who decides has seen."""
    with_whom = f" with {demand.contractor}" if demand.contractor else ""
    return f"{demand.state}{with_whom} in round {demand.round}"


def reference_of(fact: Fact) -> str | None:
    """Where another system keeps it, if it says so; whoever brings that again brings the same."""
    return f"{fact.source}/{fact.reference}" if isinstance(fact, Registered) and fact.source is not None else None


def check_same_command(event: Event, command: Command, workflow: Workflow) -> None:
    """Raise unless the command that led to the event comes again, from the same actor.

    Raises RoleNotAllowed for who may not make such a move at all; CommandConflict, with the names of what differs.
    """
    what = f"command {command.command_id!r}"
    if (event.meta.actor, event.stamp.move) != (command.by, command.move):
        _check_role(workflow, command.move, command.by)
    if event.meta.actor != command.by:
        raise CommandConflict(what, str(event.demand), ("by",))
    _check_same(what, event, command, {})


def check_same_reference(event: Event, command: Command, workflow: Workflow, *, asked: str | None) -> None:
    """Raise unless what is known under the reference comes again, from somebody who might have registered it.

    `asked` is the workflow that the caller named, if they did. Raises RoleNotAllowed for who may not register at all;
    CommandConflict, with the names of what differs.
    """
    what = f"reference {reference_of(command.fact)!r}"
    if event.meta.actor != command.by:
        _check_role(workflow, command.move, command.by)
        proposal = Proposal(event.stamp.move, event.fact, command.by, event.meta.happened)
        try:
            decide(workflow, Demand(event.demand, workflow=workflow.key), proposal)
        except Exception:  # whatever a rule objects: its words may say what is recorded
            raise CommandConflict(what, str(event.demand), ("by",)) from None
    _check_same(what, event, command, {} if asked is None else {"workflow": (event.meta.workflow, asked)})


def _check_same(what: str, event: Event, command: Command, more: Mapping[str, tuple[Any, Any]]) -> None:
    was, now = ({name: as_kept(value) for name, value in one.__dict__.items()} for one in (event.fact, command.fact))
    pairs: dict[str, tuple[Any, Any]] = {"fact": (type(event.fact), type(command.fact))}
    pairs |= {name: (was.get(name), now.get(name)) for name in {**was, **now}}
    pairs["move"] = (event.stamp.move, command.move)
    if command.at is not None:
        pairs["at"] = (event.meta.happened, moment(command.at, "at"))
    if different := tuple(name for name, (one, other) in {**pairs, **more}.items() if one != other):
        raise CommandConflict(what, str(event.demand), different)


def _check_role(workflow: Workflow, move: str, by: Actor) -> None:
    """Raise RoleNotAllowed unless the role may make this move from some state."""
    allowed = tuple(dict.fromkeys(role for one in workflow.moves if one.name == move for role in one.roles))
    if by.role not in allowed:
        raise RoleNotAllowed(move, by.role, allowed)
