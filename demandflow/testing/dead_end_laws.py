"""The law that no rule makes a dead end: from wherever a demand has come, somebody can bring it to an end."""

from __future__ import annotations

from functools import lru_cache

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Merged
from demandflow.domain.workflow import Workflow
from demandflow.testing.ahead import Ahead, Outlook, newcomer
from demandflow.testing.law import law
from demandflow.testing.playing import Played
from demandflow.testing.search import Surroundings


@law
def no_dead_end_made_by_a_rule(played: Played) -> None:
    """From wherever a demand has come, somebody can bring it to an end by some fact, now or later."""
    for number in played.demands:
        # where it stands in the end is enough: from every place before, the steps that were made lead there
        demand = played.flow.demand(number)
        if demand.open:
            outlook = _outlook(played, demand)
            assert outlook.way is not None or not outlook.certain, _problem(demand, outlook)


DEAD_END_LAWS = (no_dead_end_made_by_a_rule,)


def _outlook(played: Played, demand: Demand) -> Outlook:
    workflow = played.flow.workflows[demand.workflow]
    others: list[Demand] = []
    if any(issubclass(kind, Merged) for kind in workflow.facts):
        there = [played.flow.demand(other) for other in played.demands if other != demand.id]
        others = [other for other in there if other.open]
        others += [other for other in (newcomer(workflow, played.clock.now),) if other is not None]
    steps = played.history.steps
    around = Surroundings(
        tuple(others),
        tuple(dict.fromkeys(step.by for step in steps)),
        tuple(step.fact for step in steps),
        played.history.own_facts,
    )
    return _ahead(workflow).outlook(demand, played.clock.now, around=around)


@lru_cache(maxsize=64)
def _ahead(workflow: Workflow) -> Ahead:
    return Ahead(workflow)


def _problem(demand: Demand, outlook: Outlook) -> str:
    says = (
        f"demand {demand.id.int} is {demand.state}, and nobody can bring it to an end, whatever the fact, now or later"
    )
    refused = "; ".join(f"{move} is refused: {objection}" for move, objection in outlook.objections.items())
    return f"{says} ({refused})" if refused else says
