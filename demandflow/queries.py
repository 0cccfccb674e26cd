"""What can be asked: the board of demands, and figures that add up, now or on any day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Unpack, overload

from demandflow.domain.moves import ENDS
from demandflow.domain.values import Stage
from demandflow.domain.versions.workflows import of_demands
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.moments import moment
from demandflow.projections import totals
from demandflow.projections.board import past
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.order import Order
from demandflow.projections.board.own import Scalar
from demandflow.projections.board.own import asked as own_fields_asked
from demandflow.projections.board.rows import BoardPage
from demandflow.projections.figures import question as questions
from demandflow.projections.figures.periods import Period, as_day
from demandflow.projections.figures.question import DemandFilter, FigureQuery, Grouping, Question
from demandflow.projections.figures.scores import ScoresAsked
from demandflow.projections.query_base import among, note_of
from demandflow.projections.totals import DIMENSIONS
from demandflow.store.statements import Statements

if TYPE_CHECKING:  # each method imports what answers it, since many processes need none of these
    from demandflow.projections.figures.by import FiguresBy
    from demandflow.projections.figures.changes import Changes
    from demandflow.projections.figures.drilldown import CountedDemand
    from demandflow.projections.figures.durations import Durations
    from demandflow.projections.figures.figures import Figures
    from demandflow.projections.figures.overdue import Deadlines


class Queries(ScoresAsked):
    """All questions about the demands. Each first catches up with the log."""

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
        text: str | None = None,
        own: Mapping[str, Scalar] | None = None,
        as_of: date | datetime | str | None = None,
        known_on: date | datetime | str | None = None,
        sort: str | Sequence[str] | None = None,
        descending: bool = False,
        limit: int = 50,
        after: str | None = None,
        total: bool = False,
        catch_up: bool = True,
    ) -> BoardPage:
        """The demands as they are now, filtered, sorted and paged; a place or category includes all below it.

        The next page is asked for with the same arguments and `after=page.next`, which is None on the last page;
        however many demands are recorded meanwhile, a demand that did not change is on one page. Only `total=True`
        counts how many there are in all, since that takes longer.

        `contractor` was given the work and has not handed it back, or helps; `lead` was given it last. `overdue` are
        the open ones whose due moment has passed by the clock (or at a moment still to come), `due_by` those due by a
        moment, `clock` those whose next due moment is that of the clock of this name, and `undated` those with a clock
        that has none. They come in the order of receipt, or by due moment if that is asked for. `received` and
        `closed` are periods (see Period.of).

        `text` are letters of the text or an own field, capital or small; `own` are fields of your own facts, with
        the value that the latest of these facts gives: `own={"bins": 3}`, or None for demands that have no such field.

        With `as_of`, a day or a moment, they are as they were at its end, with `known_on` by what was known then:
        exactly those that the figures count. For that, every demand that was in the place, category, channel, lead and
        workflow asked for by then is read from the log, about a millisecond each.
        Raises InvalidValue for what cannot be asked for.
        """
        then = self._point_in_time(as_of, known_on)
        workflows = of_demands(self._workflows)
        states = {state.name for flow in workflows.values() for state in flow.states}
        board_filter = Filter(
            place=place,
            channel=channel,
            category=category,
            contractor=contractor,
            lead=lead,
            resident=resident,
            workflow=among("workflow", workflow, workflows),
            state=among("state", state, states),
            stage=among("stage", stage, tuple(Stage)),
            ended_as=among("ended_as", ended_as, ENDS),
            urgency=urgency,
            clock=clock,
            escalated=escalated,
            open=open,
            undated=undated,
            overdue_at=self._overdue_at(overdue, then),
            due_by=None if due_by is None else moment(due_by, "due_by"),
            received=self._moments(received),
            closed=self._moments(closed),
            text=text,
            own=None if own is None else own_fields_asked(own, self._own_fields()),
        )
        by_due = board_filter.overdue_at is not None or board_filter.due_by is not None
        sort = ("due" if by_due else "received") if sort is None else sort
        order = Order((sort,) if isinstance(sort, str) else sort, descending)
        with self._projector.tables(catch_up=catch_up) as tables:
            if clock is not None:
                among("clock", clock, self._clocks(tables))
            if isinstance(overdue, datetime):
                self._refuse_the_past(tables, overdue, "overdue")
            read = partial(board.read, board_filter=board_filter, order=order, limit=limit, after=after, total=total)
            if then.now:
                page = read(tables)
            else:
                page = past.read_past(past.demands_of(tables, board_filter, then), self._log.events, then, read)
            return self._finished(tables, page, board_filter, after)

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

        The earliest due come first. Pages and the total are as in board().
        """
        states = None
        by_key = of_demands(self._workflows).items()
        if role is not None:
            owners = {state.owner for _, flow in by_key for state in flow.states} - {None}
            role = among("role", role, owners)
            states = tuple((key, state) for key, flow in by_key for state in flow.states_owned_by(role or ""))
        elif contractor is not None:
            states = tuple((key, state) for key, flow in by_key for state in flow.states_for_contractors())
        board_filter = Filter(contractor=contractor, open=True, states=states)
        with self._projector.tables() as tables:
            page = board.read(tables, board_filter, Order(("due",), False), limit=limit, after=after, total=total)
            return self._finished(tables, page, board_filter, after)

    def figures(self, *, catch_up: bool = True, **query: Unpack[FigureQuery]) -> Figures:
        """All counts and rates: of all demands now (at once), or of the demands and days asked about.

        `figures(received="2026-03", as_of=date(2026, 5, 31))` is a cohort: the demands received in March, at the end of
        May. What is overdue is judged at the end of the day asked about; without a day, or if it is not over, now by
        the clock. See FigureQuery for all that can be asked. Raises InvalidValue.
        """
        from demandflow.projections.figures.figures import figures_of

        with self._projector.tables(catch_up=catch_up) as tables:
            question, clocks = self._question(tables, query), self._clocks(tables)
            sums = totals.read_all(tables) if question.everything_now else questions.sums(tables, question)
            overdue, note = self._overdue(tables, question, None).get((), {}), note_of(tables, question, sums)
            return figures_of(str(question), sums, clocks, overdue, *self._projector.without(), note)

    @overload
    def figures_by(
        self,
        dimension: str,
        /,
        *,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **query: Unpack[FigureQuery],
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
        **query: Unpack[FigureQuery],
    ) -> FiguresBy[tuple[str, ...]]: ...
    def figures_by(
        self,
        *dimensions: str,
        level: int | Mapping[str, int] = 1,
        every: str = "month",
        catch_up: bool = True,
        **query: Unpack[FigureQuery],
    ) -> FiguresBy[str] | FiguresBy[tuple[str, ...]]:
        """The figures along place, category (each cut at a level), channel, lead, workflow, or several of them.

        So are own fields that are declared as dimensions; a part has its value as JSON has it, but texts as they are.
        `received` and `closed` are dimensions too, by day, week, month, quarter or year (`every`). Keys are names or
        paths, empty for demands that have none; a path that is not as deep as the level is its own key, so that the
        parts add up to all demands (by `closed`: to the closed). One dimension, now, is read from the totals; anything
        else is one pass over the ledger (decision 10 gives its cost). Raises InvalidValue.
        """
        from demandflow.projections.figures.by import FiguresBy
        from demandflow.projections.figures.figures import figures_of

        grouping = Grouping(dimensions, level, every, self._projector.declared)
        with self._projector.tables(catch_up=catch_up) as tables:
            question, clocks = self._question(tables, query), self._clocks(tables)
            if question.everything_now and len(dimensions) == 1 and dimensions[0] in DIMENSIONS:
                by_key = totals.read(tables, dimensions[0], grouping.level_of(dimensions[0]))
                groups: dict[questions.Key, questions.Sums] = {(key,): sums for key, sums in by_key.items()}
            else:
                groups = questions.grouped(tables, question, grouping)
            overdue, note = self._overdue(tables, question, grouping), note_of(tables, question, groups)
            without = self._projector.without()
        parts = {
            key: figures_of(" × ".join(key), groups[key], clocks, overdue.get(key), *without) for key in sorted(groups)
        }
        if len(dimensions) == 1:
            by_name = {key[0]: part for key, part in parts.items()}
            return FiguresBy(dimensions, by_name, str(question), clocks, *without, note)
        return FiguresBy(dimensions, parts, str(question), clocks, *without, note)

    def counted(self, count: str, *, catch_up: bool = True, **query: Unpack[FigureQuery]) -> tuple[CountedDemand, ...]:
        """The demands of a count, in the order of receipt, each with the event that decided it; happenings each time.

        `flow.history(demand)` has the event. Raises InvalidValue.
        """
        from demandflow.projections.figures.drilldown import counted_demands

        with self._projector.tables(catch_up=catch_up) as tables:
            question = self._question(tables, query)
            check = self._overdue_check(tables, question)
            return tuple(counted_demands(count, question, check, self._clocks(tables), self._scores(tables)))

    def changes(
        self,
        *,
        known_on: tuple[date | str, date | str] | None = None,
        as_of: tuple[date | str, date | str] | None = None,
        catch_up: bool = True,
        **query: Unpack[DemandFilter],
    ) -> Changes:
        """What changed between two days: which demands, from what to what, by which events.

        With `known_on`, between what was known on these days; with `as_of`, between these days as we know them now.
        The differences are exactly those of the figures asked with the same arguments. Raises InvalidValue.
        """
        from demandflow.projections.figures.changes import changed_between

        pairs = {name: pair for name, pair in (("known_on", known_on), ("as_of", as_of)) if pair is not None}
        if not pairs:
            raise InvalidValue("changes", "say between which days: known_on=(day, day) or as_of=(day, day)")
        for name, pair in pairs.items():
            if not isinstance(pair, tuple | list) or len(pair) != 2 or as_day(pair[0], name) > as_day(pair[1], name):
                raise InvalidValue(name, f"must be two days, the earlier first, got {brief(pair)}")
        asked = [{**query, **{name: pair[at] for name, pair in pairs.items()}} for at in (0, 1)]
        if Question.of(asked[0], self._projector.declared).closed is not None:
            raise InvalidValue("closed", "changes cannot be narrowed by the day of closing; ask counted() or figures()")
        with self._projector.tables(catch_up=catch_up) as tables:
            before, after = (self._question(tables, query) for query in asked)
            was, now = ((question, self._overdue_check(tables, question)) for question in (before, after))
            names = self._clocks(tables), self._scores(tables)
            changes = changed_between(was, now, *names, self._projector.declared)
            return replace(changes, note=note_of(tables, after, changes.lines))

    def durations(
        self, *, ended_as: str | None = "closed", open_until: datetime | None = None, **query: Unpack[DemandFilter]
    ) -> Durations:
        """How long demands took from receipt to their end, elapsed, by their present slices.

        Of the closed, or of those that ended otherwise (None: in any way). The open are left out; or all that were open
        at `open_until`, however they ended since, are counted up to that moment. Raises InvalidValue.
        """
        from demandflow.projections.figures import durations

        among("ended_as", ended_as, ENDS)
        until = _until(open_until)
        with self._projector.tables() as tables:
            board_filter = self._board_filter(tables, query)
            took = durations.whole_times(tables, board_filter, ended_as, until)
            return replace(took, note=note_of(tables, board_filter, took.n))

    def waiting(self, *, open_until: datetime | None = None, **query: Unpack[DemandFilter]) -> dict[str, Durations]:
        """How long demands waited in each state, every stay by itself, by their present slices.

        Stays that go on are left out, or counted up to `open_until`. Raises InvalidValue.
        """
        from demandflow.projections.figures import durations

        until = _until(open_until)
        with self._projector.tables() as tables:
            return durations.waits(tables, self._board_filter(tables, query), until)

    def deadlines(self, at: datetime | None = None, **query: Unpack[DemandFilter]) -> Deadlines:
        """How many open demands are overdue, not yet due, or have no due moment, now or at a moment still to come.

        For the past, ask figures(as_of=…) and board(as_of=…). Raises InvalidValue for a moment since which demands have
        changed.
        """
        from demandflow.projections.figures.overdue import Deadlines

        when = moment(self._clock() if at is None else at, "at")
        with self._projector.tables() as tables:
            board_filter = self._board_filter(tables, query)
            if board_filter.closed is not None:
                raise InvalidValue("closed", "deadlines are those of open demands")
            self._refuse_the_past(tables, when, "at")
            numbers, undated = board.towards_due(tables, board_filter, when), board.number_undated(tables, board_filter)
            return Deadlines(when, *numbers, undated, note_of(tables, board_filter, sum(numbers)))

    def _finished(self, tables: Statements, page: BoardPage, board_filter: Filter, after: str | None) -> BoardPage:
        """The page with its note and its parked demands."""
        return self._projector.marked(page if after else replace(page, note=note_of(tables, board_filter, page.rows)))


def _until(open_until: datetime | None) -> datetime | None:
    return None if open_until is None else moment(open_until, "open_until")
