"""What every question needs: the tables, the moment, what is overdue, and what is said where nothing was found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import DemandNotFound, InvalidValue, brief
from demandflow.inputs.arguments import word_among
from demandflow.inputs.moments import moment
from demandflow.projections import totals
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.rows import BoardPage
from demandflow.projections.figures import question
from demandflow.projections.figures.never import SLICED, never_there
from demandflow.projections.figures.past import Then, events_before_damage
from demandflow.projections.figures.periods import Period
from demandflow.projections.figures.question import Grouping, Question
from demandflow.projections.printing import minute
from demandflow.projections.projector import Projector
from demandflow.store.log import Log

if TYPE_CHECKING:
    from demandflow.projections.figures.dues import Dues, OverdueThen


class Asking:
    """What the methods of Queries share."""

    _log: Log
    _projector: Projector
    _workflows: Workflows
    _clock: Callable[[], datetime]

    def now(self) -> datetime:
        """The present moment, by the clock that it was opened with, in UTC."""
        return moment(self._clock(), "clock")

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
        names = (*SLICED, "contractor", "resident", "urgency")
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
            among("workflow", chosen.workflow, {*self._workflows, *there})
        return chosen

    def _clocks(self, tables: sqlite3.Connection) -> tuple[str, ...]:
        """The names of the clocks that are declared, and of all others that ever ran."""
        declared = (clock.name for flow in self._workflows.values() for clock in flow.clocks)
        return tuple(dict.fromkeys((*declared, *sorted(totals.clocks(tables)))))

    def _moments(self, period: Period | date | str | None) -> tuple[datetime, datetime] | None:
        """From when until before when a period is, in the community's zone."""
        return None if period is None else Period.of(period).moments(self._projector.zone)


def among(what: str, value: str | None, possible: Collection[object]) -> str | None:
    """The value, if it is one of these words, or None. Raises InvalidValue that lists them."""
    return None if value is None else word_among(what, value, sorted(map(str, possible)))
