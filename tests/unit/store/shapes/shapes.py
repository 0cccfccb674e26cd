"""The shape in which each class is stored, how today's shapes differ from the golden ones, and what to do then."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from demandflow.domain import county
from demandflow.domain.checks.samples import choices_of
from demandflow.domain.events import ClockChange, Event, GradeMeaning, Meta, Stamp
from demandflow.domain.fact import Fact
from demandflow.domain.facts import STANDARD_FACTS, UnknownFact
from demandflow.domain.standard.scores import Score
from demandflow.domain.values import Actor, Channel, Grade, Place
from demandflow.inputs.own_values import OwnValue
from demandflow.store import holes, settings
from demandflow.store.drafts import Draft
from demandflow.store.log import Log
from demandflow.store.mapper import FactMapper, _Body
from demandflow.store.postgres.dialect import making
from demandflow.store.sqlite.recorder import ROWS
from tests.unit.store.shapes.fields import fields_of, fields_of_fact

T0, A = datetime(2025, 3, 1, 8, tzinfo=UTC), UUID(int=1)
FOLDER = Path(__file__).parent
WRITE = "python -m tests.unit.store.shapes"
ENVELOPES: tuple[type, ...] = (_Body, Meta, Stamp, ClockChange, GradeMeaning, Actor, Score, OwnValue)
"""What is stored around facts, and within them."""
RETIRED: frozenset[str] = frozenset()
"""Topics of facts whose classes are gone: events with them are read as UnknownFact, and stay."""
ACTOR, MEANING = Actor("王芳", "auditor", "c1"), GradeMeaning(75, satisfied=True)
LEAST = (Meta(Actor("li", "clerk"), T0, T0, "closed-loop@2"), Stamp("note", "open", "audit", 1))
FULL = (
    Meta(ACTOR, T0, T0, "closed-loop@2", "c-1", "因果", "cause", retrospect=True),
    Stamp(
        "evaluate", "closed", "ended", 2, "closed", ("told", "asked"), T0, ("accepted",),
        (ClockChange("answer", "running", T0, "3 working days", extensible=True),), "activity", MEANING,
        (("speed", MEANING),),
    ),
)  # fmt: skip
DRAFT = Draft(A, "张三", "路灯坏了", T0)
TWO = (Place("fufeng/c1"), Place("fufeng/c2"))
SAID: dict[str, Any] = {
    "own": {"rooms": 4}, "scores": {"speed": Grade.SATISFIED}, "form": {"type": "object"}, "answers": {"rooms": 4},
    "times": "Mon-Fri 18:00-21:00", "places": TWO, "into": TWO, "moves": (TWO,), "channel": Channel("patrol"),
}  # fmt: skip
"""Values of fields for which the samples have none."""


@dataclass(frozen=True)
class Shape:
    """What is stored of a class: its fields with types and defaults, and what instances of it are written as.

    `stored` are one with all that it can say and one with the least. `earlier` is what those of the versions before
    are read as, in the JSON of this version.
    """

    name: str
    version: int
    fields: Mapping[str, str]
    stored: Sequence[str] = ()
    earlier: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.name} of version {self.version}"

    def line(self) -> str:
        """As a line of a golden file."""
        return json.dumps(self.__dict__, ensure_ascii=False)


def golden() -> list[Shape]:
    """All shapes that there ever were, the oldest first."""
    files = sorted(FOLDER.glob("*.jsonl"), key=lambda file: int(file.stem))
    return [Shape(**json.loads(line)) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def newest(shapes: Iterable[Shape]) -> dict[str, Shape]:
    """The last shape of each class."""
    return {shape.name: shape for shape in shapes}


def stored_facts() -> tuple[type[Fact], ...]:
    """Ours, and the county's."""
    for module in pkgutil.walk_packages(county.__path__, f"{county.__name__}."):
        import_module(module.name)
    ours = (
        kind for kind in _below(Fact) if kind.__module__.startswith(f"{county.__name__}.") and "TOPIC" in vars(kind)
    )
    return (*STANDARD_FACTS, *sorted(ours, key=lambda kind: kind.TOPIC))


def _below(kind: type[Fact]) -> Iterator[type[Fact]]:
    for sub in kind.__subclasses__():
        yield from (sub, *_below(sub))


