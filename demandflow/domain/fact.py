"""What a fact is: business fields only, checked when it is made, and never changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json, to_json, to_jsonable_python

from demandflow.domain.values import STORED
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.words import read

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from pydantic_core import ErrorDetails
else:
    ModelMetaclass = type(BaseModel)

HERE = f"{__package__}."
"""Where our own facts are."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _FactType(ModelMetaclass):
    """Makes a caller's mistake an InvalidValue; loading what is stored does not pass here."""

    __pydantic_fields__: dict[str, Any]
    __pydantic_validator__: Any
    __pydantic_custom_init__: bool

    def __call__(cls, **fields: Any) -> Any:  # noqa: N805
        possible = cls.__pydantic_fields__
        if not fields.keys() <= possible.keys():
            unknown = [name for name in fields if name not in possible]
            raise InvalidValue(cls.__name__, f"has no {listed(unknown)} (possible: {listed(possible)})")
        try:
            if cls.__pydantic_custom_init__:
                return super().__call__(**fields)
            return cls.__pydantic_validator__.validate_python(fields)
        except Exception as error:
            raise _as_invalid_values(error, cls.__name__) from None


def _as_invalid_values(error: Exception, what: str, unread: Mapping[str, str] = MappingProxyType({})) -> InvalidValue:
    """All that is wrong, as one InvalidValue. What could not be read is not missing: it is named as it is."""
    if isinstance(error, ValidationError):
        all_wrong = error.errors(include_url=False)  # what is wrong with all of it has no place
        details = (detail for detail in all_wrong if not detail["loc"] or detail["loc"][0] not in unread)
        return InvalidValue(what, "; ".join([*_said(unread), *map(_problem, details)]))
    if isinstance(error, InvalidValue):
        return error
    # what a value of somebody else's class raises when it is looked at is not known
    return InvalidValue(what, f"cannot be made of these values ({brief(error)})")


def _problem(error: ErrorDetails) -> str:
    """What was wrong with a field, in our words where they are ours."""
    where = ".".join(map(str, error["loc"]))
    ours = error.get("ctx", {}).get("error")
    if isinstance(ours, InvalidValue):
        return f"{where}: {ours.problem}"
    got = "" if error["type"] == "missing" else f", got {brief(error['input'])}"
    return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}{got}"


def _said(problems: Mapping[str, str]) -> list[str]:
    return [f"{name}: {problem}" for name, problem in problems.items()]


class Fact(BaseModel, metaclass=_FactType):
    """Something that happened: business fields only, never changed, past tense.

    A class of your own needs a TOPIC with your own prefix (`demand.` is ours) and defaults for optional fields.
    DIMENSIONS are those of its own fields by which figures count, too: fields with few values, each a scalar.

    Whoever changes what is stored of a class, but for a new field with a default, raises its VERSION. EARLIER are the
    topics under which it was stored before, each with what makes today's fields of those. Neither is inherited.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, defer_build=True)
    TOPIC: ClassVar[str]
    DIMENSIONS: ClassVar[tuple[str, ...]] = ()
    VERSION: ClassVar[int] = 1
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = MappingProxyType({})

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Ours are built when they are first used; what is wrong with another's shows where the class is written."""
        if not cls.__module__.startswith(HERE):
            cls.model_rebuild()

    @classmethod
    def from_words(cls, words: Mapping[str, object], zone: str | None = None) -> Self:
        """The fact that a form, a file or a web request says: `Registered.from_words({…}, zone="Asia/Shanghai")`.

        A blank is not given; a time without an offset is of the zone; yes and no, lists and ids are read as people
        write them. Raises InvalidValue that lists everything that is wrong at once.
        """
        values, wrong = read(cls.model_fields, words, zone)
        try:
            made: Self = ModelMetaclass.__call__(cls, **values)
        except Exception as error:
            raise _as_invalid_values(error, cls.__name__, wrong) from None
        if wrong:
            raise InvalidValue(cls.__name__, "; ".join(_said(wrong)))
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        raise InvalidValue(type(self).__name__, "a fact is never changed; record another, or a correction")


def as_json(value: Any) -> Any:
    """What a field says, as JSON has it: moments, days and ids as texts, several values as a list (sets sorted).

    A number without a fraction is a whole number, whatever its class. Nothing fails: what JSON has no word for is a
    text.
    """
    try:
        if isinstance(value, set | frozenset):
            return sorted(map(as_json, value), key=to_json)
        made = to_jsonable_python(value, exclude_none=True, fallback=str)
    except Exception:  # what a value of somebody else's class raises when it is looked at is not known
        return brief(value)
    return int(made) if isinstance(made, float) and made.is_integer() else made


F = TypeVar("F", bound="Fact")


def written(fact: Fact) -> dict[str, Any]:
    """What the fact says, as it is stored: by field, as JSON has it."""
    fields: dict[str, Any] = from_json(fact.__pydantic_serializer__.to_json(fact, exclude_none=True))
    return fields


def stored_topic(kind: type[Fact]) -> str:
    """The topic under which facts of this class are stored: from its second version on it says which."""
    version = vars(kind).get("VERSION", 1)
    return kind.TOPIC if version == 1 else f"{kind.TOPIC}@{version}"


def stored_topics(kind: type[Fact]) -> tuple[str, ...]:
    """All topics under which facts of this class are stored: those of before, and today's."""
    return (*vars(kind).get("EARLIER", {}), stored_topic(kind))


class Earlier(NamedTuple):
    """A fact as it was stored, under a topic of before: its fields, as JSON has them."""

    topic: str
    fields: dict[str, Any]


def readers(kind: type[F]) -> dict[str, Callable[..., F]]:
    """How its stored JSON is read, by topic: that of today, and those of before."""
    read = kind.__pydantic_validator__.validate_json

    def as_today(todays: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., F]:
        return lambda written, context: read(to_json(todays(from_json(written))), context=context)

    earlier = {topic: as_today(todays) for topic, todays in vars(kind).get("EARLIER", {}).items()}
    return {**earlier, stored_topic(kind): read}


def read_again(kind: type[F], fields: Mapping[str, Any], new: Collection[str]) -> F:
    """The fact of this class that says this, as JSON has it; the `new` fields as they are checked when it is made.

    What is not new may be as an earlier rule took it. Raises InvalidValue.
    """
    json, read = to_json(fields), kind.__pydantic_validator__.validate_json
    try:
        try:
            made: F = read(json)
        except ValidationError as error:
            if any(not detail["loc"] or detail["loc"][0] in new for detail in error.errors(include_url=False)):
                raise
            made = read(json, context=STORED)
    except Exception as error:
        raise _as_invalid_values(error, kind.__name__) from None
    return made


def checked(fact: F) -> F:
    """The fact as its class would make it: also one that was copied, changed or made past its constructor.

    Raises InvalidValue for what its class would not take, and for what is no fact.
    """
    if not isinstance(fact, Fact):
        raise InvalidValue("fact", f"must be a fact, for instance Noted(text=…), got {brief(fact)}")
    return type(fact)(**fact.__dict__)
