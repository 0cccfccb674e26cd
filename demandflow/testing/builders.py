"""Builders: a fact, a person or a demand, with plain values for whatever a test does not care about."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from demandflow.application import DemandFlow
from demandflow.domain.checks.samples import THEN, plain, variants
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDES, Merged, MovedOver, Registered, Unmerged, in_their_own_name
from demandflow.domain.moves import Proposal
from demandflow.domain.values import Actor, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidValue, brief, listed
from demandflow.testing.casting import candidates
from demandflow.testing.choosing import Surroundings, fact_of
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.model.world import demand_id

F = TypeVar("F", bound=Fact)

WAITS = (timedelta(minutes=1), timedelta(days=8), timedelta(days=60))
TRIED = 40
MOST = 3000


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
    return _walked(where, key, way_to(where.workflows[key], state))


@dataclass(frozen=True)
class OnTheWay:
    """One step: after how long, by which move, with which fact, by whom."""

    wait: timedelta
    move: str
    fact: Fact
    by: Actor


@lru_cache(maxsize=256)
def way_to(workflow: Workflow, state: str) -> tuple[OnTheWay, ...]:
    """The shortest way of a demand to this state, with facts and people to whom no rule objects.

    Raises InvalidValue.
    """
    names = [one.name for one in workflow.states]
    if state not in names:
        raise InvalidValue("state", f"{workflow.key} has no state {brief(state)} (possible: {listed(names)})")
    # where nobody need wait, nobody does
    for waits in (WAITS[:1], WAITS):
        if way := _searched(workflow, state, waits):
            return way
    raise InvalidValue("state", f"no way of {workflow.key} to {state!r} was found that no rule objects to")


def _searched(workflow: Workflow, state: str, waits: Sequence[timedelta]) -> tuple[OnTheWay, ...]:
    waiting: deque[tuple[Demand, tuple[OnTheWay, ...]]] = deque([(Demand(demand_id(1)), ())])
    seen: set[Any] = set()
    while waiting and len(seen) < MOST:
        demand, way = waiting.popleft()
        for step, after in _ways_on(workflow, demand, waits):
            if after.state == state:
                return (*way, step)
            if (key := _told_apart(after)) not in seen:
                seen.add(key)
                waiting.append((after, (*way, step)))
    return ()


def _ways_on(workflow: Workflow, demand: Demand, waits: Sequence[timedelta]) -> Iterator[tuple[OnTheWay, Demand]]:
    """Each row of the table that can be taken from here, once."""
    for move, rows in workflow.moves_from(demand.state).items():
        if rows[0].move.fact in (*OTHER_SIDES, MovedOver, Unmerged):
            continue
        left = {row.dest for row in rows}
        for step, proposal in _attempts(workflow, demand, move, rows[0].move.fact, waits):
            try:
                event = decide(workflow, demand, proposal)
            except DemandFlowError:
                continue
            if event.stamp.state in left or isinstance(proposal.fact, Registered):
                left.discard(event.stamp.state)
                yield step, evolve(demand, event)
            if not left and not isinstance(proposal.fact, Registered):
                break


def _attempts(
    workflow: Workflow, demand: Demand, move: str, kind: type[Fact], waits: Sequence[timedelta]
) -> Iterator[tuple[OnTheWay, Proposal[Any]]]:
    """What could be tried by this move: now or later, the plainest facts first, by all who may."""
    other = _another(workflow) if issubclass(kind, Merged) else None
    people = list(candidates(workflow, demand, move))
    for wait in waits if demand.version else waits[:1]:
        at = (demand.last or THEN) + wait
        others = () if other is None else (other.id,)
        where = Surroundings(demand, others, at, grades=workflow.grades.words)
        for fact in _facts(kind, where):
            for by in people:
                said = in_their_own_name(fact, by) if isinstance(fact, Registered) else fact
                yield OnTheWay(wait, move, said, by), Proposal(move, said, by, at, other)


def _facts(kind: type[Fact], where: Surroundings) -> Iterator[Fact]:
    """Facts of the class that fit, and then all that a condition may tell apart; each once."""
    try:
        plain(kind, where.grades)
    except InvalidValue:  # no sample is known of one of its fields
        return
    seen: set[str] = set()
    numbered = (fact_of(kind, number, where) for number in range(TRIED))
    for fact in numbered if issubclass(kind, Merged) else chain(numbered, variants(kind, where.grades)):
        if (said := repr(fact)) not in seen:
            seen.add(said)
            yield fact


def _another(workflow: Workflow) -> Demand | None:
    """A second demand, just registered: to be merged into."""
    return next((after for _, after in _ways_on(workflow, Demand(demand_id(2)), WAITS[:1])), None)


def _told_apart(demand: Demand) -> Any:
    marks = (demand.anonymous, demand.audited, demand.told, demand.asked, demand.evaluated, demand.escalated)
    numbers = (demand.round, demand.missed_callbacks, demand.extension_asked is not None)
    own = tuple(sorted((name, repr(value)) for name, value in demand.attributes.items()))
    return (demand.state, demand.came_from, marks, numbers, own)


def _walked(flow: DemandFlow, key: str, way: tuple[OnTheWay, ...]) -> Demand:
    """The way, walked in the flow so that it ends now."""
    at = flow._clock() - sum((one.wait for one in way), timedelta(0))
    shift = at - THEN
    demand: Demand | None = None
    with flow.batch(backdating=True) as batch:
        for one in way:
            at += one.wait
            fact = _shifted(one.fact, shift)
            if isinstance(fact, Merged):
                start = next(step for step in way if isinstance(step.fact, Registered))
                other = batch.start(_shifted(start.fact, shift), by=start.by, at=at, workflow=key)  # type: ignore[arg-type]
                fact = fact.model_copy(update={"into": other.id})
            if isinstance(fact, Registered):
                demand = batch.start(fact, by=one.by, at=at, workflow=key)
            else:
                assert demand is not None
                demand = batch.act(demand.id, one.move, fact, by=one.by, at=at)
    assert demand is not None
    return demand


def _shifted(fact: F, by: timedelta) -> F:
    """The fact, its moments so much later: the way was found at another time."""
    moments = {name: value + by for name, value in fact.__dict__.items() if isinstance(value, datetime)}
    return fact.model_copy(update=moments)
