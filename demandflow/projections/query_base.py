"""What the methods of Queries share: filters, the present moment, what is overdue, and the note of an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.own_fields import own_fields
from demandflow.domain.stream import OtherKind
from demandflow.domain.versions.workflows import Workflows, of_demands
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandNotFound, InvalidValue, brief, listed
from demandflow.inputs.arguments import word_among
from demandflow.inputs.moments import moment
from demandflow.projections import ledger, totals
from demandflow.projections.board import rows as board
from demandflow.projections.board.filter import Filter
from demandflow.projections.board.order import Order
from demandflow.projections.board.pages import rows_of
from demandflow.projections.figures.periods import Period
from demandflow.projections.figures.point_in_time import PointInTime
from demandflow.projections.figures.question import Grouping, Question
from demandflow.projections.printing import minute
from demandflow.projections.projector import Projector
from demandflow.store.log import Log
from demandflow.store.statements import Statements

if TYPE_CHECKING:
    from demandflow.projections.figures.overdue import OverdueCheck, OverdueCounts

NAMED_IN_SLICES = ("place", "category", "channel", "lead")
WORDS_OF = {**dict.fromkeys(NAMED_IN_SLICES, "demandflow_slices"), "urgency": "demandflow_board"}
"""The tables that hold all words of these columns."""


class QueryBase:
    """What the methods of Queries share."""

    _log: Log
    _projector: Projector
    _workflows: Workflows
    _clock: Callable[[], datetime]

    @property
    def workflows(self) -> Mapping[str, Workflow]:
        """The workflows that it was opened with, by `name@version`."""
        return MappingProxyType(self._workflows)

    def now(self) -> datetime:
        """The present moment, by the clock that it was opened with, in UTC."""
        return moment(self._clock(), "clock")

    def _board_filter(self, tables: Statements, query: Mapping[str, object]) -> Filter:
        """The rows of the board that a query is about. Raises InvalidValue if it is about the past."""
        question = self._question(tables, query)
        if question.as_of is not None or question.known_on is not None:
            raise InvalidValue("as_of", "rows are of now; the past is asked with figures(), counted() or changes()")
        return self._filter(question)

    def _filter(self, question: Question) -> Filter:
        slices = {name: getattr(question, name) for name in totals.DIMENSIONS}
        slices["own"] = question.own
        return Filter(**slices, received=self._moments(question.received), closed=self._moments(question.closed))

    def _overdue_at(self, overdue: bool | datetime, then: PointInTime) -> datetime | None:
        if isinstance(overdue, datetime):
            if not then.now:
                raise InvalidValue("overdue", f"say overdue=True: overdue {then}")
            return moment(overdue, "overdue")
        if not isinstance(overdue, bool):
            raise InvalidValue("overdue", f"must be True, False or a moment, got {brief(overdue)}")
        return then.cutoff(self.now()).at if overdue else None

    def _refuse_the_past(self, tables: Statements, at: datetime, what: str) -> None:
        """InvalidValue for a moment since which demands have changed."""
        if at < self.now() and board.changed_since(tables, at):
            raise InvalidValue(
                what,
                f"{minute(at)} is past, and demands have moved on since, so that those open now do not tell; "
                "ask figures(as_of=…) for a day, or board(as_of=…, overdue=True) for a day or a moment",
            )

    def _point_in_time(self, as_of: object, known_on: object) -> PointInTime:
        """The point in time that a caller gives; its days are those of the log's present zone. Raises InvalidValue."""
        given = as_of is not None or known_on is not None
        return PointInTime.of(as_of, known_on, self._projector.zone_now() if given else self._projector.zone)

    def _demand_then(self, demand: UUID, then: PointInTime) -> Demand:
        """The demand at a point in time. Raises DemandNotFound, and OtherKind for what is no demand."""
        events = self._log.events(demand)
        if events and (kind := events[0].stamp.kind) is not None:
            raise OtherKind(str(demand), kind, "demand")
        if (past := then.demand(events)) is None:
            raise DemandNotFound(str(demand), str(then) if events else None)
        return past

    def _overdue_check(self, tables: Statements, question: Question) -> OverdueCheck:
        from demandflow.projections.figures.overdue import OverdueCheck

        then = PointInTime(question.as_of, question.known_on, self._projector.zone)
        return OverdueCheck(tables, then.cutoff(self.now()), lambda demand: then.demand_of(self._log.events, demand))

    def _overdue(
        self, tables: Statements, question: Question, grouping: Grouping | None
    ) -> dict[tuple[str, ...], OverdueCounts]:
        """How many are overdue, in each group: now from the board, on a past day from the ledger."""
        from demandflow.projections.figures import overdue

        if question.as_of is not None or question.known_on is not None or question.closed is not None:
            return overdue.overdue_in_ledger(self._overdue_check(tables, question), question, grouping)
        if grouping is not None and "closed" in grouping.dimensions:
            return {}
        return overdue.overdue_on_board(tables, self._filter(question), grouping, self.now(), self._projector.zone)

    def _question(self, tables: Statements, query: Mapping[str, object]) -> Question:
        """The question of a query. Raises InvalidValue for a workflow that is not there."""
        question = Question.of(query, self._projector.declared)
        known = {} if question.workflow is None else of_demands(self._workflows)
        if question.workflow is not None and question.workflow not in known:
            recorded = {where.workflow for where in ledger.slices_by_id(tables).values()}
            among("workflow", question.workflow, {*known, *recorded})
        return question

    def _clocks(self, tables: Statements) -> tuple[str, ...]:
        """The names of the clocks that are declared, and of all others that ever ran."""
        declared = (clock.name for flow in of_demands(self._workflows).values() for clock in flow.clocks)
        return tuple(dict.fromkeys((*declared, *sorted(totals.clocks(tables)))))

    def _own_fields(self) -> set[str]:
        """The own fields of all facts that are recorded of demands."""
        facts = {fact for flow in self._workflows.built if flow.of is Demand for fact in flow.facts}
        return {name for fact in facts for name in own_fields(fact)}

    def _moments(self, period: Period | date | str | None) -> tuple[datetime, datetime] | None:
        """When a period begins, and when it is over, in the community's zone."""
        return None if period is None else Period.of(period).moments(self._projector.zone_now())


