"""Small frozen values that check themselves: roles, places, grades, actors, moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from msgspec import Struct
from pydantic import AfterValidator, GetJsonSchemaHandler, Strict, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from demandflow.errors import InvalidValue, brief
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import asked_of, asked_path_of, name_of, path_of, text_of

STORED = object()
"""The context in which what is stored is read: it was checked when it was recorded, and is believed."""

Moment = Annotated[datetime, Strict(), AfterValidator(moment)]


class _UnlessStored:
    """What comes in is checked; what is stored was checked when it was recorded, maybe by an earlier rule."""

    def __init__(self, check: Callable[[object], str]) -> None:
        self._check = check

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        text, check = handler(source), self._check

        def read(value: str, info: ValidationInfo) -> str:
            return value if info.context is STORED else check(value)

        given = core_schema.no_info_after_validator_function(check, text)
        return core_schema.json_or_python_schema(core_schema.with_info_after_validator_function(read, text), given)


Text = Annotated[str, _UnlessStored(text_of)]
Name = Annotated[str, _UnlessStored(name_of)]


class Role(StrEnum):
    """As what somebody acts. Workflows may use roles of their own besides these."""

    RESIDENT = "resident"
    GRID_ADMINISTRATOR = "grid_administrator"
    AUDITOR = "auditor"
    DISPATCHER = "dispatcher"
    CONTRACTOR = "contractor"
    SUPERVISOR = "supervisor"
    POLICY = "policy"


class Stage(StrEnum):
    """The step of the closed loop that a state waits for."""

    REGISTRATION = "registration"
    AUDIT = "audit"
    CONTRACTING = "contracting"
    FEEDBACK = "feedback"
    EVALUATION = "evaluation"
    ENDED = "ended"


class Word(str):
    """A name that checks itself when made and is stored as a plain string: a word of an open vocabulary.

    `USUAL` are the words that have constants; any other name is as good.
    """

    __slots__ = ()
    WHAT: ClassVar[str] = "word"
    USUAL: ClassVar[tuple[Any, ...]] = ()

    def __new__(cls, text: str) -> Self:
        """The word; one that is made already is taken as it is. Raises InvalidValue."""
        if type(text) is cls:
            return text
        return str.__new__(cls, cls._check(text))

    @classmethod
    def asked(cls, text: str) -> Self:
        """The word as it is asked about: whatever was ever recorded can be asked. Raises InvalidValue."""
        return str.__new__(cls, cls._check_asked(text))

    @classmethod
    def _check(cls, text: object) -> str:
        return name_of(text, cls.WHAT)

    @classmethod
    def _check_asked(cls, text: object) -> str:
        return asked_of(text, cls.WHAT)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        """A caller's text is checked; what is stored was checked when it was recorded."""

        def word(text: str, info: ValidationInfo) -> str:
            return str.__new__(cls, text) if info.context is STORED else cls(text)

        read = core_schema.with_info_after_validator_function(word, core_schema.str_schema())
        return core_schema.json_or_python_schema(read, core_schema.no_info_plain_validator_function(cls))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Any text, with the usual words as examples."""
        return {**handler(schema), **({"examples": list(cls.USUAL)} if cls.USUAL else {})}


class Channel(Word):
    """How a demand reached us."""

    __slots__ = ()
    WHAT = "channel"
    WISH_BOX: ClassVar[Channel]
    WECHAT_GROUP: ClassVar[Channel]
    HOTLINE: ClassVar[Channel]
    HOME_VISIT: ClassVar[Channel]
    COUNTER: ClassVar[Channel]


class Urgency(Word):
    """How soon somebody must see to it."""

    __slots__ = ()
    WHAT = "urgency"
    ROUTINE: ClassVar[Urgency]
    URGENT: ClassVar[Urgency]
    EMERGENCY: ClassVar[Urgency]


class Grade(Word):
    """How satisfied a resident is; the usual are the five of the public 好差评 (good/bad review) scheme."""

    __slots__ = ()
    WHAT = "grade"
    VERY_SATISFIED: ClassVar[Grade]
    SATISFIED: ClassVar[Grade]
    BASICALLY_SATISFIED: ClassVar[Grade]
    DISSATISFIED: ClassVar[Grade]
    VERY_DISSATISFIED: ClassVar[Grade]


class FeedbackMethod(Word):
    """How the outcome was told. A public notice tells, but does not ask; every other method asks."""

    __slots__ = ()
    WHAT = "feedback method"
    CALL: ClassVar[FeedbackMethod]
    VISIT: ClassVar[FeedbackMethod]
    MESSAGE: ClassVar[FeedbackMethod]
    PUBLIC_NOTICE: ClassVar[FeedbackMethod]


Channel.USUAL = tuple(map(Channel, ("hotline", "wish_box", "wechat_group", "home_visit", "counter")))
Channel.HOTLINE, Channel.WISH_BOX, Channel.WECHAT_GROUP, Channel.HOME_VISIT, Channel.COUNTER = Channel.USUAL
Urgency.USUAL = tuple(map(Urgency, ("routine", "urgent", "emergency")))
Urgency.ROUTINE, Urgency.URGENT, Urgency.EMERGENCY = Urgency.USUAL
Grade.USUAL = tuple(
    map(Grade, ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"))
)
Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.BASICALLY_SATISFIED, Grade.DISSATISFIED, Grade.VERY_DISSATISFIED = (
    Grade.USUAL
)
FeedbackMethod.USUAL = tuple(map(FeedbackMethod, ("call", "visit", "message", "public_notice")))
(FeedbackMethod.CALL, FeedbackMethod.VISIT, FeedbackMethod.MESSAGE, FeedbackMethod.PUBLIC_NOTICE) = FeedbackMethod.USUAL


class _Path(Word):
    """Names from the widest to the narrowest, joined by slashes; a slash inside a name is written %2F."""

    __slots__ = ()

    @classmethod
    def of(cls, *names: str) -> Self:
        """The path of these names, each taken as it is: `Place.of("Boston", "Allston / Brighton")`."""
        for name in names:
            if not isinstance(name, str):
                raise InvalidValue(cls.WHAT, f"must be made of texts, got {brief(name)}")
        return cls("/".join(name.replace("%", "%25").replace("/", "%2F") for name in names))

    @classmethod
    def _check(cls, text: object) -> str:
        return path_of(text, cls.WHAT)

    @classmethod
    def _check_asked(cls, text: object) -> str:
        return asked_path_of(text, cls.WHAT)

    @property
    def names(self) -> tuple[str, ...]:
        """The names along the path, widest first, as people write them."""
        return tuple(name.replace("%2F", "/").replace("%25", "%") for name in self.split("/"))

    @property
    def depth(self) -> int:
        """How many names the path has."""
        return self.count("/") + 1

    def level(self, depth: int) -> Self:
        """The path cut to this many names (at least 1); itself where it is shorter."""
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise InvalidValue("level", f"{brief(depth)} is not a level; the widest is 1")
        return str.__new__(type(self), "/".join(self.split("/")[:depth]))

    def within(self, other: str) -> bool:
        """Whether this is the other path or lies below it."""
        return self == other or self.startswith(f"{other}/")


class Place(_Path):
    """Where in the grid: county, town, community, grid, building (`fufeng/chengguan/c3/g12/b4`)."""

    __slots__ = ()
    WHAT = "place"


class Category(_Path):
    """What a demand is about, from the service menu (`civil_affairs/subsidy`)."""

    __slots__ = ()
    WHAT = "category"


class _CheckedWhenMade(type(Struct)):  # type: ignore[misc]
    """What a caller makes is checked; what is read was checked when it was recorded, maybe by an earlier rule."""

    def __call__(cls, id: str, role: str, unit: str | None = None) -> Any:  # noqa: A002
        checked = [name_of(value, f"actor's {what}") for what, value in (("id", id), ("role", role))]
        return super().__call__(*checked, None if unit is None else name_of(unit, "actor's unit"))


class Actor(Struct, frozen=True, omit_defaults=True, gc=False, metaclass=_CheckedWhenMade):
    """Who did something and as what; `unit` is the team or office they act for, if any.

    The importing system authenticates; demandflow enforces what the role may do. Raises InvalidValue.
    """

    id: str
    role: str
    unit: str | None = None

    def __reduce__(self) -> tuple[Callable[..., Actor], tuple[str, str, str | None]]:
        return _as_it_was, (self.id, self.role, self.unit)

    def __replace__(self, **changes: Any) -> Actor:
        """A copy is checked as the first one was."""
        return Actor(**{"id": self.id, "role": self.role, "unit": self.unit, **changes})

    def speaks_for(self, *names: str | None) -> bool:
        """Whether the actor is, or belongs to, one of these people or units."""
        return self.id in names or (self.unit is not None and self.unit in names)


def _as_it_was(*parts: str | None) -> Actor:
    """An actor that was copied from one, which may have been read from a log of an earlier rule."""
    made: Actor = type(Struct).__call__(Actor, *parts)
    return made


def actor_of(value: object, what: str = "by") -> Actor:
    """The value, if it is an actor. Raises InvalidValue."""
    if not isinstance(value, Actor):
        raise InvalidValue(what, f"must be an Actor, for instance Actor('li', Role.AUDITOR), got {brief(value)}")
    return value
