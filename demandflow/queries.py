"""What can be asked: where demands stand, and figures that add up, now or on any day."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack, overload
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.moves import ENDS
from demandflow.domain.values import Stage, Urgency
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import DemandNotFound, InvalidValue, brief
from demandflow.inputs.arguments import word_among
from demandflow.inputs.moments import moment
from demandflow.projections import totals
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.order import Order
from demandflow.projections.board.rows import BoardPage
from demandflow.projections.board.then import ever_there, read_then
from demandflow.projections.figures import question
from demandflow.projections.figures.never import SLICED, never_there
from demandflow.projections.figures.past import Then, events_before_damage
from demandflow.projections.figures.periods import Period, as_day
from demandflow.projections.figures.question import FigureQuery, Grouping, Question
from demandflow.projections.printing import minute
from demandflow.projections.projector import Projector
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.log import Log

if TYPE_CHECKING:  # each of these questions imports what answers it: many a process asks none of them
    from demandflow.projections.figures.by import FiguresBy
    from demandflow.projections.figures.changes import Changes
    from demandflow.projections.figures.deadlines import Deadlines
    from demandflow.projections.figures.drilldown import Counted
    from demandflow.projections.figures.dues import Dues, OverdueThen
    from demandflow.projections.figures.durations import Durations
    from demandflow.projections.figures.figures import Figures


class DemandFilter(TypedDict, total=False):
    """Of which demands: windows and slices as in Asked, without days of the past."""

    received: Period | date | str | None
    closed: Period | date | str | None
    place: str | None
    channel: str | None
    category: str | None
    lead: str | None
    workflow: str | None


class Queries:
    """All that can be asked of the demands. Every question first catches up with the log."""

    _log: Log
    _projector: Projector
    _workflows: Workflows
    _clock: Callable[[], datetime]

    def now(self) -> datetime:
        """The present moment, by the clock that it was opened with, in UTC."""
        return moment(self._clock(), "clock")

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
        undated: bool | None = None,
        overdue: bool | datetime = False,
        due_by: datetime | None = None,
        received: Period | date | str | None = None,
        closed: Period | date | str | None = None,
        as_of: date | datetime | str | None = None,
        known_on: date | datetime | str | None = None,
        sort: str | Sequence[str] | None = None,
        descending: bool = False,
        limit: int = 50,
        after: str | None = None,
        total: bool = False,
        catch_up: bool = True,
    ) -> BoardPage:
        """The demands as they stand, filtered, sorted and paged; a place or category takes in all below it.

        The page after this one is asked for in the same words and `after=page.next`, which is None on the last; however
        many are recorded meanwhile, a demand that did not change is on one page. How many there are in all takes
        longer to say, and only `total=True` does.

        `contractor` was given the work and has not handed it back, or helps; `lead` was given it last. `overdue` are
        the open ones whose due moment has passed by the clock (or at a moment still to come), `due_by` those due by a
        moment, `clock` those whose next due moment is that of the clock of this name, and `undated` those with a clock
        that has none. They come by receipt, or by due moment where that is asked for. `received` and `closed` are
        periods (see Period.of).

        With `as_of`, a day or a moment, they are as they stood at its end, with `known_on` as was known then: exactly
        those that the figures count. Every demand that by then had ever stood in the place, category, channel, lead and
        workflow asked for is folded from the log for that: about a millisecond each.
        Raises InvalidValue for what cannot be asked for.
        """
        then = Then.of(as_of, known_on, self._projector.zone)
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
            undated=undated,
            overdue_at=self._overdue_at(overdue, then),
            due_by=None if due_by is None else moment(due_by, "due_by"),
            received=self._moments(received),
            closed=self._moments(closed),
        )
        by_due = chosen.overdue_at is not None or chosen.due_by is not None
        sort = ("due" if by_due else "received") if sort is None else sort
        order = Order((sort,) if isinstance(sort, str) else sort, descending)
        with self._projector.tables(catch_up=catch_up) as tables:
            if clock is not None:
                _among("clock", clock, self._clocks(tables))
            if isinstance(overdue, datetime):
                self._refuse_the_past(tables, overdue, "overdue")
            read = partial(board.read, chosen=chosen, order=order, limit=limit, after=after, total=total)
            page = (
                read(tables) if then.now else read_then(ever_there(tables, chosen, then), self._log.events, then, read)
            )
            return self._projector.marked(page if after else self._noted(tables, page, chosen))

    def work_list(
        self,
        *,
        role: str | None = None,
        contractor: str | None = None,
        limit: int = 50,
        after: str | None = None,
        total: bool = False,
    ) -> BoardPage:
        """The open demands that wait for this role, or on which this contractor, leading or helping, may act now.

        The earliest due come first. Pages and the total are those of board().
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
            page = board.read(tables, chosen, Order(("due",), False), limit=limit, after=after, total=total)
            return self._projector.marked(page if after else self._noted(tables, page, chosen))

    def figures(self, *, catch_up: bool = True, **asked: Unpack[FigureQuery]) -> Figures:
        """All counts and rates: over everything, now (at once), or of the demands and days asked about.

        `figures(received="2026-03", as_of=date(2026, 5, 31))` is a cohort: of those received in March, how they stood
        at the end of May. What is overdue is so at the end of the day asked about; by the clock where none is said, or
        the day is not over. See Asked for all that can be said. Raises InvalidValue.
        """
        from demandflow.projections.figures.figures import figures_of

        with self._projector.tables(catch_up=catch_up) as tables:
            chosen, clocks = self._checked(tables, asked), self._clocks(tables)
            sums = totals.read_all(tables) if chosen.everything_now else question.sums(tables, chosen)
            dues, note = self._dues(tables, chosen, None).get((), {}), self._note(tables, chosen, sums)
            return figures_of(str(chosen), sums, clocks, dues, *self._projector.without(), note)

    @overload
    def figures_by(
        self,
        dimension: str,
        /,
        *,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **asked: Unpack[FigureQuery],
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
        **asked: Unpack[FigureQuery],
    ) -> FiguresBy[tuple[str, ...]]: ...
    def figures_by(
        self,
        *dimensions: str,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **asked: Unpack[FigureQuery],
    ) -> FiguresBy[str] | FiguresBy[tuple[str, ...]]:
        """The figures along place, category (each cut at a level), channel, lead or workflow, or several of them.

        `received` and `closed` are dimensions too, by day, week, month, quarter or year (`every`). Keys are names or
        paths, empty for demands that have none; what is not as deep as the level stands under its own path, so that
        the parts add up to the whole (by `closed`: to the closed). One dimension, now, is read from maintained sums;
        anything else is one pass over the ledger (decision 10 states its cost). Raises InvalidValue.
        """
        from demandflow.projections.figures.by import FiguresBy
        from demandflow.projections.figures.figures import figures_of

        grouping = Grouping(dimensions, level, every)
        with self._projector.tables(catch_up=catch_up) as tables:
            chosen, clocks = self._checked(tables, asked), self._clocks(tables)
            if chosen.everything_now and len(dimensions) == 1 and dimensions[0] in DIMENSIONS:
                found = totals.read(tables, dimensions[0], grouping.level_of(dimensions[0]))
                groups: dict[tuple[str, ...], question.Sums] = {(key,): sums for key, sums in found.items()}
            else:
                groups = question.grouped(tables, chosen, grouping)
            dues, note = self._dues(tables, chosen, grouping), self._note(tables, chosen, groups)
            without = self._projector.without()
        parts = {
            key: figures_of(" × ".join(key), groups[key], clocks, dues.get(key), *without) for key in sorted(groups)
        }
        if len(dimensions) == 1:
            by_name = {key[0]: part for key, part in parts.items()}
            return FiguresBy(dimensions, by_name, str(chosen), clocks, *without, note)
        return FiguresBy(dimensions, parts, str(chosen), clocks, *without, note)

    def counted(self, count: str, *, catch_up: bool = True, **asked: Unpack[FigureQuery]) -> tuple[Counted, ...]:
        """The demands of a count, in the order of receipt, each with the event that decided it; happenings one by one.

        `flow.history(demand)` tells the event. Raises InvalidValue.
        """
        from demandflow.projections.figures import drilldown

        with self._projector.tables(catch_up=catch_up) as tables:
            chosen = self._checked(tables, asked)
            return tuple(drilldown.counted(count, chosen, self._overdue_then(tables, chosen), self._clocks(tables)))

    def changes(
        self,
        *,
        known_on: tuple[date | str, date | str] | None = None,
        as_of: tuple[date | str, date | str] | None = None,
        catch_up: bool = True,
        **asked: Unpack[DemandFilter],
    ) -> Changes:
        """What moved between two days: which demands, from what to what, by which events.

        With `known_on`, between what was known on the one and on the other; with `as_of`, between how things stood.
        The differences are exactly those of the figures asked with the same words. Raises InvalidValue.
        """
        from demandflow.projections.figures.changes import changed_between

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
            was, now = ((asked, self._overdue_then(tables, asked)) for asked in (before, after))
            moved = changed_between(was, now, self._clocks(tables))
            return moved if moved.lines else replace(moved, note=self._note(tables, after, ()))

    def durations(
        self, *, ended_as: str | None = "closed", open_until: datetime | None = None, **narrowed: Unpack[DemandFilter]
    ) -> Durations:
        """How long demands took from receipt to their end, elapsed, as they are sliced now.

        Of the closed, or of those that ended otherwise (None: in any way). The open are left out, or all are counted
        as they stood at `open_until`. Raises InvalidValue.
        """
        from demandflow.projections.figures import durations

        _among("ended_as", ended_as, ENDS)
        chosen, until = self._rows(narrowed), None if open_until is None else moment(open_until, "open_until")
        with self._projector.tables() as tables:
            took = durations.whole_times(tables, chosen, ended_as, until)
            return took if took.n else replace(took, note=self._note(tables, Question.of(narrowed), ()))

    def waiting(self, *, open_until: datetime | None = None, **narrowed: Unpack[DemandFilter]) -> dict[str, Durations]:
        """How long demands waited in each state, every stay counted by itself, as they are sliced now.

        Stays that go on are left out, or all are counted as they were at `open_until`. Raises InvalidValue.
        """
        from demandflow.projections.figures import durations

        chosen, until = self._rows(narrowed), None if open_until is None else moment(open_until, "open_until")
        with self._projector.tables() as tables:
            return durations.waits(tables, chosen, until)

    def deadlines(self, at: datetime | None = None, **narrowed: Unpack[DemandFilter]) -> Deadlines:
        """How the demands that are open now stand towards their due moment, now or at a moment still to come.

        Of the past, figures(as_of=…) and board(as_of=…) tell. Raises InvalidValue for a moment after which something
        happened.
        """
        from demandflow.projections.figures.deadlines import Deadlines

        chosen = self._rows(narrowed)
        if chosen.closed is not None:
            raise InvalidValue("closed", "deadlines are those of open demands")
        when = moment(self._clock() if at is None else at, "at")
        with self._projector.tables() as tables:
            self._refuse_the_past(tables, when, "at")
            there, undated = board.towards_due(tables, chosen, when), board.number_undated(tables, chosen)
            return Deadlines(when, *there, undated, self._note(tables, Question.of(narrowed), sum(there)))

    def _rows(self, narrowed: Mapping[str, object]) -> Filter:
        """The rows of the board that are asked about; slices go by the lead."""
        chosen = Question.of(narrowed)
        if chosen.as_of is not None or chosen.known_on is not None:
            raise InvalidValue("as_of", "rows are of now; the past is asked with figures(), counted() or changes()")
        return self._filter(chosen)

    def _filter(self, chosen: Question) -> Filter:
        return Filter(
            place=chosen.place,
            channel=chosen.channel,
            category=chosen.category,
            lead=chosen.lead,
            workflow=chosen.workflow,
            received=self._moments(chosen.received),
            closed=self._moments(chosen.closed),
        )

    def _overdue_at(self, overdue: bool | datetime, then: Then) -> datetime | None:
        if isinstance(overdue, datetime):
            if not then.now:
                raise InvalidValue("overdue", f"say overdue=True: overdue {then}")
            return moment(overdue, "overdue")
        if not isinstance(overdue, bool):
            raise InvalidValue("overdue", f"must be True, False or a moment, got {brief(overdue)}")
        return then.asked(self.now()).at if overdue else None

    def _refuse_the_past(self, tables: sqlite3.Connection, at: datetime, what: str) -> None:
        """InvalidValue for a moment at which demands stood otherwise than they do now."""
        if at < self.now() and board.stood_otherwise_since(tables, at):
            raise InvalidValue(
                what,
                f"{minute(at)} is past, and demands have moved on since, so that those open now do not tell; "
                "ask figures(as_of=…) for a day, or board(as_of=…, overdue=True) for a day or a moment",
            )

    def _demand_then(self, demand: UUID, then: Then) -> Demand:
        """The demand as it stood then. Raises DemandNotFound."""
        events = self._log.events(demand)
        if (stood := then.demand(events)) is None:
            raise DemandNotFound(str(demand), str(then) if events else None)
        return stood

    def _overdue_then(self, tables: sqlite3.Connection, chosen: Question) -> OverdueThen:
        from demandflow.projections.figures.dues import OverdueThen

        then = Then(chosen.as_of, chosen.known_on, self._projector.zone)
        return OverdueThen(
            tables, then.asked(self.now()), lambda demand: then.demand(events_before_damage(self._log.events, demand))
        )

    def _dues(
        self, tables: sqlite3.Connection, chosen: Question, grouping: Grouping | None
    ) -> dict[tuple[str, ...], Dues]:
        """What is overdue, in each group: now from the board, of the past from the ledger."""
        from demandflow.projections.figures import dues

        if chosen.as_of is not None or chosen.known_on is not None or chosen.closed is not None:
            return dues.in_the_ledger(self._overdue_then(tables, chosen), chosen, grouping)
        if grouping is not None and "closed" in grouping.dimensions:
            return {}
        return dues.on_the_board(tables, self._filter(chosen), grouping, self.now(), self._projector.zone)

    def _noted(self, tables: sqlite3.Connection, page: BoardPage, chosen: Filter) -> BoardPage:
        """The page; where it is empty, with what is said if no demand ever was what is asked for."""
        names = (*SLICED, "contractor", "resident")
        asked = {} if page.rows else {name: getattr(chosen, name) for name in names}
        return replace(page, note=never_there(tables, asked))

    def _note(self, tables: sqlite3.Connection, chosen: Question, answer: object) -> str:
        """What is said of a question without an answer, if no demand ever was what is asked for."""
        return "" if answer else never_there(tables, {name: getattr(chosen, name) for name in SLICED})

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
        return None if period is None else Period.of(period).moments(self._projector.zone)


def _among(what: str, value: str | None, possible: Collection[object]) -> str | None:
    return None if value is None else word_among(what, value, sorted(map(str, possible)))
