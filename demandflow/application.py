"""DemandFlow: what a community system opens, asks and closes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Self
from uuid import UUID

from demandflow.automation.agenda import Agenda
from demandflow.automation.asking import Asking
from demandflow.automation.deliveries import Deliveries
from demandflow.automation.reactions import OnTheBoard, Reactions
from demandflow.automation.runner import Runner
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.ends import CalendarEnds
from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.clocks.coverage import calendar_ends
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.values import Actor, actor_of
from demandflow.domain.versions.workflows import Workflows
from demandflow.domain.workflow import PossibleMove, Workflow
from demandflow.errors import InvalidValue, WorkflowAdvice, brief
from demandflow.inputs.arguments import each_of, whole_number, yes_or_no
from demandflow.inputs.texts import name_of
from demandflow.policies.policy import Policy
from demandflow.policies.setup import checked, setup_of, unwatched_clocks
from demandflow.projections.board.rows import MOST
from demandflow.projections.projector import Projector
from demandflow.projections.rebuilding import Progress
from demandflow.recording.command import as_id
from demandflow.recording.demands import MOST as KEPT
from demandflow.recording.drafts import Drafts
from demandflow.recording.handling import CommandHandler
from demandflow.recording.history import HistoryLine, line_of
from demandflow.recording.ids import elapsed, utc_now, uuid7
from demandflow.recording.moments import LATE_ENTRY, Moments
from demandflow.store.following import cursor
from demandflow.store.following.feed import Feed
from demandflow.store.following.parking import ParkedEvent, grouped
from demandflow.store.log import Log
from demandflow.store.mapper import Unreadable, facts_by_topic
from demandflow.store.upkeep import Upkeep, last_recorded


def published() -> tuple[Workflow, ...]:
    """All published versions of the standard workflow, the newest first."""
    return tuple(_published().values())


def _published() -> Workflows:
    """The newest is built for who opens a log with it; the first when a log names it, or somebody."""
    from demandflow.domain.standard.closed_loop import CLOSED_LOOP

    return Workflows({CLOSED_LOOP.key: CLOSED_LOOP}, later={"closed-loop@1": _first})


def _first() -> Workflow:
    from demandflow.workflow_files.published import CLOSED_LOOP_1

    return CLOSED_LOOP_1


class DemandFlow(Drafts, StreamsAsked, Reactions, Upkeep, Feed):
    """The demands of one tenant: record what happens, look at the board, and read figures that add up.

    Open it with `DemandFlow.open(url)`, close it with `close()` or by `with`. It may be shared by threads.
    """

    def __init__(
        self,
        log: Log,
        workflows: Workflows,
        tenant: str | None,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        policies: Sequence[Policy] = (),
        moments: Moments | None = None,
        keep: int = KEPT,
        progress: Progress | None = None,
    ) -> None:
        """`moments` (else the clock) say when something is recorded, and what is past may be entered by whom."""
        names = [str(getattr(policy, "name", "")) for policy in policies] if isinstance(policies, Sequence) else ()
        self._log, self._workflows, self._tenant, self._clock, self._new_id = log, workflows, tenant, clock, new_id
        self._handler = CommandHandler(log, workflows, moments or Moments(clock), policies=names, keep=keep)
        self._projector = Projector(log, log.zone, progress, workflows.dimensions, workflows.versioned)
        try:
            self._policies = checked(policies, workflows)
            asking = Asking(self._policies, workflows, self._handler.demands.current)
            self._agenda = Agenda(log, setup_of(self._policies, workflows), asking.about)
            self._deliveries, self._telling = Deliveries(log, self._agenda.tables, uuid7().hex), Lock()
            there = OnTheBoard(self._projector)
            self._runner = Runner(self._policies, workflows, self._handler, self._agenda, self.batch, there)
        except BaseException:
            self._projector.close()
            raise

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        workflows: Iterable[Workflow] | None = None,
        tenant: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid7,
        zone: str | None = None,
        policies: Sequence[Policy] = (),
        backdating: Collection[str] = (),
        late_entry: timedelta = LATE_ENTRY,
        clocks_right_until: datetime | None = None,
        keep: int = KEPT,
        synchronous: str = "FULL",
        progress: Progress | None = None,
    ) -> Self:
        """Open the demands kept at `memory:`, `sqlite:///path` or `postgresql://…` (made if not there, by `create`).

        `workflows` are all that its demands are on (if not given, all published versions of the standard one); new ones
        start on the first. One tenant, one log. `zone` is the community's time zone: in it the days of the figures end,
        and histories are told. The log keeps it (else UTC), and each workflow as it is when it first writes. `policies`
        act when run_policies() is called. The roles in `backdating` may enter what happened at any time (`at=`),
        everybody else what happened up to `late_entry` ago. `clocks_right_until` says that later recordings were made
        by a clock that was wrong: they hold back nothing but their own demands. So many demands' states are kept in
        memory (`keep`), to decide on without loading them. `synchronous` says what a power cut can take: with "FULL"
        nothing that was answered, with "NORMAL" the last commits, for which nobody waits; the log is never torn, and
        the end of the process takes nothing. Where board and figures have to be made from the log, the first question
        does so and tells `progress` (events done, of how many); commands go on meanwhile. Warns (CalendarEnds) of
        calendars that soon know no more days, and (WorkflowAdvice) of clocks that no policy watches, where one watches
        others. Raises InvalidValue or StorageError: among them NotALog, UnknownFormat, WrongTenant, WrongZone and
        WorkflowChanged.
        """
        by_key = _published() if workflows is None else _by_key(workflows)
        tenant = None if tenant is None else name_of(tenant, "tenant")
        yes_or_no("create", create)
        whole_number("keep", keep, 0, MOST)
        for what, value in (("clock", clock), ("new_id", new_id), ("progress", progress or len)):
            if not callable(value):
                raise InvalidValue(what, f"must be a function, got {brief(value)}")
        # what is published and not built yet has the standard facts, and no clocks
        facts = facts_by_topic([*STANDARD_FACTS, *(fact for workflow in by_key.built for fact in workflow.facts)])
        log = Log(url, facts.values(), tenant, create=create, zone=zone, workflows=by_key, synchronous=synchronous)
        try:
            moments = Moments(
                clock,
                late_entry=late_entry,
                backdating=backdating,
                newest=lambda: last_recorded(log),
                trusted_until=clocks_right_until,
                elapsed=elapsed if clock is utc_now else None,
            )
            opened = cls(log, by_key, tenant, clock, new_id, policies, moments, keep, progress)
        except BaseException:
            log.close()
            raise
        try:
            for ends in opened.calendar_ends():
                warnings.warn(ends, stacklevel=2)
            for workflow, advice in unwatched_clocks(opened.policies, opened._workflows.built):
                warnings.warn(WorkflowAdvice(workflow, advice), stacklevel=2)
        except BaseException:  # a warning may be made an error
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """Close the storage; doing so twice is harmless."""
        self._agenda.close()
        self._projector.close()
        self._close_streams()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def calendar_ends(self) -> tuple[CalendarEnds, ...]:
        """The calendars of its clocks and policies that have ended, or end within 90 days; opening warns of them."""
        calendars = ((policy.name, getattr(policy, "calendar", None)) for policy in self.policies if policy.on)
        others = [(name, calendar) for name, calendar in calendars if isinstance(calendar, Calendar)]
        return tuple(calendar_ends(self._workflows.built, others, self.now()))

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make all tables from the log again, the agenda of the policies too; policies react to nothing again.

        Events that were parked are tried again. Tables that somebody dropped, emptied or changed are put right. What is
        not in the log stays as it is, or begins empty if it is gone: which reactions are parked or dropped, and up to
        which event hooks were given notices.
        """
        self._projector.rebuild(progress)
        self._agenda.forget()
        for tables in self._other_kinds:
            tables.rebuild()
        self._deliveries.heal()
        self._deliveries.retry_parked_events()

    def parked_events(self) -> tuple[ParkedEvent, ...]:
        """The events that cannot be read or applied, in the order of the log: why, and what goes on without them.

        Their demands stay in the figures and on the board as they were before them. See retry_parked_events().
        """
        return grouped(
            [
                *(("figures", parked) for parked in self._projector.parked()),
                *(("policies", parked) for parked in self._agenda.parked_events()),
                *(("streams", parked) for tables in self._other_kinds for parked in tables.parked()),
                *self._deliveries.parked_events(),
            ]
        )

    def retry_parked_events(self) -> tuple[ParkedEvent, ...]:
        """Try all parked events again, once their class is mended; returns those that are still parked.

        A notice among them is given at the next deliver_notices().
        """
        self._projector.retry_parked()
        self._agenda.retry_parked_events()
        for tables in self._other_kinds:
            tables.retry_parked()
        self._deliveries.retry_parked_events()
        return self.parked_events()

    def all_events(self, *, skip_unreadable: bool = False) -> Iterator[Event]:
        """Everything that is recorded, in the order of recording.

        Raises UnreadableEvent or HistoryIncomplete at the first that is not there or cannot be read, unless such are to
        be skipped: parked_events() lists them.
        """
        last = 0
        while page := self._log.page(last, cursor.PAGE):
            for _, event in page:
                if not isinstance(event, Unreadable):
                    yield event
                elif not skip_unreadable:
                    raise event.error()
            last = page[-1][0]

    def demand(
        self,
        demand_id: UUID,
        *,
        as_of: date | datetime | str | None = None,
        known_on: date | datetime | str | None = None,
    ) -> Demand:
        """The demand as it is; or as it was at the end of a day or at a moment, or by what was known then.

        As in the figures, a correction counts from the event that it corrects. Raises InvalidValue, and
        DemandNotFound too where it had not been received by then.
        """
        if as_of is None and known_on is None:
            return self._handler.demands.demand(as_id(demand_id))
        return self._demand_then(as_id(demand_id), self._point_in_time(as_of, known_on))

    def history(self, demand_id: UUID) -> tuple[HistoryLine, ...]:
        """What happened to the demand, one readable line an event. Raises DemandNotFound."""
        zone, events = self._projector.zone_now(), self._handler.demands.events(as_id(demand_id))
        return tuple(line_of(event, zone) for event in events)

    def possible_moves(self, demand_id: UUID, *, by: Actor | None = None) -> tuple[PossibleMove, ...]:
        """What may happen next: move and role, at all or by this actor. A rule may object to the particular fact."""
        if by is not None:
            actor_of(by)
        demand = self._handler.demands.current(as_id(demand_id))
        return self._workflows[demand.workflow].possible(demand, by)


def _by_key(workflows: Iterable[Workflow]) -> Workflows:
    """The workflows by `name@version`. Raises InvalidValue where there are none, or two different ones of one key."""
    by_key = Workflows()
    for workflow in each_of("workflows", workflows, "(CLOSED_LOOP,)"):
        if not isinstance(workflow, Workflow):
            raise InvalidValue("workflows", f"{brief(workflow)} is no Workflow")
        if by_key.setdefault(workflow.key, workflow) != workflow:
            raise InvalidValue(
                "workflows", f"two different ones are {workflow.key}; give one a name or version of its own"
            )
    if not by_key:
        raise InvalidValue("workflows", "give at least one, for instance CLOSED_LOOP")
    return by_key
