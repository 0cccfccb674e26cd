"""Batches: many commands in one save, all or none, or each by itself with an answer for every one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from demandflow.commands import Commands
from demandflow.domain.arguments import each_of
from demandflow.domain.demand import Demand
from demandflow.domain.facts import Fact, Registered
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflows
from demandflow.errors import DemandFlowError, InvalidValue, Overtaken, StorageBusy, StorageError, brief
from demandflow.handling import CommandHandler
from demandflow.store.pending import PendingLog

TOGETHER = 200
ATTEMPTS, ATTEMPTS_TOGETHER = 20, 4
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
        super().__init__(handler, workflows, tenant, new_id)
        self._pending = pending

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back what this block proposed if it raises, and only that: the rest of the batch goes on."""
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
        """The demand as it stands with what the batch will record. Raises DemandNotFound."""
        return self._handler.demands.current(demand_id)

    def last_of(self, demand_id: UUID) -> datetime | None:
        """When something last happened to the demand."""
        return self._handler.demands.current(demand_id).last

    def move_that_records(self, demand_id: UUID, fact: type[Fact], role: str | None = None) -> str | None:
        """The move by which such a fact could be recorded now (rather one that the role may make), if there is one."""
        demand = self._handler.demands.current(demand_id)
        return self._workflows[demand.workflow].move_of(fact, demand.state, role)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A demand to register: its fact, by whom, and maybe more (see Circumstances)."""

    fact: Registered
    by: Actor
    at: datetime | None = None
    workflow: str | None = None
    command_id: str | None = None
    correlation: str | None = None
    causation: str | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A move to make on a demand: its fact, by whom, and maybe more (see How)."""

    demand: UUID
    move: str
    fact: Fact
    by: Actor
    at: datetime | None = None
    command_id: str | None = None
    seen: Demand | int | None = None
    correlation: str | None = None
    causation: str | None = None


@dataclass(frozen=True)
class Recorded:
    """The item is recorded; the demand after it. `known` says that it had been before, and said the same."""

    item: Registration | Action
    demand: Demand
    known: bool = False


@dataclass(frozen=True)
class Rejected:
    """The item was not recorded, and why: what the command alone would have raised."""

    item: Any
    reason: DemandFlowError


def registered(batch: Batch, item: Registration) -> Recorded:
    """Register one."""
    if not isinstance(item, Registration):
        raise InvalidValue("item", f"must be a Registration, got {brief(item)}")
    how: dict[str, Any] = {**item.__dict__}
    before = batch.pending
    demand = batch.start(how.pop("fact"), **how)
    return Recorded(item, demand, known=batch.pending == before)


def acted(batch: Batch, item: Action) -> Recorded:
    """Make one move."""
    if not isinstance(item, Action):
        raise InvalidValue("item", f"must be an Action, got {brief(item)}")
    how: dict[str, Any] = {**item.__dict__}
    before = batch.pending
    demand = batch.act(how.pop("demand"), how.pop("move"), how.pop("fact"), **how)
    return Recorded(item, demand, known=batch.pending == before)


def each(
    begin: Callable[[], AbstractContextManager[Batch]], items: Iterable[I], do: Callable[[Batch, I], R]
) -> Iterator[list[R | Rejected]]:
    """Do something to each item, many in one save; the answers come once they are recorded, in the order of the items.

    What one item proposes is all or nothing. If somebody writes to one of the demands meanwhile, the items of that
    save are checked again. An item that the storage would not take is rejected with that reason.
    """
    rest: Iterator[I] = each_of("items", items, "[Registration(…)] or [Action(…)]")
    while page := list(islice(rest, TOGETHER)):
        yield _together(begin, page, do)


def _together(
    begin: Callable[[], AbstractContextManager[Batch]], page: list[I], do: Callable[[Batch, I], R]
) -> list[R | Rejected]:
    for _ in range(ATTEMPTS if len(page) == 1 else ATTEMPTS_TOGETHER):
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
        except Overtaken:  # somebody wrote meanwhile; an item's own refusal is its answer
            continue
        except StorageError as reason:
            return [Rejected(item, reason) for item in page]
    if (half := len(page) // 2) > 0:  # a demand that others write all the time holds nobody back but itself
        return [*_together(begin, page[:half], do), *_together(begin, page[half:], do)]
    busy = StorageBusy(f"others write to these demands all the time; gave up after {ATTEMPTS} attempts")
    return [Rejected(item, busy) for item in page]
