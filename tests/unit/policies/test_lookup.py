"""What policies look up in one run: with what the run itself records."""

from __future__ import annotations

from demandflow import Actor, Demand, DemandFlow, Role
from demandflow.policies import Dispatch, Handler, NoticesEnd
from demandflow.testing.clock import FrozenClock

CLERK, AUDITOR = Actor("li", Role.GRID_ADMINISTRATOR), Actor("wang", Role.AUDITOR)
TELLER, WORKER = Actor("zhou", Role.GRID_ADMINISTRATOR), Actor("liu", Role.CONTRACTOR, "a")


def test_a_demand_that_ends_in_this_run_is_no_longer_in_its_contractors_hands() -> None:
    clock = FrozenClock()
    policies = (NoticesEnd(), Dispatch((Handler("a"), Handler("b"))))
    with DemandFlow.open("memory:", clock=clock, policies=policies) as flow:

        def accepted() -> Demand:
            registered = flow.register("a lamp is out", channel="wish_box", place="fufeng/c3", by=CLERK)
            return flow.accept(registered.id, by=AUDITOR)

        first = accepted()
        flow.run_policies()
        assert flow.demand(first.id).contractor == "a"
        flow.take_on(first.id, by=WORKER)
        flow.report(first.id, resolved=True, words="a new one", by=WORKER)
        flow.feed_back(first.id, way="public_notice", by=TELLER)
        clock.advance(days=8)
        second = accepted()
        ran = flow.run_policies()
        assert [reaction.policy for reaction in ran.reacted] == ["notices_end", "dispatch"]
        assert flow.demand(second.id).contractor == "a", "nothing is in the hands of either"
