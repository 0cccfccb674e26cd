"""Small frozen values that check themselves: roles, places, grades, actors, moments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Strict, StringConstraints
from pydantic_core import CoreSchema, core_schema

from demandflow.errors import InvalidValue, brief

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def moment(value: object, what: str = "moment") -> datetime:
    """The value as a moment in UTC; InvalidValue if it has no time zone or lies outside 1900–2199."""
    if not isinstance(value, datetime):
        raise InvalidValue(what, f"must be a datetime, got {brief(value)}")
    if value.utcoffset() is None:
        raise InvalidValue(what, f"{value.isoformat()} has no time zone; give it one (for instance tzinfo=UTC)")
    if not EARLIEST <= value < LATEST:
        raise InvalidValue(what, f"{value.isoformat()} lies outside 1900–2199")
    return value.astimezone(UTC)


Moment = Annotated[datetime, Strict(), AfterValidator(moment)]


def name(value: str) -> str:
    """A person's or a unit's name, one spelling for one name; InvalidValue for what cannot be printed on a line."""
    if not value.isprintable():
        raise InvalidValue("name", f"{brief(value)} has control characters")
    return unicodedata.normalize("NFC", value)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[Text, AfterValidator(name)]


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


class Urgency(StrEnum):
    """How soon somebody must see to it."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Grade(StrEnum):
    """The five grades of the public 好差评 (good/bad review) scheme."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


class Way(StrEnum):
    """How the outcome was told. A public notice tells, but does not ask."""

    CALL = "call"
    VISIT = "visit"
    MESSAGE = "message"
    PUBLIC_NOTICE = "public_notice"


class _Word(str):
    """A text that checks itself when made and is stored as a plain string."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if type(text) is cls:
            return text
        if not isinstance(text, str):
            raise InvalidValue(cls.__name__.lower(), f"must be a text, got {brief(text)}")
        text = unicodedata.normalize("NFC", text)
        cls._check(text)
        return super().__new__(cls, text)

    @classmethod
    def _check(cls, text: str) -> None:
        name = cls.__name__.lower()
        if not text or text != text.strip():
            raise InvalidValue(name, f"{text!r} is empty or has blanks at its ends")
        if not text.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise InvalidValue(name, f"{text!r} has control characters")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        """A caller's text is checked; what is stored was checked when it was recorded."""
        words = core_schema.str_schema()
        return core_schema.json_or_python_schema(
            core_schema.no_info_after_validator_function(lambda text: str.__new__(cls, text), words),
            core_schema.no_info_after_validator_function(cls, words),
        )


class Channel(_Word):
    """How a demand reached us: an open vocabulary, with the usual words as constants."""

    __slots__ = ()
    WISH_BOX: ClassVar[Channel]
    WECHAT_GROUP: ClassVar[Channel]
    HOTLINE: ClassVar[Channel]
    HOME_VISIT: ClassVar[Channel]
    COUNTER: ClassVar[Channel]


Channel.WISH_BOX = Channel("wish_box")
Channel.WECHAT_GROUP = Channel("wechat_group")
Channel.HOTLINE = Channel("hotline")
Channel.HOME_VISIT = Channel("home_visit")
Channel.COUNTER = Channel("counter")


class _Path(_Word):
    """Names from the widest to the narrowest, joined by slashes; a slash inside a name is written %2F."""

    __slots__ = ()

    @classmethod
    def of(cls, *names: str) -> Self:
        """The path of these names, each taken as it is: `Place.of("Boston", "Allston / Brighton")`."""
        for one in names:
            if not isinstance(one, str):
                raise InvalidValue(cls.__name__.lower(), f"must be made of texts, got {brief(one)}")
        return cls("/".join(one.replace("%", "%25").replace("/", "%2F") for one in names))

    @classmethod
    def _check(cls, text: str) -> None:
        for name in text.split("/"):
            super()._check(name)
            if re.search("%(?!25|2F)", name):
                what = cls.__name__.lower()
                raise InvalidValue(what, f"in {name!r} write % as %25 and / as %2F, or use {cls.__name__}.of()")

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
        return type(self)("/".join(self.split("/")[:depth]))

    def within(self, other: str) -> bool:
        """Whether this is the other path or lies below it."""
        return self == other or self.startswith(f"{other}/")


class Place(_Path):
    """Where in the grid: county, town, community, grid, building (`fufeng/chengguan/c3/g12/b4`)."""

    __slots__ = ()


class Category(_Path):
    """What a demand is about, from the service menu (`civil_affairs/subsidy`)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something and as what; `unit` is the team or office they act for, if any.

    The importing system authenticates; demandflow enforces what the role may do.
    """

    id: str
    role: str
    unit: str | None = None

    def __post_init__(self) -> None:
        for field in ("id", "role", "unit"):
            value = getattr(self, field)
            if field == "unit" and value is None:
                continue
            if not isinstance(value, str) or not value or value != value.strip() or not value.isprintable():
                problem = f"must be a printable, non-empty text without blanks at its ends, got {brief(value)}"
                raise InvalidValue(f"actor's {field}", problem)
            if type(value) is not str or not value.isascii():
                object.__setattr__(self, field, unicodedata.normalize("NFC", str(value)))

    def speaks_for(self, *names: str | None) -> bool:
        """Whether the actor is, or belongs to, one of these people or units."""
        return self.id in names or (self.unit is not None and self.unit in names)
