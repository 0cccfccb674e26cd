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
    for word in (word for word in WHERE if word in states):
        raise InvalidValue("from", f"{word} must stand alone, not in a list")
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


Text = Annotated[str, Field(json_schema_extra={"minLength": 1})]
Words = Text | Annotated[Several[Text], Field(json_schema_extra={"uniqueItems": True})]
Meaning = Annotated[str, Field(json_schema_extra={"enum": list(MEANINGS)})]
Meanings = Meaning | Annotated[Several[Meaning], Field(json_schema_extra={"uniqueItems": True})]
SpanText = Annotated[
    str,
    AfterValidator(_span),
    Field(description=f"a number and one of {listed(Unit)}, as in 3 working days"),
]
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


class StateTable(Table):
    """Where a demand can stand."""

    name: Text
    waits_for: Annotated[Stage, Strict(False)]
    owner: Annotated[str | None, Field(description="the role whose turn it is")] = None
    ended_as: Annotated[str | None, Field(json_schema_extra={"enum": [*ENDS, None]})] = None


class MoveTable(Table):
    """A step from state to state."""

    name: Text
    fact: Annotated[FactName, Field(description="what happened")]
    from_: Annotated[
        Words,
        AfterValidator(_where),
        PlainSerializer(_written),
        Field(alias="from", description="a state, several, or one of START, WHILE_OPEN and ANYWHERE"),
    ]
    to: Annotated[
        Text,
        AfterValidator(_where),
        PlainSerializer(_written),
        Field(description="a state, BACK (where it came from) or STAY"),
    ]
    by: Annotated[Words, Field(description="the roles that may make it")]
    when: Annotated[
        ConditionName | None, Field(description="moves of one name are tried in order; the last has none")
    ] = None
    means: Annotated[Meanings, Field(description="what it means for the figures")] = ()
    rules: Annotated[Several[RuleName], Field(description="each may object to it")] = ()
    silent: Annotated[bool, Field(description="it closes a demand although the resident was not asked")] = False


class LimitTable(Table):
    """How long a clock gives to some demands."""

    span: SpanText
    category: Annotated[str | None, Field(description="for demands of this category, and of all below it")] = None
    urgency: Annotated[str | None, Field(min_length=1, json_schema_extra={"examples": list(Urgency.USUAL)})] = None

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
    runs_in: Annotated[Words, Field(description="the states in which it runs")]
    limits: Annotated[
        SpanText | LimitTable | Several[SpanText | LimitTable],
        Field(description="how long it gives: the first limit that fits a demand"),
    ]
    calendar: Annotated[
        str, AfterValidator(_calendar), Field(description="the name of one under calendars, or a registered one")
    ]
    paused_in: Annotated[Words, Field(description="the states in which it rests")] = ()
    restarts: Annotated[Meanings, Field(description="it starts again with these meanings")] = ()
    extensible: Annotated[bool, Field(description="the due moment that a fact names replaces its own")] = False


class WorkflowTable(Table):
    """What may happen to a demand, by whom, and what it means."""

    name: Annotated[
        str, Field(description="demands are stamped with name@version", json_schema_extra={"pattern": "^[^@]+$"})
    ]
    version: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    tells_nobody: Annotated[bool, Field(description="residents are not told here what was reported")] = False
    states: Annotated[Several[StateTable], Field(json_schema_extra={"minItems": 1})]
    moves: Annotated[Several[MoveTable], Field(json_schema_extra={"minItems": 1})]
    clocks: Annotated[Several[ClockTable], Field(description="its deadlines")] = ()
    calendars: Annotated[
        dict[Annotated[str, AfterValidator(_name)], CalendarTable],
        BeforeValidator(_named_by_key),
        AfterValidator(_not_other_ones),
        Field(description="working time, by the names that clocks give it"),
    ] = {}