def among(what: str, value: str | None, possible: Collection[object]) -> str | None:
    """The value, if it is one of these words, or None. Raises InvalidValue that lists them."""
    return None if value is None else word_among(what, value, sorted(map(str, possible)))


def note_of(tables: Statements, asked: Filter | Question, answer: object) -> str:
    """For an empty answer: which of the words no demand ever had, and what is spelt like them; otherwise empty."""
    notes: list[str] = []
    for name in () if answer else (*NAMED_IN_SLICES, "contractor", "resident", "urgency"):
        if (word := getattr(asked, name, None)) and not _ever_there(tables, name, word):
            column = "lead" if name == "contractor" else name
            alike = _spelt_like(tables, column, word) if column in WORDS_OF else []
            known = f" (there is {listed(alike)})" if alike else ""
            had = "has" if name == "urgency" else "ever had"  # another may have been set since
            notes.append(f"no demand {had} the {name} {brief(word)}{known}")
    return "; ".join(notes)


def _ever_there(tables: Statements, name: str, word: str) -> bool:
    """Whether a demand ever had this word."""
    if name in NAMED_IN_SLICES:
        condition, values = Question.of({name: word}).slices()
        exists = f"SELECT EXISTS (SELECT 1 FROM demandflow_slices WHERE {condition})"  # noqa: S608
        return bool(tables.execute(exists, values).fetchone()[0])
    board_filter = replace(Filter(), **{name: word})  # type: ignore[arg-type]
    now = bool(rows_of(tables, ("received", "demand"), board_filter, Order(("received",), False), 1, None))
    return now or (name == "contractor" and _ever_there(tables, "lead", word))


def _spelt_like(tables: Statements, column: str, word: str) -> list[str]:
    rows = tables.execute(f"SELECT DISTINCT {column} FROM {WORDS_OF[column]}")  # noqa: S608
    paths = [path for (path,) in rows if path]
    parts = {"/".join(path.split("/")[: level + 1]) for path in paths for level in range(path.count("/") + 1)}
    return get_close_matches(word, sorted(parts | set(paths)), n=3)
