"""Running the policies: what is due on the agenda is asked, and what is proposed goes through the same door."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import RLock
from typing import Any, Protocol
from uuid import UUID

from demandflow.agenda import Agenda, Line, Parked
from demandflow.batches import Batch
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import ContractedOut, Fact, HandedBack, Notified
from demandflow.domain.values import Actor, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, Overtaken, StorageBusy, StorageError, brief, listed
from demandflow.policies.policy import Policy, Reaction, Seen, Wake
from demandflow.recording import Recorder

TOGETHER = 200
ATTEMPTS = 50
MOST = 100
"""Reactions of one policy to one demand in one run; more of them go round."""
ASKING = "(asked when to act)"


@dataclass(frozen=True, slots=True)
class Reacted:
    """What a policy had recorded: on which demand, for which cause, and the facts."""

    policy: str
    demand: UUID
    cause: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told something. The `id` is the same whenever this notice is given again."""

    id: str
    demand: UUID
    policy: str
    to: str
    whom: str | None
    kind: str
    what: str
    at: datetime
    gathering: str | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to: what was recorded, in its order, and what was parked, each with its reason."""

    now: datetime
    reacted: tuple[Reacted, ...]
    parked: tuple[Parked, ...]

    def counts(self) -> dict[str, int]:
        """How often each policy reacted."""
        return dict(sorted(Counter(one.policy for one in self.reacted).items()))

    def __str__(self) -> str:
        said = listed(f"{policy} {number}" for policy, number in self.counts().items())
        return f"{self.now:%Y-%m-%d %H:%M} UTC: {said}; {len(self.parked)} parked"


class Log(Protocol):
    """What the runner needs of a log."""

    def page(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events of all demands, with their positions."""


class Tables(Protocol):
    """What policies may look up is read from here."""

    def loads(self) -> dict[str, int]:
        """How many open demands each contractor has in hand."""

    def open_demands(self, place: str, received_since: datetime) -> tuple[Seen, ...]:
        """The open demands there, in the order of receipt."""