def shapes_of_today(facts: Iterable[type[Fact]]) -> dict[str, Shape]:
    """The shapes of these facts, of what is around them, and of the tables; without examples of facts."""
    shapes = [Shape(kind.TOPIC, vars(kind).get("VERSION", 1), fields_of_fact(kind)) for kind in facts]
    shapes += [Shape(kind.__name__, 1, fields_of(kind)) for kind in ENVELOPES]
    for sql in (ROWS, *holes.TABLES, *settings.TABLES):
        ((table, postgres),) = making(sql).items()
        words = {"sqlite": " ".join(sql.split()), "postgres": "; ".join(" ".join(one.split()) for one in postgres)}
        shapes.append(Shape(f"table {table}", 1, words, rows_kept(table)))
    return newest(shapes)


@cache
def rows_kept(table: str) -> tuple[str, ...]:
    """The rows of a log in Shanghai with one draft in this table, as JSON; those that have no moment or id by lot."""
    if table not in ("demandflow_settings", "demandflow_drafts"):
        return ()
    log = Log("memory:", STANDARD_FACTS, zone="Asia/Shanghai")
    log.keep_draft(DRAFT)
    rows = log._recorder.rows(f"SELECT * FROM {table} ORDER BY 1")
    log.close()
    return tuple(json.dumps(row, ensure_ascii=False) for row in rows)


def examples(kind: type[Fact]) -> tuple[str, ...]:
    """One with all that it can say, and one with the least, as they are written."""
    choices = choices_of(kind, everything=True)
    full = {name: next(filter(None, some), None) for name, some in choices.items()}
    full |= {name: SAID[name] for name in full.keys() & SAID if not full[name] or name == "own"}
    least = {name: value for name, value in full.items() if kind.model_fields[name].is_required()}
    mapper = mapper_of(kind)
    return tuple(
        written(mapper, Event(A, 1, kind(**values), *around)) for values, around in ((full, FULL), (least, LEAST))
    )


def mapper_of(kind: type[Fact]) -> FactMapper:
    """What writes and reads this class, and the standard ones that it may extend."""
    return FactMapper([*(fact for fact in STANDARD_FACTS if fact.TOPIC != kind.TOPIC), kind])


def written(mapper: FactMapper, event: Event) -> str:
    """The event as its row has it: topic and JSON."""
    _, _, topic, state = mapper.row(event)
    return f"{topic} {state.decode()}"


def read(mapper: FactMapper, stored: str) -> Event:
    """The event that was written so. Raises ValueError where no class reads it."""
    topic, _, state = stored.partition(" ")
    event = mapper.event(A, 1, topic, state.encode())
    if isinstance(event.fact, UnknownFact):
        raise ValueError(f"no class reads {topic}: say in EARLIER what makes today's fields of it")
    return event


def changes(facts: Sequence[type[Fact]], before: Sequence[Shape]) -> dict[str, str]:
    """What differs from the golden shapes, by class, and what to do about it."""
    known, now = newest(before), shapes_of_today(facts)
    found = {
        name: f"{name} was stored, and there is no class for it: see RETIRED" for name in known.keys() - now.keys()
    }
    for name, shape in now.items():
        was = known.get(name)
        same = was is not None and (was.version, was.fields) == (shape.version, shape.fields)
        if was is None or not same or (shape.stored and [*shape.stored] != [*was.stored]):
            found[name] = advice(was, shape)
    return {name: said for name, said in found.items() if name not in RETIRED}


