"""Builders: a fact, a person or a demand, with plain values for whatever a test does not care about."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from demandflow.application import DemandFlow
from demandflow.batches import Batch
from demandflow.domain.checks.samples import THEN, plain
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged
from demandflow.domain.values import Actor, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.laws.ahead import Ahead, newcomer
from demandflow.testing.laws.search import SHORTEST, Onward, Search, Surroundings
from demandflow.testing.model.step import demand_id

F = TypeVar("F", bound=Fact)
MARKS = frozenset({"anonymous", "audited", "round", "attributes"})
"""What is told apart of demands on the shortest way; where that is too little, any way will do."""


def a(kind: type[F], **fields: Any) -> F:
    """A fact of this class, with plain values for what is needed and not given. Raises InvalidValue."""
    if not (isinstance(kind, type) and issubclass(kind, Fact)):
        raise InvalidValue("a", f"makes facts, for instance a(Accepted), got {brief(kind)}")
    return plain(kind, **fields)


def an_actor(role: str = Role.GRID_ADMINISTRATOR, *, id: str = "sun", unit: str | None = None) -> Actor:  # noqa: A002
    """Somebody in this role. Raises InvalidValue."""
    return Actor(id, role, unit)


def a_demand(where: DemandFlow | Workflow, state: str = "in_hand", *, workflow: str | None = None) -> Demand:
    """A demand that came to this state by the shortest way there is: of a flow, recorded in it, or of a workflow.

    In a flow it starts on `workflow` (`name@version`; without it, the first), and whatever its clock shows, the last
    step happens now. Raises InvalidValue for a state that there is not, or to which no way was found.
    """
    if isinstance(where, Workflow):
        with calendars_may_end(), DemandFlow.open("memory:", workflows=(where,), clock=FrozenClock()) as flow:
            return a_demand(flow, state)
    if not isinstance(where, DemandFlow):
        raise InvalidValue("where", f"must be a DemandFlow or a Workflow, got {brief(where)}")
    key = next(iter(where.workflows)) if workflow is None else workflow
    if key not in where.workflows:
        raise InvalidValue("workflow", f"{brief(key)} is none of the flow (possible: {listed(where.workflows)})")
    made: Demand = _walked(where, key, way_to(where.workflows[key], state))  # or what else the workflow is for
    return made


@lru_cache(maxsize=256)
def way_to(workflow: Workflow, state: str) -> tuple[Onward, ...]:
    """The shortest way of a demand to this state, with facts and people to whom no rule objects.

    Raises InvalidValue.
    """
    names = [one.name for one in workflow.states]
    if state not in names:
        raise InvalidValue("state", f"{workflow.key} has no state {brief(state)} (possible: {listed(names)})")
    other = newcomer(workflow, THEN)
    around = Surroundings(() if other is None else (other,))
    blank = workflow.of(demand_id(1))
    way = Search(workflow, MARKS, frozenset({state}), around, SHORTEST).way(blank, THEN)
    way = way or Ahead(workflow).outlook(blank, THEN, (state,), around).way
    if way is None:
        raise InvalidValue("state", f"no way of {workflow.key} to {state!r} was found that no rule objects to")
    return way


def _walked(flow: DemandFlow, key: str, way: tuple[Onward, ...]) -> Any:
    """The way, walked in the flow so that it ends now."""
    first, *others = (onward.proposal for onward in way)
    shift, of = flow._clock() - way[-1].proposal.at, flow.workflows[key].of

    def started(batch: Batch, at: datetime) -> Any:
        return batch.start(_shifted(first.fact, shift), by=first.by, at=at + shift, workflow=key, of=of)

    with flow.batch(backdating=True) as batch:
        demand = started(batch, first.at)
        for step in others:
            fact = _shifted(step.fact, shift)
            if isinstance(fact, Merged):
                fact = fact.model_copy(update={"into": started(batch, step.at).id})
            demand = batch.act(demand.id, step.move, fact, by=step.by, at=step.at + shift, of=of)
    return demand


def _shifted(fact: F, by: timedelta) -> F:
    """The fact, its moments so much later: the way was found at another time."""
    moments = {name: value + by for name, value in fact.__dict__.items() if isinstance(value, datetime)}
    return fact.model_copy(update=moments)
