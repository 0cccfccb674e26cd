"""Workflows loaded from TOML or JSON: every mistake at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any, ClassVar

from pydantic import ValidationError

from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.moves import Move, State
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.documents import PARSE, parsed, read_document
from demandflow.inputs.tables import mistakes_of
from demandflow.workflow_files.models import ClockTable, LimitTable, Names, WorkflowTable
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary


class InvalidFile(InvalidValue):
    """A file does not say a workflow; `mistakes` holds what is wrong with it, a line each."""

    code: ClassVar[str] = "invalid_file"

    def __init__(self, what: str, mistakes: tuple[str, ...]) -> None:
        super().__init__(what, mistakes[0] if len(mistakes) == 1 else "; ".join(mistakes))
        self.args, self.mistakes = (what, mistakes), mistakes

    def _lines(self) -> Iterable[str]:
        if len(self.mistakes) == 1:
            return (self._sentence(),)
        return (f"{self.what}: ", *(f"  - {mistake}" for mistake in self.mistakes))


def load(path: str | PathLike[str], vocabulary: Vocabulary = STANDARD_VOCABULARY) -> Workflow:
    """The workflow in a .toml or .json file.

    Raises InvalidFile (an InvalidValue) with every mistake of the file, or InvalidWorkflow with every defect.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidValue("path", f"must be a path, got {brief(path)}")
    checked_vocabulary(vocabulary)
    try:
        document = read_document(path)
    except InvalidValue as error:
        raise InvalidFile(error.what, (error.problem,)) from None
    return _workflow(document, vocabulary, str(path))


def loads(text: str, form: str = "toml", vocabulary: Vocabulary = STANDARD_VOCABULARY) -> Workflow:
    """The workflow that a text in this form ("toml" or "json") says. Raises as load() does."""
    if not isinstance(text, str):
        raise InvalidValue("text", f"must be a text, got {brief(text)}")
    checked_form(form)
    checked_vocabulary(vocabulary)
    try:
        document = parsed(text, form, "workflow")
    except InvalidValue as error:
        raise InvalidFile(error.what, (error.problem,)) from None
    return _workflow(document, vocabulary, "workflow")


def checked_form(form: str) -> str:
    """The form of a text; InvalidValue if it is none of ours."""
    if not isinstance(form, str) or form not in PARSE:
        raise InvalidValue("form", f"must be toml or json, got {brief(form)}")
    return form


def checked_vocabulary(vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary; InvalidValue if it is none."""
    if not isinstance(vocabulary, Vocabulary):
        raise InvalidValue("vocabulary", f"must be a Vocabulary, got {brief(vocabulary)}")
    return vocabulary


def _workflow(document: Any, vocabulary: Vocabulary, what: str) -> Workflow:
    own = document.get("calendars") if isinstance(document, dict) else None
    names = Names(vocabulary, (*vocabulary.calendars, *(own if isinstance(own, dict) else ())))
    try:
        table = WorkflowTable.model_validate(document, context=names)
    except ValidationError as error:
        raise InvalidFile(what, mistakes_of(error, WorkflowTable, document)) from None
    calendars = {**vocabulary.calendars, **{name: calendar.calendar() for name, calendar in table.calendars.items()}}
    return Workflow(
        table.name,
        table.version,
        states=[State(**vars(state)) for state in table.states],
        moves=[Move(**vars(move)) for move in table.moves],
        tells_nobody=table.tells_nobody,
        clocks=[
            Clock(**{**vars(clock), "limits": _limits(clock), "calendar": calendars[clock.calendar]})
            for clock in table.clocks
        ],
    )


def _limits(clock: ClockTable) -> tuple[Limit, ...]:
    limits = clock.limits if isinstance(clock.limits, tuple) else (clock.limits,)
    return tuple(limit.limit() if isinstance(limit, LimitTable) else Limit(limit) for limit in limits)