class Runner:
    """Asks the policies and records what they propose, exactly once a cause; several at once are safe."""

    def __init__(
        self,
        policies: Sequence[Policy],
        workflows: Mapping[str, Workflow],
        recorder: Recorder,
        agenda: Agenda,
        begin: Callable[[], AbstractContextManager[Batch]],
        tables: Tables,
    ) -> None:
        self._policies = {policy.name: policy for policy in policies if policy.on}
        self._workflows, self._recorder, self._agenda = workflows, recorder, agenda
        self._begin, self._tables, self._lock = begin, tables, RLock()

    def run(self, now: datetime, stop: Callable[[], bool] | None = None) -> Ran:
        """Ask all that is due by now, and what that gives rise to, until nothing is left or somebody says stop."""
        reacted: list[Reacted] = []
        parked: list[Parked] = []
        busy, often = 0, Counter[tuple[str, UUID]]()
        with self._lock:
            while stop is None or not stop():
                self._agenda.catch_up(self)
                try:
                    done, aside, more = self._together(now, often)
                except (Overtaken, StorageBusy):
                    # somebody was faster; what is left is asked anew
                    if (busy := busy + 1) > ATTEMPTS:
                        raise
                    continue
                reacted += done
                parked += aside
                busy = 0 if done else busy + 1
                if not more or busy > ATTEMPTS:
                    break
        return Ran(now, tuple(reacted), tuple(parked))

    def current(self, demand: UUID) -> Demand:
        """The demand as it is stored now."""
        return self._recorder.current(demand)

    def lines(self, demand: Demand) -> list[Line]:
        """What the policies want to be asked about the demand, without what was reacted to already."""
        workflow = self._workflows.get(demand.workflow)
        if workflow is None:
            return []
        done = {command for command, _ in demand.commands}
        lines: list[Line] = []
        for policy in self._policies.values():
            try:
                wakes = list(policy.wakes(demand, workflow))
                for wake in wakes:
                    if _command(policy, wake, 0) not in done:
                        lines.append(Line(wake.at, demand.id, policy.name, wake.cause))
            except Exception as error:  # what a community's policy may raise is not known
                at = demand.last or demand.received
                if at is not None:
                    cause = f"{ASKING} after event {demand.version}"
                    self._agenda.put_aside((), [Parked(policy.name, demand.id, cause, _told(error), at)])
        return lines

    def _still(self, policy: Policy, line: Line, demand: Demand) -> bool:
        """Whether the policy wants to be asked that, of the demand as it stands now."""
        wake = Wake(line.at, line.cause)
        if any(command == _command(policy, wake, 0) for command, _ in demand.commands):
            return False
        try:
            return wake in policy.wakes(demand, self._workflows[demand.workflow])
        except Exception:  # the agenda will park it
            return False

    def _together(self, now: datetime, often: Counter[tuple[str, UUID]]) -> tuple[list[Reacted], list[Parked], bool]:
        """Ask so many as are recorded in one save: what reacted, what was parked, and whether there may be more.

        What had no answer and what was parked is put aside before the save: whoever breaks off in between finds the
        same to be saved. A demand that reacted is left alone until its reaction is on the agenda.
        """
        done: list[Reacted] = []
        silent: list[Line] = []
        parked: list[Parked] = []
        touched: set[UUID] = set()
        more = False
        with self._begin() as batch:
            look = Lookup(now, self._workflows, self._tables)
            for line in self._agenda.due(now):
                if line.demand in touched:
                    continue
                if len(done) == TOGETHER:
                    break
                policy = self._policies[line.policy]
                demand = self._recorder.current(line.demand)
                if not self._still(policy, line, demand):
                    more = True  # written to meanwhile: the agenda will say
                    continue
                answer = self._asked(policy, line, demand, look, batch, often)
                if isinstance(answer, Parked):
                    parked.append(answer)
                elif answer is None:
                    silent.append(line)
                else:
                    done.append(answer)
                    touched.add(line.demand)
                    look.remember(demand, answer.facts)
            self._agenda.put_aside(silent, parked)
        return done, parked, more or bool(done)

    def _asked(
        self,
        policy: Policy,
        line: Line,
        demand: Demand,
        look: Lookup,
        batch: Batch,
        often: Counter[tuple[str, UUID]],
    ) -> Reacted | Parked | None:
        """What the policy answers, as it would be recorded; None if there is nothing to be done."""
        wake = Wake(line.at, line.cause)
        try:
            reactions = tuple(policy.then(wake, demand, look))
            if not reactions:
                return None
            often[policy.name, demand.id] += 1
            if often[policy.name, demand.id] > MOST:
                raise InvalidValue(policy.name, f"reacted {MOST} times to this demand in one run; it goes round")
            at = max(look.now, demand.last or look.now)
            with batch.attempt():
                for number, reaction in enumerate(reactions):
                    self._propose(policy, wake, number, reaction, demand, at, batch)
        except (Overtaken, StorageError):
            raise
        except Exception as error:  # what a community's policy may raise is not known
            return Parked(policy.name, demand.id, line.cause, _told(error), look.now)
        return Reacted(policy.name, demand.id, line.cause, tuple(one.fact for one in reactions))

    def _propose(
        self, policy: Policy, wake: Wake, number: int, reaction: Reaction, demand: Demand, at: datetime, batch: Batch
    ) -> None:
        move = reaction.move or batch.move_that_records(demand.id, type(reaction.fact), Role.POLICY)
        if move is None:
            problem = f"proposes {type(reaction.fact).__name__}, which no move of {demand.workflow} records from here"
            raise InvalidValue(policy.name, problem)
        batch.act(
            demand.id,
            move,
            reaction.fact,
            by=Actor(policy.name, Role.POLICY),
            at=at,
            command_id=_command(policy, wake, number),
            correlation=reaction.gathering,
            causation=f"event {demand.version}",
        )


