"""How commands and questions are given, and how what comes of them is compared."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.batches import Action, Recorded, Registration, Rejected
from demandflow.commands import Commands
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDES, Extended, Merged, MovedOver, Registered, Unmerged
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.standard.support import SUPPORT
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Place, Role
from demandflow.errors import InvalidValue
from demandflow.testing.differs import Differs
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.step import Expected, Step, demand_id
from demandflow.testing.model.world import World
from demandflow.testing.operations import METHOD, MIGRATION_TRIED, TRIED, WOULD, Ask, Batch
from demandflow.testing.people import BOSS

BY_METHOD = {move.name: move.fact for move in (*CLOSED_LOOP.moves, *SUPPORT)}
"""What the method of this name records."""


def command(
    flow: Commands,
    step: Step,
    at: datetime | None,
    it: UUID | None = None,
    of: Any = Demand,
    begins: bool | None = None,
) -> Stream:
    """Give the command as the step says: to the demand of its number, or to `it`, of this kind."""
    how = {"by": step.by, "at": at, **circumstances(step)}
    begins = isinstance(step.fact, Registered) if begins is None else begins
    return (_begin if begins else _go_on)(flow, step, it or demand_id(step.demand), of, how)


def _begin(flow: Commands, step: Step, it: UUID, of: Any, how: dict[str, Any]) -> Stream:
    fact = step.fact
    if step.way == WOULD:
        return flow.would_start(fact, workflow=step.on, of=of, **how)  # type: ignore[no-any-return]
    if type(fact) is Registered and step.way == METHOD and step.by.role != Role.RESIDENT and of is Demand:
        return flow.register(**_said(fact), workflow=step.on, **how)
    return flow.start(fact, workflow=step.on, of=of, **how)  # type: ignore[no-any-return]


def _go_on(flow: Commands, step: Step, it: UUID, of: Any, how: dict[str, Any]) -> Stream:
    fact, fields = step.fact, _said(step.fact)
    if step.way == WOULD:
        return flow.would(it, step.move, fact, of=of, **how)  # type: ignore[no-any-return]
    if of is not Demand:
        return flow.act(it, step.move, fact, of=of, **how)  # type: ignore[no-any-return]
    if step.way == METHOD and isinstance(fact, MovedOver) and fact.workflow in flow._workflows:
        return flow.migrate(it, fact.workflow, reason=fact.reason, **how)
    method = getattr(flow, step.move, None) if step.way == METHOD else None
    if method is not None and BY_METHOD.get(step.move) is type(fact) and _fits(method, fields):
        return method(it, **fields, **how)  # type: ignore[no-any-return]
    return flow.act(it, step.move, fact, of=Demand, **how)


def _said(fact: Fact) -> dict[str, Any]:
    return {name: value for name, value in fact.__dict__.items() if value is not None}


def _fits(method: Callable[..., Any], fields: Mapping[str, Any]) -> bool:
    """Whether the method has these parameters, and needs no others."""
    parameters = inspect.signature(method).parameters.values()
    own = [one for one in parameters if one.kind != one.VAR_KEYWORD and one.name != "demand_id"]
    needed = {one.name for one in own if one.default is one.empty}
    said = {one.name for one in own if one.default not in (None, one.empty)}
    return needed | said <= fields.keys() <= {one.name for one in own}


ODD: tuple[tuple[str, Any], ...] = (
    *(("command_id", "a\nb"), ("command_id", "~a"), ("command_id", 5), ("correlation", " a"), ("causation", "")),
    *(("seen", 0), ("seen", True), ("seen", Demand(UUID(int=2**100))), ("by", "li"), ("at", datetime(2025, 3, 1))),  # noqa: DTZ001
)
"""Circumstances of a command that cannot be, whatever was recorded."""


ODD_CALLS: tuple[tuple[str, Callable[[DemandFlow], object]], ...] = (
    ("actor's id", lambda _: Actor("", "clerk")),
    ("actor's role", lambda _: Actor("li", "a\nb")),
    ("actor's unit", lambda _: Actor("li", "clerk", " ")),
    ("Extended", lambda _: Extended.from_words({"due": "2025-03-30 02:30"}, "Europe/Berlin")),
    ("after", lambda flow: flow.deliver_notices(str, after=-1)),
    ("demand_id", lambda flow: flow.demand("lamp")),  # type: ignore[arg-type]
    ("place", lambda _: Place.of("")),
    ("level", lambda _: Place.of("a").level(0)),
    ("source", lambda flow: flow.id_of("", "7")),
    ("reference", lambda flow: flow.id_of("12345", " ")),
)
"""What else nobody may say, and which parameter it is."""


def refuse_odd(flow: DemandFlow, world: World) -> None:
    """Give the last command again, in an odd circumstance. Raises Differs unless it is refused by its name."""
    name, call = ODD_CALLS[len(world.log) % len(ODD_CALLS)]
    _refused(f"a call with an odd {name}", name, partial(call, flow))
    event = next((one for one in reversed(world.log) if type(one.fact) not in OTHER_SIDES), None)
    if event is None:
        return
    name, value = ODD[len(world.log) % len(ODD)]
    how = {"by": BOSS, name: value, "of": type(world.streams[event.demand])}
    again = partial(flow.act, event.demand, event.stamp.move, event.fact, **how)
    _refused(f"a command with {name}={value!r}", name, again)


def _refused(said: str, name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except InvalidValue as error:
        well_said(said, error, (name,))
    else:
        raise Differs(said, "it is accepted", "InvalidValue")


def circumstances(step: Step) -> dict[str, Any]:
    """What else is said with the command."""
    how: dict[str, Any] = {"command_id": step.command, "seen": step.seen}
    how |= {"correlation": step.correlation, "causation": step.causation}
    return {name: value for name, value in how.items() if value is not None}


def what(step: Step) -> str:
    """The step in a few words."""
    return f"{step.move} of demand {step.demand} by {step.by.id} ({step.by.role})"


def asked(ask: Ask) -> str:
    """The question as one would write it."""
    given = [*map(repr, ask.args), *(f"{name}={value!r}" for name, value in ask.keywords.items())]
    return f"{ask.method}({', '.join(given)})"


def other_types(want: object, got: object, where: str) -> str:
    """Where a value is of another type, however deep."""
    if type(want) is not type(got):
        return f"{where} was read as {type(got).__name__}, was {type(want).__name__}"
    inner: list[tuple[object, object, str]] = []
    if hasattr(type(want), "model_fields"):
        inner = [(value, vars(got).get(name), f"{where}.{name}") for name, value in vars(want).items()]
    elif isinstance(want, tuple | list) and isinstance(got, tuple | list):
        inner = [(one, other, f"{where}[{n}]") for n, (one, other) in enumerate(zip(want, got, strict=False))]
    return next((found for one, other, at in inner if (found := other_types(one, other, at))), "")


def same_demand(said: str, got: Stream, want: Stream) -> None:
    """Raise Differs unless it is the same demand."""
    if type(got) is not type(want):
        raise Differs(f"{said} a stream of another kind", got, want)
    if got != want:
        pairs = {name: (getattr(got, name), getattr(want, name)) for name in want.__struct_fields__}
        pairs = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        raise Differs(said, *({name: pair[side] for name, pair in pairs.items()} for side in (0, 1)))


def well_said(said: str, error: Any, about: Sequence[str] = ()) -> None:
    """Raise Differs unless the error names what it is about, and comes to another process as it is."""
    another = str(pickle.loads(pickle.dumps(error)))  # noqa: S301
    if not str(error) or another != str(error):
        raise Differs(f"{said}: what the error says in another process", another, str(error))
    _, *parameters = inspect.signature(type(error).__init__).parameters.values()  # the first is self
    made_of = {one.name: str(one.annotation) for one in parameters if one.kind == one.POSITIONAL_OR_KEYWORD}
    held = [getattr(error, name, None) for name in made_of]
    if any(value is None and "None" not in kind for value, kind in zip(held, made_of.values(), strict=True)):
        raise Differs(f"{said}: what the error holds", held, f"{', '.join(made_of)}")
    if made_of and [*error.args] != held:
        raise Differs(f"{said}: what the error hands on", error.args, held)
    named = getattr(error, "what", "")
    if not isinstance(named, str) or (about and isinstance(error, InvalidValue) and named not in about):
        raise Differs(f"{said}: what the error is about", named, " or ".join(about) or "a name")


def says_of(expected: Expected, error: Any, world: World) -> None:
    """Raise Differs unless the error is about this step; the other side of a merge has moves of its own."""
    step, before = expected.step, expected.before
    known: dict[str, Any] = {"role": step.by.role, "who": step.by.id, "demand": str(before.id), "move": step.move}
    if step.seen is None and before.version and world.streams[before.id].version == before.version:
        ask = partial(QUESTIONS["possible_moves"].answer, world, before.id)
        theirs = [one["name"] for one in ask(by=step.by)]
        offered = [one["name"] for one in ask() if one["name"] in theirs or step.by.role not in one["roles"]]
        known |= {"state": before.state, "possible": tuple(offered)}
    for name, value in known.items() if not isinstance(step.fact, Merged | Unmerged) else ():
        if name in vars(error) and getattr(error, name) != value:
            raise Differs(f"{what(step)}: the {name} of which the error speaks", getattr(error, name), value)


def same_answer(said: str, got: Any, want: Any) -> None:
    """Raise Differs unless it is the same answer."""
    if got == want:
        return
    if isinstance(got, dict) and isinstance(want, dict):  # only what differs
        names = [name for name in {**got, **want} if got.get(name, "none") != want.get(name, "none")]
        got, want = ({name: one.get(name, "none") for name in names} for one in (got, want))
    raise Differs(said, got, want)


def answers_of(flow: DemandFlow, batch: Batch, expected: Sequence[Expected]) -> tuple[Recorded | Rejected, ...]:
    """Give these as items; or as what is done with all demands of a workflow. Raises Differs if others come back."""
    first, fact = batch.steps[0], batch.steps[0].fact
    if batch.migrates and isinstance(fact, MovedOver):
        at = next((one.given for one in expected), None)
        how: dict[str, Any] = {"of": first.on, "dry_run": batch.way == MIGRATION_TRIED, "reason": fact.reason}
        return flow.migrate_all(fact.workflow, by=first.by, at=at, **how)
    items = [_item(one) for one in expected]
    begin = any(one.begins for one in expected)
    give: Any = flow.register_many if begin else flow.try_many if batch.way == TRIED else flow.act_many
    answers: tuple[Recorded | Rejected, ...] = give(items)
    same_answer(f"{batch.way}: the items", [answer.item for answer in answers], items)
    return answers


def _item(expected: Expected) -> Any:
    """What has to come of it, as an item of many."""
    step = expected.step
    how: dict[str, Any] = {"fact": step.fact, "by": step.by, "at": expected.given, **circumstances(step)}
    if expected.begins:
        how.pop("seen", None)
        return Registration(workflow=step.on, of=expected.of, **how)
    return Action(demand=expected.before.id, move=step.move, of=expected.of, **how)
