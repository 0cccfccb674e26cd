"""How commands and questions are given, and how what comes of them is compared."""

from __future__ import annotations

import inspect
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
from demandflow.domain.facts import Merged, MovedOver, Registered, Unmerged
from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.standard.support import SUPPORT
from demandflow.domain.stream import Stream
from demandflow.domain.values import Role
from demandflow.testing.differs import Differs
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.step import Expected, Step, demand_id
from demandflow.testing.model.world import World
from demandflow.testing.operations import DRAFTED, METHOD, MIGRATION_TRIED, TRIED, WOULD, Ask, Batch
from demandflow.testing.playing.agreeing import same_answer
from demandflow.testing.playing.drafting import drafted

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
    if type(fact) is Registered and step.way in (METHOD, DRAFTED) and step.by.role != Role.RESIDENT and of is Demand:
        if step.way == DRAFTED and step.command and isinstance(flow, DemandFlow):
            return drafted(flow, fact, step.command, workflow=step.on, by=step.by, at=how["at"])
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
