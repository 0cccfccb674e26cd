"""Asking the policies when they want to act on a demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from demandflow.automation.parked import ParkedReaction
from demandflow.domain.demand import Demand
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, StorageError, brief
from demandflow.policies.policy import Policy, Timer, command_of
from demandflow.store.following.parking import OF_ONE_DEMAND

ASKING = "(asked when to act)"


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of the agenda: when to ask which policy about which demand, in this version of the demand."""

    at: datetime
    demand: UUID
    policy: str
    cause: str
    version: int


@dataclass(frozen=True, slots=True)
class Answer:
    """When the policies want to be asked about a demand; which of them failed to say so, and which did not fail."""

    lines: tuple[Line, ...] = ()
    parked: tuple[ParkedReaction, ...] = ()
    cleared: tuple[tuple[str, UUID, str], ...] = ()


class Asking:
    """Asks the policies about demands as they are stored now."""

    def __init__(
        self, policies: Iterable[Policy], workflows: Mapping[str, Workflow], current: Callable[[UUID], Demand]
    ) -> None:
        self._policies = [policy for policy in policies if policy.on]
        self._workflows, self._current = workflows, current

    def about(self, demand: UUID) -> Answer | Exception:
        """When the policies want to be asked about the demand, or why it cannot be read. Raises StorageError."""
        try:
            return self._answer(self._current(demand))
        except OF_ONE_DEMAND as error:
            return error
        except StorageError:
            raise
        except Exception as error:  # what a community's fact may raise when it is applied is not known
            return error

    def _answer(self, demand: Demand) -> Answer:
        """What was reacted to already is left out."""
        workflow = self._workflows.get(demand.workflow)
        if workflow is None:
            return Answer()
        done = {command for command, _ in demand.commands}
        lines: list[Line] = []
        parked: list[ParkedReaction] = []
        cleared: list[tuple[str, UUID, str]] = []
        for policy in self._policies:
            try:
                timers = timers_of(policy, demand, workflow)
            except Exception as error:  # what a community's policy may raise is not known
                at = demand.last or demand.received
                assert at is not None  # noqa: S101
                parked.append(ParkedReaction(policy.name, demand.id, ASKING, reason_of(error), at))
                continue
            cleared.append((policy.name, demand.id, ASKING))
            lines += [
                Line(timer.at, demand.id, policy.name, timer.cause, demand.version)
                for timer in timers
                if command_of(policy.name, timer.cause) not in done
            ]
        return Answer(tuple(lines), tuple(parked), tuple(cleared))


def timers_of(policy: Policy, demand: Demand, workflow: Workflow) -> tuple[Timer, ...]:
    """When the policy wants to be asked. Raises InvalidValue for what is no timer, and for a cause with two moments."""
    timers = tuple(dict.fromkeys(policy.timers(demand, workflow)))
    for timer in timers:
        if not isinstance(timer, Timer):
            raise InvalidValue(policy.name, f"timers must be Timers, got {brief(timer)}")
    moments = Counter(timer.cause for timer in timers)
    if twice := [cause for cause, number in moments.items() if number > 1]:
        raise InvalidValue(policy.name, f"asks for {twice[0]!r} at {moments[twice[0]]} moments; a cause names one")
    return timers


def reason_of(error: Exception) -> str:
    """Why something is parked, on one line."""
    message = " ".join(str(error).split())
    return message if isinstance(error, DemandFlowError) else f"{type(error).__name__}: {message}"