def advice(was: Shape | None, shape: Shape) -> str:
    """What to do about a shape that is not in a golden file."""
    if was is None:
        return f"{shape.name} is new: `{WRITE}` adds it to a new golden file"
    if was.fields == shape.fields and was.version == shape.version:
        return f"{shape.name} has other rows than were kept before: {list(was.stored)} → {list(shape.stored)}"
    lines = [f"{name}: {was.fields.get(name, '-')} → {shape.fields.get(name, '-')}" for name in differing(was, shape)]
    if shape.version > was.version:
        return f"{shape.key} is not in a golden file ({'; '.join(lines)}): `{WRITE}` adds it to a new one"
    if may_stay(was, shape):
        return f"{shape.name} has new fields with defaults ({'; '.join(lines)}): `{WRITE}` adds a new golden file"
    if shape.name in {kind.__name__ for kind in ENVELOPES}:
        remedy = "its stored names and types stay: field(name=…) for another name; a new field gets a default"
    elif shape.name.startswith("table "):
        remedy = "logs that are there have the table as it was: make another one beside it"
    else:
        earlier = f"EARLIER = {{{_topic(was)!r}: …}} that makes today's fields"
        remedy = f"give the class VERSION = {was.version + 1}, and {earlier}; then `{WRITE}` adds a new golden file"
    return f"{shape.name} is stored otherwise, and its version is still {was.version} ({'; '.join(lines)}): {remedy}"


def _topic(shape: Shape) -> str:
    return shape.name if shape.version == 1 else f"{shape.name}@{shape.version}"


def differing(was: Shape, shape: Shape) -> list[str]:
    """The fields that are not as they were."""
    return [name for name in {**was.fields, **shape.fields} if was.fields.get(name) != shape.fields.get(name)]


def may_stay(was: Shape, shape: Shape) -> bool:
    """Whether all that was written before reads as it did: there are only new fields, with defaults."""
    if was.fields == shape.fields:
        return False
    new = [shape.fields[name] for name in shape.fields.keys() - was.fields.keys()]
    return was.fields.items() <= shape.fields.items() and all(" = " in said for said in new)


def misread(facts: Sequence[type[Fact]], before: Sequence[Shape]) -> Iterator[str]:
    """What golden shapes are not read as they were, in words."""
    classes, last = {kind.TOPIC: kind for kind in facts}, newest(before)
    for shape in before:
        if (kind := classes.get(shape.name)) is None:
            continue
        mapper = mapper_of(kind)
        wanted = shape.stored
        if shape.version < vars(kind).get("VERSION", 1):
            wanted = last[shape.name].earlier.get(_topic(shape), ())
        try:
            said = [written(mapper, read(mapper, one)) for one in shape.stored]
        except Exception as error:  # whatever an altered class raises
            yield f"{shape.key} cannot be read: {error}"
            continue
        if shape is not last[shape.name] and wanted is shape.stored:
            said = [without_new(one, shape) for one in said]
        if said != [*wanted]:
            yield f"{shape.key} is read as something else: {said}, not {[*wanted]}"


def without_new(stored: str, shape: Shape) -> str:
    """What was written, without the fields that the class had not yet."""
    topic, _, state = stored.partition(" ")
    said = json.loads(state)
    said["fact"] = {name: value for name, value in said["fact"].items() if name in shape.fields}
    return f"{topic} {json.dumps(said, ensure_ascii=False, separators=(',', ':'))}"


def made_anew(facts: Sequence[type[Fact]], before: Sequence[Shape]) -> list[Shape]:
    """The shapes for a new golden file. Raises ValueError where a shape may not change like that."""
    now, last = shapes_of_today(facts), newest(before)
    classes = {kind.TOPIC: kind for kind in facts}
    made = []
    for name, said in changes(facts, before).items():
        shape, was = now.get(name), last.get(name)
        if shape is None or (was is not None and shape.version <= was.version and not may_stay(was, shape)):
            raise ValueError(said)
        if (kind := classes.get(name)) is None:
            made.append(shape)
            continue
        mapper = mapper_of(kind)
        older = [one for one in before if one.name == name and one.version < shape.version]
        earlier = {_topic(one): [written(mapper, read(mapper, each)) for each in one.stored] for one in older}
        made.append(Shape(name, shape.version, shape.fields, examples(kind), earlier))
    return made


def main() -> str:
    """Write a new golden file, if there is anything new; no file that is there is ever written again."""
    before = golden()
    if not (made := made_anew(stored_facts(), before)):
        return "nothing is new"
    numbers = [int(file.stem) for file in FOLDER.glob("*.jsonl")]
    path = FOLDER / f"{max(numbers, default=0) + 1}.jsonl"
    with path.open("x", encoding="utf-8") as file:
        file.writelines(f"{shape.line()}\n" for shape in made)
    return f"{path.name}: {len(made)} shapes"
