"""Facts by number: every number stands for a fact of a class, the small ones for the plainest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

from demandflow.domain.checks.samples import accepted, choices_of, plain
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, correctable
from demandflow.domain.values import Category, Channel, FeedbackMethod, Grade, Place, Urgency
from demandflow.errors import InvalidValue
from demandflow.testing.model.own import own_of_class, writable
from demandflow.testing.people import (
    CATEGORIES,
    CHANNELS,
    CONTRACTORS,
    KNOWN,
    METHODS,
    OFFICERS,
    PLACES,
    RESIDENTS,
    TEXTS,
    URGENCIES,
    names_in,
)

MOST = 2**20
RARELY_CORRECTED = ("contractor", "grade", "resolved", "scores")
"""What few events say."""
OWN_AT_MOST = 24
"""So much more than corrections of our fields those of own fields come, however many there could be."""
DAYS = (1, 20, -1, 5, -2)
KEYS = ("ok", "路灯坏了", "não", "a/b", "…", "7", "8", "Ⅸ")
FORMS = (
    None,
    '{"type":"object","properties":{"né":{"type":"string"}}}',
    '{"type":"string"}',
    '{"type":"object","x":1}',
)
A_WHILE, SOME_TEXTS = timedelta(hours=2), 3
OURS: dict[type, Sequence[Any]] = {
    **{Place: PLACES, Category: CATEGORIES, Channel: CHANNELS, str: TEXTS},
    **{Urgency: URGENCIES, FeedbackMethod: METHODS},
}
"""The choices by the type of a field."""
KEPT_BACK = frozenset({"source", "reference"})
"""Optional fields that random facts leave out: they say that a demand comes from elsewhere."""


@dataclass(frozen=True)
class Surroundings:
    """What a fact is made for: the demand as it stands, others it could be merged into, workflows, when, and grades."""

    demand: Any
    others: Sequence[UUID]
    now: datetime
    workflows: Sequence[str] = ("elsewhere@1",)
    grades: tuple[Grade, ...] = Grade.USUAL
    scores: tuple[str, ...] = ()

    def several_scores(self) -> list[Any]:
        """Scores that can be given: one, all of them with grades that differ, and one that is none of them."""
        pairs = [(name, self.grades[-number % len(self.grades)]) for number, name in enumerate(self.scores)]
        ones = [(pair,) for pair in pairs for _ in range(2)] + [((name, self.grades[-1]),) for name in self.scores]
        return [*ones, tuple(pairs), tuple(pairs), (*pairs, ("unheard of", self.grades[0]))] if pairs else []


def fact_of(kind: type[Fact], number: int, where: Surroundings) -> Any:
    """The fact of this class that the number stands for. Raises InvalidValue where no sample is known."""
    if issubclass(kind, Corrected):
        return _correction(kind, number, where)
    fields: dict[str, Any] = {}
    for name, choices in _choices(kind, where).items():
        if not choices:
            raise InvalidValue(kind.__name__, f"no sample is known for {name}; give facts={{{kind.__name__}: …}}")
        number, chosen = divmod(number, len(choices))
        fields[name] = choices[chosen]
    try:
        return kind(**fields)
    except InvalidValue:
        return plain(kind, where.grades)


def _choices(kind: type[Fact], where: Surroundings) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    samples = choices_of(kind, everything=True, grades=where.grades)
    for name, info in kind.model_fields.items():
        if name in KEPT_BACK:
            continue
        needed = info.is_required()
        if isinstance(where.demand, Demand):
            by_name = _by_name(name, where)
        else:
            by_name = _of_another_kind(name, info.annotation, samples[name], where)
        values = accepted(kind, name, by_name) or _by_kind(samples[name])
        if needed or values:
            whole = needed or None in values or not accepted(kind, name, [None])
            found[name] = values if whole else (None, *values)
    return found


def _by_name(name: str, where: Surroundings) -> Sequence[Any]:
    """The choices of the fields that mean the same in all facts."""
    agreed = where.demand.agreed_due or where.now
    later = [max(agreed, where.now) + timedelta(days=days) for days in DAYS]
    if name == "way" and where.demand.anonymous:
        return (FeedbackMethod.PUBLIC_NOTICE, FeedbackMethod.PUBLIC_NOTICE, *METHODS)
    known: dict[str, Sequence[Any]] = {
        "resident": (RESIDENTS[0], None, RESIDENTS[1], None, RESIDENTS[2]),
        "shared_with": (None, None, None, (RESIDENTS[1],), RESIDENTS[:2]),
        "representative": (None, None, None, "daughter", "zhao"),
        "due": (*later, where.now - A_WHILE),
        "until": (*later, agreed + A_WHILE),
        "review": later,
        "contractor": CONTRACTORS,
        "co_handlers": (None, None, ("comité",), ("王芳",), CONTRACTORS[:1], CONTRACTORS[1:]),
        "written_by": (None, None, None, "王芳", "chen"),
        "asked_by": (where.demand.resident, where.demand.representative, None, "daughter"),
        "scores": where.several_scores(),
        "who": (*RESIDENTS, *where.demand.supporters, "daughter"),
        "into": tuple(where.others) or (where.demand.id,),
        "demand": (where.demand.id,),
        "workflow": tuple(where.workflows),
    }
    return known.get(name, ())


def _of_another_kind(name: str, annotation: Any, samples: Sequence[Any], where: Surroundings) -> Sequence[Any]:
    """The choices of a field that is said of another kind of stream: whom and what it knows, else by the type."""
    stream = where.demand
    sample = next((value for value in samples if value is not None), None)
    if name == "workflow":
        return tuple(where.workflows)
    if name == "form":
        return FORMS
    if (part := _part_of(annotation)) in (Place, str):
        pool = _paths(stream) if part is Place else (*names_in(stream)[:KNOWN], *OFFICERS)
        return (pool[:1], pool[1:3], pool[:2], (), pool[2:4], pool[-3:], pool[:1] * 2)
    match sample:
        case Place() if name != stream.KEY:
            return _paths(stream)
        case datetime():
            due = max(stream.agreed_due or where.now, where.now)
            later = [due + timedelta(days=days) for days in DAYS]
            return (*sorted(later, reverse=True)[:3], *later, where.now, where.now - A_WHILE, where.now - 2 * A_WHILE)
        case UUID():
            return (*where.others, stream.id)
        case str() if type(sample) is str and name == stream.KEY:
            return KEYS
        case str() if type(sample) is str:
            return (*names_in(stream)[:KNOWN], *OFFICERS, *TEXTS[:SOME_TEXTS])
        case _:
            return ()


def _part_of(annotation: Any) -> Any:
    """Of what a field holds several, if it does."""
    for kind in (annotation, *get_args(annotation)):
        kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        if get_origin(kind) is tuple and get_args(kind)[-1] is ...:
            inner = get_args(kind)[0]
            return get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return None


def _paths(stream: Any) -> tuple[Place, ...]:
    """Places that the stream knows, some in them, and others."""
    known = [name for name in names_in(stream) if "/" in name or name.isidentifier()][-KNOWN:]
    found: list[Place] = []
    for path in (f"{name}{below}" for name in known for below in ("", "/c7", "/c8", "/g")):
        with suppress(InvalidValue):
            found.append(Place(path))
    return (*found, *PLACES)


def _by_kind(found: Sequence[Any]) -> Sequence[Any]:
    """The choices that a field's type allows; ours instead of one sample."""
    values = [value for value in found if value is not None]
    of = {type(value) for value in values}
    return OURS[of.pop()] if len(of) == 1 and of <= OURS.keys() and (str not in of or len(values) == 1) else values


