"""Running the policies: they are asked what is due, and what they propose is recorded like any command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from uuid import UUID

from demandflow.automation.agenda import Agenda
from demandflow.automation.asking import Line, reason_of, timers_of
from demandflow.automation.lookup import Lookup, Recorded
from demandflow.automation.parked import ParkedReaction
from demandflow.batches import Batch
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact, checked
from demandflow.domain.values import Actor, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, StaleDemand, StorageBusy, StorageError, brief, listed
from demandflow.policies.policy import Policy, Reaction, Timer, command_of
from demandflow.recording.attempts import ATTEMPTS, pause
from demandflow.recording.command import command
from demandflow.recording.handling import CommandHandler
from demandflow.store.following.parking import OF_ONE_DEMAND

BATCH_SIZE = 200
MOST = 100
"""Reactions of one policy to one demand in one run; with more, it reacts to itself."""
ACKNOWLEDGED = 1_000
"""Lines without an answer, noted at a time."""


@dataclass(frozen=True, slots=True)
class RecordedReaction:
    """What a policy recorded: on which demand, for which cause, and the facts."""

    policy: str
    demand: UUID
    cause: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class PolicyRun:
    """What a run recorded, in order, and what it parked, each with its reason."""

    now: datetime
    reacted: tuple[RecordedReaction, ...]
    parked: tuple[ParkedReaction, ...]

    def counts(self) -> dict[str, int]:
        """How often each policy reacted."""
        return dict(sorted(Counter(reaction.policy for reaction in self.reacted).items()))

    def __str__(self) -> str:
        counts = listed(f"{policy} {number}" for policy, number in self.counts().items())
        return f"{self.now:%Y-%m-%d %H:%M} UTC: {counts}; {len(self.parked)} parked"


class Runner:
    """Asks the policies and records what they propose, exactly once for each cause; several at once are safe."""

    def __init__(
        self,
        policies: Sequence[Policy],
        workflows: Mapping[str, Workflow],
        handler: CommandHandler,
        agenda: Agenda,
        begin: Callable[[], AbstractContextManager[Batch]],
        recorded: Recorded,
    ) -> None:
        self._policies = {policy.name: policy for policy in policies if policy.on}
        self._workflows, self._handler, self._agenda = workflows, handler, agenda
        self._begin, self._recorded, self._lock = begin, recorded, RLock()

    def run(self, due: datetime, now: datetime, stop: Callable[[], bool] = lambda: False) -> PolicyRun:
        """Ask about all that is `due` by then, and about what follows from it, until nothing is left or `stop` says so.

        Reactions happen now, however long ago they were due. Raises StorageBusy if others write to the same demands all
        the time, and ClockBehind.
        """
        reacted: list[RecordedReaction] = []
        parked: list[ParkedReaction] = []
        often = Counter[tuple[str, UUID]]()
        self._handler.moments.recording()
        busy, idle, size = 0, 0, BATCH_SIZE
        with self._lock:
            while not stop():
                try:
                    parked += self._agenda.catch_up(stop)
                    pass_ = _Pass(self, due, now, size, often, stop)
                    with self._begin() as batch:
                        more = pass_.ask(batch)
                except (StaleDemand, StorageBusy) as error:
                    # somebody was faster; the rest is asked again, fewer at a time
                    size, busy = max(1, size // 2), busy + 1
                    if busy > ATTEMPTS:
                        raise StorageBusy(f"others write to these demands all the time ({error})") from error
                    pause(busy - 1)
                    continue
                reacted += pass_.done
                parked += pass_.parked
                often.update((reaction.policy, reaction.demand) for reaction in pass_.done)
                busy, size = 0, min(BATCH_SIZE, size * 2)
                idle = 0 if pass_.done else idle + 1
                if not more or idle > ATTEMPTS:
                    break
        return PolicyRun(due, tuple(reacted), tuple(parked))


class _Pass:
    """One pass over what is due, recorded in one save, with at most one reaction for each demand.

    Lines that had no answer or are parked are noted before the save: after a crash in between, the next run comes to
    the same save. A demand with a reaction is left alone until the agenda has caught up with it.
    """

    def __init__(
        self,
        runner: Runner,
        due: datetime,
        now: datetime,
        size: int,
        often: Counter[tuple[str, UUID]],
        stop: Callable[[], bool],
    ) -> None:
        self._runner, self._due, self._now, self._size, self._often, self._stop = runner, due, now, size, often, stop
        self._lookup = Lookup(now, runner._workflows, runner._recorded)
        self.done: list[RecordedReaction] = []
        self.parked: list[ParkedReaction] = []

    def ask(self, batch: Batch) -> bool:
        """Ask what is due; returns whether there may be more."""
        touched: set[UUID] = set()
        silent: list[Line] = []
        parked: list[tuple[Line, ParkedReaction]] = []
        again = False
        agenda = self._runner._agenda
        for line in agenda.due(self._due):
            if len(self.done) == self._size or self._stop():
                break
            if line.demand in touched:
                continue
            if len(silent) == ACKNOWLEDGED:
                agenda.acknowledge(silent, ())
                silent.clear()
            answer = self._answer(line, batch)
            if isinstance(answer, RecordedReaction):
                self.done.append(answer)
                touched.add(line.demand)
            elif isinstance(answer, ParkedReaction):
                self.parked.append(answer)
                parked.append((line, answer))
            elif answer:
                silent.append(line)
            else:
                again = True
        agenda.acknowledge(silent, parked)
        return again or bool(self.done)

    def _answer(self, line: Line, batch: Batch) -> RecordedReaction | ParkedReaction | bool:
        """What is recorded, or why it cannot be; True if there is nothing to be done, False if the agenda is behind."""
        policy = self._runner._policies[line.policy]
        try:
            demand = batch.demand(line.demand)
        except OF_ONE_DEMAND:
            return False  # the agenda parks it when it catches up
        timer = Timer(line.at, line.cause)
        try:
            if demand.version != line.version:
                return False
            if timer not in timers_of(policy, demand, self._lookup.workflow(demand)):
                raise InvalidValue(policy.name, "asked for a moment and, asked the same again, for another one")
            reactions = tuple(policy.then(timer, demand, self._lookup))
            if not reactions:
                return True
            if self._often[policy.name, demand.id] >= MOST:
                raise InvalidValue(policy.name, f"reacted {MOST} times to this demand in one run; it goes round")
            began = batch.pending
            with batch.attempt():
                for number, reaction in enumerate(reactions):
                    after = _propose(policy, timer, number, reaction, demand, batch)
                    if after.version != demand.version + number + 1:
                        raise StaleDemand(policy.name, "somebody else wrote to the demand about which it was asked")
        except OF_ONE_DEMAND as error:  # of another demand that is involved
            return ParkedReaction(policy.name, demand.id, line.cause, reason_of(error), self._now)
        except (StaleDemand, StorageError):
            raise
        except Exception as error:  # what a community's policy may raise is not known
            if _changed(demand, batch):
                return False  # by another runner, for instance: what was asked is no longer so
            return ParkedReaction(policy.name, demand.id, line.cause, reason_of(error), self._now)
        if batch.pending == began:
            return False  # another runner recorded it meanwhile
        facts = tuple(reaction.fact for reaction in reactions)
        self._lookup.remember(demand, batch.demand(demand.id))
        return RecordedReaction(policy.name, demand.id, line.cause, facts)


def _changed(demand: Demand, batch: Batch) -> bool:
    """Whether somebody else wrote to the demand since it was asked about."""
    try:
        return batch.demand(demand.id).version != demand.version
    except OF_ONE_DEMAND:
        return False


def _propose(policy: Policy, timer: Timer, number: int, reaction: Reaction, demand: Demand, batch: Batch) -> Demand:
    if not isinstance(reaction, Reaction):
        raise InvalidValue(policy.name, f"proposes Reactions, got {brief(reaction)}")
    move = reaction.move or batch.move_that_records(demand.id, type(reaction.fact), Role.POLICY)
    if move is None:
        problem = f"proposes {type(reaction.fact).__name__}, which no move of {demand.workflow} records from here"
        raise InvalidValue(policy.name, problem)
    proposed = command(
        demand.id,
        move,
        checked(reaction.fact),
        by=Actor(policy.name, Role.POLICY),
        correlation=reaction.correlation,
        causation=f"event {demand.version}",
    )
    return batch._handler.handle(
        as_if(proposed, command_id=command_of(policy.name, timer.cause, number), reaction=True)
    )
