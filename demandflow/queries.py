"""What can be asked: where demands stand, and figures that add up, now or on any day."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack, overload

from demandflow.domain.moves import ENDS
from demandflow.domain.values import Stage, Urgency, moment
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections import board, drilldown, durations, question, totals
from demandflow.projections.board import BoardPage, Filter
from demandflow.projections.drilldown import Changes, Counted
from demandflow.projections.durations import Durations
from demandflow.projections.figures import Figures, FiguresBy, figures_of
from demandflow.projections.periods import Period, as_day
from demandflow.projections.projector import Progress, Projector
from demandflow.projections.question import Asked, Grouping, Question
from demandflow.projections.totals import DIMENSIONS


class Narrowed(TypedDict, total=False):
    """Of which demands: windows and slices as in Asked, without days of the past."""

    received: Period | date | str | None
    closed: Period | date | str | None
    place: str | None
    channel: str | None
    category: str | None
    contractor: str | None
    workflow: str | None


@dataclass(frozen=True)
class Deadlines:
    """How open demands stand towards their due moment, at a moment."""

    at: datetime
    overdue: int
    not_yet_due: int
    no_due: int


class Queries:
    """All that can be asked of the demands. Every question first catches up with the log."""

    def __init__(self, projector: Projector, workflows: Mapping[str, Workflow], clock: Callable[[], datetime]) -> None:
        self._projector, self._workflows, self._clock = projector, workflows, clock

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
        clock: str | None = None,
        escalated: bool | None = None,
        open: bool | None = None,  # noqa: A002
        overdue: bool | datetime = False,
        due_by: datetime | None = None,
        received: Period | date | str | None = None,
        closed: Period | date | str | None = None,
        sort: str | Sequence[str] | None = None,
        descending: bool = False,
        limit: int = 50,
        offset: int = 0,
        catch_up: bool = True,
    ) -> BoardPage:
        """The demands as they stand, filtered, sorted and paged; a place or category takes in all below it.

        `contractor` was given the work and has not handed it back, or helps; `lead` was given it last. `overdue` are
        the open ones whose due moment has passed by the clock (or at a moment), `due_by` those due by a moment, and
        `clock` those whose next due moment is that of the clock of this name. They come by receipt, or by due moment
        where that is asked for. `received` and `closed` are periods (see Period.of).
        Raises InvalidValue for what cannot be asked for.
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
            clock=clock,
            escalated=escalated,
            open=open,
            overdue_at=self._overdue_at(overdue),
            due_by=None if due_by is None else moment(due_by, "due_by"),
            received=self._moments(received),
            closed=self._moments(closed),
        )
        by_due = chosen.overdue_at is not None or chosen.due_by is not None
        sort = ("due" if by_due else "received") if sort is None else sort
        order = (sort,) if isinstance(sort, str) else sort
        with self._projector.tables(catch_up=catch_up) as tables:
            if clock is not None:
                _among("clock", clock, self._clocks(tables))
            page = board.read(tables, chosen, order, descending=descending, limit=limit, offset=offset)
            return self._projector.marked(page)

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
            page = board.read(tables, chosen, ("due", "received"), descending=False, limit=limit, offset=offset)
            return self._projector.marked(page)

    def figures(self, *, catch_up: bool = True, **asked: Unpack[Asked]) -> Figures:
        """All counts and rates: over everything, now (constant time), or of the demands and days asked about.

        `figures(received="2026-03", as_of=date(2026, 5, 31))` is a cohort: of those received in March, how they stood
        at the end of May. See Asked for all that can be said. Raises InvalidValue.
        """
        with self._projector.tables(catch_up=catch_up) as tables:
            chosen, clocks = self._checked(tables, asked), self._clocks(tables)
            if chosen.everything_now:
                return figures_of("all", totals.read_all(tables), clocks, self._projector.number_parked())
            return figures_of(str(chosen), question.sums(tables, chosen), clocks, self._projector.number_parked())

    @overload
    def figures_by(
        self,
        dimension: str,
        /,
        *,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **asked: Unpack[Asked],
    ) -> FiguresBy[str]: ...
    @overload
    def figures_by(
        self,
        dimension: str,
        second: str,
        /,
        *more: str,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **asked: Unpack[Asked],
    ) -> FiguresBy[tuple[str, ...]]: ...
    def figures_by(
        self,
        *dimensions: str,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **asked: Unpack[Asked],
    ) -> FiguresBy[str] | FiguresBy[tuple[str, ...]]:
        """The figures along place, category (each cut at a level), channel, contractor or workflow, or several of them.

        `received` and `closed` are dimensions too, by day, week, month, quarter or year (`every`). Keys are names or
        paths, empty for demands that have none; what is not as deep as the level stands under its own path, so that
        the parts add up to the whole (by `closed`: to the closed). One dimension, now, is read from maintained sums;
        anything else is one pass over the ledger (decision 10 states its cost). Raises InvalidValue.
        """
        grouping = Grouping(dimensions, level, every)
        with self._projector.tables(catch_up=catch_up) as tables:
            chosen, clocks = self._checked(tables, asked), self._clocks(tables)
            if chosen.everything_now and len(dimensions) == 1 and dimensions[0] in DIMENSIONS:
                found = totals.read(tables, dimensions[0], grouping.level_of(dimensions[0]))
                groups: dict[tuple[str, ...], question.Sums] = {(key,): sums for key, sums in found.items()}
            else:
                groups = question.grouped(tables, chosen, grouping)
            parked = self._projector.number_parked()
        parts = {key: figures_of(" × ".join(key), groups[key], clocks, parked) for key in sorted(groups)}
        if len(dimensions) == 1:
            return FiguresBy(dimensions, {key[0]: one for key, one in parts.items()}, str(chosen), clocks, parked)
        return FiguresBy(dimensions, parts, str(chosen), clocks, parked)

    def counted(self, count: str, *, catch_up: bool = True, **asked: Unpack[Asked]) -> tuple[Counted, ...]:
        """The demands of a count, in the order of receipt, each with the event that decided it; happenings one by one.

        `flow.history(demand)` tells the event. Raises InvalidValue.
        """
        with self._projector.tables(catch_up=catch_up) as tables:
            chosen = self._checked(tables, asked)
            return tuple(drilldown.counted(tables, count, chosen, self._clocks(tables)))

    def changes(
        self,
        *,
        known_on: tuple[date | str, date | str] | None = None,
        as_of: tuple[date | str, date | str] | None = None,
        catch_up: bool = True,
        **asked: Unpack[Narrowed],
    ) -> Changes:
        """What moved between two days: which demands, from what to what, by which events.

        With `known_on`, between what was known on the one and on the other; with `as_of`, between how things stood.
        The differences are exactly those of the figures asked with the same words. Raises InvalidValue.
        """
        pairs = {name: pair for name, pair in (("known_on", known_on), ("as_of", as_of)) if pair is not None}
        if not pairs:
            raise InvalidValue("changes", "say between which days: known_on=(day, day) or as_of=(day, day)")
        for name, pair in pairs.items():
            if not isinstance(pair, tuple | list) or len(pair) != 2 or as_day(pair[0], name) > as_day(pair[1], name):
                raise InvalidValue(name, f"must be two days, the earlier first, got {brief(pair)}")
        before, after = (Question.of({**asked, **{name: pair[at] for name, pair in pairs.items()}}) for at in (0, 1))
        if before.closed is not None:
            raise InvalidValue("closed", "changes cannot be narrowed by the day of closing; ask counted() or figures()")
        with self._projector.tables(catch_up=catch_up) as tables:
            return drilldown.changes(tables, before, after, self._clocks(tables))

    def durations(
        self, *, ended_as: str | None = "closed", open_until: datetime | None = None, **narrowed: Unpack[Narrowed]
    ) -> Durations:
        """How long demands took from receipt to their end, elapsed, as they are sliced now.

        Of the closed, or of those that ended otherwise (None: in any way). The open are left out, or all are counted
        as they stood at `open_until`. Raises InvalidValue.
        """
        _among("ended_as", ended_as, ENDS)
        chosen, until = self._rows(narrowed), None if open_until is None else moment(open_until, "open_until")
        with self._projector.tables() as tables:
            return durations.whole_times(tables, chosen, ended_as, until)

    def waiting(self, *, open_until: datetime | None = None, **narrowed: Unpack[Narrowed]) -> dict[str, Durations]:
        """How long demands waited in each state, every stay counted by itself, as they are sliced now.

        Stays that go on are left out, or all are counted as they were at `open_until`. Raises InvalidValue.
        """
        chosen, until = self._rows(narrowed), None if open_until is None else moment(open_until, "open_until")
        with self._projector.tables() as tables:
            return durations.waits(tables, chosen, until)

    def deadlines(self, at: datetime | None = None, **narrowed: Unpack[Narrowed]) -> Deadlines:
        """How the demands that are open now stand towards their due moment at a moment (without one, now)."""
        chosen = self._rows(narrowed)
        if chosen.closed is not None:
            raise InvalidValue("closed", "deadlines are those of open demands")
        when = moment(self._clock() if at is None else at, "at")
        with self._projector.tables() as tables:
            return Deadlines(when, *board.towards_due(tables, chosen, when))

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make board, totals and ledger anew from the log; `progress` is told (events done, of how many)."""
        self._projector.rebuild(progress)

    def _rows(self, narrowed: Mapping[str, object]) -> Filter:
        """The rows of the board that are asked about; slices go by the lead."""
        chosen = Question.of(narrowed)
        if chosen.as_of is not None or chosen.known_on is not None:
            raise InvalidValue("as_of", "rows are of now; the past is asked with figures(), counted() or changes()")
        return Filter(
            place=chosen.place,
            channel=chosen.channel,
            category=chosen.category,
            lead=chosen.contractor,
            workflow=chosen.workflow,
            received=self._moments(chosen.received),
            closed=self._moments(chosen.closed),
        )

    def _overdue_at(self, overdue: bool | datetime) -> datetime | None:
        if isinstance(overdue, datetime):
            return moment(overdue, "overdue")
        if not isinstance(overdue, bool):
            raise InvalidValue("overdue", f"must be True, False or a moment, got {brief(overdue)}")
        return moment(self._clock(), "clock") if overdue else None

    def _checked(self, tables: sqlite3.Connection, asked: Mapping[str, object]) -> Question:
        """The question, if its workflow is one that there is."""
        chosen = Question.of(asked)
        if chosen.workflow is not None and chosen.workflow not in self._workflows:
            there = {one["workflow"] for one in question.slices_by_id(tables).values()}
            _among("workflow", chosen.workflow, {*self._workflows, *there})
        return chosen

    def _clocks(self, tables: sqlite3.Connection) -> tuple[str, ...]:
        """The names of the clocks that are declared, and of all others that ever ran."""
        declared = (clock.name for flow in self._workflows.values() for clock in flow.clocks)
        return tuple(dict.fromkeys((*declared, *sorted(totals.clocks(tables)))))

    def _moments(self, period: Period | date | str | None) -> tuple[datetime, datetime] | None:
        """From when until before when a period is, in the community's zone."""
        if period is None:
            return None
        days = Period.of(period)
        zone, midnight = self._projector.zone, datetime.min.time()
        if days.last == date.max:
            raise InvalidValue("period", f"{days} has no day after it")
        after = days.last + timedelta(days=1)
        return datetime.combine(days.first, midnight, zone), datetime.combine(after, midnight, zone)


def _among(what: str, value: str | None, possible: Collection[object]) -> str | None:
    if value is not None and not (isinstance(value, str) and value in possible):
        raise InvalidValue(what, f"{brief(value)} is none (possible: {listed(sorted(map(str, possible)))})")
    return None if value is None else str(value)
