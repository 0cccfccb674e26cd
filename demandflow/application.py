"""DemandFlow: what a community system opens, asks and closes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Self
from uuid import UUID

from demandflow.commands import Commands, as_id
from demandflow.domain.closed_loop import CLOSED_LOOP
from demandflow.domain.demand import Demand
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.moves import ENDS
from demandflow.domain.values import Actor, Stage, Urgency, moment
from demandflow.domain.workflow import PossibleMove, Workflow
from demandflow.errors import InvalidValue, Overtaken, brief, listed
from demandflow.history import HistoryLine, line_of
from demandflow.ids import utc_now, uuid7
from demandflow.projections import board, totals
from demandflow.projections.board import BoardPage, Filter
from demandflow.projections.figures import Figures, figures_of
from demandflow.projections.projector import Progress, Projector
from demandflow.recording import Recorder
from demandflow.storage import Log, PendingLog, VersionTaken, facts_by_topic


class Batch(Commands):
    """Commands that are checked one by one and recorded together when the batch ends, all or none."""


class DemandFlow(Commands):
    """The demands of one tenant: record what happens, ask where things stand, and read figures that add up.

    Open it with `DemandFlow.open(url)`, close it with `close()` or by `with`. It may be shared by threads.
    """

    def __init__(
        self,
        log: Log,
        workflows: dict[str, Workflow],
        tenant: str | None,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        zone: str,
    ) -> None:
        super().__init__(Recorder(log, workflows, clock), workflows, tenant, new_id)
        self._log, self._clock = log, clock
        self._projector = Projector(log, zone)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        workflows: Iterable[Workflow] = (CLOSED_LOOP,),
        tenant: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid7,
        zone: str = "UTC",
    ) -> Self:
        """Open the demands kept at `memory:` or `sqlite:///path` (made if it is not there).

        `workflows` are all that demands of this log are on; new ones start on the first. One tenant, one log.
        `zone` is the community's time zone: in it the days of the figures end, and histories are told. Raises
        InvalidValue, StorageError or WrongTenant.
        """
        by_key = _by_key(workflows)
        if tenant is not None and not (isinstance(tenant, str) and tenant and tenant.isprintable()):
            raise InvalidValue("tenant", f"must be a printable, non-empty text or None, got {brief(tenant)}")
        for what, value in (("clock", clock), ("new_id", new_id)):
            if not callable(value):
                raise InvalidValue(what, f"must be a function, got {brief(value)}")
        facts = facts_by_topic([*STANDARD_FACTS, *(fact for one in by_key.values() for fact in one.facts)])
        log = Log(url, facts.values(), tenant)
        try:
            return cls(log, by_key, tenant, clock, new_id, zone)
        except BaseException:
            log.close()
            raise

    def close(self) -> None:
        """Close the storage; doing so twice is harmless."""
        self._projector.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Check commands one by one and record them together at the end of the `with` block, all or none.

        Raises Overtaken at its end if one of the demands was written by somebody else meanwhile.
        """
        try:
            with PendingLog(self._log) as pending:
                recorder = Recorder(pending, self._workflows, self._clock)
                yield Batch(recorder, self._workflows, self._tenant, self._new_id)
        except VersionTaken:
            raise Overtaken("record this batch", "somebody else wrote to one of its demands meanwhile") from None

    def demand(self, demand_id: UUID) -> Demand:
        """The demand as it stands. Raises DemandNotFound."""
        return self._recorder.current(as_id(demand_id))

    def history(self, demand_id: UUID) -> tuple[HistoryLine, ...]:
        """What happened to the demand, one readable line an event. Raises DemandNotFound."""
        self.demand(demand_id)
        return tuple(line_of(event, self._projector.zone) for event in self._log.events(as_id(demand_id)))

    def possible_moves(self, demand_id: UUID, *, by: Actor | None = None) -> tuple[PossibleMove, ...]:
        """What may happen next: move and role, at all or by this actor. A rule may object to the particular fact."""
        if by is not None and not isinstance(by, Actor):
            raise InvalidValue("by", f"must be an Actor, got {brief(by)}")
        demand = self.demand(demand_id)
        return self._recorder.workflow_of(demand).possible(demand, by)

    def board(
        self,
        *,
        place: str | None = None,
        channel: str | None = None,
        category: str | None = None,
        contractor: str | None = None,
        lead: str | None = None,
        resident: str | None = None,
        workflow: str | None = None,
        state: str | None = None,
        stage: str | None = None,
        ended_as: str | None = None,
        urgency: str | None = None,
        escalated: bool | None = None,
        open: bool | None = None,  # noqa: A002
        overdue: bool = False,
        sort: str | Sequence[str] = "received",
        descending: bool = False,
        limit: int = 50,
        offset: int = 0,
        catch_up: bool = True,
    ) -> BoardPage:
        """The demands as they stand, filtered, sorted and paged; a place or category takes in all below it.

        `contractor` was given the work and has not handed it back, or helps; `lead` was given it last. `overdue` are
        the open ones whose due moment has passed by the clock. Raises InvalidValue for what cannot be asked for.
        """
        chosen = Filter(
            place=place,
            channel=channel,
            category=category,
            contractor=contractor,
            lead=lead,
            resident=resident,
            workflow=_among("workflow", workflow, self._workflows),
            state=_among("state", state, {one.name for flow in self._workflows.values() for one in flow.states}),
            stage=_among("stage", stage, tuple(Stage)),
            ended_as=_among("ended_as", ended_as, ENDS),
            urgency=_among("urgency", urgency, tuple(Urgency)),
            escalated=escalated,
            open=open,
            overdue_at=moment(self._clock(), "clock") if overdue else None,
        )
        order = (sort,) if isinstance(sort, str) else sort
        with self._projector.tables(catch_up=catch_up) as tables:
            return board.read(tables, chosen, order, descending=descending, limit=limit, offset=offset)

    def work_list(
        self, *, role: str | None = None, contractor: str | None = None, limit: int = 50, offset: int = 0
    ) -> BoardPage:
        """The open demands that wait for this role, or on which this contractor, leading or helping, may act now.

        The earliest due come first.
        """
        states = None
        by_key = self._workflows.items()
        if role is not None:
            owners = {state.owner for flow in self._workflows.values() for state in flow.states} - {None}
            role = _among("role", role, owners)
            states = tuple((key, state) for key, flow in by_key for state in flow.states_owned_by(role or ""))
        elif contractor is not None:
            states = tuple((key, state) for key, flow in by_key for state in flow.states_for_contractors())
        chosen = Filter(contractor=contractor, open=True, states=states)
        with self._projector.tables() as tables:
            return board.read(tables, chosen, ("due", "received"), descending=False, limit=limit, offset=offset)

    def figures(self, *, catch_up: bool = True) -> Figures:
        """All counts and rates over everything, now."""
        with self._projector.tables(catch_up=catch_up) as tables:
            return figures_of("all", totals.read_all(tables))

    def figures_by(self, dimension: str, *, level: int = 1, catch_up: bool = True) -> dict[str, Figures]:
        """The figures along one dimension: place, category (each cut at a level), channel, contractor or workflow.

        Keys are paths or names, empty for demands that have none; what is not as deep as the level stands under its
        own path, so that the parts add up to the whole. Raises InvalidValue.
        """
        with self._projector.tables(catch_up=catch_up) as tables:
            found = totals.read(tables, dimension, level)
        return {key: figures_of(key, found[key]) for key in sorted(found)}

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make board, totals and ledger anew from the log; `progress` is told (events done, of how many)."""
        self._projector.rebuild(progress)


def _by_key(workflows: Iterable[Workflow]) -> dict[str, Workflow]:
    """The workflows by `name@version`; InvalidValue for none, for what is none, and for two of one key."""
    if not isinstance(workflows, Iterable):
        raise InvalidValue("workflows", f"must be several, for instance (CLOSED_LOOP,), got {brief(workflows)}")
    by_key: dict[str, Workflow] = {}
    for workflow in workflows:
        if not isinstance(workflow, Workflow):
            raise InvalidValue("workflows", f"{brief(workflow)} is no Workflow")
        if by_key.setdefault(workflow.key, workflow) != workflow:
            raise InvalidValue(
                "workflows", f"two different ones are {workflow.key}; give one a name or version of its own"
            )
    if not by_key:
        raise InvalidValue("workflows", "give at least one, for instance CLOSED_LOOP")
    return by_key


def _among(what: str, value: str | None, possible: Collection[object]) -> str | None:
    if value is not None and not (isinstance(value, str) and value in possible):
        raise InvalidValue(what, f"{brief(value)} is none (possible: {listed(sorted(map(str, possible)))})")
    return None if value is None else str(value)
