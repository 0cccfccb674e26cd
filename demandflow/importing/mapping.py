"""Mapping: which columns of a file say what, declared once."""

from __future__ import annotations

import codecs
import collections.abc
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, UnknownWorkflow, brief, listed
from demandflow.importing.columns import Column, Row, Value, check_value
from demandflow.inputs.arguments import zone_of
from demandflow.inputs.moments import moment

SOME_TIME = datetime(2026, 3, 5, 7, 8, 9, tzinfo=UTC)


@dataclass(frozen=True)
class RowStep:
    """A move that a row may hold: its fact with its values, when it happened, and on which condition.

    Where there is no moment, or the condition says no, the row does not hold the step. `name` tells steps of one move
    apart.
    """

    move: str
    fact: type[Fact]
    at: Value
    values: collections.abc.Mapping[str, Value] = field(default_factory=dict)
    by: Value | Actor | None = None
    when: Value | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """The command id with which the step is recorded, so that it is recorded once."""
        return self.name or self.move


class Entry(NamedTuple):
    """What a row says of a step: the fact, when it happened, and who did it."""

    fact: Fact
    at: datetime
    by: Actor


@dataclass(frozen=True, kw_only=True)
class RowMapping:
    """How the rows of a file become demands: `start` registers, each of `steps` follows where a row holds it.

    `source` and the text of the column `reference` say where the other system keeps it. Times are of `zone`, in one of
    `formats` (as strptime writes them, or "iso"). `corrects` is who corrects what a file says otherwise, if not `by`.
    Raises InvalidValue.
    """

    source: str
    reference: str
    by: Value | Actor
    zone: str
    start: RowStep
    steps: tuple[RowStep, ...] = ()
    formats: tuple[str, ...] = ("iso",)
    workflow: str | None = None
    corrects: Actor | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None

    def __post_init__(self) -> None:
        zone_of(self.zone)
        self._check_form()
        if not issubclass(self.start.fact, Registered):
            raise InvalidValue("start", f"registers a demand; give Registered or a subclass, not {self.start.fact}")
        if not isinstance(self.steps, tuple) or not all(isinstance(step, RowStep) for step in self.steps):
            raise InvalidValue("steps", f"must be a tuple of RowSteps, got {brief(self.steps)}")
        keys = [step.key for step in self.steps]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise InvalidValue("steps", f"two are called {twice[0]!r}; give each a name of its own")
        for step in (self.start, *self.steps):
            for name, value in (("at", step.at), ("when", step.when or step.at), *step.values.items()):
                check_value(f"{step.move}.{name}", value)
            if not isinstance(by := step.by or self.by, Actor):
                check_value(f"{step.move}.by", by)
            required = {name for name, field_ in step.fact.model_fields.items() if field_.is_required()}
            if missing := sorted(required - {*step.values}):
                raise InvalidValue(f"{step.move}", f"{step.fact.__name__} needs {listed(missing)}")
            if unknown := [name for name in step.values if name not in step.fact.model_fields]:
                problem = f"has no field {unknown[0]!r} (possible: {listed(step.fact.model_fields)})"
                raise InvalidValue(step.fact.__name__, problem)

    def _check_form(self) -> None:
        for what in ("source", "reference"):
            text = getattr(self, what)
            if not isinstance(text, str) or not text.strip():
                raise InvalidValue(what, f"must be a non-empty text, got {brief(text)}")
        try:
            codecs.lookup(self.encoding)
        except (LookupError, TypeError):
            raise InvalidValue("encoding", f"{brief(self.encoding)} is none (for instance utf-8, gb18030)") from None
        if self.delimiter is not None and not (isinstance(self.delimiter, str) and len(self.delimiter) == 1):
            raise InvalidValue("delimiter", f"must be one character or None, got {brief(self.delimiter)}")
        if not isinstance(self.formats, tuple) or not self.formats:
            raise InvalidValue("formats", f"must be a tuple of at least one, got {brief(self.formats)}")
        for form in self.formats:
            try:
                if form != "iso":
                    datetime.strptime(SOME_TIME.strftime(form), form)  # noqa: DTZ007
            except (ValueError, TypeError, re.error) as problem:
                raise InvalidValue("formats", f"{brief(form)} does not write a time ({problem})") from None

    def check_against(self, workflows: collections.abc.Mapping[str, Workflow]) -> None:
        """Raises UnknownWorkflow, or InvalidValue for a step that is no move of the workflow or has another fact."""
        key = next(iter(workflows)) if self.workflow is None else self.workflow
        if key not in workflows:
            raise UnknownWorkflow(key, tuple(workflows))
        starts = {name: rows[0].move.fact for name, rows in workflows[key].moves_from("").items()}
        later = {move.name: move.fact for move in workflows[key].moves if move.name not in starts}
        for step, possible in ((self.start, starts), *((step, later) for step in self.steps)):
            if step.move not in possible:
                raise InvalidValue("step", f"{step.move!r} is no such move of {key} (possible: {listed(possible)})")
            if step.fact is not possible[step.move]:
                problem = f"{key} records {possible[step.move].__name__} there, not {step.fact.__name__}"
                raise InvalidValue(f"step {step.move!r}", problem)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a file must have."""
        names = [self.reference]
        for step in (self.start, *self.steps):
            for value in (step.at, step.when, step.by or self.by, *step.values.values()):
                names += [] if value is None or isinstance(value, Actor) else value.columns
        return tuple(dict.fromkeys(names))

    def entry(self, step: RowStep, row: Row) -> Entry | None:
        """What a row says of a step; None if it does not hold the step. Raises InvalidValue."""
        if step.when is not None and not step.when.of(row):
            return None
        at = step.at.of(row)
        if at is None:
            return None
        values = {name: value.of(row) for name, value in step.values.items()}
        by = step.by or self.by
        try:
            fact = step.fact(**values)
        except InvalidValue as error:  # name the columns, for those who mend the file
            wrong = {name: value for name, value in step.values.items() if f"{name}:" in error.problem}
            if not (columns := [column for value in wrong.values() for column in value.columns]):
                raise
            blank = (value for name, value in wrong.items() if values[name] is None and isinstance(value, Column))
            hint = next((f"; {_blank(column)}" for column in blank), "")
            raise InvalidValue(error.what, f"{error.problem} (from {listed(columns)}){hint}") from error
        return Entry(fact, moment(at, step.move), by if isinstance(by, Actor) else by.of(row))

    def is_whole(self, fields: collections.abc.Mapping[str, str]) -> bool:
        """Whether these fields name a demand and say when it was received: a line of plain text does not."""
        try:
            at = self.start.at.of(Row(fields, ZoneInfo(self.zone), self.formats))
        except Exception:
            return False
        return at is not None and bool(fields[self.reference].strip())

    def registration(self, row: Row) -> tuple[Registered, datetime, Actor]:
        """What a row says of the demand itself. Raises InvalidValue."""
        reference = row[self.reference].strip()
        if not reference:
            raise InvalidValue(self.reference, "is empty, but says which demand it is")
        entry = self.entry(self.start, row)
        if entry is None:
            raise InvalidValue(listed(self.start.at.columns), "says nothing of when the demand was received")
        fact, at, by = entry
        assert isinstance(fact, Registered)  # noqa: S101
        return type(fact)(**{**fact.__dict__, "source": self.source, "reference": reference}), at, by


def _blank(column: Column) -> str:
    return f"where it is empty, the mapping can say what it stands for: Column({column.name!r}, blank=…)"
