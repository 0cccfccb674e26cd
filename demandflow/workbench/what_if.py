"""What would have been: a recorded log under other clocks and other policies. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from demandflow.domain.demand import CLOCK_STANDS, RUNNING, Demand, evolve
from demandflow.domain.events import Event
from demandflow.domain.facts import ContractedOut, Escalated, Fact
from demandflow.domain.rejudging import judged_by
from demandflow.domain.values import EARLIEST, Place, Role, moment
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.policies.policy import Policy, Seen, Wake

NONE = "none"
STANDS = (NONE, *CLOCK_STANDS)


@dataclass(frozen=True)
class Otherwise:
    """A clock of a demand that would have stood otherwise: was, would have been, and both due moments."""

    demand: UUID
    clock: str
    was: str
    would_be: str
    was_due: datetime | None
    would_be_due: datetime | None


@dataclass(frozen=True)
class Acted:
    """What a policy recorded, and what it would have proposed, by kind of fact."""

    was: Mapping[str, int]
    would_be: Mapping[str, int]


@dataclass(frozen=True)
class WhatIf:
    """What would have been different, judged at a moment.

    `was` and `would_be` count, for each clock, how demands stand (none, running, paused, met, missed, stopped, and
    overdue: the running ones that are); `load` counts, for each contractor, how often work was given, and would be.
    """

    until: datetime
    was: Mapping[str, Mapping[str, int]]
    would_be: Mapping[str, Mapping[str, int]]
    otherwise: tuple[Otherwise, ...]
    policies: Mapping[str, Acted]
    load: Mapping[str, tuple[int, int]]
    raised: tuple[str, ...]

    def of(self, clock: str) -> tuple[Otherwise, ...]:
        """The demands for which this clock would have stood otherwise."""
        return tuple(one for one in self.otherwise if one.clock == clock)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        told = asdict(self)
        told["until"] = self.until.isoformat()
        told["otherwise"] = [
            {name: str(value) if isinstance(value, UUID | datetime) else value for name, value in asdict(one).items()}
            for one in self.otherwise
        ]
        return told

    def __str__(self) -> str:
        lines = [f"as of {self.until:%Y-%m-%d %H:%M} UTC, was → would have been"]
        for clock in sorted({*self.was, *self.would_be}):
            pairs = [
                (stands, self.was.get(clock, {}).get(stands, 0), self.would_be.get(clock, {}).get(stands, 0))
                for stands in (*STANDS, "overdue")
            ]
            said = [f"{stands} {was} → {now}" if was != now else f"{stands} {was}" for stands, was, now in pairs]
            lines.append(f"  clock {clock}: {', '.join(said)}")
        for name, acted in self.policies.items():
            kinds = sorted({*acted.was, *acted.would_be})
            said = [f"{kind} {acted.was.get(kind, 0)} → {acted.would_be.get(kind, 0)}" for kind in kinds]
            lines.append(f"  policy {name}: {listed(said, 'nothing')}")
        for contractor, (was, now) in self.load.items():
            lines.append(f"  given to {contractor}: {was} → {now}")
        return "\n".join([*lines, *(f"  raised: {one}" for one in self.raised)])


def what_if(
    events: Iterable[Event],
    workflow: Workflow,
    policies: Sequence[Policy] = (),
    *,
    until: datetime | None = None,
    of: Iterable[str] | None = None,
) -> WhatIf:
    """What of a log would have been different under the clocks of this workflow and under these policies.

    `events` are all of a log, in the order of recording; judged are the demands on any version of the workflow's name,
    or on those of `of` (`name@version`). What people did stays as it was; what policies did is proposed anew: notices
    and escalations as they would have come, and work as it would have been given. Without policies, those of the log
    stay. `until` is the moment of judging (else the last of the log). Raises InvalidValue.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    replayed = _Replay(workflow, policies, None if of is None else frozenset(of))
    for event in events:
        replayed.see(event)
    if replayed.last is None:
        raise InvalidValue("log", f"no demand in it is on {workflow.name}; say which: of=('name@version',)")
    return replayed.told(replayed.last if until is None else moment(until, "until"))


