"""The policies of a log, asked anew: what they would have proposed, each at the moment at which it was due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID

from demandflow.analysis.given_out import GivenOut
from demandflow.analysis.judged_anew import JudgedAnew
from demandflow.analysis.nearby import OpenDemands
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, Merged, Unmerged
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Actor, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.inputs.moments import EARLIEST
from demandflow.policies.policy import OpenDemand, Policy, Reaction, Timer, cause_of


class _Line(NamedTuple):
    """One line of the agenda, in its order."""

    at: datetime
    demand: UUID
    policy: str
    cause: str


class Rerun:
    """Reads a log and asks the policies as the runner would have, had it run at each moment that was due.

    A pass asks all that is due, at most one reaction a demand; what it proposes may be in the log next, and the next
    pass waits for it. What had no answer is asked again when the demand changes; what proposed something, or could not
    be answered, is not. What people did at the same moment came first, unless the log shows that a policy did.
    """

    def __init__(self, judged: JudgedAnew, policies: Sequence[Policy]) -> None:
        self._judged, self._policies = judged, {policy.name: policy for policy in policies if policy.on}
        self._agenda: list[_Line] = []
        self._lines: dict[UUID, set[_Line]] = {}
        self._done: dict[UUID, set[tuple[str, str]]] = {}
        self._expected = Counter[tuple[UUID, str, type[Fact]]]()
        self._nearby, self._given_out = OpenDemands(), GivenOut()
        self.acted: dict[str, tuple[Counter[str], Counter[str]]] = {}
        self.raised: dict[str, None] = {}
        self.now = EARLIEST

    @property
    def given(self) -> tuple[Counter[str], Counter[str]]:
        """How often each contractor was given work, and would have been."""
        return self._given_out.given

    def see(self, event: Event) -> None:
        """One more recorded event; before it, what the policies would have done by then."""
        ours = self._judged.judges(event)
        by_policy = ours and event.meta.actor.role == Role.POLICY
        self._ask_before(event, by_policy=by_policy)
        came = self._judged.was.get(event.demand)
        self._judged.see(event)
        went = self._judged.was[event.demand]
        if by_policy:
            self._count(0, event.meta.actor.id, event.fact)
        elif event.meta.actor.role == Role.POLICY:
            self._did_elsewhere(event)
        self._given_out.follow(event, came, went, ours=ours, anew=by_policy and self._judged.anew)
        self.now = max(self.now, event.meta.recorded)
        if self._policies:
            self._nearby.show(went)
            self._note(self._judged.would(event.demand) if ours else None, event.demand)

    def ask_until(self, until: datetime) -> None:
        """What the policies would have done by this moment."""
        while (moment := self._next_moment()) is not None and moment <= until:
            self._pass(moment)

    # what policies look up

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow under which it is judged."""
        return self._judged.workflow

    def load(self, contractor: str) -> int:
        """How many open demands this contractor would have had in hand."""
        return self._given_out.in_hand[contractor]

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The demands that were open then at this place and below it, in the order of receipt."""
        return self._nearby.at(place, received_since)

    # the agenda

    def _ask_before(self, event: Event, *, by_policy: bool) -> None:
        this, at = (event.demand, event.meta.actor.id, type(event.fact)), max(event.meta.recorded, self.now)
        expected = by_policy and self._expected[this] > 0
        while (moment := self._next_moment()) is not None and (moment < at or (by_policy and moment == at)):
            if expected and moment == self.now:
                break
            self._pass(moment)
            expected = by_policy and self._expected[this] > 0
        if expected:
            self._expected[this] -= 1

    def _next_moment(self) -> datetime | None:
        """When the policies are to be asked next; what is overdue, at once."""
        agenda = self._agenda
        while agenda and agenda[0] not in self._lines.get(agenda[0].demand, ()):
            heappop(agenda)
        return max(self.now, agenda[0].at) if agenda else None

    def _did_elsewhere(self, event: Event) -> None:
        """What a policy did while the demand was on another workflow it does not do again on this one."""
        name = event.meta.actor.id
        if name in self._policies and (cause := cause_of(name, event)) is not None:
            self._done.setdefault(event.demand, set()).add((name, cause))

    def _pass(self, now: datetime) -> None:
        self.now = now
        self._expected.clear()
        touched: set[UUID] = set()
        later = []
        while self._agenda and self._agenda[0].at <= now:
            line = heappop(self._agenda)
            if line not in self._lines.get(line.demand, ()):
                continue
            if line.demand in touched:
                later.append(line)
                continue
            self._lines[line.demand].discard(line)
            if self._ask(line):
                touched.add(line.demand)
                self._note(self._judged.would(line.demand), line.demand)
        for line in later:
            heappush(self._agenda, line)

    def _note(self, demand: Demand | None, this: UUID) -> None:
        """Put on the agenda what the policies want to be asked about the demand as it would stand now."""
        noted, done = self._lines.get(this, set()), self._done.get(this, ())
        wanted: set[_Line] = set()
        for name, policy in self._policies.items():
            try:
                timers = () if demand is None else tuple(policy.timers(demand, self._judged.workflow))
            except Exception as error:  # what a community's policy may raise is not known
                self._raise(name, this, error)
                continue
            wanted |= {_Line(timer.at, this, name, timer.cause) for timer in timers if (name, timer.cause) not in done}
        for line in wanted - noted:
            heappush(self._agenda, line)
        if wanted:
            self._lines[this] = wanted
        else:
            self._lines.pop(this, None)

    def _ask(self, line: _Line) -> bool:
        """Ask this, and count what is proposed; False if nothing is."""
        policy, demand = self._policies[line.policy], self._judged.would(line.demand)
        try:
            reactions = tuple(policy.then(Timer(line.at, line.cause), demand, self))
            after = demand
            for reaction in reactions:
                after = self._after(policy, reaction, after)
        except Exception as error:  # nor here
            self._done.setdefault(line.demand, set()).add((line.policy, line.cause))
            self._raise(line.policy, line.demand, error)
            return False
        if not reactions:
            return False
        self._done.setdefault(line.demand, set()).add((line.policy, line.cause))
        for reaction in reactions:
            self._count(1, line.policy, reaction.fact)
            self._expected[line.demand, line.policy, type(reaction.fact)] += 1
            if isinstance(reaction.fact, ContractedOut):
                self._given_out.would_give(line.demand, reaction.fact.contractor)
        if after.escalated and not demand.escalated:
            self._judged.escalate(line.demand)
        return True

    def _after(self, policy: Policy, reaction: Reaction, demand: Demand) -> Demand:
        """The demand after what is proposed; raises if the workflow would not have let it in."""
        fact, workflow, by = reaction.fact, self._judged.workflow, Actor(policy.name, Role.POLICY)
        move = reaction.move or workflow.move_of(type(fact), demand.state, Role.POLICY)
        if move is None:
            problem = f"proposes {type(fact).__name__}, which no move of {workflow.key} records from {demand.state}"
            raise InvalidValue(policy.name, problem)
        into = fact.into if isinstance(fact, Merged) else demand.merged_into if isinstance(fact, Unmerged) else None
        other = None if into is None else self._judged.was.get(into)
        at = max(self.now, demand.last or self.now)
        return evolve(demand, decide(workflow, demand, Proposal(move, fact, by, at, other)))

    def _raise(self, policy: str, demand: UUID, error: Exception) -> None:
        self.raised[f"{policy} about {demand}: {error}"] = None

    def _count(self, side: int, policy: str, fact: Fact) -> None:
        counts = self.acted.setdefault(policy, (Counter(), Counter()))
        counts[side][str(getattr(fact, "kind", "")) or type(fact).__name__] += 1
