"""Batches: many commands in one save, all or none; or each by itself, with an answer for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from demandflow.commands import Commands
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import MovedOver
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, actor_of
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import DemandFlowError, InvalidValue, StaleDemand, StorageBusy, StorageError, brief
from demandflow.inputs.arguments import each_of, yes_or_no
from demandflow.projections.board.rows import MOST
from demandflow.queries import Queries
from demandflow.recording.attempts import ATTEMPTS, pause
from demandflow.recording.handling import CommandHandler
from demandflow.store.log import VersionTaken
from demandflow.store.pending import PendingLog

BATCH_SIZE = 200
ATTEMPTS_TOGETHER = 4
I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


class Batch(Commands):
    """Commands that are checked one by one and recorded together when the batch ends, all or none."""

    def __init__(
        self,
        pending: PendingLog,
        handler: CommandHandler,
        workflows: Workflows,
        tenant: str | None,
        new_id: Callable[[], UUID],
    ) -> None:
        """`handler` records in the pending log."""
        self._handler, self._workflows, self._tenant, self._new_id = handler, workflows, tenant, new_id
        self._pending = pending

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back what this block added to the batch if it raises; the rest of the batch goes on."""
        began = len(self._pending.pending)
        try:
            yield
        except BaseException:
            self._handler.demands.forget(self._pending.take_back(began))
            raise

    @property
    def pending(self) -> int:
        """How many events will be recorded when the batch ends."""
        return len(self._pending.pending)

    def demand(self, demand_id: UUID) -> Demand:
        """The demand with what the batch will record. Raises DemandNotFound."""
        return self._handler.demands.demand(demand_id)

    def last_of(self, demand_id: UUID) -> datetime | None:
        """When something last happened to the demand."""
        return self._handler.demands.demand(demand_id).last

    def move_that_records(self, demand_id: UUID, fact: type[Fact], role: str | None = None) -> str | None:
        """The move by which such a fact could be recorded now (rather one that the role may make), if there is one."""
        demand = self._handler.demands.current(demand_id)
        return self._workflows[demand.workflow].move_of(fact, demand.state, role)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A demand to register (or other stream to begin): its fact, by whom, and maybe more (see Circumstances)."""

    fact: Fact
    by: Actor
    at: datetime | None = None
    workflow: str | None = None
    command_id: str | None = None
    correlation: str | None = None
    causation: str | None = None
    of: type[Stream] = Demand


@dataclass(frozen=True, kw_only=True)
class Action:
    """A move to make on a demand (or a stream `of` another kind): its fact, by whom, and maybe more (see How)."""

    demand: UUID
    move: str
    fact: Fact
    by: Actor
    at: datetime | None = None
    command_id: str | None = None
    seen: Stream | int | None = None
    correlation: str | None = None
    causation: str | None = None
    of: type[Stream] = Demand


@dataclass(frozen=True)
class Recorded:
    """The item is recorded; the demand (or what else it is) after it. `known` says that it had been recorded before."""

    item: Registration | Action
    demand: Demand
    known: bool = False


@dataclass(frozen=True)
class Rejected:
    """The item was not recorded, and why: what the command alone would have raised."""

    item: Any
    reason: DemandFlowError


class Batches(Commands, Queries):
    """Commands, and many of them at once: all or none, or each by itself."""

    @contextmanager
    def batch(self, *, backdating: bool = False) -> Iterator[Batch]:
        """Check commands one by one and record them together at the end of the `with` block, all or none.

        With `backdating` what they enter may have happened at any time, as old records did. Raises StaleDemand at its
        end if somebody else wrote to one of the demands meanwhile.
        """
        yes_or_no("backdating", backdating)
        try:
            with PendingLog(self._log) as pending:
                batch = self._batch(pending, backdating=backdating)
                yield batch
            self._handler.demands.learn(batch._handler.demands)
            self._handler.moments.learn(batch._handler.moments)
        except VersionTaken:
            raise StaleDemand("record this batch", "somebody else wrote to one of its demands meanwhile") from None

    def _batch(self, pending: PendingLog, *, backdating: bool = False) -> Batch:
        handler = self._handler.on(pending, backdating=backdating)
        return Batch(pending, handler, self._workflows, self._tenant, self._new_id)

    def register_many(self, items: Iterable[Registration]) -> tuple[Recorded | Rejected, ...]:
        """Register each demand that can be; one answer an item, in order, and many in one save.

        Every item is checked as by start(). Saves are of 200 items; after a crash the same items may come again, if
        they carry a reference or a command id. An item that is no Registration is rejected too.
        """
        return tuple(answer for answers in each(self.batch, items, registered) for answer in answers)

    def act_many(self, items: Iterable[Action]) -> tuple[Recorded | Rejected, ...]:
        """Make each move that can be made; one answer an item, in order, and many in one save (see register_many)."""
        return tuple(answer for answers in each(self.batch, items, acted) for answer in answers)

    def try_many(self, items: Iterable[Action]) -> tuple[Recorded | Rejected, ...]:
        """What act_many() would answer, with nothing recorded: a dry run. Earlier items count for later ones."""
        several = each_of("items", items, "[Action(…)]")
        batch = self._batch(PendingLog(self._log))
        answers: list[Recorded | Rejected] = []
        for item in several:
            try:
                with batch.attempt():
                    answers.append(acted(batch, item))
            except DemandFlowError as reason:
                answers.append(Rejected(item, reason))
        return tuple(answers)

    def migrate_all(
        self,
        workflow: str,
        *,
        of: str,
        by: Actor,
        at: datetime | None = None,
        reason: str | None = None,
        dry_run: bool = False,
    ) -> tuple[Recorded | Rejected, ...]:
        """Let all open demands on the workflow `of` go on under another; one answer a demand, oldest first.

        With `dry_run` nothing is recorded: the answers say which would move, and why the others would not. Raises
        InvalidValue or UnknownWorkflow.
        """
        actor_of(by)
        for what, key in (("workflow", workflow), ("of", of)):
            if not isinstance(key, str):
                raise InvalidValue(what, f"must be given as name@version, got {brief(key)}")
        target = self._workflows[self._key(workflow)]
        names = {state.name: target.move_of(MovedOver, state.name, by.role) for state in target.states}
        fact = MovedOver(workflow=target.key, reason=reason)
        items = [
            Action(demand=row.demand, move=names.get(row.state) or "move_over", fact=fact, by=by, at=at)
            for row in self.board(workflow=self._key(of), open=True, limit=MOST).rows
        ]
        return self.try_many(items) if dry_run else self.act_many(items)


def registered(batch: Batch, item: Registration) -> Recorded:
    """Register the demand."""
    if not isinstance(item, Registration):
        raise InvalidValue("item", f"must be a Registration, got {brief(item)}")
    before, demand = batch.pending, batch.start(**item.__dict__)
    return Recorded(item, demand, known=batch.pending == before)


def acted(batch: Batch, item: Action) -> Recorded:
    """Make the move."""
    if not isinstance(item, Action):
        raise InvalidValue("item", f"must be an Action, got {brief(item)}")
    how: dict[str, Any] = {**item.__dict__}
    before, demand = batch.pending, batch.act(how.pop("demand"), **how)
    return Recorded(item, demand, known=batch.pending == before)


def each(
    begin: Callable[[], AbstractContextManager[Batch]], items: Iterable[I], do: Callable[[Batch, I], R]
) -> Iterator[list[R | Rejected]]:
    """Do something to each item, many in one save; the answers come once they are recorded, in the order of the items.

    Each item is recorded as a whole or not at all. If somebody writes to one of the demands meanwhile, the items of
    that save are checked again. An item that the storage would not take is rejected with that reason.
    """
    rest: Iterator[I] = each_of("items", items, "[Registration(…)] or [Action(…)]")
    while page := list(islice(rest, BATCH_SIZE)):
        yield _together(begin, page, do)


def _together(
    begin: Callable[[], AbstractContextManager[Batch]], page: list[I], do: Callable[[Batch, I], R]
) -> list[R | Rejected]:
    for number in range(ATTEMPTS if len(page) == 1 else ATTEMPTS_TOGETHER):
        answers: list[R | Rejected] = []
        try:
            with begin() as batch:
                for item in page:
                    try:
                        with batch.attempt():
                            answers.append(do(batch, item))
                    except StorageBusy:
                        raise
                    except DemandFlowError as reason:
                        answers.append(Rejected(item, reason))
            return answers
        except StaleDemand:  # somebody wrote meanwhile; an item's own refusal is its answer
            pause(number)
        except StorageError as reason:
            return [Rejected(item, reason) for item in page]
    if (half := len(page) // 2) > 0:  # a demand that others write all the time holds nobody back but itself
        return [*_together(begin, page[:half], do), *_together(begin, page[half:], do)]
    busy = StorageBusy(f"others write to these demands all the time; gave up after {ATTEMPTS} attempts")
    return [Rejected(item, busy) for item in page]