class _Replay:
    """The log as it was, and beside it as it would have been."""

    def __init__(self, workflow: Workflow, policies: Sequence[Policy], of: frozenset[str] | None) -> None:
        self._workflow, self._of = workflow, of
        self._policies = {policy.name: policy for policy in policies if policy.on}
        self._was: dict[UUID, Demand] = {}
        self._would: dict[UUID, Demand] = {}
        self._wakes: list[tuple[datetime, UUID, str, str]] = []
        self._asked: set[tuple[UUID, str, str]] = set()
        self._acted: dict[str, tuple[Counter[str], Counter[str]]] = {}
        self._given: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        self._gave: set[UUID] = set()
        self._raised: list[str] = []
        self.last: datetime | None = None
        self._in_hand = Counter[str | None]()
        self._open: dict[Place, dict[UUID, Seen]] = {}
        self.now = EARLIEST

    def see(self, event: Event) -> None:
        """One more recorded event; before it, what policies would have done by then."""
        if not self._judged(event.meta.workflow):
            return
        self._act_until(event.meta.recorded)
        demand, actor = event.demand, event.meta.actor
        came, went = self._was.get(demand), evolve(self._was.get(demand), event)
        self._was[demand] = went
        for one, number in ((came, -1), (went, 1)):
            if one is not None and one.open:
                self._in_hand[one.contractor] += number
                self._show(one, number > 0)
        before = self._would.get(demand)
        judged = judged_by(before, event, self._workflow.clocks)
        self._would[demand] = would = evolve(before, judged)
        self.last = event.meta.recorded if self.last is None else max(self.last, event.meta.recorded)
        by_policy = actor.role == Role.POLICY
        if by_policy:
            self._count(0, actor.id, event.fact)
        if isinstance(event.fact, ContractedOut):
            self._given[0][event.fact.contractor] += 1
            # where a policy would have given it out already, nobody else would have had to
            if demand not in self._gave and not (by_policy and self._policies):
                self._given[1][event.fact.contractor] += 1
            self._gave.discard(demand)
        if by_policy and isinstance(event.fact, Escalated) and self._policies:
            # whether it would have been escalated is for the policies to say
            self._would[demand] = would = replace(would, escalated=before is not None and before.escalated)
        self._note(would)

    def told(self, until: datetime) -> WhatIf:
        """What it came to."""
        self._act_until(until)
        otherwise = []
        counts: tuple[dict[str, Counter[str]], dict[str, Counter[str]]] = {}, {}
        names = {clock.name for clock in self._workflow.clocks}
        names |= {one.clock for demand in self._was.values() for one in demand.clocks}
        for demand in self._was:
            was, would = self._was[demand], self._would[demand]
            for name in sorted(names):
                stood = [_stands(one, name, until) for one in (was, would)]
                for side, (stands, overdue, _) in zip(counts, stood, strict=True):
                    count = side.setdefault(name, Counter())
                    count[stands] += 1
                    count["overdue"] += overdue
                if stood[0][:2] != stood[1][:2]:
                    (was_said, was_due), (now_said, now_due) = ((_said(*one[:2]), one[2]) for one in stood)
                    otherwise.append(Otherwise(demand, name, was_said, now_said, was_due, now_due))
        policies = {name: Acted(dict(was), dict(would)) for name, (was, would) in sorted(self._acted.items())}
        given = sorted({*self._given[0], *self._given[1]})
        load = {one: (self._given[0][one], self._given[1][one]) for one in given}
        every = (*STANDS, "overdue")
        told = [{name: {one: count[one] for one in every} for name, count in side.items()} for side in counts]
        return WhatIf(until, told[0], told[1], tuple(otherwise), policies, load, tuple(self._raised))

    # what policies look up

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow under which it is judged."""
        return self._workflow

    def load(self, contractor: str) -> int:
        """How many open demands this contractor had in hand."""
        return self._in_hand[contractor]

    def open_demands(self, place: str, received_since: datetime) -> tuple[Seen, ...]:
        """The demands that were open then at this place and below it."""
        here = (seen for at, seen in self._open.items() if _within(at, place))
        found = [one for demands in here for one in demands.values() if one.received >= received_since]
        return tuple(sorted(found, key=lambda one: (one.received, one.demand)))

    def _show(self, demand: Demand, here: bool) -> None:
        """Keep an open demand where policies look for others, or take it from there."""
        place, received = demand.place or Place("?"), demand.received
        if here and received is not None:
            said = (demand.text, place, demand.category, demand.contractor, received, demand.state)
            self._open.setdefault(place, {})[demand.id] = Seen(demand.id, *said)
        else:
            self._open.get(place, {}).pop(demand.id, None)

    def _judged(self, key: str) -> bool:
        return key in self._of if self._of is not None else key.rpartition("@")[0] == self._workflow.name

    def _note(self, demand: Demand) -> None:
        for name, policy in self._policies.items():
            for wake in self._wakes_of(policy, demand):
                if (demand.id, name, wake.cause) not in self._asked:
                    heappush(self._wakes, (wake.at, demand.id, name, wake.cause))

    def _wakes_of(self, policy: Policy, demand: Demand) -> tuple[Wake, ...]:
        try:
            return tuple(policy.wakes(demand, self._workflow))
        except Exception as error:  # what a community's policy may raise is not known
            self._raised.append(f"{policy.name} about {demand.id}: {error}")
            return ()

    def _act_until(self, now: datetime) -> None:
        while self._wakes and self._wakes[0][0] <= now:
            at, demand, name, cause = heappop(self._wakes)
            key, policy, would = (demand, name, cause), self._policies[name], self._would[demand]
            if key in self._asked or Wake(at, cause) not in self._wakes_of(policy, would):
                continue
            self._asked.add(key)
            self.now = at
            for fact in self._answers(policy, Wake(at, cause), would):
                self._count(1, name, fact)
                if isinstance(fact, ContractedOut):
                    self._given[1][fact.contractor] += 1
                    self._gave.add(demand)
                if isinstance(fact, Escalated):
                    self._would[demand] = would = replace(would, escalated=True)

    def _answers(self, policy: Policy, wake: Wake, demand: Demand) -> Iterator[Fact]:
        try:
            for reaction in policy.then(wake, demand, self):
                yield reaction.fact
        except Exception as error:  # nor here
            self._raised.append(f"{policy.name} about {demand.id}: {error}")

    def _count(self, side: int, policy: str, fact: Fact) -> None:
        counts = self._acted.setdefault(policy, (Counter(), Counter()))
        kind = str(getattr(fact, "kind", "")) or type(fact).__name__
        counts[side][kind] += 1


def _stands(demand: Demand, name: str, until: datetime) -> tuple[str, bool, datetime | None]:
    """How the clock stands, whether it is overdue by then, and when it is due."""
    clock = demand.clock(name)
    if clock is None:
        return NONE, False, None
    overdue = clock.stands == RUNNING and clock.due is not None and clock.due < until
    return clock.stands, overdue, clock.due


def _said(stands: str, overdue: bool) -> str:
    return "overdue" if overdue else stands


def _within(place: Place, other: str) -> bool:
    return not other or place.within(other)
