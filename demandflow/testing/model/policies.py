"""What the policies do once more: who is asked in which order, what comes of it, what is parked and given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from demandflow.automation.parked import ParkedReaction
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.testing.model.asked import About, Fails, Wake
from demandflow.testing.model.hooks import Hooks
from demandflow.testing.model.notices import notices, plain
from demandflow.testing.model.repeats import within
from demandflow.testing.model.setup import standard_policies
from demandflow.testing.model.step import Step
from demandflow.testing.model.waking import WAKING
from demandflow.testing.model.world import World
from demandflow.testing.whims import Whims

ASKING = "(asked when to act)"
Key = tuple[str, UUID, str]
"""A policy's name, a demand, and a cause."""


class Line(NamedTuple):
    """When which policy is to be asked about which demand; lines are gone through in this order."""

    at: datetime
    demand: str
    policy: str
    cause: str
    it: UUID
    wake: Wake


class Policies:
    """What the policies do in a world."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.policies = world, standard_policies(next(iter(world.of_demands.values())), number)
        self.names = tuple(policy.name for policy in self.policies)
        self.quiet: set[tuple[Key, int]] = set()
        """What had no answer, and in which version of the demand."""
        self.parked: dict[Key, datetime] = {}
        self.dropped: set[Key] = set()
        self.known: dict[Key, ParkedReaction] = {}
        """All that was ever parked, as it was listed last."""
        self.before: dict[UUID, Demand] = {}
        """The demands at the beginning of the pass: what it has done so far shows on the board only afterwards."""
        self.hooks = Hooks(world)
        self.caught = 0
        """Up to where in the log the policies were asked when they want to act."""
        world.policies = self

    def changed(self) -> None:
        """One of the policies, if it is there, becomes another, so that all is asked again."""
        before, self.policies = self.policies, tuple(map(otherwise, self.policies))
        if before != self.policies:
            self.rebuilt()

    def rebuilt(self) -> None:
        """The agenda is made again from the log: what had no answer is asked again."""
        self.quiet.clear()
        self.caught = 0

    def drop(self, keys: Sequence[Key]) -> None:
        """These are let go for good."""
        self.dropped.update(keys)
        self.parked = {key: at for key, at in self.parked.items() if key not in keys}

    def retry(self, keys: Sequence[Key]) -> None:
        """All about their demands is asked again."""
        self.parked = {key: at for key, at in self.parked.items() if key not in keys}
        demands = {it for _, it, _ in keys}
        self.quiet = {one for one in self.quiet if one[0][1] not in demands}
        for it in demands if self.caught else ():  # else the agenda is made anew with the next run anyway
            self._asked(it)

    # running

    def begin_pass(self) -> None:
        """What policies look up shows how everything stood now, until the next pass begins."""
        self.before = dict(self.world.demands)

    def reacted(self, due: datetime) -> tuple[list[Any], list[Any]]:
        """What is recorded if the policies are run, and what is parked; it has happened afterwards."""
        reacted: list[Any] = []
        parked: list[Any] = []
        touched = {UUID(int=0)}
        while touched:
            touched = set()
            parked += self.catch_up()
            self.begin_pass()
            for line in sorted(one for one in self.lines() if one.at <= due):
                if line.it in touched:
                    continue  # after a reaction, its policies are asked again
                key, now = (line.policy, line.it, line.cause), self.world.clock.now
                try:
                    facts = line.wake.facts(now)
                    self._record(line, facts)
                except Fails:
                    self.parked[key] = now
                    parked.append((*key, now))
                    continue
                if facts:
                    reacted.append((*key, facts))
                    touched.add(line.it)
                else:
                    self.quiet.add((key, self.world.demands[line.it].version))
        return reacted, parked

    def _record(self, line: Line, facts: tuple[Fact, ...]) -> None:
        """Record all of a reaction, or nothing: then it Fails."""
        saved, causation = self.world.saved(), f"event {self.world.demands[line.it].version}"
        for number, fact in enumerate(facts, 1):
            move = next((one.name for one in self._about(line.it).moves(type(fact)) if "policy" in one.roles), "")
            command = f"~{line.policy}: {line.cause}" + (f" #{number}" if number > 1 else "")
            by, correlation = Actor(line.policy, "policy"), line.wake.correlation if number == 1 else None
            step = Step(line.it.int, move, fact, by, command=command, correlation=correlation, causation=causation)
            if not move or self.world.tell(step).error is not None:
                self.world.restore(saved)
                raise Fails

    def catch_up(self) -> list[Any]:
        """Ask about the demands of which something was recorded; what cannot say when it acts is parked."""
        failed: list[Any] = []
        for it in dict.fromkeys(event.demand for event in self.world.log[self.caught :]):
            failed += self._asked(it) if it in self.world.demands else []
        self.caught = len(self.world.log)
        return failed

    def _asked(self, it: UUID) -> list[Any]:
        """Ask about a demand; returns what is newly parked."""
        failed: list[Any] = []
        last = self.world.demands[it].last
        assert last is not None
        for policy in self.policies:
            key = (policy.name, it, ASKING)
            try:
                self.wakes(policy, it)
                self.parked.pop(key, None)
            except Fails:
                if key not in self.parked and key not in self.dropped:
                    self.parked[key] = last
                    failed.append((*key, last))
        return failed

    def lines(self) -> Iterator[Line]:
        """All that is still to be asked, at any time."""
        for it, demand in self.world.demands.items():
            done = {command for command, _ in demand.commands}
            for policy in self.policies:
                with suppress(Fails):
                    for wake in self.wakes(policy, it):
                        key = (policy.name, it, wake.cause)
                        silent = (key, demand.version) in self.quiet or key in self.parked or key in self.dropped
                        if not silent and f"~{policy.name}: {wake.cause}" not in done:
                            yield Line(wake.at, it.hex, policy.name, wake.cause, it, wake)

    def wakes(self, policy: Any, it: UUID) -> list[Wake]:
        """When it wants to be asked about a demand. Raises Fails."""
        return list(WAKING[type(policy)](policy, self._about(it)))

    # what policies may look up

    @property
    def now(self) -> datetime:
        """The moment of the clock."""
        return self.world.clock.now

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow that it is on."""
        return self.world.workflows[demand.workflow]

    def load(self, contractor: str) -> int:
        """How many open demands they have in hand."""
        return sum(one.contractor == contractor and one.ended_as is None for one in self.world.demands.values())

    def open_demands(self, place: str, received_since: datetime) -> list[SimpleNamespace]:
        """Those at a place that were received since."""
        there = [one for one in self.world.demands.values() if one.ended_as is None and within(one.place, place)]
        seen = [(one.received, one.id, one.text, one.category) for one in there if one.received is not None]
        seen = sorted(one for one in seen if one[0] >= received_since)
        return [SimpleNamespace(received=at, demand=it, text=text, category=of) for at, it, text, of in seen]

    def _about(self, it: UUID) -> About:
        demand = self.world.demands[it]
        return About(demand, self.world.workflows[demand.workflow], self.world)


def otherwise(policy: Any) -> Any:
    """The policy with other whims, if it has any."""
    return policy.otherwise() if isinstance(policy, Whims) else policy


def next_moment(world: World) -> datetime | None:
    """When something is next to be asked."""
    if world.policies is None:
        return None
    world.policies.catch_up()
    return min((line.at for line in world.policies.lines()), default=None)


def parked(world: World) -> list[tuple[str, UUID, str, datetime]]:
    """What failed, the oldest first."""
    kept: dict[Key, datetime] = {} if world.policies is None else world.policies.parked
    found = [(*key, at) for key, at in kept.items()]
    return sorted(found, key=lambda one: (one[3], one[1].hex, one[0], one[2]))


def shown_parked(found: Iterable[ParkedReaction]) -> list[Any]:
    """What is listed, as the model has it; what does not say why stays as it is, so that it differs."""
    return [(one.policy, one.demand, one.cause, one.at) if one.reason else one for one in found]


QUESTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "next_moment": (next_moment, lambda found: found),
    "parked": (parked, shown_parked),
    "notices": (partial(notices), lambda found: [(at, plain(one)) for at, one in found]),
}
