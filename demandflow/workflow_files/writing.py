"""Workflows written as TOML or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.calendars.files import CalendarTable
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.demand import Demand
from demandflow.domain.standard.grades import FIVE_GRADES
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.documents import as_json, as_toml, form_of
from demandflow.workflow_files.loading import checked_form, checked_vocabulary
from demandflow.workflow_files.models import ClockTable, LimitTable, MoveTable, Names, StateTable, WorkflowTable
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary


def dump(workflow: Workflow, path: str | PathLike[str], vocabulary: Vocabulary = STANDARD_VOCABULARY) -> None:
    """Write the workflow to a .toml or .json file, so that load() gives an equal one.

    Raises InvalidValue, and writes nothing, if the vocabulary has no name for one of its facts, rules or conditions,
    and for what a file cannot say yet: grades of its own, or streams of another kind than demands.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidValue("path", f"must be a path, got {brief(path)}")
    text = dumps(workflow, form_of(path), vocabulary)
    try:
        Path(path).write_bytes(text.encode())
    except (OSError, ValueError) as error:
        raise InvalidValue(str(path), f"cannot be written: {getattr(error, 'strerror', None) or error}") from None


def dumps(workflow: Workflow, form: str = "toml", vocabulary: Vocabulary = STANDARD_VOCABULARY) -> str:
    """The workflow as a text in this form ("toml" or "json"). Raises InvalidValue as dump() does."""
    write = as_toml if checked_form(form) == "toml" else as_json
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    for what, unsaid in (
        ("grades of a workflow's own", workflow.grades != FIVE_GRADES),
        ("what a workflow is for other than demands", workflow.of is not Demand),
    ):
        if unsaid:
            raise InvalidValue(workflow.key, f"cannot be written down: a file cannot say {what} yet; keep it in Python")
    if nameless := tuple(dict.fromkeys(_nameless(workflow, checked_vocabulary(vocabulary)))):
        remedy = "name them: vocabulary.with_(facts=…, rules=…, conditions=…)"
        raise InvalidValue(workflow.key, f"cannot be written down; not registered: {listed(nameless)}; {remedy}")
    table = _table(workflow, vocabulary)
    return write(table.model_dump(mode="json", by_alias=True, exclude_defaults=True, context=Names(vocabulary)))


def _nameless(workflow: Workflow, vocabulary: Vocabulary) -> Iterator[str]:
    for move in workflow.moves:
        if vocabulary.name_of(move.fact) is None:
            yield f"fact {move.fact.__name__}"
        for rule in move.rules:
            if vocabulary.say_rule(rule) is None:
                yield f"rule {getattr(rule, '__name__', repr(rule))}"
        if move.when is not None and vocabulary.say_condition(move.when) is None:
            yield f"condition {getattr(move.when, '__name__', repr(move.when))}"


def _table(workflow: Workflow, vocabulary: Vocabulary) -> WorkflowTable:
    """The table that says this workflow; its names are written as the vocabulary has them."""
    named = _named_calendars(workflow, vocabulary)
    own = {name: CalendarTable.of(calendar) for name, calendar in named.items() if name not in vocabulary.calendars}
    return WorkflowTable.model_construct(
        name=workflow.name,
        version=workflow.version,
        tells_nobody=workflow.tells_nobody,
        states=tuple(StateTable.model_construct(**vars(state)) for state in workflow.states),
        moves=tuple(MoveTable.model_construct(**{"from": move.from_, **vars(move)}) for move in workflow.moves),
        clocks=tuple(_clock(clock, named) for clock in workflow.clocks),
        calendars=own,
    )


def _clock(clock: Clock, named: dict[str, Calendar]) -> ClockTable:
    calendar = next(name for name, calendar in named.items() if calendar == clock.calendar)
    several = {key: _alone(getattr(clock, key)) for key in ("runs_in", "paused_in", "restarts")}
    limits = _alone(tuple(map(_limit, clock.limits)))
    return ClockTable.model_construct(**{**vars(clock), **several, "limits": limits, "calendar": calendar})


def _limit(limit: Limit) -> str | LimitTable:
    span = str(limit.span)
    return span if limit.for_all else LimitTable(span=span, category=limit.category, urgency=limit.urgency)


def _alone(several: tuple[Any, ...]) -> Any:
    """The only word of several is written without a list."""
    return several[0] if len(several) == 1 and isinstance(several[0], str) else several


def _named_calendars(workflow: Workflow, vocabulary: Vocabulary) -> dict[str, Calendar]:
    """The calendars of the clocks by the names that a file gives them: those of the vocabulary, else their own.

    Different ones of one name are numbered.
    """
    named: dict[str, Calendar] = {}
    for calendar in (clock.calendar for clock in workflow.clocks):
        if calendar in named.values():
            continue
        name, number = vocabulary.say_calendar(calendar) or calendar.name, 1
        while {**vocabulary.calendars, **named}.get(name, calendar) != calendar:
            number += 1
            name = f"{calendar.name} {number}"
        named[name] = calendar
    return named