def _correction(kind: type[Corrected], number: int, where: Surroundings) -> Corrected:
    """Mostly of a field that the named event has, to another value; sometimes of one it has not."""
    demand = where.demand
    if not isinstance(demand, Demand):
        return plain(kind, event=1, reason=TEXTS[0], place=PLACES[0])
    named = [(at, field) for at, fact in demand.facts_by_version.items() for field in correctable(fact)]
    named = [pair for pair in named if pair[1] != "scores" or where.scores]
    named += [pair for pair in named if pair[1] in RARELY_CORRECTED] * 3
    named += [pair for pair in named if pair[1] == "scores"]
    wrong = [(demand.version or 1, "grade"), (demand.version + 1, "place")]
    values: dict[str, Sequence[Any]] = {
        "category": CATEGORIES,
        "place": PLACES,
        "channel": CHANNELS,
        "contractor": (*CONTRACTORS, "王芳"),
        "resolved": (False, True),
        "grade": where.grades,
        "scores": where.several_scores(),
    }
    own = [(at, own) for at, fact in demand.facts_by_version.items() for own in _own(fact, where)]
    said: dict[str, Any]
    number, chosen = divmod(number, len(named) * 2 + len(wrong) + min(len(own), OWN_AT_MOST))
    if chosen >= (ours := len(named) * 2 + len(wrong)):
        event, values_said = own[(number + chosen - ours) % len(own)]
        said = {"own": values_said}
    else:
        event, field = [*named, *named, *wrong][chosen]
        number, chosen = divmod(number, len(values[field]))
        said = {field: values[field][chosen]}
    words = (demand.resident, None, "chen", demand.resident, *sorted(demand.clerks))
    said["confirmed_by"] = words[number % len(words)]
    return plain(kind, event=event, reason=TEXTS[number % len(TEXTS)], **said)


def _own(fact: type[Fact], where: Surroundings) -> list[dict[str, Any]]:
    """What own fields of such a fact should have said: one of them, all of them, and what its class does not take."""
    if not (names := sorted(own_of_class(fact))):
        return []
    values = {name: writable(name, values) for name, values in _choices(fact, where).items() if name in names}
    said = [{name: value} for name in values for value in values[name]]
    every = {name: some[-1] for name, some in values.items() if some}
    return [*said, *said, *([every] if every else []), {names[0]: {"un": "heard of"}}, {"unheard_of": 1}]
