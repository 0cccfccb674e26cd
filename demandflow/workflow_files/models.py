"""The tables of a workflow's file: which keys they have, what may stand there, and how it is written."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from demandflow.calendars.files import CalendarTable
from demandflow.calendars.spans import Span, Unit
from demandflow.domain.clocks.clock import Limit
from demandflow.domain.fact import Fact
from demandflow.domain.moves import ANYWHERE, BACK, ENDS, MEANINGS, START, STAY, WHILE_OPEN, Condition, Rule
from demandflow.domain.values import Stage, Urgency
from demandflow.errors import InvalidValue, listed
from demandflow.inputs.tables import Several, Table, perhaps
from demandflow.inputs.texts import is_name
from demandflow.workflow_files.vocabulary import Vocabulary

WHERE = {repr(word): word for word in (START, BACK, STAY, ANYWHERE, WHILE_OPEN)}


class Names(NamedTuple):
    """What the names in a file mean: the vocabulary, and the calendars that can be named."""

    vocabulary: Vocabulary
    calendars: tuple[str, ...] = ()


def _where(states: Any) -> Any:
    """A state, several, or START and the like."""
    if isinstance(states, str):
        return WHERE.get(states, states)
    if words := [word for word in states if word in WHERE]:
        raise InvalidValue("from", f"{words[0]} must stand alone, not in a list")
    return states


def _written(states: Any) -> Any:
    return list(states) if isinstance(states, tuple) else states if isinstance(states, str) else repr(states)


def _span(span: str) -> str:
    return str(Span.of(span))


def _name(name: str) -> str:
    if not is_name(name):
        raise InvalidValue("name", f"{name!a} is no printable name; give the calendar another")
    return name


def _calendar(name: str, info: ValidationInfo[Names]) -> str:
    if name not in info.context.calendars:
        raise InvalidValue(f"calendar {name!r}", f"is not known {perhaps(name, info.context.calendars)}")
    return name


def _named_by_key(calendars: Any) -> Any:
    """Calendars whose tables say no name have that of their key."""
    if not isinstance(calendars, dict):
        return calendars
    return {key: {"name": key, **table} if isinstance(table, dict) else table for key, table in calendars.items()}


def _not_other_ones(calendars: dict[str, CalendarTable], info: ValidationInfo[Names]) -> dict[str, CalendarTable]:
    registered = info.context.vocabulary.calendars
    for name, table in calendars.items():
        if registered.get(name, calendar := table.calendar()) != calendar:
            problem = "this name means another calendar already; give it a name of its own"
            raise InvalidValue(f"calendars {name!r}", problem)
    return calendars


def _shape(**more: Any) -> Any:
    """What the JSON Schema says besides; the workflow itself is checked when it is built."""
    return Field(json_schema_extra=more)


Text = Annotated[str, _shape(minLength=1)]
Words = Text | Annotated[Several[Text], _shape(uniqueItems=True)]
Meaning = Annotated[str, _shape(enum=list(MEANINGS))]
Meanings = Meaning | Annotated[Several[Meaning], _shape(uniqueItems=True)]
To = Annotated[Text, AfterValidator(_where), PlainSerializer(_written)]
From = Annotated[Words, AfterValidator(_where), PlainSerializer(_written)]
SpanText = Annotated[str, AfterValidator(_span), Field(description=f"a number and one of {listed(Unit)}")]
FactName = Annotated[
    type[Fact],
    PlainValidator(lambda name, info: info.context.vocabulary.fact(name)),
    PlainSerializer(lambda fact, info: info.context.vocabulary.name_of(fact)),
    WithJsonSchema({}),
]
RuleName = Annotated[
    Rule,
    PlainValidator(lambda name, info: info.context.vocabulary.rule(name)),
    PlainSerializer(lambda rule, info: info.context.vocabulary.say_rule(rule)),
    WithJsonSchema({}),
]
ConditionName = Annotated[
    Condition,
    PlainValidator(lambda name, info: info.context.vocabulary.condition(name)),
    PlainSerializer(lambda condition, info: info.context.vocabulary.say_condition(condition)),
    WithJsonSchema({}),
]
CalendarName = Annotated[str, AfterValidator(_calendar)]


class StateTable(Table):
    """Where a demand can stand."""

    name: Text
    waits_for: Annotated[Stage, Strict(False)]
    owner: str | None = Field(None, description="the role whose turn it is")
    ended_as: Annotated[str | None, _shape(enum=[*ENDS, None])] = None


class MoveTable(Table):
    """A step from state to state."""

    name: Text
    fact: FactName = Field(description="what happened")
    from_: From = Field(alias="from", description="a state, several, or one of START, WHILE_OPEN and ANYWHERE")
    to: To = Field(description="a state, BACK (where it came from) or STAY")
    by: Words = Field(description="the roles that may make it")
    when: ConditionName | None = Field(None, description="moves of one name are tried in order; the last has none")
    means: Meanings = Field((), description="what it means for the figures")
    rules: Several[RuleName] = Field((), description="each may object to it")
    silent: bool = Field(False, description="it closes a demand although the resident was not asked")


class LimitTable(Table):
    """How long a clock gives to some demands."""

    span: SpanText
    category: str | None = Field(None, description="for demands of this category, and of all below it")
    urgency: Annotated[str | None, Field(min_length=1), _shape(examples=list(Urgency.USUAL))] = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        self.limit()
        return self

    def limit(self) -> Limit:
        """The limit that the table says. Raises InvalidValue."""
        return Limit(self.span, self.category, self.urgency)


class ClockTable(Table):
    """A deadline."""

    name: Text
    runs_in: Words = Field(description="the states in which it runs")
    limits: SpanText | LimitTable | Several[SpanText | LimitTable] = Field(description="the first that fits a demand")
    calendar: CalendarName = Field(description="the name of one under calendars, or a registered one")
    paused_in: Words = Field((), description="the states in which it rests")
    restarts: Meanings = Field((), description="it starts again with these meanings")
    extensible: bool = Field(False, description="the due moment that a fact names replaces its own")


Calendars = Annotated[
    dict[Annotated[str, AfterValidator(_name)], CalendarTable],
    BeforeValidator(_named_by_key),
    AfterValidator(_not_other_ones),
]


class WorkflowTable(Table):
    """What may happen to a demand, by whom, and what it means."""

    name: Annotated[str, _shape(pattern="^[^@]+$")] = Field(description="demands are stamped with name@version")
    version: Annotated[int, _shape(minimum=1)]
    tells_nobody: bool = Field(False, description="residents are not told here what was reported")
    states: Annotated[Several[StateTable], _shape(minItems=1)]
    moves: Annotated[Several[MoveTable], _shape(minItems=1)]
    clocks: Several[ClockTable] = Field((), description="its deadlines")
    calendars: Calendars = Field({}, description="working time, by the names that clocks give it")
