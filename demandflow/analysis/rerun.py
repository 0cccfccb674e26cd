"""The policies of a log, asked again: what they would have proposed, each at the moment at which it was due."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID

from demandflow.analysis.lookup import GivenWork, OpenDemands
from demandflow.analysis.rejudged import RejudgedDemands
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut
from demandflow.domain.merging import other_of
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


@dataclass(frozen=True)
class Acted:
    """How often a policy did something in the log, and would have done it, by kind of fact."""

    was: Counter[str] = field(default_factory=Counter)
    would_be: Counter[str] = field(default_factory=Counter)


class Rerun:
    """Reads a log and asks the policies as the runner would have, had it run at each moment that was due.

    A pass asks all that is due, at most one reaction a demand; what it proposes may be in the log next, and the next
    pass waits for it. What had no answer is asked again when the demand changes; what proposed something, or could not
    be answered, is not. What people did at the same moment came first, unless the log shows that a policy did.
    """

    def __init__(self, demands: RejudgedDemands, policies: Sequence[Policy]) -> None:
        self._demands, self._policies = demands, {policy.name: policy for policy in policies if policy.on}
        self._agenda: list[_Line] = []
        """A heap. A line is only good while it is among those of its demand."""
        self._lines: dict[UUID, set[_Line]] = {}
        self._done = defaultdict[UUID, set[tuple[str, str]]](set)
        self._expected = Counter[tuple[UUID, str, type[Fact]] | None]()
        """What the last pass proposed, and the log has not shown yet."""
        self._open_demands = OpenDemands()
        self.given, self.acted, self.raised = GivenWork(), defaultdict[str, Acted](Acted), dict[str, None]()
        self.now = EARLIEST

    def add(self, event: Event) -> None:
        """Apply the next event of the log, after what the policies would have done before it."""
        judged, by_policy = self._demands.judges(event), event.meta.actor.role == Role.POLICY
        self._ask_before(event, by_policy=judged and by_policy)
        before = self._demands.was.get(event.demand)
        self._demands.add(event)
        after = self._demands.was[event.demand]
        if by_policy and judged:
            self.acted[event.meta.actor.id].was[_kind(event.fact)] += 1
        elif by_policy and (cause := cause_of(event.meta.actor.id, event)) is not None:
            # what a policy did on another workflow it does not do again on this one
            self._done[event.demand].add((event.meta.actor.id, cause))
        repeated = judged and by_policy and self._demands.ask_policies
        self.given.add(event, before, after, judged=judged, repeated=repeated)
        self.now = max(self.now, event.meta.recorded)
        if self._policies:
            self._open_demands.update(after)
            if judged:
                self._note(self._demands.would_be[event.demand])
            else:
                self._lines.pop(event.demand, None)

    def ask_until(self, until: datetime) -> None:
        """Ask the policies about all that is due by this moment."""
        while (moment := self._next_moment()) is not None and moment <= until:
            self._ask_all_due(moment)

    # what policies look up

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow under which it is judged."""
        return self._demands.workflow

    def load(self, contractor: str) -> int:
        """How many open demands this contractor would have had in hand."""
        return self.given.in_hand[contractor]

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The demands that were open then at this place and below it, in the order of receipt."""
        return self._open_demands.at(place, received_since)

    # the agenda

    def _ask_before(self, event: Event, *, by_policy: bool) -> None:
        reaction = (event.demand, event.meta.actor.id, type(event.fact)) if by_policy else None
        at = max(event.meta.recorded, self.now)
        while (moment := self._next_moment()) is not None and (moment < at or (by_policy and moment == at)):
            if self._expected[reaction] and moment == self.now:
                break
            self._ask_all_due(moment)
        if self._expected[reaction]:
            self._expected[reaction] -= 1

    def _next_moment(self) -> datetime | None:
        """When the policies are to be asked next; what is overdue, at once."""
        while self._agenda and self._agenda[0] not in self._lines.get(self._agenda[0].demand, ()):
            heappop(self._agenda)
        return max(self.now, self._agenda[0].at) if self._agenda else None

    def _ask_all_due(self, now: datetime) -> None:
        self.now = now
        self._expected.clear()
        due = []
        while self._agenda and self._agenda[0].at <= now:
            due.append(heappop(self._agenda))
        reacted: set[UUID] = set()
        for line in due:
            if line.demand in reacted:
                heappush(self._agenda, line)
            elif line in self._lines.get(line.demand, ()):
                self._lines[line.demand].discard(line)
                if self._ask(line):
                    reacted.add(line.demand)
                    self._note(self._demands.would_be[line.demand])

    def _note(self, demand: Demand) -> None:
        """Put on the agenda what the policies want to be asked about the demand as it would be now."""
        lines, done = set[_Line](), self._done.get(demand.id, ())
        for name, policy in self._policies.items():
            try:
                timers = tuple(policy.timers(demand, self._demands.workflow))
            except Exception as error:  # what a community's policy may raise is not known
                self._note_error(name, demand.id, error)
                continue
            todo = (timer for timer in timers if (name, timer.cause) not in done)
            lines |= {_Line(timer.at, demand.id, name, timer.cause) for timer in todo}
        for line in lines - self._lines.pop(demand.id, set()):
            heappush(self._agenda, line)
        if lines:
            self._lines[demand.id] = lines

    def _ask(self, line: _Line) -> bool:
        """Ask the policy, and count what it proposes; False if that is nothing, or nothing that could be recorded."""
        policy, demand = self._policies[line.policy], self._demands.would_be[line.demand]
        try:
            reactions, after = tuple(policy.then(Timer(line.at, line.cause), demand, self)), demand
            for reaction in reactions:
                after = self._after(policy, reaction, after)
        except Exception as error:  # nor here
            self._done[line.demand].add((line.policy, line.cause))
            self._note_error(line.policy, line.demand, error)
            return False
        for fact in (reaction.fact for reaction in reactions):
            self._done[line.demand].add((line.policy, line.cause))
            self.acted[line.policy].would_be[_kind(fact)] += 1
            self._expected[line.demand, line.policy, type(fact)] += 1
            if isinstance(fact, ContractedOut):
                self.given.give(line.demand, fact.contractor)
        if after.escalated and not demand.escalated:
            self._demands.escalate(line.demand)
        return bool(reactions)

    def _after(self, policy: Policy, reaction: Reaction, demand: Demand) -> Demand:
        """The demand after what is proposed; raises if the workflow would not have let it in."""
        fact, workflow, by = reaction.fact, self._demands.workflow, Actor(policy.name, Role.POLICY)
        move = reaction.move or workflow.move_of(type(fact), demand.state, Role.POLICY)
        if move is None:
            problem = f"proposes {type(fact).__name__}, which no move of {workflow.key} records from {demand.state}"
            raise InvalidValue(policy.name, problem)
        other, at = other_of(demand, fact, self._demands.was.get), max(self.now, demand.last or self.now)
        return evolve(demand, decide(workflow, demand, Proposal(move, fact, by, at, other)))

    def _note_error(self, policy: str, demand: UUID, error: Exception) -> None:
        self.raised[f"{policy} about {demand}: {error}"] = None


def _kind(fact: Fact) -> str:
    return str(getattr(fact, "kind", "")) or type(fact).__name__
