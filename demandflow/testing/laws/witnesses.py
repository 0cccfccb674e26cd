"""Witnesses: people who might make a move with a demand, and facts that they might record, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import combinations
from typing import Any
from uuid import UUID

from demandflow.domain.checks.samples import accepted, choices_of, plain
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, correctable
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Category, Channel, Grade, Place, Role, Word
from demandflow.errors import InvalidValue
from demandflow.testing.model.own import own_of_class, writable
from demandflow.testing.people import names_in

STRANGERS = ("somebody", "somebody else", "a third person")
"""More than any separation of duties keeps apart from one another in a single step."""
NAMED = {"contractor": STRANGERS[1], "resident": STRANGERS[2]}
"""Who is named first in a field: who asks is not who does the work, nor who decides on it."""
LATER = (timedelta(days=1), timedelta(days=20), timedelta(days=400))
EARLIER = timedelta(hours=2)
TWO_LINES = "two\nlines"
KEPT_BACK = frozenset({"source", "reference"})
"""Fields that say that a demand comes from elsewhere."""


def people(role: str, demand: Stream, seen: Sequence[Actor] = ()) -> Iterator[Actor]:
    """People in this role: those whose demand or work it is, strangers, and all whom the demand knows."""
    known = list(_names(demand))
    units = [name for name in (_of(demand, "contractor"), _of(demand, "lead")) if name is not None]
    first: list[Actor] = []
    if role == Role.RESIDENT:
        named = (_of(demand, "resident") or NAMED["resident"], _of(demand, "representative"))
        first = [Actor(name, role) for name in named if name]
    elif role == Role.CONTRACTOR:
        first = [Actor(STRANGERS[0], role, unit) for unit in units]
    others = [Actor(name, role) for name in (*STRANGERS, *known)]
    theirs = [actor for actor in seen if actor.role == role]
    members = [Actor(STRANGERS[0], role, unit) for unit in known]
    yield from dict.fromkeys((*first, *others, *theirs, *members))


def facts(
    kind: type[Fact], demand: Stream, at: datetime, others: Iterable[UUID] = (), grades: tuple[Grade, ...] = Grade.USUAL
) -> Iterator[Fact]:
    """Facts of this class that differ in all that a rule may look at, made for this demand at this moment.

    Raises InvalidValue where no sample of a needed field is known.
    """
    if issubclass(kind, Corrected):
        yield from _corrections(kind, demand, grades)
        return
    plain(kind, grades)  # says what no sample is known of
    choices: dict[str, Sequence[Any]] = {}
    for name, samples in choices_of(kind, everything=True, grades=grades).items():
        needed = kind.model_fields[name].is_required()
        if name in KEPT_BACK and not needed:
            continue
        if isinstance(next(iter(samples), None), str) and accepted(kind, name, [TWO_LINES]):
            samples = (*samples, TWO_LINES)
        values = dict.fromkeys(_values(name, samples, demand, at, others))
        fitting = accepted(kind, name, [value for value in values if value is not None])
        if needed or fitting:  # else it is left out
            choices[name] = fitting if needed else [*fitting, None]
    for fields in _varied(choices):
        try:
            yield kind(**fields)
        except InvalidValue:
            continue


def _varied(choices: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The plainest; then the first of all choices, what differs from it in one field, and what differs in two."""
    first = {name: values[0] for name, values in choices.items()}
    said = {name for name, values in choices.items() if name == "resident" or values[-1] is not None}
    yield {name: value if name in said else None for name, value in first.items()}
    yield first
    others = [(name, value) for name, values in choices.items() for value in values[1:]]
    yield from ({**first, name: value} for name, value in others)
    for (name, value), (other, another) in combinations(others, 2):
        if name != other:
            yield {**first, name: value, other: another}


def _values(name: str, samples: Sequence[Any], demand: Stream, at: datetime, others: Iterable[UUID]) -> Iterator[Any]:
    """Values of a field: what the demand says under its name, the samples of its type, and others of that type."""
    said = demand.attributes.get(name, getattr(demand, name, None))
    sample = next((one for one in samples if one is not None), None)
    match sample:
        case datetime():
            soonest = max(demand.agreed_due or at, at)
            yield from (soonest + later for later in LATER)
            yield from (at, at - EARLIER)
        case UUID():
            yield from others
            yield demand.id
        case tuple() | list() | frozenset():
            yield from samples
            yield from _neighbours(said, type(sample))
        case Place() | Category() | Channel():
            yield said
            yield sample
        case str() if not isinstance(sample, Enum | Word):
            if TWO_LINES not in samples:  # else a free text, which names nobody
                yield from (said, NAMED.get(name, STRANGERS[0]), *_names(demand))
            yield from (*(one for one in samples if one != TWO_LINES), said, *_texts(demand.attributes.values()))
        case bool():
            yield from samples
        case int() | float():
            yield from (*samples, *(one for one in demand.attributes.values() if isinstance(one, int | float)))
        case _:
            yield from samples


def _neighbours(said: Any, kind: type) -> Iterator[Any]:
    """A collection that the demand has, and the same with one fewer."""
    if isinstance(said, kind):
        yield said
        if isinstance(said, tuple):
            yield from ((*said[:n], *said[n + 1 :]) for n in range(len(said)))


def _corrections(kind: type[Corrected], demand: Stream, grades: tuple[Grade, ...]) -> Iterator[Corrected]:
    """A correction of each field that an event has, to each value that there is."""
    for event, fact in enumerate(demand.facts, start=1):
        own = {name: choices_of(fact, everything=True, grades=grades)[name] for name in sorted(own_of_class(fact))}
        for said in ({name: value} for name in own for value in writable(name, own[name])):
            yield plain(kind, event=event, reason="sample", own=said)
        samples = {**choices_of(kind, everything=True, grades=grades), "contractor": (*STRANGERS, *_names(demand))}
        for name in correctable(fact):
            for value in samples[name]:
                if value is not None:
                    yield plain(kind, event=event, reason="sample", **{name: value})


def _of(demand: Stream, name: str) -> Any:
    """What only demands have."""
    return getattr(demand, name, None)


def _names(demand: Stream) -> Iterator[str]:
    """All people and units that the demand knows, or what else it is."""
    if not isinstance(demand, Demand):
        yield from names_in(demand)
        return
    names = [demand.resident, demand.representative, demand.contractor, demand.lead]
    names += [*demand.shared_with, *demand.co_handlers]
    for group in (demand.auditors, demand.handlers, demand.evaluators):
        names += sorted(group)
    yield from dict.fromkeys(name for name in names if name is not None)


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """All texts in what facts of a community's own classes said."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, tuple | list | frozenset | set):
            yield from _texts(value)