class Lookup:
    """What policies may look up, as it is with all that this save will hold."""

    def __init__(self, now: datetime, workflows: Mapping[str, Workflow], tables: Tables) -> None:
        self.now, self._workflows, self._tables = now, workflows, tables
        self._loads: dict[str, int] | None = None
        self._changed = Counter[str]()
        self._near: dict[str, tuple[datetime, tuple[Seen, ...]]] = {}

    def workflow(self, demand: Demand) -> Workflow:
        """The workflow that the demand is on."""
        return self._workflows[demand.workflow]

    def load(self, contractor: str) -> int:
        """How many open demands this contractor has in hand."""
        if self._loads is None:
            self._loads = self._tables.loads()
        return self._loads.get(contractor, 0) + self._changed[contractor]

    def open_demands(self, place: str, received_since: datetime) -> tuple[Seen, ...]:
        """The open demands at this place and below it that were received since, in the order of receipt."""
        since, found = self._near.get(place, (None, ()))
        if since is None or received_since < since:
            found = self._tables.open_demands(place, received_since)
            self._near[place] = received_since, found
        first = bisect_left(found, received_since, key=lambda seen: seen.received)
        return found[first:]

    def remember(self, demand: Demand, facts: Sequence[Fact]) -> None:
        """Count what was given out, or came back, in this save."""
        for fact in facts:
            if isinstance(fact, ContractedOut | HandedBack) and demand.contractor is not None:
                self._changed[demand.contractor] -= 1
            if isinstance(fact, ContractedOut):
                self._changed[fact.contractor] += 1


def notices_after(log: Log, after: int, page: int = 1000) -> Iterator[tuple[int, Notice | None]]:
    """The notices recorded after a position, each with its own; None at the end of each page of the log."""
    while events := log.page(after, page):
        for position, event in events:
            if isinstance(event.fact, Notified):
                yield position, _notice(event, event.fact)
        after = events[-1][0]
        yield after, None


def checked(policies: Any, workflows: Mapping[str, Workflow]) -> tuple[Policy, ...]:
    """The policies, if each can act under each workflow. Raises InvalidValue."""
    if not isinstance(policies, list | tuple):
        raise InvalidValue("policies", f"must be several, for instance (Reminders(),), got {brief(policies)}")
    names = Counter(getattr(policy, "name", None) for policy in policies)
    for policy in policies:
        name = getattr(policy, "name", None)
        if not isinstance(name, str) or not name or not name.isprintable() or not callable(getattr(policy, "wakes", 0)):
            raise InvalidValue("policies", f"{brief(policy)} is no policy: it has name, on, records, wakes and then")
        if names[name] > 1:
            raise InvalidValue("policies", f"{names[name]} are named {name!r}; give each a name of its own")
        for workflow in workflows.values() if policy.on else ():
            for fact in policy.records:
                if not any(workflow.may_record(state.name, fact, Role.POLICY) for state in workflow.states):
                    problem = f"policy {name} records {fact.__name__}, which no move of {workflow.key} lets it do"
                    remedy = f"add one, for instance Move({_word(fact)!r}, {fact.__name__}, …, by=Role.POLICY)"
                    raise InvalidValue("policies", f"{problem}; {remedy}, or switch the policy off (on=False)")
    return tuple(policies)


def setup_of(policies: Sequence[Policy], workflows: Mapping[str, Workflow]) -> str:
    """A text that is another one where other policies, or other workflows, would ask for something else."""
    said = [repr(policy) for policy in policies if policy.on]
    clocks = [f"{key} {workflow.clocks!r}" for key, workflow in sorted(workflows.items())]
    return sha256("\n".join((*said, *clocks)).encode()).hexdigest()[:32]


def _command(policy: Policy, wake: Wake, number: int) -> str:
    """The command id of a reaction: the same for the same cause, whoever runs the policies and whenever."""
    return f"{policy.name}: {wake.cause}" + (f" #{number + 1}" if number else "")


def _told(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, DemandFlowError) else f"{type(error).__name__}: {said}"


def _word(fact: type[Fact]) -> str:
    return fact.TOPIC.rpartition(".")[2]


def _notice(event: Event, fact: Notified) -> Notice:
    return Notice(
        id=f"{event.demand}/{event.version}",
        demand=event.demand,
        policy=event.meta.actor.id,
        to=fact.to,
        whom=fact.whom,
        kind=fact.kind,
        what=fact.what,
        at=event.meta.happened,
        gathering=event.meta.correlation,
    )
